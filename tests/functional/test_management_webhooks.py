"""`/v1/webhooks`: set up, changed, tried and deleted; nobody is shown a secret a second time."""

import base64
import json
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sigbridge.clock import rfc3339
from sigbridge.deletion import erase_application
from sigbridge.deletion.application_erasing import erase_due_applications
from sigbridge.errors import StoreUnavailable
from sigbridge.model.api_key import Right
from sigbridge.model.webhook import MessageType
from sigbridge.model.webhook_attempt import FailedAttempt
from sigbridge.model.webhook_health import Failure
from sigbridge.store import webhook_health as stored_health
from sigbridge.store import webhooks as stored_webhooks
from sigbridge.webhooks import trial
from sigbridge.webhooks.attempts import record_attempt
from sigbridge.webhooks.posting import Outcome
from sigbridge.webhooks.registry import NewWebhook, TooManyWebhooks, create_webhook, list_webhooks
from sigbridge.webhooks.templates import TEMPLATES
from tests.event_schemas import violations
from tests.functional.conftest import Stored, used_key
from tests.functional.lambdas import Answer, call
from tests.functional.management import Management, management_event
from tests.functional.played_device import Clock

PATH = "/v1/webhooks"
ONE = f"{PATH}/my-server"
URL = "https://hooks.example.com/sigbridge"
BODY = {"id": "my-server", "base_url": URL}
OWN_SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
KEY = f"sbk_{'a' * 16}_{'b' * 52}"


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up of names: of any name one public address, of a few others."""
    look_up = socket.getaddrinfo
    known = {"inside.example.com": "10.0.0.7", "six.example.com": "2a00:1450::1"}

    def played(host: str, port: Any, *args: Any, **options: Any) -> Any:
        if options.get("flags") == socket.AI_NUMERICHOST or not host.endswith((".com", ".net", ".io")):
            return look_up(host, port, *args, **options)
        address = known.get(host, "93.184.216.34")
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, 1, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", played)


def fault(answer: Answer) -> str:
    """The first fault of a refusal."""
    errors = answer.json.get("errors")
    return f"{errors[0]['field']}: {errors[0]['message']}" if errors else str(answer.json["message"])


def test_a_webhook_is_made_and_its_secret_shown_once(management: Management) -> None:
    made = management.post(PATH, BODY)

    assert made.status == 201
    assert made.json["signing_secret"].startswith("whsec_")
    shown = management.get(ONE).json
    assert shown == {name: value for name, value in made.json.items() if name != "signing_secret"}
    assert management.get(PATH).json == {"webhooks": [shown]}
    assert shown["paths"] == {"uplink_message": ""}
    assert shown["format"] == "tts"
    assert shown["health"] == {"state": "active", "failures": 0}


def test_no_key_sees_a_secret(management: Management, capsys: pytest.CaptureFixture[str]) -> None:
    secrets = {"headers": {"Authorization": "Basic hidden", "X-Other": f"Bearer {KEY}"}}
    management.post(PATH, {**BODY, **secrets, "downlink_api_key": KEY, "signing_secret": OWN_SECRET})

    answers = [
        management.get(ONE),
        management.get(PATH),
        management.patch(ONE, {"paths": {"uplink_message": "/up"}}),
        management.post(f"{ONE}/rotate-secret", {}),
        management.post(f"{ONE}/pause"),
        management.post(f"{ONE}/resume"),
        management.get(f"{ONE}/attempts"),
        management.post(PATH, {**BODY, **secrets}),
        management.patch(ONE, {"downlink_api_key": KEY + "\n"}),
        management.delete(ONE),
    ]

    written = "".join(answer.text or "" for answer in answers) + "".join(capsys.readouterr())
    for secret in ("hidden", "b" * 52, OWN_SECRET.removeprefix("whsec_")):
        assert secret not in written
    assert answers[0].json["header_names"] == ["Authorization", "X-Other"]
    assert answers[0].json["has_downlink_api_key"] is True


def test_keys_are_stored_as_they_were_sent(management: Management) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    management.post(PATH, {**BODY, "downlink_api_key": KEY, "headers": headers})

    found = stored_webhooks.find_secrets("demo", "my-server")
    assert found is not None
    assert (found.downlink_api_key, found.headers) == (KEY, headers)


def test_a_changed_webhook_keeps_what_is_not_named(management: Management) -> None:
    management.post(PATH, {**BODY, "headers": {"A": "1", "B": "2"}, "downlink_api_key": KEY})
    changed = management.patch(ONE, {"headers": {"B": None, "C": "3"}, "paths": {"downlink_sent": "/s"}})

    assert changed.json["header_names"] == ["A", "C"]
    assert changed.json["paths"] == {"downlink_sent": "/s"}
    assert changed.json["base_url"] == URL
    found = stored_webhooks.find_secrets("demo", "my-server")
    assert found is not None
    assert (found.headers, found.downlink_api_key) == ({"A": "1", "C": "3"}, KEY)
    assert management.patch(ONE, {"downlink_api_key": None}).json["has_downlink_api_key"] is False


def test_both_secrets_sign_for_a_day_after_a_rotation(management: Management, clock: Clock) -> None:
    first = management.post(PATH, BODY).json["signing_secret"]
    second = management.post(f"{ONE}/rotate-secret", {}).json["signing_secret"]

    found = stored_webhooks.find_secrets("demo", "my-server")
    assert found is not None
    assert [(each.value, each.valid_until) for each in found.signing] == [
        (second, None),
        (first, clock.now_ms + 86_400_000),
    ]
    chosen = management.post(f"{ONE}/rotate-secret", {"signing_secret": OWN_SECRET})
    assert chosen.json["signing_secret"] == OWN_SECRET


def test_json_of_the_things_stack_is_taken(management: Management) -> None:
    pasted = {
        "ids": {"application_ids": {"application_id": "demo"}, "webhook_id": "my-server"},
        "created_at": "2026-01-01T00:00:00Z",
        "base_url": URL,
        "format": "json",
        "field_mask": {"paths": ["up.uplink_message.decoded_payload"]},
        "uplink_message": {"path": "/up/{devID}"},
        "downlink_ack": {"path": "/ack"},
        "join_accept": {},
        "downlink_sent": {},
    }
    made = management.post(PATH, pasted)

    assert made.status == 201, made.text
    assert made.json["paths"] == {"uplink_message": "/up/{devID}", "downlink_sent": ""}
    assert made.json["format"] == "tts"
    assert made.json["field_mask"] == ["up.uplink_message.decoded_payload"]


BAD = [
    pytest.param({"base_url": "https://me:word@hooks.example.com"}, "base_url: must have no user", id="user"),
    pytest.param({"base_url": "http://hooks.example.com"}, "base_url: must begin with https://", id="http"),
    pytest.param({"base_url": "https://api.example.com/x"}, "base_url: must not lead to this API", id="own"),
    pytest.param({"base_url": "https://10.0.0.7"}, "base_url: must not have a private", id="private"),
    pytest.param({"base_url": "https://127.1"}, "base_url: must not have a private", id="short loopback"),
    pytest.param({"base_url": "https://inside.example.com"}, "base_url: private address", id="private name"),
    pytest.param({"base_url": "https://six.example.com"}, "base_url: only IPv6 addresses", id="IPv6 only"),
    pytest.param({"base_url": URL + "/{foo}"}, "base_url: there is no variable `foo`", id="variable"),
    pytest.param({"base_url": URL + "/{devEUI}"}, "base_url: `devEUI` is LoRaWAN's", id="LoRaWAN's"),
    pytest.param(
        {"paths": {"uplink_message": "/{devAddr}"}},
        "paths.uplink_message: `devAddr` is LoRaWAN's",
        id="LoRaWAN's in a path",
    ),
    pytest.param({"paths": {"uplink_message": "/" * 65}}, "paths.uplink_message: must have at", id="path"),
    pytest.param({"paths": {}}, "paths: must have a path", id="no path"),
    pytest.param({"paths": {"uplink": ""}}, "paths.uplink", id="unknown type"),
    pytest.param({"signing_secret": "whsec_c2hvcnQ="}, "signing_secret: must be `whsec_`", id="short secret"),
    pytest.param({"headers": {"A": "b\r\nHost: c"}}, "headers.A: must be at most", id="CR and LF"),
    pytest.param({"headers": {"A\r\nB": "c"}}, "headers.A\r\nB: must be the name", id="CR and LF in a name"),
    *(
        pytest.param({"headers": {name: "x"}}, f"headers.{name}: is set by", id=name)
        for name in ("Host", "content-length", "Content-Type", "Webhook-Id", "X-Downlink-Push", "Connection")
    ),
    pytest.param({"headers": {"a": "1", "A": "2"}}, "headers.A: is there twice", id="a header twice"),
    pytest.param({"headers": {f"a{i}": "1" for i in range(51)}}, "headers: must be at most 50", id="headers"),
    pytest.param({"headers": {"a": "x" * 4097}}, "headers.a: must be at most 4096", id="a long header"),
    pytest.param({"downlink_api_key": "x" * 129}, "downlink_api_key: must be 1 to 128", id="long key"),
    pytest.param({"field_mask": ["nothing.like.it"]}, "field_mask: the format tts has no", id="field mask"),
    pytest.param({"body": "{}"}, "body: is for the format custom only", id="body of another format"),
    pytest.param({"format": "custom"}, "body: is missing", id="custom without a body"),
    pytest.param({"format": "custom", "body": "{" + "x" * 10_000}, "body: must be at most", id="body"),
    pytest.param({"format": "xml"}, "format: ", id="unknown format"),
    pytest.param({"id": "My Server"}, "id: ", id="an id that is none"),
    pytest.param({"base_url": None}, "base_url: ", id="no URL"),
    pytest.param(
        {"template_id": "slack", "template_fields": {"a": "b"}}, "template_fields.a: is", id="field"
    ),
]


@pytest.mark.parametrize(("wrong", "said"), BAD)
def test_what_could_never_be_called_is_refused(
    wrong: Mapping[str, Any], said: str, key: str, stored: Stored
) -> None:
    answer = from_host(key, {**BODY, **wrong})

    assert answer.status == 400, answer.text
    assert fault(answer).startswith(said)
    assert stored("APP#demo", "WEBHOOK#") == stored("SECRET#") == []


def from_host(key: str, body: object, **context: object) -> Answer:
    """Create a webhook by another host of the API."""
    headers = {"authorization": key, "content-type": "application/json", "host": "api.example.com"}
    event = management_event("POST", PATH, {}, json.dumps(body), headers)
    event["requestContext"] |= {"domainName": "api.example.com", "apiId": "abc", **context}
    return call("management", event, key)


def test_receivers_are_told_the_address_that_the_api_was_called_by(key: str) -> None:
    assert from_host(key, BODY).json["public_url"] == "https://api.example.com"
    local = from_host(key, BODY | {"id": "local"}, domainName="abc.execute-api.localhost")
    assert local.json["public_url"] == "http://api.example.com/_aws/execute-api/abc/$default"


@pytest.mark.usefixtures("application")
def test_of_many_that_are_made_at_once_fifty_are_made() -> None:
    def make(number: int) -> str:
        try:
            create_webhook("demo", NewWebhook(f"server-{number}", URL), "https://api.example.com")
        except (TooManyWebhooks, StoreUnavailable) as refused:
            return type(refused).__name__
        return "made"

    assert [make(number) for number in range(47)] == ["made"] * 47
    with ThreadPoolExecutor(4) as threads:
        made = [*threads.map(make, range(47, 55))].count("made")

    assert len(list_webhooks("demo")) == 47 + made <= 50
    assert [make(number) for number in range(60, 64 - made)][3 - made :] == ["TooManyWebhooks"]


def test_one_more_than_fifty_is_refused(management: Management) -> None:
    def make(number: int) -> Answer:
        return management.post(PATH, {"id": f"server-{number}", "base_url": URL})

    assert {make(number).status for number in range(50)} == {201}
    refused = make(50)
    assert (refused.status, refused.json["message"]) == (400, "An application has at most 50 webhooks")
    assert make(0).status == 409
    management.delete(f"{PATH}/server-0")
    assert make(50).status == 201


def test_an_id_is_taken_once(management: Management) -> None:
    management.post(PATH, BODY)

    assert management.post(PATH, BODY).status == 409
    assert management.delete(ONE).status == 204
    assert management.get(ONE).status == management.delete(ONE).status == 404
    assert management.post(PATH, BODY).status == 201


@pytest.mark.parametrize("rights", [[Right.WEBHOOKS_WRITE], [Right.TRAFFIC_READ]])
def test_who_may_not_read_messages_has_none_sent(rights: list[Right], management: Management) -> None:
    poor = Management(used_key("demo", rights))

    assert poor.post(PATH, BODY).status == 403
    management.post(PATH, BODY)
    assert poor.patch(ONE, {}).status == poor.delete(ONE).status == 403
    assert poor.get(ONE).status == (200 if Right.TRAFFIC_READ in rights else 403)


def test_a_webhook_is_paused_and_resumed(management: Management) -> None:
    management.post(PATH, BODY)

    assert management.post(f"{ONE}/pause").json["state"] == "paused"
    assert management.get(ONE).json["health"]["state"] == "paused"
    assert management.post(f"{ONE}/resume").json["state"] == "active"
    assert management.post(f"{PATH}/other/pause").status == 404


@pytest.mark.parametrize("message_type", MessageType)
@pytest.mark.parametrize("format_", ["tts", "sigbridge", "cloudevents", "tagoio", "influxdb"])
def test_a_webhook_is_tried_with_each_type(
    format_: str, message_type: MessageType, management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []

    def post(url: str, headers: Mapping[str, str], body: bytes, **_options: Any) -> Outcome:
        sent.append((url, headers, body))
        return Outcome(503, "status 503")

    monkeypatch.setattr(trial, "post", post)
    management.post(PATH, {**BODY, "format": format_, "paths": {message_type: "/{devID}"}})
    tried = management.post(f"{ONE}/test", {"message_type": message_type})

    assert tried.status == 200, tried.text
    assert tried.json == {"success": False, "status": 503, "reason": "status 503"}
    [(url, headers, _body)] = sent
    assert url == f"{URL}/test"
    assert "webhook-signature" in headers


@pytest.mark.parametrize("message_type", MessageType)
def test_what_it_is_tried_with_is_such_an_event(message_type: MessageType) -> None:
    event = trial.made_up("demo", message_type, 1_790_000_000_000)

    assert violations(event.kind, json.loads(event.detail)) == []


def test_a_key_tries_webhooks_now_and_then(management: Management, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "post", lambda *_a, **_o: Outcome(200, "status 200"))
    management.post(PATH, BODY)

    assert [management.post(f"{ONE}/test", {}).status for _ in range(6)] == [200] * 5 + [429]


def test_no_more_is_replayed_than_there_is(management: Management, clock: Clock) -> None:
    management.post(PATH, BODY)
    path = f"{ONE}/replay"

    assert (
        management.post(path, {"since": "2001-01-01T00:00:00Z", "until": "2001-01-02T00:00:00Z"}).status
        == 400
    )
    moment = clock.now_ms
    ordered = management.post(path, {"since": rfc3339(moment - 1000), "until": rfc3339(moment)})
    assert (ordered.status, ordered.json["kind"]) == (202, "replay")


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_each_template_makes_a_webhook(template_id: str, management: Management) -> None:
    listed = management.get("/v1/webhook-templates").json["templates"]
    [template] = [each for each in listed if each["template_id"] == template_id]
    values = {field["id"]: "made-up" for field in template["fields"]} | {"url": "https://hooks.example.com"}
    values = {name: value for name, value in values.items() if name in {f["id"] for f in template["fields"]}}
    made = management.post(PATH, {"id": "my-server", "template_id": template_id, "template_fields": values})

    assert made.status == 201, made.text
    assert made.json["format"] == template["format"]
    assert "{" not in made.json["base_url"]


def left_of_webhooks(stored: Stored) -> list[str]:
    """The partition keys of what is stored of webhooks."""
    return [
        item["pk"]
        for item in stored()
        if item["sk"].startswith("WEBHOOK") or item["pk"].startswith(("SECRET#", "WEBHOOK#"))
    ]


def fail_a_call(webhook_id: str, clock: Clock) -> None:
    """Let a call of a webhook fail."""
    failure = Failure(clock.now_ms, "answered 503", 503)
    stored_health.change("demo", webhook_id, lambda health: health.failed(failure))
    record_attempt(
        "demo",
        webhook_id,
        FailedAttempt(
            clock.now_ms, MessageType.UPLINK_MESSAGE, "demo/1A2B/1-received", "msg_1", 503, "answered 503"
        ),
    )


def test_nothing_is_left_of_a_deleted_webhook(management: Management, clock: Clock, stored: Stored) -> None:
    management.post(PATH, {**BODY, "downlink_api_key": KEY})
    fail_a_call("my-server", clock)

    management.delete(ONE)

    assert left_of_webhooks(stored) == []


def test_nothing_is_left_of_the_webhooks_of_a_deleted_application(
    management: Management, clock: Clock, stored: Stored
) -> None:
    management.post(PATH, {**BODY, "downlink_api_key": KEY})
    management.post(PATH, {**BODY, "id": "never-called"})
    fail_a_call("my-server", clock)
    erase_application("demo")
    erase_due_applications(clock.now_ms, clock.now_ms + 60_000)
    assert left_of_webhooks(stored) == []
    # It was being called meanwhile.
    fail_a_call("my-server", clock)
    clock.now_ms += 180_000
    erase_due_applications(clock.now_ms, clock.now_ms + 60_000)

    assert left_of_webhooks(stored) == []


def test_calls_that_failed_are_listed(management: Management, clock: Clock) -> None:
    management.post(PATH, BODY)
    fail_a_call("my-server", clock)

    [attempt] = management.get(f"{ONE}/attempts").json["attempts"]
    assert attempt == {
        "at": rfc3339(clock.now_ms),
        "status": 503,
        "reason": "answered 503",
        "message_type": "uplink_message",
        "event_id": "demo/1A2B/1-received",
        "message_id": "msg_1",
    }
