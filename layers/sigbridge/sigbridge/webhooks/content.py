"""What a webhook is told, in its form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Content:
    """A body, and what its receiver must know of it.

    Attributes:
        content_type: Its media type.
        body: What is sent, byte by byte.
        headers: Further headers that belong to the format.
    """

    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def text_content(content_type: str, text: str, headers: Mapping[str, str] | None = None) -> Content:
    """Make content of a text, in UTF-8; half a surrogate pair, which has no UTF-8, is a question mark."""
    return Content(content_type, text.encode(errors="replace"), headers or {})
