"""Telling whose key a request carries, with a cache in front of the store."""

from collections.abc import Hashable
from contextlib import suppress

from cachetools import TLRUCache

from sigbridge.clock import now_ms, rfc3339
from sigbridge.credentials.api_key import ApiKey
from sigbridge.errors import SigbridgeError, StoreUnavailable
from sigbridge.model.token import Token
from sigbridge.store import api_keys
from sigbridge.store.api_keys import ApiKeyRecord
from sigbridge.store.table import StoreRefused

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


def _now() -> float:
    return now_ms() / 1000


_records: TLRUCache[str, ApiKeyRecord | None] = TLRUCache(_CACHED_KEYS, ttu=_lifetime, timer=_now)


def authenticate(credential: str | None) -> ApiKey:
    """Finds the key that a request carries; what was changed or revoked passes for up to 60 s more.

    The first time on a day that it lets a key in, it notes that day with the key.

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
        raise _unknown()
    if not token.proves(record["secret_sha256"]):
        message = "The key is not valid"
        raise WrongSecret(message)
    key = _in_time(record)
    _note_use(record)
    return key


def confirm(key: ApiKey) -> ApiKey:
    """Reads a key that was let in as the last finished write left it.

    Who changes keys is asked for it: in its last minute a revoked key must not make itself a successor.

    Raises:
        UnknownCredential, ExpiredCredential: It is good no more.
        StoreUnavailable: The key can't be looked up.
    """
    record = api_keys.find_latest(key.id)
    if record is None:
        raise _unknown()
    return _in_time(record)


def forget_cached_keys() -> None:
    """Makes the next look-up of every key read the store."""
    _records.clear()


def _in_time(record: ApiKeyRecord) -> ApiKey:
    key = ApiKey.from_record(record)
    if key.is_over(now_ms()):
        message = "The key has expired"
        raise ExpiredCredential(message)
    return key


def _unknown() -> UnknownCredential:
    return UnknownCredential("The key is not known")


def _note_use(record: ApiKeyRecord) -> None:
    today = rfc3339(now_ms())[:10]
    if record["last_used_on"] == today:
        return
    # In the cached record, and before the attempt: whatever comes of it, it is made once.
    record["last_used_on"] = today
    # The day is a courtesy to people. Whoever shows a good key is let in although it can't be noted.
    with suppress(StoreUnavailable, StoreRefused):
        api_keys.note_use(record["id"], today)


def _find(key_id: str) -> ApiKeyRecord | None:
    try:
        return _records[key_id]
    except KeyError:
        record = _records[key_id] = api_keys.find(key_id)
        return record
