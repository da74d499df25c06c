"""Keys: one item for the look-up by id, one in the application's list."""

from typing import TypedDict

from sigbridge.store import table
from sigbridge.store.table import Key, NewItem, Record


class ApiKeyRecord(TypedDict):
    """A key at rest. Times are epoch ms; the secret is there as its SHA-256 in hex only."""

    id: str
    application_id: str
    name: str
    rights: list[str]
    secret_sha256: str
    created_at: int
    valid_until: int | None
    additional_parameter: str


def find(key_id: str) -> ApiKeyRecord | None:
    """Reads the key of that id."""
    record = table.get(_by_id(key_id))
    return None if record is None else _api_key(record)


def add(record: ApiKeyRecord) -> None:
    """Stores a new key with its entry in the application's list.

    Raises:
        NotTogether: A key of that id exists.
    """
    content: Record = dict(record)
    listed = {name: value for name, value in content.items() if name != "secret_sha256"}
    table.write_together(
        NewItem(_by_id(record["id"]), content),
        NewItem(_in_application(record["application_id"], record["id"]), listed),
    )


def remove(application_id: str, key_id: str) -> bool:
    """Deletes a key of this application; False where it has none of that id."""
    if table.get_latest(_in_application(application_id, key_id)) is None:
        return False
    table.delete_all([_by_id(key_id), _in_application(application_id, key_id)])
    return True


def of_application(application_id: str) -> list[ApiKeyRecord]:
    """Lists an application's keys; `secret_sha256` is empty in a listing."""
    return [_api_key(record) for record in table.query_prefix(f"APP#{application_id}", "KEY#")]


def _by_id(key_id: str) -> Key:
    return Key(f"KEY#{key_id}", "KEY")


def _in_application(application_id: str, key_id: str) -> Key:
    return Key(f"APP#{application_id}", f"KEY#{key_id}")


def _api_key(record: Record) -> ApiKeyRecord:
    valid_until = record["valid_until"]
    return ApiKeyRecord(
        id=record["id"],
        application_id=record["application_id"],
        name=record["name"],
        rights=record["rights"],
        secret_sha256=record.get("secret_sha256", ""),
        created_at=int(record["created_at"]),
        valid_until=None if valid_until is None else int(valid_until),
        additional_parameter=record["additional_parameter"],
    )
