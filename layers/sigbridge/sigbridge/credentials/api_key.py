"""A key and what it allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sigbridge.errors import SigbridgeError
from sigbridge.store.api_keys import ApiKeyRecord


class Right(StrEnum):
    """What a key may allow its holder."""

    TRAFFIC_UP_WRITE = "traffic:up:write"
    TRAFFIC_DOWN_WRITE = "traffic:down:write"
    TRAFFIC_READ = "traffic:read"
    DEVICES_READ = "devices:read"
    DEVICES_WRITE = "devices:write"
    KEYS_WRITE = "keys:write"
    SETTINGS_WRITE = "settings:write"


class Forbidden(SigbridgeError):
    """The key is good, but not for this."""


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


class UngrantableRights(Forbidden):
    """A key can't give another one rights that it lacks itself.

    Attributes:
        application_id: The key's application.
        missing: The rights it lacks.
    """

    def __init__(self, application_id: str, missing: Iterable[Right]) -> None:
        self.application_id = application_id
        self.missing = tuple(sorted(missing))
        super().__init__(f"The key lacks what it is to grant: {', '.join(self.missing)}")


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
        name: What people call it.
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

    @classmethod
    def from_record(cls, record: ApiKeyRecord) -> "ApiKey":
        """Makes the key of a stored record."""
        return cls(
            id=record["id"],
            application_id=record["application_id"],
            name=record["name"],
            rights=frozenset(Right(right) for right in record["rights"]),
            created_at=record["created_at"],
            valid_until=record["valid_until"],
            additional_parameter=record["additional_parameter"],
            ends_with=record["ends_with"],
            last_used_on=record["last_used_on"] or None,
        )

    def is_over(self, moment_ms: int) -> bool:
        """Tells whether its time is over."""
        return self.valid_until is not None and self.valid_until <= moment_ms

    def outlives(self, other: "ApiKey") -> bool:
        """Tells whether it is good for longer than another one, or the same one as it was."""
        if other.valid_until is None:
            return False
        return self.valid_until is None or self.valid_until > other.valid_until

    def require(self, right: Right) -> None:
        """Lets pass who has this right.

        Raises:
            InsufficientRights: The key lacks it.
        """
        if right not in self.rights:
            raise InsufficientRights(self.application_id, right)

    def require_grantable(self, rights: Iterable[Right]) -> None:
        """Lets pass who may give these rights to another key: who has them all.

        Raises:
            UngrantableRights: The key lacks some.
        """
        missing = frozenset(rights) - self.rights
        if missing:
            raise UngrantableRights(self.application_id, missing)

    def require_application(self, application_id: str) -> None:
        """Lets pass who belongs to this application.

        Raises:
            OtherApplication: The key is another's.
        """
        if application_id != self.application_id:
            raise OtherApplication(application_id)
