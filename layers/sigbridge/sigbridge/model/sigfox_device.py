"""A device as Sigfox has it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class SigfoxDeviceState(StrEnum):
    """Whether a device may communicate (sigfox-rest reference, 3)."""

    OK = "ok"
    DEAD = "dead"
    OFF_CONTRACT = "off_contract"
    DISABLED = "disabled"
    WARN = "warn"
    DELETED = "deleted"
    SUSPENDED = "suspended"
    NOT_ACTIVABLE = "not_activable"


class ComState(StrEnum):
    """How Sigfox hears a device."""

    NO = "no"
    OK = "ok"
    WARN = "warn"
    KO = "ko"
    NA = "na"
    NOT_SEEN = "not_seen"


class TokenState(StrEnum):
    """Whether a device has a subscription."""

    OK = "ok"
    OFF_CONTRACT = "off_contract"
    NA = "na"
    INVALID = "invalid"


class RenewalStatus(StrEnum):
    """What becomes of a subscription when it ends."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not_allowed"
    RENEWED = "renewed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device is, in degrees."""

    lat: Decimal
    lng: Decimal


@dataclass(frozen=True, slots=True)
class SubscriptionToken:
    """The subscription of a device.

    Attributes:
        state: A `TokenState`, or a code that is not known: `unknown (9)`.
        detail: What Sigfox says of it.
        ends_at: Epoch ms; None where Sigfox does not say.
        free_messages: How many messages it has left before it begins.
        free_messages_sent: How many of those it has sent.
    """

    state: str | None = None
    detail: str | None = None
    ends_at: int | None = None
    free_messages: int | None = None
    free_messages_sent: int | None = None


@dataclass(frozen=True, slots=True)
class SigfoxDevice:
    """A device as Sigfox described it last; what is None Sigfox does not say.

    Of its codes, one that is not known is kept as `unknown (9)`.

    Attributes:
        id: The id under which Sigbridge keeps it.
        name: What it is called there.
        device_type_id, group_id, contract_id: Ids of its device type, its group and its contract there.
        pac: Its porting authorization code: who has it and the id can register the device, and take it over.
        place: Where it is, as somebody entered it in Sigfox.
        state: A `SigfoxDeviceState`.
        com_state: A `ComState`.
        token: Its subscription.
        automatic_renewal: Whether that is to be renewed when it ends.
        automatic_renewal_status: A `RenewalStatus`.
        is_prototype: Whether it has no certificate.
        is_activable: Whether it may begin a subscription.
        last_com: When it was heard last, epoch ms.
        link_quality: How well: LIMIT, AVERAGE, GOOD, EXCELLENT or NA.
        seq_number: Number of its last message.
        created_at, activated_at, unsubscribed_at: When it was registered, began its subscription, and ended
            it, epoch ms.
        imported_at: When Sigfox described it so, epoch ms.
        name_at_import: What it was called then: it may have been renamed since.
    """

    id: str
    name: str = ""
    device_type_id: str | None = None
    group_id: str | None = None
    contract_id: str | None = None
    pac: str | None = None
    place: Place | None = None
    state: str | None = None
    com_state: str | None = None
    token: SubscriptionToken | None = None
    automatic_renewal: bool | None = None
    automatic_renewal_status: str | None = None
    is_prototype: bool | None = None
    is_activable: bool | None = None
    last_com: int | None = None
    link_quality: str | None = None
    seq_number: int | None = None
    created_at: int | None = None
    activated_at: int | None = None
    unsubscribed_at: int | None = None
    imported_at: int = 0
    name_at_import: str = ""
