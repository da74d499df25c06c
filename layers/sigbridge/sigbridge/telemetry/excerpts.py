"""Texts of senders in logs and error answers: never a whole one that is long, never a key."""

from collections.abc import Callable
from typing import Any

from sigbridge.credentials import redact

MOST_CHARACTERS = 500


def excerpt(text: str) -> str:
    """Return at most 500 characters of a text, without the secrets of keys."""
    # Cut first: a key that lost its end is redacted too.
    return redact(text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…")


def excerpts(content: object) -> Any:
    """Return a document all of whose texts are excerpts."""
    return with_texts(content, excerpt)


def with_texts(content: object, change: Callable[[str], str]) -> Any:
    """Return a document all of whose texts are changed, names of fields too."""
    if isinstance(content, str):
        return change(content)
    if isinstance(content, dict):
        return {with_texts(name, change): with_texts(value, change) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [with_texts(value, change) for value in content]
    return content
