"""Field masks: The Things Stack's paths, and paths into our events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sigbridge.model.event import Event
from sigbridge.model.webhook import WebhookFormat
from sigbridge.webhooks.contents import content_of
from sigbridge.webhooks.field_mask import check_field_mask, masked
from sigbridge.webhooks.field_paths import FIELD_PATHS
from sigbridge.webhooks.matching import message_types_of
from tests.event_schemas import schema
from tests.webhook_events import ONE_OF_EACH_KIND, webhook_of

ENVELOPE = {
    "end_device_ids": {"device_id": "1a2b45", "application_ids": {"application_id": "greenhouse"}},
    "received_at": "2025-11-22T00:20:28.417Z",
    "uplink_message": {"f_cnt": 3, "decoded_payload": {"air": {"temperature": 21.5}, "ok": True}},
}


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ((), ENVELOPE),
        (("received_at",), {"received_at": ENVELOPE["received_at"]}),
        (("end_device_ids.device_id",), {"end_device_ids": {"device_id": "1a2b45"}}),
        (("up.uplink_message.f_cnt",), {"uplink_message": {"f_cnt": 3}}),
        (("uplink_message.f_cnt",), {"uplink_message": {"f_cnt": 3}}),
        (
            ("up.uplink_message.decoded_payload.air", "up.uplink_message.f_cnt"),
            {"uplink_message": {"decoded_payload": {"air": {"temperature": 21.5}}, "f_cnt": 3}},
        ),
        (("uplink_message.f_cnt", "uplink_message"), {"uplink_message": ENVELOPE["uplink_message"]}),
        (("uplink_message", "uplink_message.f_cnt"), {"uplink_message": ENVELOPE["uplink_message"]}),
        (("up.downlink_sent.frm_payload",), {}),
        (("uplink_message.f_cnt.x",), {}),
    ],
)
def test_a_mask_leaves_what_it_names(mask: tuple[str, ...], expected: Mapping[str, Any]) -> None:
    assert masked(ENVELOPE, mask) == expected


@pytest.mark.parametrize(
    ("format_", "path"),
    [
        (WebhookFormat.TTS, "up.uplink_message.decoded_payload"),
        (WebhookFormat.TTS, "up.uplink_message.decoded_payload.air.temperature"),
        (WebhookFormat.TTS, "uplink_message"),
        (WebhookFormat.TTS, "end_device_ids"),
        (WebhookFormat.TTS, "end_device_ids.join_eui"),
        (WebhookFormat.TTS, "up.join_accept.session_key_id"),
        (WebhookFormat.TTS, "up.downlink_failed.error.attributes"),
        (WebhookFormat.SIGBRIDGE, "message.location"),
        (WebhookFormat.SIGBRIDGE, "message.radio.rssi"),
        (WebhookFormat.CLOUDEVENTS, "step.reason"),
    ],
)
def test_a_known_path_is_taken(format_: WebhookFormat, path: str) -> None:
    check_field_mask(format_, [path])


@pytest.mark.parametrize(
    ("format_", "path"),
    [
        (WebhookFormat.TTS, ""),
        (WebhookFormat.TTS, "up"),
        (WebhookFormat.TTS, "uplink"),
        (WebhookFormat.TTS, "up.uplink_message.payload"),
        (WebhookFormat.TTS, "up.uplink_message.f_cnt.x"),
        (WebhookFormat.TTS, "up.uplink_message."),
        (WebhookFormat.TTS, "message.payload"),
        (WebhookFormat.SIGBRIDGE, "up.uplink_message.decoded_payload"),
        (WebhookFormat.SIGBRIDGE, "message.radio.rsi"),
        (WebhookFormat.CLOUDEVENTS, "specversion"),
    ],
)
def test_an_unknown_path_is_refused(format_: WebhookFormat, path: str) -> None:
    with pytest.raises(ValueError, match=f"the format {format_} has no field `{path}`"):
        check_field_mask(format_, ["received_at" if format_ == "tts" else "at", path])


@pytest.mark.parametrize("format_", [WebhookFormat.TAGOIO, WebhookFormat.INFLUXDB, WebhookFormat.CUSTOM])
def test_other_formats_have_no_field_mask(format_: WebhookFormat) -> None:
    check_field_mask(format_, [])

    with pytest.raises(ValueError, match="has no field mask"):
        check_field_mask(format_, ["id"])


def leaves(content: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


@pytest.mark.parametrize("format_", FIELD_PATHS)
@pytest.mark.parametrize("event", ONE_OF_EACH_KIND.values(), ids=[*ONE_OF_EACH_KIND])
def test_every_field_that_is_told_can_be_named(format_: WebhookFormat, event: Event) -> None:
    for type_ in message_types_of(event):
        whole = json.loads(content_of(webhook_of(format_, type_), type_, event).body)
        paths = [*leaves(whole.get("data", whole) if format_ == "cloudevents" else whole)]
        check_field_mask(format_, paths)
        webhook = webhook_of(format_, type_, field_mask=tuple(paths))
        assert json.loads(content_of(webhook, type_, event).body) == whole


def schema_paths(node: Mapping[str, Any], defs: Mapping[str, Any], path: str) -> Iterator[str]:
    while "$ref" in node:
        node = {**defs[node["$ref"].rpartition("/")[2]], **{k: v for k, v in node.items() if k != "$ref"}} | (
            {
                "properties": {
                    **defs[node["$ref"].rpartition("/")[2]].get("properties", {}),
                    **node.get("properties", {}),
                }
            }
        )
    inner = node.get("properties", {})
    if not inner:
        yield path.rstrip(".")
    for name, value in inner.items():
        yield from schema_paths(value, defs, f"{path}{name}.")


@pytest.mark.parametrize("family", ["message", "report", "downlink"])
def test_every_field_of_the_schemas_can_be_named(family: str) -> None:
    document = schema(family)

    paths = [*schema_paths(document, document["$defs"], "")]

    assert len(paths) > 10
    check_field_mask(WebhookFormat.SIGBRIDGE, paths)
