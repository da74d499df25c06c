"""Callers at once: the invariants that only a race can break."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from sigbridge.applications import create_device_type
from sigbridge.devices import change_device
from sigbridge.devices.device_cache import register_device
from sigbridge.downlinks import downlink_history, push_downlinks, queued_downlinks
from sigbridge.model.device_type import DeviceType
from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.formatter import Formatter, FormatterKind, FormatterVersion
from sigbridge.store import formatters
from sigbridge.store.table import query_prefix
from tests.functional.lambdas import Answer, Event, call, event

CALLERS = 16
FAR_AHEAD = 4_000_000_000 - int(time.time())
DEVICE = "153FA"


def bidir(seq_number: int) -> Event:
    body = {"device": DEVICE, "time": int(time.time()), "data": "01", "seqNumber": seq_number, "ack": "true"}
    return event("bidir_downlink.json", body=body)


def at_once[T](calls: Sequence[Callable[[], T]]) -> list[T]:
    barrier = Barrier(len(calls))

    def start(make: Callable[[], T]) -> T:
        barrier.wait()
        return make()

    with ThreadPoolExecutor(len(calls)) as callers:
        return list(callers.map(start, calls))


def deliver(key: str, events: Sequence[Event]) -> list[Answer]:
    return at_once([lambda each=each: call("bidir_downlink", each, key) for each in events])  # type: ignore[misc]


def payload_of(answer: Answer) -> str | None:
    return answer.json[DEVICE]["downlinkData"] if answer.status == 200 else None


@pytest.fixture
def downlinks(key: str) -> list[Downlink]:  # noqa: ARG001 - the application must exist
    queue = [Downlink(payload=f"{number:016x}") for number in range(1, 21)]
    register_device("demo", DEVICE)
    push_downlinks("demo", DEVICE, queue)
    return queue


def test_i2_one_callback_delivered_16_times_at_once_gets_16_equal_answers(
    key: str, downlinks: list[Downlink]
) -> None:
    same = bidir(1)
    answers = deliver(key, [same] * CALLERS)

    assert {payload_of(answer) for answer in answers} == {downlinks[0].payload}
    assert queued_downlinks("demo", DEVICE) == downlinks[1:]
    assert len(list(query_prefix(f"DEVICE#demo#{DEVICE}", "MSG#"))) == 1


def test_i1_16_callbacks_at_once_get_16_different_downlinks(key: str, downlinks: list[Downlink]) -> None:
    different = [bidir(number) for number in range(CALLERS)]
    answers = [payload_of(answer) for answer in deliver(key, different)]

    assert sorted(map(str, answers)) == [downlink.payload for downlink in downlinks[:CALLERS]]
    assert queued_downlinks("demo", DEVICE) == downlinks[CALLERS:]
    assert [payload_of(answer) for answer in deliver(key, different)] == answers


def test_i1_i2_8_callbacks_twice_each_at_once(key: str, downlinks: list[Downlink]) -> None:
    different = [bidir(number) for number in range(8)]
    answers = deliver(key, different + different)

    first, second = answers[:8], answers[8:]
    assert [payload_of(answer) for answer in first] == [payload_of(answer) for answer in second]
    assert {payload_of(answer) for answer in first} == {downlink.payload for downlink in downlinks[:8]}


def test_i1_one_queued_downlink_goes_to_one_of_16_callers(key: str) -> None:
    register_device("demo", DEVICE)
    push_downlinks("demo", DEVICE, [Downlink(payload="0102030405060708")])
    answers = deliver(key, [bidir(number) for number in range(CALLERS)])

    assert Counter(map(payload_of, answers)) == {"0102030405060708": 1, None: CALLERS - 1}


def test_i3_i4_pushes_racing_with_claims_lose_and_repeat_nothing(key: str) -> None:
    register_device("demo", DEVICE)
    pushed = [[Downlink(payload=f"{caller:08x}{number:08x}") for number in range(3)] for caller in range(8)]
    pushes = [lambda items=items: push_downlinks("demo", DEVICE, items) for items in pushed]
    claims = [lambda n=n: payload_of(call("bidir_downlink", bidir(n), key)) for n in range(8)]
    answers = [answer for answer in at_once([*pushes, *claims]) if isinstance(answer, str)]

    waiting = [downlink.payload for downlink in queued_downlinks("demo", DEVICE)]
    assert sorted([*answers, *waiting]) == sorted(d.payload for items in pushed for d in items)
    for items in pushed:
        own = [payload for payload in waiting if payload in {d.payload for d in items}]
        assert own == sorted(own)


def computing(payloads: Iterable[str], meanwhile: Callable[[], object] = lambda: None) -> Any:
    """A function that runs scripts: each of its answers is another one of these."""
    answers = iter(payloads)

    def invoke(_name: str, _event: object, **_waiting: int) -> Any:
        meanwhile()
        data = {"bytes": list(bytes.fromhex(next(answers)))}
        beside = {"warnings": [], "errors": [], "normalized": [], "logs": [], "cpu_ms": 1}
        return {"results": [{"data": data, **beside}]}

    return invoke


@pytest.fixture
def computes_answers(key: str) -> None:  # noqa: ARG001 - the application must exist
    """The device has a type whose script computes answers."""
    version = FormatterVersion(1, FormatterKind.JAVASCRIPT, "0" * 16, valid_from=0, created_at=0)
    formatters.add("demo", Formatter("f", "f", (version,)), "function answerUplink() {}")
    create_device_type("demo", DeviceType("t", "T", uplink_formatter="f", compute_answers=True))
    register_device("demo", DEVICE)
    change_device("demo", DEVICE, {"type": "t"})


@pytest.mark.usefixtures("computes_answers")
def test_i2_of_answers_that_are_computed_at_once_for_one_callback_one_is_given_to_all(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = [f"{number:016x}" for number in range(CALLERS)]
    monkeypatch.setattr("sigbridge.formatters.scripts.invoke", computing(computed))
    same = bidir(1)

    answers = {payload_of(answer) for answer in deliver(key, [same] * CALLERS)}

    assert len(answers) == 1
    assert answers < set(computed)
    [life] = downlink_history("demo", DEVICE, 10, None).lives
    assert (life.downlink.payload, life.downlink.source) == (*answers, Source.COMPUTED)
    assert {payload_of(call("bidir_downlink", same, key))} == answers


@pytest.mark.usefixtures("computes_answers")
def test_i1_pushes_racing_with_computed_answers_are_each_handed_out_once(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = [f"{number:016x}" for number in range(CALLERS)]
    pushed = [f"ff{number:014x}" for number in range(CALLERS)]
    to_push = iter(pushed)

    def push_one() -> None:
        push_downlinks("demo", DEVICE, [Downlink(next(to_push))])

    monkeypatch.setattr("sigbridge.formatters.scripts.invoke", computing(computed, push_one))

    callbacks = [bidir(number) for number in range(8)]
    answers = [payload_of(answer) for answer in deliver(key, callbacks + callbacks)]

    assert answers[:8] == answers[8:]
    given = [answer for answer in answers[:8] if answer is not None and answer in pushed]
    waiting = [downlink.payload for downlink in queued_downlinks("demo", DEVICE)]
    assert len(set(answers)) == 8
    assert sorted([*given, *waiting]) == sorted(set(pushed) - set(to_push))


@pytest.mark.parametrize("ahead", [0, 7_200, FAR_AHEAD], ids=["now", "two hours ahead", "far ahead"])
def test_i8_an_uplink_delivered_16_times_at_once_is_stored_once(ahead: int, key: str) -> None:
    register_device("demo", DEVICE)
    body = {"device": DEVICE, "time": int(time.time()) + ahead, "data": "01", "seqNumber": 1}
    same = event("uplink.json", body=body)
    answers = at_once([lambda: call("uplink", same, key)] * CALLERS)

    assert Counter(answer.json["accepted"] for answer in answers) == {1: 1, 0: CALLERS - 1}
    assert len({answer.json["group"] for answer in answers}) == 1
    assert len(list(query_prefix(f"DEVICE#demo#{DEVICE}", "MSG#"))) == 1


def test_i2_a_callback_of_an_unbelievable_time_delivered_16_times_at_once_gets_16_equal_answers(
    key: str, downlinks: list[Downlink]
) -> None:
    body = {"device": DEVICE, "time": 4_294_967_295, "data": "01", "seqNumber": 1, "ack": "true"}
    answers = deliver(key, [event("bidir_downlink.json", body=body)] * CALLERS)

    assert {payload_of(answer) for answer in answers} == {downlinks[0].payload}
    assert queued_downlinks("demo", DEVICE) == downlinks[1:]
    assert len(list(query_prefix(f"DEVICE#demo#{DEVICE}", "MSG#"))) == 1


def test_of_8_payloads_delivered_at_once_none_is_lost(key: str) -> None:
    common = {"device": DEVICE, "time": int(time.time()), "seqNumber": 1}
    told = [{"data": f"{number:02x}", f"v{number}": number} for number in range(8)]
    events = [event("uplink.json", body=common | each) for each in told]

    answers = at_once([lambda each=each: call("uplink", each, key) for each in events])  # type: ignore[misc]

    assert {answer.status for answer in answers} == {200}
    [message] = query_prefix(f"DEVICE#demo#{DEVICE}", "MSG#")
    payloads = [message["payload"], *(conflict["payload"] for conflict in message["conflicts"])]
    assert sorted(payloads) == [each["data"] for each in told]
    assert {each["variable"] for each in message["variables"]} == {f"v{number}" for number in range(8)}


def test_a_new_device_heard_by_16_callers_at_once_is_registered_once(key: str) -> None:
    answers = deliver(key, [bidir(number) for number in range(CALLERS)])

    assert {answer.status for answer in answers} == {204}
    assert len(list(query_prefix(f"DEVICE#demo#{DEVICE}", "DEVICE"))) == 1
