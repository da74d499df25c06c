"""`/uplink/batch`: Sigfox's batch lines, and large arrays."""

from collections.abc import Sequence
from urllib.parse import quote

import pytest

from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import Event, event

SECONDS = 1763770827
MS = SECONDS * 1000
PATTERN = "device;time;data;seqNumber;"


def lines(batch: str, pattern: str = PATTERN, variable: str = "batch") -> Event:
    """A batch callback whose lines come in the query."""
    query = f"authorization=sbk_demo&pattern={quote(pattern)}&{variable}={quote(batch)}"
    return event("batch_uplink.json", query=query)


@pytest.mark.parametrize("name", ["batch_uplink.json", "batch_uplink_form.json"])
def test_each_line_is_a_message(name: str, invoke: Invoke, stored: Stored) -> None:
    answer = invoke("batch_uplink", event(name))

    assert answer.status == 200
    messages = stored(sk="MSG#")
    [group] = {message["group"] for message in messages}
    assert answer.json == {"status": True, "accepted": 3, "duplicates": 0, "group": group}
    assert [(m["pk"], m["sk"], m["payload"], m["network"]) for m in messages] == [
        ("DEVICE#demo#153FA", f"MSG#{MS}#2", "3794a018", "sigfox"),
        ("DEVICE#demo#1A2B45", f"MSG#{MS}#1508", "b0513801", "sigfox"),
        ("DEVICE#demo#1A2B45", f"MSG#{MS + 1000}#1509", "b0513802", "sigfox"),
    ]


SPELLINGS = {
    "newline": lines(f"1A2B45;{SECONDS};01;1;\n1A2B45;{SECONDS};02;2;"),
    "carriage return and newline": lines(f"1A2B45;{SECONDS};01;1;\r\n1A2B45;{SECONDS};02;2;\r\n"),
    "no separator at the end": lines(f"1A2B45;{SECONDS};01;1\n1A2B45;{SECONDS};02;2"),
    "pattern without separator at the end": lines(
        f"1A2B45;{SECONDS};01;1;\n1A2B45;{SECONDS};02;2;", pattern="device;time;data;seqNumber"
    ),
    "pattern in braces": lines(
        f"1A2B45;{SECONDS};01;1;\n1A2B45;{SECONDS};02;2;", pattern="{device};{time};{data};{seqNumber};"
    ),
    "all on one line": lines(f"1A2B45;{SECONDS};01;1;1A2B45;{SECONDS};02;2;"),
    "under the name data": lines(f"1A2B45;{SECONDS};01;1;\n1A2B45;{SECONDS};02;2;", variable="data"),
    "blank lines between": lines(f"\n1A2B45;{SECONDS};01;1;\n\n1A2B45;{SECONDS};02;2;\n"),
    "lines in a form, pattern in the query": event(
        "batch_uplink_form.json",
        body="batch=" + quote(f"1A2B45;{SECONDS};01;1;\n1A2B45;{SECONDS};02;2;"),
    ),
    "an array of objects": event(
        "uplink.json",
        body=[
            {"device": "1A2B45", "time": SECONDS, "data": "01", "seqNumber": 1},
            {"device": "1A2B45", "time": SECONDS, "data": "02", "seqNumber": 2},
        ],
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_batch_is_read_however_it_is_written(spelling: str, invoke: Invoke, stored: Stored) -> None:
    answer = invoke("batch_uplink", SPELLINGS[spelling])

    assert (answer.status, answer.json["accepted"]) == (200, 2)
    assert [(m["pk"], m["sk"], m["payload"]) for m in stored(sk="MSG#")] == [
        ("DEVICE#demo#1A2B45", f"MSG#{MS}#1", "01"),
        ("DEVICE#demo#1A2B45", f"MSG#{MS}#2", "02"),
    ]


def test_empty_values_of_a_line_are_absent(invoke: Invoke, stored: Stored) -> None:
    pattern = "device;time;duplicate;snr;station;data;avgSnr;lat;lng;rssi;seqNumber;ack;longPolling"
    batch = f"1A2B45;{SECONDS};false;N/A;1D44;;;1;104;-123.00;1508;false;false"

    assert invoke("batch_uplink", lines(batch, pattern)).status == 200

    [message] = stored(sk="MSG#")
    assert message["sk"] == f"MSG#{MS}#1508"
    assert message["payload"] == ""
    assert message["ack"] is False
    assert set(message["radio"]) == {"duplicate", "station", "lat", "lng", "rssi", "long_polling"}
    assert "variables" not in message


def test_custom_data_becomes_variables(invoke: Invoke, stored: Stored) -> None:
    request = lines(f"1A2B45;{SECONDS};01;21.5;", pattern="{device};{time};{data};{customData#temperature};")

    assert invoke("batch_uplink", request).status == 200

    [message] = stored(sk="MSG#")
    assert message["variables"] == [{"variable": "temperature", "value": "21.5"}]


def test_a_repeated_batch_is_stored_once(invoke: Invoke, stored: Stored) -> None:
    first = invoke("batch_uplink", event("batch_uplink.json"))
    before = stored()

    repeat = invoke("batch_uplink", event("batch_uplink.json"))

    assert repeat.json == first.json | {"accepted": 0, "duplicates": 3}
    assert stored() == before


def test_a_message_that_is_twice_in_a_batch_is_stored_once(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("batch_uplink", lines(f"1A2B45;{SECONDS};01;1;\n01a2b45;{SECONDS};01;1;"))

    assert (answer.json["accepted"], answer.json["duplicates"]) == (1, 1)
    assert len(stored(sk="MSG#")) == 1


def test_a_batch_that_overlaps_another_adds_what_is_new(invoke: Invoke, stored: Stored) -> None:
    invoke("batch_uplink", lines(f"1A2B45;{SECONDS};01;1;"))

    answer = invoke("batch_uplink", lines(f"1A2B45;{SECONDS};01;1;\n1A2B45;{SECONDS};02;2;"))

    assert (answer.json["accepted"], answer.json["duplicates"]) == (1, 1)
    assert len(stored(sk="MSG#")) == 2


def test_a_large_batch_is_stored_whole(invoke: Invoke, stored: Stored) -> None:
    batch = "\n".join(f"{number % 10 + 1:X};{SECONDS};00;{number};" for number in range(100))

    answer = invoke("batch_uplink", lines(batch))

    assert answer.json["accepted"] == 100
    assert sorted(message["seq_number"] for message in stored(sk="MSG#")) == list(range(100))
    assert len(stored("DEVICE#demo#", "DEVICE")) == 10


# Bad input: the request, the status, what the message says, and which lines it names.
BAD: dict[str, tuple[Event, int, str, Sequence[int]]] = {
    "no lines": (lines(""), 400, "Missing body information", ()),
    "blank lines": (lines("\n \n"), 400, "Missing body information", ()),
    "lines nowhere": (
        event("batch_uplink.json", query="authorization=sbk_demo&pattern=device;time;"),
        400,
        "Missing body information",
        (),
    ),
    "nothing at all": (
        event("batch_uplink.json", query="authorization=sbk_demo"),
        400,
        "Missing body information",
        (),
    ),
    "empty pattern": (lines("1A2B45;", pattern=""), 400, "pattern", ()),
    "pattern with a gap": (lines("1A2B45;;1", pattern="device;;data"), 400, "pattern", ()),
    "pattern with a name twice": (lines("1;2", pattern="device;device"), 400, "pattern", ()),
    "too few values": (lines("1A2B45;1763770827;"), 400, "must have 4 values", (0,)),
    "no device in a line": (
        lines(f";{SECONDS};01;1;\n;{SECONDS};02;2;"),
        400,
        "serial: is missing",
        (0, 1),
    ),
    "payload not hex": (lines(f"1A2B45;{SECONDS};zz;2;"), 400, "must be hex", (0,)),
    "payload of 13 bytes": (lines(f"1A2B45;{SECONDS};{'00' * 13};1;"), 400, "at most 12 bytes", (0,)),
    "not UTF-8": (
        event("batch_uplink.json", query="authorization=sbk_demo&pattern=device;&batch=%ff"),
        400,
        "UTF-8",
        (),
    ),
    "lines in JSON": (
        event("batch_uplink_form.json", body={"batch": "x"}, headers={"content-type": "application/json"}),
        415,
        "Batch lines",
        (),
    ),
    "1,001 lines": (lines("1A2B45;1763770827;00;1;\n" * 1001), 400, "at most 1000 messages", ()),
    "empty array": (event("uplink.json", body=[]), 400, "Missing body information", ()),
    "array with a text": (event("uplink.json", body=[{"device": "1A"}, "x"]), 400, "must be an object", (1,)),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_clearly_and_nothing_is_stored(case: str, invoke: Invoke, stored: Stored) -> None:
    request, status, message, positions = BAD[case]
    before = stored()

    answer = invoke("batch_uplink", request)

    assert answer.status == status
    assert answer.json["status"] is False
    assert message in answer.json["message"]
    assert [fault["index"] for fault in answer.json.get("errors", [])] == list(positions)
    assert stored() == before
