"""`/v1/keys`: keys that are made, changed and revoked by the holders of other keys."""

import json
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigbridge.applications import create_application
from sigbridge.clock import rfc3339
from sigbridge.credentials import (
    KeySpec,
    TooManyKeys,
    authenticate,
    change_key,
    grant_key,
    issue_key,
    keys_of,
    revoke_key,
    revoke_key_as,
)
from sigbridge.credentials.authentication import KNOWN_FOR_SECONDS
from sigbridge.credentials.issuing import MOST_KEYS
from sigbridge.errors import SigbridgeError
from sigbridge.model.api_key import ApiKey, Right
from sigbridge.model.application import Application
from sigbridge.model.field_mapping import Field, FieldMapping, InvalidMapping
from sigbridge.store import api_keys
from sigbridge.telemetry import logger
from tests.functional.conftest import Stored, used_key
from tests.functional.failing_store import FAILURES, Failure, failing, is_key_look_up
from tests.functional.lambdas import call, event
from tests.functional.management import Management
from tests.functional.played_device import DAY, HOUR, START_MS, Clock

UNKNOWN_ID = "a" * 16


@pytest.fixture
def keeper(application: Application) -> Management:
    """The management API, with a key of `demo` that manages keys and reads devices."""
    return Management(used_key(application.id, [Right.KEYS_WRITE, Right.DEVICES_READ]))


@pytest.fixture
def day_keeper(application: Application, clock: Clock) -> Management:
    """The same, with a key that ends in a day."""
    rights = [Right.KEYS_WRITE, Right.DEVICES_READ]
    token = str(issue_key(application.id, "day", rights, clock.now_ms + DAY * 1000).token)
    authenticate(token)
    return Management(token)


def id_of(token: str) -> str:
    return token.split("_")[1]


def listed(management: Management, key_id: str) -> Any:
    """What the list tells of a key."""
    [key] = [key for key in management.get("/v1/keys").json["keys"] if key["id"] == key_id]
    return key


def make(management: Management, **changes: object) -> Any:
    """Makes a key and gives what is told of it."""
    answer = management.post("/v1/keys", {"name": "made", "rights": ["devices:read"]} | changes)
    assert answer.status == 201, answer.text
    return answer.json


def passes(token: str) -> bool:
    """Tells whether a key may read the application."""
    return Management(token).get("/v1/application").status == 200


# Making


def test_a_new_key_is_told_with_its_secret_and_works(management: Management, clock: Clock) -> None:
    told = make(
        management,
        name="Sigfox callbacks",
        rights=["traffic:up:write", "devices:read", "devices:read"],
        valid_until=rfc3339(clock.now_ms + DAY * 1000),
        additional_parameter="serial=devaddr;payload=payload_raw",
    )
    token = told.pop("token")

    assert told == {
        "id": id_of(token),
        "name": "Sigfox callbacks",
        "rights": ["traffic:up:write", "devices:read"],
        "created_at": rfc3339(clock.now_ms),
        "valid_until": rfc3339(clock.now_ms + DAY * 1000),
        "additional_parameter": "serial=devaddr;payload=payload_raw",
        "ends_with": token[-5:],
    }
    assert passes(token)
    assert listed(management, told["id"]) == told | {"last_used_on": rfc3339(clock.now_ms)[:10]}


def test_the_additional_parameter_of_a_new_key_maps_the_fields_of_its_sender(
    management: Management, stored: Stored
) -> None:
    token = make(management, rights=["traffic:up:write"], additional_parameter="serial=box.name")["token"]

    answer = call("uplink", event("uplink.json", body={"box": {"name": "1A2B3C"}, "data": "00"}), token)

    assert answer.status == 200
    assert stored("DEVICE#demo#1A2B3C", "MSG#")


def test_a_key_ends_at_its_moment(management: Management, clock: Clock) -> None:
    token = make(management, valid_until=rfc3339(clock.now_ms + HOUR * 1000))["token"]

    clock.wait(HOUR - 1)
    assert passes(token)
    clock.wait(1)
    assert not passes(token)


@pytest.mark.parametrize("moment", ["2090-01-31T12:30:00Z", "2090-01-31T13:30:00.000+01:00"])
def test_an_expiry_may_be_in_any_time_zone(management: Management, moment: str) -> None:
    assert make(management, valid_until=moment)["valid_until"] == "2090-01-31T12:30:00.000Z"


def test_a_key_without_an_expiry_never_ends(management: Management) -> None:
    assert "valid_until" not in make(management, valid_until=None)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name", "rights"]),
        ({"colour": "red"}, ["colour"]),
        ({"token": "sbk_mine"}, ["token"]),
        ({"name": ""}, ["name"]),
        ({"name": "n" * 101}, ["name"]),
        ({"name": 3}, ["name"]),
        ({"rights": []}, ["rights"]),
        ({"rights": "devices:read"}, ["rights"]),
        ({"rights": ["devices:read", "devices:own"]}, ["rights[1]"]),
        ({"rights": [None]}, ["rights[0]"]),
        ({"valid_until": "soon"}, ["valid_until"]),
        ({"valid_until": ""}, ["valid_until"]),
        ({"valid_until": 4102444800}, ["valid_until"]),
        ({"valid_until": "2090-02-30T00:00:00Z"}, ["valid_until"]),
        ({"valid_until": "9999-12-31T23:59:59Z"}, ["valid_until"]),
        ({"valid_until": "2001-01-31T00:00:00Z"}, ["valid_until"]),
        ({"additional_parameter": "serial"}, ["additional_parameter"]),
        ({"additional_parameter": "serial=a;serial=b"}, ["additional_parameter"]),
        ({"additional_parameter": "colour=blue"}, ["additional_parameter"]),
        ({"additional_parameter": None}, ["additional_parameter"]),
        ({"additional_parameter": "serial=" + "a" * 1000}, ["additional_parameter"]),
        ([], ["body"]),
        (None, ["body"]),
    ],
)
def test_what_is_wrong_with_a_new_key_is_named_and_nothing_is_stored(
    management: Management, stored: Stored, body: Any, fields: list[str]
) -> None:
    wanted = {"name": "made", "rights": ["devices:read"]} | body if body else body
    before = stored()

    answer = management.post("/v1/keys", wanted)

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == fields
    assert stored() == before


def test_a_key_that_would_be_over_at_once_is_not_made(management: Management, clock: Clock) -> None:
    answer = management.post(
        "/v1/keys", {"name": "n", "rights": ["devices:read"], "valid_until": rfc3339(clock.now_ms)}
    )

    assert answer.status == 400
    assert answer.json["errors"] == [{"field": "valid_until", "message": "must be in the future"}]


mappings = st.dictionaries(
    st.sampled_from(Field), st.lists(st.text("abcXYZ_- 09", min_size=1), min_size=1, max_size=3), max_size=6
).map(lambda paths: ";".join(f"{field}={'.'.join(path)}" for field, path in paths.items()))


@given(text=mappings | st.text("serialpot=;. é", max_size=40))
def test_an_additional_parameter_is_taken_if_and_only_if_a_callback_could_be_read_with_it(
    management: Management, text: str
) -> None:
    answer = management.post(
        "/v1/keys", {"name": "n", "rights": ["devices:read"], "additional_parameter": text}
    )

    if answer.status == 201:
        FieldMapping.parse(answer.json["additional_parameter"])
        management.delete(f"/v1/keys/{answer.json['id']}")
    else:
        assert [error["field"] for error in answer.json["errors"]] == ["additional_parameter"]
        with pytest.raises(InvalidMapping):
            FieldMapping.parse(text)


# Rights


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_whoever_manages_keys_needs_the_right_to(application: Application, method: str) -> None:
    weak = Management(used_key(application.id, set(Right) - {Right.KEYS_WRITE}))
    path = "/v1/keys" if method in {"GET", "POST"} else f"/v1/keys/{UNKNOWN_ID}"
    body = {"name": "n", "rights": ["devices:read"]} if method == "POST" else {"name": "n"}

    answer = weak.request(method, path, body=body if method in {"POST", "PATCH"} else None)

    assert answer.status == 403
    assert answer.json == {"status": False, "message": "The key lacks the right keys:write"}


def test_a_key_can_not_grant_what_it_lacks(keeper: Management, stored: Stored) -> None:
    before = stored()
    rights = ["devices:read", "traffic:read", "settings:write"]

    answer = keeper.post("/v1/keys", {"name": "n", "rights": rights})

    assert answer.status == 403
    assert answer.json == {
        "status": False,
        "message": "The key lacks rights that the other one has or is to have: settings:write, traffic:read",
    }
    assert stored() == before


def test_a_key_can_grant_what_it_has(keeper: Management) -> None:
    assert make(keeper, rights=["keys:write", "devices:read"])["rights"] == ["devices:read", "keys:write"]


STRONGER = {
    "more rights": KeySpec("strong", frozenset({Right.DEVICES_READ, Right.TRAFFIC_READ})),
    "more time": KeySpec("lasting", frozenset({Right.DEVICES_READ}), None),
    "a day more": KeySpec("lasting", frozenset({Right.DEVICES_READ}), START_MS + 2 * DAY * 1000),
    "more rights, and over": KeySpec("ended", frozenset({Right.TRAFFIC_READ}), START_MS - 1),
}
OPERATIONS: dict[str, tuple[str, object]] = {
    "renamed": ("PATCH", {"name": "mine"}),
    "mapped": ("PATCH", {"additional_parameter": "serial=mine"}),
    "narrowed": ("PATCH", {"rights": ["devices:read"], "valid_until": rfc3339(START_MS + HOUR * 1000)}),
    "ended": ("PATCH", {"valid_until": rfc3339(START_MS)}),
    "made endless": ("PATCH", {"valid_until": None}),
    "left as it is": ("PATCH", {}),
    "revoked": ("DELETE", None),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", STRONGER)
def test_a_key_has_no_power_over_a_stronger_one(
    kind: str, operation: str, day_keeper: Management, stored: Stored
) -> None:
    wish, (method, body) = STRONGER[kind], OPERATIONS[operation]
    key_id = issue_key("demo", wish.name, wish.rights, wish.valid_until).key.id
    before = stored()

    answer = day_keeper.request(method, f"/v1/keys/{key_id}", body=body)

    assert answer.status == 403
    assert answer.json["message"] == (
        "The key lacks rights that the other one has or is to have: traffic:read"
        if "rights" in kind
        else f"The key ends at {rfc3339(START_MS + DAY * 1000)}, the other one would be valid longer"
    )
    assert stored() == before


@pytest.mark.parametrize(
    "valid_until",
    [None, START_MS + DAY * 1000 + 1, START_MS + 300 * DAY * 1000],
    ids=["endless", "a moment more", "300 days"],
)
def test_no_key_outlives_its_maker(day_keeper: Management, stored: Stored, valid_until: int | None) -> None:
    wanted = None if valid_until is None else rfc3339(valid_until)
    before = stored()

    made = day_keeper.post("/v1/keys", {"name": "n", "rights": ["devices:read"], "valid_until": wanted})
    own = day_keeper.patch(f"/v1/keys/{id_of(day_keeper.key)}", {"valid_until": wanted})

    assert [made.status, own.status] == [403, 403]
    assert stored() == before


@pytest.mark.parametrize("valid_until", [START_MS + 1, START_MS + DAY * 1000], ids=["a moment", "a day"])
def test_a_key_gives_as_much_time_as_it_has(day_keeper: Management, valid_until: int) -> None:
    made = make(day_keeper, valid_until=rfc3339(valid_until))

    assert made["valid_until"] == rfc3339(valid_until)
    assert day_keeper.patch(f"/v1/keys/{made['id']}", {"name": "other"}).status == 200
    assert day_keeper.delete(f"/v1/keys/{made['id']}").status == 204


def test_a_revoked_key_makes_no_successor_in_its_last_minute(keeper: Management, stored: Stored) -> None:
    assert keeper.get("/v1/keys").status == 200
    revoke_key("demo", id_of(keeper.key))
    before = stored()

    answers = [
        keeper.post("/v1/keys", {"name": "n", "rights": ["devices:read"]}),
        keeper.patch(f"/v1/keys/{UNKNOWN_ID}", {"name": "n"}),
        keeper.delete(f"/v1/keys/{UNKNOWN_ID}"),
    ]

    assert passes(keeper.key)
    assert [answer.status for answer in answers] == [401, 401, 401]
    assert stored() == before


def test_a_key_grants_nothing_with_a_right_that_was_just_taken_from_it(
    management: Management, keeper: Management
) -> None:
    assert keeper.get("/v1/keys").status == 200
    management.patch(f"/v1/keys/{id_of(keeper.key)}", {"rights": ["keys:write"]})

    answer = keeper.post("/v1/keys", {"name": "n", "rights": ["devices:read"]})

    assert answer.status == 403


# Changing


def test_what_is_sent_is_changed_and_the_rest_stays(management: Management, clock: Clock) -> None:
    made = make(management, additional_parameter="serial=a", valid_until=rfc3339(clock.now_ms + DAY * 1000))
    del made["token"]
    path = f"/v1/keys/{made['id']}"

    assert management.patch(path, {}).json == made
    assert management.patch(path, {"name": "other"}).json == made | {"name": "other"}
    del made["valid_until"]
    changed = made | {"name": "other", "rights": ["traffic:read", "keys:write"]}
    body = {"valid_until": None, "rights": ["keys:write", "traffic:read"]}
    assert management.patch(path, body).json == changed
    mapped = management.patch(path, {"additional_parameter": ""})
    assert mapped.json == changed | {"additional_parameter": ""}
    assert listed(management, made["id"]) == mapped.json


def test_a_key_that_loses_a_right_stops_working_within_the_time_that_it_is_remembered(
    management: Management, clock: Clock
) -> None:
    token = make(management)["token"]
    assert passes(token)
    management.patch(f"/v1/keys/{id_of(token)}", {"rights": ["traffic:read"]})

    clock.wait(KNOWN_FOR_SECONDS - 1)
    assert passes(token)
    clock.wait(1)
    assert not passes(token)


def test_a_key_can_be_ended_and_comes_back_with_another_expiry(management: Management, clock: Clock) -> None:
    token = make(management)["token"]
    path = f"/v1/keys/{id_of(token)}"

    ended = management.patch(path, {"valid_until": rfc3339(clock.now_ms)})
    assert (ended.status, passes(token)) == (200, False)

    management.patch(path, {"valid_until": None})
    clock.wait(KNOWN_FOR_SECONDS)
    assert passes(token)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"colour": "red", "id": "x"}, ["colour", "id"]),
        ({"name": ""}, ["name"]),
        ({"name": None}, ["name"]),
        ({"rights": []}, ["rights"]),
        ({"rights": None}, ["rights"]),
        ({"rights": ["all"]}, ["rights[0]"]),
        ({"valid_until": "soon"}, ["valid_until"]),
        ({"additional_parameter": "serial="}, ["additional_parameter"]),
        ({"additional_parameter": None}, ["additional_parameter"]),
        ([], ["body"]),
        (None, ["body"]),
    ],
)
def test_what_is_wrong_with_a_change_is_named_and_nothing_is_changed(
    management: Management, stored: Stored, body: object, fields: list[str]
) -> None:
    path = f"/v1/keys/{make(management)['id']}"
    before = stored()

    answer = management.patch(path, body)

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == fields
    assert stored() == before


@pytest.mark.parametrize(
    "meanwhile",
    [{"rights": frozenset({Right.DEVICES_READ, Right.TRAFFIC_READ})}, {"valid_until": None}],
    ids=["rights", "time"],
)
def test_a_key_that_meanwhile_became_stronger_is_not_changed(
    management: Management,
    day_keeper: Management,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: dict[str, Any],
) -> None:
    key_id = make(management, valid_until=rfc3339(START_MS + HOUR * 1000))["id"]
    change = api_keys.change

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(api_keys, "change", change)
        change_key(authenticate(management.key), key_id, meanwhile)
        return change(*arguments)

    monkeypatch.setattr(api_keys, "change", overtaken)

    refused = day_keeper.patch(f"/v1/keys/{key_id}", {"name": "mine"})

    assert refused.status == 403
    assert stored(f"KEY#{key_id}")[0]["name"] == "made"


def test_a_change_of_the_name_survives_that_the_rights_change_meanwhile(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id = make(management)["id"]
    change = api_keys.change

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(api_keys, "change", change)
        change_key(authenticate(management.key), key_id, {"rights": frozenset({Right.KEYS_WRITE})})
        return change(*arguments)

    monkeypatch.setattr(api_keys, "change", overtaken)

    told = management.patch(f"/v1/keys/{key_id}", {"name": "other"}).json

    assert (told["name"], told["rights"]) == ("other", ["keys:write"])


def test_a_key_that_is_revoked_while_it_is_changed_does_not_come_back(
    management: Management, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id = make(management)["id"]
    change = api_keys.change

    def overtaken(*arguments: Any) -> Any:
        revoke_key("demo", key_id)
        return change(*arguments)

    monkeypatch.setattr(api_keys, "change", overtaken)

    assert management.patch(f"/v1/keys/{key_id}", {"name": "other"}).status == 404
    assert stored(f"KEY#{key_id}") == []


# Revoking


def test_a_revoked_key_stops_working_within_the_time_that_it_is_remembered(
    management: Management, clock: Clock, stored: Stored
) -> None:
    token = make(management)["token"]
    assert passes(token)

    answer = management.delete(f"/v1/keys/{id_of(token)}")

    assert (answer.status, answer.text) == (204, None)
    assert stored(f"KEY#{id_of(token)}") == stored("APP#", f"KEY#{id_of(token)}") == []
    clock.wait(KNOWN_FOR_SECONDS - 1)
    assert passes(token)
    clock.wait(1)
    assert not passes(token)


def test_a_key_is_revoked_once(management: Management) -> None:
    path = f"/v1/keys/{make(management)['id']}"

    assert management.delete(path).status == 204
    assert management.delete(path).status == 404
    assert management.patch(path, {"name": "n"}).status == 404


@pytest.fixture
def strangers_id(application: Application) -> str:  # noqa: ARG001
    """Id of a key of another application."""
    create_application("other")
    return issue_key("other", "stranger", Right).key.id


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_key_of_another_application_is_as_unknown_as_none(
    management: Management, strangers_id: str, stored: Stored, method: str
) -> None:
    before = stored()
    body = {"name": "mine"} if method == "PATCH" else None

    stranger = management.request(method, f"/v1/keys/{strangers_id}", body=body)
    nobody = management.request(method, f"/v1/keys/{UNKNOWN_ID}", body=body)

    assert stranger.status == nobody.status == 404
    assert str(stranger.text).replace(strangers_id, UNKNOWN_ID) == nobody.text
    assert stored() == before


@pytest.mark.parametrize(
    "key_id", ["x", "UPPERCASE2345678", "a" * 3000, "%00", "a b", "é", "sbk_" + "a" * 16]
)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_what_is_no_id_of_a_key_is_not_found(management: Management, method: str, key_id: str) -> None:
    body = {"name": "n"} if method == "PATCH" else None

    assert management.request(method, f"/v1/keys/{key_id}", body=body).status == 404


def test_keys_of_another_application_are_not_listed(management: Management, strangers_id: str) -> None:
    assert strangers_id not in str(management.get("/v1/keys").text)


# A key and itself


@pytest.mark.parametrize(
    "changes",
    [
        {"rights": ["devices:read"]},
        {"valid_until": "2001-01-31T00:00:00Z"},
        {"rights": ["keys:write"], "valid_until": "2001-01-31T00:00:00Z"},
    ],
)
def test_a_key_does_not_lock_itself_out(keeper: Management, stored: Stored, changes: object) -> None:
    before = stored()

    answer = keeper.patch(f"/v1/keys/{id_of(keeper.key)}", changes)

    assert answer.status == 409
    assert answer.json["message"] == "A key can't end itself or take the right keys:write from itself"
    assert stored() == before


def test_a_key_does_not_revoke_itself(keeper: Management, stored: Stored) -> None:
    before = stored()

    answer = keeper.delete(f"/v1/keys/{id_of(keeper.key)}")

    assert answer.status == 409
    assert answer.json == {"status": False, "message": "A key can't revoke itself"}
    assert stored() == before


def test_a_key_may_change_what_does_not_lock_it_out(keeper: Management) -> None:
    changes = {"name": "me", "rights": ["keys:write"], "valid_until": "2090-01-31T00:00:00.000Z"}

    answer = keeper.patch(f"/v1/keys/{id_of(keeper.key)}", changes)

    assert answer.status == 200
    assert {name: answer.json[name] for name in changes} == changes


def test_another_key_may_revoke_it(management: Management, keeper: Management) -> None:
    assert management.delete(f"/v1/keys/{id_of(keeper.key)}").status == 204


# How many


def attempt[T](change: Callable[[], T]) -> T | type[SigbridgeError]:
    """Gives what a change gives, or the class of its error."""
    try:
        return change()
    except SigbridgeError as refused:
        return type(refused)


def test_the_last_keys_that_there_is_room_for_are_made_however_many_come_at_once(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigbridge.credentials.issuing.MOST_KEYS", 5)
    maker, wish = authenticate(management.key), KeySpec("made", frozenset({Right.DEVICES_READ}))
    make(management)

    with ThreadPoolExecutor(8) as makers:
        made = list(makers.map(lambda _: attempt(lambda: grant_key(maker, wish)), range(8)))

    assert made.count(TooManyKeys) == 5
    assert len(keys_of("demo")) == 5
    refused = management.post("/v1/keys", {"name": "n", "rights": ["keys:write"]})
    assert refused.status == 400
    assert refused.json == {"status": False, "message": "An application has at most 5 keys"}

    assert management.delete(f"/v1/keys/{keys_of('demo')[-1].id}").status == 204
    assert make(management)


def test_an_application_may_have_200_keys() -> None:
    assert MOST_KEYS == 200


# Secrets


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the functions log, line by line."""
    stream = StringIO()
    handler = logger.registered_handler
    before = handler.setStream(stream)  # type: ignore[attr-defined]
    yield stream
    handler.setStream(before)  # type: ignore[attr-defined]


def test_a_secret_is_shown_once_and_neither_kept_nor_logged(
    management: Management, stored: Stored, log: StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    token = make(management)["token"]
    secret, path = token.split("_")[2], f"/v1/keys/{id_of(token)}"

    told = [
        management.get("/v1/keys").text,
        management.patch(path, {"name": "other"}).text,
        management.patch(path, {"name": token, "rights": ["no right"]}).text,
        management.delete(f"/v1/keys/{token}").text,
        management.patch(f"/v1/keys/{token}", {"name": "n"}).text,
        management.delete(path).text,
        management.delete(f"/v1/keys/{id_of(management.key)}").text,
        *capfd.readouterr(),
        log.getvalue(),
        json.dumps(stored(), default=str),
    ]

    for text in told:
        assert secret not in (text or "")
        assert management.key.split("_")[2] not in (text or "")


def test_no_listing_tells_the_hash_of_a_secret(management: Management, stored: Stored) -> None:
    [kept] = stored("KEY#")

    assert kept["secret_sha256"] not in str(management.get("/v1/keys").text)
    assert kept["ends_with"] == management.key[-5:]


# Failures


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_store_that_fails_is_503_and_the_next_attempt_succeeds(
    management: Management, failure: Failure
) -> None:
    key_id = make(management)["id"]

    with failing(failure, is_key_look_up):
        refused = [
            management.patch(f"/v1/keys/{key_id}", {"name": "n"}),
            management.delete(f"/v1/keys/{key_id}"),
            management.post("/v1/keys", {"name": "n", "rights": ["devices:read"]}),
        ]

    assert [answer.status for answer in refused] == [503, 503, 503]
    assert management.patch(f"/v1/keys/{key_id}", {"name": "n"}).status == 200
    assert management.delete(f"/v1/keys/{key_id}").status == 204


# All that can come of one key


rights_asked = st.sets(st.sampled_from(Right), min_size=1)
ends_asked = st.none() | st.integers(-2 * DAY, 40 * DAY)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("make"), st.integers(0, 9), st.integers(0, 9), rights_asked, ends_asked),
        st.tuples(st.just("rights"), st.integers(0, 9), st.integers(0, 9), rights_asked, st.none()),
        st.tuples(st.just("end"), st.integers(0, 9), st.integers(0, 9), st.none(), ends_asked),
        st.tuples(st.just("revoke"), st.integers(0, 9), st.integers(0, 9), st.none(), st.none()),
        st.tuples(st.just("wait"), st.just(0), st.just(0), st.none(), st.integers(1, 10 * DAY)),
    ),
    max_size=12,
)


def reach(key: ApiKey) -> set[tuple[Right, float]]:
    """What a key may do, each right with the moment until which."""
    return {(right, key.valid_until or math.inf) for right in key.rights}


def operate(kind: str, holder: ApiKey, other: ApiKey, rights: Any, end_ms: int | None) -> ApiKey | None:
    """Does something with a key, as the holder of another one."""
    match kind:
        case "make":
            return grant_key(holder, KeySpec("made", frozenset(rights), end_ms)).key
        case "rights":
            return change_key(holder, other.id, {"rights": frozenset(rights)})
        case "end":
            return change_key(holder, other.id, {"valid_until": end_ms})
        case _:
            return revoke_key_as(holder, other.id)


@settings(max_examples=25)
@given(rights=rights_asked, days=st.none() | st.integers(1, 20), steps=operations)
def test_whatever_is_done_with_a_key_nothing_beyond_it_is_reached(
    application: Application,
    clock: Clock,
    rights: set[Right],
    days: int | None,
    steps: list[Any],
) -> None:
    """The holder of one key uses it, and every key that comes of it, as often as it likes."""
    for key in keys_of(application.id):
        revoke_key(application.id, key.id)
    strong = issue_key(application.id, "strong", Right).key
    end_ms = None if days is None else clock.now_ms + days * DAY * 1000
    first = issue_key(application.id, "first", rights | {Right.KEYS_WRITE}, end_ms).key
    had, held = reach(first), {first.id: first}

    for kind, by, to, wanted, seconds in steps:
        if kind == "wait":
            clock.wait(seconds)
            continue
        holder = list(held.values())[by % len(held)]
        other = [strong, *held.values()][to % (len(held) + 1)]
        until = None if seconds is None else clock.now_ms + seconds * 1000
        with suppress(SigbridgeError):
            changed = operate(kind, holder, other, wanted, until)
            if changed is None:
                held.pop(other.id, None)
            elif changed.id != strong.id:
                held[changed.id] = changed

    kept = {key.id: key for key in keys_of(application.id)}
    assert set(kept) - {strong.id} == set(held)
    for key in held:
        for right, until_ms in reach(kept[key]):
            assert any(right == owned and until_ms <= end for owned, end in had)
    if not (set(Right) <= first.rights and first.valid_until is None):
        assert kept[strong.id] == strong


def test_an_unknown_right_is_refused_with_the_choices_and_the_nearest_one(management: Management) -> None:
    refused = management.post("/v1/keys", {"name": "n", "rights": ["devices:read", "traffic:reed"]})

    choices = ", ".join(Right)
    message = f"unknown right 'traffic:reed', choose from {choices}. Did you mean \"traffic:read\"?"
    assert (refused.status, refused.json["message"]) == (400, f"rights[1]: {message}")
