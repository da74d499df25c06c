"""How applications are connected to Sigfox's API: an item each beside them, in the index `due` every hour.

The password lies in the parameter store alone. Who notes something names the connection that he has seen: of
one that was made anew nothing is noted.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from sigbridge.model.sigfox_connection import ConnectionState, SigfoxConnection
from sigbridge.store import due, table
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Deletion, Key, Record, Update

_SORT = "SIGFOX"
_DUE_LIST = "SIGFOX"
_IS_AS_SEEN = "connected_at = :seen"


def find(application_id: str) -> SigfoxConnection | None:
    """Return a connection as the last finished write left it; None where there is none."""
    record = table.get_latest(_key(application_id))
    return None if record is None else _read(record)


def put(connection: SigfoxConnection, due_at: int) -> None:
    """Write a connection in place of the one that there is, which is to be looked after from a moment on."""
    record = _record_of(connection) | {"due_list": _DUE_LIST, "due_at": due_at}
    present = {name: value for name, value in record.items() if value is not None}
    absent = [f"#{name}" for name, value in record.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in present if name != "due_list")
    expression += ", due_list = :due_list"
    if absent:
        expression += f" REMOVE {', '.join(absent)}"
    table.update(
        Update(
            key=_key(connection.application_id),
            expression=expression,
            condition="",
            names={f"#{name}": name for name in record if name != "due_list"},
            values={f":{name}": value for name, value in present.items()},
        )
    )


def note_state(seen: SigfoxConnection, state: ConnectionState, reason: str, now_ms: int) -> None:
    """Note that a connection is in another state."""
    expression = "SET #state = :state, state_since = :now, reason = :reason"
    if state is ConnectionState.CONNECTED:
        expression += ", last_success_at = :now"
    values = {":state": state.value, ":reason": reason, ":now": now_ms}
    _note(seen, expression, values, {"#state": "state"})


def note_success(seen: SigfoxConnection, now_ms: int) -> None:
    """Note when Sigfox's API answered last."""
    _note(seen, "SET last_success_at = :now", {":now": now_ms})


def note_recovered(seen: SigfoxConnection, until_ms: int) -> None:
    """Note until when Sigfox was asked what it could not deliver."""
    _note(seen, "SET recovered_until = :until", {":until": until_ms})


def look_again(seen: SigfoxConnection, due_at: int) -> None:
    """Have a connection looked after from a moment on."""
    _note(seen, "SET due_at = :due_at", {":due_at": due_at})


def due_until(now_ms: int) -> Iterator[DueItem]:
    """Yield the connections that are to be looked after by now."""
    return due.due_until(_DUE_LIST, now_ms)


def application_named(item: DueItem) -> str:
    """Return the application of a connection that is due."""
    return item.key.pk.removeprefix("APP#")


def remove(application_id: str) -> None:
    """Delete a connection, if there is one."""
    table.delete(Deletion(_key(application_id), condition=""))


def _note(
    seen: SigfoxConnection, expression: str, values: Record, names: Mapping[str, str] | None = None
) -> None:
    values = {**values, ":seen": seen.connected_at}
    with suppress(ConditionFailed):
        table.update(Update(_key(seen.application_id), expression, _IS_AS_SEEN, values, names or {}))


def _key(application_id: str) -> Key:
    return Key(f"APP#{application_id}", _SORT)


def _read(record: Mapping[str, Any]) -> SigfoxConnection:
    return SigfoxConnection(
        application_id=record["pk"].removeprefix("APP#"),
        login=record["login"],
        group_id=record["group_id"],
        base_url=record["base_url"],
        connected_at=int(record["connected_at"]),
        state=ConnectionState(record["state"]),
        state_since=int(record["state_since"]),
        reason=record["reason"],
        last_success_at=whole(record.get("last_success_at")),
        recovered_until=whole(record.get("recovered_until")),
    )


def _record_of(connection: SigfoxConnection) -> Record:
    return {
        "login": connection.login,
        "group_id": connection.group_id,
        "base_url": connection.base_url,
        "connected_at": connection.connected_at,
        "state": connection.state.value,
        "state_since": connection.state_since,
        "reason": connection.reason,
        "last_success_at": connection.last_success_at,
        "recovered_until": connection.recovered_until,
    }
