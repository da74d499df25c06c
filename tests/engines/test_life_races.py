"""Callers at once, about one downlink: it leaves its queue once, and comes back once."""

import time
from collections import Counter
from itertools import count
from typing import Any

import pytest

from sigbridge.clock import now_ms
from sigbridge.devices import register_device
from sigbridge.downlinks import (
    DownlinkNotQueued,
    UnknownDownlink,
    answer_uplink,
    apply_acknowledgement,
    delete_downlink,
    downlink_history_of,
    end_what_is_due,
    push_downlinks,
    queued_downlinks,
    replace_downlinks,
)
from sigbridge.errors import SigbridgeError
from sigbridge.model.claim import ClaimRequest
from sigbridge.model.device_state import Removal
from sigbridge.model.downlink import Downlink
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.store import device_states, table
from sigbridge.store.due import shard_of
from tests.engines.test_races import CALLERS, DEVICE, at_once, bidir, payload_of
from tests.functional.change_stream import ChangeStream
from tests.functional.lambdas import call

pytestmark = pytest.mark.usefixtures("key")


def acknowledgement(code: int) -> StoredReport:
    moment = now_ms()
    return StoredReport(
        service=Service.ACKNOWLEDGE,
        id=f"{moment:013d}#0123456789abcdef",
        device_id=DEVICE,
        device_as_received=DEVICE,
        time=moment,
        has_time=True,
        received_at=moment,
        facts={"info_code": code},
    )


def ask(seq_number: int) -> str | None:
    moment = now_ms()
    return answer_uplink(ClaimRequest("demo", DEVICE, f"{moment:013d}#{seq_number}", moment)).payload


@pytest.fixture
def stream() -> ChangeStream:
    register_device("demo", DEVICE)
    return ChangeStream()


def test_i1_i4_deletions_and_claims_at_once_take_a_downlink_once(key: str, stream: ChangeStream) -> None:
    downlink = Downlink(payload="0102030405060708")
    push_downlinks("demo", DEVICE, [downlink])

    def delete() -> str:
        try:
            delete_downlink("demo", DEVICE, downlink.id)
        except (DownlinkNotQueued, UnknownDownlink):
            # Unknown: it has left the queue, and the history has not heard of it yet.
            return "refused"
        return "deleted"

    def claim(number: int) -> str:
        return "claimed" if payload_of(call("bidir_downlink", bidir(number), key)) else "nothing"

    outcomes = Counter(at_once([delete] * 8 + [lambda n=n: claim(n) for n in range(8)]))  # type: ignore[misc]
    stream.follow()

    assert outcomes["deleted"] + outcomes["claimed"] == 1
    expected = "removed" if outcomes["deleted"] else "answered"
    assert downlink_history_of("demo", DEVICE, downlink.id).state == expected
    assert queued_downlinks("demo", DEVICE) == []


def test_i3_a_failed_confirmed_downlink_comes_back_once_whoever_hears_of_it(stream: ChangeStream) -> None:
    first, second = Downlink(payload="01" * 8, confirmed=True), Downlink(payload="02" * 8)
    push_downlinks("demo", DEVICE, [first, second])
    ask(1)
    stream.follow()
    time.sleep(0.01)
    report = acknowledgement(4)

    at_once([lambda: apply_acknowledgement("demo", DEVICE, report)] * CALLERS)
    stream.follow()

    assert [(d.id, d.attempt) for d in queued_downlinks("demo", DEVICE)] == [(first.id, 2), (second.id, 1)]
    assert [step.step for step in downlink_history_of("demo", DEVICE, first.id).steps] == [
        "queued",
        "answered",
        "failed",
        "queued",
    ]


def test_i4_a_replacement_and_a_failed_attempt_at_once_never_leave_both_in_the_queue(
    stream: ChangeStream,
) -> None:
    confirmed, fresh = Downlink(payload="01" * 8, confirmed=True), Downlink(payload="02" * 8)
    push_downlinks("demo", DEVICE, [confirmed])
    ask(1)
    stream.follow()
    report = acknowledgement(4)

    at_once(
        [
            lambda: apply_acknowledgement("demo", DEVICE, report),
            lambda: replace_downlinks("demo", DEVICE, [fresh]),
            lambda: apply_acknowledgement("demo", DEVICE, report),
        ]
    )
    stream.follow()

    assert [downlink.id for downlink in queued_downlinks("demo", DEVICE)] == [fresh.id]
    assert downlink_history_of("demo", DEVICE, confirmed.id).state in {"superseded", "removed"}


def test_i3_a_missing_acknowledgement_is_noticed_once_by_deadlines_at_once(stream: ChangeStream) -> None:
    push_downlinks("demo", DEVICE, [Downlink(payload="01" * 8, confirmed=True)])
    ask(1)
    stream.follow()
    later = now_ms() + 700_000

    at_once([lambda: end_what_is_due(shard_of("demo", DEVICE), later, later)] * 4)

    assert [downlink.attempt for downlink in queued_downlinks("demo", DEVICE)] == [2]


def test_claims_are_answered_while_a_downlink_is_put_back(stream: ChangeStream) -> None:
    push_downlinks("demo", DEVICE, [Downlink(payload=f"{n:016x}", confirmed=True) for n in range(20)])
    ask(0)
    stream.follow()
    report = acknowledgement(4)

    def claim(number: int) -> str:
        try:
            return ask(number) or ""
        except SigbridgeError as failure:
            return type(failure).__name__

    results = at_once(
        [
            lambda: apply_acknowledgement("demo", DEVICE, report) or "",
            *[lambda n=n: claim(n) for n in range(1, 9)],
        ]  # type: ignore[func-returns-value,misc]
    )

    assert "StoreUnavailable" not in results
    assert len(set(results[1:])) == 8


def test_i4_a_claim_drops_no_downlink_but_those_that_it_saw_expired(
    stream: ChangeStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now_ms()
    push_downlinks(
        "demo",
        DEVICE,
        [
            Downlink(payload="01" * 8, expires_at=moment + 1),
            Downlink(payload="02" * 8, expires_at=moment + 1),
            Downlink(payload="03" * 8),
            Downlink(payload="04" * 8),
        ],
    )
    queue = device_states.find("demo", DEVICE).queue
    sent = count(1)
    send = table.update_returning

    def overtaken(change: table.Update, attribute: str) -> Any:
        # The first claim is refused, since the head has expired; the second one drops what it saw then.
        if next(sent) == 2:
            device_states.remove("demo", DEVICE, 1, queue[1], Removal.EXPIRED)
        return send(change, attribute)

    monkeypatch.setattr(table, "update_returning", overtaken)

    assert answer_uplink(ClaimRequest("demo", DEVICE, f"{moment:013d}#1", moment + 10)).payload == "03" * 8
    assert next(sent) == 4
    assert [downlink.payload for downlink in queued_downlinks("demo", DEVICE)] == ["04" * 8]
    stream.follow()
