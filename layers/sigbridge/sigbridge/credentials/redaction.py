"""Keeping keys out of what is stored, logged or answered.

What looks like a key is taken for one: in capitals, cut off, or with its underscores percent-encoded, it
still tells a secret or a part of it.
"""

import re

_SEPARATOR = r"(?:_|%5f)"
# The prefix, the id, and one character of the secret at least; or as many of something else.
_LIKE_A_KEY = rf"sbk{_SEPARATOR}(?:([a-z2-7]{{16}}){_SEPARATOR}[0-9a-z]|[0-9a-z_]{{18}})[0-9a-z_%]*"
_IN_TEXT = re.compile(_LIKE_A_KEY, re.ASCII | re.IGNORECASE)
_IN_BYTES = re.compile(_LIKE_A_KEY.encode(), re.IGNORECASE)


def holds_key(text: str) -> bool:
    """Return whether something in a text looks like a key."""
    return "sbk" in text.lower() and _IN_TEXT.search(text) is not None


def redact(text: str) -> str:
    """Return a text in which keys are reduced to their public part, `sbk_<id>_…`."""
    return _IN_TEXT.sub(_public_part, text) if "sbk" in text.lower() else text


def redact_bytes(content: bytes) -> bytes:
    """Do what `redact` does to a text in an encoding that begins with ASCII."""
    if b"sbk" not in content.lower():
        return content
    return _IN_BYTES.sub(lambda found: _public_part(found).encode(), content)


def _public_part(found: re.Match[str] | re.Match[bytes]) -> str:
    key_id = found[1]
    if key_id is None:
        return "sbk_…"
    return f"sbk_{key_id if isinstance(key_id, str) else key_id.decode()}_…"
