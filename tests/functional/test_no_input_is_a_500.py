"""Whatever a request holds, it is answered, and the answer is no 5xx."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigbridge.devices import register_device, set_parameter
from sigbridge.reports import Service
from tests.functional.lambdas import Event, call, event

INGEST = ("uplink", "batch_uplink", "bidir_downlink")
QUEUE = ("queue_push", "queue_replace")

arbitrary = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Names and values that mean something somewhere, so that the search gets past the first check.
field_names = st.sampled_from(
    [
        *("device", "deviceId", "id", "serial", "DevEUI", "data", "payload", "payload_raw", "time"),
        *("timestamp", "seqNumber", "ack", "port", "fPort", "rssi", "snr", "station", "lat", "lng"),
        *("latitude", "longitude", "radius", "source", "status", "location", "computedLocation"),
        *("duplicates", "lqi", "group", "serie", "variable", "value", "unit", "metadata", "batch"),
        *("pattern", "downlinks", "frm_payload", "frmPayload", "f_port", "priority", "confirmed"),
        *("correlation_ids", "class_b_c", "decoded_payload", "bytes", "confirmed_retry"),
        *("max_attempts", "expires_at", "infoCode", "infoMessage", "downlinkAck", "downlinkOverusage"),
        *("batt", "temp", "severity", "info", "sourceId", "sourceType", "eventType", "deviceInfo"),
        *("contractIds", "deviceMessageTime", "geolocSource", "repeatedMsg", "placeIds", "bsId"),
    ]
)
words = st.sampled_from(
    [
        *("1A2B45", "153fa", "AA-BB", "00", "17", "zz", "true", "false", "null", "N/A", "", " ", "-", "0"),
        *("1763770827", "1763770827000", "2025-11-22T00:20:27Z", "0001-01-01", "9999-12-31T23:59:59+23:59"),
        *("NaN", "Infinity", "-Infinity", "1e400", "1e999999999", "-0", "AQIDBAUGBwg=", "HIGHEST"),
        *("\u0663", "\u00b2"),
    ]
)
numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, 1, 8, 1763770827, 1763770827000, 2**63, 10**40, -1]),
    st.floats(allow_nan=False, allow_infinity=False),
    # Written without the quotes: numbers that Python would write otherwise.
    st.sampled_from(["#1e400#", "#-1e-400#", "#1E+5#", "#8.0#", "#1763770827.5#", "#0.1e1#", "#1e99#"]),
)
values = st.one_of(words, numbers, st.booleans(), st.none(), st.text(max_size=20))
unstorable = st.sampled_from(["\0", "\ud800", float("nan"), float("inf"), int("9" * 39)])
documents = st.recursive(
    values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(st.one_of(field_names, st.text(max_size=10)), inner, max_size=8),
    ),
    max_leaves=30,
)
devices = st.sampled_from(["1A2B45", "153fa", "0153FA", "AA-BB-01-CC-02", 8406])
messages = st.one_of(
    st.dictionaries(field_names, values, max_size=8),
    st.builds(
        lambda device, essentials, others: {"device": device, **essentials, **others},
        devices,
        st.fixed_dictionaries(
            {},
            optional={
                "time": st.sampled_from([1763770827, "1763770827", "2025-11-22T00:20:27Z", ""]),
                "data": st.sampled_from(["", "17", "0011AA", "00" * 12]),
                "seqNumber": st.integers(0, 4095),
                "ack": st.booleans(),
            },
        ),
        st.dictionaries(st.text(max_size=5), documents, max_size=3),
    ),
)
items = st.lists(
    st.fixed_dictionaries(
        {"variable": st.one_of(field_names, words)},
        optional={
            "value": documents,
            "serie": values,
            "group": values,
            "time": values,
            "unit": values,
            "location": documents,
            "metadata": documents,
        },
    ),
    max_size=6,
).flatmap(lambda found: st.sampled_from([found, [{"variable": "device", "value": "1A2B45"}, *found]]))
downlinks = st.fixed_dictionaries(
    {
        "downlinks": st.lists(
            st.fixed_dictionaries(
                {"frm_payload": st.one_of(st.just("AQIDBAUGBwg="), words)},
                optional={
                    "f_port": values,
                    "fPort": values,
                    "priority": values,
                    "confirmed": values,
                    "correlation_ids": documents,
                    "class_b_c": documents,
                    "decoded_payload": documents,
                    "confirmed_retry": documents,
                    "expires_at": st.one_of(
                        values, st.datetimes().map(lambda moment: moment.isoformat() + "Z")
                    ),
                },
            ),
            max_size=4,
        )
    }
)


def as_json(document: object) -> str:
    """Writes a document, `"#1e400#"` as the number 1e400."""
    return re.sub(r'"#(.*?)#"', r"\1", json.dumps(document))


bodies = st.one_of(
    st.one_of(documents, messages, st.lists(messages, max_size=4), items, downlinks).map(as_json),
    st.one_of(messages, items).map(lambda body: json.dumps(body)[:-1]),
    st.dictionaries(field_names, words, max_size=6).map(urlencode),
    st.dictionaries(field_names, st.one_of(unstorable, words), max_size=4).map(json.dumps),
    st.text(max_size=60),
    st.binary(max_size=60),
    st.none(),
)
content_types = st.one_of(
    st.sampled_from(
        [
            "application/json",
            "application/json; charset=latin-1",
            "application/x-www-form-urlencoded",
            "text/plain",
            ";",
            "",
        ]
    ),
    st.text(max_size=20),
)
queries = st.one_of(
    st.just(""),
    st.dictionaries(field_names, words, max_size=6).map(urlencode),
    st.text(alphabet=st.characters(codec="ascii"), max_size=60),
)
encodings = st.one_of(
    st.just({}),
    st.just({}),
    st.just({}),
    st.text(max_size=40).map(lambda text: {"body": text, "isBase64Encoded": True}),
)
patterns = st.sampled_from(["device;data;x", "device;x;ack;"]) | st.lists(
    st.one_of(field_names, words.filter(str.isascii)), max_size=5
).map(";".join)
services = st.sampled_from([*Service, "data-advanced", "Status", ""]) | st.text(max_size=10)
lines = st.lists(
    st.lists(st.one_of(words, st.text(max_size=8)), max_size=6).map(";".join),
    max_size=4,
).map(lambda texts: "\n".join(texts).encode(errors="replace").decode())

type Call = Callable[[str, Event], Any]


@pytest.fixture
def answered(key: str) -> Iterator[Call]:
    """Calls a function and checks that the answer is no 5xx and can be sent."""
    register_device("demo", "153FA")
    set_parameter("demo", "153FA", "downlinkData", "00" * 8)

    def answered(function: str, request: Event) -> Any:
        answer = call(function, request, key)
        assert 200 <= answer.status < 500
        if answer.text is not None:
            json.loads(answer.text, parse_constant=pytest.fail)
            answer.text.encode()
        return answer

    return answered


@pytest.mark.parametrize("function", INGEST)
@arbitrary
@given(body=bodies, content_type=content_types, query=queries, device=st.none() | words, encoding=encodings)
def test_of_a_callback(
    function: str,
    body: object,
    content_type: str,
    query: str,
    device: str | None,
    encoding: dict[str, Any],
    answered: Call,
) -> None:
    headers = {"content-type": content_type, "device": device}
    answered(function, event("uplink.json", body=body, headers=headers, query=query) | encoding)


@pytest.mark.parametrize("function", INGEST)
@arbitrary
@given(body=st.one_of(messages, st.lists(messages, min_size=1, max_size=4), items, documents))
def test_of_a_callback_in_json(function: str, body: object, answered: Call) -> None:
    answered(function, event("uplink.json", body=as_json(body)))


@arbitrary
@given(
    service=services,
    body=bodies,
    content_type=content_types,
    query=queries,
    device=st.none() | words,
    encoding=encodings,
)
def test_of_a_service_callback(
    service: str,
    body: object,
    content_type: str,
    query: str,
    device: str | None,
    encoding: dict[str, Any],
    answered: Call,
) -> None:
    headers = {"content-type": content_type, "device": device}
    path = {"service": service}
    request = event("sigfox_acknowledge.json", body=body, headers=headers, query=query, path=path)
    answered("sigfox_service", request | encoding)


@arbitrary
@given(
    service=services,
    body=st.one_of(messages, st.lists(messages, min_size=1, max_size=4), items, documents),
    pattern=patterns,
    batch=lines,
)
def test_of_a_service_callback_in_json_and_in_lines(
    service: str, body: object, pattern: str, batch: str, answered: Call
) -> None:
    path = {"service": service}
    answered("sigfox_service", event("sigfox_acknowledge.json", body=as_json(body), path=path))
    query = f"authorization=sbk_demo&pattern={quote(pattern)}&batch={quote(batch)}"
    answered("sigfox_service", event("sigfox_acknowledge_batch.json", query=query, path=path))


@pytest.mark.parametrize("function", ["batch_uplink", "bidir_downlink"])
@arbitrary
@given(pattern=patterns, batch=lines, in_body=st.booleans())
def test_of_a_batch(function: str, pattern: str, batch: str, in_body: bool, answered: Call) -> None:
    query = f"authorization=sbk_demo&pattern={quote(pattern)}"
    request = (
        event("batch_uplink_form.json", query=query, body=f"batch={quote(batch)}")
        if in_body
        else event("batch_uplink.json", query=f"{query}&batch={quote(batch)}")
    )
    answered(function, request)


@pytest.mark.parametrize("function", QUEUE)
@arbitrary
@given(
    body=st.one_of(bodies, downlinks.map(as_json)),
    device_id=st.sampled_from(["153fa", "153fb"]) | st.text(max_size=8),
    webhook=st.booleans(),
    encoding=encodings,
)
def test_of_a_queue_request(
    function: str, body: object, device_id: str, webhook: bool, encoding: dict[str, Any], answered: Call
) -> None:
    name = "queue_push.json" if webhook else "queue_push_as.json"

    answered(function, event(name, body=body, path={"device_id": device_id}) | encoding)

    assert answered("queue_list", event("queue_list.json")).status == 200


@arbitrary
@given(
    headers=st.dictionaries(
        st.sampled_from(["authorization", "Authorization", "content-type", "device", "accept"]),
        st.text(max_size=30),
    ),
    query=queries,
    application_id=st.sampled_from(["demo", "other"]) | st.text(max_size=40),
)
def test_of_headers_and_paths(
    headers: dict[str, str], query: str, application_id: str, answered: Call
) -> None:
    for function in INGEST:
        answered(function, event("uplink.json", query=query) | {"headers": headers})
    answered("sigfox_service", event("sigfox_status.json", query=query) | {"headers": headers})
    for function in QUEUE:
        path = {"application_id": application_id}
        answered(function, event("queue_push.json", query=query, path=path) | {"headers": headers})
    answered("device_state", event("device_state.json", path=path) | {"headers": headers})
