"""`sigbridge formatters redecode` and `sigbridge jobs`."""

from itertools import repeat

import pytest

from sigbridge.devices import register_device
from sigbridge.formatters import FormatterKind, NewVersion, put_formatter
from sigbridge.formatters.redecoding import redecode
from sigbridge.jobs import RowError, StepDone, due_jobs, order_job, run_job
from sigbridge.messages import store_messages
from sigbridge.model.job import JobKind
from sigbridge.model.message import Network, ReceivedMessage, WrittenPayload
from tests.functional.command_line import NOT_UNDERSTOOD, REFUSED, OverHttp, lines
from tests.functional.management import Management
from tests.functional.played_device import Clock

SCRIPT = "function decodeUplink(input) { return { data: { first: input.bytes[0] } }; }"

pytestmark = pytest.mark.usefixtures("formatter_function")


@pytest.fixture
def sigbridge(key: str, management: Management, clock: Clock) -> OverHttp:
    """Two messages of a device whose formatter is `climate`; jobs are worked on while the command waits."""
    put_formatter("demo", "climate", NewVersion(FormatterKind.JAVASCRIPT, SCRIPT))
    management.post("/v1/device-types", {"id": "t", "uplink_formatter": "climate"})
    register_device("demo", "A1")
    management.patch("/v1/devices/A1", {"type": "t"})
    for number, payload in enumerate(("01", "02")):
        written = WrittenPayload(payload)
        message = ReceivedMessage(
            "A1", "A1", Network.SIGFOX, time=clock.now_ms, seq_number=number, payload=written
        )
        store_messages("demo", [message])

    def work() -> None:
        for due in due_jobs(clock.now_ms):
            run_job(due, {JobKind.REDECODE: redecode}, clock.now_ms + 60_000)

    sigbridge = OverHttp(key)
    sigbridge.pastime.events = repeat(work)
    return sigbridge


def test_a_dry_run_says_what_it_takes(sigbridge: OverHttp) -> None:
    said = sigbridge.says("formatters", "redecode", "climate", "--dry-run")

    assert said.startswith("About 2 messages of 1 devices. It reads about ")
    assert "USD" in said
    assert sigbridge.data("formatters", "redecode", "climate", "--dry-run")["estimate"]["messages"] == 2
    assert sigbridge.data("jobs", "list") == {"jobs": []}
    assert sigbridge.says("jobs", "list") == "There are no jobs.\n"


def test_it_asks_and_waits_until_all_is_read_anew(sigbridge: OverHttp, management: Management) -> None:
    result = sigbridge.run("formatters", "redecode", "climate", typed="y\n")

    assert result.exit_code == 0, result.stderr
    assert "About 2 messages" in result.stdout
    assert "Read them anew?" in result.stderr
    assert ["state", "done"] in lines(result.stdout)
    assert ["looked", "at", "2", "of", "about", "2"] in lines(result.stdout)
    [job] = management.get("/v1/jobs").json["jobs"]
    assert (job["state"], job["progress"]["changed"]) == ("done", 2)


def test_who_says_no_has_changed_nothing(sigbridge: OverHttp) -> None:
    result = sigbridge.run("formatters", "redecode", "climate", typed="n\n")

    assert result.exit_code == REFUSED
    assert "Nothing was changed" in result.stderr
    assert sigbridge.data("jobs", "list") == {"jobs": []}


def test_scripts_order_and_go_on(sigbridge: OverHttp) -> None:
    ordered = sigbridge.data("formatters", "redecode", "climate", "--device", "a-1", "--yes", "--no-wait")

    assert ordered["state"] == "waiting"
    assert sigbridge.data("jobs", "show", ordered["id"])["state"] == "waiting"
    assert lines(sigbridge.says("jobs", "list"))[1][:3] == [ordered["id"], "redecode", "waiting"]
    assert sigbridge.data("jobs", "show", ordered["id"], "--wait")["state"] == "done"


def test_who_presses_ctrl_c_is_told_that_it_goes_on(sigbridge: OverHttp) -> None:
    sigbridge.pastime.events = iter([])

    result = sigbridge.run("formatters", "redecode", "climate", "--yes")

    assert result.exit_code == 0
    assert "It goes on: `sigbridge jobs show" in result.stderr
    assert ["state", "waiting"] in lines(result.stdout)


def test_a_job_is_cancelled(sigbridge: OverHttp) -> None:
    job = sigbridge.data("formatters", "redecode", "climate", "--yes", "--no-wait")["id"]

    assert ["state", "cancelled"] in lines(sigbridge.says("jobs", "cancel", job))
    assert sigbridge.data("jobs", "show", job, "--wait")["state"] == "cancelled"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("formatters", "redecode", "no-such", "--yes"), "There is no formatter 'no-such'"),
        (("formatters", "redecode", "climate", "--yes", "--device", "FFFF"), "FFFF"),
        (("formatters", "redecode", "climate", "--yes", "--type", "x"), "must be a device type"),
        (("jobs", "show", "1763770827000-0a1b2c3d"), "There is no job"),
        (("jobs", "cancel", "1763770827000-0a1b2c3d"), "There is no job"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(command: tuple[str, ...], why: str, sigbridge: OverHttp) -> None:
    assert why in sigbridge.refuses(*command)


def test_a_moment_that_is_none_is_not_understood(sigbridge: OverHttp) -> None:
    command = ("formatters", "redecode", "climate", "--since", "someday")

    assert "is no date" in sigbridge.refuses(*command, exit_code=NOT_UNDERSTOOD)


def test_what_a_script_refuses_is_shown_once_with_its_number(sigbridge: OverHttp) -> None:
    refusing = "function decodeUplink(input) { throw new Error('no idea'); }"
    put_formatter("demo", "climate", NewVersion(FormatterKind.JAVASCRIPT, refusing))

    said = sigbridge.says("formatters", "redecode", "climate", "--yes")

    assert lines(said)[-1][-1] == "2"
    assert "no idea" in said


def test_what_a_job_failed_at_is_listed(sigbridge: OverHttp) -> None:
    job = order_job("demo", JobKind.REDECODE, {})
    assert sigbridge.says("jobs", "errors", job.id) == "There are none.\n"

    errors = tuple(RowError(id_, "Invalid PAC") for id_ in ("A1", "A2", "A3"))
    for due in due_jobs(job.created_at):
        run_job(due, {JobKind.REDECODE: lambda _: StepDone(None, row_errors=errors)}, job.created_at + 60_000)

    said = sigbridge.says("jobs", "errors", job.id, "--limit", "2")
    assert lines(said)[:3] == [["row", "message"], ["A1", "Invalid", "PAC"], ["A2", "Invalid", "PAC"]]
    assert "--all" in said
    data = sigbridge.data("jobs", "errors", job.id, "--limit", "2", "--all")
    assert [each["row"] for each in data["errors"]] == ["A1", "A2", "A3"]
