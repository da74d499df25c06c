"""Signatures by which a receiver knows who calls it (Standard Webhooks; forwarding reference, 2)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from sigbridge.model.webhook import SigningSecret

_PREFIX = "whsec_"
_NEW_BYTES = 32
_LEAST_BYTES = 24
_MOST_BYTES = 64


def new_secret() -> str:
    """Make a secret."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_NEW_BYTES)).decode()


def check_secret(secret: str) -> None:
    """Refuse a secret of the user's own that no Standard Webhooks library would take.

    Raises:
        ValueError: It is not `whsec_` and base64 of 24 to 64 bytes.
    """
    try:
        count = len(_key(secret)) if secret.startswith(_PREFIX) else 0
    except ValueError:
        count = 0
    if not _LEAST_BYTES <= count <= _MOST_BYTES:
        message = f"must be `{_PREFIX}` and the base64 of {_LEAST_BYTES} to {_MOST_BYTES} random bytes"
        raise ValueError(message)


def signature_headers(
    message_id: str, at_ms: int, body: bytes, signing: Sequence[SigningSecret]
) -> dict[str, str]:
    """Sign a request with each secret that is valid at the moment of the attempt.

    Args:
        message_id: The same over all attempts.
        at_ms: When this attempt is made, epoch ms.
        body: What is sent, byte by byte.
        signing: The webhook's secrets.
    """
    timestamp = str(at_ms // 1000)
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    valid = [secret for secret in signing if secret.valid_until is None or at_ms < secret.valid_until]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in valid),
    }


def _signature(secret: SigningSecret, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(_key(secret.value), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
