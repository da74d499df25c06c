"""What webhooks had to tell, and what they told, in either form."""

import json
from typing import Any

import pytest

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook, WebhookFormat
from sigbridge.webhooks.contents import content_of
from sigfox_simulator.devices import make_fleet
from sigfox_simulator.fates import Patience
from sigfox_simulator.readback import Readback
from sigfox_simulator.receiver import Receipt
from sigfox_simulator.schedule import plan_messages
from sigfox_simulator.services import Service
from sigfox_simulator.truth import Delivery, Downlink, Span, Transmission, Truth
from sigfox_simulator.violations import Invariant
from sigfox_simulator.webhook_account import check_webhooks, due_events, event_key, take_webhook_account
from tests.event_schemas import schema

PATIENCE = Patience(10, 5)
FIRST, SECOND = ("downlink_queued", "1" * 24), ("downlink_queued", "2" * 24)


MESSAGE = schema("message")["examples"][0]
QUEUED, _, FAILED, *_ = schema("downlink")["examples"]


def receipt(
    event: tuple[str, str], message_id: str, *, is_signed: bool = True, is_taken: bool = True
) -> Receipt:
    body = json.dumps({"message_type": event[0], "downlink": {"id": event[1]}}).encode()
    return Receipt(message_id, body, is_signed, is_taken)


@pytest.mark.parametrize("format_", [WebhookFormat.SIGBRIDGE, WebhookFormat.TTS])
@pytest.mark.parametrize(
    ("detail", "type_", "key"),
    [
        (MESSAGE, MessageType.UPLINK_MESSAGE, ("uplink_message", "1A2B45", "1763770827", "1508")),
        (QUEUED, MessageType.DOWNLINK_QUEUED, ("downlink_queued", QUEUED["downlink"]["id"])),
        (FAILED, MessageType.DOWNLINK_FAILED, ("downlink_failed", FAILED["downlink"]["id"])),
    ],
    ids=["message", "queued", "failed"],
)
def test_an_event_is_known_in_either_form(
    format_: WebhookFormat, detail: dict[str, Any], type_: MessageType, key: tuple[str, ...]
) -> None:
    webhook = Webhook("one", "greenhouse", "https://example.com", format_, {type_: ""}, 0, 0)
    event = Event(detail["id"], "", "greenhouse", detail["device_id"], json.dumps(detail))

    assert event_key(json.loads(content_of(webhook, type_, event).body)) == key


def test_what_is_no_due_kind_is_left_out() -> None:
    assert event_key({"message_type": "service_data", "message": {}}) is None
    assert event_key({"end_device_ids": {"device_id": "153fa"}, "service_data": {}}) is None


def test_accepted_messages_and_downlinks_are_due() -> None:
    [device] = make_fleet(1, 1)
    truth = Truth.about([device])
    first, second, *_ = plan_messages(1, device, 36_000)
    for message, status in ((first, 200), (second, None)):
        sent = Transmission(message, 1_795_300_000 + message.number)
        truth.record(Delivery(Service.UPLINK, (sent,), 0, Span(1, 2), status))
    truth.of(device).downlinks.append(Downlink("1" * 24, device, "00" * 8, 0, Span(1, 2)))

    due = due_events(truth, Readback(), PATIENCE)

    uplink = ("uplink_message", device.id, str(1_795_300_000 + first.number), str(first.seq_number))
    assert due == {uplink, FIRST}


def test_what_came_is_counted() -> None:
    receipts = [
        receipt(FIRST, "msg_1", is_taken=False),
        receipt(FIRST, "msg_1"),
        receipt(FIRST, "msg_1"),
    ]

    account = take_webhook_account("one", {FIRST, SECOND}, receipts, frozenset({SECOND}))

    assert (account.due, account.delivered, account.repeated, account.lost) == (2, 1, 1, (SECOND,))
    assert account.lost_in_feed == 0
    [violation] = check_webhooks([account])
    assert violation.invariant is Invariant.WEBHOOKS
    assert SECOND[1] in violation.what


def test_a_request_without_a_right_signature_breaks_the_promise() -> None:
    account = take_webhook_account("one", {FIRST}, [receipt(FIRST, "msg_1", is_signed=False)], frozenset())

    assert account.lost == ()
    [violation] = check_webhooks([account])
    assert "1 requests of one had no right signature" in violation.what


def test_what_a_receiver_did_not_take_did_not_come() -> None:
    account = take_webhook_account("one", {FIRST}, [receipt(FIRST, "msg_1", is_taken=False)], frozenset())

    assert account.lost == (FIRST,)
    assert account.lost_in_feed == 1
