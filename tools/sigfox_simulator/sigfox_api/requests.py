"""A request to the API, and what it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

type Json = dict[str, Any]


class Request(NamedTuple):
    """A request to the API.

    Attributes:
        method: HTTP method.
        path: Path below the base URL.
        query: Its parameters.
        body: JSON value, or None where it has no body.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered.

    Attributes:
        status: HTTP status; 0 for a connection that is closed without an answer.
        body: JSON value, or None for none.
        headers: Headers beside those of every answer.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The API does not do what it was asked for.

    Attributes:
        answer: What it answers instead.
    """

    def __init__(self, status: int, message: str, errors: list[Json] | None = None) -> None:
        super().__init__(message)
        body: Json = {"message": message} | ({"errors": errors} if errors else {})
        self.answer = Answer(status, body)


def bad_field(name: str, message: str) -> Refused:
    """Return the refusal of a request for one of its fields."""
    return Refused(400, "Invalid request", [{"type": "invalid", "field": name, "message": message}])


def not_found(what: str) -> Refused:
    """Return the refusal of a request for something that is not there."""
    return Refused(404, f"{what} not found")


def created(id_: str, location: str) -> Answer:
    """Return the answer to a request that made something."""
    return Answer(201, {"id": id_}, {"Location": location})


NO_CONTENT = Answer(204)
