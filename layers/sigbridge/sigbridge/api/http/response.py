"""An HTTP response as API Gateway wants it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sigbridge.model.limits import plain_number

# Answers are about someone's devices: nobody on the way keeps them, and no browser takes them for a page.
PRIVATE_HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Response:
    """One response.

    Attributes:
        status: HTTP status.
        body: Text, or None for no body at all.
        headers: By name.
    """

    status: int
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, content: object, headers: Mapping[str, str] | None = None) -> "Response":
        """Make a response with a JSON body."""
        body = json.dumps(content, default=_number, ensure_ascii=False, separators=(",", ":"))
        return cls(status, body, {"Content-Type": "application/json"} | dict(headers or {}))

    def to_event(self) -> dict[str, Any]:
        """Return API Gateway's form of it."""
        answer: dict[str, Any] = {"statusCode": self.status, "headers": {**PRIVATE_HEADERS, **self.headers}}
        if self.body is not None:
            answer["body"] = self.body
        return answer


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return plain_number(value)
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)
