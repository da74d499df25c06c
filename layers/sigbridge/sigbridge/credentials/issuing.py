"""Making, changing and revoking keys.

An operator, who reaches the table itself, may do anything. The holder of a key has power only over keys that
may do no more and live no longer than its own, and must not lock itself out by mistake (decision 20). Running
functions follow a change or a revocation within 60 s, because they remember keys that long.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.applications import find_application
from sigbridge.clock import now_ms
from sigbridge.credentials.authentication import confirm
from sigbridge.errors import Fault, InvalidInput, SigbridgeError, StoreUnavailable
from sigbridge.model.api_key import ApiKey, Right, StoredApiKey
from sigbridge.model.field_mapping import FieldMapping
from sigbridge.model.token import Token, is_key_id
from sigbridge.store import api_keys
from sigbridge.store.api_keys import NoSuchKey, PowersChanged, TooMany

MOST_KEYS = 200
_CHANGE_ATTEMPTS = 5


class UnknownKey(SigbridgeError):
    """The application has no key of that id."""


class TooManyKeys(SigbridgeError):
    """The application has as many keys as it may have."""


class SelfLockout(SigbridgeError):
    """A key can't revoke or end itself, or take the right to manage keys from itself: another one can."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with the only copy of its secret.

    Attributes:
        key: The key as it is kept.
        token: What its holder must write down now.
    """

    key: ApiKey
    token: Token


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What a new key is to be.

    Attributes:
        name: Display name.
        rights: What it allows.
        valid_until: Epoch ms after which it is refused, or None for ever.
        additional_parameter: TagoIO's field mapping, or "".
    """

    name: str
    rights: frozenset[Right]
    valid_until: int | None = None
    additional_parameter: str = ""


def issue_key(
    application_id: str,
    name: str,
    rights: Iterable[Right],
    valid_until: int | None = None,
    additional_parameter: str = "",
    token: Token | None = None,
) -> IssuedKey:
    """Make a key for an application, as its operator wants it.

    Args:
        application_id: Whose key it is.
        name, rights, valid_until, additional_parameter: As in `KeySpec`.
        token: What its holder has already, from an earlier table; None for a new one.

    Raises:
        UnknownApplication: There is no such application.
        InvalidMapping: The Additional Parameter has another form.
        TooManyKeys: The application has 200.
    """
    find_application(application_id)
    FieldMapping.parse(additional_parameter)
    token = token or Token.random()
    key = ApiKey(
        id=token.id,
        application_id=application_id,
        name=name,
        rights=frozenset(rights),
        created_at=now_ms(),
        valid_until=valid_until,
        additional_parameter=additional_parameter,
        ends_with=token.ending,
        last_used_on=None,
    )
    try:
        api_keys.add(StoredApiKey(key, token.secret_sha256), MOST_KEYS)
    except TooMany as full:
        message = f"An application has at most {MOST_KEYS} keys"
        raise TooManyKeys(message) from full
    return IssuedKey(key, token)


def grant_key(maker: ApiKey, wish: KeySpec) -> IssuedKey:
    """Make a key as the holder of another one wants it.

    Args:
        maker: The key of who wants it.
        wish: What it is to be.

    Raises:
        UnknownCredential, ExpiredCredential, InsufficientRights: The maker's key is not good for it.
        Ungrantable: It lacks a right of the new key, or ends before it.
        InvalidInput: The new key would be over already, or its Additional Parameter has another form.
        TooManyKeys: The application has 200.
    """
    _manager(maker).require_power_over(wish.rights, wish.valid_until)
    if wish.valid_until is not None and wish.valid_until <= now_ms():
        raise InvalidInput.of([Fault("valid_until", "must be in the future")])
    return issue_key(
        maker.application_id, wish.name, wish.rights, wish.valid_until, wish.additional_parameter
    )


def keys_of(application_id: str) -> list[ApiKey]:
    """List the keys of an application, the oldest one first.

    Raises:
        UnknownApplication: There is no such application.
    """
    find_application(application_id)
    return sorted(api_keys.of_application(application_id), key=lambda key: (key.created_at, key.id))


def change_key(changer: ApiKey, key_id: str, changes: Mapping[str, Any]) -> ApiKey:
    """Change those facts of a key that are given.

    Args:
        changer: The key of who wants it.
        key_id: The key to change.
        changes: New values of `name`, `rights`, `valid_until` or `additional_parameter`, as in `KeySpec`. A
            `valid_until` that is over ends the key.

    Raises:
        UnknownCredential, ExpiredCredential, InsufficientRights: The changer's key is not good for it.
        UnknownKey: Its application has no such key.
        Ungrantable: The key, as it is or is to be, has a right that the changer's lacks, or outlives it.
        SelfLockout: The changer's own key would end, or lose the right to manage keys.
        InvalidMapping: The Additional Parameter has another form.
    """
    manager = _manager(changer)
    FieldMapping.parse(changes.get("additional_parameter", ""))
    for _ in range(_CHANGE_ATTEMPTS):
        key = _find(changer.application_id, key_id)
        changed = replace(key, **changes)
        for powers in (key, changed):
            manager.require_power_over(powers.rights, powers.valid_until)
        if key.id == changer.id and (changed.is_over(now_ms()) or Right.KEYS_WRITE not in changed.rights):
            message = "A key can't end itself or take the right keys:write from itself"
            raise SelfLockout(message)
        if not changes:
            return key
        try:
            return api_keys.change(key, changes)
        except NoSuchKey as missing:
            raise _unknown_key(changer.application_id, key_id) from missing
        except PowersChanged:
            continue
    raise StoreUnavailable


def revoke_key_as(revoker: ApiKey, key_id: str) -> None:
    """Delete a key as the holder of another one wants it.

    Raises:
        UnknownCredential, ExpiredCredential, InsufficientRights: The revoker's key is not good for it.
        SelfLockout: It is the revoker's own.
        UnknownKey: Its application has no such key.
        Ungrantable: The key has a right that the revoker's lacks, or outlives it.
    """
    manager = _manager(revoker)
    if key_id == revoker.id:
        message = "A key can't revoke itself"
        raise SelfLockout(message)
    key = _find(revoker.application_id, key_id)
    manager.require_power_over(key.rights, key.valid_until)
    revoke_key(revoker.application_id, key_id)


def revoke_key(application_id: str, key_id: str) -> None:
    """Delete a key, as the operator wants it.

    Raises:
        UnknownKey: The application has none of that id.
    """
    if not is_key_id(key_id):
        raise _unknown_key(application_id, key_id)
    try:
        api_keys.remove(application_id, key_id)
    except NoSuchKey as missing:
        raise _unknown_key(application_id, key_id) from missing


def _manager(key: ApiKey) -> ApiKey:
    confirmed = confirm(key)
    confirmed.require(Right.KEYS_WRITE)
    return confirmed


def _find(application_id: str, key_id: str) -> ApiKey:
    key = api_keys.find_latest(key_id) if is_key_id(key_id) else None
    if key is None or key.application_id != application_id:
        raise _unknown_key(application_id, key_id)
    return key


def _unknown_key(application_id: str, key_id: str) -> UnknownKey:
    # Who writes a whole key in place of its id must not read its secret in answers and logs.
    named = f"'{key_id}'" if is_key_id(key_id) else "of that id"
    return UnknownKey(f"Application '{application_id}' has no key {named}")
