"""Cursors: where the next page of a list begins, in a form that nobody need understand.

A cursor says how far a list was read and belongs to the query that it was read with. It is no secret:
whatever its reader does with it stays within what the caller's key may see.
"""

import base64
import hashlib
import json

from sigbridge.errors import Fault, InvalidInput

_VERSION = 1
_DIGEST_LENGTH = 12


def write_cursor(position: str, query: object) -> str:
    """Write a cursor: letters, digits, `-` and `_`.

    Args:
        position: How far the list was read, in the list's own words.
        query: The query of the list, its device and filters included: a JSON value, without the
            size of the page, which may change from page to page.
    """
    content = json.dumps([_VERSION, position, _digest(position, query)], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(text: str, query: object) -> str:
    """Read the position off a cursor that was written for this query.

    Raises:
        InvalidInput: It was not: it is another query's, or somebody changed it.
    """
    position = _position(text)
    if position is None or write_cursor(position, query) != text:
        raise unreadable_cursor()
    return position


def unreadable_cursor() -> InvalidInput:
    """Return the error of a cursor that says nothing here."""
    return InvalidInput.of([Fault("cursor", "is not from this query")])


def _position(text: str) -> str | None:
    try:
        content = base64.b64decode(text.encode() + b"==", altchars=b"-_")
        match json.loads(content):
            case [_, str(position), _]:
                return position
    except (ValueError, RecursionError):
        return None
    return None


def _digest(position: str, query: object) -> str:
    text = json.dumps([_VERSION, position, query], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
