"""Telling whose key a request carries, with a cache in front of the store."""

from collections.abc import Hashable

from cachetools import TLRUCache

from sigbridge.clock import now_ms
from sigbridge.credentials.api_key import ApiKey
from sigbridge.credentials.token import Token
from sigbridge.errors import SigbridgeError
from sigbridge.store import api_keys
from sigbridge.store.api_keys import ApiKeyRecord

KNOWN_FOR_SECONDS = 60
UNKNOWN_FOR_SECONDS = 10
_CACHED_KEYS = 1000


class Unauthenticated(SigbridgeError):
    """The request does not show a good key."""


class MissingCredential(Unauthenticated):
    """The request carries no key."""


class MalformedCredential(Unauthenticated):
    """What the request carries is no key of Sigbridge."""


class UnknownCredential(Unauthenticated):
    """There is no key of that id, or it was revoked."""


class WrongSecret(Unauthenticated):
    """There is a key of that id, but the secret is not its."""


class ExpiredCredential(Unauthenticated):
    """The key's time is over."""


def _lifetime(_key: Hashable, record: ApiKeyRecord | None, now: float) -> float:
    return now + (UNKNOWN_FOR_SECONDS if record is None else KNOWN_FOR_SECONDS)


_records: TLRUCache[str, ApiKeyRecord | None] = TLRUCache(maxsize=_CACHED_KEYS, ttu=_lifetime)


def authenticate(credential: str | None) -> ApiKey:
    """Finds the key that a request carries; a revoked one passes for up to 60 s more.

    Raises:
        MissingCredential, MalformedCredential, UnknownCredential, WrongSecret, ExpiredCredential:
            The request is not let in.
        StoreUnavailable: The key can't be looked up.
    """
    if not credential:
        message = "Authorization is missing"
        raise MissingCredential(message)
    token = Token.parse(credential)
    if token is None:
        message = "The authorization is not a key of this service"
        raise MalformedCredential(message)
    record = _find(token.id)
    if record is None:
        message = "The key is not known"
        raise UnknownCredential(message)
    if not token.proves(record["secret_sha256"]):
        message = "The key is not valid"
        raise WrongSecret(message)
    valid_until = record["valid_until"]
    if valid_until is not None and valid_until <= now_ms():
        message = "The key has expired"
        raise ExpiredCredential(message)
    return ApiKey.from_record(record)


def forget_cached_keys() -> None:
    """Makes the next look-up of every key read the store."""
    _records.clear()


def _find(key_id: str) -> ApiKeyRecord | None:
    try:
        return _records[key_id]
    except KeyError:
        record = _records[key_id] = api_keys.find(key_id)
        return record
