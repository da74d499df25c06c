"""Keys: who is let in, who is not, and that no key ever shows in a log."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from sigbridge.clock import now_ms, rfc3339
from sigbridge.credentials import (
    Unauthenticated,
    UnknownCredential,
    authenticate,
    issue_key,
    keys_of,
    revoke_key,
)
from sigbridge.credentials.authentication import KNOWN_FOR_SECONDS, forget_cached_keys
from sigbridge.devices import register_device
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge.model.field_mapping import InvalidMapping
from sigbridge.store import api_keys, table
from sigbridge.store.rows import Key
from sigbridge.telemetry import logger
from tests.functional.conftest import Invoke, Stored, used_key
from tests.functional.failing_store import FAILURES, Failure, failing, is_note_of_use, not_allowed
from tests.functional.lambdas import Event, call, event
from tests.functional.played_device import DAY, Clock


def encoded(text: str) -> str:
    """A header as clients make it that encode what they are given as one text."""
    return "Basic " + base64.b64encode(text.encode()).decode()


def basic(user: str, password: str) -> str:
    """A header as clients with a login and a password make it."""
    return encoded(f"{user}:{password}")


FORMS: dict[str, tuple[Callable[[str], str | None], Callable[[str], str]]] = {
    "header, bare": (lambda key: key, lambda _: ""),
    "header, Bearer": (lambda key: f"Bearer {key}", lambda _: ""),
    "header, bearer": (lambda key: f"bearer  {key} ", lambda _: ""),
    "header, Basic": (lambda key: basic("sigfox", key), lambda _: ""),
    "header, Basic without a user": (lambda key: basic("", key), lambda _: ""),
    "query": (lambda _: None, lambda key: f"authorization={key}"),
    "header before query": (lambda key: key, lambda _: "authorization=nonsense"),
    "header, Key": (lambda key: f"Key {key}", lambda _: ""),
    "header, Token": (lambda key: f"token\t{key}", lambda _: ""),
    "header, ApiKey": (lambda key: f"ApiKey {key}", lambda _: ""),
    "header, a scheme that nobody knows": (lambda key: f"Digest {key}", lambda _: ""),
    "header, Rails": (lambda key: f'Token token="{key}"', lambda _: ""),
    "header, quoted": (lambda key: f'"{key}"', lambda _: ""),
    "header, all of it quoted": (lambda key: f'"Bearer {key}"', lambda _: ""),
    "header, quoted behind Bearer": (lambda key: f"BEARER   '{key}'", lambda _: ""),
    "header, Basic with the key as user": (lambda key: basic(key, ""), lambda _: ""),
    "header, Basic with the key as user, and a password": (lambda key: basic(key, "x"), lambda _: ""),
    "header, Basic of the key alone": (encoded, lambda _: ""),
    "header, Basic without padding": (lambda key: basic("ab", key).rstrip("="), lambda _: ""),
    "header, Basic that is not encoded": (lambda key: f"basic {key}", lambda _: ""),
    "query, Authorization": (lambda _: None, lambda key: f"Authorization={key}"),
    "query, AUTHORIZATION": (lambda _: None, lambda key: f"x=1&AUTHORIZATION={key}"),
    "query, Bearer": (lambda _: None, lambda key: f"authorization=Bearer%20{key}"),
    "query, Bearer with a plus": (lambda _: None, lambda key: f"authorization=bearer+{key}"),
    "query, quoted": (lambda _: None, lambda key: f"authorization=%22{key}%22"),
    "query, behind an empty header": (lambda _: " ", lambda key: f"authorization={key}"),
    "query, behind an empty variable": (
        lambda _: None,
        lambda key: f"authorization=&Authorization={key}",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_accepted_in_every_form(form: str, key: str, invoke: Invoke) -> None:
    header, query = FORMS[form]
    request = event("uplink.json", headers={"Authorization": header(key)}, query=query(key))

    assert invoke("uplink", request).status == 200


ROUTES = [
    pytest.param("uplink", "uplink.json", id="uplink"),
    pytest.param("batch_uplink", "batch_uplink_form.json", id="batch"),
    pytest.param("bidir_downlink", "bidir_downlink.json", id="downlink"),
    pytest.param("queue_push", "queue_push.json", id="push"),
    pytest.param("queue_replace", "queue_replace.json", id="replace"),
    pytest.param("queue_list", "queue_list.json", id="list"),
]


def credential_of(kind: str, key: str) -> str | None:
    """A credential that is not good, by the way in which it is not."""
    identity, secret = key.removeprefix("sbk_").split("_")
    of_other_secret = str(issue_key("demo", "other", list(Right)).token).split("_")[2]
    return {
        "missing": None,
        "empty": "",
        "Bearer alone": "Bearer ",
        "no key at all": "Bearer at72fb69a8dc714059b6cebee41693eb0",
        "cut off": f"Bearer {key[:-1]}",
        "too long": f"Bearer {key}a",
        "in capitals": f"Bearer {key.upper()}",
        "unknown": f"Bearer sbk_{'a' * 16}_{secret}",
        "wrong secret": f"Bearer sbk_{identity}_{of_other_secret}",
        "expired": "Bearer " + str(issue_key("demo", "old", list(Right), valid_until=now_ms() - 1).token),
        "Basic without a key": basic("", ""),
        "Basic, not base64": "Basic ***",
        "another scheme": f"Digest {key[:-1]}",
        "no ASCII": "Bearer sbk_é",
    }[kind]


REFUSED = {
    "missing": ("pkg/rpcmetadata", "unauthenticated"),
    "empty": ("pkg/rpcmetadata", "unauthenticated"),
    "Bearer alone": ("pkg/rpcmetadata", "unauthenticated"),
    "no key at all": ("pkg/auth", "token"),
    "cut off": ("pkg/auth", "token"),
    "too long": ("pkg/auth", "token"),
    "in capitals": ("pkg/auth", "token"),
    "unknown": ("pkg/identityserver", "api_key_not_found"),
    "wrong secret": ("pkg/identityserver", "invalid_authorization"),
    "expired": ("pkg/identityserver", "api_key_expired"),
    "Basic without a key": ("pkg/auth", "token"),
    "Basic, not base64": ("pkg/auth", "token"),
    "another scheme": ("pkg/auth", "token"),
    "no ASCII": ("pkg/auth", "token"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_who_shows_no_good_key_is_told_so_in_the_words_of_the_route(
    kind: str, key: str, invoke: Invoke, stored: Stored
) -> None:
    credential = credential_of(kind, key)
    before = stored()

    ingest = invoke("uplink", event("uplink.json", headers={"authorization": credential}))
    queue = invoke("queue_push", event("queue_push.json", headers={"authorization": credential}))

    assert ingest.status == 401
    assert ingest.json["status"] is False
    assert ingest.json["message"]
    assert queue.status == 401
    assert (queue.error["namespace"], queue.error["name"]) == REFUSED[kind]
    assert queue.json["code"] == 16
    assert ingest.headers["WWW-Authenticate"] == queue.headers["WWW-Authenticate"] == "Bearer"
    assert stored() == before


@pytest.mark.parametrize(("function", "name"), ROUTES)
def test_no_route_is_open(function: str, name: str, invoke: Invoke, stored: Stored) -> None:
    before = stored()
    request = event(name, headers={"authorization": None}, query="")

    assert invoke(function, request).status == 401

    assert stored() == before


@pytest.mark.parametrize(("function", "name"), ROUTES[:3])
@pytest.mark.parametrize("query", ["authorization=nonsense", "authorization=", "authorization=sbk_x_y"])
def test_a_bad_key_in_the_query_is_refused(
    function: str, name: str, query: str, invoke: Invoke, stored: Stored
) -> None:
    before = stored()

    answer = invoke(function, event(name, headers={"authorization": None}, query=query))

    assert answer.status == 401
    assert stored() == before


@pytest.mark.parametrize(("function", "name"), ROUTES[:3])
def test_a_callback_needs_the_right_to_write_uplinks(
    function: str, name: str, key: str, stored: Stored
) -> None:
    assert key
    weak = used_key("demo", set(Right) - {Right.TRAFFIC_UP_WRITE})
    before = stored()

    answer = call(function, event(name), weak)

    assert answer.status == 403
    assert answer.json == {"status": False, "message": "The key lacks the right traffic:up:write"}
    assert stored() == before


@pytest.mark.parametrize(("function", "name"), ROUTES[:3])
def test_the_right_to_write_uplinks_is_enough_for_a_callback(function: str, name: str, key: str) -> None:
    assert key
    narrow = str(issue_key("demo", "callbacks", [Right.TRAFFIC_UP_WRITE]).token)

    assert call(function, event(name), narrow).status in {200, 204}


def test_a_bad_key_is_refused_before_the_body_is_read(invoke: Invoke) -> None:
    request = event("uplink.json", body="garbage", headers={"authorization": "nonsense"})

    assert invoke("uplink", request).status == 401


def test_a_revoked_key_is_refused_once_it_is_forgotten(key: str, invoke: Invoke) -> None:
    assert invoke("uplink", event("uplink.json")).status == 200
    [listed] = keys_of("demo")
    revoke_key("demo", listed.id)

    forget_cached_keys()

    assert key.startswith(f"sbk_{listed.id}_")
    assert invoke("uplink", event("uplink.json")).status == 401


@pytest.mark.parametrize("known", [True, False])
def test_a_key_is_looked_up_once(known: bool, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    find = api_keys.find

    def counted(key_id: str) -> Any:
        looked_up.append(key_id)
        return find(key_id)

    monkeypatch.setattr(api_keys, "find", counted)
    identity, secret = key.removeprefix("sbk_").split("_")
    token = key if known else f"sbk_{identity[::-1]}_{secret}"

    answers = [call("uplink", event("uplink.json"), token) for _ in range(3)]

    assert {answer.status for answer in answers} == ({200} if known else {401})
    assert len(looked_up) == 1


# When a key was used


@pytest.fixture
def fresh(application: Application) -> str:
    """A key of `demo` with every right that was never used."""
    return str(issue_key(application.id, "fresh", Right).token)


def days_noted(stored: Stored) -> list[str]:
    return [record["last_used_on"] for record in stored("KEY#")]


@contextmanager
def notes_counted(failure: Failure | None = None) -> Iterator[list[object]]:
    """Counts how often it is tried to note a key's use; each try fails so, if a failure is given."""
    notes: list[object] = []

    def note(request: AWSPreparedRequest) -> AWSResponse | None:
        notes.append(request.body)
        return failure(request) if failure is not None else None

    with failing(note, is_note_of_use):
        yield notes


def today(clock: Clock) -> str:
    return rfc3339(clock.now_ms)[:10]


def test_the_first_use_of_a_day_is_noted_and_no_other(fresh: str, clock: Clock, stored: Stored) -> None:
    assert days_noted(stored) == [""]
    with notes_counted() as notes:
        for _ in range(3):
            authenticate(fresh)
            clock.wait(1)
        for _ in range(3):
            # Another process reads it.
            forget_cached_keys()
            authenticate(fresh)
        assert days_noted(stored) == [today(clock)]
        assert len(notes) == 1

        clock.wait(DAY)
        for _ in range(3):
            authenticate(fresh)

    assert days_noted(stored) == [today(clock)]
    assert len(notes) == 2


def test_a_key_that_is_remembered_costs_no_request(fresh: str, clock: Clock) -> None:
    authenticate(fresh)
    requests: list[object] = []
    with failing(lambda _: requests.append(1), lambda _: True):
        for _ in range(3):
            clock.wait(KNOWN_FOR_SECONDS / 4)
            authenticate(fresh)

    assert requests == []


@pytest.mark.parametrize("failure", [*FAILURES.values(), not_allowed], ids=[*FAILURES, "not allowed"])
def test_a_use_that_can_not_be_noted_lets_in_all_the_same_and_is_tried_once(
    failure: Failure, fresh: str, clock: Clock, stored: Stored
) -> None:
    with notes_counted(failure) as notes:
        for _ in range(3):
            assert authenticate(fresh).name == "fresh"
            clock.wait(1)

    assert len(notes) == 1
    assert days_noted(stored) == [""]

    clock.wait(KNOWN_FOR_SECONDS)
    authenticate(fresh)

    assert days_noted(stored) == [today(clock)]


def test_a_key_that_is_refused_was_not_used(fresh: str, stored: Stored) -> None:
    over = str(issue_key("demo", "over", Right, valid_until=now_ms() - 1).token)
    for token in (fresh[:-4] + "a2a2", over):
        with pytest.raises(Unauthenticated):
            authenticate(token)

    assert days_noted(stored) == ["", ""]


def test_a_revoked_key_does_not_come_back_with_its_last_use(fresh: str, clock: Clock, stored: Stored) -> None:
    clock.wait_until(clock.seconds // DAY * DAY + DAY - 10)
    authenticate(fresh)
    [key] = keys_of("demo")
    revoke_key("demo", key.id)

    clock.wait(20)
    assert authenticate(fresh).id == key.id

    assert stored("KEY#") == []
    assert stored("APP#", "KEY#") == []


def test_the_day_never_goes_back(fresh: str, clock: Clock, stored: Stored) -> None:
    authenticate(fresh)
    noted = days_noted(stored)
    clock.wait(-DAY)
    forget_cached_keys()

    authenticate(fresh)

    assert days_noted(stored) == noted


def test_a_new_day_does_not_lengthen_the_life_of_a_remembered_key(fresh: str, clock: Clock) -> None:
    clock.wait_until(clock.seconds // DAY * DAY + DAY - 30)
    authenticate(fresh)
    [key] = keys_of("demo")
    revoke_key("demo", key.id)
    clock.wait(40)
    authenticate(fresh)

    clock.wait(KNOWN_FOR_SECONDS - 40)

    with pytest.raises(UnknownCredential):
        authenticate(fresh)


@pytest.mark.parametrize("function", ["queue_list", "downlink_history", "device_state"])
def test_a_function_that_only_reads_notes_the_use_of_a_key(function: str, fresh: str, stored: Stored) -> None:
    register_device("demo", "1A2B3C")
    request = event(f"{function}.json", path={"application_id": "demo", "device_id": "1a2b3c"})

    assert call(function, request, fresh).status == 200

    assert days_noted(stored) != [""]


# How keys are kept


def test_a_key_is_one_item_and_its_application_lists_its_id(fresh: str, stored: Stored) -> None:
    [_, key_id, secret] = fresh.split("_")

    assert stored("APP#demo", "KEY#") == [{"pk": "APP#demo", "sk": f"KEY#{key_id}", "id": key_id}]
    [kept] = stored("KEY#")
    assert (kept["id"], kept["ends_with"]) == (key_id, secret[-5:])


def test_all_keys_are_listed_the_oldest_one_first(application: Application, clock: Clock) -> None:
    names = [str(number) for number in range(120)]
    for name in names:
        issue_key(application.id, name, [Right.DEVICES_READ])
        clock.wait(1)

    assert [key.name for key in keys_of(application.id)] == names


def test_a_key_needs_an_additional_parameter_that_can_be_read(
    application: Application, stored: Stored
) -> None:
    with pytest.raises(InvalidMapping):
        issue_key(application.id, "unreadable", Right, additional_parameter="serial")

    assert stored("KEY#") == []


def test_a_key_that_was_kept_before_there_were_endings_can_be_read_and_revoked(
    fresh: str, stored: Stored
) -> None:
    [kept] = stored("KEY#")
    old = {
        name: value for name, value in kept.items() if name not in {"pk", "sk", "ends_with", "last_used_on"}
    }
    listed = {name: value for name, value in old.items() if name != "secret_sha256"}
    revoke_key("demo", kept["id"])
    table.put_new(Key(kept["pk"], kept["sk"]), old)
    table.put_new(Key("APP#demo", f"KEY#{kept['id']}"), listed)

    assert authenticate(fresh).ends_with == ""
    assert [key.id for key in keys_of("demo")] == [kept["id"]]

    revoke_key("demo", kept["id"])

    assert stored("KEY#") == []
    assert keys_of("demo") == []


def test_a_wrong_secret_does_not_lock_the_key_s_holder_out(key: str, invoke: Invoke) -> None:
    wrong = key[:-4] + ("aaaa" if not key.endswith("aaaa") else "bbbb")

    assert call("uplink", event("uplink.json"), wrong).status == 401

    assert invoke("uplink", event("uplink.json")).status == 200


def test_no_secret_is_at_rest(key: str, stored: Stored) -> None:
    at_rest = json.dumps(stored(), default=str)

    assert key.split("_")[1] in at_rest
    assert key.split("_")[2] not in at_rest


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the functions log, line by line."""
    stream = StringIO()
    handler = logger.registered_handler
    before = handler.setStream(stream)  # type: ignore[attr-defined]
    yield stream
    handler.setStream(before)  # type: ignore[attr-defined]


def carriers(token: str) -> dict[str, tuple[str, Event]]:
    """Requests that carry a token wherever one can be, most of them with a body that is told as an error."""
    query = f"authorization={token}"
    lines = "&pattern=device;time;&batch=1A;1763770827;"

    def by_header(name: str, credential: str, body: object = "garbage") -> Event:
        return event(name, headers={"authorization": credential}, body=body)

    def by_query(query: str) -> Event:
        return event("uplink.json", headers={"authorization": None}, query=query, body="garbage")

    return {
        "header": ("uplink", by_header("uplink.json", token)),
        "Bearer": ("uplink", by_header("uplink.json", f"Bearer {token}")),
        "Basic": ("uplink", by_header("uplink.json", basic("user", token))),
        "Digest": ("uplink", by_header("uplink.json", f"Digest {token}")),
        "query": ("uplink", by_query(query)),
        "query that can't be read": ("uplink", by_query(query + "&x=%ff")),
        "bad batch": ("batch_uplink", event("batch_uplink.json", query=query + "&pattern=;;")),
        "good batch": ("batch_uplink", event("batch_uplink.json", query=query + lines)),
        "good uplink": ("uplink", by_header("uplink.json", token, {"device": "1A"})),
        "good push": ("queue_push", by_header("queue_push.json", token, {"downlinks": []})),
        "bad push": ("queue_push", by_header("queue_push.json", token)),
    }


@pytest.mark.parametrize("kind", ["good", "wrong secret", "unknown", "malformed"])
@pytest.mark.parametrize("carrier", carriers("x"))
def test_no_token_is_ever_logged_or_answered(
    carrier: str,
    kind: str,
    key: str,
    log: StringIO,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    _, identity, secret = key.split("_")
    token = {
        "good": key,
        "wrong secret": f"sbk_{identity}_{secret[::-1]}",
        "unknown": f"sbk_{identity[::-1]}_{secret}",
        "malformed": f"sbk_{secrets.token_hex(20)}",
    }[kind]
    function, request = carriers(token)[carrier]

    answer = call(function, request, key)

    told = "".join([log.getvalue(), caplog.text, *capfd.readouterr(), answer.text or "", str(answer.headers)])
    assert told
    for forbidden in (token, token.removeprefix("sbk_"), token.split("_")[-1], basic("user", token)[6:]):
        assert forbidden not in told


def test_every_line_of_the_log_carries_the_request_s_id(invoke: Invoke, log: StringIO) -> None:
    invoke("uplink", event("uplink.json", body="garbage"))
    invoke("queue_push", event("queue_push.json"))

    lines = [json.loads(line) for line in log.getvalue().splitlines()]

    assert [line["correlation_id"] for line in lines] == [
        event(name)["requestContext"]["requestId"] for name in ("uplink.json", "queue_push.json")
    ]
    assert [line["status"] for line in lines] == [400, 404]
