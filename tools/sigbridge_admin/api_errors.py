"""What the API refuses, for the person who typed the command: why, and what to do next."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

import httpx
from pydantic import BaseModel, ValidationError, model_validator

from sigbridge_admin.failures import AdminError
from sigbridge_admin.places import Place

# `error:pkg/networkserver:downlink_expired (queued downlink is expired)`
_THINGS_STACK_ERROR = re.compile(r"error:\S+ \((?P<text>.*)\)", re.DOTALL)
_QUEUE_FULL = b'"name":"downlink_queue_capacity"'
# By the status and by what the message is about; the first that fits counts.
_NEXT_STEPS = (
    (HTTPStatus.FORBIDDEN, r"\brights?\b", "use a key that has it; `sigbridge keys create` makes one"),
    (HTTPStatus.FORBIDDEN, r"active", "`sigbridge devices set DEVICE --active` lets it send again"),
    (HTTPStatus.NOT_FOUND, r"not connected to Sigfox", "`sigbridge sigfox connect` connects it"),
    (HTTPStatus.NOT_FOUND, r"Sigfox's group", "`sigbridge sigfox types` lists those there are"),
    (HTTPStatus.NOT_FOUND, r"is not connected: its callbacks", "`sigbridge sigfox connect` connects it"),
    (HTTPStatus.NOT_FOUND, r"was never imported", "`sigbridge sigfox device DEVICE --refresh` asks Sigfox"),
    (HTTPStatus.FAILED_DEPENDENCY, r"\bcredentials\b", "`sigbridge sigfox login` gives others"),
    (HTTPStatus.NOT_FOUND, r"\bparameter\b", "`sigbridge parameters list DEVICE` shows those it has"),
    (HTTPStatus.NOT_FOUND, r"\bdevice type\b", "`sigbridge types list` shows those there are"),
    (HTTPStatus.NOT_FOUND, r"\bno version\b", "`sigbridge formatters versions ID` lists those it has"),
    (HTTPStatus.NOT_FOUND, r"\bformatter\b", "`sigbridge formatters list` shows those there are"),
    (HTTPStatus.BAD_REQUEST, r"\bno formatter\b", "`sigbridge formatters list` shows those there are"),
    (
        HTTPStatus.CONFLICT,
        r"\bFormatter .* is used\b",
        "`sigbridge types set TYPE --unset uplink-formatter` frees it",
    ),
    (HTTPStatus.NOT_FOUND, r"\bdownlink\b", "`sigbridge downlinks list DEVICE --history` shows them"),
    (
        HTTPStatus.NOT_FOUND,
        r"\bdevice\b",
        "`sigbridge devices add DEVICE` registers it, `sigbridge devices list` shows those there are",
    ),
    (HTTPStatus.NOT_FOUND, r"\bkey\b", "`sigbridge keys list` shows those there are"),
    (HTTPStatus.CONFLICT, r"\bdevice type .* exists", "`sigbridge types set TYPE` changes it"),
    (
        HTTPStatus.CONFLICT,
        r"\bdevice\b.* already",
        "`sigbridge devices set DEVICE` changes it",
    ),
    (HTTPStatus.CONFLICT, r"is not queued", "what was handed to Sigfox can't be called back"),
    (HTTPStatus.TOO_MANY_REQUESTS, r"\bqueue\b", "`sigbridge downlinks clear DEVICE` makes room"),
)


# What to do over HTTP, which the command line does with a command.
_OVER_HTTP = re.compile(r": ((GET|POST|PUT|PATCH|DELETE) /v1/|ask for it with ).*")


class ApiUnavailable(AdminError):
    """The API can't be reached, or can't answer now; the same request may succeed later."""


class NotAllowed(AdminError):
    """The key may not do that."""


class Missing(AdminError):
    """There is no such thing."""


_KINDS: Mapping[int, type[AdminError]] = {HTTPStatus.FORBIDDEN: NotAllowed, HTTPStatus.NOT_FOUND: Missing}


def refusal_of(response: httpx.Response, place: Place) -> AdminError:
    """Make the error of a request that failed."""
    status = response.status_code
    is_temporary = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        refusal = _Refusal.model_validate_json(response.content)
    except ValidationError:
        message = f"{place.base_url} answered {status} {response.reason_phrase}".rstrip()
        if is_temporary or status == HTTPStatus.TOO_MANY_REQUESTS:
            return ApiUnavailable(f"{message}: try again in a minute")
        return AdminError(f"{message} ({place.hint})")
    if is_temporary:
        return ApiUnavailable(refusal.headline)
    if status == HTTPStatus.UNAUTHORIZED:
        return AdminError(f"{refusal.headline}: is it a key for {place.base_url}?")
    kind = _KINDS.get(status, AdminError)
    headline = refusal.headline
    if step := _next_step(status, headline):
        headline = _OVER_HTTP.sub("", headline) + step
    return kind(headline, refusal.details)


def is_queue_full(response: httpx.Response) -> bool:
    """Whether a response says that a queue has no room, which it will not have in a few seconds either."""
    return _QUEUE_FULL in response.content


def _next_step(status: int, message: str) -> str:
    if "`sigbridge " in message:
        return ""
    for refused_with, about, step in _NEXT_STEPS:
        if refused_with == status and re.search(about, message, re.IGNORECASE):
            return f": {step}"
    return ""


class _Fault(BaseModel):
    field: str
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.field if self.line is None else f"line {self.line}, column {self.column}"
        return f"{place}: {self.message}"


class _Refusal(BaseModel):
    """The body of an error: `status` is the management API's, `code` is The Things Stack's."""

    status: bool | None = None
    code: int | None = None
    message: str
    errors: list[_Fault] = []
    more_errors: int = 0

    @model_validator(mode="after")
    def _is_ours(self) -> Self:
        if self.status is None and self.code is None:
            message = "API Gateway's own errors have neither"
            raise ValueError(message)
        return self

    @property
    def headline(self) -> str:
        """One line."""
        if len(self.errors) > 1 and self.message == str(self.errors[0]):
            return f"The API found {len(self.errors) + self.more_errors} faults:"
        named = _THINGS_STACK_ERROR.fullmatch(self.message)
        text = named["text"] if named else self.message
        return text[:1].upper() + text[1:] if named else text

    @property
    def details(self) -> list[str]:
        """The faults, where the line does not say them all."""
        faults = [str(fault) for fault in self.errors]
        more = [f"and {self.more_errors} more"] if self.more_errors else []
        return [] if faults == [self.message] else faults + more
