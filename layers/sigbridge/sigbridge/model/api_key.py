"""A key and what it allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sigbridge.clock import rfc3339
from sigbridge.errors import SigbridgeError


class Right(StrEnum):
    """What a key may allow its holder."""

    TRAFFIC_UP_WRITE = "traffic:up:write"
    TRAFFIC_DOWN_WRITE = "traffic:down:write"
    TRAFFIC_READ = "traffic:read"
    DEVICES_READ = "devices:read"
    DEVICES_WRITE = "devices:write"
    KEYS_WRITE = "keys:write"
    SETTINGS_WRITE = "settings:write"
    WEBHOOKS_WRITE = "webhooks:write"
    SIGFOX_WRITE = "sigfox:write"


class Forbidden(SigbridgeError):
    """The key lacks the right, or belongs to another application."""


class InsufficientRights(Forbidden):
    """The key lacks a right.

    Attributes:
        application_id: The key's application.
        missing: The right it lacks.
    """

    def __init__(self, application_id: str, missing: Right) -> None:
        super().__init__(f"The key lacks the right {missing}")
        self.application_id = application_id
        self.missing = missing


class Ungrantable(Forbidden):
    """A key can't make, change or revoke one that may do more, or lives longer, than it does itself."""


class UngrantableRights(Ungrantable):
    """The other key has, or is to have, rights that this one lacks.

    Attributes:
        application_id: The key's application.
        missing: The rights it lacks.
    """

    def __init__(self, application_id: str, missing: Iterable[Right]) -> None:
        self.application_id = application_id
        self.missing = tuple(sorted(missing))
        super().__init__(
            f"The key lacks rights that the other one has or is to have: {', '.join(self.missing)}"
        )


class UngrantableTime(Ungrantable):
    """The other key lives, or is to live, longer than this one.

    Attributes:
        valid_until: When this one ends, epoch ms.
    """

    def __init__(self, valid_until: int) -> None:
        self.valid_until = valid_until
        super().__init__(f"The key ends at {rfc3339(valid_until)}, the other one would be valid longer")


class OtherApplication(Forbidden):
    """The key belongs to another application than the one asked for, which may not even exist.

    Attributes:
        application_id: The application asked for.
    """

    def __init__(self, application_id: str) -> None:
        super().__init__(f"The key has no rights for application '{application_id}'")
        self.application_id = application_id


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret.

    Attributes:
        id: Public part of the key.
        application_id: The application it belongs to.
        name: Display name.
        rights: What it allows.
        created_at: Epoch ms.
        valid_until: Epoch ms, or None for ever.
        additional_parameter: TagoIO's field mapping, `serial=devaddr;payload=payload_raw`, or "".
        ends_with: Last five characters of the written key, to know it again by.
        last_used_on: Day (UTC) on which it was let in last, as in `2026-11-22`, or None. The first use of
            a day is noted, as far as the store can be reached.
    """

    id: str
    application_id: str
    name: str
    rights: frozenset[Right]
    created_at: int
    valid_until: int | None
    additional_parameter: str
    ends_with: str
    last_used_on: str | None

    def is_over(self, moment_ms: int) -> bool:
        """Return whether its time is over."""
        return self.valid_until is not None and self.valid_until <= moment_ms

    def require(self, right: Right) -> None:
        """Let pass who has this right.

        Raises:
            InsufficientRights: The key lacks it.
        """
        if right not in self.rights:
            raise InsufficientRights(self.application_id, right)

    def require_power_over(self, rights: Iterable[Right], valid_until: int | None) -> None:
        """Let pass who may give these rights for this long: who has them all, for as long.

        Args:
            rights: What another key has or is to have.
            valid_until: When that one ends: epoch ms, or None for never.

        Raises:
            UngrantableRights: The key lacks some.
            UngrantableTime: The key ends before.
        """
        missing = frozenset(rights) - self.rights
        if missing:
            raise UngrantableRights(self.application_id, missing)
        if self.valid_until is not None and (valid_until is None or valid_until > self.valid_until):
            raise UngrantableTime(self.valid_until)

    def require_application(self, application_id: str) -> None:
        """Let pass who belongs to this application.

        Raises:
            OtherApplication: The key is another's.
        """
        if application_id != self.application_id:
            raise OtherApplication(application_id)


@dataclass(frozen=True, slots=True)
class StoredApiKey:
    """A key at rest.

    Attributes:
        key: The key.
        secret_sha256: SHA-256 of its secret in hex: all that is kept of it.
    """

    key: ApiKey
    secret_sha256: str
