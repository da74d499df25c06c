"""The client of Sigfox's API: what it repeats, what it believes, where it goes."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.errors import InvalidInput
from sigbridge.provisioning.answers import next_target
from sigbridge.provisioning.api_client import ApiClient, Credentials, Surroundings
from sigbridge.provisioning.errors import (
    CredentialsRefused,
    SigfoxBusy,
    SigfoxConflict,
    SigfoxError,
    SigfoxForbids,
    SigfoxNotFound,
    SigfoxRefuses,
    SigfoxUnreachable,
)
from tests.functional.scripted_api import Asked, Said, ScriptedApi, scripted_api

PASSWORD = "made-up-password"
NOON = 1_790_000_000_000 // 60_000 * 60_000
BASE = "https://api.sigfox.com/v2"
FULL = [{"id": str(n)} for n in range(100)]


@dataclass
class Pastime:
    """Time that passes only while somebody sleeps.

    Attributes:
        now_ms: The present moment.
        slept: How long, in seconds, each time.
    """

    now_ms: int = NOON
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ms += round(seconds * 1000)

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.sleep, lambda: self.now_ms, lambda: 0.5)


@pytest.fixture
def pastime() -> Pastime:
    return Pastime()


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted_api() as api:
        yield api


@pytest.fixture
def client(api: ScriptedApi, pastime: Pastime) -> ApiClient:
    return ApiClient(api.url, Credentials("login", PASSWORD), surroundings=pastime.surroundings)


def page(entries: list[dict[str, Any]], following: object = None) -> Said:
    return Said(200, {"data": entries, "paging": {} if following is None else {"next": following}})


def test_requests_are_those_of_the_description(api: ScriptedApi, client: ApiClient) -> None:
    api.says(Said(200, {"id": "1"}), Said(201, {"id": "2"}), Said(204), Said(204))

    query = {"groupIds": ["a", "b"], "deep": True, "limit": 1}
    assert client.get("/device-types/", query) == {"id": "1"}
    assert client.post("/devices/", {"id": "1A2B", "name": "Büro"}) == {"id": "2"}
    assert client.put("/device-types/1/callbacks/2/enable", query={"enabled": True}) == {}
    assert client.delete("/devices/1A2B") == {}

    assert api.targets == [
        "GET /device-types/?groupIds=a%2Cb&deep=true&limit=1",
        "POST /devices/",
        "PUT /device-types/1/callbacks/2/enable?enabled=true",
        "DELETE /devices/1A2B",
    ]
    assert [asked.body for asked in api.asked] == [None, {"id": "1A2B", "name": "Büro"}, None, None]
    basic = base64.b64encode(f"login:{PASSWORD}".encode()).decode()
    assert {asked.authorization for asked in api.asked} == {f"Basic {basic}"}


REFUSALS = [
    (401, b"", CredentialsRefused, "Sigfox's API refuses the credentials"),
    (403, b"", SigfoxForbids, "The API user lacks a right for this in Sigfox"),
    (403, {"message": "no access"}, SigfoxForbids, "lacks a right for this in Sigfox: no access"),
    (404, b"<html>", SigfoxNotFound, "Sigfox has no such thing"),
    (409, {"message": "exists"}, SigfoxConflict, "Sigfox has it already, or it is in use: exists"),
    (
        400,
        {"message": "Bad", "errors": [{"field": "pac", "message": "is wrong"}]},
        SigfoxRefuses,
        "pac: is wrong",
    ),
    (400, {"message": "Bad", "errors": "none"}, SigfoxRefuses, "Sigfox refuses this: Bad"),
    (400, {"errors": [None, {"field": 7}, "text"]}, SigfoxRefuses, "None; 7; text"),
    (412, [], SigfoxRefuses, "Sigfox refuses this with status 412"),
    (405, b"", SigfoxRefuses, "Sigfox refuses this with status 405"),
    (302, b"", SigfoxUnreachable, "answered with status 302"),
    (500, b"", SigfoxUnreachable, "answered with status 500"),
    (200, b"<html>", SigfoxUnreachable, "no JSON"),
    (200, b"\xff\xfe{", SigfoxUnreachable, "no JSON"),
    (200, b"[" * 100_000, SigfoxUnreachable, "no JSON"),
    (200, [1, 2], SigfoxUnreachable, "no object"),
    (200, {"data": {"id": "1"}}, SigfoxUnreachable, "no list"),
    (200, {"data": ["1"]}, SigfoxUnreachable, "no list"),
]


@pytest.mark.parametrize(("status", "body", "kind", "message"), REFUSALS)
def test_what_goes_wrong_has_a_name(
    api: ScriptedApi, client: ApiClient, status: int, body: object, kind: type[SigfoxError], message: str
) -> None:
    api.says(Said(status, body))

    with pytest.raises(kind) as failure:
        client.list("/devices/")
    assert message in failure.value.message
    assert PASSWORD not in repr(failure.value.__dict__)


def test_a_refusal_that_quotes_a_key_does_not_show_it(api: ScriptedApi, client: ApiClient) -> None:
    quoted = f"Bearer sbk_{'a' * 16}_{'b' * 43}"
    api.says(Said(400, {"errors": [{"field": "headers", "message": quoted}]}))

    with pytest.raises(SigfoxRefuses) as failure:
        client.post("/device-types/1/callbacks", {})
    assert "b" * 43 not in failure.value.message + "".join(failure.value.errors)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
@pytest.mark.parametrize("failure", [Said(500), Said(503), Said(0)])
def test_what_may_be_done_twice_is_repeated(
    api: ScriptedApi, client: ApiClient, pastime: Pastime, method: str, failure: Said
) -> None:
    api.says(failure, failure, Said(200, {"id": "1"}))

    assert getattr(client, method)("/devices/1A2B") == {"id": "1"}
    assert pastime.slept == [0.5, 1.5]


def test_repeating_ends(api: ScriptedApi, client: ApiClient) -> None:
    api.says(Said(500))

    with pytest.raises(SigfoxUnreachable):
        client.get("/groups/1")
    assert len(api.asked) == 3


@pytest.mark.parametrize("failure", [Said(500), Said(503), Said(0), Said(201, b"<html>")])
def test_a_post_that_may_have_been_done_is_never_repeated(
    api: ScriptedApi, client: ApiClient, failure: Said
) -> None:
    api.says(failure)

    with pytest.raises(SigfoxUnreachable):
        client.post("/devices/", {})
    assert len(api.asked) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_busy_api_is_waited_for(api: ScriptedApi, client: ApiClient, pastime: Pastime, method: str) -> None:
    api.says(Said(429), Said(429), Said(429), Said(200, {"id": "1"}))

    assert getattr(client, method)("/devices/") == {"id": "1"}
    assert pastime.slept == [1, 2, 4]


def test_an_api_that_stays_busy_is_left_to_the_next_minute(
    api: ScriptedApi, client: ApiClient, pastime: Pastime
) -> None:
    api.says(Said(429))

    with pytest.raises(SigfoxBusy) as busy:
        client.get("/devices/")
    assert busy.value.again_at == NOON + 60_000
    assert len(api.asked) == 4
    assert sum(pastime.slept) == 7


def test_nobody_waits_longer_than_there_is_time(api: ScriptedApi, pastime: Pastime) -> None:
    api.says(Said(429))
    credentials = Credentials("login", PASSWORD)
    client = ApiClient(api.url, credentials, within_ms=4_500, surroundings=pastime.surroundings)

    with pytest.raises(SigfoxBusy):
        client.get("/devices/")
    assert pastime.slept == [1, 2]
    pastime.now_ms += 5_000
    with pytest.raises(SigfoxUnreachable, match="too slowly"):
        client.get("/devices/")
    assert len(api.asked) == 3


class Turns:
    """An account whose turns come when a test says."""

    def __init__(self, *turns: int | None) -> None:
        self._turns = list(turns)
        self.noted: list[object] = []

    def next_turn(self, _method: str, _path: str, _now_ms: int) -> int | None:
        return self._turns.pop(0)

    def answered(self) -> None:
        self.noted.append("answered")

    def failed(self, failure: SigfoxError) -> None:
        self.noted.append(type(failure))


def test_a_turn_that_comes_soon_is_waited_for(api: ScriptedApi, pastime: Pastime) -> None:
    api.says(Said(200, {}))
    account = Turns(NOON + 1_000, NOON + 3_000, None)
    client = ApiClient(api.url, Credentials("l", "p"), account, surroundings=pastime.surroundings)

    client.get("/devices/")
    assert (pastime.slept, account.noted) == ([1, 2], ["answered"])


@pytest.mark.parametrize(("turn_s", "within_ms"), [(6, 60_000), (3, 3_500)])
def test_a_turn_that_comes_later_is_left_to_whoever_asks(
    api: ScriptedApi, pastime: Pastime, turn_s: int, within_ms: int
) -> None:
    account = Turns(NOON + turn_s * 1000)
    client = ApiClient(
        api.url, Credentials("l", "p"), account, within_ms=within_ms, surroundings=pastime.surroundings
    )

    with pytest.raises(SigfoxBusy) as busy:
        client.get("/devices/")
    assert busy.value.again_at == NOON + turn_s * 1000
    assert (api.asked, pastime.slept, account.noted) == ([], [], [])


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        (Said(401), CredentialsRefused),
        (Said(500), SigfoxUnreachable),
        (Said(0), SigfoxUnreachable),
        (Said(403), "answered"),
        (Said(404), "answered"),
        (Said(409), "answered"),
        (Said(404, b"<html>"), "answered"),
        (Said(200, b"<html>"), SigfoxUnreachable),
        (Said(302), SigfoxUnreachable),
    ],
)
def test_what_came_of_a_request_is_noted(
    api: ScriptedApi, pastime: Pastime, said: Said, noted: object
) -> None:
    api.says(said)
    account = Turns(None)
    client = ApiClient(api.url, Credentials("l", "p"), account, surroundings=pastime.surroundings)

    with pytest.raises(SigfoxError):
        client.get("/groups/1")
    assert account.noted == [noted]


def test_pauses_differ(api: ScriptedApi) -> None:
    for random, paused in ((0.0, 0.375), (1.0, 0.625)):
        pastime = Pastime()
        surroundings = Surroundings(pastime.sleep, lambda: NOON, lambda random=random: random)
        api.says(Said(500), Said(200, {}))
        ApiClient(api.url, Credentials("l", "p"), surroundings=surroundings).get("/groups/1")
        assert pastime.slept == [paused]


def test_250_entries_come_on_three_pages(api: ScriptedApi, client: ApiClient) -> None:
    api.says(
        page(FULL, f"{api.url}/devices/?offset=100&limit=100"),
        page(FULL, f"{api.url}/devices/?offset=200&limit=100"),
        page(FULL[:50]),
    )

    assert len(client.list("/devices/", {"limit": 100})) == 250
    assert api.targets == [
        "GET /devices/?limit=100",
        "GET /devices/?offset=100&limit=100",
        "GET /devices/?offset=200&limit=100",
    ]


@pytest.mark.parametrize(
    "last",
    [
        {"data": [{"id": "1"}]},
        {"data": [{"id": "1"}], "paging": None},
        {"data": [{"id": "1"}], "paging": []},
        {"data": [{"id": "1"}], "paging": {"next": None}},
        {"data": [{"id": "1"}], "paging": {"next": ""}, "actions": ["read"]},
    ],
)
def test_a_list_ends_where_no_page_follows(api: ScriptedApi, client: ApiClient, last: object) -> None:
    api.says(Said(200, last))

    assert client.list("/devices/") == [{"id": "1"}]


@pytest.mark.parametrize("empty", [{"data": []}, {}, {"data": None}])
def test_an_empty_page_ends_a_list(api: ScriptedApi, client: ApiClient, empty: dict[str, Any]) -> None:
    following = {"paging": {"next": f"{api.url}/devices/?offset=200"}}
    api.says(page([{"id": "1"}], f"{api.url}/devices/?offset=100"), Said(200, empty | following))

    assert client.list("/devices/") == [{"id": "1"}]


def test_a_list_is_whole_or_an_error(api: ScriptedApi, client: ApiClient) -> None:
    api.says(page(FULL, f"{api.url}/devices/?offset=100"), Said(500))

    with pytest.raises(SigfoxUnreachable):
        client.list("/devices/")


@pytest.mark.parametrize("circle", [1, 2])
def test_pages_in_a_circle_end(api: ScriptedApi, client: ApiClient, circle: int) -> None:
    def script(asked: Asked) -> Said:
        offset = int(asked.target.partition("offset=")[2] or 0)
        return page(FULL, f"{api.url}/devices/?offset={(offset + 1) % circle}")

    api.script = script
    with pytest.raises(SigfoxUnreachable, match=r"circle|its own"):
        client.list("/devices/", {"offset": 0})
    assert len(api.asked) <= 4


ELSEWHERE = [
    "https://evil.example/v2/devices/",
    "https://api.sigfox.com.evil.example/v2/devices/",
    "https://api.sigfox.com@evil.example/v2/devices/",
    "https://user@api.sigfox.com/v2/devices/",
    "http://api.sigfox.com/v2/devices/",
    "https://api.sigfox.com:8443/v2/devices/",
    "https://api.sigfox.com:port/v2/devices/",
    "https://[api.sigfox.com/v2/devices/",
    "https://api.sigfox.com/v3/devices/",
    "https://api.sigfox.com/v22/devices/",
    "https://api.sigfox.com/v2/../admin/",
    "https://api.sigfox.com/v2",
    "//evil.example/v2/devices/",
    "/v2/devices/?offset=100",
    "devices",
    7,
    ["https://api.sigfox.com/v2/devices/"],
]


@pytest.mark.parametrize("following", ELSEWHERE)
def test_a_next_page_elsewhere_is_not_asked(following: object) -> None:
    with pytest.raises(SigfoxUnreachable):
        next_target({"paging": {"next": following}}, BASE)


@pytest.mark.parametrize(
    "following",
    ["https://api.sigfox.com/v2/devices/?a=1", "https://API.sigfox.com:443/v2/devices/?a=1"],
)
def test_a_next_page_at_the_same_place_is_asked(following: str) -> None:
    assert next_target({"paging": {"next": following}}, BASE) == "/devices/?a=1"


@given(st.text() | st.from_regex(r"https?://[a-z.@:0-9/\[\]\\#?%-]*", fullmatch=True))
def test_no_next_page_leads_elsewhere(following: str) -> None:
    try:
        found = next_target({"paging": {"next": following}}, BASE)
    except SigfoxUnreachable:
        return
    assert found is None or urlsplit(BASE + found).netloc == "api.sigfox.com"


def test_the_credentials_are_shown_to_nobody_else(api: ScriptedApi, client: ApiClient) -> None:
    with scripted_api() as other:
        api.says(page(FULL, f"{other.url}/devices/?offset=100"))
        with pytest.raises(SigfoxUnreachable, match="another host"):
            client.list("/devices/")
        assert not other.asked


@pytest.mark.parametrize("id_", ["..", ".", "%2e%2E", "1/../../admin"])
def test_an_id_that_leads_elsewhere_is_refused(api: ScriptedApi, client: ApiClient, id_: str) -> None:
    with pytest.raises(InvalidInput):
        client.delete(f"/devices/{id_}")
    assert not api.asked


def test_a_redirect_is_not_followed(api: ScriptedApi, client: ApiClient) -> None:
    api.says(Said(307, {}))

    with pytest.raises(SigfoxUnreachable, match="307"):
        client.get("/groups/1")


def test_an_answer_without_end_is_not_read(api: ScriptedApi, client: ApiClient) -> None:
    api.says(Said(200, b" " * 4_100_000))

    with pytest.raises(SigfoxUnreachable, match="more than is read"):
        client.get("/groups/1")


@pytest.mark.parametrize("piece", [b"", b" "])
def test_an_answer_that_does_not_end_is_not_waited_for(
    api: ScriptedApi, pastime: Pastime, piece: bytes
) -> None:
    is_over = threading.Event()

    def pieces() -> Iterator[bytes]:
        while not is_over.wait(0.02):
            yield piece

    api.says(Said(200, pieces()))
    client = ApiClient(api.url, Credentials("l", "p"), within_ms=200, surroundings=pastime.surroundings)
    try:
        with pytest.raises(SigfoxUnreachable, match="does not answer in time"):
            client.get("/groups/1")
    finally:
        is_over.set()


def test_nobody_there_is_said_so(pastime: Pastime) -> None:
    with scripted_api() as api:
        gone = api.url
    client = ApiClient(gone, Credentials("login", PASSWORD), surroundings=pastime.surroundings)

    with pytest.raises(SigfoxUnreachable, match="can't be reached"):
        client.get("/groups/1")


def test_a_certificate_that_nobody_signed_is_not_trusted(pastime: Pastime) -> None:
    with scripted_api() as api:
        in_tls = api.url.replace("http://127.0.0.1", "https://localhost")
        client = ApiClient(in_tls, Credentials("login", PASSWORD), surroundings=pastime.surroundings)
        with pytest.raises(SigfoxUnreachable):
            client.get("/groups/1")
        assert not api.asked


def test_odd_numbers_are_no_obstacle(api: ScriptedApi, client: ApiClient) -> None:
    api.says(Said(200, b'{"rssi": "-133.00", "snr": NaN, "new": {"x": [1]}}'))

    answer = client.get("/devices/1A2B/messages")
    assert json.loads(json.dumps(answer)) == {"rssi": "-133.00", "snr": None, "new": {"x": [1]}}


def test_credentials_do_not_show_themselves(client: ApiClient) -> None:
    assert PASSWORD not in repr(Credentials("login", PASSWORD)) + repr(client)
