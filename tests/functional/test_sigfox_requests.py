"""Any request to Sigfox's API: it goes there and nowhere else, and its answer shows no secret of ours."""

import pytest

from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from tests.functional.management import Management
from tests.functional.scripted_api import PASSWORD, Said, ScriptedApi

KEY = f"sbk_{'a' * 16}_{'b' * 43}"


def test_a_request_is_sent_as_it_is_said(connected_sigfox: ScriptedApi, management: Management) -> None:
    connected_sigfox.says(Said(201, {"id": "5a1b", "new": {"margin": 1.5}}))
    body = {"name": "Meters", "keepAlive": 0, "factor": 0.25, "contracts": [{"id": "5a1c"}]}
    request = {"method": "POST", "path": "/device-types/", "query": {"deep": "true"}, "body": body}

    answer = management.post("/v1/sigfox/requests", request)

    assert answer.json == {"status": 201, "body": {"id": "5a1b", "new": {"margin": 1.5}}}
    [asked] = connected_sigfox.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/device-types/?deep=true", body)


ANSWERS = [
    (400, {"message": "Bad request", "errors": [{"field": "name"}]}),
    (403, {}),
    (404, {"message": "unknown"}),
    (409, {"message": "exists"}),
    (412, []),
    (200, [{"id": "1"}, None, "text", 2]),
]


@pytest.mark.parametrize(("status", "body"), ANSWERS)
def test_whatever_sigfox_answers_is_shown(
    connected_sigfox: ScriptedApi, management: Management, status: int, body: object
) -> None:
    connected_sigfox.says(Said(status, body))

    answer = management.post("/v1/sigfox/requests", {"method": "GET", "path": "/users/5a1b"})

    assert (answer.status, answer.json) == (200, {"status": status, "body": body})


def test_an_answer_without_a_body_is_one(connected_sigfox: ScriptedApi, management: Management) -> None:
    connected_sigfox.says(Said(204))

    answer = management.post("/v1/sigfox/requests", {"method": "DELETE", "path": "/device-types/5a1b"})

    assert answer.json == {"status": 204, "body": {}}


BAD = [
    ({"path": "groups/"}, "path"),
    ({"path": "//evil.example/"}, "path"),
    ({"path": "https://evil.example/groups/"}, "path"),
    ({"path": "/groups/?deep=true"}, "path"),
    ({"path": "/groups/#a"}, "path"),
    ({"path": "/groups/%2e%2e/"}, "path"),
    ({"path": "/gr oups/"}, "path"),
    ({"path": "/groups\\a"}, "path"),
    ({"path": "/groups/\r\nHost: evil.example"}, "path"),
    ({"path": ""}, "path"),
    ({"path": "/" + "a" * 500}, "path"),
    ({"method": "PATCH"}, "method"),
    ({"method": "get"}, "method"),
    ({"query": {"deep": {"a": 1}}}, "query.deep"),
    ({"headers": {"Host": "evil.example"}}, "headers"),
]


@pytest.mark.parametrize(("changed", "field"), BAD)
def test_what_leads_elsewhere_is_refused(
    connected_sigfox: ScriptedApi, management: Management, changed: dict[str, object], field: str
) -> None:
    answer = management.post("/v1/sigfox/requests", {"method": "GET", "path": "/groups/"} | changed)

    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == field
    assert not connected_sigfox.asked


@pytest.mark.parametrize("path", ["/../groups/", "/groups/..", "/./groups/", "/groups/../../admin"])
def test_a_path_that_climbs_is_refused(
    connected_sigfox: ScriptedApi, management: Management, path: str
) -> None:
    answer = management.post("/v1/sigfox/requests", {"method": "GET", "path": path})

    assert answer.status == 400
    assert not connected_sigfox.asked


def test_keys_reach_sigfox_and_are_not_shown(
    connected_sigfox: ScriptedApi, management: Management, capsys: pytest.CaptureFixture[str]
) -> None:
    callback = {"headers": {"Authorization": KEY}}
    connected_sigfox.says(Said(200, {"data": [callback], "accessToken": PASSWORD}))
    request = {"method": "POST", "path": "/device-types/5a1b/callbacks", "body": callback}

    answer = management.post("/v1/sigfox/requests", request)

    assert connected_sigfox.asked[0].body == callback
    assert answer.json["body"]["accessToken"] == "…"
    shown = f"{answer.text}{capsys.readouterr()}"
    assert "b" * 43 not in shown
    assert PASSWORD not in shown


def test_it_takes_a_right_of_its_own(connected_sigfox: ScriptedApi) -> None:
    others = [right for right in Right if right is not Right.SIGFOX_WRITE]
    weaker = Management(str(issue_key("demo", "weaker", others).token))

    assert weaker.post("/v1/sigfox/requests", {"method": "GET", "path": "/groups/"}).status == 403
    assert not connected_sigfox.asked
