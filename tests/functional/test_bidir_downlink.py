"""`/downlink`: the message is stored, and the device is answered."""

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from sigbridge.devices import delete_parameter, register_device, set_parameter
from sigbridge.downlinks import push_downlinks
from sigbridge.model.downlink import Downlink
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import Event, event

A, B, C = "a1" * 8, "b2" * 8, "c3" * 8
PARAMETER = "deadbeefcafebabe"

type Push = Callable[..., None]


@pytest.fixture
def push(key: str) -> Push:
    """Queues payloads for a device of the application."""
    assert key

    def push(*payloads: str, device: str = "153FA") -> None:
        register_device("demo", device)
        push_downlinks("demo", device, [Downlink(payload) for payload in payloads])

    return push


def bidir(**changes: object) -> Event:
    """A BIDIR callback of the present moment, every value quoted; None leaves a field out."""
    content: dict[str, object] = {
        "device": "153FA",
        "time": str(int(time.time())),
        "data": "3794a01820348220590d000f",
        "seqNumber": "2",
        "station": "E4BE",
        "rssi": "-123.10",
        "ack": "true",
        "longPolling": "true",
    }
    content |= changes
    body = {name: value for name, value in content.items() if value is not None}
    return event("bidir_downlink.json", body=body)


def queued(stored: Stored, device: str = "153FA") -> list[str]:
    """The payloads in a device's queue."""
    [state] = stored(f"DEVICE#demo#{device}", "STATE")
    return [written.split(" ")[2] for written in state["queue"]]


def test_a_device_that_asks_gets_the_head_of_its_queue_and_its_message_is_stored(
    push: Push, invoke: Invoke, stored: Stored
) -> None:
    push(A, B)

    answer = invoke("bidir_downlink", bidir())

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text == f'{{"153FA":{{"downlinkData":"{A}"}}}}'
    assert queued(stored) == [B]
    [message] = stored(sk="MSG#")
    assert message["pk"] == "DEVICE#demo#153FA"
    assert (message["payload"], message["seq_number"], message["ack"]) == (
        "3794a01820348220590d000f",
        2,
        True,
    )
    assert message["radio"]["station"] == "E4BE"


def test_the_queue_is_handed_out_in_order(push: Push, invoke: Invoke, stored: Stored) -> None:
    push(A, B)
    push(C)

    answers = [invoke("bidir_downlink", bidir(seqNumber=number)) for number in range(4)]

    assert [answer.status for answer in answers] == [200, 200, 200, 204]
    assert [answer.json["153FA"]["downlinkData"] for answer in answers[:3]] == [A, B, C]
    assert queued(stored) == []


def test_a_repeated_callback_gets_the_same_answer_and_takes_nothing_more(
    push: Push, invoke: Invoke, stored: Stored
) -> None:
    push(A, B)
    request = bidir()

    answers = [invoke("bidir_downlink", request) for _ in range(3)]

    assert {answer.text for answer in answers} == {f'{{"153FA":{{"downlinkData":"{A}"}}}}'}
    assert queued(stored) == [B]
    assert len(stored(sk="MSG#")) == 1


def test_a_repeat_of_a_callback_that_got_nothing_gets_nothing(
    push: Push, invoke: Invoke, stored: Stored
) -> None:
    request = bidir()
    assert invoke("bidir_downlink", request).status == 204
    push(A)

    assert invoke("bidir_downlink", request).status == 204

    assert queued(stored) == [A]


@pytest.mark.parametrize("ack", [False, "false", "False", 0, "0"])
def test_a_device_that_does_not_ask_gets_nothing(
    ack: object, push: Push, invoke: Invoke, stored: Stored
) -> None:
    push(A)

    answer = invoke("bidir_downlink", bidir(ack=ack))

    assert (answer.status, answer.text) == (204, None)
    assert queued(stored) == [A]
    assert len(stored(sk="MSG#")) == 1


@pytest.mark.parametrize("ack", [True, "true", "TRUE", 1, "1", None, "", "null"])
def test_a_device_asks_unless_it_says_no(ack: object, push: Push, invoke: Invoke) -> None:
    push(A)

    answer = invoke("bidir_downlink", bidir(ack=ack))

    assert answer.json == {"153FA": {"downlinkData": A}}


def test_tagoio_s_body_asks(push: Push, invoke: Invoke, stored: Stored) -> None:
    push(A)
    now = str(int(time.time()))
    body = [
        {"variable": "device", "value": "153FA", "serie": now},
        {"variable": "data", "value": "0109611395000df9011eb9", "serie": now},
        {"variable": "seqNumber", "value": "5", "serie": now},
    ]

    answer = invoke("bidir_downlink", event("bidir_downlink_tagoio.json", body=body))

    assert answer.json == {"153FA": {"downlinkData": A}}
    [message] = stored(sk="MSG#")
    assert (message["sk"], message["payload"]) == (f"MSG#{now}000#5", "0109611395000df9011eb9")


def test_a_callback_by_query_is_answered(push: Push, invoke: Invoke) -> None:
    push(A)
    query = f"id=153FA&time={int(time.time())}&data=00&seqNumber=5&ack=true"

    answer = invoke("bidir_downlink", event("uplink_query.json", query=query))

    assert answer.json == {"153FA": {"downlinkData": A}}


@pytest.mark.parametrize("spelling", ["153FA", "153fa", "000153FA", "0153fA"])
def test_the_answer_spells_the_device_as_the_callback_does(spelling: str, push: Push, invoke: Invoke) -> None:
    push(A)

    answer = invoke("bidir_downlink", bidir(device=spelling))

    assert answer.json == {spelling: {"downlinkData": A}}


def test_an_empty_queue_is_answered_with_no_body(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("bidir_downlink", bidir())

    assert (answer.status, answer.text) == (204, None)
    assert "Content-Type" not in answer.headers
    assert len(stored(sk="MSG#")) == 1


def test_downlink_data_answers_every_time_while_the_queue_is_empty(push: Push, invoke: Invoke) -> None:
    push(A)
    set_parameter("demo", "153FA", "downlinkData", PARAMETER.upper())

    answers = [invoke("bidir_downlink", bidir(seqNumber=number)).json for number in range(3)]

    assert [answer["153FA"]["downlinkData"] for answer in answers] == [A, PARAMETER, PARAMETER]


def test_downlink_data_that_was_cleared_answers_no_more(push: Push, invoke: Invoke) -> None:
    push()
    set_parameter("demo", "153FA", "downlinkData", PARAMETER)
    delete_parameter("demo", "153FA", "downlinkData")

    assert invoke("bidir_downlink", bidir()).status == 204


def test_a_late_callback_is_stored_and_takes_nothing(
    push: Push, invoke: Invoke, stored: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    push(A)
    set_parameter("demo", "153FA", "downlinkData", PARAMETER)
    capsys.readouterr()

    answer = invoke("bidir_downlink", event("bidir_downlink.json"))

    assert (answer.status, answer.text) == (204, None)
    assert queued(stored) == [A]
    assert len(stored(sk="MSG#")) == 1
    assert '"LateBidir":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("age_ms", "answered"),
    [
        pytest.param(-5_000, True, id="the network's clock is ahead"),
        pytest.param(30_000, True, id="at the end of the radio window"),
        pytest.param(30_001, False, id="after it"),
    ],
)
def test_the_radio_window_ends_30_seconds_after_the_message(
    age_ms: int, answered: bool, push: Push, invoke: Invoke, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(A)
    seconds = int(time.time())
    monkeypatch.setattr("sigbridge.downlinks.bidir.now_ms", lambda: seconds * 1000 + age_ms)

    answer = invoke("bidir_downlink", bidir(time=seconds))

    assert answer.status == (200 if answered else 204)
    assert queued(stored) == ([] if answered else [A])


def test_a_late_repeat_gets_the_answer_that_was_given_in_time(
    push: Push, invoke: Invoke, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(A, B)
    request = bidir()
    first = invoke("bidir_downlink", request)
    later = int(time.time()) * 1000 + 420_000
    monkeypatch.setattr("sigbridge.downlinks.bidir.now_ms", lambda: later)

    repeat = invoke("bidir_downlink", request)

    assert (repeat.status, repeat.text) == (first.status, first.text) == (200, first.text)
    assert queued(stored) == [B]


def test_a_downlink_that_has_expired_is_passed_over(push: Push, invoke: Invoke, stored: Stored) -> None:
    push()
    push_downlinks("demo", "153FA", [Downlink(A, expires_at=1), Downlink(B, expires_at=2), Downlink(C)])

    answer = invoke("bidir_downlink", bidir())

    assert answer.json == {"153FA": {"downlinkData": C}}
    assert queued(stored) == []


def batch(*lines: str) -> Event:
    """A batch BIDIR callback of the present moment; each line is `device;seqNumber;ack`."""
    now = int(time.time())
    values = [line.split(";") for line in lines]
    text = "\n".join(f"{device};{now};00;{number};{ack};" for device, number, ack in values)
    return event("bidir_downlink_batch.json", body=f"batch={quote(text)}".encode())


def test_a_batch_names_every_device_that_asks(push: Push, invoke: Invoke, stored: Stored) -> None:
    push(A)
    push(B, device="1A2B45")

    answer = invoke(
        "bidir_downlink", batch("153FA;2;true", "1a2b45;1508;true", "53B6;241;false", "00A2;7;true")
    )

    assert answer.status == 200
    assert answer.json == {
        "153FA": {"downlinkData": A},
        "1a2b45": {"downlinkData": B},
        "00A2": {"noData": True},
    }
    assert len(stored(sk="MSG#")) == 4


def test_a_batch_that_gets_nothing_is_answered_with_no_body(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("bidir_downlink", batch("153FA;2;true", "53B6;241;false"))

    assert (answer.status, answer.text) == (204, None)
    assert len(stored(sk="MSG#")) == 2


def test_a_device_that_is_twice_in_a_batch_takes_one_downlink(
    push: Push, invoke: Invoke, stored: Stored
) -> None:
    push(A, B)

    answer = invoke("bidir_downlink", batch("153FA;2;true", "153FA;3;true"))

    assert answer.json == {"153FA": {"downlinkData": A}}
    assert queued(stored) == [B]


def test_the_batch_event_is_stored_whole(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("bidir_downlink", event("bidir_downlink_batch.json"))

    assert answer.status == 204
    assert [message["pk"] for message in stored(sk="MSG#")] == [
        "DEVICE#demo#153FA",
        "DEVICE#demo#1A2B45",
        "DEVICE#demo#53B6",
    ]


BAD: dict[str, tuple[Event, int, str]] = {
    "no body": (event("bidir_downlink.json", body=None), 400, "Missing body information"),
    "empty object": (event("bidir_downlink.json", body={}), 400, "Missing body information"),
    "no device": (bidir(device=None), 400, "serial: is missing"),
    "ack unclear": (bidir(ack="perhaps"), 400, "ack: must be true or false"),
    "payload of 13 bytes": (bidir(data="00" * 13), 400, "payload: must be at most 12 bytes"),
    "bad lines alone": (batch(";2;true", ";3;true"), 400, "serial: is missing"),
    "plain text": (
        event("bidir_downlink.json", headers={"content-type": "text/plain"}),
        415,
        "application/json",
    ),
    "header and body name two devices": (
        event("bidir_downlink_tagoio.json", headers={"device": "1A2B45"}),
        400,
        "header names device",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_stores_nothing_and_takes_nothing(
    case: str, push: Push, invoke: Invoke, stored: Stored
) -> None:
    request, status, message = BAD[case]
    push(A)
    before = stored()

    answer = invoke("bidir_downlink", request)

    assert answer.status == status
    assert answer.json["status"] is False
    assert message in answer.json["message"]
    assert stored() == before
