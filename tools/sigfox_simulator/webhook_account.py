"""What webhooks had to tell the customer, by what the simulator itself sent, and what they told."""

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sigfox_simulator.fates import Patience, expected_states, fates_of
from sigfox_simulator.message_checks import accepted_messages
from sigfox_simulator.readback import Readback, State
from sigfox_simulator.receiver import Receipt
from sigfox_simulator.truth import DeviceTruth, Truth
from sigfox_simulator.violations import Invariant, Violation

type EventKey = tuple[str, ...]

_UPLINK = "uplink_message"
# What is sure to have happened when the bundle must say one of them.
_TOLD_STATES = (State.SENT, State.FAILED)


@dataclass(frozen=True, slots=True)
class WebhookAccount:
    """How one webhook fared.

    Attributes:
        id: Its id.
        due: Events that it had to tell of.
        delivered: Those that came.
        repeated: Requests whose `webhook-id` had been taken before.
        lost: Events that never came.
        unsigned: Requests with no or a wrong signature.
        lost_in_feed: Those that are lost and that the feed does not have either.
    """

    id: str
    due: int
    delivered: int
    repeated: int
    lost: tuple[EventKey, ...]
    unsigned: int
    lost_in_feed: int


def due_events(truth: Truth, readback: Readback, patience: Patience) -> frozenset[EventKey]:
    """Find what has happened for certain: accepted messages, and what became of accepted downlinks."""
    due = {_message_key(*key) for key in accepted_messages(truth.deliveries)}
    for device_id, device in truth.devices.items():
        due |= set(_of_downlinks(device, patience, readback.read_at.get(device_id, 0)))
    return frozenset(due)


def _of_downlinks(device: DeviceTruth, patience: Patience, read_at: float) -> Iterator[EventKey]:
    for fate in fates_of(device):
        yield "downlink_queued", fate.downlink.id
        if fate.attempts:
            yield "downlink_answered", fate.downlink.id
        states = expected_states(fate, patience, read_at)
        for state in _TOLD_STATES:
            if states == {state} and fate.attempts and not device.unclear:
                yield f"downlink_{state}", fate.downlink.id


def take_webhook_account(
    webhook: str, due: AbstractSet[EventKey], receipts: Sequence[Receipt], feed: AbstractSet[EventKey]
) -> WebhookAccount:
    """Compare what a webhook had to tell with what its receiver took."""
    taken = [receipt for receipt in receipts if receipt.is_taken]
    lost = due - told_events(taken)
    return WebhookAccount(
        id=webhook,
        due=len(due),
        delivered=len(due) - len(lost),
        repeated=len(taken) - len({receipt.message_id for receipt in taken}),
        lost=tuple(sorted(lost)),
        unsigned=sum(not receipt.is_signed for receipt in receipts),
        lost_in_feed=len(lost - feed),
    )


def told_events(receipts: Sequence[Receipt]) -> frozenset[EventKey]:
    """Read of which events a receiver was told, in either form."""
    found = (event_key(json.loads(receipt.body)) for receipt in receipts if receipt.is_taken)
    return frozenset(key for key in found if key is not None)


def event_key(content: Mapping[str, Any]) -> EventKey | None:
    """Read of which event a request tells, in The Things Stack's envelope or Sigbridge's form."""
    if "end_device_ids" in content:
        return _of_envelope(content)
    return detail_key(str(content.get("message_type")), content)


def detail_key(message_type: str, detail: Mapping[str, Any]) -> EventKey | None:
    """Read of which event a detail tells, as docs/events describes it."""
    if message_type == _UPLINK:
        message = detail["message"]
        return _message_key(detail["device_id"], _seconds(message["time"]), message.get("seq_number", 0))
    return (message_type, detail["downlink"]["id"]) if "downlink" in detail else None


def _of_envelope(content: Mapping[str, Any]) -> EventKey | None:
    device_id = content["end_device_ids"]["device_id"].upper()
    for name, told in content.items():
        if name == _UPLINK:
            return _message_key(device_id, _seconds(told["received_at"]), told.get("f_cnt", 0))
        if name.startswith("downlink_"):
            return name, told.get("downlink", told)["id"]
    return None


def _message_key(device_id: str, time: int, seq_number: int) -> EventKey:
    return _UPLINK, device_id, str(time), str(seq_number)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def check_webhooks(accounts: Sequence[WebhookAccount]) -> Iterator[Violation]:
    """Find events that never came, and requests that anybody could have sent."""
    for account in accounts:
        for event in account.lost:
            yield Violation(Invariant.WEBHOOKS, f"{account.id} was never told of {' '.join(event)}")
        if account.unsigned:
            what = f"{account.unsigned} requests of {account.id} had no right signature"
            yield Violation(Invariant.WEBHOOKS, what)
