"""Callbacks that Sigfox could not deliver, as its lists have them (sigfox-rest reference, 4)."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.token import Token
from sigbridge.sigfox.rest.undelivered import is_below, read_undelivered

KEY = str(Token.random())
KEY_ID = KEY.split("_")[1]
URL = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/downlink"
ENTRY: dict[str, Any] = {
    "device": "5D0C61",
    "deviceUrl": "https://api.sigfox.com/v2/devices/5D0C61",
    "deviceType": "5964a10570c85b51ccbaf497",
    "time": 1795325554000,
    "data": "DEADBEEF",
    "status": "503",
    "message": "Service Unavailable",
    "callback": {
        "url": URL,
        "headers": {"Authorization": KEY, "device": "5D0C61"},
        "body": {"device": "5D0C61", "time": 1795325554, "seqNumber": 7, "data": "deadbeef", "ack": True},
        "contentType": "application/json",
        "method": "POST",
        "error": "Service Unavailable",
    },
    "parameters": {"customData#x": 1},
}


def entry(**changes: Any) -> dict[str, Any]:
    return {**ENTRY, **changes}


def of_callback(**changes: Any) -> dict[str, Any]:
    return entry(callback={**ENTRY["callback"], **changes})


def test_a_callback_is_read_without_its_key() -> None:
    callback = read_undelivered(ENTRY)

    assert callback is not None
    assert callback.device_type_id == "5964a10570c85b51ccbaf497"
    assert (callback.time, callback.url) == (1795325554000, URL)
    assert callback.content_type == "application/json"
    assert json.loads(callback.body) == ENTRY["callback"]["body"]
    assert (callback.device_header, callback.key_id) == ("5D0C61", KEY_ID)
    assert KEY.rpartition("_")[2] not in repr([getattr(callback, name) for name in callback.__slots__])


def test_a_device_types_list_names_the_same_things_otherwise() -> None:
    other = {name: value for name, value in ENTRY.items() if name not in {"device", "deviceType"}}
    other |= {"deviceId": ENTRY["device"], "deviceTypeId": ENTRY["deviceType"]}

    assert read_undelivered(other) == read_undelivered(ENTRY)


@pytest.mark.parametrize(
    ("time", "read"),
    [
        (1795325554, 1795325554000),
        (1795325554123, 1795325554000),
        ("1795325554000", 1795325554000),
        (1795325554000.0, 1795325554000),
        ("yesterday", None),
        (None, None),
        (True, None),
        (float("inf"), None),
        ([], None),
    ],
)
def test_times_are_read_in_seconds_and_milliseconds(time: object, read: int | None) -> None:
    callback = read_undelivered(entry(time=time))

    assert callback is not None
    assert callback.time == read


@pytest.mark.parametrize("status", [404, "404", "202", None])
def test_no_status_is_left_out(status: object) -> None:
    assert read_undelivered(entry(status=status)) == read_undelivered(ENTRY)


@pytest.mark.parametrize(
    "other",
    [
        None,
        [],
        "text",
        {},
        entry(callback=None),
        entry(callback=[]),
        entry(callback={"subject": "a subject", "message": "a body"}),
        of_callback(url=None),
        of_callback(url=7),
    ],
)
def test_what_calls_no_url_is_left(other: object) -> None:
    assert read_undelivered(other) is None


@pytest.mark.parametrize(
    "carried",
    [
        {"headers": {"AUTHORIZATION": f"Bearer {KEY}"}},
        {"headers": {"authorization": "Basic " + base64.b64encode(f"x:{KEY}".encode()).decode()}},
        {"headers": {}, "url": f"{URL}?authorization={KEY}&time=1"},
        {"headers": None, "url": f"{URL}?time=1&Authorization=Bearer%20{KEY.replace('_', '%5F')}"},
        # An example of the reference names them so.
        {"headers": None, "header": {"Authorization": KEY}},
    ],
)
def test_the_key_is_known_by_its_public_id_however_it_is_carried(carried: dict[str, Any]) -> None:
    callback = read_undelivered(of_callback(**carried))

    assert callback is not None
    assert callback.key_id == KEY_ID
    assert KEY.rpartition("_")[2] not in callback.url + callback.query + callback.body


def test_a_query_keeps_everything_but_the_key() -> None:
    query = f"pattern=device%3Btime&authorization={KEY}&x=a%20b&x="
    callback = read_undelivered(of_callback(url=f"{URL}?{query}", body=None, method="get"))

    assert callback is not None
    assert (callback.url, callback.query) == (URL, "pattern=device%3Btime&x=a%20b&x=")
    assert callback.body == ""


def test_a_form_is_read_as_it_was_sent() -> None:
    callback = read_undelivered(
        of_callback(body="device=1&data=00", contentType="application/x-www-form-urlencoded")
    )

    assert callback is not None
    assert callback.body == "device=1&data=00"
    assert callback.content_type == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("base", "url", "is_ours"),
    [
        ("https://a.example", "https://a.example/uplink", True),
        ("https://a.example", "HTTPS://A.EXAMPLE/uplink", True),
        ("https://a.example", "http://a.example/uplink", False),
        ("https://a.example", "https://a.example.org/uplink", False),
        ("https://a.example", "https://a.example@b.example/uplink", False),
        ("https://a.example", "https://a.example:8443/uplink", False),
        ("https://a.example/base", "https://a.example/base/uplink", True),
        ("https://a.example/base", "https://a.example/basement/uplink", False),
        ("https://a.example", "https://[broken/uplink", False),
        ("https://a.example", "", False),
    ],
)
def test_only_urls_below_the_bundles_own_are_ours(base: str, url: str, *, is_ours: bool) -> None:
    assert is_below(base, url) == is_ours


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def drifted(content: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object in which some values are other JSON, and some are missing."""
    return st.fixed_dictionaries(
        {}, optional={name: st.just(value) | JSON for name, value in content.items()}
    )


@given(drifted(ENTRY), drifted(ENTRY["callback"]) | JSON)
def test_whatever_an_entry_holds_it_is_read_or_left(content: dict[str, Any], callback: object) -> None:
    read = read_undelivered({**content, "callback": callback})

    if read is not None:
        assert read.time is None or read.time % 1000 == 0
        assert KEY.rpartition("_")[2] not in repr(read)
