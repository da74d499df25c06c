"""Whatever an event holds, every format tells it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.webhook import WebhookFormat
from sigbridge.webhooks.contents import content_of
from sigbridge.webhooks.matching import message_types_of
from tests.event_schemas import schema
from tests.webhook_events import event_of, webhook_of

BODY = '{"text": "{{message.variables}} {{report.facts}}", "all": {{message}}}'
MOMENT = "2025-11-22T00:20:27.000Z"
TEXT = st.text(max_size=8)
NUMBER = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALAR = st.none() | st.booleans() | NUMBER | TEXT
NAME = (
    st.sampled_from(["value", "unit", "time", "lat", "lng", "latitude", "longitude", "bs_id", "rssi", "a"])
    | TEXT
)
JUNK = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=4),
    max_leaves=10,
)
JUNK_OBJECT = st.dictionaries(NAME, JUNK, max_size=5)
LOCATION = st.fixed_dictionaries(
    {"latitude": st.floats(-90, 90), "longitude": st.integers(-180, 180)},
    optional={"radius": st.floats(0, 1e6), "source": st.integers(0, 9), "status": st.integers(0, 20)},
)
VARIABLE = st.fixed_dictionaries(
    {"variable": st.text(min_size=1, max_size=8), "value": st.booleans() | st.integers() | TEXT},
    optional={"unit": TEXT, "metadata": JUNK_OBJECT, "location": LOCATION},
)
ITEM = st.fixed_dictionaries({"variable": TEXT}, optional={"value": JUNK, "unit": JUNK, "location": JUNK})
RADIO = {name: st.floats(-200, 100) for name in ("rssi", "snr", "lat", "lng", "fixed_lat", "fixed_lng")}
MESSAGE = st.fixed_dictionaries(
    {"device": TEXT, "network": st.just("sigfox"), "time": st.just(MOMENT), "group": TEXT},
    optional={
        "received_at": st.just(MOMENT),
        "amended_at": st.just(MOMENT),
        "seq_number": st.integers(0, 4095),
        "payload": st.binary(max_size=12).map(bytes.hex) | st.just("no hex"),
        "decoded_payload": JUNK_OBJECT | st.lists(ITEM, max_size=4),
        "decoded_payload_warnings": st.lists(TEXT, max_size=2),
        "decode_error": TEXT,
        "formatter": st.just({"id": "climate", "version": 1}),
        "port": st.integers(0, 255),
        "radio": st.fixed_dictionaries({}, optional={**RADIO, "station": TEXT}),
        "advanced": st.fixed_dictionaries(
            {}, optional={**RADIO, "lqi": TEXT, "duplicates": st.lists(JUNK, max_size=3)}
        ),
        "location": LOCATION,
        "variables": st.lists(VARIABLE, max_size=3),
        "advanced_variables": st.lists(VARIABLE, max_size=3),
    },
)
REPORT = st.fixed_dictionaries(
    {"service": st.sampled_from(["status", "event"]), "time": st.just(MOMENT), "facts": JUNK_OBJECT},
    optional={"location": LOCATION, "extras": JUNK_OBJECT},
)


def check_told(kind: str, family: str, content: dict[str, Any]) -> None:
    """Have it told in every format."""
    detail = {**schema(family)["examples"][0], "at": MOMENT, family: content}
    event = event_of(kind, detail)
    for type_ in message_types_of(event):
        for format_ in WebhookFormat:
            webhook = webhook_of(format_, type_, body=BODY, content_type="application/json")
            written = content_of(webhook, type_, event)
            assert written.body
            if "json" in written.content_type:
                json.loads(written.body)


@given(MESSAGE, st.sampled_from(["Message received", "Message completed"]))
def test_any_message_is_told(message: dict[str, Any], kind: str) -> None:
    check_told(kind, "message", message)


@given(REPORT)
def test_any_report_is_told(report: dict[str, Any]) -> None:
    check_told("Report received", "report", report)
