"""Connecting to Sigfox's API: credentials that are checked, kept apart and never shown."""

import base64
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from sigbridge.credentials import issue_key
from sigbridge.deletion import erase_application, erase_due_applications
from sigbridge.errors import StoreUnavailable
from sigbridge.model.api_key import Right
from sigbridge.model.sigfox_connection import ConnectionState
from sigbridge.provisioning.connection import find_connection, open_client
from sigbridge.provisioning.errors import CredentialsRefused, SigfoxUnreachable
from sigbridge.store import sigfox_connections
from tests.functional.conftest import Stored
from tests.functional.lambdas import call
from tests.functional.management import Management, management_event
from tests.functional.played_device import Clock
from tests.functional.scripted_api import (
    BODY,
    CREDENTIALS,
    GROUP,
    LOGIN,
    PASSWORD,
    WELL,
    Asked,
    Said,
    ScriptedApi,
)

PARAMETER = "/sigbridge/sigbridge-test/demo/sigfox"


def secrets() -> list[str]:
    """The names of all parameters."""
    return [each["Name"] for each in boto3.client("ssm").describe_parameters()["Parameters"]]


def test_credentials_are_checked_kept_and_never_shown(
    scripted_sigfox: ScriptedApi, management: Management, stored: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    made = management.put("/v1/sigfox", BODY)

    assert made.status == 200
    assert (made.json["state"], made.json["login"], made.json["group_id"]) == ("connected", LOGIN, GROUP)
    assert scripted_sigfox.targets == [
        f"GET /groups/{GROUP}",
        f"GET /device-types/?groupIds={GROUP}&deep=true&limit=1",
    ]
    shown = management.get("/v1/sigfox")
    assert shown.json == made.json
    assert PASSWORD not in f"{made.text}{shown.text}{stored()}{capsys.readouterr()}"
    kept = boto3.client("ssm").get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]
    assert kept["Type"] == "SecureString"
    assert json.loads(kept["Value"]) == CREDENTIALS


@pytest.mark.usefixtures("scripted_sigfox")
def test_callbacks_will_call_the_host_that_was_called(management: Management) -> None:
    headers = {"host": "things.example.com"}
    made = management.request("PUT", "/v1/sigfox", {}, BODY, headers)

    assert made.json["base_url"] == "https://things.example.com"


@pytest.mark.usefixtures("scripted_sigfox")
def test_a_host_is_known_however_it_is_written(key: str) -> None:
    event = management_event("PUT", "/v1/sigfox", {}, json.dumps(BODY), {"host": "A1b2.Example.COM"})
    event["headers"] |= {"authorization": f"Bearer {key}", "content-type": "application/json"}
    event["requestContext"] |= {"domainName": "a1b2.example.com", "apiId": "a1b2"}

    assert call("management", event, key).json["base_url"] == "https://a1b2.example.com"


GROUPS = [
    pytest.param([{"id": GROUP}], 200, "", id="one"),
    pytest.param(
        [{"id": GROUP, "path": None}, {"id": "b", "path": [{"id": GROUP, "name": "Ours"}]}],
        200,
        "",
        id="one and a group in it",
    ),
    pytest.param([{"id": GROUP, "path": [{"id": "unseen"}]}], 200, "", id="one in a group that is not seen"),
    pytest.param(
        [{"id": GROUP, "name": "Ours"}, {"id": "b", "name": "Theirs"}],
        400,
        f"group_id: the API user sees several groups: name one of {GROUP} (Ours), b (Theirs)",
        id="two",
    ),
    pytest.param([], 424, "The API user sees no group", id="none"),
]


@pytest.mark.parametrize(("groups", "status", "message"), GROUPS)
def test_the_one_group_need_not_be_named(
    scripted_sigfox: ScriptedApi, management: Management, groups: list[object], status: int, message: str
) -> None:
    scripted_sigfox.says_at(WELL | {"GET /groups/": Said(200, {"data": groups})})

    answer = management.put("/v1/sigfox", CREDENTIALS)

    assert answer.status == status
    if status == 200:
        assert answer.json["group_id"] == GROUP
    else:
        assert answer.json["message"] == message


REFUSED = [
    pytest.param({f"GET /groups/{GROUP}": Said(401)}, 424, "refuses the credentials", id="wrong password"),
    pytest.param({f"GET /groups/{GROUP}": Said(403)}, 424, "lacks a right", id="group without rights"),
    pytest.param({"GET /device-types/": Said(403)}, 424, "may not list its device types", id="few rights"),
    pytest.param({f"GET /groups/{GROUP}": Said(404)}, 404, "no such thing", id="no such group"),
    pytest.param({f"GET /groups/{GROUP}": Said(500)}, 503, "answered with status 500", id="broken"),
    pytest.param({f"GET /groups/{GROUP}": Said(0)}, 503, "can't be reached", id="unreachable"),
    pytest.param({f"GET /groups/{GROUP}": Said(429)}, 503, "takes no more requests", id="busy"),
    pytest.param({f"GET /groups/{GROUP}": Said(200, b"<html>")}, 503, "no JSON", id="not an API"),
]


@pytest.mark.parametrize(("answers", "status", "message"), REFUSED)
def test_what_can_not_be_used_is_not_kept(
    scripted_sigfox: ScriptedApi, management: Management, answers: dict[str, Said], status: int, message: str
) -> None:
    scripted_sigfox.says_at(WELL | answers)

    answer = management.put("/v1/sigfox", BODY)

    assert (answer.status, message in answer.json["message"]) == (status, True)
    assert management.get("/v1/sigfox").status == 404
    assert secrets() == []


def test_who_is_busy_says_when_to_come_again(
    scripted_sigfox: ScriptedApi, management: Management, clock: Clock
) -> None:
    clock.wait(48)
    scripted_sigfox.says(Said(429))

    assert management.put("/v1/sigfox", BODY).headers["Retry-After"] in {"4", "5", "6"}


def test_credentials_that_are_refused_do_not_replace_others(
    connected_sigfox: ScriptedApi, management: Management
) -> None:
    connected_sigfox.says(Said(401))

    assert management.put("/v1/sigfox", BODY | {"password": "another"}).status == 424
    assert management.get("/v1/sigfox").json["state"] == "connected"
    kept = boto3.client("ssm").get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]
    assert json.loads(kept) == CREDENTIALS


BAD = [
    ({"login": "a:b"}, "login"),
    ({"login": ""}, "login"),
    ({"login": "a b"}, "login"),
    ({"login": None}, "login"),
    ({"password": ""}, "password"),
    ({"password": 7}, "password"),
    ({"group_id": "../devices"}, "group_id"),
    ({"group_id": ""}, "group_id"),
    ({"group": GROUP}, "group"),
]


@pytest.mark.parametrize(("changed", "field"), BAD)
def test_bad_input_is_refused_before_sigfox_is_asked(
    scripted_sigfox: ScriptedApi, management: Management, changed: dict[str, object], field: str
) -> None:
    answer = management.put("/v1/sigfox", BODY | changed)

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert PASSWORD not in (answer.text or "")
    assert not scripted_sigfox.asked


def test_a_wrong_password_is_one_state_and_no_storm(
    connected_sigfox: ScriptedApi, management: Management
) -> None:
    connected_sigfox.says(Said(401))

    answers = [management.get("/v1/sigfox/coverage", lat=48, lng=2) for _ in range(5)]

    assert [answer.status for answer in answers] == [424] * 5
    assert {answer.json["message"] for answer in answers[1:]} == {
        "Sigfox's API refuses the credentials: PUT /v1/sigfox takes new ones"
    }
    assert len(connected_sigfox.asked) == 1
    shown = management.get("/v1/sigfox").json
    assert (shown["state"], shown["reason"]) == ("refused", "Sigfox's API refuses the credentials")

    connected_sigfox.says_at(WELL)
    assert management.put("/v1/sigfox", BODY).json["state"] == "connected"
    assert "reason" not in management.get("/v1/sigfox").json


def test_an_api_that_does_not_answer_is_asked_again(
    connected_sigfox: ScriptedApi, management: Management, clock: Clock
) -> None:
    before = management.get("/v1/sigfox").json
    connected_sigfox.says(Said(500))
    clock.wait(90)
    assert management.get("/v1/sigfox/coverage", lat=48, lng=2).status == 503

    shown = management.get("/v1/sigfox").json
    assert (shown["state"], shown["reason"]) == ("unreachable", "Sigfox's API answered with status 500")
    assert shown["state_since"] > before["state_since"]
    assert shown["last_success_at"] == before["last_success_at"]

    connected_sigfox.says(Said(200, {}))
    assert management.get("/v1/sigfox/coverage", lat=48, lng=2).status == 200
    assert management.get("/v1/sigfox").json["state"] == "connected"


def test_a_right_that_lacks_is_no_refusal_of_the_credentials(
    connected_sigfox: ScriptedApi, management: Management
) -> None:
    connected_sigfox.says(Said(403, {"message": "not yours"}))

    answer = management.get("/v1/sigfox/coverage", lat=48, lng=2)

    assert answer.status == 424
    assert answer.json["message"] == "The API user lacks a right for this in Sigfox: not yours"
    assert management.get("/v1/sigfox").json["state"] == "connected"


def test_the_last_success_is_noted_once_a_minute(
    connected_sigfox: ScriptedApi, management: Management, clock: Clock, stored: Stored
) -> None:
    connected_sigfox.says(Said(200, {}))
    seen = set()
    for _ in range(6):
        clock.wait(20)
        assert management.get("/v1/sigfox/coverage", lat=48, lng=2).status == 200
        seen.add(stored("APP#demo", "SIGFOX")[0]["last_success_at"])
    assert len(seen) == 3


def test_disconnecting_forgets_and_asks_nothing_of_sigfox(
    connected_sigfox: ScriptedApi, management: Management, stored: Stored
) -> None:
    management.get("/v1/sigfox/coverage", lat=48, lng=2)
    connected_sigfox.asked.clear()

    assert [management.delete("/v1/sigfox").status for _ in range(2)] == [204, 204]

    assert management.get("/v1/sigfox").status == 404
    assert management.get("/v1/sigfox/coverage", lat=48, lng=2).json == {
        "status": False,
        "message": "The application is not connected to Sigfox: PUT /v1/sigfox connects it",
    }
    assert secrets() == []
    assert not stored("APP#demo", "SIGFOX") + stored("APP#demo", "RATE")
    assert not connected_sigfox.asked


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.usefixtures("scripted_sigfox", "key")
def test_it_takes_a_right_of_its_own(method: str) -> None:
    others = [right for right in Right if right is not Right.SIGFOX_WRITE]
    weaker = Management(str(issue_key("demo", "weaker", others).token))

    assert weaker.request(method, "/v1/sigfox", {}, BODY if method == "PUT" else None).status == 403


@pytest.mark.usefixtures("connected_sigfox")
def test_a_deleted_application_leaves_no_credentials(clock: Clock) -> None:
    erase_application("demo")
    erase_due_applications(clock.now_ms, clock.now_ms + 60_000)

    assert secrets() == []


@pytest.mark.parametrize(
    "password", ["{{}}", "a{{ssm:name}}", '"{}\\u007b{', "{" * 300, "ä:ö € 😀", "🔑" * 300]
)
def test_whatever_a_password_is_it_is_kept_and_sent(
    scripted_sigfox: ScriptedApi, management: Management, password: str
) -> None:
    """The parameter store takes 4 kB, and nothing between pairs of braces."""
    scripted_sigfox.says_at(WELL)
    assert management.put("/v1/sigfox", BODY | {"password": password}).status == 200
    kept = boto3.client("ssm").get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]
    assert "{{" not in kept
    assert len(kept.encode()) <= 4_096

    scripted_sigfox.says(Said(200, {}))
    assert management.get("/v1/sigfox/coverage", lat=48, lng=2).status == 200
    sent = base64.b64decode(scripted_sigfox.asked[-1].authorization.removeprefix("Basic ")).decode()
    assert sent == f"{LOGIN}:{password}"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"login": "a"}', '"text"'])
def test_credentials_that_somebody_spoilt_are_refused(
    connected_sigfox: ScriptedApi, management: Management, text: str
) -> None:
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value=text or " ", Type="SecureString", Overwrite=True)

    answer = management.get("/v1/sigfox/coverage", lat=48, lng=2)

    assert answer.status == 424
    assert "can't be read" in answer.json["message"]
    assert not connected_sigfox.asked


def test_credentials_that_somebody_deleted_are_missing(
    connected_sigfox: ScriptedApi, management: Management
) -> None:
    boto3.client("ssm").delete_parameter(Name=PARAMETER)

    assert management.get("/v1/sigfox/coverage", lat=48, lng=2).status == 404
    assert not connected_sigfox.asked


def test_what_an_old_client_meets_is_not_noted_of_a_new_connection(
    connected_sigfox: ScriptedApi, management: Management
) -> None:
    old = open_client("demo")
    assert management.put("/v1/sigfox", BODY | {"password": "newer-password"}).status == 200
    connected_sigfox.says(Said(401))

    with pytest.raises(CredentialsRefused):
        old.get(f"/groups/{GROUP}")
    assert find_connection("demo").state is ConnectionState.CONNECTED


@pytest.mark.parametrize("said", [Said(201, {"id": "1"}), Said(401), Said(500)])
def test_what_sigfox_said_is_told_though_it_can_not_be_noted(
    connected_sigfox: ScriptedApi, clock: Clock, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    def fails(*_arguments: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(sigfox_connections, "note_state", fails)
    monkeypatch.setattr(sigfox_connections, "note_success", fails)
    connected_sigfox.says(said)
    clock.wait(90)
    client = open_client("demo")
    if said.status == 201:
        assert client.post("/devices/", {}) == {"id": "1"}
    else:
        with pytest.raises(CredentialsRefused if said.status == 401 else SigfoxUnreachable):
            client.post("/devices/", {})


def test_two_who_connect_at_once_leave_one_connection(
    scripted_sigfox: ScriptedApi, management: Management, stored: Stored
) -> None:
    def script(asked: Asked) -> Said:
        if len(scripted_sigfox.asked) == 1:
            assert management.put("/v1/sigfox", BODY).status == 200
        return WELL[f"{asked.method} {asked.target.partition('?')[0]}"]

    scripted_sigfox.script = script
    assert management.put("/v1/sigfox", BODY).status == 200
    assert len(stored("APP#demo", "SIGFOX")) == 1
    assert secrets() == [PARAMETER]


@pytest.mark.usefixtures("connected_sigfox")
def test_connections_are_looked_after_at_once_and_then_when_it_is_said(clock: Clock) -> None:
    [due] = sigfox_connections.due_until(clock.now_ms)
    assert sigfox_connections.application_named(due) == "demo"
    sigfox_connections.look_again(find_connection("demo"), due.due_at + 3_600_000)
    assert not list(sigfox_connections.due_until(clock.now_ms))
    clock.wait(3_600)
    assert len(list(sigfox_connections.due_until(clock.now_ms))) == 1


def test_what_was_recovered_of_a_group_is_known_when_it_is_connected_anew(
    connected_sigfox: ScriptedApi, management: Management, clock: Clock
) -> None:
    sigfox_connections.note_recovered(find_connection("demo"), clock.now_ms)
    assert "recovered_until" in management.put("/v1/sigfox", BODY).json

    other = "5a1b2c3d4e5f60718293a4b7"
    connected_sigfox.says_at(WELL | {f"GET /groups/{other}": Said(200, {})})
    assert "recovered_until" not in management.put("/v1/sigfox", BODY | {"group_id": other}).json


@pytest.fixture
def broken_parameters(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Makes the parameter store fail from then on."""

    def breaks(failure: Exception) -> None:
        call = BaseClient._make_api_call

        def failing(client: BaseClient, operation: str, arguments: Any) -> Any:
            if client.meta.service_model.service_name == "ssm":
                raise failure
            return call(client, operation, arguments)

        monkeypatch.setattr(BaseClient, "_make_api_call", failing)

    return breaks


FAILURES = [
    ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "PutParameter"),
    ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "GetParameter"),
    EndpointConnectionError(endpoint_url="https://ssm.eu-west-1.amazonaws.com"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_without_the_parameter_store_nothing_is_connected(
    scripted_sigfox: ScriptedApi,
    management: Management,
    broken_parameters: Callable[[Exception], None],
    stored: Stored,
    failure: Exception,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken_parameters(failure)

    answer = management.put("/v1/sigfox", BODY)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert len(scripted_sigfox.asked) == 2
    assert not stored("APP#demo", "SIGFOX")
    assert PASSWORD not in f"{answer.text}{capsys.readouterr()}"


@pytest.mark.parametrize("failure", FAILURES)
def test_without_the_parameter_store_nothing_is_forgotten_half(
    connected_sigfox: ScriptedApi,
    management: Management,
    broken_parameters: Callable[[Exception], None],
    failure: Exception,
) -> None:
    broken_parameters(failure)

    assert management.get("/v1/sigfox/coverage", lat=48, lng=2).status == 503
    assert management.delete("/v1/sigfox").status == 503
    assert management.get("/v1/sigfox").json["state"] == "connected"
    assert not connected_sigfox.asked
