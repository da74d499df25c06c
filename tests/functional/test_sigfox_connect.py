"""Connecting device types: callbacks in Sigfox are made once, put right, and those of others left alone."""

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key, keys_of, revoke_key
from sigbridge.jobs import JobKind, JobState, StepDone, due_jobs, find_job, order_job, run_job
from sigbridge.model.api_key import Right
from sigbridge.model.sigfox_device_type import ConnectMode
from sigbridge.provisioning import api_client
from sigbridge.provisioning.checking import check
from sigbridge.provisioning.connecting import (
    AlreadyConnecting,
    ConnectOrder,
    connect_device_type,
)
from sigfox_simulator.sigfox_api import CallbackRequest, SigfoxBackend
from tests.functional.conftest import Invoke
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.sigfox_api import CONTRACT, DEVICE_TYPE, GROUP, LOGIN, PASSWORD

BASE = "https://sigbridge.example.com"
CALLBACKS = f"/device-types/{DEVICE_TYPE}/callbacks"
CALLBACK, NONE, DIRECT = 1, 2, 0
BIDIR, UPLINK, ACKNOWLEDGE, STATUS, DATA_ADVANCED = (0, 3), (0, 2), (1, 4), (1, 0), (1, 6)
FOREIGN_BIDIR = {
    "channel": "URL",
    "callbackType": 0,
    "callbackSubtype": 3,
    "enabled": True,
    "url": "https://elsewhere.example.com/hook?token=made-up-secret",
    "httpMethod": "GET",
}
EMAIL = {
    "channel": "EMAIL",
    "callbackType": 0,
    "callbackSubtype": 2,
    "enabled": True,
    "recipient": "ada@example.com",
    "subject": "Message",
    "message": "{data}",
}


@pytest.fixture
def sigfox(
    sigfox_backend: SigfoxBackend,
    sigfox_api_url: str,  # noqa: ARG001 - it serves it
    management: Management,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> SigfoxBackend:
    """Sigfox's backend, to which the application is connected; its device type sends no downlinks yet."""
    waiting = partial(api_client.Surroundings, sleep=clock.wait)
    monkeypatch.setattr(api_client, "Surroundings", waiting)
    sigfox_backend.device_types[DEVICE_TYPE]["downlinkMode"] = NONE
    answer = management.request(
        "PUT",
        "/v1/sigfox",
        body={"login": LOGIN, "password": PASSWORD, "group_id": GROUP},
        headers={"host": "sigbridge.example.com"},
    )
    assert answer.status == 200, answer.text
    sigfox_backend.requests.clear()
    return sigfox_backend


@pytest.fixture
def connect(management: Management) -> Callable[..., Answer]:
    """Connects the device type."""

    def connect(mode: str = "bidir", type_id: str = DEVICE_TYPE, **options: bool) -> Answer:
        return management.post(f"/v1/sigfox/device-types/{type_id}/connect", {"mode": mode, **options})

    return connect


type Connect = Callable[..., Answer]


def asked(sigfox: SigfoxBackend) -> list[str]:
    """What was changed in Sigfox, in this order."""
    changes = [f"{each.method} {each.path}" for each in sigfox.requests if each.method != "GET"]
    sigfox.requests.clear()
    return changes


def callbacks(sigfox: SigfoxBackend) -> dict[tuple[int, int], dict[str, Any]]:
    """Its callbacks by type and subtype, of which there is one each."""
    listed = sigfox.callbacks(DEVICE_TYPE)
    found = {(each["callbackType"], each["callbackSubtype"]): each for each in listed}
    assert len(found) == len(listed)
    return found


def downlink_mode(sigfox: SigfoxBackend) -> int:
    mode: int = sigfox.device_types[DEVICE_TYPE]["downlinkMode"]
    return mode


def done(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [
        f"{each['act']} {each.get('callback', '')}".strip()
        for each in answer.json["steps"]
        if each["state"] == "done"
    ]


def test_connecting_makes_callbacks_that_bring_messages_and_downlinks(
    sigfox: SigfoxBackend, connect: Connect
) -> None:
    answer = connect()

    assert done(answer) == [
        "create BIDIR",
        "select BIDIR",
        "set_mode",
        "create ACKNOWLEDGE",
        "create DATA_ADVANCED",
        "create ERROR",
    ]
    assert asked(sigfox)[:3] == [
        f"POST {CALLBACKS}",
        f"PUT {CALLBACKS}/{callbacks(sigfox)[BIDIR]['id']}/downlink",
        f"PUT /device-types/{DEVICE_TYPE}",
    ]
    bidir = callbacks(sigfox)[BIDIR]
    assert (bidir["url"], bidir["httpMethod"], bidir["sendSni"]) == (f"{BASE}/downlink", "POST", True)
    assert (bidir["enabled"], bidir["downlinkHook"], bidir["contentType"]) == (True, True, "application/json")
    assert downlink_mode(sigfox) == CALLBACK
    [key] = [each for each in keys_of("demo") if each.name == "Sigfox callbacks of Weather stations"]
    assert key.rights == {Right.TRAFFIC_UP_WRITE}
    given = {each["headers"]["Authorization"] for each in sigfox.callbacks(DEVICE_TYPE)}
    assert [token.split("_")[1] for token in given] == [key.id]
    assert not any(token in answer.text for token in given)


@pytest.mark.parametrize("mode", ["bidir", "uplink", "advanced"])
def test_connecting_twice_changes_nothing(sigfox: SigfoxBackend, connect: Connect, mode: str) -> None:
    connect(mode)
    asked(sigfox)
    keys = keys_of("demo")

    assert done(connect(mode)) == []
    assert asked(sigfox) == []
    assert keys_of("demo") == keys


def test_answers_that_drift_from_their_description_change_nothing(
    sigfox: SigfoxBackend, connect: Connect
) -> None:
    connect()
    sigfox.drifting = True
    asked(sigfox)

    assert done(connect()) == []


def test_a_dry_run_changes_nothing_and_says_the_same(sigfox: SigfoxBackend, connect: Connect) -> None:
    planned = connect(dry_run=True)

    assert asked(sigfox) == []
    assert {each["state"] for each in planned.json["steps"]} == {"planned"}
    assert not [each for each in keys_of("demo") if "Sigfox" in each.name]
    assert [each["act"] for each in planned.json["steps"]] == [
        each["act"] for each in connect().json["steps"]
    ]


def edited(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda callback: callback.update(changes)


def with_bad_key(callback: dict[str, Any]) -> None:
    callback["headers"] = {"authorization": "Bearer made-up", "X-Site": "north"}


def without_headers(callback: dict[str, Any]) -> None:
    del callback["headers"]


EDITS: dict[str, tuple[Callable[[dict[str, Any]], None], list[str]]] = {
    "url": (edited(url=f"{BASE}/downlnik"), ["url"]),
    "in clear": (edited(url="http://sigbridge.example.com/downlink"), ["url"]),
    "with a query": (edited(url=f"{BASE}/downlink?a=1"), ["url"]),
    "method": (edited(httpMethod="PUT"), ["httpMethod"]),
    "body": (edited(bodyTemplate='{"device":"{device}","time":{time}}'), ["bodyTemplate"]),
    "body that is no JSON": (
        edited(bodyTemplate="{device};{data}", contentType="text/plain"),
        ["contentType", "bodyTemplate"],
    ),
    "content type": (edited(contentType="application/x-www-form-urlencoded"), ["contentType"]),
    "key": (with_bad_key, ["headers.Authorization"]),
    "no headers": (without_headers, ["headers.Authorization"]),
    "disabled": (edited(enabled=False), ["enabled"]),
    "no SNI": (edited(sendSni=False), ["sendSni"]),
    "all at once": (edited(enabled=False, sendSni=False, url=f"{BASE}/x"), ["enabled", "url", "sendSni"]),
}


@pytest.mark.parametrize("case", EDITS)
def test_what_was_edited_by_hand_is_put_right_by_one_request(
    sigfox: SigfoxBackend, connect: Connect, management: Management, case: str
) -> None:
    connect()
    made = {id_: dict(each) for id_, each in callbacks(sigfox).items()}
    bidir = callbacks(sigfox)[BIDIR]
    edit, fields = EDITS[case]
    edit(bidir)
    asked(sigfox)

    drift = management.get(f"/v1/sigfox/device-types/{DEVICE_TYPE}/drift").json["drift"]
    assert [each["field"] for each in drift] == fields
    assert {(each["callback"], each["callback_id"]) for each in drift} == {("BIDIR", bidir["id"])}
    connect()

    assert asked(sigfox) == [f"PUT {CALLBACKS}/{bidir['id']}"]
    repaired = callbacks(sigfox)[BIDIR]
    assert {k: v for k, v in repaired.items() if k != "headers"} == {
        k: v for k, v in made[BIDIR].items() if k != "headers"
    }
    assert repaired["headers"]["Authorization"] == made[BIDIR]["headers"]["Authorization"]
    assert management.get(f"/v1/sigfox/device-types/{DEVICE_TYPE}/drift").json["drift"] == []


def test_a_good_key_and_other_headers_are_left(sigfox: SigfoxBackend, connect: Connect) -> None:
    connect()
    bidir = callbacks(sigfox)[BIDIR]
    bidir["headers"] |= {"X-Site": "north"}
    bidir["sendSni"] = False
    connect()
    [repair] = [each.body for each in sigfox.requests if each.path == f"{CALLBACKS}/{bidir['id']}"]
    assert "headers" not in repair

    with_bad_key(bidir)
    connect()
    assert bidir["headers"].keys() == {"X-Site", "Authorization"}


def test_what_a_user_added_to_a_body_stays(sigfox: SigfoxBackend, connect: Connect) -> None:
    connect("uplink")
    uplink = callbacks(sigfox)[UPLINK]
    uplink["bodyTemplate"] = '{"device":"{device}","data":"{data}","time":"{time}","t":{customData#t}}'
    connect("uplink")

    body = callbacks(sigfox)[UPLINK]["bodyTemplate"]
    assert body == (
        '{"device":"{device}","time":"{time}","data":"{data}","seqNumber":{seqNumber},"t":{customData#t}}'
    )
    asked(sigfox)
    assert done(connect("uplink")) == []


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("not a key that is known", lambda token: f"{token[:-4]}aaaa"),
        (
            "a key without the right traffic:up:write",
            lambda _: str(issue_key("demo", "r", [Right.TRAFFIC_READ]).token),
        ),
        (
            "a key whose time is over",
            lambda _: str(issue_key("demo", "o", [Right.TRAFFIC_UP_WRITE], 1).token),
        ),
    ],
)
def test_a_key_that_is_not_good_is_replaced_by_the_one_of_another_callback(
    sigfox: SigfoxBackend, connect: Connect, management: Management, name: str, spoil: Callable[[str], str]
) -> None:
    connect()
    bidir = callbacks(sigfox)[BIDIR]
    good = bidir["headers"]["Authorization"]
    bidir["headers"]["Authorization"] = spoil(good)
    number = len(keys_of("demo"))

    shown = management.get(f"/v1/sigfox/device-types/{DEVICE_TYPE}/drift")
    assert [each["current"] for each in shown.json["drift"]] == [name]
    assert bidir["headers"]["Authorization"] not in shown.text
    connect()

    assert bidir["headers"]["Authorization"] == good
    assert len(keys_of("demo")) == number


def test_a_revoked_key_is_replaced_everywhere_by_one_new_one(sigfox: SigfoxBackend, connect: Connect) -> None:
    connect()
    [key] = [each for each in keys_of("demo") if "Sigfox" in each.name]
    revoke_key("demo", key.id)

    assert done(connect()) == [
        "repair BIDIR",
        "repair ACKNOWLEDGE",
        "repair DATA_ADVANCED",
        "repair ERROR",
    ]

    given = {each["headers"]["Authorization"] for each in sigfox.callbacks(DEVICE_TYPE)}
    assert len(given) == 1
    assert key.id not in given.pop()


def test_callbacks_of_another_application_are_not_taken(
    sigfox: SigfoxBackend,
    connect: Connect,
    table: str,  # noqa: ARG001 - it holds the other application
) -> None:
    create_application("other")
    connect()
    callbacks(sigfox)[BIDIR]["headers"]["Authorization"] = str(
        issue_key("other", "x", [Right.TRAFFIC_UP_WRITE]).token
    )
    asked(sigfox)

    refused = connect()
    assert refused.status == 409
    assert "another application" in refused.json["message"]
    assert asked(sigfox) == []
    assert done(connect(force=True)) == ["repair BIDIR"]


@pytest.mark.parametrize("is_selected", [True, False])
def test_a_foreign_bidir_is_kept(sigfox: SigfoxBackend, connect: Connect, is_selected: bool) -> None:
    sigfox.add_callback(DEVICE_TYPE, FOREIGN_BIDIR)
    [foreign] = sigfox.callbacks(DEVICE_TYPE)
    foreign["downlinkHook"] = is_selected
    before = json.dumps(foreign)

    refused = connect()

    assert refused.status == 409
    assert "https://elsewhere.example.com/hook" in refused.json["message"]
    assert "made-up-secret" not in refused.text
    assert asked(sigfox) == []
    assert sigfox.callbacks(DEVICE_TYPE) == [json.loads(before)]

    assert "create BIDIR" in done(connect(force=True))
    [kept] = [each for each in sigfox.callbacks(DEVICE_TYPE) if "elsewhere" in each["url"]]
    assert kept == json.loads(before) | {"downlinkHook": False}
    asked(sigfox)
    assert (done(connect()), asked(sigfox)) == ([], [])


def test_a_foreign_bidir_is_in_no_way_of_uplinks(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.add_callback(DEVICE_TYPE, FOREIGN_BIDIR)

    assert done(connect("uplink")) == ["create UPLINK", "create DATA_ADVANCED", "create ERROR"]
    assert downlink_mode(sigfox) == NONE


def test_direct_downlinks_are_not_stopped_unasked(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.device_types[DEVICE_TYPE]["downlinkMode"] = DIRECT

    planned = connect(dry_run=True)
    assert planned.json["obstacles"] == [
        "The downlink mode is DIRECT: Sigfox answers devices by itself, which would stop"
    ]
    assert connect().status == 409
    assert (asked(sigfox), downlink_mode(sigfox)) == ([], DIRECT)
    connect(force=True)
    assert downlink_mode(sigfox) == CALLBACK


def test_a_contract_without_downlinks_is_not_asked_for_any(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.add_contract(GROUP, "uplinks", "Silver", bidir=False)
    sigfox.add_device_type(GROUP, "up", "Up", "uplinks", downlink_mode=NONE)

    refused = connect(type_id="up")
    assert (refused.status, "uplink" in refused.json["message"]) == (409, True)
    assert connect("uplink", type_id="up").status == 200


def test_emails_are_left(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.add_callback(DEVICE_TYPE, EMAIL)

    answer = connect()

    [left] = [each for each in answer.json["steps"] if each["state"] == "left"]
    assert (left["act"], left["callback"], left["reason"]) == ("leave", "EMAIL", "not ours")


def test_status_is_never_made_and_mended_where_it_is(sigfox: SigfoxBackend, connect: Connect) -> None:
    connect()
    assert STATUS not in callbacks(sigfox)
    sigfox.add_callback(
        DEVICE_TYPE,
        {
            "channel": "URL",
            "callbackType": 1,
            "callbackSubtype": 0,
            "enabled": True,
            "url": f"{BASE}/sigfox/status",
            "httpMethod": "POST",
        },
    )

    assert done(connect()) == ["repair STATUS"]
    assert callbacks(sigfox)[STATUS]["headers"] == callbacks(sigfox)[BIDIR]["headers"]


def test_what_sigfox_refuses_beside_the_messages_stops_nothing(
    sigfox: SigfoxBackend, connect: Connect, management: Management
) -> None:
    sigfox.fail_next(400, "POST", CALLBACKS, skip=1)

    answer = connect()

    states = {each["callback"]: each["state"] for each in answer.json["steps"] if each["act"] == "create"}
    refused = {"BIDIR": "done", "ACKNOWLEDGE": "refused", "DATA_ADVANCED": "done", "ERROR": "done"}
    assert states == refused
    [listed] = management.get("/v1/sigfox/device-types").json["device_types"]
    assert listed["drift"] == ["ACKNOWLEDGE: there is none"]


def test_what_brings_messages_goes_on_where_sigfox_refuses_its_successor(
    sigfox: SigfoxBackend, connect: Connect
) -> None:
    connect()
    keys = keys_of("demo")
    revoke_key("demo", next(each.id for each in keys if "Sigfox" in each.name))
    number = len(keys_of("demo"))
    sigfox.fail_next(400, "PUT", f"{CALLBACKS}/*")

    refused = connect("advanced")

    assert refused.status == 400
    assert callbacks(sigfox)[BIDIR]["enabled"]
    assert downlink_mode(sigfox) == CALLBACK
    assert len(keys_of("demo")) == number


def test_errors_are_made_with_another_subtype_where_seven_is_refused(
    sigfox: SigfoxBackend, connect: Connect
) -> None:
    sigfox.fail_next(400, "POST", CALLBACKS, skip=3)

    assert "create ERROR" in done(connect())
    assert (2, 0) in callbacks(sigfox)
    assert done(connect()) == []


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (["networkMetadata"], {"duplicates"}),
        (["geolocation"], {"computedLocation"}),
        (["networkMetadata", "geolocation"], {"duplicates", "computedLocation"}),
    ],
)
def test_advanced_data_are_asked_for_as_far_as_the_contract_has_them(
    sigfox: SigfoxBackend, connect: Connect, options: list[str], fields: set[str]
) -> None:
    sigfox.add_contract(GROUP, "more", "Platinum", options=options)
    sigfox.add_device_type(GROUP, "advanced", "Advanced", "more", downlink_mode=NONE)

    connect(type_id="advanced")

    [body] = [each["bodyTemplate"] for each in sigfox.callbacks("advanced") if each["callbackSubtype"] == 6]
    named = {name for name in ("duplicates", "computedLocation") if f'"{name}":{{{name}}}' in body}
    assert named == fields


def test_a_contract_that_is_not_shown_brings_no_variables_that_may_be_missing(
    sigfox: SigfoxBackend, connect: Connect
) -> None:
    sigfox.forbid("/contract-infos/*")

    assert done(connect("advanced")) == ["create DATA_ADVANCED", "create ERROR"]
    assert "duplicates" not in callbacks(sigfox)[DATA_ADVANCED]["bodyTemplate"]


def test_switching_modes_disables_what_would_bring_messages_twice(
    sigfox: SigfoxBackend, connect: Connect
) -> None:
    connect()
    assert done(connect("uplink")) == ["create UPLINK", "set_mode", "disable BIDIR"]
    assert (callbacks(sigfox)[BIDIR]["enabled"], downlink_mode(sigfox)) == (False, NONE)

    assert done(connect()) == ["repair BIDIR", "set_mode", "disable UPLINK"]
    assert (callbacks(sigfox)[BIDIR]["enabled"], callbacks(sigfox)[UPLINK]["enabled"]) == (True, False)
    assert downlink_mode(sigfox) == CALLBACK

    assert done(connect("advanced")) == ["set_mode", "disable BIDIR"]
    assert not any(callbacks(sigfox)[kind]["enabled"] for kind in (BIDIR, UPLINK))


def test_of_several_of_ours_the_enabled_one_is_used_and_the_others_named(
    sigfox: SigfoxBackend, connect: Connect
) -> None:
    connect()
    bidir = callbacks(sigfox)[BIDIR]
    copy = {name: value for name, value in bidir.items() if name not in {"id", "downlinkHook", "dead"}}
    sigfox.add_callback(DEVICE_TYPE, copy | {"enabled": False})
    asked(sigfox)

    answer = connect()

    assert asked(sigfox) == []
    reasons = [each["reason"] for each in answer.json["steps"] if each.get("callback") == "BIDIR"]
    assert reasons == ["as it should be", "there is another one of ours"]


REQUESTS = 10


@pytest.mark.parametrize("number", range(1, REQUESTS + 1))
def test_a_crash_after_any_request_is_made_good_by_connecting_again(
    sigfox: SigfoxBackend, connect: Connect, clock: Clock, number: int
) -> None:
    sigfox.crash_after(number)
    connect()
    sigfox.mend()
    clock.wait(61)

    answer = connect()

    assert answer.status == 200
    assert "stopped_by" not in answer.json
    kinds = Counter((each["callbackType"], each["callbackSubtype"]) for each in sigfox.callbacks(DEVICE_TYPE))
    assert kinds == {BIDIR: 1, ACKNOWLEDGE: 1, DATA_ADVANCED: 1, (2, 7): 1}
    assert callbacks(sigfox)[BIDIR]["downlinkHook"]
    assert downlink_mode(sigfox) == CALLBACK
    asked(sigfox)
    assert done(connect()) == []


def test_that_many_requests_connect_a_device_type(sigfox: SigfoxBackend, connect: Connect) -> None:
    connect()

    assert len(sigfox.requests) == REQUESTS - 1


@pytest.mark.parametrize("status", [0, 500])
def test_a_callback_whose_answer_was_lost_is_not_made_again(
    sigfox: SigfoxBackend, connect: Connect, status: int
) -> None:
    sigfox.fail_next(status, "POST", CALLBACKS, before=False)

    answer = connect()

    assert "create BIDIR" in done(answer)
    assert len(sigfox.callbacks(DEVICE_TYPE)) == 4
    assert len([each for each in keys_of("demo") if "Sigfox" in each.name]) == 1


def test_a_key_that_sigfox_may_have_is_not_revoked(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.fail_next(0, "POST", CALLBACKS, before=False)
    sigfox.fail_next(429, "GET", CALLBACKS, times=4, skip=1)

    assert connect().status == 503
    sigfox.mend()
    assert "create BIDIR" not in done(connect())

    assert len(sigfox.callbacks(DEVICE_TYPE)) == 4
    assert len([each for each in keys_of("demo") if "Sigfox" in each.name]) == 1


def test_two_at_once_make_no_callback_twice(
    sigfox: SigfoxBackend, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ConnectOrder("demo", DEVICE_TYPE, ConnectMode.BIDIR)
    post = api_client.ApiClient.post
    second: list[type[Exception]] = []

    def meanwhile(self: api_client.ApiClient, path: str, body: Any = None) -> Any:
        if not second:
            with pytest.raises(AlreadyConnecting) as refused:
                connect_device_type(order)
            second.append(refused.type)
        return post(self, path, body)

    monkeypatch.setattr(api_client.ApiClient, "post", meanwhile)
    connect_device_type(order)

    assert len(callbacks(sigfox)) == 4
    assert second
    asked(sigfox)
    assert done(connect()) == []


def test_too_many_requests_midway_say_what_is_done_and_are_gone_on_with(
    sigfox: SigfoxBackend, connect: Connect, management: Management
) -> None:
    sigfox.fail_next(429, "POST", CALLBACKS, times=100, skip=1)

    stopped = connect()

    assert done(stopped) == ["create BIDIR", "select BIDIR", "set_mode"]
    assert "no more requests" in stopped.json["stopped_by"]
    planned = [each["callback"] for each in stopped.json["steps"] if each["state"] == "planned"]
    assert planned == ["ACKNOWLEDGE", "DATA_ADVANCED", "ERROR"]
    [listed] = management.get("/v1/sigfox/device-types").json["device_types"]
    assert listed["drift"] == [f"{callback}: there is none" for callback in planned]
    sigfox.mend()
    assert done(connect()) == [f"create {callback}" for callback in planned]
    assert len([each for each in keys_of("demo") if "Sigfox" in each.name]) == 1


def test_a_group_without_rights_leaves_nothing_behind(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.forbid(f"{CALLBACKS}*", "POST")

    refused = connect()

    assert refused.status == 424
    assert "right" in refused.json["message"]
    assert sigfox.callbacks(DEVICE_TYPE) == []
    assert not [each for each in keys_of("demo") if "Sigfox" in each.name]


def test_a_device_type_of_another_group_is_not_known(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.add_group("strangers", "Strangers")
    sigfox.add_contract("strangers", "theirs", "Gold")
    sigfox.add_device_type("strangers", "foreign", "Foreign", "theirs")

    refused = connect(type_id="foreign")

    assert refused.status == 404
    assert "has no device type 'foreign'" in refused.json["message"]
    assert not [each for each in sigfox.requests if "foreign" in each.path]


def test_a_device_type_of_a_group_below_is_connected(sigfox: SigfoxBackend, connect: Connect) -> None:
    sigfox.add_group("field", "Field", parent=GROUP)
    sigfox.add_contract("field", "field", "Gold")
    sigfox.add_device_type("field", "probes", "Probes", "field", downlink_mode=NONE)

    assert connect(type_id="probes").status == 200


@pytest.mark.parametrize("missing", [Right.SIGFOX_WRITE, Right.TRAFFIC_UP_WRITE])
def test_connecting_needs_both_rights(sigfox: SigfoxBackend, missing: Right) -> None:
    rights = set(Right) - {missing}
    limited = Management(str(issue_key("demo", "limited", rights).token))

    refused = limited.post(f"/v1/sigfox/device-types/{DEVICE_TYPE}/connect", {"mode": "bidir"})

    assert refused.status == 403
    assert sigfox.requests == []


def test_an_application_that_is_not_connected_can_connect_no_device_type(
    management: Management,
    table: str,  # noqa: ARG001 - nothing is in it
) -> None:
    refused = management.post("/v1/sigfox/device-types/any/connect", {"mode": "bidir"})

    assert refused.status == 404
    assert "not connected" in refused.json["message"]


def test_what_drifted_is_found_daily_and_shown(
    sigfox: SigfoxBackend,
    connect: Connect,
    management: Management,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sigfox.add_device_type(GROUP, "untouched", "Untouched", CONTRACT)
    sigfox.add_device_type(GROUP, "type2", "Meters", CONTRACT, downlink_mode=NONE)
    connect()
    connect(type_id="type2")
    callbacks(sigfox)[ACKNOWLEDGE]["enabled"] = False
    sigfox.device_types[DEVICE_TYPE]["downlinkMode"] = NONE
    clock.wait(3_600)

    job = order_job("demo", JobKind.SIGFOX_CHECK, {})
    for due in due_jobs(clock.now_ms):
        run_job(due, {JobKind.SIGFOX_CHECK: check}, clock.now_ms + 60_000)

    ended = find_job("demo", job.id)
    drift = [
        "downlinkMode is NONE, and should be CALLBACK",
        "ACKNOWLEDGE: enabled is not as it should be",
    ]
    assert (ended.state, ended.progress.looked_at) == (JobState.DONE, 2)
    assert ended.progress.notes == (f"Weather stations ({DEVICE_TYPE}): {'; '.join(drift)}",)
    assert "callbacks in Sigfox are not as they were made" in caplog.text
    listed = {each["id"]: each for each in management.get("/v1/sigfox/device-types").json["device_types"]}
    assert listed[DEVICE_TYPE]["drift"] == drift
    assert listed[DEVICE_TYPE]["checked_at"] == listed["type2"]["checked_at"]
    assert listed["type2"]["drift"] == []
    assert "connected_as" not in listed["untouched"]
    assert done(connect()) == ["set_mode", "repair ACKNOWLEDGE"]


@pytest.mark.parametrize(("status", "times"), [(429, 4), (503, 3)])
def test_a_check_waits_where_sigfox_is_busy_or_down_and_names_types_that_are_gone(
    status: int, times: int, sigfox: SigfoxBackend, connect: Connect, clock: Clock
) -> None:
    sigfox.add_device_type(GROUP, "type2", "Meters", CONTRACT, downlink_mode=NONE)
    connect()
    connect(type_id="type2")
    del sigfox.device_types["type2"]
    sigfox.fail_next(status, "GET", CALLBACKS, times=times)
    job = order_job("demo", JobKind.SIGFOX_CHECK, {})

    for _ in range(2):
        for due in due_jobs(clock.now_ms):
            run_job(due, {JobKind.SIGFOX_CHECK: check}, clock.now_ms + 60_000)
        clock.wait(300)

    ended = find_job("demo", job.id)
    assert (ended.state, ended.progress.looked_at, ended.progress.failed) == (JobState.DONE, 2, 1)


@pytest.mark.parametrize("status", [403, 404])
def test_a_type_whose_callbacks_may_not_be_seen_does_not_keep_others_from_being_checked(
    status: int, sigfox: SigfoxBackend, connect: Connect, clock: Clock
) -> None:
    sigfox.add_device_type(GROUP, "type2", "Meters", CONTRACT, downlink_mode=NONE)
    connect()
    connect(type_id="type2")
    sigfox.fail_next(status, "GET", CALLBACKS)
    sigfox.device_types["type2"]["downlinkMode"] = NONE
    job = order_job("demo", JobKind.SIGFOX_CHECK, {})

    for due in due_jobs(clock.now_ms):
        run_job(due, {JobKind.SIGFOX_CHECK: check}, clock.now_ms + 60_000)

    ended = find_job("demo", job.id)
    assert (ended.state, ended.progress.looked_at, ended.progress.failed) == (JobState.DONE, 2, 1)
    assert len(ended.progress.notes) == 1


@pytest.mark.parametrize("odd", [{"id": ""}, {"id": "not an id"}])
def test_a_device_type_that_can_not_be_read_is_in_nobodys_way(
    odd: dict[str, Any], sigfox: SigfoxBackend, connect: Connect, management: Management
) -> None:
    sigfox.device_types["odd"] = sigfox.device_types[DEVICE_TYPE] | odd

    assert connect().status == 200
    listed = management.get("/v1/sigfox/device-types")
    assert listed.status == 200, listed.text
    assert [each["id"] for each in listed.json["device_types"]] == [DEVICE_TYPE]


def test_a_contract_that_can_not_be_read_is_none(
    sigfox: SigfoxBackend, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sigfox.contracts[CONTRACT], "id", None)

    assert connect("uplink").status == 200


@pytest.mark.usefixtures("application")
def test_a_fleet_whose_callbacks_all_drifted_is_checked_to_the_end(clock: Clock) -> None:
    """What a job has to tell must fit into its item."""
    job = order_job("demo", JobKind.SIGFOX_CHECK, {})
    far_too_many = [StepDone("on", notes=(f"{number}: {'drift ' * 500}",)) for number in range(300)]
    steps = iter([*far_too_many, StepDone(None)])

    for due in due_jobs(clock.now_ms):
        run_job(due, {JobKind.SIGFOX_CHECK: lambda _job: next(steps)}, clock.now_ms + 60_000)

    ended = find_job("demo", job.id)
    assert ended.state is JobState.DONE
    assert ended.progress.notes[0].startswith("0: drift")


def test_drift_of_a_type_that_is_not_connected_is_not_known(
    sigfox: SigfoxBackend, management: Management
) -> None:
    refused = management.get(f"/v1/sigfox/device-types/{DEVICE_TYPE}/drift")

    assert refused.status == 404
    assert "is not connected" in refused.json["message"]
    assert [each.method for each in sigfox.requests if each.method != "GET"] == []


FUNCTIONS = {
    "/uplink": "uplink",
    "/downlink": "bidir_downlink",
    "/sigfox/acknowledge": "sigfox_service",
    "/sigfox/data-advanced": "sigfox_service",
}


@pytest.mark.parametrize(("mode", "callbacks_each"), [("bidir", 2), ("uplink", 2), ("advanced", 1)])
def test_what_a_device_sends_arrives_once_by_the_callbacks_that_were_made(
    sigfox: SigfoxBackend,
    connect: Connect,
    management: Management,
    invoke: Invoke,
    mode: str,
    callbacks_each: int,
) -> None:
    sigfox.add_contract(GROUP, "all", "Platinum", options=["networkMetadata", "geolocation"])
    sigfox.add_device_type(GROUP, "rooms", "Cold rooms", "all", downlink_mode=NONE)
    sigfox.add_device("rooms", "A1B2", "0123456789ABCDEF")
    answers: list[Answer] = []

    def deliver(request: CallbackRequest) -> int:
        path = urlsplit(request.url).path
        called = event("uplink.json", body=request.body)
        names = {name.lower(): value for name, value in request.headers.items()}
        called["headers"] = {"content-type": request.content_type} | names
        called["pathParameters"] = {"service": path.rpartition("/")[2]}
        answers.append(invoke(FUNCTIONS[path], called))
        return answers[-1].status

    connect(mode, type_id="rooms")
    called = sigfox.transmit("A1B2", "17012c", ack=True, deliver=deliver)

    assert len(called) == callbacks_each
    assert [answer.text for answer in answers if answer.status >= 300] == []
    shown = management.get("/v1/devices/A1B2/messages").json["messages"]
    assert [each["payload"] for each in shown] == ["17012c"]
    acknowledgements = sigfox.acknowledge("A1B2", deliver=deliver)
    assert len(acknowledgements) == (mode == "bidir")
    assert answers[-1].status < 300
