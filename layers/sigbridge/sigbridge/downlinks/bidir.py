"""Replying to the messages of a BIDIR callback."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigbridge.clock import now_ms
from sigbridge.devices import DeviceCache, UnknownDevice
from sigbridge.downlinks.claim import Answer, answer_uplink, answer_uplink_within, recall_answer
from sigbridge.errors import StoreUnavailable
from sigbridge.messages import MessageReceipt
from sigbridge.model.claim import ClaimRequest
from sigbridge.model.message import ReceivedMessage
from sigbridge.model.settings import DownlinkQuota
from sigbridge.settings import settings
from sigbridge.store.parallel import in_parallel


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one message whose device waits for a downlink.

    Attributes:
        message: The message.
        answer: What its device is told.
        late: Whether the message came after its radio window, so that it could claim nothing.
        failure: Why it has no answer: the store failed, or the device was deleted; None where it has one.
    """

    message: ReceivedMessage
    answer: Answer
    late: bool = False
    failure: StoreUnavailable | UnknownDevice | None = None


def reply_to_messages(application_id: str, messages: Sequence[MessageReceipt]) -> list[Reply]:
    """Reply to those messages that ask (I6), to each device once: to its newest.

    Devices are independent: one whose answer can't be had gets nothing, while the others get theirs.

    Raises:
        StoreUnavailable, UnknownDevice: An answer could not be had, since the store failed or the device
            was deleted, and no other device gets data that a repeat of the callback would bring too late.
    """
    replies = in_parallel(lambda stored: _reply(application_id, stored), _newest_of_each_device(messages))
    failure = next((reply.failure for reply in replies if reply.failure is not None), None)
    if failure is not None and all(reply.answer.payload is None for reply in replies):
        raise failure
    return replies


def _reply(application_id: str, stored: MessageReceipt) -> Reply:
    message = stored.message
    late = _is_late(stored)
    try:
        if late:
            answer = recall_answer(application_id, message.device_id, stored.key)
        else:
            answer = _answer(application_id, message.device_id, stored.key)
    except (StoreUnavailable, UnknownDevice) as failure:
        return Reply(message, Answer(None), late, failure)
    return Reply(message, answer, late)


def _answer(application_id: str, device_id: str, uplink: str) -> Answer:
    effective = DeviceCache.open(application_id, (device_id,)).settings_of(device_id)
    request = ClaimRequest(application_id, device_id, uplink, now_ms(), effective.downlink_data or "")
    if effective.downlink_quota is DownlinkQuota.ENFORCE:
        return answer_uplink_within(effective.daily_downlinks, request)
    return answer_uplink(request)


def _newest_of_each_device(messages: Sequence[MessageReceipt]) -> list[MessageReceipt]:
    newest: dict[str, MessageReceipt] = {}
    for stored in messages:
        if stored.message.asks_downlink:
            other = newest.get(stored.message.device_id)
            if other is None or stored.key > other.key:
                newest[stored.message.device_id] = stored
    return list(newest.values())


def _is_late(stored: MessageReceipt) -> bool:
    return now_ms() - stored.moment > settings().radio_window_ms
