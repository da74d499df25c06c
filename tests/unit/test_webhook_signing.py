"""Signatures are those that the public libraries of Standard Webhooks verify."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.webhook import MessageType, SigningSecret
from sigbridge.webhooks.message_id import message_id
from sigbridge.webhooks.signing import check_secret, new_secret, signature_headers

BODY = '{"temperature":21.5,"unit":"°C"}'.encode()
LIBRARIES = {"standardwebhooks": standardwebhooks.Webhook, "svix": svix.webhooks.Webhook}
OLD, NEW, OTHER = (f"whsec_{base64.b64encode(bytes([byte]) * 32).decode()}" for byte in (1, 2, 3))


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Any:
    return LIBRARIES[request.param]


def test_the_public_libraries_verify_a_request(library: Any) -> None:
    headers = signature_headers("msg_1", now_ms(), BODY, [SigningSecret(NEW)])

    library(NEW).verify(BODY, headers)


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_secrets_rotate_a_receiver_with_either_verifies(library: Any, secret: str) -> None:
    at = now_ms()
    headers = signature_headers("msg_1", at, BODY, [SigningSecret(NEW), SigningSecret(OLD, at + 1)])

    library(secret).verify(BODY, headers)


def test_a_secret_that_ended_signs_nothing(library: Any) -> None:
    at = now_ms()
    headers = signature_headers("msg_1", at, BODY, [SigningSecret(NEW), SigningSecret(OLD, at)])

    assert len(headers["webhook-signature"].split()) == 1
    with pytest.raises((standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError)):
        library(OLD).verify(BODY, headers)


@pytest.mark.parametrize(
    ("body", "secret", "changed"),
    [
        (BODY + b" ", NEW, {}),
        (BODY, OTHER, {}),
        (BODY, NEW, {"webhook-id": "msg_2"}),
        (BODY, NEW, {"webhook-timestamp": "1700000000"}),
    ],
)
def test_what_was_not_signed_so_is_refused(
    library: Any, body: bytes, secret: str, changed: dict[str, str]
) -> None:
    headers = signature_headers("msg_1", now_ms(), BODY, [SigningSecret(NEW)]) | changed

    with pytest.raises((standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError)):
        library(secret).verify(body, headers)


def test_a_new_secret_is_one_and_no_two_are_the_same() -> None:
    check_secret(new_secret())

    assert new_secret() != new_secret()


@pytest.mark.parametrize("count", [24, 64])
def test_a_secret_of_ones_own_may_have(count: int) -> None:
    check_secret("whsec_" + base64.b64encode(bytes(count)).decode())


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "secret",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        base64.b64encode(bytes(32)).decode(),
        "whsec_" + base64.b64encode(bytes(32)).decode().rstrip("="),
        "whsec_" + "°" * 44,
        "whsk_" + base64.b64encode(bytes(32)).decode(),
    ],
)
def test_a_secret_that_no_library_takes_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="must be `whsec_`"):
        check_secret(secret)


@given(st.text(), st.sampled_from(MessageType))
def test_an_id_has_no_dot_and_stays_the_same(event_id: str, message_type: MessageType) -> None:
    id_ = message_id(event_id, message_type)

    assert id_ == message_id(event_id, message_type)
    assert id_.startswith("msg_")
    assert len(id_) == 36
    assert "." not in id_


def test_one_event_has_another_id_for_each_type() -> None:
    assert len({message_id("a/b/1", type_) for type_ in MessageType}) == len(MessageType)
