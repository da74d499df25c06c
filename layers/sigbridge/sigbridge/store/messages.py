"""Messages, written once under a key that every repeat of the message makes again, or finds.

A message whose time can be its key's is one item. One whose time is not believed, or can't be read, is kept
under the moment of its first reception; an item beside it, `SENT#<what was sent>`, says which that was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Key, Record, Span, Update

_SORT = "MSG#"
# "$" follows "#", so this sorts after every message.
_AFTER_ALL_MESSAGES = "MSG$"
_SENT = "SENT#"


@dataclass(frozen=True, slots=True)
class SentMark:
    """What tells a message from others whose key does not say when it was sent.

    Attributes:
        sent: What every delivery of the message makes of it.
        kept_until: Until when a delivery that makes the same is a repeat, epoch seconds.
    """

    sent: str
    kept_until: int


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


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message as it is stored.

    Attributes:
        sort: `<ms, 13 digits>#<seqNumber or digest>`.
        content: Its attributes.
    """

    sort: str
    content: Record


class AlreadyStored(Exception):
    """This part of the message is there already.

    Attributes:
        existing: The message as it is.
    """

    def __init__(self, existing: MessageRecord) -> None:
        super().__init__("already stored")
        self.existing = existing


class ChangedMeanwhile(Exception):
    """The message is not as it was read any more; nothing was written.

    Attributes:
        existing: The message as it is.
    """

    def __init__(self, existing: MessageRecord) -> None:
        super().__init__("changed meanwhile")
        self.existing = existing


def first_key(application_id: str, device_id: str, mark: SentMark, sort: str, now_ms: int) -> str:
    """Return the key that the first delivery of a message made, which is this one's if it is the first.

    Args:
        application_id, device_id: Whose message it is.
        mark: What every delivery of it makes.
        sort: The key that this delivery makes.
        now_ms: The present moment.
    """
    marking = Update(
        key=Key(_partition(application_id, device_id), f"{_SENT}{mark.sent}"),
        expression="SET #message = :message, received_at = :now_ms, expires_at = :until",
        # DynamoDB deletes what has expired only some time later.
        condition="attribute_not_exists(pk) OR expires_at <= :now",
        names={"#message": "message"},
        values={":message": sort, ":now_ms": now_ms, ":now": now_ms // 1000, ":until": mark.kept_until},
    )
    try:
        table.update(marking)
    except ConditionFailed as failed:
        return str((failed.existing or {}).get("message", sort))
    return sort


def add(part: MessageWrite) -> MessageRecord:
    """Store the part of a message that nearly always comes first, and return the message.

    A plain put of a new item is the cheapest write there is; only where the other part came first
    is a second request needed.

    Raises:
        AlreadyStored: It is a repeat; nothing was written.
    """
    key = _key(part.application_id, part.device_id, part.sort)
    content = {part.arrival: part.arrived_at, **part.own, **part.shared}
    try:
        table.put_new(key, content)
    except ConditionFailed as failed:
        existing = failed.existing or {}
        if part.arrival in existing:
            raise AlreadyStored(MessageRecord(part.sort, existing)) from failed
        return merge(part)
    return MessageRecord(part.sort, content)


def merge(part: MessageWrite) -> MessageRecord:
    """Store a part of a message beside the other part, or first, and return the message.

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
        key=_key(part.application_id, part.device_id, part.sort),
        expression="SET " + ", ".join(assignments),
        condition="attribute_not_exists(#arrival)",
        names=names,
        values=values,
    )
    try:
        content = table.update_returning_item(change)
    except ConditionFailed as failed:
        raise AlreadyStored(MessageRecord(part.sort, failed.existing or {})) from failed
    return MessageRecord(part.sort, content)


def amend(application_id: str, device_id: str, message: MessageRecord, changes: Mapping[str, Any]) -> None:
    """Give attributes of a message new values, if all of them are as they were read.

    Raises:
        ChangedMeanwhile: They are not.
    """
    names = {f"#n{position}": name for position, name in enumerate(changes)}
    values = {f":n{position}": value for position, value in enumerate(changes.values())}
    conditions = ["attribute_exists(pk)"]
    for position, name in enumerate(changes):
        if name in message.content:
            values[f":o{position}"] = message.content[name]
            conditions.append(f"#n{position} = :o{position}")
        else:
            conditions.append(f"attribute_not_exists(#n{position})")
    change = Update(
        key=_key(application_id, device_id, message.sort),
        expression="SET " + ", ".join(f"#n{position} = :n{position}" for position in range(len(changes))),
        condition=" AND ".join(conditions),
        names=names,
        values=values,
    )
    try:
        table.update(change)
    except ConditionFailed as failed:
        raise ChangedMeanwhile(MessageRecord(message.sort, failed.existing or {})) from failed


def newest_first(application_id: str, device_id: str, page: int) -> Iterator[Record]:
    """Yield a device's messages, that of the latest time first, as the last finished writes left them.

    Args:
        application_id, device_id: The device.
        page: How many to read in a request.
    """
    return table.newest_first(Span(_partition(application_id, device_id), _SORT, _AFTER_ALL_MESSAGES), page)


def _key(application_id: str, device_id: str, sort: str) -> Key:
    return Key(_partition(application_id, device_id), f"{_SORT}{sort}")


def _partition(application_id: str, device_id: str) -> str:
    return f"DEVICE#{application_id}#{device_id}"
