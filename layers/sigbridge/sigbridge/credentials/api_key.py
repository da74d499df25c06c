"""A key and what it allows."""

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
    """

    id: str
    application_id: str
    name: str
    rights: frozenset[Right]
    created_at: int
    valid_until: int | None
    additional_parameter: str

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
        )

    def require(self, right: Right) -> None:
        """Lets pass who has this right.

        Raises:
            InsufficientRights: The key lacks it.
        """
        if right not in self.rights:
            raise InsufficientRights(self.application_id, right)

    def require_application(self, application_id: str) -> None:
        """Lets pass who belongs to this application.

        Raises:
            OtherApplication: The key is another's.
        """
        if application_id != self.application_id:
            raise OtherApplication(application_id)
