"""`sigbridge sigfox`: the connection, any request, coverage and consumption."""

import json
from pathlib import Path
from typing import Any

import pytest

from sigbridge.clock import rfc3339
from tests.functional.command_line import NOT_UNDERSTOOD, OverHttp, lines, one_line
from tests.functional.played_device import PlayedDevice
from tests.functional.scripted_api import GROUP, LOGIN, PASSWORD, Said, ScriptedApi


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


LOGINS = [
    ((), f"{LOGIN}\n{PASSWORD}\n"),
    (("--login", LOGIN), f"{PASSWORD}\n"),
    (("--login", LOGIN, "--group", GROUP), f"{PASSWORD}\n"),
    (("--login", LOGIN, "--password-stdin"), PASSWORD),
    (("--login", LOGIN, "--password-stdin"), f"{PASSWORD}\r\n"),
]


@pytest.mark.parametrize(("options", "typed"), LOGINS)
def test_credentials_are_given_shown_and_forgotten(
    scripted_sigfox: ScriptedApi, sigbridge: OverHttp, options: tuple[str, ...], typed: str
) -> None:
    made = sigbridge.run("sigfox", "login", *options, typed=typed)
    assert made.exit_code == 0, made.stderr
    assert ["state", "connected"] in lines(made.stdout)
    assert PASSWORD not in made.stdout + made.stderr

    shown = sigbridge.says("sigfox", "show")
    assert made.stdout.endswith(shown)
    assert ["group", GROUP] in lines(shown)
    assert sigbridge.data("sigfox", "show")["login"] == LOGIN
    assert "Nothing was changed in Sigfox" in sigbridge.says("sigfox", "logout", "--yes")
    assert sigbridge.refuses("sigfox", "show") == (
        "The application is not connected to Sigfox: `sigbridge sigfox connect` connects it"
    )
    assert {asked.method for asked in scripted_sigfox.asked} == {"GET"}


@pytest.mark.parametrize(
    ("options", "typed", "message"),
    [
        (("--password-stdin",), PASSWORD, "Give --login with --password-stdin"),
        (("--login", LOGIN, "--password-stdin"), "", "There is no password"),
        (("--login", LOGIN), "\n", "There is no password"),
    ],
)
def test_credentials_that_are_not_given_are_asked_for(
    scripted_sigfox: ScriptedApi, sigbridge: OverHttp, options: tuple[str, ...], typed: str, message: str
) -> None:
    assert one_line(sigbridge.run("sigfox", "login", *options, typed=typed)) == message
    assert not scripted_sigfox.asked


def test_a_wrong_password_is_said_so(scripted_sigfox: ScriptedApi, sigbridge: OverHttp) -> None:
    scripted_sigfox.says(Said(401))

    refused = one_line(sigbridge.run("sigfox", "login", "--login", LOGIN, typed="another"))
    assert refused == "Sigfox's API refuses the credentials: `sigbridge sigfox login` gives others"


@pytest.mark.usefixtures("connected_sigfox")
def test_nothing_is_forgotten_unasked(sigbridge: OverHttp) -> None:
    assert "Nothing was changed" in sigbridge.run("sigfox", "logout", typed="n\n").stderr
    assert sigbridge.data("sigfox", "show")["state"] == "connected"


def test_any_request_is_sent(connected_sigfox: ScriptedApi, sigbridge: OverHttp, tmp_path: Path) -> None:
    connected_sigfox.says(Said(200, {"data": [{"id": "5a1b"}]}))
    file = tmp_path / "type.json"
    file.write_text('{"name": "Zähler"}')

    read = sigbridge.run("sigfox", "api", "get", "/groups/", "--query", "deep=true", "--query", "limit=5")
    sigbridge.run("sigfox", "api", "POST", "/device-types/", "--body", f"@{file}")
    sigbridge.run("sigfox", "api", "PUT", "/device-types/5a1b", "--body", '{"keepAlive": 0}')

    assert json.loads(read.stdout) == {"data": [{"id": "5a1b"}]}
    assert connected_sigfox.targets == [
        "GET /groups/?deep=true&limit=5",
        "POST /device-types/",
        "PUT /device-types/5a1b",
    ]
    assert [asked.body for asked in connected_sigfox.asked] == [None, {"name": "Zähler"}, {"keepAlive": 0}]


@pytest.mark.parametrize("body", [[1, "two"], "text", 7])
def test_an_answer_of_any_form_is_printed(
    connected_sigfox: ScriptedApi, sigbridge: OverHttp, body: Any
) -> None:
    connected_sigfox.says(Said(200, body))

    assert json.loads(sigbridge.run("sigfox", "api", "GET", "/users/").stdout) == body


def test_a_refusal_of_sigfox_is_shown_with_its_status(
    connected_sigfox: ScriptedApi, sigbridge: OverHttp
) -> None:
    connected_sigfox.says(Said(403, {"message": "not yours"}))

    result = sigbridge.run("sigfox", "api", "GET", "/users/")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Sigfox answered 403" in result.stderr
    assert "not yours" in result.stderr


@pytest.mark.parametrize(
    ("options", "message", "exit_code"),
    [
        (("GET", "/groups/", "--query", "deep"), "'deep' is not NAME=VALUE", 1),
        (("POST", "/groups/", "--body", "{"), "The body is not JSON", 1),
        (("POST", "/groups/", "--body", "@/nowhere.json"), "/nowhere.json", 1),
        (("PATCH", "/groups/"), "'PATCH'", NOT_UNDERSTOOD),
    ],
)
@pytest.mark.usefixtures("connected_sigfox")
def test_a_request_that_is_none_is_not_sent(
    sigbridge: OverHttp, options: tuple[str, ...], message: str, exit_code: int
) -> None:
    assert message in one_line(sigbridge.run("sigfox", "api", *options), exit_code)


def test_coverage_is_said_in_words(connected_sigfox: ScriptedApi, sigbridge: OverHttp) -> None:
    connected_sigfox.says(
        Said(200, {"locationCovered": True, "margins": [47, 32, 17]}),
        Said(200, {"locationCovered": False}),
        Said(200, {}),
    )

    covered = sigbridge.says("sigfox", "coverage", "48.8584", "--", "-2.2945")
    assert covered.startswith("Covered.\n")
    assert "47 dB, 32 dB, 17 dB" in covered
    assert sigbridge.says("sigfox", "coverage", "0", "0", "--radius", "500") == "Not covered.\n"
    assert sigbridge.says("sigfox", "coverage", "0", "0") == "Sigfox does not say.\n"


def test_consumption_is_shown_beside_ours(
    connected_sigfox: ScriptedApi, sigbridge: OverHttp, played: PlayedDevice
) -> None:
    played.ask()
    month = rfc3339(played.clock.now_ms)[:7]
    days = [{"frameCount": 19, "downlinkFrameCount": 4}, {"frameCount": 1, "roamingFrameCount": 1}]
    connected_sigfox.script = lambda asked: Said(
        200, {"lastDay": 2} if "metric" in asked.target else {"deviceConsumptions": days}
    )

    shown = lines(sigbridge.says("sigfox", "consumption", "153FA"))

    assert shown[1][:2] == ["Sigfox", "2"]
    assert shown[2][:2] == ["Sigbridge", "1"]
    assert ["month", month] in shown
    assert ["uplinks", "20"] in shown
    assert ["of", "them", "stored", "1"] in shown
    assert ["roaming", "1", "up,", "0", "down"] in shown
    assert sigbridge.data("sigfox", "consumption", "153FA", "--month", "2026-02")["month"] == {
        "sigfox": [
            {"uplinks": 19, "downlinks": 4, "roaming_uplinks": 0, "roaming_downlinks": 0},
            {"uplinks": 1, "downlinks": 0, "roaming_uplinks": 1, "roaming_downlinks": 0},
        ],
        "stored_uplinks": 0,
    }
