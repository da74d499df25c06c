"""Messages, written once under a key that every repeat of the message makes again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.table import ConditionFailed, Key, Record, Span, Update

_SORT = "MSG#"
# "$" follows "#", so this sorts after every message.
_AFTER_ALL_MESSAGES = "MSG$"


@dataclass(frozen=True, slots=True)
class MessageWrite:
    """One part of a message: the uplink itself, or what the network adds to it half a minute later.

    Both parts meet in one item, whichever comes first.

    Attributes:
        application_id, device_id: Whose message it is.
        sort: `<ms, 13 digits>#<seqNumber or digest>`.
        arrival: Attribute that says when this part came (epoch ms); the part is written only
            while there is none.
        arrived_at: Its value.
        own: Attributes that belong to this part.
        shared: Attributes that both parts carry; the first one that comes writes them.
    """

    application_id: str
    device_id: str
    sort: str
    arrival: str
    arrived_at: int
    own: Mapping[str, Any]
    shared: Mapping[str, Any]


class AlreadyStored(Exception):
    """This part of the message is there already.

    Attributes:
        existing: The message as it was stored first.
    """

    def __init__(self, existing: Record) -> None:
        super().__init__("already stored")
        self.existing = existing


def add(part: MessageWrite) -> str:
    """Stores the part of a message that nearly always comes first, and returns the message's group.

    A plain put of a new item is the cheapest write there is; only where the other part came first
    is a second request needed.

    Raises:
        AlreadyStored: It is a repeat; nothing was written.
    """
    try:
        table.put_new(_key(part), {part.arrival: part.arrived_at, **part.own, **part.shared})
    except ConditionFailed as failed:
        if part.arrival in (failed.existing or {}):
            raise AlreadyStored(failed.existing or {}) from failed
        return merge(part)
    group: str = part.shared["group"]
    return group


def merge(part: MessageWrite) -> str:
    """Stores a part of a message beside the other part, or first, and returns the message's group.

    Raises:
        AlreadyStored: It is a repeat; nothing was written.
    """
    assignments = ["#arrival = :arrival"]
    names = {"#arrival": part.arrival}
    values: dict[str, Any] = {":arrival": part.arrived_at}
    for position, (name, value) in enumerate(part.own.items()):
        names[f"#o{position}"], values[f":o{position}"] = name, value
        assignments.append(f"#o{position} = :o{position}")
    for position, (name, value) in enumerate(part.shared.items()):
        names[f"#s{position}"], values[f":s{position}"] = name, value
        assignments.append(f"#s{position} = if_not_exists(#s{position}, :s{position})")
    change = Update(
        key=_key(part),
        expression="SET " + ", ".join(assignments),
        condition="attribute_not_exists(#arrival)",
        names=names,
        values=values,
    )
    try:
        group: str = table.update_returning_item(change)["group"]
    except ConditionFailed as failed:
        raise AlreadyStored(failed.existing or {}) from failed
    return group


def find_newest(application_id: str, device_id: str) -> Record | None:
    """Reads a device's message of the latest time, as the last finished write left it."""
    span = Span(f"DEVICE#{application_id}#{device_id}", _SORT, _AFTER_ALL_MESSAGES)
    return next(table.newest_first(span, page=1), None)


def _key(part: MessageWrite) -> Key:
    return Key(f"DEVICE#{part.application_id}#{part.device_id}", f"{_SORT}{part.sort}")
