"""Messages, written once under a key that every repeat of the message makes again, or finds.

A message whose time can be its key's is one item. One whose time is not believed, or can't be read, is kept
under the moment of its first reception; an item beside it, `SENT#<what was sent>`, says which that was.
"""

import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sigbridge.model.decoding import DecodedPayload
from sigbridge.model.message import MessagePart
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.message_codec import (
    ATTRIBUTES,
    DECODED,
    SORT_PREFIX,
    decoded_text,
    location_record,
    part_record,
    read_message,
    shared_record,
)
from sigbridge.store.rows import Key, Record, Span, Update

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
class Written:
    """What came of storing a part of a message.

    Attributes:
        message: The message as it is now.
        is_repeat: Whether the part was there already.
    """

    message: StoredMessage
    is_repeat: bool


def first_id(application_id: str, device_id: str, mark: SentMark, id_: str, now_ms: int) -> str:
    """Return the id that the first delivery of a message made, which is this one's if it is the first.

    Args:
        application_id, device_id: Whose message it is.
        mark: What every delivery of it makes.
        id_: The id that this delivery makes.
        now_ms: The present moment.
    """
    marking = Update(
        key=Key(_partition(application_id, device_id), f"{_SENT}{mark.sent}"),
        expression="SET #message = :message, received_at = :now_ms, expires_at = :until",
        # DynamoDB deletes what has expired only some time later.
        condition="attribute_not_exists(pk) OR expires_at <= :now",
        names={"#message": "message"},
        values={":message": id_, ":now_ms": now_ms, ":now": now_ms // 1000, ":until": mark.kept_until},
    )
    try:
        table.update(marking)
    except ConditionFailed as failed:
        return str((failed.existing or {}).get("message", id_))
    return id_


def add(application_id: str, message: StoredMessage, expires_at: int) -> Written:
    """Store one part of a message, beside the other part or first, unless it is there already.

    Args:
        application_id: Whose device's it is.
        message: The message as this part alone tells it; what both parts carry is what the first one says.
        expires_at: When it is forgotten, epoch seconds.
    """
    [(part, content)] = message.parts.items()
    # The client tries twice: the second try may find what the first one wrote, which is no repeat.
    delivery = secrets.token_hex(4)
    own = part_record(part, content) | location_record(message) | {ATTRIBUTES[part].delivery: delivery}
    write = _PartWrite(
        key=_key(application_id, message.device_id, message.id),
        part=part,
        own=own,
        shared=shared_record(message) | {"expires_at": expires_at},
    )
    try:
        stored = _put(write, message) if part is MessagePart.UPLINK else _merge(write)
    except _AlreadyStored as already:
        is_repeat = already.existing[ATTRIBUTES[part].delivery] != delivery
        return Written(read_message(already.existing), is_repeat)
    return Written(stored, is_repeat=False)


def find_many(
    application_id: str, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], StoredMessage]:
    """Return messages by their devices and ids, as the last finished writes left them, 100 in a request."""
    keys = {_key(application_id, *named): named for named in wanted}
    found = table.get_many_latest(list(keys))
    return {keys[key]: read_message(record) for key, record in found.items()}


@dataclass(frozen=True, slots=True)
class _PartWrite:
    """One part of a message, as it is written.

    Attributes:
        key: The message's item, in which both parts meet, whichever comes first.
        part: Which part it is.
        own: Attributes that it alone decides about.
        shared: Attributes that both parts carry; the first one that comes writes them.
    """

    key: Key
    part: MessagePart
    own: Record
    shared: Record


class _AlreadyStored(Exception):
    """This part of the message is there already.

    Attributes:
        existing: The message's item.
    """

    def __init__(self, existing: Record) -> None:
        super().__init__("already stored")
        self.existing = existing


def _put(write: _PartWrite, message: StoredMessage) -> StoredMessage:
    """Store the part of a message that nearly always comes first, and return the message.

    A plain put of a new item is the cheapest write there is; only where the other part came first
    is a second request needed.

    Raises:
        _AlreadyStored: It is a repeat; nothing was written.
    """
    try:
        table.put_new(write.key, {**write.own, **write.shared})
    except ConditionFailed as failed:
        existing = failed.existing or {}
        if ATTRIBUTES[write.part].arrival in existing:
            raise _AlreadyStored(existing) from failed
        return _merge(write)
    return message


def _merge(write: _PartWrite) -> StoredMessage:
    """Store a part of a message beside the other part, or first, and return the message.

    Scripts are told what the uplink says of its reception: what they made without it goes.

    Raises:
        _AlreadyStored: It is a repeat; nothing was written.
    """
    assignments: list[str] = []
    names = {"#arrival": ATTRIBUTES[write.part].arrival}
    values: dict[str, Any] = {}
    for position, (name, value) in enumerate(write.own.items()):
        names[f"#o{position}"], values[f":o{position}"] = name, value
        assignments.append(f"#o{position} = :o{position}")
    for position, (name, value) in enumerate(write.shared.items()):
        names[f"#s{position}"], values[f":s{position}"] = name, value
        assignments.append(f"#s{position} = if_not_exists(#s{position}, :s{position})")
    removal = f" REMOVE {DECODED}" if write.part is MessagePart.UPLINK else ""
    change = Update(
        key=write.key,
        expression="SET " + ", ".join(assignments) + removal,
        condition="attribute_not_exists(#arrival)",
        names=names,
        values=values,
    )
    try:
        return read_message(table.update_returning_item(change))
    except ConditionFailed as failed:
        raise _AlreadyStored(failed.existing or {}) from failed


def set_decoded(application_id: str, message: StoredMessage, decoded: DecodedPayload) -> None:
    """Store what a script made of a message, unless that is gone or says more than the script was told."""
    arrival = ATTRIBUTES[MessagePart.UPLINK].arrival
    known = {"payload": message.payload, arrival: message.received_at, "amended": message.amendments or None}
    conditions = [
        f"attribute_not_exists({name})" if value is None else f"{name} = :{name}"
        for name, value in known.items()
    ]
    change = Update(
        key=_key(application_id, message.device_id, message.id),
        expression=f"SET {DECODED} = :decoded",
        condition=" AND ".join(conditions),
        values={":decoded": decoded_text(decoded)}
        | {f":{name}": value for name, value in known.items() if value is not None},
    )
    with suppress(ConditionFailed):
        table.update(change)


def newest_first(application_id: str, device_id: str, page: int) -> Iterator[StoredMessage]:
    """Yield a device's messages, that of the latest time first, as the last finished writes left them.

    Args:
        application_id, device_id: The device.
        page: How many to read in a request.
    """
    span = Span(_partition(application_id, device_id), SORT_PREFIX, _AFTER_ALL_MESSAGES)
    return map(read_message, table.newest_first(span, page))


def _key(application_id: str, device_id: str, message_id: str) -> Key:
    return Key(_partition(application_id, device_id), f"{SORT_PREFIX}{message_id}")


def _partition(application_id: str, device_id: str) -> str:
    return f"DEVICE#{application_id}#{device_id}"
