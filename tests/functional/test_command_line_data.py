"""`sigbridge messages` and `data`, against the functions themselves."""

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import httpx
import pytest

from sigbridge.clock import rfc3339
from tests.functional.command_line import NOT_UNDERSTOOD, REFUSED, OverHttp, lines, passes
from tests.functional.conftest import Invoke
from tests.functional.lambdas import event
from tests.functional.management import Management
from tests.functional.played_device import Clock

DEVICE = "1A2B"
LATE = 9 * 60


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


class Sender:
    """The device 1A2B, which says numbers."""

    def __init__(self, management: Management, invoke: Invoke, clock: Clock) -> None:
        self.management = management
        self.clock = clock
        self._invoke = invoke
        management.post("/v1/devices", {"id": DEVICE})

    def says(self, number: int, late: float = 0, **variables: object) -> None:
        """It says a number, and Sigfox calls some seconds later than that."""
        body = {"device": DEVICE, "time": self.clock.seconds - late, "seqNumber": number, "data": "00"}
        # What functions log is no output of the command that sleeps meanwhile.
        with redirect_stdout(StringIO()):
            assert self._invoke("uplink", event("uplink.json", body=body | variables)).status == 200

    def is_given(self, variable: str, value: object, **fields: object) -> None:
        """Somebody sets a variable by hand."""
        item = {"variable": variable, "value": value, **fields}
        with redirect_stdout(StringIO()):
            assert self.management.post(f"/v1/devices/{DEVICE}/data", item).status == 201


@pytest.fixture
def sender(management: Management, invoke: Invoke, clock: Clock) -> Sender:
    return Sender(management, invoke, clock)


# messages


def test_messages_are_listed(sigbridge: OverHttp, sender: Sender) -> None:
    assert sigbridge.says("messages", DEVICE) == f"Device {DEVICE} has no messages.\n"
    for number in range(1, 6):
        sender.says(number, temperature=20 + number)
        sender.clock.wait(60)

    page = sigbridge.data("messages", DEVICE, "--limit", "2")
    everything = sigbridge.data("messages", DEVICE, "--limit", "2", "--order", "asc", "--all")
    said = sigbridge.says("messages", DEVICE, "--limit", "2")

    assert [message["seq_number"] for message in page["messages"]] == [5, 4]
    assert "next_cursor" in page
    assert [message["seq_number"] for message in everything["messages"]] == [1, 2, 3, 4, 5]
    assert "next_cursor" not in everything
    assert [line[2] for line in lines(said)[1:3]] == ["5", "4"]
    assert "temperature 25" in said
    assert said.endswith("\nThere are more: --all gives them all.\n")


def test_messages_of_a_time_are_listed(sigbridge: OverHttp, sender: Sender) -> None:
    sender.says(1)
    sender.clock.wait(7200)
    sender.says(2)

    latest = sigbridge.data("messages", DEVICE, "--start", "1 hour")
    first = sigbridge.data("messages", DEVICE, "--end", rfc3339(sender.clock.now_ms - 60_000))

    assert [message["seq_number"] for message in latest["messages"]] == [2]
    assert [message["seq_number"] for message in first["messages"]] == [1]
    assert sigbridge.says("messages", DEVICE, "--end", "2020-01-01").endswith("no such messages.\n")


def test_an_unreadable_date_is_named_as_the_api_names_it(sigbridge: OverHttp, sender: Sender) -> None:
    assert sender
    for command in ("messages", DEVICE), ("data", "list", DEVICE):
        assert sigbridge.refuses(*command, "--start", "soon").startswith("start_date: must be")


# data


def test_data_are_listed(sigbridge: OverHttp, sender: Sender) -> None:
    assert sigbridge.says("data", "list", DEVICE) == f"Device {DEVICE} has no data.\n"
    for number in range(5):
        sender.is_given("temperature", 20 + number / 2, unit="°C")
        sender.is_given("door", number % 2 == 0)
        sender.clock.wait(60)

    page = sigbridge.data("data", "list", DEVICE, "--variables", "temperature", "--qty", "2")
    everything = sigbridge.data("data", "list", DEVICE, "--qty", "3", "--order", "asc", "--all")
    said = sigbridge.says("data", "list", DEVICE, "--variables", "temperature,door", "--qty", "4")

    assert [item["value"] for item in page["data"]] == [22, 21.5]
    assert "next_cursor" in page
    assert list(everything) == ["data"]
    assert [item["value"] for item in everything["data"] if item["variable"] == "temperature"] == [
        20,
        20.5,
        21,
        21.5,
        22,
    ]
    assert len(everything["data"]) == 10
    assert {tuple(line[2:]) for line in lines(said)[1:5]} == {
        ("temperature", "22", "°C"),
        ("temperature", "21.5", "°C"),
        ("door", "true"),
        ("door", "false"),
    }
    assert said.endswith("\nThere are more: --all gives them all.\n")
    assert sigbridge.says("data", "list", DEVICE, "--variables", "nothing").endswith("no such data.\n")


def test_numbers_about_data_are_listed(sigbridge: OverHttp, sender: Sender) -> None:
    for number in range(4):
        sender.is_given("temperature", number)
        sender.clock.wait(1800)

    def values(*options: str) -> list[Any]:
        return [item["value"] for item in sigbridge.data("data", "list", DEVICE, *options)["data"]]

    assert values("--query", "last_item") == [3]
    assert values("--query", "count", "--all") == [4]
    assert values("--query", "avg", "--start", "1 day") == [1.5]
    hourly = ("--query", "max", "--start", "1 day", "--interval", "1 hour", "--order", "asc")
    assert values(*hourly) == [1, 3]
    assert lines(sigbridge.says("data", "list", DEVICE, *hourly))[1][2:] == ["temperature", "1"]
    assert lines(sigbridge.says("data", "list", DEVICE, "--query", "count"))[1][-2:] == ["temperature", "4"]
    assert sigbridge.refuses("data", "list", DEVICE, "--query", "avg").startswith("start_date: is needed")


@pytest.mark.parametrize(
    "command", [("messages", DEVICE, "--limit", "2"), ("data", "list", DEVICE, "--qty", "2")]
)
def test_csv_is_printed_as_the_api_writes_it(
    sigbridge: OverHttp, sender: Sender, command: tuple[str, ...]
) -> None:
    for number in range(5):
        sender.says(number, note='He said "hello",\nand left')
        sender.clock.wait(60)

    first = sigbridge.run(*command, "--csv")
    everything = sigbridge.run(*command, "--csv", "--all")

    assert first.exit_code == everything.exit_code == 0
    assert first.stderr == "There are more: --all gives them all.\n"
    assert not everything.stderr
    assert everything.stdout.startswith(first.stdout)
    names = everything.stdout.splitlines()[0]
    assert everything.stdout.count(names) == 1
    assert everything.stdout.count("hello") == 5
    assert sigbridge.refuses(*command, "--csv", "--json") == "Give --json or --csv, not both"


def test_csv_of_nothing_is_its_header(sigbridge: OverHttp, sender: Sender) -> None:
    assert sender
    [header] = sigbridge.says("data", "list", DEVICE, "--csv").splitlines()
    assert header.startswith("time,variable,value")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("21.5", 21.5),
        ("-3.5", -3.5),
        ("-12", -12),
        ("1e3", 1000),
        ("true", True),
        ("False", "False"),
        ("007", "007"),
        ("0x10", "0x10"),
        ("1e999", "1e999"),
        ("NaN", "NaN"),
        ("[red]closed", "[red]closed"),
        ("on the 5th", "on the 5th"),
    ],
)
def test_a_value_is_added(sigbridge: OverHttp, sender: Sender, written: str, value: object) -> None:
    assert sender
    added = sigbridge.data(
        "data", "add", DEVICE, "Reading", written, "--unit", "u", "--time", "2026-11-22T09:30:00Z"
    )

    [item] = sigbridge.data("data", "list", DEVICE)["data"]
    assert added["accepted"] == 1
    assert (item["variable"], item["value"], item["unit"]) == ("reading", value, "u")
    assert item["time"] == "2026-11-22T09:30:00.000Z"
    assert type(item["value"]) is type(value)


def test_a_number_can_be_text(sigbridge: OverHttp, sender: Sender) -> None:
    assert sender
    said = sigbridge.says("data", "add", DEVICE, "code", "42", "--text")
    assert said == f"code of device {DEVICE} added: 42\n"
    assert sigbridge.data("data", "list", DEVICE)["data"][0]["value"] == "42"


def test_a_value_that_is_there_already_is_said(sigbridge: OverHttp, sender: Sender) -> None:
    assert sender
    command = ("data", "add", DEVICE, "code", "42", "--time", "2026-11-22T09:30:00Z")
    sigbridge.says(*command)
    assert sigbridge.says(*command) == f"Device {DEVICE} has this already.\n"


def test_an_unknown_option_of_add_is_not_taken_for_a_value(sigbridge: OverHttp) -> None:
    sigbridge.refuses("data", "add", DEVICE, "code", "42", "--colour", "red", exit_code=NOT_UNDERSTOOD)
    assert not sigbridge.lambdas.requests


def test_data_are_deleted_after_a_yes(sigbridge: OverHttp, sender: Sender) -> None:
    for number in range(3):
        sender.is_given("temperature", number)
        sender.is_given("note", "x")
        sender.clock.wait(3600)

    kept = sigbridge.run("data", "delete", DEVICE, "--variables", "note", typed="n\n")
    deleted = sigbridge.run("data", "delete", DEVICE, "--variables", "note", typed="y\n")

    assert kept.exit_code == REFUSED
    assert f"Delete note of device {DEVICE}?" in kept.stderr
    assert "Data items deleted: 3." in deleted.stdout
    assert len(sigbridge.data("data", "list", DEVICE)["data"]) == 3
    printed = sigbridge.data(
        "data", "delete", DEVICE, "--end", rfc3339(sender.clock.now_ms - 7_000_000), "--yes"
    )
    assert printed == {"device_id": DEVICE, "removed": 2}


def test_what_is_to_be_deleted_must_be_said(sigbridge: OverHttp) -> None:
    said = sigbridge.refuses("data", "delete", DEVICE, "--yes")
    assert said == "Give at least one of --start, --end and --variables: they choose what is deleted"
    assert not sigbridge.lambdas.requests


def interrupted(status: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """An answer in place of the API's."""
    return lambda _request: httpx.Response(status, json={"status": False, "message": "try again"})


def part_done(_request: httpx.Request) -> httpx.Response:
    """The answer of a deletion that is not complete."""
    return httpx.Response(200, json={"removed": 400, "complete": False, "next_cursor": "c"})


def test_much_data_are_deleted_part_by_part(sigbridge: OverHttp, sender: Sender) -> None:
    assert sender
    sigbridge.lambdas.interruptions = [
        passes,
        part_done,
        lambda _request: httpx.Response(200, json={"removed": 7, "complete": True}),
    ]

    assert sigbridge.data("data", "delete", DEVICE, "--end", "1 day", "--yes")["removed"] == 407
    _, first, second = sigbridge.lambdas.requests
    assert "cursor" not in first.url.params
    assert second.url.params["cursor"] == "c"
    assert second.url.params["end_date"] == "1 day"


def test_a_deletion_that_stops_on_its_way_says_how_far_it_came(sigbridge: OverHttp) -> None:
    sigbridge.lambdas.interruptions = [passes, part_done, *[interrupted(503)] * 4]

    result = sigbridge.run("data", "delete", DEVICE, "--end", "1 day", "--yes")

    assert result.exit_code == REFUSED
    assert result.stderr.splitlines()[-1].startswith("error: try again; 400 data items were deleted before")


# watch


def watched(sigbridge: OverHttp, *options: str, events: list[Callable[[], object]]) -> list[Any]:
    """The values that are shown while these things happen, one in each pause."""
    sigbridge.pastime.events = iter(events)
    result = sigbridge.run("data", "watch", DEVICE, "--variables", "n", "--json", *options)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line)["value"] for line in result.stdout.splitlines()]


def test_what_comes_is_shown_once_after_what_is_there(sigbridge: OverHttp, sender: Sender) -> None:
    for number in range(5):
        sender.is_given("n", number)
        sender.clock.wait(60)

    def comes(number: int) -> Callable[[], None]:
        def happens() -> None:
            sender.clock.wait(60)
            sender.is_given("n", number)

        return happens

    values = watched(sigbridge, "--qty", "3", events=[comes(5), lambda: None, comes(6), lambda: None])

    assert values == [2, 3, 4, 5, 6]
    assert sigbridge.pastime.slept == [5] * 5


def test_the_watch_ends_well_and_prints_for_people(sigbridge: OverHttp, sender: Sender) -> None:
    sender.is_given("temperature", 21.5, unit="°C", time="2026-11-22T09:30:00Z")
    sigbridge.pastime.events = iter([])

    result = sigbridge.run("data", "watch", DEVICE)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.split() == ["2026-11-22", "09:30:00", "temperature", "21.5", "°C"]


def test_what_comes_late_is_shown(sigbridge: OverHttp, sender: Sender) -> None:
    sender.says(1, n=1)
    sender.clock.wait(600)
    sender.says(2, n=2)

    def comes_late() -> None:
        sender.clock.wait(30)
        sender.says(4, n=4)
        sender.says(3, late=LATE, n=3)

    def comes_later() -> None:
        sender.clock.wait(30)
        sender.says(5, late=LATE, n=5)

    assert watched(sigbridge, events=[comes_late, comes_later, lambda: None]) == [1, 2, 3, 4, 5]


def test_nothing_is_skipped_where_nothing_was_and_none_of_the_old_is_wanted(
    sigbridge: OverHttp, sender: Sender
) -> None:
    assert watched(sigbridge, events=[lambda: sender.is_given("n", 1)]) == [1]
    assert watched(sigbridge, "--qty", "0", events=[lambda: sender.is_given("n", 2)]) == [2]


def test_more_than_a_page_comes_at_once(sigbridge: OverHttp, sender: Sender) -> None:
    items = [{"variable": "n", "value": number} for number in range(1000)]

    def comes() -> None:
        sender.clock.wait(1)
        with redirect_stdout(StringIO()):
            sender.management.post(f"/v1/devices/{DEVICE}/data", items)
        sender.is_given("n", 1000)

    values = watched(sigbridge, events=[comes, lambda: None])

    assert sorted(values) == list(range(1001))


def test_a_moment_in_the_future_hides_nothing(sigbridge: OverHttp, sender: Sender) -> None:
    sender.is_given("n", 99, time=rfc3339(sender.clock.now_ms + 86_400_000))

    def comes() -> None:
        sender.clock.wait(5)
        sender.is_given("n", 1)

    assert watched(sigbridge, events=[comes, lambda: None]) == [99, 1]


def test_a_watch_survives_what_passes(sigbridge: OverHttp, sender: Sender) -> None:
    sender.is_given("n", 1)

    def disconnected(_request: httpx.Request) -> httpx.Response:
        message = "no route to host"
        raise httpx.ConnectError(message)

    def goes_away() -> None:
        sender.clock.wait(5)
        sender.is_given("n", 2)
        sigbridge.lambdas.interruptions = [disconnected, interrupted(502)]

    sigbridge.pastime.events = iter([goes_away, lambda: None, lambda: None])

    result = sigbridge.run("data", "watch", DEVICE, "--every", "30")

    assert result.exit_code == 0
    assert [line.split()[-1] for line in result.stdout.splitlines()] == ["1", "2"]
    away, busy = result.stderr.splitlines()
    assert "can't be reached: no route to host" in away
    assert away.endswith("; looking again in 30 s")
    assert busy == "try again; looking again in 30 s"


def test_what_is_interrupted_within_a_look_goes_on_where_it_was(sigbridge: OverHttp, sender: Sender) -> None:
    sender.is_given("n", -1)
    page: dict[str, Any] = {}

    def comes() -> None:
        for number in range(3):
            sender.clock.wait(1)
            sender.is_given("n", number)
        whole = sigbridge.data("data", "list", DEVICE, "--order", "asc")["data"]
        page.update(data=whole[:2], next_cursor="c")
        sigbridge.lambdas.interruptions = [lambda _request: httpx.Response(200, json=page), interrupted(500)]

    assert watched(sigbridge, events=[comes, lambda: None]) == [-1, 0, 1, 2]


def test_a_watch_ends_where_the_key_is_refused(sigbridge: OverHttp, sender: Sender) -> None:
    sender.is_given("n", 1)

    def key_is_revoked() -> None:
        sigbridge.lambdas.interruptions = [interrupted(401)]

    sigbridge.pastime.events = iter([key_is_revoked, lambda: None])

    result = sigbridge.run("data", "watch", DEVICE)

    assert result.exit_code == REFUSED
    assert result.stderr.startswith("error: try again: is it a key for")
