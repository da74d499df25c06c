"""What all commands that call the API have in common: errors, waiting, pages, settings of the application."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge_admin.api import Surroundings
from tests.functional.command_line import (
    NOT_UNDERSTOOD,
    NOTHING_TO_SET,
    REFUSED,
    URL,
    Interruption,
    Lambdas,
    OverHttp,
    Sigbridge,
    at_home,
    passes,
)

SETTINGS = ("settings", "show")


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


def answers(status: int, body: object = None, **headers: str) -> Interruption:
    """Makes an answer that takes the place of the API's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return lambda _request: httpx.Response(status, text=body, headers=named)
    return lambda _request: httpx.Response(status, json=body, headers=named)


def fails(failure: Callable[[str], Exception]) -> Interruption:
    def interrupt(_request: httpx.Request) -> httpx.Response:
        message = "no route to host"
        raise failure(message)

    return interrupt


BUSY = {"status": False, "message": "The store is not available, try again"}


APPLICATION = {
    "id": "demo",
    "name": "demo",
    "created_at": "2026-11-22T05:32:10.000Z",
    "unknown_devices": "register",
    "payload_encoding": "hex",
    "daily_downlinks": 4,
    "downlink_quota": "report",
}


# settings


def test_settings_are_shown_and_changed(sigbridge: OverHttp) -> None:
    shown = sigbridge.data(*SETTINGS)
    changed = sigbridge.data(
        "settings",
        "set",
        *("--name", "Greenhouse", "--unknown-devices", "reject", "--payload-encoding", "base64"),
        *("--daily-downlinks", "2", "--downlink-quota", "enforce", "--retention-days", "30"),
    )

    assert changed == shown | {
        "name": "Greenhouse",
        "unknown_devices": "reject",
        "payload_encoding": "base64",
        "daily_downlinks": 2,
        "downlink_quota": "enforce",
        "retention_days": 30,
    }
    assert sigbridge.data(*SETTINGS) == changed
    assert "retention         30 days" in sigbridge.says(*SETTINGS)


def test_nothing_to_set_is_said(sigbridge: OverHttp) -> None:
    assert sigbridge.refuses("settings", "set") == NOTHING_TO_SET
    assert not sigbridge.lambdas.requests


def test_an_unknown_setting_is_refused_with_the_known_ones(sigbridge: OverHttp) -> None:
    said = sigbridge.refuses("settings", "set", "--unknown-devices", "drop", exit_code=NOT_UNDERSTOOD)

    assert "'register', 'reject'" in said
    assert said.endswith("(see sigbridge settings set --help)")


# errors


def test_the_missing_right_is_said(application: object) -> None:  # noqa: ARG001
    reader = str(issue_key("demo", "reader", [Right.DEVICES_READ]).token)

    said = OverHttp(reader).refuses("settings", "set", "--name", "mine")

    assert said == (
        "The key lacks the right settings:write: use a key that has it; `sigbridge keys create` makes one"
    )


def test_a_key_that_is_not_known_is_said_and_not_repeated(sigbridge: OverHttp) -> None:
    stranger = f"sbk_{'a' * 16}_{'b' * 52}"

    said = OverHttp(stranger).refuses(*SETTINGS)

    assert said == f"The key is not known: is it a key for {URL}?"
    assert stranger not in said
    assert sigbridge.says(*SETTINGS)


def test_faults_are_told_below(sigbridge: OverHttp) -> None:
    result = sigbridge.run("types", "create", "bad id", "--name", "n" * 101)

    assert result.exit_code == REFUSED
    assert not result.stdout
    named, first, *faults = result.stderr.splitlines()
    assert named.startswith("Application 'demo'")
    assert first == "error: The API found 2 faults:"
    assert [fault.split(":")[0] for fault in faults] == ["  id", "  name"]


def test_one_fault_is_told_once(sigbridge: OverHttp) -> None:
    assert sigbridge.refuses("types", "create", "bad id").startswith("id: ")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answers(404, {"message": "Not Found"}), f"{URL} answered 404 Not Found ("),
        (answers(403, "<html>Forbidden</html>"), f"{URL} answered 403 Forbidden ("),
        (answers(301, "", Location="https://elsewhere"), f"{URL} answered 301 Moved Permanently ("),
        (answers(200, "<html>Welcome</html>"), f"{URL} does not answer as Sigbridge ("),
        (answers(200, [1, 2]), f"{URL} does not answer as Sigbridge ("),
        (answers(200, {"id": "demo"}), "The API answers in a form that this `sigbridge` does not know"),
        (answers(500, {"message": "Internal Server Error"}), f"{URL} answered 500 Internal Server Error"),
        (fails(httpx.ConnectError), f"{URL} can't be reached: no route to host ("),
        (fails(httpx.ReadTimeout), f"{URL} did not answer in time ("),
        (fails(httpx.RemoteProtocolError), f"{URL} can't be reached: no route to host ("),
    ],
)
def test_an_address_that_does_not_answer_well_is_named(
    sigbridge: OverHttp, key: str, answer: Interruption, said: str
) -> None:
    sigbridge.lambdas.interruptions = [answer]

    line = sigbridge.refuses(*SETTINGS)

    assert line.startswith(said)
    assert key not in line


def test_a_redirection_is_not_followed_with_the_key(sigbridge: OverHttp) -> None:
    sigbridge.lambdas.interruptions = [answers(302, "", Location="https://elsewhere/")]

    sigbridge.refuses(*SETTINGS)

    assert [request.url.host for request in sigbridge.lambdas.requests] == [httpx.URL(URL).host]


# waiting


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_api_is_asked_again_when_it_says(sigbridge: OverHttp, status: int) -> None:
    sigbridge.lambdas.interruptions = [answers(status, BUSY, Retry_After="7"), answers(status, "busy")]

    result = sigbridge.run(*SETTINGS)

    assert result.exit_code == 0
    assert "demo" in result.stdout
    assert sigbridge.pastime.slept == [7, 2]
    assert result.stderr.splitlines() == [
        "The API is busy; trying again in 7 s",
        "The API is busy; trying again in 2 s",
    ]


def test_the_wait_has_an_end(sigbridge: OverHttp) -> None:
    sigbridge.lambdas.interruptions = [answers(503, BUSY, Retry_After="3600")] * 4

    result = sigbridge.run(*SETTINGS)

    assert result.exit_code == REFUSED
    assert result.stderr.splitlines()[-1] == "error: The store is not available, try again"
    assert sigbridge.pastime.slept == [30, 30, 30]


def test_what_may_have_been_done_is_not_done_again(sigbridge: OverHttp) -> None:
    sigbridge.lambdas.interruptions = [passes, answers(503, BUSY, Retry_After="5")]

    assert sigbridge.refuses("devices", "add", "1A2B") == BUSY["message"]

    assert not sigbridge.pastime.slept
    assert [request.method for request in sigbridge.lambdas.requests] == ["GET", "POST"]


def test_what_was_certainly_not_done_is_done_again(sigbridge: OverHttp) -> None:
    sigbridge.lambdas.interruptions = [passes, answers(429, {"message": "Too Many Requests"})]

    assert sigbridge.run("devices", "add", "1A2B").exit_code == 0

    assert sigbridge.pastime.slept == [2]


# what others wrote


def test_what_others_wrote_does_not_steer_the_terminal(sigbridge: OverHttp) -> None:
    written = "\x1b[31mred\x07\x9b2J"
    sigbridge.lambdas.interruptions = [answers(200, APPLICATION | {"name": written})] * 2

    assert sigbridge.data(*SETTINGS)["name"] == written
    assert r"\x1b[31mred\x07\x9b2J" in sigbridge.says(*SETTINGS)


# how requests look


def test_the_key_travels_in_the_header_alone(sigbridge: OverHttp, key: str) -> None:
    sigbridge.says(*SETTINGS)

    [request] = sigbridge.lambdas.requests
    assert request.headers["Authorization"] == f"Bearer {key}"
    assert str(request.url) == f"{URL}/v1/application"


def test_a_url_may_end_with_a_slash(key: str) -> None:
    sigbridge = OverHttp(f" {key}\n")
    assert json.loads(sigbridge.run("--url", f"{URL}/", *SETTINGS, "--json").stdout)["id"] == "demo"


# which place, which key


LOCAL_URL = "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/$default"
STRANGER = f"sbk_{'a' * 16}_{'b' * 52}"


@pytest.fixture
def local_stack(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").mkdir()
    stack = {
        "base_url": LOCAL_URL,
        "application_id": "demo",
        "key": key,
        "table": "sigbridge-test",
        "aws_endpoint_url": "http://127.0.0.1:4566",
        "region": "eu-west-1",
    }
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(key: str, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has the profile `prod`."""
    environment = at_home(tmp_path)
    add = ("profiles", "add", "prod", "--url", f"{URL}/prod", "--key", key)
    Sigbridge(environment=environment).says(*add)
    return environment


@pytest.mark.usefixtures("local_stack")
@pytest.mark.parametrize(
    ("options", "environment", "url", "with_key", "notes"),
    [
        (("--local",), {}, LOCAL_URL, None, []),
        (("--profile", "prod"), {}, f"{URL}/prod", None, []),
        ((), {"SIGBRIDGE_PROFILE": "prod"}, f"{URL}/prod", None, []),
        (("--local",), {"SIGBRIDGE_PROFILE": "prod"}, LOCAL_URL, None, []),
        (("--local", "--key", STRANGER), {}, LOCAL_URL, STRANGER, []),
        (("--profile", "prod", "--key", STRANGER), {}, f"{URL}/prod", STRANGER, []),
        (("--local", "--url", URL), {}, URL, None, []),
        (("--url", URL, "--key", STRANGER), {"SIGBRIDGE_PROFILE": "prod"}, URL, STRANGER, []),
        (
            ("--local",),
            {"SIGBRIDGE_KEY": STRANGER},
            LOCAL_URL,
            STRANGER,
            ["Using SIGBRIDGE_KEY instead of the key of the local stack"],
        ),
        (
            ("--profile", "prod"),
            {"SIGBRIDGE_URL": URL, "SIGBRIDGE_KEY": STRANGER},
            URL,
            STRANGER,
            [
                "Using SIGBRIDGE_URL instead of the URL of profile 'prod'",
                "Using SIGBRIDGE_KEY instead of the key of profile 'prod'",
            ],
        ),
    ],
)
def test_option_wins_over_variable_over_profile_or_local_stack(
    key: str,
    home: dict[str, str],
    options: tuple[str, ...],
    environment: dict[str, str],
    url: str,
    with_key: str | None,
    notes: list[str],
) -> None:
    lambdas = Lambdas(interruptions=[answers(200, APPLICATION)])
    sigbridge = Sigbridge(*options, environment=home | environment, surroundings=Surroundings(lambdas))

    result = sigbridge.run(*SETTINGS, "--json")

    assert json.loads(result.stdout) == APPLICATION
    assert result.stderr.splitlines() == notes
    [request] = lambdas.requests
    assert str(request.url) == f"{url}/v1/application"
    assert request.headers["Authorization"] == f"Bearer {with_key or key}"
