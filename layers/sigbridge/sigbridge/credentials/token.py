"""The written form of a key: `sbk_<id>_<secret>`.

The id finds the key, the secret (256 random bits) proves it. A slow hash protects guessable
secrets; a random one of 256 bits needs none, so SHA-256 is enough.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

_TOKEN = re.compile(r"sbk_([a-z2-7]{16})_([a-z2-7]{52})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A key as its holder writes it.

    Attributes:
        id: 16 characters, public.
        secret: 52 characters, never stored or logged.
    """

    id: str
    secret: str

    def __str__(self) -> str:
        return f"sbk_{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"Token(id={self.id!r})"

    @property
    def secret_sha256(self) -> str:
        """SHA-256 of the secret in hex: what is kept of it."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def proves(self, secret_sha256: str) -> bool:
        """Compares in constant time with the hash kept at rest."""
        return hmac.compare_digest(self.secret_sha256, secret_sha256)

    @classmethod
    def random(cls) -> "Token":
        """Makes a new key of 80 public and 256 secret random bits."""
        return cls(_random_base32(10), _random_base32(32))

    @classmethod
    def parse(cls, text: str) -> "Token | None":
        """Reads the written form; None where it is malformed."""
        match = _TOKEN.fullmatch(text)
        return None if match is None else cls(match[1], match[2])


def _random_base32(length: int) -> str:
    return base64.b32encode(secrets.token_bytes(length)).decode().rstrip("=").lower()
