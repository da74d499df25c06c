"""The invariants of the design, each under its number. Those that a race can break: tests/engines/."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from sigbridge.settings import settings
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import failing, is_claim, is_message, unreachable
from tests.functional.lambdas import Answer, event

DEVICE = {"device_id": "153fa"}
A, B, C = "AQIDBAUGBwg=", "ERITFBUWFxg=", "ISIjJCUmJyg="
A_HEX, B_HEX, C_HEX = "0102030405060708", "1112131415161718", "2122232425262728"


class Sigfox:
    """What a Sigfox device and its user do, in their words."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke
        self._seq_number = 0
        self._register()

    def _register(self) -> None:
        assert self.uplink().status == 200

    def callback(self, *, ack: object = True, age: int = 0, seq_number: int | None = None) -> dict[str, Any]:
        if seq_number is None:
            self._seq_number += 1
            seq_number = self._seq_number
        moment = int(time.time()) - age
        return {"device": "153FA", "time": moment, "data": "01", "seqNumber": seq_number, "ack": ack}

    def uplink(self, callback: Mapping[str, Any] | None = None) -> Answer:
        return self._invoke("uplink", event("uplink.json", body=callback or self.callback()))

    def bidir(self, callback: object = None) -> Answer:
        return self._invoke("bidir_downlink", event("bidir_downlink.json", body=callback or self.callback()))

    def asks(self, callback: Mapping[str, Any] | None = None) -> str | None:
        answer = self.bidir(callback)
        if answer.status == 204:
            assert answer.text is None
            return None
        payload: str = answer.json["153FA"]["downlinkData"]
        return payload

    def push(self, *payloads: str) -> Answer:
        return self._change("queue_push", payloads)

    def replace(self, *payloads: str) -> Answer:
        return self._change("queue_replace", payloads)

    def _change(self, function: str, payloads: tuple[str, ...]) -> Answer:
        body = {"downlinks": [{"frm_payload": payload} for payload in payloads]}
        return self._invoke(function, event("queue_push.json", path=DEVICE, body=body))

    def queue(self) -> list[str]:
        listed = self._invoke("queue_list", event("queue_list.json", path=DEVICE)).json
        return [item["frm_payload"] for item in listed.get("downlinks", [])]


@pytest.fixture
def sigfox(invoke: Invoke) -> Sigfox:
    return Sigfox(invoke)


def test_i1_a_queued_downlink_is_handed_to_one_uplink(sigfox: Sigfox) -> None:
    sigfox.push(A)

    assert [sigfox.asks() for _ in range(3)] == [A_HEX, None, None]


def test_i2_the_same_callback_gets_the_same_answer_however_often_it_comes(sigfox: Sigfox) -> None:
    sigfox.push(A, B)
    callback = sigfox.callback()

    assert {sigfox.asks(callback) for _ in range(5)} == {A_HEX}
    assert sigfox.queue() == [B]


def test_i2_a_repeat_after_a_newer_uplink_gets_its_own_answer(sigfox: Sigfox) -> None:
    sigfox.push(A, B, C)
    callbacks = [sigfox.callback() for _ in range(4)]

    first = [sigfox.asks(callback) for callback in callbacks]

    assert first == [A_HEX, B_HEX, C_HEX, None]
    assert [sigfox.asks(callback) for callback in reversed(callbacks)] == first[::-1]


def test_i2_a_repeat_of_an_empty_answer_does_not_get_what_was_pushed_since(sigfox: Sigfox) -> None:
    callback = sigfox.callback()
    assert sigfox.asks(callback) is None
    sigfox.push(A)

    assert sigfox.asks(callback) is None
    assert sigfox.queue() == [A]


def test_i2_a_repeat_with_quoted_values_and_another_spelling_is_the_same_callback(sigfox: Sigfox) -> None:
    sigfox.push(A, B)
    callback = sigfox.callback()
    quoted = {name: str(value).lower() for name, value in callback.items()} | {"device": "000153fa"}

    assert sigfox.asks(callback) == A_HEX
    assert sigfox.bidir(quoted).json == {"000153fa": {"downlinkData": A_HEX}}


def test_i3_first_in_first_out(sigfox: Sigfox) -> None:
    sigfox.push(A, B)
    sigfox.push(C)

    assert [sigfox.asks() for _ in range(4)] == [A_HEX, B_HEX, C_HEX, None]


def test_i4_a_push_with_one_bad_item_changes_nothing(sigfox: Sigfox) -> None:
    sigfox.push(A)

    assert sigfox.push(B, "AQID").status == 400
    assert sigfox.queue() == [A]


def test_i4_a_replace_with_one_bad_item_changes_nothing(sigfox: Sigfox) -> None:
    sigfox.push(A)

    assert sigfox.replace(B, "AQID").status == 400
    assert sigfox.queue() == [A]


def test_i4_a_replace_removes_all_and_what_was_removed_never_comes_back(sigfox: Sigfox) -> None:
    sigfox.push(A, B)
    sigfox.replace(C)

    assert sigfox.queue() == [C]
    assert [sigfox.asks() for _ in range(3)] == [C_HEX, None, None]


def test_i4_a_clear_empties_the_queue(sigfox: Sigfox) -> None:
    sigfox.push(A, B)
    sigfox.replace()

    assert sigfox.queue() == []
    assert sigfox.asks() is None


def test_i4_what_was_handed_out_survives_a_clear_for_its_repeats(sigfox: Sigfox) -> None:
    sigfox.push(A, B)
    callback = sigfox.callback()
    sigfox.asks(callback)
    sigfox.replace()

    assert sigfox.asks(callback) == A_HEX


@pytest.mark.parametrize("payload", ["", "AQ==", "AQIDBAUGBw==", "AQIDBAUGBwgJ", "AQIDBAUGBwgJCgsMDQ4PEA=="])
def test_i5_only_exactly_8_bytes_ever_leave(payload: str, sigfox: Sigfox) -> None:
    assert sigfox.push(payload).status == 400
    assert sigfox.replace(payload).status == 400
    assert sigfox.asks() is None


@pytest.mark.parametrize("ack", [False, "false", "False", "0", 0])
def test_i6_a_message_that_does_not_ask_never_claims(ack: object, sigfox: Sigfox) -> None:
    sigfox.push(A)

    assert sigfox.asks(sigfox.callback(ack=ack)) is None
    assert sigfox.queue() == [A]


def test_i6_an_uplink_callback_never_claims(sigfox: Sigfox) -> None:
    sigfox.push(A)
    sigfox.uplink(sigfox.callback(ack=True))

    assert sigfox.queue() == [A]


def test_i7_a_late_callback_claims_nothing(sigfox: Sigfox, stored: Stored) -> None:
    sigfox.push(A)
    late = sigfox.callback(age=60)

    assert sigfox.asks(late) is None
    assert sigfox.queue() == [A]
    assert f"MSG#{late['time']}000#{late['seqNumber']}" in {message["sk"] for message in stored(sk="MSG#")}


def test_i7_a_late_repeat_of_an_answered_callback_still_gets_its_answer(
    sigfox: Sigfox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sigfox.push(A, B)
    callback = sigfox.callback()
    assert sigfox.asks(callback) == A_HEX

    later = time.time_ns() // 1_000_000 + 7 * 60_000
    monkeypatch.setattr("sigbridge.downlinks.bidir.now_ms", lambda: later)

    assert sigfox.asks(callback) == A_HEX
    assert sigfox.queue() == [B]


def test_i7_the_window_is_a_parameter(
    sigfox: Sigfox, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    monkeypatch.setenv("RADIO_WINDOW_SECONDS", "120")
    settings.cache_clear()
    invoke("queue_push", event("queue_push.json", path=DEVICE, body={"downlinks": [{"frm_payload": A}]}))

    assert sigfox.asks(sigfox.callback(age=60)) == A_HEX


def test_i8_a_duplicate_uplink_is_stored_once_answered_like_the_first_and_counted(
    sigfox: Sigfox, stored: Stored
) -> None:
    before = len(stored(sk="MSG#"))
    callback = sigfox.callback()

    first, second = sigfox.uplink(callback), sigfox.uplink(callback)

    assert (first.json["accepted"], first.json["duplicates"]) == (1, 0)
    assert (second.json["accepted"], second.json["duplicates"]) == (0, 1)
    assert (second.status, second.json["group"]) == (first.status, first.json["group"])
    assert len(stored(sk="MSG#")) == before + 1


def test_i9_no_2xx_before_the_message_is_durable(sigfox: Sigfox, stored: Stored) -> None:
    sigfox.push(A)
    callback = sigfox.callback()
    before = len(stored(sk="MSG#"))

    with failing(unreachable, is_message):
        assert sigfox.bidir(callback).status == 503
        assert sigfox.uplink(callback).status == 503
    assert len(stored(sk="MSG#")) == before
    assert sigfox.queue() == [A]

    with failing(unreachable, is_claim):
        assert sigfox.bidir(callback).status == 503
    assert len(stored(sk="MSG#")) == before + 1
    assert sigfox.asks(callback) == A_HEX
