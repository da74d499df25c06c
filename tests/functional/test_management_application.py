"""`/v1/application`, and what all routes of the management API have in common."""

import pytest

from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from tests.functional.management import Management


def test_an_application_is_shown_with_its_settings(management: Management) -> None:
    told = management.get("/v1/application").json

    assert told.pop("created_at").endswith("Z")
    assert told == {
        "id": "demo",
        "name": "demo",
        "unknown_devices": "register",
        "payload_encoding": "hex",
        "daily_downlinks": 4,
        "downlink_quota": "report",
    }


def test_settings_are_changed_and_others_stay(management: Management) -> None:
    changes = {"unknown_devices": "reject", "retention_days": 30, "name": "Greenhouse"}

    told = management.patch("/v1/application", changes).json

    assert told["daily_downlinks"] == 4
    assert {name: told[name] for name in changes} == changes
    assert management.get("/v1/application").json == told


def test_the_retention_can_be_the_stacks_again(management: Management) -> None:
    management.patch("/v1/application", {"retention_days": 7})

    assert "retention_days" not in management.patch("/v1/application", {"retention_days": None}).json


def test_a_form_is_not_read_as_json(management: Management) -> None:
    answer = management.request(
        "PATCH",
        "/v1/application",
        body='{"name":"x=3"}',
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert answer.status == 415
    assert "application/json" in answer.json["message"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"colour": "red", "size": 3}, ["colour", "size"]),
        ({"unknown_devices": "ignore"}, ["unknown_devices"]),
        ({"daily_downlinks": -1}, ["daily_downlinks"]),
        ({"retention_days": 0}, ["retention_days"]),
        ({"retention_days": 3651}, ["retention_days"]),
        ({"name": ""}, ["name"]),
        ({"name": None}, ["name"]),
        ({"retention_days": True, "daily_downlinks": "7"}, ["daily_downlinks", "retention_days"]),
        ([], ["body"]),
        ("{", None),
        (None, ["body"]),
    ],
)
def test_what_is_wrong_with_a_body_is_named(
    management: Management, body: object, fields: list[str] | None
) -> None:
    answer = management.patch("/v1/application", body)

    assert answer.status == 400
    assert answer.json["status"] is False
    assert [error["field"] for error in answer.json.get("errors", [])] == (fields or [])


def test_a_query_that_is_not_known_is_named(management: Management) -> None:
    answer = management.get("/v1/application", colour="red")

    assert answer.status == 400
    assert answer.json["errors"] == [{"field": "colour", "message": "is not known here"}]


@pytest.mark.parametrize("key", ["", "sbk_nonsense"])
def test_nobody_comes_in_without_a_key(application: object, key: str) -> None:  # noqa: ARG001
    answer = Management(key).patch("/v1/application", {"colour": "red"})

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_right_is_needed(application: object) -> None:  # noqa: ARG001
    key = str(issue_key("demo", "reader", [Right.DEVICES_READ]).token)

    assert Management(key).get("/v1/application").status == 200
    assert Management(key).patch("/v1/application", {"name": "mine"}).status == 403


def test_what_does_not_exist_is_404(management: Management) -> None:
    assert management.get("/v1/nothing").json == {"status": False, "message": "There is no such route"}
    assert management.delete("/v1/application").status == 404
