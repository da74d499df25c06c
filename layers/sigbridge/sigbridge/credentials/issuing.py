"""Making and revoking keys."""

from collections.abc import Iterable
from dataclasses import dataclass

from sigbridge.applications import find_application
from sigbridge.clock import now_ms
from sigbridge.credentials.api_key import ApiKey, Right
from sigbridge.credentials.token import Token
from sigbridge.errors import SigbridgeError
from sigbridge.store import api_keys
from sigbridge.store.api_keys import ApiKeyRecord


class UnknownKey(SigbridgeError):
    """The application has no key of that id."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with the only copy of its secret.

    Attributes:
        key: The key as it is kept.
        token: What its holder must write down now.
    """

    key: ApiKey
    token: Token


def issue_key(
    application_id: str,
    name: str,
    rights: Iterable[Right],
    valid_until: int | None = None,
    additional_parameter: str = "",
) -> IssuedKey:
    """Makes a key for an application.

    Args:
        application_id: Whose key it is.
        name: What people call it.
        rights: What it allows.
        valid_until: Epoch ms after which it is refused, or None for ever.
        additional_parameter: TagoIO's field mapping; `callbacks.FieldMapping.parse` checks it.

    Raises:
        UnknownApplication: There is no such application.
    """
    find_application(application_id)
    token = Token.random()
    record = ApiKeyRecord(
        id=token.id,
        application_id=application_id,
        name=name,
        rights=sorted(set(rights)),
        secret_sha256=token.secret_sha256,
        created_at=now_ms(),
        valid_until=valid_until,
        additional_parameter=additional_parameter,
    )
    api_keys.add(record)
    return IssuedKey(ApiKey.from_record(record), token)


def keys_of(application_id: str) -> list[ApiKey]:
    """Lists the keys of an application.

    Raises:
        UnknownApplication: There is no such application.
    """
    find_application(application_id)
    return [ApiKey.from_record(record) for record in api_keys.of_application(application_id)]


def revoke_key(application_id: str, key_id: str) -> None:
    """Deletes a key; running functions follow within 60 s.

    Raises:
        UnknownKey: The application has none of that id.
    """
    if not api_keys.remove(application_id, key_id):
        message = f"Application '{application_id}' has no key '{key_id}'"
        raise UnknownKey(message)
