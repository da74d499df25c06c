"""Replying to the messages of a BIDIR callback."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from sigbridge.clock import now_ms
from sigbridge.devices import DeviceCache, UnknownDevice
from sigbridge.downlinks.claim import Answer, answer_uplink, answer_uplink_within, recall_answer
from sigbridge.downlinks.computing import compute_answer
from sigbridge.errors import StoreUnavailable
from sigbridge.messages import MessageReceipt
from sigbridge.model.claim import ClaimRequest
from sigbridge.model.message import ReceivedMessage
from sigbridge.model.settings import DownlinkQuota
from sigbridge.settings import settings
from sigbridge.store.claims import NothingWaits
from sigbridge.store.parallel import in_parallel

# Sigfox waits 10 s, and what a script computed is still to be claimed.
_COMPUTED_WITHIN_MS = 8_000


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one message whose device waits for a downlink.

    Attributes:
        message: The message.
        answer: What its device is told.
        late: Whether the message came after its radio window, so that it could claim nothing.
        failure: Why it has no answer: the store failed, or the device was deleted; None where it has one.
        script_error: Why the script that was to compute its answer gave none; None where it gave one, wanted
            none, or was not asked.
    """

    message: ReceivedMessage
    answer: Answer
    late: bool = False
    failure: StoreUnavailable | UnknownDevice | None = None
    script_error: str | None = None


def reply_to_messages(application_id: str, messages: Sequence[MessageReceipt], asked_at: int) -> list[Reply]:
    """Reply to those messages that ask (I6), to each device once: to its newest.

    Devices are independent: one whose answer can't be had gets nothing, while the others get theirs.

    Args:
        application_id: Whose devices they come from.
        messages: Messages of one callback, which are stored.
        asked_at: When the callback came, epoch ms.

    Raises:
        StoreUnavailable, UnknownDevice: An answer could not be had, since the store failed or the device
            was deleted, and no other device gets data that a repeat of the callback would bring too late.
    """
    reply = partial(_reply, application_id, asked_at + _COMPUTED_WITHIN_MS)
    replies = in_parallel(reply, _newest_of_each_device(messages))
    failure = next((reply.failure for reply in replies if reply.failure is not None), None)
    if failure is not None and all(reply.answer.payload is None for reply in replies):
        raise failure
    return replies


def _reply(application_id: str, computed_by: int, receipt: MessageReceipt) -> Reply:
    message = receipt.message
    late = _is_late(receipt)
    try:
        if late:
            return Reply(message, recall_answer(application_id, message.device_id, receipt.key), late)
        return _answered(application_id, computed_by, receipt)
    except (StoreUnavailable, UnknownDevice) as failure:
        return Reply(message, Answer(None), late, failure)


def _answered(application_id: str, computed_by: int, receipt: MessageReceipt) -> Reply:
    device_id = receipt.message.device_id
    devices = DeviceCache.open(application_id, (device_id,))
    effective = devices.settings_of(device_id)
    request = ClaimRequest(application_id, device_id, receipt.key, now_ms(), effective.downlink_data or "")
    answer = answer_uplink
    if effective.downlink_quota is DownlinkQuota.ENFORCE:
        answer = partial(answer_uplink_within, effective.daily_downlinks)
    if not effective.compute_answers:
        return Reply(receipt.message, answer(request))
    try:
        return Reply(receipt.message, answer(replace(request, only_what_waits=True)))
    except NothingWaits:
        computed = compute_answer(devices, receipt.stored, computed_by)
    # What came into the queue meanwhile goes first.
    claimed = answer(replace(request, now_ms=now_ms(), computed=computed.downlink))
    return Reply(receipt.message, claimed, script_error=computed.error)


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
