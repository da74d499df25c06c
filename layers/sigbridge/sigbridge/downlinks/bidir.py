"""Replying to the messages of a BIDIR callback."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigbridge.clock import now_ms
from sigbridge.downlinks.answering import Answer, answer_uplink, recall_answer
from sigbridge.errors import StoreUnavailable
from sigbridge.messages import ReceivedMessage, StoredMessage
from sigbridge.settings import settings


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one message whose device waits for a downlink.

    Attributes:
        message: The message.
        answer: What its device is told.
        late: Whether the message came after its radio window, so that it could claim nothing.
        failed: Whether the store failed before the answer was known.
    """

    message: ReceivedMessage
    answer: Answer
    late: bool = False
    failed: bool = False


def reply_to_messages(application_id: str, messages: Sequence[StoredMessage]) -> list[Reply]:
    """Replies to those messages that ask (I6), to each device once: to its newest.

    Devices are independent: one whose answer can't be had from the store gets nothing, while the
    others get theirs.

    Raises:
        StoreUnavailable: No device's answer could be had.
    """
    replies = [_reply(application_id, stored) for stored in _newest_of_each_device(messages)]
    if replies and all(reply.failed for reply in replies):
        raise StoreUnavailable
    return replies


def _reply(application_id: str, stored: StoredMessage) -> Reply:
    late = _is_late(stored.message)
    try:
        return Reply(stored.message, _answer(application_id, stored, late=late), late=late)
    except StoreUnavailable:
        return Reply(stored.message, Answer(None), late=late, failed=True)


def _newest_of_each_device(messages: Sequence[StoredMessage]) -> list[StoredMessage]:
    newest: dict[str, StoredMessage] = {}
    for stored in messages:
        if stored.message.asks_downlink:
            other = newest.get(stored.message.device_id)
            if other is None or stored.key > other.key:
                newest[stored.message.device_id] = stored
    return list(newest.values())


def _is_late(message: ReceivedMessage) -> bool:
    return message.time is not None and now_ms() - message.time > settings().radio_window_ms


def _answer(application_id: str, stored: StoredMessage, *, late: bool) -> Answer:
    device_id = stored.message.device_id
    if late:
        return recall_answer(application_id, device_id, stored.key)
    return answer_uplink(application_id, device_id, stored.key, now_ms())
