"""A body of the user's own, with `{{path.into.event}}` where values are to stand.

In JSON a placeholder stands for a whole value, or is part of a text, and the body stays JSON whatever the
values are. In all other types values are put in as they are.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook
from sigbridge.webhooks.content import JSON, Content, text_content
from sigbridge.webhooks.details import to_json
from sigbridge.webhooks.formats.sigbridge import event_content

_MOST_PLACEHOLDERS = 200
_LARGEST_TEMPLATE_BYTES = 10_000
_LARGEST_VALUES_BYTES = 500_000
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
# A text of JSON with what is in it, or a placeholder outside of texts. A text that does not end is one to
# the end of the body, so that no character is looked at twice.
_JSON_PIECE = re.compile(r'"(?:[^"\\]|\\.?)*+"?|' + _PLACEHOLDER.pattern, re.DOTALL)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:\s*;[\x20-\x7e]*)?")


def check_body(content_type: str, body: str) -> None:
    """Refuse a body that can't be sent whatever happens.

    Raises:
        ValueError: It is too large, or no JSON although its type says so, or its type is none.
    """
    if not _MEDIA_TYPE.fullmatch(content_type):
        message = "the content type must be one such as `application/json`"
        raise ValueError(message)
    if len(body.encode(errors="replace")) > _LARGEST_TEMPLATE_BYTES:
        message = f"must be at most {_LARGEST_TEMPLATE_BYTES:,} bytes"
        raise ValueError(message)
    if len(_PLACEHOLDER.findall(body)) > _MOST_PLACEHOLDERS:
        message = f"must have at most {_MOST_PLACEHOLDERS} placeholders"
        raise ValueError(message)
    if _is_json(content_type):
        try:
            json.loads(render(content_type, body, {}), parse_constant=_refuse_constant)
        except ValueError as failure:
            message = f"is no JSON once its placeholders are replaced: {failure}"
            raise ValueError(message) from failure


def write(webhook: Webhook, message_type: MessageType, event: Event) -> Content:
    """Write the webhook's own body with the values of an event."""
    content_type = webhook.content_type or JSON
    return text_content(
        content_type, render(content_type, webhook.body or "", event_content(message_type, event))
    )


def render(content_type: str, body: str, event: Mapping[str, Any]) -> str:
    """Put values into a body.

    Args:
        content_type: In which form they are written.
        body: With placeholders.
        event: Where values are looked for; one that is missing is null, or nothing within a text.
    """
    values = _Values(event)
    if not _is_json(content_type):
        return _PLACEHOLDER.sub(lambda match: values.text(match[1]), body)
    return _JSON_PIECE.sub(lambda match: _json_piece(match, values), body)


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON value"
    raise ValueError(message)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type in {JSON, "text/json"} or media_type.endswith("+json")


def _json_piece(match: re.Match[str], values: "_Values") -> str:
    if match[1] is not None:
        return values.json(match[1])
    return _PLACEHOLDER.sub(lambda inner: to_json(values.text(inner[1]))[1:-1], match[0])


@dataclass(slots=True)
class _Values:
    """The values of an event, as far as there is room for them in one body.

    Attributes:
        event: Where they stand.
        room: How many bytes may still be written.
    """

    event: Mapping[str, Any]
    room: int = _LARGEST_VALUES_BYTES

    def json(self, path: str) -> str:
        """Return a value as JSON."""
        return self._written(path, to_json) or "null"

    def text(self, path: str) -> str:
        """Return a value as text: a text as it is, anything else as JSON, nothing for null."""
        return self._written(path, lambda value: value if isinstance(value, str) else to_json(value))

    def _written(self, path: str, write_value: Callable[[Any], str]) -> str:
        value = self._at(path.strip())
        if value is None:
            return ""
        text = write_value(value)
        self.room -= len(text.encode(errors="replace"))
        return text if self.room >= 0 else ""

    def _at(self, path: str) -> Any:
        value: Any = self.event
        for name in path.split("."):
            if isinstance(value, Mapping):
                value = value.get(name)
            elif isinstance(value, list) and name.isascii() and name.isdecimal():
                value = value[int(name)] if len(name) < 6 and int(name) < len(value) else None
            else:
                return None
        return value
