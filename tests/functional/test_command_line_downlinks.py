"""`sigbridge downlinks`, against the functions themselves."""

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import httpx
import pytest

from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from tests.functional.command_line import NOT_UNDERSTOOD, REFUSED, OverHttp, lines, passes
from tests.functional.played_device import PlayedDevice

FIRST, SECOND, THIRD = "0102030405060708", "1112131415161718", "2122232425262728"


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    sigbridge = OverHttp(key)
    sigbridge.says("devices", "add", "1A2B")
    sigbridge.lambdas.requests.clear()
    return sigbridge


def payloads(sigbridge: OverHttp, device_id: str = "1A2B") -> list[str]:
    """What waits, as the list shows it to people."""
    listed = lines(sigbridge.says("downlinks", "list", device_id))
    return [] if listed[0][0] == "Nothing" else [row[2] for row in listed[1:]]


def pushed(sigbridge: OverHttp, *what: str) -> list[str]:
    ids: list[str] = sigbridge.data("downlinks", "push", "1A2B", *what)["ids"]
    return ids


def test_a_downlink_is_queued_and_its_place_is_said(sigbridge: OverHttp) -> None:
    first = sigbridge.says("downlinks", "push", "1a2b", FIRST)
    second = sigbridge.says("downlinks", "push", "1A2B", "11:12-13 14151617 18")

    queued = sigbridge.data("downlinks", "list", "1A2B")["downlinks"]
    ids = [each["id"] for each in queued]
    assert payloads(sigbridge) == [FIRST, SECOND]
    assert first.splitlines() == [
        f"Downlink {ids[0]} is queued, first in the queue.",
        f"It goes out when device 1A2B asks: `sigbridge downlinks show 1A2B {ids[0]} --wait`",
    ]
    assert second.startswith(f"Downlink {ids[1]} is queued, second in the queue.\n")


def test_downlinks_are_written_in_every_way(sigbridge: OverHttp, tmp_path: Path) -> None:
    file = tmp_path / "downlinks.txt"
    file.write_text(f"# order 7\n{SECOND}\n\n  0x{THIRD.upper()}\n")

    pushed(sigbridge, "--base64", "AQIDBAUGBwg=")
    pushed(sigbridge, "--file", str(file))
    sigbridge.run("downlinks", "push", "1A2B", "--file", "-", typed=FIRST)
    pushed(sigbridge, SECOND, THIRD)

    assert payloads(sigbridge) == [FIRST, SECOND, THIRD, FIRST, SECOND, THIRD]


def test_a_downlink_can_be_confirmed_and_expire(sigbridge: OverHttp) -> None:
    pushed(sigbridge, FIRST, "--confirmed", "--expires", "2090-01-31T12:00Z")

    [queued] = sigbridge.data("downlinks", "list", "1A2B")["downlinks"]

    assert queued["confirmed"] is True
    assert queued["expires_at"] == "2090-01-31T12:00:00.000Z"
    row = lines(sigbridge.says("downlinks", "list", "1A2B"))[1]
    assert row[2:] == [FIRST, "yes", "2090-01-31", "12:00", "UTC"]


def test_a_push_that_is_sent_again_queues_once(sigbridge: OverHttp) -> None:
    def answer_is_lost(request: httpx.Request) -> httpx.Response:
        answer = sigbridge.lambdas.answer(request)
        assert answer.status_code == 200
        return httpx.Response(503, json={"code": 14, "message": "try again"})

    sigbridge.lambdas.interruptions = [passes, answer_is_lost]

    result = sigbridge.run("downlinks", "push", "1A2B", FIRST, "--json")

    [queued] = sigbridge.data("downlinks", "list", "1A2B")["downlinks"]
    assert json.loads(result.stdout)["ids"] == [queued["id"]]
    assert len(sigbridge.pastime.slept) == 1


def test_the_one_queued_last_is_shown_unless_another_is_named(sigbridge: OverHttp) -> None:
    assert "No downlink was ever queued for device 1A2B" in sigbridge.refuses("downlinks", "show", "1A2B")

    first, second = pushed(sigbridge, FIRST, SECOND)

    assert sigbridge.data("downlinks", "show", "1A2B")["id"] == second
    assert sigbridge.data("downlinks", "show", "1A2B", first)["id"] == first


def test_a_push_of_the_same_name_queues_once(sigbridge: OverHttp) -> None:
    for _ in range(2):
        pushed(sigbridge, FIRST, "--idempotency-key", "order-7")
    assert payloads(sigbridge) == [FIRST]


def test_a_full_queue_is_said_at_once(sigbridge: OverHttp, tmp_path: Path) -> None:
    file = tmp_path / "many"
    file.write_text(f"{FIRST}\n" * 100)
    pushed(sigbridge, "--file", str(file))

    said = sigbridge.refuses("downlinks", "push", "1A2B", FIRST)

    assert said.startswith("Downlink queue would exceed capacity of 100: `sigbridge downlinks clear")
    assert not sigbridge.pastime.slept


def test_the_queue_is_replaced_and_cleared(sigbridge: OverHttp) -> None:
    pushed(sigbridge, FIRST)
    replaced = sigbridge.says("downlinks", "replace", "1A2B", SECOND, THIRD)

    assert payloads(sigbridge) == [SECOND, THIRD]
    assert "What waited before was removed." in replaced
    kept = sigbridge.run("downlinks", "clear", "1A2B", typed="n\n")
    assert kept.exit_code == REFUSED
    assert "Remove all 2 waiting downlinks of device 1A2B?" in kept.stderr
    assert payloads(sigbridge) == [SECOND, THIRD]
    assert sigbridge.says("downlinks", "clear", "1A2B", "--yes") == "The queue of device 1A2B is empty.\n"
    assert payloads(sigbridge) == []


def test_one_downlink_is_deleted(sigbridge: OverHttp, played: PlayedDevice) -> None:
    first, _ = pushed(sigbridge, FIRST, SECOND)

    assert (
        sigbridge.says("downlinks", "delete", "1A2B", first) == f"Downlink {first} of device 1A2B deleted.\n"
    )
    assert payloads(sigbridge) == [SECOND]
    played.happened()
    assert "is not queued, but removed: what was handed" in sigbridge.refuses(
        "downlinks", "delete", "1A2B", first
    )


def test_what_became_of_each_is_listed(sigbridge: OverHttp, played: PlayedDevice) -> None:
    assert sigbridge.says("downlinks", "list", "1A2B", "--all") == "Device 1A2B has had no downlinks.\n"
    first, _ = pushed(sigbridge, FIRST, SECOND)
    sigbridge.says("downlinks", "delete", "1A2B", first)
    pushed(sigbridge, THIRD)
    played.happened()

    listed = lines(sigbridge.says("downlinks", "list", "1A2B", "--history"))
    page = sigbridge.data("downlinks", "list", "1A2B", "--history", "--limit", "2")
    everything = sigbridge.data("downlinks", "list", "1A2B", "--all", "--limit", "2")

    assert [(row[1], row[4]) for row in listed[1:]] == [
        (THIRD, "queued"),
        (SECOND, "queued"),
        (FIRST, "removed"),
    ]
    assert listed[3][5] == "(deleted)"
    assert len(page["downlinks"]) == 2
    assert "next_cursor" in page
    assert [each["state"] for each in everything["downlinks"]] == ["queued", "queued", "removed"]


@pytest.fixture
def asked(played: PlayedDevice, sigbridge: OverHttp) -> str:
    """A downlink that the device was answered with."""
    [downlink_id] = sigbridge.data("downlinks", "push", played.id, FIRST)["ids"]
    played.ask()
    return str(downlink_id)


def quietly(happens: Callable[[], object]) -> Callable[[], object]:
    """Keep what functions log out of what a command prints."""

    def happen() -> None:
        with redirect_stdout(StringIO()):
            happens()

    return happen


def test_a_downlink_is_shown_step_by_step(sigbridge: OverHttp, played: PlayedDevice, asked: str) -> None:
    played.clock.wait(20)
    played.acknowledge(0)

    shown = lines(sigbridge.says("downlinks", "show", played.id, asked))

    facts = {line[0]: line[1:] for line in shown if line}
    assert (facts["payload"], facts["state"]) == ([FIRST], ["sent"])
    steps = shown[shown.index(["time", "(UTC)", "step", "attempt"]) + 1 :]
    assert [step[2] for step in steps] == ["queued", "answered", "sent"]
    assert steps[1][-2:] == ["uplink", str(played.last_uplink["seqNumber"])]
    assert sigbridge.data("downlinks", "show", played.id, asked)["state"] == "sent"


def test_a_downlink_is_followed_until_it_has_ended(
    sigbridge: OverHttp, played: PlayedDevice, asked: str
) -> None:
    played.clock.wait(20)

    def fails_once() -> None:
        sigbridge.lambdas.interruptions = [lambda _request: httpx.Response(502, text="")]

    events = [lambda: None, fails_once, quietly(lambda: played.acknowledge(0))]
    sigbridge.pastime.events = iter(events)

    result = sigbridge.run("downlinks", "show", played.id, asked, "--wait", "--every", "2")

    assert result.exit_code == 0
    assert sigbridge.pastime.slept == [2, 2, 2]
    assert [line.split()[2] for line in result.stdout.splitlines() if line.startswith("20")] == [
        "queued",
        "answered",
        "sent",
    ]
    assert result.stdout.endswith("\nIt has ended: sent.\n")
    assert "looking again" in result.stderr


def test_waiting_ends_well_with_ctrl_c(sigbridge: OverHttp) -> None:
    [downlink_id] = pushed(sigbridge, FIRST)
    sigbridge.pastime.events = iter([])

    result = sigbridge.run("downlinks", "show", "1A2B", downlink_id, "--wait")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "It has ended" not in result.stdout


def test_waiting_prints_json_once(sigbridge: OverHttp, played: PlayedDevice, asked: str) -> None:
    sigbridge.pastime.events = iter([quietly(lambda: played.acknowledge(4))])

    result = sigbridge.run("downlinks", "show", played.id, asked, "--wait", "--json")

    assert json.loads(result.stdout)["state"] == "failed"


def test_a_downlink_that_nobody_acknowledged_has_ended(
    sigbridge: OverHttp, played: PlayedDevice, asked: str
) -> None:
    played.give_up()

    result = sigbridge.run("downlinks", "show", played.id, asked, "--wait")

    assert result.stdout.endswith("It has ended: answered: handed to Sigfox, outcome unknown.\n")
    assert not sigbridge.pastime.slept


def test_the_key_needs_the_rights_of_what_is_done(sigbridge: OverHttp) -> None:
    pusher = str(issue_key("demo", "p", [Right.TRAFFIC_DOWN_WRITE, Right.DEVICES_READ]).token)
    blind = str(issue_key("demo", "b", [Right.TRAFFIC_DOWN_WRITE]).token)

    assert "is queued.\n" in OverHttp(pusher).says("downlinks", "push", "1A2B", FIRST)
    assert "Remove all waiting downlinks" in OverHttp(pusher).run("downlinks", "clear", "1A2B").stderr
    assert (
        OverHttp(pusher)
        .refuses("downlinks", "list", "1A2B")
        .startswith("Insufficient rights for application `demo`: use a key that has it")
    )
    assert "use a key with devices:read as well" in OverHttp(blind).refuses(
        "downlinks", "push", "1A2B", FIRST
    )
    assert payloads(sigbridge) == [FIRST]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("010203",), "`3` is below minimum `8`"),
        ((FIRST, "--confirmed", "--idempotency-key", "x" * 256), "1 to 255 characters"),
    ],
)
def test_what_the_api_refuses_is_said_in_its_words(
    sigbridge: OverHttp, given: tuple[str, ...], said: str
) -> None:
    assert said in sigbridge.refuses("downlinks", "push", "1A2B", *given)
    assert payloads(sigbridge) == []


def test_a_malformed_payload_is_not_sent(sigbridge: OverHttp) -> None:
    sigbridge.refuses("downlinks", "push", "1A2B", "zz", exit_code=NOT_UNDERSTOOD)
    assert not sigbridge.lambdas.requests
