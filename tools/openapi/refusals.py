"""The errors of an operation as OpenAPI's responses, with examples made by the code that responds."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openapi.fragments import EXAMPLE_APPLICATION, JSON, Json, content_of, reference, schemas_of
from sigbridge.api.http.response import Response
from sigbridge.credentials import (
    ExpiredCredential,
    InsufficientRights,
    MissingCredential,
    Right,
    UnknownCredential,
)
from sigbridge.errors import SigbridgeError, StoreUnavailable

_CORRELATION_ID = "9d3d4d1f6d0c4f0e8a4c6f5be1a20c7d"
_NO_GOOD_KEY = (
    MissingCredential("Authorization is missing"),
    UnknownCredential("The key is not known"),
    ExpiredCredential("The key has expired"),
)
_DESCRIPTIONS = {
    400: "The request is invalid; nothing was changed",
    401: "The key is missing or not valid",
    403: "The key lacks the right, or belongs to another application",
    404: "Not found",
    409: "It conflicts with the present state",
    413: "The body is too large",
    415: "The content type is not supported",
    424: "Somebody else, whom the request needs, refuses it",
    429: "Too many requests; try again later",
    503: "What the request needs can't be reached or is too busy; the same request may succeed later",
}

# What API Gateway answers by itself: to paths that lead nowhere, and above the throttling limits.
_GATEWAY_SCHEMA = "GatewayError"
_GATEWAY_MESSAGES = {404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class ErrorFormat:
    """How a section of the API writes its errors.

    Attributes:
        name: Of the schema of an error.
        model: What an error looks like.
        respond: Makes the response to an error.
        always: Errors of every operation that needs a key, beside those of the key.
        of_bodies: Errors of every operation that takes a body.
        of_paths: Errors of every operation with variables in its path.
    """

    name: str
    model: Any
    respond: Callable[[SigbridgeError, str], Response]
    always: Sequence[SigbridgeError]
    of_bodies: Sequence[SigbridgeError] = ()
    of_paths: Sequence[SigbridgeError] = ()

    def responses(
        self, path: str, right: Right | None, own: Sequence[SigbridgeError], *, takes_body: bool
    ) -> dict[str, Json]:
        """Return the responses to an operation's errors, by status.

        Args:
            path: Its path.
            right: What a key needs; None where none is needed.
            own: Errors of its own; they come first among the examples.
            takes_body: Whether it has a body.
        """
        lacks_right = [] if right is None else [InsufficientRights(EXAMPLE_APPLICATION, right)]
        common = [] if right is None else [*_NO_GOOD_KEY, *self.always, StoreUnavailable()]
        common += self.of_bodies if takes_body else ()
        common += self.of_paths if "{" in path else ()
        special = {self._status(error) for error in (*own, *lacks_right)}
        statuses = (
            special | {self._status(error) for error in common} | {429} | ({404} if "{" in path else set())
        )
        return {
            str(status): self._response(status, (*own, *lacks_right, *common))
            if status in special
            else {"$ref": f"#/components/responses/{self.name}{status}"}
            for status in sorted(statuses)
        }

    def schemas(self) -> dict[str, Json]:
        """Return the schemas that the responses refer to, by name."""
        return {**schemas_of(self.model, self.name), _GATEWAY_SCHEMA: _gateway_schema()}

    def common_responses(self) -> dict[str, Json]:
        """Return the responses that operations have in common, by name."""
        common = (*_NO_GOOD_KEY, *self.always, StoreUnavailable(), *self.of_bodies, *self.of_paths)
        statuses = {self._status(error) for error in common} | _GATEWAY_MESSAGES.keys()
        return {f"{self.name}{status}": self._response(status, common) for status in sorted(statuses)}

    def _status(self, error: SigbridgeError) -> int:
        return self.respond(error, _CORRELATION_ID).status

    def _response(self, status: int, errors: Iterable[SigbridgeError]) -> Json:
        written = [(type(error).__name__, self.respond(error, _CORRELATION_ID)) for error in errors]
        answers = [(name, answer) for name, answer in written if answer.status == status]
        schemas = [reference(self.name)] if answers else []
        examples = _numbered((name, json.loads(answer.body or "null")) for name, answer in answers)
        if status in _GATEWAY_MESSAGES:
            schemas.append(reference(_GATEWAY_SCHEMA))
            examples["ApiGateway"] = {"message": _GATEWAY_MESSAGES[status]}
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        headers = {name: value for _, answer in answers for name, value in answer.headers.items()}
        always = {
            name
            for name in headers
            if status not in _GATEWAY_MESSAGES and all(name in answer.headers for _, answer in answers)
        }
        response: Json = {
            "description": _DESCRIPTIONS[status],
            "content": {JSON: content_of(schema, **examples)},
        }
        described = {
            name: _header(value, is_required=name in always)
            for name, value in headers.items()
            if name != "Content-Type"
        }
        return response | ({"headers": described} if described else {})


def _gateway_schema() -> Json:
    return {
        "type": "object",
        "description": "What API Gateway answers by itself.",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
    }


def _numbered(examples: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return examples of one name different ones."""
    seen = Counter[str]()
    named: dict[str, object] = {}
    for name, value in examples:
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name}{seen[name]}"] = value
    return named


def _header(value: str, *, is_required: bool) -> Json:
    kind = "integer" if value.isdecimal() else "string"
    example = int(value) if kind == "integer" else value
    return {"required": is_required, "schema": {"type": kind}, "example": example}
