"""Lists of the devices that are in a state, or were when it was last told: an entry per device and state.

Nobody takes a device off a list when its state ends, since a message ends most of them and writes
nothing but itself. Whoever reads a list looks at what else is known, and takes off what holds no more.

`at` is the moment (epoch ms) of what was told. Whoever has something new to tell changes it. So an
entry is taken off only if nothing new was told since it was read.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Deletion, Key, Record, Span, Update

# A bare id could be mistaken for the sort key of another kind: a device may be called STATE.
_SORT = "LISTED#"
# Sort before and after every character that a device's id may hold.
_BEFORE_ALL, _AFTER_ALL = "!", "~"


@dataclass(frozen=True, slots=True)
class Entry:
    """A device in the list of a state.

    Attributes:
        state: The state.
        device_id: The device.
        at: Moment of what was told, epoch ms.
    """

    state: str
    device_id: str
    at: int


def enter(application_id: str, entry: Entry, kept_until: int | None = None) -> None:
    """Write an entry; doing it again changes nothing.

    Args:
        application_id: Whose list.
        entry: The entry.
        kept_until: Epoch seconds after which it is forgotten; None for never.
    """
    change = entering(application_id, entry, kept_until)
    with suppress(ConditionFailed):
        table.update(replace(change, condition="attribute_not_exists(pk) OR #at <> :at"))


def entering(application_id: str, entry: Entry, kept_until: int | None = None) -> Update:
    """The change that writes an entry, for a write of more; arguments as of `enter`."""
    expiry = {} if kept_until is None else {":until": kept_until}
    return Update(
        key=_key(application_id, entry.state, entry.device_id),
        expression="SET #at = :at" + (", expires_at = :until" if expiry else ""),
        condition="",
        names={"#at": "at"},
        values={":at": entry.at, **expiry},
    )


def is_entered(application_id: str, state: str, device_id: str) -> bool:
    """Return whether a device is in the list of a state, as the last finished write left it."""
    return table.get_latest(_key(application_id, state, device_id)) is not None


def between(application_id: str, state: str, first_id: str, last_id: str) -> list[Entry]:
    """Read the entries of a state for the devices between these ids, both included."""
    span = Span(_partition(application_id, state), _SORT + first_id, _SORT + last_id)
    return [_entry(state, record) for record in table.in_order(span)]


def entries_after(application_id: str, state: str, after: str | None, page: int) -> Iterator[Entry]:
    """Yield the entries of a state in the order of the devices' ids, read page by page as they are wanted.

    Args:
        application_id, state: Which list.
        after: Only devices whose ids sort after this one.
        page: How many to read in a request.
    """
    first = _BEFORE_ALL if after is None else after + _BEFORE_ALL
    span = Span(_partition(application_id, state), _SORT + first, _SORT + _AFTER_ALL)
    return (_entry(state, record) for record in table.in_order(span, page))


def leave(application_id: str, entry: Entry) -> None:
    """Take an entry off its list, unless something new was told since it was read."""
    deletion = Deletion(
        key=_key(application_id, entry.state, entry.device_id),
        condition="#at = :at",
        values={":at": entry.at},
        names={"#at": "at"},
    )
    with suppress(ConditionFailed):
        table.delete(deletion)


def leave_all(application_id: str, device_id: str, states: Sequence[str]) -> None:
    """Take a device off the lists of these states, whatever was told.

    Raises:
        StoreUnavailable: It may still be in some; doing it again does no harm.
    """
    table.delete_all([_key(application_id, state, device_id) for state in states])


def _entry(state: str, record: Record) -> Entry:
    return Entry(state, record["sk"].removeprefix(_SORT), int(record["at"]))


def _key(application_id: str, state: str, device_id: str) -> Key:
    return Key(_partition(application_id, state), _SORT + device_id)


def _partition(application_id: str, state: str) -> str:
    return f"STATE#{application_id}#{state}"
