"""What nobody should send, and somebody does: strategies for every part of a request."""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from sigbridge.reports import Service
from tests.unit.test_senders import EXPECTED, sample

# Names and values that mean something somewhere, so that the search gets past the first check.
known_names = st.sampled_from(
    [
        *("device", "deviceId", "id", "serial", "DevEUI", "data", "payload", "payload_raw", "time"),
        *("timestamp", "seqNumber", "ack", "port", "fPort", "rssi", "snr", "station", "lat", "lng"),
        *("latitude", "longitude", "radius", "source", "status", "location", "computedLocation"),
        *("duplicates", "lqi", "group", "serie", "variable", "value", "unit", "metadata", "batch"),
        *("pattern", "downlinks", "frm_payload", "frmPayload", "f_port", "priority", "confirmed"),
        *("correlation_ids", "class_b_c", "decoded_payload", "bytes", "confirmed_retry", "longPolling"),
        *("max_attempts", "expires_at", "infoCode", "infoMessage", "downlinkAck", "downlinkOverusage"),
        *("batt", "temp", "severity", "info", "sourceId", "sourceType", "eventType", "deviceInfo"),
        *("contractIds", "deviceMessageTime", "geolocSource", "repeatedMsg", "placeIds", "bsId"),
        *("deviceTypeId", "coordinates", "type", "gateway", "rxInfo", "gps", "operatorName", "linkQuality"),
    ]
)
hostile_names = st.sampled_from(
    [
        *("", " ", "_", ".", "a.b", "$", "-", "#", "DEVICE#demo#1A2B45", "MSG#", ":n", "#n0", "pk", "sk"),
        *("n" * 100, "n" * 101, "n" * 256, "ß" * 100, "\u0130" * 60, "authorization", "Authorization"),
        *("\u017feqNumber", "dev\u0131ce", "DEV\u0130CE", "ACK\0", "\u202edata", "__proto__", "\ud800"),
        "sbk_0123456789abcdef_0123456789abcdef0123456789abcdef",
    ]
)
names = known_names | known_names | hostile_names | st.text(max_size=8)

words = st.sampled_from(
    [
        *("1A2B45", "153fa", "AA-BB", "00", "17", "zz", "true", "false", "null", "N/A", "", " ", "-", "0"),
        *("AQIDBAUGBwg=", "HIGHEST", "0x00ff", "00 ff", "{data}", "DEVICE", "GOOD", "[]", "{}", "[{}]"),
        *("\u0663", "\u00b2", "ß1", "\u0131", "K", "=1+1", "@x", "a,b", '"', "\0", "\ud800"),
        "sbk_0123456789abcdef_0123456789abcdef0123456789abcdef",
    ]
)
moments = st.sampled_from(
    [
        *("1763770827", "1763770827000", "1763770827000000", "1763770827000000000", "17637708270", "9" * 13),
        *("9" * 10, "9" * 14, "9" * 16, "9" * 19, "9" * 25, "-1", "-1763770827", "0", "0000000000", "1e12"),
        *("4294967296", "4294967296000", "2106-02-07T06:28:16Z", "9999-12-31T23:59:59.999999Z"),
        *("9999-12-31T23:59:59-23:59", "0001-01-01", "0001-01-01T00:00:00+23:59", "1969-12-31", "2025-02-30"),
        *("2025-11-22T00:20:27Z", "2025-11-22 00:20:27+01:00", "Sat, 22 Nov 2025 00:20:27 GMT", "now"),
        *("Sat, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "20251122", "2025-W47-6"),
        *(1763770827, 1763770827000, 1763770827.5, 10**12, 10**13, 10**16, 10**19, 2**32, -1, 0),
    ]
)
# `"#1e400#"` is written as the number 1e400.
numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, 1, 8, -1, 1763770827, 2**31, 2**53 + 1, 2**63, 10**37, 10**38, 10**40]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [
            *(
                "#1e400#",
                "#-1e-400#",
                "#1E+5#",
                "#8.0#",
                "#1763770827.5#",
                "#0.1e1#",
                "#1e99#",
                "#-0#",
                "#-0.0#",
            ),
            *("#1E-130#", "#1E-131#", "#9.99E125#", "#1E126#", "#1e308#", "#1e-308#", "#1e999999999#"),
            *("#1e-9999999999#", "#1e99999999999999999999#", "#" + "9" * 38 + "#", "#" + "9" * 39 + "#"),
            *(
                "#" + "7" * 400 + "#",
                "#-" + "7" * 5000 + "#",
                "#0." + "3" * 400 + "#",
                "#1" + "0" * 125 + "#",
            ),
            *("#NaN#", "#Infinity#", "#-Infinity#", "#9.999e125#", "#0e999#", "#0e-999#"),
        ]
    ),
    st.sampled_from(
        [
            *("NaN", "nan", "sNaN", "-NaN", "Infinity", "-Infinity", "inf", "1e400", "1e999999999", "-0"),
            *("1,5", "1.234,5", "1,234.5", "1_000", "+1", "1.", ".5", "0b1", "1E-131", "7" * 400, "٣"),
        ]
    ),
)
values = st.one_of(words, numbers, moments, st.booleans(), st.none(), st.text(max_size=20))
documents = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(names, inner, max_size=8),
    max_leaves=30,
)
places = st.one_of(
    st.fixed_dictionaries({"type": st.just("Point"), "coordinates": st.lists(numbers, max_size=4)}),
    st.fixed_dictionaries(
        {"lat": values, "lng": values}, optional={"radius": values, "source": values, "status": values}
    ),
    documents,
)

devices = st.sampled_from(["1A2B45", "153fa", "0153FA", "AA-BB-01-CC-02", 8406, "cold-room"])
essentials = st.fixed_dictionaries(
    {},
    optional={
        "time": moments,
        "data": st.sampled_from(["", "17", "0011AA", "00" * 12, "AQIDBA==", "x" * 3000, "00" * 3000]),
        "seqNumber": st.integers(0, 4095) | numbers,
        "ack": st.booleans() | words,
        "computedLocation": places,
        "location": places,
        "lqi": words,
        "port": values,
    },
)
messages = st.one_of(
    st.dictionaries(names, values, max_size=8),
    st.builds(
        lambda device, known, others: {"device": device, **others, **known},
        devices,
        essentials,
        st.dictionaries(names, documents, max_size=4),
    ),
)
items = st.lists(
    st.fixed_dictionaries(
        {"variable": names | words},
        optional={
            "value": documents,
            "serie": values,
            "group": st.sampled_from(["a", "b", "g" * 101]) | values,
            "time": moments,
            "unit": values,
            "location": places,
            "metadata": documents,
        },
    ),
    max_size=6,
).flatmap(lambda found: st.sampled_from([found, [{"variable": "device", "value": "1A2B45"}, *found]]))

_SAMPLES = [sample(name) for name in EXPECTED]


def _paths(content: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    entries: Any = ()
    if isinstance(content, dict):
        entries = content.items()
    elif isinstance(content, list):
        entries = enumerate(content)
    for name, inner in entries:
        yield (*path, name)
        yield from _paths(inner, (*path, name))


def _changed(content: Any, path: tuple[str | int, ...], value: object) -> Any:
    if not path or not isinstance(content, dict | list):
        return value
    name, *rest = path
    if isinstance(content, dict):
        return {**content, name: _changed(content.get(name), tuple(rest), value)}
    return [_changed(inner, tuple(rest), value) if at == name else inner for at, inner in enumerate(content)]


@st.composite
def known_senders(draw: st.DrawFn) -> Any:
    """What a network server sends, with up to three of its parts changed."""
    content: Any = draw(st.sampled_from(_SAMPLES))
    for path in draw(st.lists(st.sampled_from(list(_paths(content))), max_size=3)):
        content = _changed(content, path, draw(documents | places))
    return content


@st.composite
def large_messages(draw: st.DrawFn) -> Any:
    """A message near the bounds: of all, of a text, of a name, of their number."""
    name = draw(st.sampled_from(["n" * 100, "n" * 5_000, "ß" * 3_000, "a.b" * 33]))
    leaf = draw(st.sampled_from([0, 1, "x", 10**37, "#NaN#", "#1e999#", {"lat": 99, "lng": 1}, [], "\0"]))
    size = draw(st.sampled_from([10, 400, 3_000]))
    content: dict[str, Any] = draw(
        st.sampled_from(
            [
                {name: [leaf] * size},
                {name: {name: {name: [leaf] * size}}},
                {f"{number}{name[:60]}": leaf for number in range(size)},
                {"text": "x" * 6_000, "more": "ß" * 3_000},
                {"text": "x" * 6_001},
                {"texts": ["x" * 6_000] * (size % 15)},
                {"text": "\u20ac" * 33_000},
                {"long": "x" * 99_900},
            ]
        )
    )
    content |= {"device": "1A2B45", "time": 1763770827, "data": "00", "seqNumber": draw(st.integers(0, 9))}
    if draw(st.booleans()):
        return [{"variable": key, "value": value, "metadata": {key: value}} for key, value in content.items()]
    return content | draw(st.sampled_from([{}, {"lqi": "GOOD", "computedLocation": {"lat": 1, "lng": 2}}]))


downlinks = st.fixed_dictionaries(
    {
        "downlinks": st.lists(
            st.fixed_dictionaries(
                {"frm_payload": st.just("AQIDBAUGBwg=") | words},
                optional={
                    "f_port": values,
                    "fPort": values,
                    "priority": values,
                    "confirmed": values,
                    "correlation_ids": documents | st.lists(names, max_size=4),
                    "class_b_c": documents,
                    "decoded_payload": documents,
                    "confirmed_retry": documents,
                    "expires_at": moments | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
                },
            ),
            max_size=4,
        )
    }
)
# Nothing but what the application says of its downlinks is strange, so that they are queued.
odd_downlinks = st.lists(
    st.fixed_dictionaries(
        {"frm_payload": st.just("AQIDBAUGBwg=")},
        optional={
            "f_port": st.integers(1, 223),
            "confirmed": st.booleans(),
            "correlation_ids": st.lists(names | words.map(str), max_size=4),
            "decoded_payload": st.dictionaries(names, documents, max_size=4),
            "confirmed_retry": st.fixed_dictionaries({"max_attempts": st.integers(1, 40)}),
            "expires_at": moments,
        },
    ),
    min_size=1,
    max_size=3,
).map(lambda pushed: {"downlinks": pushed})


def as_json(document: object) -> str:
    """Writes a document, `"#1e400#"` as the number 1e400."""
    return re.sub(r'"#(-?[\w.+-]+)#"', r"\1", json.dumps(document))


any_messages = st.one_of(
    messages, st.lists(messages, min_size=1, max_size=4), items, documents, known_senders(), large_messages()
)
unpaired = st.dictionaries(names, words, max_size=6).map(
    lambda fields: urlencode(fields, errors="surrogatepass")
)
bodies = st.one_of(
    (any_messages | downlinks).map(as_json),
    (messages | items).map(lambda body: json.dumps(body)[:-1]),
    unpaired,
    st.text(max_size=60),
    st.binary(max_size=60),
    st.none(),
)
content_types = st.one_of(
    st.sampled_from(
        [
            *(
                "application/json",
                "application/json; charset=latin-1",
                "application/vnd.x+json",
                "text/plain",
            ),
            *("application/x-www-form-urlencoded", ";", ""),
        ]
    ),
    st.text(max_size=20),
)
queries = st.one_of(st.just(""), unpaired, st.text(alphabet=st.characters(codec="ascii"), max_size=60))


def _packed(content: bytes) -> dict[str, Any]:
    return {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}


# What takes the place of an event's body.
packings = st.one_of(
    st.just({}),
    st.just({}),
    st.text(max_size=40).map(lambda text: {"body": text, "isBase64Encoded": True}),
    (any_messages | downlinks).map(lambda body: _packed(gzip.compress(as_json(body).encode()))),
    st.binary(max_size=60).map(lambda tail: _packed(gzip.compress(b'{"device":"1A2B45"}') + tail)),
)
content_encodings = st.sampled_from([None, "gzip", "gzip", "identity", "gzip, gzip", "br", "\u0131"])
patterns = st.sampled_from(
    ["device;data;x", "device;time;seqNumber;data", "device;ack;time;data;", "device;x;ack;"]
) | st.lists(names | words.filter(str.isascii), max_size=5).map(";".join)
services = st.sampled_from([*Service, "data-advanced", "Status", ""]) | st.text(max_size=10)


def as_url(text: str) -> str:
    """Writes a text as the value of a variable."""
    return quote(text, errors="surrogatepass")


lines = st.one_of(
    st.lists(st.lists(words | numbers | moments, max_size=6), max_size=4),
    st.lists(st.tuples(devices, moments, numbers, words), min_size=1, max_size=4),
).map(lambda found: "\n".join(";".join(map(str, line)) for line in found))
