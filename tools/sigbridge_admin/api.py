"""Sigbridge's management API, as the commands call it.

The only module of the tool that knows httpx.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from sigbridge.clock import now_ms
from sigbridge.model.token import Token
from sigbridge_admin.failures import AdminError
from sigbridge_admin.local_stack import IS_IT_UP, local_stack
from sigbridge_admin.presentation import note

type Json = dict[str, Any]
type Query = Mapping[str, str | int | Sequence[str] | None]

_JSON = "application/json"
# API Gateway gives up on a function after 30 s.
_TIMEOUT = httpx.Timeout(35, connect=10)
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_ATTEMPTS = 4
_WAIT_SECONDS = 2
_LONGEST_WAIT_SECONDS = 30
# A POST that failed may still have been done: it is repeated only where it was certainly not.
_REPEATED: Mapping[int, frozenset[str]] = {
    HTTPStatus.TOO_MANY_REQUESTS: frozenset({"GET", "PUT", "PATCH", "DELETE", "POST"}),
    HTTPStatus.SERVICE_UNAVAILABLE: frozenset({"GET", "PUT", "PATCH", "DELETE"}),
}


class ApiUnavailable(AdminError):
    """The API can't be reached, or can't answer now; the same request may succeed later."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the commands need of the machine that they run on.

    Attributes:
        transport: How requests travel; None for the network.
        sleep: Waits so many seconds.
        now_ms: The present moment, epoch ms.
    """

    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    now_ms: Callable[[], int] = now_ms


@dataclass(frozen=True, slots=True)
class Place:
    """Where the API answers, and who calls it.

    Attributes:
        base_url: Address, without a slash at its end.
        key: The caller's key.
        hint: What to try when it can't be reached.
        trust_environment: Whether the proxies of the environment are used.
    """

    base_url: str
    key: str = field(repr=False)
    hint: str
    trust_environment: bool = True


def local_place() -> Place:
    """The API of the local stack that was started in this directory or one above it.

    Raises:
        AdminError: There is none, or its description can't be read.
    """
    stack = local_stack()
    return Place(stack.base_url.rstrip("/"), stack.key, IS_IT_UP, trust_environment=False)


def remote_place(url: str | None, key: str | None) -> Place:
    """The API at this address.

    Raises:
        AdminError: One of the two is missing or malformed.
    """
    if not url or not key:
        missing = [name for name, given in (("SIGBRIDGE_URL", url), ("SIGBRIDGE_KEY", key)) if not given]
        message = f"Set {' and '.join(missing)}, so that the API can be called, or use --local"
        raise AdminError(message)
    if Token.parse(key.strip()) is None:
        message = "The key is none of Sigbridge's, which are written sbk_<16 characters>_<52 characters>"
        raise AdminError(message)
    return Place(_address(url), key.strip(), "is SIGBRIDGE_URL, or --url, right?")


class Api:
    """The management API at one place."""

    def __init__(self, place: Place, client: httpx.Client, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self._place = place
        self._client = client

    def get(self, *path: str, query: Query | None = None) -> Json:
        """Read `/v1/` and the path."""
        return self._json(self._send("GET", path, query))

    def post(self, *path: str, body: Any) -> Json:
        """Send a JSON body."""
        return self._json(self._send("POST", path, json=body))

    def post_text(self, *path: str, text: str, content_type: str) -> Json:
        """Send a text."""
        return self._json(
            self._send("POST", path, content=text.encode(), headers={"Content-Type": content_type})
        )

    def put(self, *path: str, body: Any) -> Json:
        """Put a JSON body in place of what is there."""
        return self._json(self._send("PUT", path, json=body))

    def patch(self, *path: str, body: Any) -> Json:
        """Change what the JSON body names."""
        return self._json(self._send("PATCH", path, json=body))

    def delete(self, *path: str, query: Query | None = None) -> Json:
        """Delete it; the answer may be empty."""
        response = self._send("DELETE", path, query)
        return self._json(response) if response.content else {}

    def pages(self, *path: str, query: Query) -> Iterator[Json]:
        """Read a list page by page."""
        asked = dict(query)
        while True:
            page = self.get(*path, query=asked)
            yield page
            if "next_cursor" not in page:
                return
            asked["cursor"] = page["next_cursor"]

    def csv_pages(self, *path: str, query: Query) -> Iterator["CsvPage"]:
        """Read a list page by page, as CSV."""
        asked = dict(query)
        while True:
            response = self._send("GET", path, asked, accept="text/csv")
            names, end_of_line, rows = response.text.partition("\r\n")
            cursor = response.headers.get("X-Next-Cursor")
            yield CsvPage(names + end_of_line, rows, has_more=cursor is not None)
            if cursor is None:
                return
            asked["cursor"] = cursor

    def _send(
        self,
        method: str,
        path: Sequence[str],
        query: Query | None = None,
        accept: str = _JSON,
        **content: Any,
    ) -> httpx.Response:
        request = self._client.build_request(
            method,
            "/v1/" + "/".join(quote(step, safe="") for step in path),
            params={name: value for name, value in (query or {}).items() if value is not None},
            **content,
        )
        request.headers["Accept"] = accept
        response = self._answer(request)
        for _ in range(1, _ATTEMPTS):
            if method not in _REPEATED.get(response.status_code, ()):
                break
            seconds = _seconds_to_wait(response)
            note(f"The API is busy; trying again in {seconds} s")
            self.surroundings.sleep(seconds)
            response = self._answer(request)
        if not response.is_success:
            raise self._refusal(response)
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request)
        except httpx.TimeoutException as failure:
            message = f"{self._place.base_url} did not answer in time ({self._place.hint})"
            raise ApiUnavailable(message) from failure
        except httpx.HTTPError as failure:
            message = f"{self._place.base_url} can't be reached: {_reason(failure)} ({self._place.hint})"
            raise ApiUnavailable(message) from failure

    def _refusal(self, response: httpx.Response) -> AdminError:
        status = response.status_code
        is_temporary = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        try:
            told = _Refusal.model_validate_json(response.content)
        except ValidationError:
            message = f"{self._place.base_url} answered {status} {response.reason_phrase}".rstrip()
            return ApiUnavailable(message) if is_temporary else AdminError(f"{message} ({self._place.hint})")
        if is_temporary:
            return ApiUnavailable(told.message)
        if status == HTTPStatus.UNAUTHORIZED:
            return AdminError(f"{told.message}: is it a key for {self._place.base_url}?")
        return AdminError(told.headline, told.details)

    def _json(self, response: httpx.Response) -> Json:
        try:
            document = response.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            message = f"{self._place.base_url} does not answer as Sigbridge ({self._place.hint})"
            raise AdminError(message)
        return document


@dataclass(frozen=True, slots=True)
class CsvPage:
    """A page of a list as CSV; its lines end themselves.

    Attributes:
        names: The line with the names of the columns.
        rows: The others.
        has_more: Whether another page follows.
    """

    names: str
    rows: str
    has_more: bool


@contextmanager
def connected_api(place: Place, surroundings: Surroundings) -> Iterator[Api]:
    """Keep connections to the API until the block ends."""
    with httpx.Client(
        base_url=place.base_url,
        headers={"Authorization": f"Bearer {place.key}"},
        timeout=_TIMEOUT,
        transport=surroundings.transport,
        trust_env=place.trust_environment,
    ) as client:
        yield Api(place, client, surroundings)


def read[Form: BaseModel](form: type[Form], document: Json) -> Form:
    """Read what a command shows of an answer.

    Raises:
        AdminError: The answer is not as it should be.
    """
    try:
        return form.model_validate(document)
    except ValidationError as unreadable:
        message = (
            f"The API answers in a form that this `sigbridge` does not know: {unreadable.errors()[0]['msg']}"
        )
        raise AdminError(message) from unreadable


class _Fault(BaseModel):
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class _Refusal(BaseModel):
    """The body of an error."""

    status: bool
    message: str
    errors: list[_Fault] = []
    more_errors: int = 0

    @property
    def headline(self) -> str:
        """One line."""
        if len(self.errors) > 1 and self.message == str(self.errors[0]):
            return f"The API found {len(self.errors) + self.more_errors} faults:"
        return self.message

    @property
    def details(self) -> list[str]:
        """The faults, where the line does not say them all."""
        told = [str(fault) for fault in self.errors]
        more = [f"and {self.more_errors} more"] if self.more_errors else []
        return [] if told == [self.message] else told + more


def _address(url: str) -> str:
    try:
        address = httpx.URL(url.strip())
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        message = (
            "The URL must be as the stack's output ApiUrl: https://<id>.execute-api.<region>.amazonaws.com"
        )
        raise AdminError(message)
    if address.userinfo or address.query or address.fragment:
        message = "The URL must be an address alone; the key has its own place, SIGBRIDGE_KEY"
        raise AdminError(message)
    if address.scheme == "http" and address.host not in _THIS_MACHINE:
        message = "The URL must begin with https, or others could read the key on its way"
        raise AdminError(message)
    return str(address).rstrip("/")


def _seconds_to_wait(response: httpx.Response) -> int:
    written = response.headers.get("Retry-After", "")
    return min(int(written), _LONGEST_WAIT_SECONDS) if written.isdecimal() else _WAIT_SECONDS


def _reason(failure: httpx.HTTPError) -> str:
    return " ".join(str(failure).split()) or type(failure).__name__
