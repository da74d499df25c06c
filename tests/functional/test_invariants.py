"""The invariants of the design, each under its number. Those that a race can break: tests/engines/."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from sigbridge.settings import settings
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import failing, is_claim, is_message, unreachable
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import DAY, HEX, MINUTE, PlayedDevice

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


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10])
def test_i1_an_unconfirmed_downlink_is_handed_out_once_whatever_sigfox_says(
    code: int, played: PlayedDevice
) -> None:
    played.push()
    assert played.ask() == HEX

    played.acknowledge(code)
    assert played.ask() is None

    played.give_up()
    assert played.ask() is None


def test_i1_a_confirmed_downlink_is_handed_out_again_once_after_it_failed(played: PlayedDevice) -> None:
    played.push_confirmed()
    uplink = played.uplink()
    assert [played.ask(uplink), played.ask()] == [HEX, None]

    played.acknowledge(5, uplink)
    played.deadline()
    assert played.ask() is None

    played.acknowledge(4, uplink)
    assert [played.ask(), played.ask()] == [HEX, None]


def test_i1_a_confirmed_downlink_is_handed_out_again_once_after_no_acknowledgement_came(
    played: PlayedDevice,
) -> None:
    played.push_confirmed()
    assert played.ask() == HEX

    played.clock.wait(9 * MINUTE)
    played.deadline()
    assert played.ask() is None

    played.clock.wait(2 * MINUTE)
    played.deadline()
    played.deadline()
    assert [played.ask(), played.ask()] == [HEX, None]


def test_i1_a_confirmed_downlink_that_was_sent_is_not_handed_out_again(played: PlayedDevice) -> None:
    played.push_confirmed()
    played.ask()
    played.acknowledge(0)

    played.give_up()
    assert played.ask() is None


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


def test_i2_a_repeat_gets_its_answer_though_its_downlink_is_queued_again(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    uplink = played.uplink()
    assert played.ask(uplink) == HEX
    played.acknowledge(4, uplink)

    assert played.ask(uplink) == HEX
    assert played.queue() == [id_]


def test_i3_first_in_first_out(sigfox: Sigfox) -> None:
    sigfox.push(A, B)
    sigfox.push(C)

    assert [sigfox.asks() for _ in range(4)] == [A_HEX, B_HEX, C_HEX, None]


def test_i3_a_retried_downlink_goes_back_to_the_head(played: PlayedDevice) -> None:
    first, second = played.push_confirmed(), played.push_confirmed()
    [third] = played.push()
    assert played.ask() == HEX
    played.acknowledge(4)
    assert played.queue() == [first, second, third]

    played.ask()
    played.give_up()
    assert played.queue() == [first, second, third]


def test_i4_every_accepted_downlink_ends_in_exactly_one_state_and_history_says_which(
    played: PlayedDevice,
) -> None:
    sent, failed, unknown, confirmed = played.push({}, {}, {}, {"confirmed": True})
    for code in (0, 4, 5, 1):
        assert played.ask() == HEX
        played.acknowledge(code)
        played.clock.wait(MINUTE)
    assert played.ask() == HEX
    cleared, retried = played.push({}, {"confirmed": True, "confirmed_retry": {"max_attempts": 2}})
    played.clear()
    played.acknowledge(1)
    expired = played.push_expiring(MINUTE)
    played.clock.wait(MINUTE)
    played.deadline()
    deleted, last = played.push({}, {"confirmed": True, "confirmed_retry": {"max_attempts": 2}})
    played.delete(deleted)
    for _ in range(2):
        assert played.ask() == HEX
        played.give_up()
    played.clock.wait(DAY)
    played.deadline()

    listed = played.listed()["downlinks"]

    assert {downlink["id"]: downlink["state"] for downlink in listed} == {
        sent: "sent",
        failed: "failed",
        unknown: "answered",
        confirmed: "superseded",
        cleared: "removed",
        retried: "removed",
        expired: "expired",
        deleted: "removed",
        last: "failed",
    }
    assert len(listed) == 9
    assert (played.queue(), played.ask()) == ([], None)


def test_i4_nothing_comes_back_from_the_dead(played: PlayedDevice) -> None:
    superseded, removed = played.push_confirmed(), played.push_confirmed()
    cleared = played.push_expiring(5 * MINUTE, confirmed=True)
    assert played.ask() == HEX
    played.clock.wait(2 * MINUTE)
    assert played.ask() == HEX
    played.acknowledge(4)
    assert played.queue() == [removed, cleared]
    played.clear()
    played.clock.wait(2 * MINUTE)
    in_flight = played.push_expiring(2 * MINUTE, confirmed=True)
    played.ask()
    played.give_up()

    ids = (superseded, removed, cleared, in_flight)
    states = [played.state(id_) for id_ in ids]
    assert states == ["superseded", "removed", "removed", "expired"]
    for code in (1, 5, 4, 8):
        played.acknowledge(code)
        played.clock.wait(DAY)
        played.deadline()
    assert [played.state(id_) for id_ in ids] == states
    assert (played.queue(), played.ask()) == ([], None)


def test_i4_nothing_comes_back_into_the_next_life_of_a_deleted_device(
    played: PlayedDevice, management: Management
) -> None:
    played.push_confirmed()
    with played.stream_delayed():
        assert played.ask() == HEX
        played.clock.wait(1)
        assert management.delete(f"/v1/devices/{played.id}").status == 202
        assert management.post("/v1/devices", {"id": played.id}).status == 201
    played.give_up()

    assert played.queue() == []
    assert played.ask() is None


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
