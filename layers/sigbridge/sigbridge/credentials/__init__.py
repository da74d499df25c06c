"""Keys: who may do what. A key is shown once; only a hash of its secret is kept."""

from sigbridge.credentials.api_key import (
    ApiKey,
    Forbidden,
    InsufficientRights,
    OtherApplication,
    Right,
)
from sigbridge.credentials.authentication import (
    ExpiredCredential,
    MalformedCredential,
    MissingCredential,
    Unauthenticated,
    UnknownCredential,
    WrongSecret,
    authenticate,
)
from sigbridge.credentials.issuing import IssuedKey, UnknownKey, issue_key, keys_of, revoke_key

__all__ = [
    "ApiKey",
    "ExpiredCredential",
    "Forbidden",
    "InsufficientRights",
    "IssuedKey",
    "MalformedCredential",
    "MissingCredential",
    "OtherApplication",
    "Right",
    "Unauthenticated",
    "UnknownCredential",
    "UnknownKey",
    "WrongSecret",
    "authenticate",
    "issue_key",
    "keys_of",
    "revoke_key",
]
