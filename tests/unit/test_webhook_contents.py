"""What a webhook is told: each kind of event in each format, as its receiver sees it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, SigningSecret, WebhookFormat, WebhookSecrets
from sigbridge.webhooks.contents import content_of
from sigbridge.webhooks.matching import message_types_of
from sigbridge.webhooks.message_id import message_id
from sigbridge.webhooks.requests import request_of
from sigbridge.webhooks.signing import new_secret
from tests.event_schemas import violations
from tests.webhook_events import ONE_OF_EACH_KIND, downlink_event, event_of, example, webhook_of

UPLINK = MessageType.UPLINK_MESSAGE
SERVICE = MessageType.SERVICE_DATA
LOCATION = MessageType.LOCATION_SOLVED
VARIABLES = {"variable", "value", "unit", "time", "group", "location", "metadata"}

TYPES: Mapping[str, tuple[MessageType, ...]] = {
    "Message received": (UPLINK,),
    "Message completed": (SERVICE, LOCATION),
    "Report received: ack": (SERVICE,),
    "Report received: event": (SERVICE,),
    "Report received: geoloc": (SERVICE, LOCATION),
    "Downlink queued": (MessageType.DOWNLINK_QUEUED,),
    "Downlink answered": (MessageType.DOWNLINK_ANSWERED,),
    "Downlink pending": (),
    "Downlink sent": (MessageType.DOWNLINK_SENT,),
    "Downlink unacknowledged": (MessageType.DOWNLINK_UNACKNOWLEDGED,),
    "Downlink failed": (MessageType.DOWNLINK_FAILED,),
    "Downlink expired": (MessageType.DOWNLINK_EXPIRED,),
    "Downlink removed": (MessageType.DOWNLINK_REMOVED,),
    "Downlink superseded": (MessageType.DOWNLINK_SUPERSEDED,),
}
TOLD = [(kind, type_) for kind, types in TYPES.items() for type_ in types]


def told(format_: WebhookFormat, type_: MessageType, event: Event, **changes: Any) -> Any:
    """The JSON that a webhook gets."""
    return json.loads(content_of(webhook_of(format_, type_, **changes), type_, event).body)


def up(type_: MessageType, event: Event) -> Any:
    """The message in The Things Stack's envelope."""
    return told(WebhookFormat.TTS, type_, event)[type_]


def lines(type_: MessageType, event: Event) -> list[str]:
    """The lines that InfluxDB gets."""
    return content_of(webhook_of(WebhookFormat.INFLUXDB, type_), type_, event).body.decode().splitlines()


@pytest.mark.parametrize("kind", ONE_OF_EACH_KIND)
def test_each_kind_of_event_is_told_as(kind: str) -> None:
    assert message_types_of(ONE_OF_EACH_KIND[kind]) == TYPES[kind]


@pytest.mark.parametrize("kind", ["Callback refused", "Webhook disabled"])
def test_what_is_for_the_feed_alone_is_not_told(kind: str) -> None:
    assert message_types_of(Event("id", kind, "greenhouse", "", '{"id": "id"}')) == ()


def test_an_uplink_that_comes_after_its_data_advanced_is_told_as_uplink() -> None:
    late = json.loads(example("Message completed", 1).detail)
    late["at"] = late["message"]["received_at"] = "2025-11-22T00:21:30.000Z"

    assert message_types_of(event_of("Message completed", late)) == (UPLINK, LOCATION)


def test_a_location_that_is_decoded_from_the_payload_is_told() -> None:
    event = example("Message received", decoded_payload={"latitude": 45.76, "longitude": 0})

    assert message_types_of(event) == (UPLINK, LOCATION)
    assert up(LOCATION, event) == {
        "service": "frm-payload",
        "location": {"latitude": 45.76, "longitude": 0},
    }


@pytest.mark.parametrize(("kind", "type_"), TOLD)
def test_the_things_stacks_envelope_says_who_what_and_when(kind: str, type_: MessageType) -> None:
    event = ONE_OF_EACH_KIND[kind]
    detail = json.loads(event.detail)

    envelope = told(WebhookFormat.TTS, type_, event)

    assert envelope.keys() == {"end_device_ids", "correlation_ids", "received_at", type_}
    assert envelope["end_device_ids"] == {
        "device_id": event.device_id.lower(),
        "application_ids": {"application_id": "greenhouse"},
        "dev_eui": event.device_id.zfill(16),
    }
    assert envelope["received_at"] == detail["at"]
    assert envelope["correlation_ids"][-1] == f"sigbridge:event:{event.id}"


def test_an_uplink_in_the_things_stacks_envelope() -> None:
    detail = json.loads(example("Message completed", 1).detail)
    detail["message"]["radio"] |= {"lat": 45, "lng": 6}
    detail["message"]["advanced"]["duplicates"] += [{"bs_id": "2BD7", "rssi": -130.0, "snr": 0}]

    assert up(UPLINK, event_of("Message received", detail)) == {
        "f_cnt": 1508,
        "frm_payload": "sFE4AaQh8AGUBaUA",
        "decoded_payload": {"air": {"temperature": 21.5, "humidity": 47}},
        "decoded_payload_warnings": ["battery is low"],
        "normalized_payload": [{"air": {"temperature": 21.5, "relativeHumidity": 47}}],
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": "1d44"},
                "time": "2025-11-22T00:20:27.000Z",
                "rssi": -123.1,
                "snr": 18.86,
                "location": {"latitude": 45, "longitude": 6, "source": "SOURCE_REGISTRY"},
            },
            {"gateway_ids": {"gateway_id": "2bd7"}, "time": "2025-11-22T00:20:27.000Z", "rssi": -130.0},
        ],
        "received_at": "2025-11-22T00:20:27.000Z",
        "locations": {
            "sigfox-geolocation": {"latitude": 45.19, "longitude": 5.71, "accuracy": 2447},
        },
    }


def test_values_that_a_sender_decoded_are_the_decoded_payload_where_no_formatter_is() -> None:
    assert up(UPLINK, example("Message received"))["decoded_payload"] == {"temperature": 21.5}


def test_what_was_not_decoded_is_told_why() -> None:
    uplink = up(UPLINK, example("Message received", 2))

    assert "decoded_payload" not in uplink
    assert uplink["decoded_payload_warnings"] == ["3 bytes are too few"]
    assert (uplink["f_port"], uplink["frm_payload"]) == (10, "ABGq")


def test_an_uplink_of_nothing_has_no_empty_fields() -> None:
    event = example("Message received", seq_number=0, payload="", radio={}, variables=[], port=0)

    assert up(UPLINK, event) == {"received_at": "2025-11-22T00:20:27.000Z"}


def test_data_advanced_is_service_data() -> None:
    assert up(SERVICE, example("Message completed", 1)) == {
        "service": "data-advanced",
        "data": {
            "lqi": "GOOD",
            "link_quality": 2,
            "operator_name": "SIGFOX_France",
            "country_code": 250,
            "duplicates": [{"bs_id": "1D44", "nb_rep": 3, "rssi": -123.1, "snr": 18.86}],
            "time": "2025-11-22T00:20:27.000Z",
            "seq_number": 1508,
            "location": {"latitude": 45.19, "longitude": 5.71, "radius": 2447, "source": 2, "status": 1},
        },
    }


def test_what_a_further_delivery_added_is_service_data() -> None:
    detail = json.loads(example("Message completed", 1).detail)
    detail["at"] = detail["message"]["amended_at"] = "2025-11-22T00:30:00.000Z"
    event = event_of("Message completed", detail)

    assert message_types_of(event) == (SERVICE, LOCATION)
    assert up(SERVICE, event) == {"service": "amendment", "data": detail["message"]}


def test_reports_are_service_data() -> None:
    assert up(SERVICE, example("Report received")) == {
        "service": "acknowledge",
        "data": {
            "info_code": 0,
            "info_message": "Acked",
            "downlink_ack": True,
            "downlink_overusage": True,
            "time": "2025-11-22T00:21:02.000Z",
            "received_at": "2025-11-22T00:21:03.310Z",
        },
    }


def test_a_location_is_told_with_how_it_was_found() -> None:
    assert up(LOCATION, example("Message completed", 1)) == {
        "service": "sigfox-geolocation",
        "location": {"latitude": 45.19, "longitude": 5.71, "accuracy": 2447},
        "attributes": {"source": "2", "status": "1"},
    }


QUEUED = {
    "id": "019aa8ee97fb00009c58313d",
    "f_port": 15,
    "frm_payload": "AQIDBAUGBwg=",
    "decoded_payload": {"valve": "open"},
    "confirmed": True,
    "priority": "NORMAL",
    "correlation_ids": ["order-17"],
    "confirmed_retry": {"attempt": 1, "max_attempts": 3},
    "expires_at": "2025-11-23T00:00:00.000Z",
}


@pytest.mark.parametrize(
    ("state", "added"),
    [
        ("queued", {}),
        ("answered", {"uplink": {"time": "2025-11-22T00:20:27.000Z", "seq_number": 1508}}),
        ("sent", {"info_message": "Acked", "downlink_ack": True}),
        ("unacknowledged", {}),
        ("expired", {}),
        ("removed", {"cause": "cleared"}),
        ("superseded", {}),
    ],
)
def test_a_step_of_a_downlink_is_the_downlink(state: str, added: dict[str, Any]) -> None:
    assert up(MessageType(f"downlink_{state}"), downlink_event(state)) == QUEUED | added


def test_a_downlink_that_is_not_confirmed_has_no_empty_fields() -> None:
    event = downlink_event("sent", confirmed=False, priority="LOWEST", correlation_ids=[], f_port=0)

    assert up(MessageType.DOWNLINK_SENT, event).keys() >= {"id", "frm_payload"}
    assert not up(MessageType.DOWNLINK_SENT, event).keys() & {
        *("confirmed", "confirmed_retry", "priority", "correlation_ids", "f_port")
    }


def test_a_downlink_that_failed_says_why() -> None:
    assert up(MessageType.DOWNLINK_FAILED, downlink_event("failed")) == {
        "downlink": QUEUED,
        "error": {
            "namespace": "sigbridge/downlinks",
            "name": "quota_exceeded",
            "message_format": "the device has used up its downlinks of the day",
            "attributes": {"info_code": 3, "info_message": "Overrun error"},
            "code": 8,
        },
    }


@pytest.mark.parametrize(("kind", "type_"), TOLD)
def test_sigbridges_own_format_is_the_event_with_its_kind(kind: str, type_: MessageType) -> None:
    event = ONE_OF_EACH_KIND[kind]

    content = told(WebhookFormat.SIGBRIDGE, type_, event)

    assert (content.pop("kind"), content.pop("message_type")) == (event.kind, type_)
    assert content == json.loads(event.detail)
    assert violations(event.kind, content) == []


@pytest.mark.parametrize(("kind", "type_"), TOLD)
def test_the_library_of_cloudevents_reads_an_event(kind: str, type_: MessageType) -> None:
    event = ONE_OF_EACH_KIND[kind]
    content = content_of(webhook_of(WebhookFormat.CLOUDEVENTS, type_), type_, event)

    read = from_structured_event(HTTPMessage({"content-type": content.content_type}, content.body))

    assert read.get_id() == message_id(event.id, type_)
    assert read.get_source() == f"/applications/greenhouse/devices/{event.device_id}"
    assert read.get_type() == f"com.sigbridge.{event.kind.lower().replace(' ', '.')}.v1"
    assert read.get_subject() == event.device_id
    assert read.get_dataschema() == f"urn:sigbridge:event:{event.kind.split()[0].lower()}:1"
    data = read.get_data()
    assert isinstance(data, dict)
    assert data["id"] == event.id


def test_a_field_mask_of_cloudevents_is_of_the_data() -> None:
    content = told(
        WebhookFormat.CLOUDEVENTS, UPLINK, example("Message received"), field_mask=("message.payload",)
    )

    assert content["data"] == {"message": {"payload": "b0513801a421f0019405a500"}}
    assert content["specversion"] == "1.0"


@pytest.mark.parametrize(("kind", "type_"), TOLD)
def test_tagoio_gets_variables_of_one_device_and_group(kind: str, type_: MessageType) -> None:
    event = ONE_OF_EACH_KIND[kind]
    content = content_of(webhook_of(WebhookFormat.TAGOIO, type_), type_, event)

    items = json.loads(content.body)

    assert content.headers == {"device": event.device_id}
    assert items[0]["variable"] == "device"
    assert items[0]["value"] == event.device_id
    assert len({item["group"] for item in items}) == 1
    assert all(VARIABLES >= item.keys() >= {"variable", "value", "time", "group"} for item in items)


def test_tagoio_gets_units_and_places() -> None:
    decoded = {"temperature": {"value": 21.5, "unit": "°C"}, "open": False}
    event = example(
        "Message received",
        decoded_payload=decoded,
        variables=[],
        location={"latitude": 45.19, "longitude": 5.71},
    )

    items = {item["variable"]: item for item in told(WebhookFormat.TAGOIO, UPLINK, event)}

    shared = {"time": "2025-11-22T00:20:27.000Z", "group": "943f70dddd4785bd2c2755ec"}
    assert items["data"]["value"] == "b0513801a421f0019405a500"
    assert items["temperature"] == {"variable": "temperature", "value": 21.5, "unit": "°C", **shared}
    assert items["open"]["value"] is False
    assert items["location"] == {
        "variable": "location",
        "value": "45.19, 5.71",
        "location": {"lat": 45.19, "lng": 5.71},
        **shared,
    }


def test_tagoio_gets_no_more_than_it_takes() -> None:
    variables = [{"variable": f"v{number}", "value": "°" * 2_000} for number in range(100)]
    event = example("Message received", variables=variables)

    body = content_of(webhook_of(WebhookFormat.TAGOIO, UPLINK), UPLINK, event).body

    assert 150_000 < len(body) <= 200_000


@pytest.mark.parametrize(
    ("kind", "type_", "expected"),
    [
        (
            "Message received",
            UPLINK,
            (
                'uplink_message,application=greenhouse,device=1A2B45 rssi=-123.1,snr=18.86,station="1D44",'
                'seq_number=1508.0,payload="b0513801a421f0019405a500",temperature=21.5 1763770827000000000'
            ),
        ),
        (
            "Report received: ack",
            SERVICE,
            (
                "service_data,application=greenhouse,device=153FA,service=acknowledge "
                'info_code=0.0,info_message="Acked",downlink_ack=true,downlink_overusage=true'
                " 1763770862000000000"
            ),
        ),
        (
            "Report received: geoloc",
            LOCATION,
            (
                "location_solved,application=greenhouse,device=153FA,service=geoloc "
                "latitude=45.19,longitude=5.71,radius=2447.0 1763770827000000000"
            ),
        ),
        (
            "Downlink failed",
            MessageType.DOWNLINK_FAILED,
            (
                'downlink_failed,application=greenhouse,device=153FA id="019aa8ee97fb00009c58313d",'
                'source="queue",frm_payload="AQIDBAUGBwg=",attempt=1.0,reason="quota_exceeded",info_code=3.0,'
                'info_message="Overrun error" 1763770800123000000'
            ),
        ),
    ],
)
def test_influxdb_gets_a_point(kind: str, type_: MessageType, expected: str) -> None:
    assert lines(type_, ONE_OF_EACH_KIND[kind]) == [expected]


def test_influxdb_gets_a_point_of_an_event_without_values() -> None:
    event = example("Message received", radio={}, variables=[], payload="", seq_number=None)

    assert lines(UPLINK, event_of(event.kind, _without(event, "payload", "seq_number"))) == [
        "uplink_message,application=greenhouse,device=1A2B45 count=1.0 1763770827000000000"
    ]


def _without(event: Event, *names: str) -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(event.detail)
    for name in names:
        del detail["message"][name]
    return detail


@pytest.mark.parametrize(("kind", "type_"), TOLD)
def test_a_body_of_ones_own_gets_the_values(kind: str, type_: MessageType) -> None:
    event = ONE_OF_EACH_KIND[kind]
    body = '{"text": "{{device_id}}: {{ kind }}", "step": {{step}}, "first": {{downlink.correlation_ids.0}}}'

    content = told(WebhookFormat.CUSTOM, type_, event, body=body, content_type="application/json")

    detail = json.loads(event.detail)
    first = ["order-17"] if "downlink" in detail else [None]
    assert content == {
        "text": f"{event.device_id}: {event.kind}",
        "step": detail.get("step"),
        "first": first[0],
    }


def test_a_request_has_what_its_receiver_needs() -> None:
    event = example("Message received")
    webhook = webhook_of(WebhookFormat.TTS, UPLINK, "up/{devID}")
    secrets = WebhookSecrets((SigningSecret(new_secret()),), {"Authorization": "Bearer t"}, "a-key")

    request = request_of(webhook, secrets, UPLINK, event, 1_763_770_830_999)

    device = "https://api.example.com/api/v3/as/applications/greenhouse/webhooks/my-server/devices/1a2b45"
    headers = dict(request.headers)
    assert headers.pop("webhook-signature").startswith("v1,")
    assert headers.pop("User-Agent").startswith("Sigbridge/")
    assert request.url == "https://example.com/sigfox/up/1a2b45"
    assert headers == {
        "Authorization": "Bearer t",
        "Content-Type": "application/json",
        "X-Sigbridge-Webhook": "my-server",
        "X-Tts-Domain": "api.example.com",
        "X-Downlink-Apikey": "a-key",
        "X-Downlink-Push": f"{device}/down/push",
        "X-Downlink-Replace": f"{device}/down/replace",
        "webhook-id": message_id(event.id, UPLINK),
        "webhook-timestamp": "1763770830",
    }


@pytest.mark.parametrize("name", ["User-Agent", "user-agent", "USER-AGENT"])
def test_the_users_own_user_agent_is_sent_and_no_other(name: str) -> None:
    secrets = WebhookSecrets((SigningSecret(new_secret()),), {name: "greenhouse/2"})

    request = request_of(
        webhook_of(WebhookFormat.TTS, UPLINK), secrets, UPLINK, example("Message received"), 0
    )

    sent = [(each, value) for each, value in request.headers.items() if each.lower() == "user-agent"]
    assert sent == [(name, "greenhouse/2")]


def test_without_a_downlink_key_nothing_is_said_of_downlinks() -> None:
    secrets = WebhookSecrets((SigningSecret(new_secret()),))

    request = request_of(
        webhook_of(WebhookFormat.SIGBRIDGE, UPLINK), secrets, UPLINK, example("Message received"), 0
    )

    assert not [name for name in request.headers if name.startswith(("X-Downlink", "X-Tts"))]


@pytest.mark.parametrize("number", ["0.1", "1e+300", "9007199254740993", "5e-324", "-0.30000000000000004"])
def test_numbers_are_told_as_they_were(number: str) -> None:
    event = example("Message received", decoded_payload={"n": 0})
    event = Event(
        event.id, event.kind, "greenhouse", "1A2B45", event.detail.replace('"n": 0', f'"n": {number}')
    )

    for format_ in (WebhookFormat.TTS, WebhookFormat.SIGBRIDGE):
        assert f'"n":{number}' in content_of(webhook_of(format_, UPLINK), UPLINK, event).body.decode()
