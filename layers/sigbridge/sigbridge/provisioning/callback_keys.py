"""The keys that callbacks hold: read back from Sigfox, and compared by their hash (decision 53)."""

import base64
import binascii
from enum import StrEnum

from sigbridge.clock import now_ms
from sigbridge.credentials import IssuedKey, Right, issue_key, revoke_key
from sigbridge.model.settings import LONGEST_NAME
from sigbridge.model.token import Token
from sigbridge.store import api_keys

GOOD_KEY = f"a key of this application with the right {Right.TRAFFIC_UP_WRITE}"


class KeyState(StrEnum):
    """How good what an `Authorization` header holds is."""

    GOOD = "good"
    MISSING = "no key"
    UNKNOWN = "not a key that is known"
    OVER = "a key whose time is over"
    LACKS_RIGHT = f"a key without the right {Right.TRAFFIC_UP_WRITE}"
    OF_ANOTHER_APPLICATION = "a key of another application"


def state_of_key(application_id: str, authorization: str | None) -> KeyState:
    """Return how good what an `Authorization` header holds is for callbacks of an application."""
    token = token_in(authorization)
    if token is None:
        return KeyState.MISSING if not authorization else KeyState.UNKNOWN
    stored = api_keys.find(token.id)
    if stored is None or not token.proves(stored.secret_sha256):
        return KeyState.UNKNOWN
    if stored.key.is_over(now_ms()):
        return KeyState.OVER
    if stored.key.application_id != application_id:
        return KeyState.OF_ANOTHER_APPLICATION
    return KeyState.GOOD if Right.TRAFFIC_UP_WRITE in stored.key.rights else KeyState.LACKS_RIGHT


def token_in(authorization: str | None) -> Token | None:
    """Return the key in an `Authorization` header: alone, behind a scheme, or in Basic's user or password."""
    scheme, _, rest = (authorization or "").strip().partition(" ")
    if scheme.lower() == "basic":
        try:
            return Token.find(base64.b64decode(rest).decode())
        except (binascii.Error, UnicodeDecodeError):
            return None
    return Token.find(authorization or "")


def issue_callback_key(application_id: str, device_type_name: str) -> IssuedKey:
    """Make a key that may do nothing but bring messages.

    Raises:
        TooManyKeys: The application has 200.
    """
    name = f"Sigfox callbacks of {device_type_name}"[:LONGEST_NAME]
    return issue_key(application_id, name, [Right.TRAFFIC_UP_WRITE])


def take_back(issued: IssuedKey) -> None:
    """Revoke a key that no callback was given."""
    revoke_key(issued.key.application_id, issued.key.id)
