"""Comparing messages that were fetched with those that are stored."""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto

from sigbridge.clock import now_ms
from sigbridge.messages.keys import message_key
from sigbridge.messages.payload import InvalidPayload, read_sigfox_payload
from sigbridge.model.message import ReceivedMessage
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import messages as stored_messages


class Comparison(Enum):
    """What is stored of a message.

    MISSING: Nothing.
    STORED: The message.
    CONFLICTING: One of the same device, second and number that has another payload.
    UNREADABLE: Nothing can be, since its payload is none.
    """

    MISSING = auto()
    STORED = auto()
    CONFLICTING = auto()
    UNREADABLE = auto()


def compare_messages(application_id: str, messages: Sequence[ReceivedMessage]) -> list[Comparison]:
    """Tell of messages of Sigfox whether they are stored: by device, second and number, or by payload.

    Nothing is written. A callback may have left out the number that Sigfox's own list has, and the list has
    none of devices of Sigfox's first protocol: then the payload tells.

    Args:
        application_id: Whose devices they are of.
        messages: Each with a time.

    Raises:
        StoreUnavailable: That can't be looked up.
    """
    payloads = [_payload(message) for message in messages]
    ids = [_ids(message, payload) for message, payload in zip(messages, payloads, strict=True)]
    wanted = {(message.device_id, id_) for message, own in zip(messages, ids, strict=True) for id_ in own}
    found = stored_messages.find_many(application_id, wanted)
    return [
        _compare(payload, [found.get((message.device_id, id_)) for id_ in own])
        for message, payload, own in zip(messages, payloads, ids, strict=True)
    ]


def _payload(message: ReceivedMessage) -> str | None:
    """Return the payload as it is stored; None where it is none."""
    try:
        return read_sigfox_payload("" if message.payload is None else message.payload.text)
    except InvalidPayload:
        return None


def _ids(message: ReceivedMessage, payload: str | None) -> list[str]:
    """Return the ids under which a message may be stored, that of its number first."""
    told = None if message.payload is None else payload
    numbers = dict.fromkeys((message.seq_number, None))
    moment = now_ms()
    return [
        message_key(replace(message, seq_number=number), told, moment, moment // 1000).id
        for number in numbers
    ]


def _compare(payload: str | None, stored: Sequence[StoredMessage | None]) -> Comparison:
    if payload is None:
        return Comparison.UNREADABLE
    same = next((message for message in stored if message is not None), None)
    if same is None:
        return Comparison.MISSING
    payloads = {same.payload, *(conflict.payload for conflict in same.conflicts)}
    return Comparison.STORED if not payload or payloads & {payload, None, ""} else Comparison.CONFLICTING
