"""Telling whose key a request carries, with a cache in front of the store."""

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass

from cachetools import TLRUCache

from sigbridge.clock import now_ms, rfc3339
from sigbridge.errors import SigbridgeError, StoreUnavailable
from sigbridge.model.api_key import ApiKey, StoredApiKey
from sigbridge.model.token import Token
from sigbridge.store import api_keys
from sigbridge.store.failures import StoreRefused

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


@dataclass(slots=True)
class _KnownKey:
    """A key that this process remembers.

    Attributes:
        stored: The key as it was read.
        used_on: Day (UTC) of its last use that was recorded, as far as this process knows.
    """

    stored: StoredApiKey
    used_on: str | None


def _lifetime(_key: Hashable, known: _KnownKey | None, now: float) -> float:
    return now + (UNKNOWN_FOR_SECONDS if known is None else KNOWN_FOR_SECONDS)


def _now() -> float:
    return now_ms() / 1000


_known_keys: TLRUCache[str, _KnownKey | None] = TLRUCache(_CACHED_KEYS, ttu=_lifetime, timer=_now)


def authenticate(credential: str | None) -> ApiKey:
    """Find the key that a request carries; what was changed or revoked passes for up to 60 s more.

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
    known = _find(token.id)
    if known is None:
        raise _unknown()
    if not token.proves(known.stored.secret_sha256):
        message = "The key is not valid"
        raise WrongSecret(message)
    key = _in_time(known.stored.key)
    _record_use(known)
    return key


def confirm(key: ApiKey) -> ApiKey:
    """Read a key that was let in as the last finished write left it.

    Who changes keys is asked for it: in its last minute a revoked key must not make itself a successor.

    Raises:
        UnknownCredential, ExpiredCredential: It is good no more.
        StoreUnavailable: The key can't be looked up.
    """
    latest = api_keys.find_latest(key.id)
    if latest is None:
        raise _unknown()
    return _in_time(latest)


def find_key(key_id: str) -> ApiKey | None:
    """Return the key of that id, whoever asks; None where there is none, or none any more.

    Raises:
        StoreUnavailable: It can't be looked up.
    """
    known = _find(key_id)
    return None if known is None else known.stored.key


def forget_cached_keys() -> None:
    """Make the next look-up of every key read the store."""
    _known_keys.clear()


def _in_time(key: ApiKey) -> ApiKey:
    if key.is_over(now_ms()):
        message = "The key has expired"
        raise ExpiredCredential(message)
    return key


def _unknown() -> UnknownCredential:
    return UnknownCredential("The key is not known")


def _record_use(known: _KnownKey) -> None:
    today = rfc3339(now_ms())[:10]
    if known.used_on == today:
        return
    # Before the attempt: whatever comes of it, it is made once.
    known.used_on = today
    # The day is a courtesy to people. Whoever shows a good key is let in although it can't be noted.
    with suppress(StoreUnavailable, StoreRefused):
        api_keys.record_use(known.stored.key.id, today)


def _find(key_id: str) -> _KnownKey | None:
    try:
        return _known_keys[key_id]
    except KeyError:
        stored = api_keys.find(key_id)
        known = None if stored is None else _KnownKey(stored, stored.key.last_used_on)
        _known_keys[key_id] = known
        return known
