"""Sigbridge's API, as the commands call it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from sigbridge.clock import now_ms
from sigbridge.model.token import Token
from sigbridge_admin.api_errors import ApiUnavailable, NotAllowed, is_queue_full, refusal_of
from sigbridge_admin.failures import AdminError
from sigbridge_admin.places import Place
from sigbridge_admin.presentation import name_application, note

type Json = dict[str, Any]
type Query = Mapping[str, str | int | Sequence[str] | None]

_JSON = "application/json"
# API Gateway gives up on a function after 30 s.
_TIMEOUT = httpx.Timeout(35, connect=10)
_ATTEMPTS = 4
_WAIT_SECONDS = 2
_LONGEST_WAIT_SECONDS = 30
# A POST that failed may still have been done: it is repeated only where it was certainly not.
_REPEATED: Mapping[int, frozenset[str]] = {
    HTTPStatus.TOO_MANY_REQUESTS: frozenset({"GET", "PUT", "PATCH", "DELETE", "POST"}),
    HTTPStatus.SERVICE_UNAVAILABLE: frozenset({"GET", "PUT", "PATCH", "DELETE"}),
}
# What is asked for by POST, and changes nothing.
_ASKED = frozenset({("v1", "formatters", "test")})
_IDEMPOTENCY_KEY = "Idempotency-Key"


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


class Api:
    """The API at one place.

    Before the first request that changes something it says which application that is done to.
    """

    def __init__(self, place: Place, client: httpx.Client, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self._place = place
        self._client = client
        self._application_id: str | None = None
        self._is_named = False

    @property
    def application_id(self) -> str:
        """The application that the key belongs to.

        Raises:
            NotAllowed: The key may not see it.
        """
        if self._application_id is None:
            self._application_id = read(_Application, self.get("application")).id
        return self._application_id

    def name_application(self) -> None:
        """Say which application is about to be changed, once."""
        if self._is_named:
            return
        self._is_named = True
        try:
            name_application(f"'{self.application_id}'", self._place.name)
        except NotAllowed:
            token = Token.parse(self._place.key)
            name_application(f"of key {token.id if token else ''}", self._place.name)

    def get(self, *path: str, query: Query | None = None) -> Json:
        """Read `/v1/` and the path."""
        return self.document("GET", ("v1", *path), query)

    def post(self, *path: str, body: Any) -> Json:
        """Send a JSON body."""
        return self.document("POST", ("v1", *path), json=body)

    def post_text(self, *path: str, text: str, content_type: str, query: Query | None = None) -> Json:
        """Send a text."""
        return self.document(
            "POST", ("v1", *path), query, content=text.encode(), headers={"Content-Type": content_type}
        )

    def put(self, *path: str, body: Any) -> Json:
        """Put a JSON body in place of what is there."""
        return self.document("PUT", ("v1", *path), json=body)

    def patch(self, *path: str, body: Any) -> Json:
        """Change what the JSON body names."""
        return self.document("PATCH", ("v1", *path), json=body)

    def delete(self, *path: str, query: Query | None = None) -> Json:
        """Delete it; the answer may be empty."""
        response = self.send("DELETE", ("v1", *path), query)
        return self._json(response) if response.content else {}

    def pages(self, *path: str, query: Query) -> Iterator[Json]:
        """Read a list below `/v1/` page by page."""
        return self.pages_at(("v1", *path), query)

    def pages_at(self, path: Sequence[str], query: Query) -> Iterator[Json]:
        """Read a list at a whole path page by page."""
        asked = dict(query)
        while True:
            page = self.document("GET", path, asked)
            yield page
            if "next_cursor" not in page:
                return
            asked["cursor"] = page["next_cursor"]

    def csv_pages(self, *path: str, query: Query) -> Iterator["CsvPage"]:
        """Read a list page by page, as CSV."""
        asked = dict(query)
        while True:
            response = self.send("GET", ("v1", *path), asked, accept="text/csv")
            names, end_of_line, rows = response.text.partition("\r\n")
            cursor = response.headers.get("X-Next-Cursor")
            yield CsvPage(names + end_of_line, rows, has_more=cursor is not None)
            if cursor is None:
                return
            asked["cursor"] = cursor

    def document(self, method: str, path: Sequence[str], query: Query | None = None, **content: Any) -> Json:
        """Send a request to a whole path, and read the JSON object of the response."""
        return self._json(self.send(method, path, query, **content))

    def send(
        self,
        method: str,
        path: Sequence[str],
        query: Query | None = None,
        accept: str = _JSON,
        **content: Any,
    ) -> httpx.Response:
        """Send a request to a whole path.

        Raises:
            AdminError: It was refused, or did not arrive.
        """
        if method != "GET" and tuple(path) not in _ASKED:
            self.name_application()
        request = self._client.build_request(
            method,
            "/" + "/".join(quote(step, safe="") for step in path),
            params={name: value for name, value in (query or {}).items() if value is not None},
            **content,
        )
        request.headers["Accept"] = accept
        response = self._answer(request)
        for _ in range(1, _ATTEMPTS):
            if is_queue_full(response) or not _may_be_repeated(request, response.status_code):
                break
            seconds = _seconds_to_wait(response)
            note(f"The API is busy; trying again in {seconds} s")
            self.surroundings.sleep(seconds)
            response = self._answer(request)
        if not response.is_success:
            raise refusal_of(response, self._place)
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


class _Application(BaseModel):
    id: str


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


def _may_be_repeated(request: httpx.Request, status: int) -> bool:
    if status == HTTPStatus.SERVICE_UNAVAILABLE and _IDEMPOTENCY_KEY in request.headers:
        return True
    return request.method in _REPEATED.get(status, ())


def _seconds_to_wait(response: httpx.Response) -> int:
    written = response.headers.get("Retry-After", "")
    return min(int(written), _LONGEST_WAIT_SECONDS) if written.isdecimal() else _WAIT_SECONDS


def _reason(failure: httpx.HTTPError) -> str:
    return " ".join(str(failure).split()) or type(failure).__name__
