"""Answers of Sigfox's REST API: their statuses and pages (sigfox-rest reference, 1). Unknown fields stay."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import urlsplit

from sigbridge.credentials import redact
from sigbridge.provisioning.errors import (
    SigfoxConflict,
    SigfoxForbids,
    SigfoxNotFound,
    SigfoxRefuses,
    SigfoxUnreachable,
)

type Json = dict[str, Any]

_MOST_OF_A_MESSAGE = 300
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes:
        status: Its HTTP status.
        body: As it was received.
    """

    status: int
    body: bytes = field(repr=False)

    @cached_property
    def content(self) -> Any:
        """The JSON of the body, {} for none.

        Raises:
            SigfoxUnreachable: It is something else.
        """
        if not self.body.strip():
            return {}
        try:
            # NaN and infinity are no JSON, and an answer of ours that has them is not read.
            return json.loads(self.body, parse_constant=lambda _name: None)
        except (ValueError, RecursionError) as failure:
            message = f"Sigfox's API answered with status {self.status} and no JSON"
            raise SigfoxUnreachable(message) from failure

    @property
    def unusable(self) -> SigfoxUnreachable | None:
        """Why it can't be Sigfox's, as that of a proxy or a page for people; None where it can."""
        if 300 <= self.status < 400:
            return SigfoxUnreachable(f"Sigfox's API answered with status {self.status}")
        if self.status < 300:
            try:
                _ = self.content
            except SigfoxUnreachable as failure:
                return failure
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list.

    Attributes:
        data: Its entries.
        next: The path and query of the next page, below the base URL; None for the last one.
    """

    data: Sequence[Json]
    next: str | None


def content_of(answer: Answer) -> Json:
    """Return the object that an answer holds.

    Raises:
        SigfoxError: It is a refusal, or holds none.
    """
    if answer.status >= 300:
        _refuse(answer)
    content = answer.content
    if not isinstance(content, dict):
        message = "Sigfox's API answered with something that is no object"
        raise SigfoxUnreachable(message)
    return content


def done(answer: Answer) -> Json:
    """Return what an answer tells of something that was done; {} where that can't be read.

    Raises:
        SigfoxError: It is a refusal.
    """
    if answer.status >= 300:
        _refuse(answer)
    with suppress(SigfoxUnreachable):
        if isinstance(answer.content, dict):
            return answer.content
    return {}


def entries_of(content: Json) -> list[Json]:
    """Return the entries of a page.

    Raises:
        SigfoxUnreachable: They are no list of objects.
    """
    entries = content.get("data")
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = "Sigfox's API answered with something that is no list"
        raise SigfoxUnreachable(message)
    return entries


def next_target(content: Json, base_url: str) -> str | None:
    """Return the path and query of the next page, below the base URL; None where this is the last one.

    Raises:
        SigfoxUnreachable: It is elsewhere, where the credentials must not be shown.
    """
    paging = content.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    if not following:
        return None
    try:
        base, named = urlsplit(base_url), urlsplit(following)
        is_ours = isinstance(following, str) and _origin(named) == _origin(base)
    except (ValueError, AttributeError, TypeError):
        is_ours = False
    if not is_ours or named.username is not None:
        message = "Sigfox's API names a next page on another host, which is not asked"
        raise SigfoxUnreachable(message)
    path = named.path.removeprefix(base.path)
    if not named.path.startswith(f"{base.path}/") or {".", ".."} & set(path.split("/")):
        message = "Sigfox's API names a next page that is not part of it, which is not asked"
        raise SigfoxUnreachable(message)
    return f"{path}?{named.query}" if named.query else path


def _origin(url: Any) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)


def _refuse(answer: Answer) -> NoReturn:
    said, errors = _said(answer)
    because = f": {said}" if said else ""
    match answer.status:
        case 403:
            raise SigfoxForbids(f"The API user lacks a right for this in Sigfox{because}")
        case 404:
            raise SigfoxNotFound(f"Sigfox has no such thing, or none that the API user may see{because}")
        case 409:
            raise SigfoxConflict(f"Sigfox has it already, or it is in use{because}")
        case status if 400 <= status < 500:
            raise SigfoxRefuses(f"Sigfox refuses this{because or f' with status {status}'}", errors)
        case status:
            raise SigfoxUnreachable(f"Sigfox's API answered with status {status}")


def _said(answer: Answer) -> tuple[str, list[str]]:
    """Return what a refusal says, and each error that it names; of texts that are long the beginning."""
    try:
        content = answer.content
    except SigfoxUnreachable:
        return "", []
    if not isinstance(content, dict):
        return "", []
    named = content.get("errors")
    errors = [_error(each) for each in named] if isinstance(named, list) else []
    message = content.get("message")
    return "; ".join(errors) or (_short(message) if isinstance(message, str) else ""), errors


def _error(error: Any) -> str:
    if not isinstance(error, dict):
        return _short(str(error))
    return _short(": ".join(str(error[name]) for name in ("field", "message") if error.get(name)))


def _short(text: str) -> str:
    return redact(text[:_MOST_OF_A_MESSAGE])
