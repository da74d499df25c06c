"""Webhooks and their secrets in the table."""

from dataclasses import replace

import pytest

from sigbridge.model.application import Application
from sigbridge.model.webhook import MessageType, SigningSecret, Webhook, WebhookFormat, WebhookSecrets
from sigbridge.store import webhooks as stored_webhooks
from sigbridge.store.webhooks import TooMany, WebhookChanged, WebhookIdTaken
from sigbridge.webhooks.cache import forget_cached_webhooks, webhooks_of
from tests.functional.conftest import Stored

WEBHOOK = Webhook(
    "cloud",
    "demo",
    "https://hooks.example.com{/devID}",
    WebhookFormat.CUSTOM,
    {MessageType.UPLINK_MESSAGE: "/up", MessageType.DOWNLINK_SENT: ""},
    created_at=1764000000000,
    updated_at=1764000000000,
    field_mask=("data.temperature",),
    body="{}",
    content_type="application/json",
    header_names=("Authorization",),
    has_downlink_key=True,
    public_url="https://api.example.com",
)
SECRETS = WebhookSecrets(
    (SigningSecret("whsec_new"), SigningSecret("whsec_old", 1764000000000)),
    {"Authorization": "Bearer made-up"},
    "sbk_made_up",
)


@pytest.fixture(autouse=True)
def _application(application: Application) -> None:
    assert application.id == "demo"


def test_a_webhook_and_its_secrets_are_read_as_they_were_written() -> None:
    stored_webhooks.add(WEBHOOK, SECRETS, 50)

    assert stored_webhooks.find("demo", "cloud") == WEBHOOK
    assert stored_webhooks.of_application("demo") == [WEBHOOK]
    assert stored_webhooks.find_secrets("demo", "cloud") == SECRETS


def test_an_id_is_taken_once_and_an_application_has_room_for_so_many() -> None:
    stored_webhooks.add(WEBHOOK, SECRETS, 1)

    with pytest.raises(WebhookIdTaken):
        stored_webhooks.add(WEBHOOK, SECRETS, 1)
    with pytest.raises(TooMany):
        stored_webhooks.add(replace(WEBHOOK, id="other"), SECRETS, 1)
    stored_webhooks.remove("demo", "cloud")
    stored_webhooks.add(replace(WEBHOOK, id="other"), SECRETS, 1)


def test_a_change_of_what_was_changed_meanwhile_changes_nothing() -> None:
    stored_webhooks.add(WEBHOOK, SECRETS, 50)
    stored_webhooks.change(WEBHOOK, replace(WEBHOOK, base_url="https://first.example.com"), SECRETS)

    with pytest.raises(WebhookChanged):
        stored_webhooks.change(
            WEBHOOK, replace(WEBHOOK, base_url="https://second.example.com"), replace(SECRETS, headers={})
        )

    found = stored_webhooks.find("demo", "cloud")
    assert found is not None
    assert found.base_url == "https://first.example.com"
    assert stored_webhooks.find_secrets("demo", "cloud") == SECRETS


def test_nothing_is_left_of_a_webhook_that_was_deleted(stored: Stored) -> None:
    stored_webhooks.add(WEBHOOK, SECRETS, 50)
    stored_webhooks.remove("demo", "cloud")

    assert stored("SECRET#") == stored("APP#demo", "WEBHOOK#") == []
    with pytest.raises(WebhookChanged):
        stored_webhooks.change(WEBHOOK, WEBHOOK, SECRETS)
    with pytest.raises(WebhookChanged):
        stored_webhooks.remove("demo", "cloud")


def test_webhooks_are_remembered_until_the_cache_forgets_them() -> None:
    assert webhooks_of("demo") == ()
    stored_webhooks.add(WEBHOOK, SECRETS, 50)

    assert webhooks_of("demo") == ()
    forget_cached_webhooks()
    assert webhooks_of("demo") == (WEBHOOK,)
