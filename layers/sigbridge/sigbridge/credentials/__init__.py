"""Keys: who may do what. A key is shown once; only a hash of its secret is kept."""

from sigbridge.credentials.authentication import (
    ExpiredCredential,
    MalformedCredential,
    MissingCredential,
    Unauthenticated,
    UnknownCredential,
    WrongSecret,
    authenticate,
    find_key,
)
from sigbridge.credentials.issuing import (
    IssuedKey,
    KeySpec,
    SelfLockout,
    TooManyKeys,
    UnknownKey,
    change_key,
    grant_key,
    issue_key,
    keys_of,
    revoke_key,
    revoke_key_as,
)
from sigbridge.credentials.redaction import holds_key, redact, redact_bytes
from sigbridge.model.api_key import (
    ApiKey,
    Forbidden,
    InsufficientRights,
    OtherApplication,
    Right,
    Ungrantable,
    UngrantableRights,
    UngrantableTime,
)
from sigbridge.model.field_mapping import FieldMapping, InvalidMapping
from sigbridge.model.token import Token

__all__ = [
    "ApiKey",
    "ExpiredCredential",
    "FieldMapping",
    "Forbidden",
    "InsufficientRights",
    "InvalidMapping",
    "IssuedKey",
    "KeySpec",
    "MalformedCredential",
    "MissingCredential",
    "OtherApplication",
    "Right",
    "SelfLockout",
    "Token",
    "TooManyKeys",
    "Unauthenticated",
    "Ungrantable",
    "UngrantableRights",
    "UngrantableTime",
    "UnknownCredential",
    "UnknownKey",
    "WrongSecret",
    "authenticate",
    "change_key",
    "find_key",
    "grant_key",
    "holds_key",
    "issue_key",
    "keys_of",
    "redact",
    "redact_bytes",
    "revoke_key",
    "revoke_key_as",
]
