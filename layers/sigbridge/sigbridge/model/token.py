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
_WHOLE_TOKEN = re.compile(rf"(?<![0-9A-Za-z_]){_TOKEN.pattern}(?![0-9A-Za-z_])", re.ASCII)
_ID = re.compile(r"[a-z2-7]{16}", re.ASCII)
_ENDING = 5


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

    @property
    def ending(self) -> str:
        """Its last five characters, by which people tell keys apart: they are kept and shown.

        They tell 21 of the secret's 256 bits, because the last of its 52 characters holds one bit only.
        Who knows them has 235 bits left to guess, which nobody can, and the key's public id names it anyway.
        """
        return self.secret[-_ENDING:]

    def proves(self, secret_sha256: str) -> bool:
        """Compare in constant time with the hash kept at rest."""
        return hmac.compare_digest(self.secret_sha256, secret_sha256)

    @classmethod
    def random(cls) -> "Token":
        """Make a new key of 80 public and 256 secret random bits."""
        return cls(_random_base32(10), _random_base32(32))

    @classmethod
    def parse(cls, text: str) -> "Token | None":
        """Read the written form; None where it is malformed."""
        match = _TOKEN.fullmatch(text)
        return None if match is None else cls(match[1], match[2])

    @classmethod
    def find(cls, text: str) -> "Token | None":
        """Find the written form in a text, whatever stands around it; the last of several."""
        found = _WHOLE_TOKEN.findall(text)
        return cls(*found[-1]) if found else None


def is_key_id(text: str) -> bool:
    """Return whether a text has the form of a key's public id."""
    return _ID.fullmatch(text) is not None


def _random_base32(length: int) -> str:
    return base64.b32encode(secrets.token_bytes(length)).decode().rstrip("=").lower()
