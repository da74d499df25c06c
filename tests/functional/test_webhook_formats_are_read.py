"""What a webhook is told in the forms of other platforms, is what this platform reads from those."""

import json

from sigbridge.model.webhook import MessageType, WebhookFormat
from sigbridge.webhooks.contents import content_of
from tests.functional.conftest import Invoke
from tests.functional.lambdas import event
from tests.functional.management import Management
from tests.webhook_events import example, webhook_of

UPLINK = MessageType.UPLINK_MESSAGE


def test_tagoios_list_is_a_message_of_its_device(invoke: Invoke, management: Management) -> None:
    content = content_of(webhook_of(WebhookFormat.TAGOIO, UPLINK), UPLINK, example("Message received"))

    sent = event("uplink_tagoio.json", body=json.loads(content.body), headers=content.headers)

    assert invoke("uplink", sent).json["accepted"] == 1
    [message] = management.get("/v1/devices/1A2B45/messages").json["messages"]
    assert message["payload"] == "b0513801a421f0019405a500"
    assert message["seq_number"] == 1508
    assert message["time"] == "2025-11-22T00:20:27.000Z"


def test_the_things_stacks_envelope_is_a_message_of_its_device(
    invoke: Invoke, management: Management
) -> None:
    content = content_of(webhook_of(WebhookFormat.TTS, UPLINK), UPLINK, example("Message received"))

    assert invoke("uplink", event("uplink_generic.json", body=json.loads(content.body))).status == 200
    [device] = management.get("/v1/devices").json["devices"]
    [message] = management.get(f"/v1/devices/{device['id']}/messages").json["messages"]
    assert message["payload"] == "b0513801a421f0019405a500"
