"""`sigbridge types`, `devices` and `parameters`, against the functions themselves."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sigbridge.devices import register_device
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.status import record_report
from tests.functional.command_line import NOT_UNDERSTOOD, NOTHING_TO_SET, REFUSED, OverHttp, lines
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import event
from tests.functional.played_device import HEX, Clock, PlayedDevice

DATA = "00000000ada1b2c3"
UNKNOWN = (
    "Device 1A2B is not known: `sigbridge devices add DEVICE` registers it,"
    " `sigbridge devices list` shows those there are"
)


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


# types


def test_a_device_type_goes_through_its_life(sigbridge: OverHttp) -> None:
    assert sigbridge.says("types", "list") == "There are no device types.\n"
    created = sigbridge.data(
        *(
            "types",
            "create",
            "tracker",
            "--name",
            "Trackers",
            "--payload-encoding",
            "base64",
            "--pad-downlinks",
        ),
        *("--downlink-data", "0102030405060708", "--daily-downlinks", "2", "--downlink-quota", "enforce"),
        *("--keep-alive", "26h"),
    )

    assert created == {
        "id": "tracker",
        "name": "Trackers",
        "payload_encoding": "base64",
        "pad_downlinks": True,
        "downlink_data": "0102030405060708",
        "daily_downlinks": 2,
        "downlink_quota": "enforce",
        "keep_alive_seconds": 26 * 3600,
        "compute_answers": False,
    }
    assert sigbridge.data("types", "show", "tracker") == created
    assert sigbridge.data("types", "list") == {"device_types": [created]}

    changed = sigbridge.data(
        *("types", "set", "tracker", "--name", "All trackers", "--no-pad-downlinks", "--keep-alive", "90"),
        *("--unset", "payload-encoding", "--unset", "downlink-data"),
        *("--unset", "daily-downlinks", "--unset", "downlink-quota"),
    )

    assert changed == {
        "id": "tracker",
        "name": "All trackers",
        "pad_downlinks": False,
        "keep_alive_seconds": 90,
        "compute_answers": False,
    }
    assert "keep_alive_seconds" not in sigbridge.data("types", "set", "tracker", "--unset", "keep-alive")
    assert sigbridge.data("types", "delete", "tracker", "--yes") == {"id": "tracker", "deleted": True}
    assert sigbridge.refuses("types", "show", "tracker") == (
        "There is no device type 'tracker': `sigbridge types list` shows those there are"
    )


def test_device_types_are_shown_to_people(sigbridge: OverHttp) -> None:
    said = sigbridge.says("types", "create", "cold-rooms", "--keep-alive", "8d")
    sigbridge.says("types", "create", "tracker", "--daily-downlinks", "0")

    listed = lines(sigbridge.says("types", "list"))

    assert ["keep", "alive", "8d"] in lines(said)
    assert ["daily", "downlinks", "that", "of", "the", "application"] in lines(said)
    assert listed[1:] == [
        ["cold-rooms", "cold-rooms", "-", "8d"],
        ["tracker", "tracker", "0", "-"],
    ]
    assert sigbridge.says("types", "delete", "tracker").startswith("Device type 'tracker' deleted.")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--downlink-data", "zz"),
        ("--downlink-data", "00000000ada1b2c300"),
        ("--keep-alive", "soon"),
        ("--keep-alive", "3m"),
        ("--keep-alive", "-5"),
        ("--daily-downlinks", "1001"),
        ("--payload-encoding", "ascii"),
    ],
)
def test_a_malformed_setting_of_a_type_is_not_understood(
    sigbridge: OverHttp, option: str, value: str
) -> None:
    assert option in sigbridge.refuses("types", "create", "t", f"{option}={value}", exit_code=NOT_UNDERSTOOD)
    assert not sigbridge.lambdas.requests


def test_a_type_is_created_once(sigbridge: OverHttp) -> None:
    sigbridge.says("types", "create", "tracker")
    assert sigbridge.refuses("types", "create", "tracker") == (
        "Device type 'tracker' exists already: `sigbridge types set TYPE` changes it"
    )


@pytest.mark.parametrize(
    "command",
    [("types", "set", "tracker"), ("devices", "set", "1A2B"), ("keys", "set", "a" * 16)],
    ids=" ".join,
)
def test_nothing_to_set_is_said(sigbridge: OverHttp, command: tuple[str, ...]) -> None:
    assert sigbridge.refuses(*command) == NOTHING_TO_SET
    assert not sigbridge.lambdas.requests


# devices


def test_a_device_goes_through_its_life(sigbridge: OverHttp) -> None:
    sigbridge.says("types", "create", "tracker")
    added = sigbridge.data(
        *("devices", "add", "00-1a:2b", "--name", "Cold room 3", "--type", "tracker", "--inactive"),
        *("--tag", "site:Lyon", "--tag", "note:a:b", "--payload-encoding", "base64"),
    )

    assert added.pop("created_at").endswith("Z")
    assert added == {
        "id": "1A2B",
        "name": "Cold room 3",
        "type": "tracker",
        "tags": [{"key": "note", "value": "a:b"}, {"key": "site", "value": "Lyon"}],
        "active": False,
        "payload_encoding": "base64",
    }
    changed = sigbridge.data("devices", "set", "1a2b", "--active", "--tag", "floor:2", "--name", "Room")
    assert (changed["active"], changed["name"], changed["type"]) == (True, "Room", "tracker")
    assert changed["tags"] == [{"key": "floor", "value": "2"}]

    left = sigbridge.data(
        "devices", "set", "1A2B", "--unset", "tags", "--unset", "type", "--unset", "payload-encoding"
    )
    assert left["tags"] == []
    assert not {"type", "payload_encoding"} & set(left)

    assert sigbridge.data("devices", "delete", "1A2B", "--yes") == {"id": "1A2B", "deleted": True}
    assert sigbridge.refuses("devices", "show", "1A2B") == UNKNOWN


def test_a_device_is_added_once(sigbridge: OverHttp) -> None:
    sigbridge.says("devices", "add", "1A2B")
    assert "1A2B" in sigbridge.refuses("devices", "add", "1A2B")


@pytest.mark.parametrize("device", ["?", "", "a" * 65, "1A/2B"])
def test_a_malformed_device_id_is_not_understood(sigbridge: OverHttp, device: str) -> None:
    assert "'DEVICE'" in sigbridge.refuses("devices", "show", device, exit_code=NOT_UNDERSTOOD)
    assert not sigbridge.lambdas.requests


@pytest.mark.parametrize("tag", ["site", ":Lyon", ""])
def test_a_malformed_tag_is_not_understood(sigbridge: OverHttp, tag: str) -> None:
    assert "key:value" in sigbridge.refuses("devices", "add", "1A", "--tag", tag, exit_code=NOT_UNDERSTOOD)


def test_a_device_is_deleted_after_a_yes(sigbridge: OverHttp) -> None:
    sigbridge.says("devices", "add", "1A2B")

    kept = [sigbridge.run("devices", "delete", "1A2B", typed=typed) for typed in ("n\n", "")]
    deleted = sigbridge.run("devices", "delete", "1A2B", typed="y\n")

    assert [result.exit_code for result in kept] == [REFUSED] * 2
    assert not any("deleted" in result.stdout for result in kept)
    assert all("Delete device 1A2B" in result.stderr for result in kept)
    assert "Device 1A2B deleted." in deleted.stdout
    assert sigbridge.says("devices", "list") == "There are no devices.\n"


def test_a_device_is_shown_to_people(sigbridge: OverHttp, played: PlayedDevice) -> None:
    sigbridge.says("devices", "set", played.id, "--name", "[red]Room", "--tag", "site:Lyon")
    played.push({"confirmed": True}, {})
    played.ask()
    at = played.clock.now_ms
    for service, facts in (
        (Service.STATUS, {"batt": Decimal("3.6"), "temp": Decimal("21.5")}),
        (Service.ERROR, {"severity": "ERROR", "info": "No message received"}),
    ):
        report = StoredReport(service, f"{at}#0", played.id, played.id, at + 1, True, at + 1, facts)
        record_report("demo", played.id, report)

    shown = lines(sigbridge.says("devices", "show", played.id))

    facts_shown = {" ".join(line[:2]): line[2:] for line in shown} | {line[0]: line[1:] for line in shown}
    assert facts_shown["name"] == ["[red]Room"]
    assert facts_shown["tags"] == ["site:Lyon"]
    assert facts_shown["state"][:2] == ["silent", "since"]
    assert facts_shown["last message"][-3:-1] == ["number", f"{played.last_uplink['seqNumber']}:"]
    assert facts_shown["battery"][:2] == ["3.6", "V"]
    assert facts_shown["temperature"][:2] == ["21.5", "°C"]
    assert facts_shown["downlinks today"] == ["1", "of", "4"]
    assert facts_shown["queue"] == ["1", "waiting"]
    assert facts_shown["in flight"] == [HEX, "(attempt", "1)"]
    assert sigbridge.data("devices", "show", played.id)["queue_length"] == 1
    assert "silent" in sigbridge.says("devices", "list")


def test_devices_are_listed_page_by_page(sigbridge: OverHttp) -> None:
    ids = [f"A{number}" for number in range(1, 8)]
    for device_id in ids:
        register_device("demo", device_id)

    page = sigbridge.data("devices", "list", "--limit", "3")
    said = sigbridge.says("devices", "list", "--limit", "3")
    sigbridge.lambdas.requests.clear()
    everything = sigbridge.data("devices", "list", "--limit", "3", "--all")

    assert [device["id"] for device in page["devices"]] == ids[:3]
    assert "next_cursor" in page
    assert [line[0] for line in lines(said)[1:4]] == ids[:3]
    assert said.endswith("\nThere are more: --all gives them all.\n")
    assert list(everything) == ["devices"]
    assert [device["id"] for device in everything["devices"]] == ids
    assert len(sigbridge.lambdas.requests) == 3
    assert "There are more" not in sigbridge.says("devices", "list")


def test_devices_are_found(sigbridge: OverHttp) -> None:
    sigbridge.says("types", "create", "tracker")
    sigbridge.says(
        "devices", "add", "1A2B", "--type", "tracker", "--tag", "site:Lyon, east", "--tag", "floor:2"
    )
    sigbridge.says("devices", "add", "1A2C", "--tag", "site:Paris")

    def found(*options: str) -> list[Any]:
        return [device["id"] for device in sigbridge.data("devices", "list", *options)["devices"]]

    assert found() == ["1A2B", "1A2C"]
    assert found("--type", "tracker") == ["1A2B"]
    assert found("--tag", "site") == ["1A2B", "1A2C"]
    assert found("--tag", "site:Lyon, east", "--tag", "floor") == ["1A2B"]
    assert found("--prefix", "1a2c") == ["1A2C"]
    assert found("--state", "never_heard", "--prefix", "1") == ["1A2B", "1A2C"]
    assert sigbridge.says("devices", "list", "--state", "silent") == "There are no such devices.\n"


def test_an_unknown_state_is_refused_with_the_known_ones(sigbridge: OverHttp) -> None:
    said = sigbridge.refuses("devices", "list", "--state", "dead", exit_code=NOT_UNDERSTOOD)
    assert "'silent'" in said


CSV = "id;name;tags\r\n1A2B;Cold room;site=Lyon\r\n1A2C;;\r\n"


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        json.dumps([{"id": "1A2B", "name": "Cold room"}, {"id": "1A2C"}]).encode(),
        json.dumps({"devices": [{"id": "1A2B", "name": "Cold room"}, {"id": "1A2C"}]}).encode(),
    ],
    ids=["CSV", "CSV of a spreadsheet", "JSON", "JSON object"],
)
def test_devices_are_imported(sigbridge: OverHttp, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "devices"
    file.write_bytes(content)
    sigbridge.says("devices", "add", "1A2C")

    said = sigbridge.says("devices", "import", str(file))

    assert said == "Registered: 1. Registered already, and left as they were: 1.\n"

    listed = sigbridge.data("devices", "list")["devices"]
    assert [(device["id"], device["name"]) for device in listed] == [("1A2B", "Cold room"), ("1A2C", "")]
    again = sigbridge.run("devices", "import", "-", "--json", typed=content)
    assert json.loads(again.stdout) == {"created": 0, "existing": 2}


def test_every_bad_row_of_an_import_is_named(sigbridge: OverHttp, tmp_path: Path, stored: Stored) -> None:
    file = tmp_path / "devices.csv"
    file.write_text("id,type\n1A2B,\n?,\n1A2C,unknown\n")

    result = sigbridge.run("devices", "import", str(file))

    assert result.exit_code == REFUSED
    assert [line.split(":")[0] for line in result.stderr.splitlines()[2:]] == ["  row 2", "  row 3"]
    assert stored("DEVICE#demo#", "DEVICE") == []


@pytest.mark.parametrize(("content", "said"), [(None, "can't be read"), (b"id\n\xe9", "is not UTF-8")])
def test_an_unreadable_file_is_named(
    sigbridge: OverHttp, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "devices.csv"
    if content is not None:
        file.write_bytes(content)
    line = sigbridge.refuses("devices", "import", str(file))
    assert line.startswith(str(file))
    assert said in line


# parameters


def test_downlink_data_is_what_the_device_gets(sigbridge: OverHttp, clock: Clock, invoke: Invoke) -> None:
    sigbridge.says("devices", "add", "1A2B")

    said = sigbridge.says("parameters", "set", "1a2b", "downlinkData", DATA.upper())

    body = {"device": "1A2B", "time": clock.seconds, "data": "00", "seqNumber": 1, "ack": True}
    answer = invoke("bidir_downlink", event("bidir_downlink.json", body=body))
    assert answer.json == {"1A2B": {"downlinkData": DATA}}
    assert said == f"Device 1A2B gets {DATA} whenever its queue is empty.\n"
    assert sigbridge.says("parameters", "delete", "1A2B", "downlinkData").endswith("deleted.\n")
    body |= {"seqNumber": 2, "time": clock.seconds + 1}
    assert invoke("bidir_downlink", event("bidir_downlink.json", body=body)).status == 204


def test_parameters_are_set_listed_and_deleted(sigbridge: OverHttp) -> None:
    sigbridge.says("devices", "add", "1A2B")
    assert sigbridge.says("parameters", "list", "1A2B") == "Device 1A2B has no parameters.\n"
    written = sigbridge.data("parameters", "set", "1A2B", "interval", "900", "--sent")
    other = sigbridge.data("parameters", "set", "1A2B", "note:1", "[red] / ?")

    assert written.pop("updated_at").endswith("Z")
    assert written == {"key": "interval", "value": "900", "sent": True}
    assert other["sent"] is False

    def listed(*options: str) -> list[Any]:
        return [each["key"] for each in sigbridge.data("parameters", "list", "1A2B", *options)["parameters"]]

    assert listed() == ["interval", "note:1"]
    assert listed("--sent") == ["interval"]
    assert listed("--unsent") == ["note:1"]
    assert "[red] / ?" in sigbridge.says("parameters", "list", "1A2B")
    assert sigbridge.data("parameters", "delete", "1A2B", "note:1")["deleted"] is True
    assert sigbridge.says("parameters", "list", "1A2B", "--unsent").endswith("no such parameters.\n")


@pytest.mark.parametrize(
    "command",
    [
        ("parameters", "list", "1A2B"),
        ("parameters", "set", "1A2B", "downlinkData", DATA),
        ("parameters", "delete", "1A2B", "downlinkData"),
        ("devices", "set", "1A2B", "--name", "mine"),
        ("devices", "delete", "1A2B", "--yes"),
        ("messages", "1A2B"),
        ("data", "list", "1A2B"),
        ("data", "watch", "1A2B"),
        ("data", "add", "1A2B", "temperature", "21"),
        ("data", "delete", "1A2B", "--end", "2026-01-01", "--yes"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_an_unknown_device_is_named(sigbridge: OverHttp, stored: Stored, command: tuple[str, ...]) -> None:
    before = stored(sk="DEVICE")
    assert sigbridge.refuses(*command) == UNKNOWN
    assert stored(sk="DEVICE") == before == []


@pytest.mark.parametrize("data", ["", "zz", "00", "00000000ada1b2c300"])
def test_downlink_data_is_exactly_8_bytes_of_hex(sigbridge: OverHttp, data: str) -> None:
    sigbridge.says("devices", "add", "1A2B")
    assert "16 hex digits" in sigbridge.refuses("parameters", "set", "1A2B", "downlinkData", data)
