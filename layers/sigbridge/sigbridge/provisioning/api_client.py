"""The client of Sigfox's REST API, version 2 (sigfox-rest reference, 1)."""

import base64
import json
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3

from sigbridge import clock
from sigbridge.credentials import redact
from sigbridge.errors import InvalidInput
from sigbridge.provisioning.answers import Answer, Json, Page, content_of, done, entries_of, next_target
from sigbridge.provisioning.errors import (
    CredentialsRefused,
    SigfoxBusy,
    SigfoxError,
    SigfoxUnreachable,
)

type Query = Mapping[str, str | int | bool | Sequence[str]]

_CONNECT_S = 3
_EACH_MS = 20_000
# All that a request of the management API asks: it ends after 29 s, and does something itself.
REQUEST_MS = 24_000
# A function answers with 6 MB at most.
_LARGEST_ANSWER = 4_000_000
_READ_AT_ONCE = 65_536
# How long to wait before a request is sent again: one that failed, and one that came too often.
_AFTER_FAILURE_S = (0.5, 1.5)
_WHEN_BUSY_S = (1.0, 2.0, 4.0)
_JITTER = 0.25
# For a turn: whoever must wait longer does something else meanwhile.
_LONGEST_WAIT_MS = 5_000
# Beside a wait an answer needs time too.
_ANSWER_MS = 1_000
_MINUTE_MS = 60_000
_NOT_REPEATED = "POST"
_BUSY = 429
_REFUSED = 401


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an API user signs in with."""

    login: str
    password: str = field(repr=False)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a client needs of the world.

    Attributes:
        sleep: Waits so many seconds.
        now_ms: Returns the present moment, epoch ms.
        random: Returns a number from 0 to 1.
    """

    sleep: Callable[[float], None] = _sleep
    now_ms: Callable[[], int] = clock.now_ms
    random: Callable[[], float] = random.random


class Account(Protocol):
    """Whose requests a client makes."""

    def next_turn(self, method: str, path: str, now_ms: int) -> int | None:
        """Return when such a request may be made, epoch ms; None where that is now, which takes the turn."""

    def answered(self) -> None:
        """Note that Sigfox's API answered."""

    def failed(self, failure: SigfoxError) -> None:
        """Note that it refused the credentials, or gave no answer that can be used."""


class _Anybody:
    """Somebody of whom nothing is known or remembered."""

    def next_turn(self, _method: str, _path: str, _now_ms: int) -> int | None:
        return None

    def answered(self) -> None:
        pass

    def failed(self, failure: SigfoxError) -> None:
        pass


class ApiClient:
    """Calls Sigfox's API for one API user, for as long as a request or a step of a job takes.

    A request takes 20 s at most with all that is repeated of it, and all requests together what is given.
    Each method raises a `SigfoxError`: `CredentialsRefused` (401), `SigfoxForbids` (403), `SigfoxNotFound`,
    `SigfoxConflict`, `SigfoxRefuses` (400, 412), `SigfoxBusy` (429), `SigfoxUnreachable`.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        account: Account | None = None,
        *,
        within_ms: int = REQUEST_MS,
        surroundings: Surroundings | None = None,
    ) -> None:
        """Make a client; nothing is asked yet.

        Args:
            base_url: Where the API is, without a slash at the end.
            credentials: Of the API user.
            account: Whose requests they are; None for nobody's.
            within_ms: How long all requests together may take.
            surroundings: What it needs of the world.
        """
        self._base = base_url
        self._account = account or _Anybody()
        self._world = surroundings or Surroundings()
        self._ends_at = self._world.now_ms() + within_ms
        self._pool = urllib3.PoolManager(retries=False, ssl_context=_tls_context())
        signed_in = base64.b64encode(f"{credentials.login}:{credentials.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {signed_in}", "Accept": "application/json"}
        self._secrets = (signed_in, credentials.password)

    def get(self, path: str, query: Query | None = None) -> Json:
        """Return what is at a path; repeated where it failed for a while."""
        return content_of(self.ask("GET", path, query))

    def page(self, path: str, query: Query | None = None) -> Page:
        """Return the first page of a list, or the one that `Page.next` names."""
        answer = content_of(self.ask("GET", path, query))
        entries = entries_of(answer)
        following = next_target(answer, self._base) if entries else None
        if following == target(path, query):
            message = "Sigfox's API names a page as its own next one"
            raise SigfoxUnreachable(message)
        return Page(entries, following)

    def list(self, path: str, query: Query | None = None) -> list[Json]:
        """Return a list, whole: a page that fails fails all of it."""
        return [entry for page in self._pages(path, query) for entry in page.data]

    def post(self, path: str, body: Json | None = None) -> Json:
        """Create something, or have something done; never repeated where it may have been done."""
        return content_of(self.ask("POST", path, body=body))

    def put(self, path: str, body: Json | None = None, query: Query | None = None) -> Json:
        """Change something; repeated where it failed for a while."""
        return done(self.ask("PUT", path, query, body))

    def delete(self, path: str) -> Json:
        """Delete something; repeated where it failed for a while."""
        return done(self.ask("DELETE", path))

    def ask(self, method: str, path: str, query: Query | None = None, body: object = None) -> Answer:
        """Send a request, and return the answer whatever its status.

        Raises:
            CredentialsRefused, SigfoxBusy, SigfoxUnreachable: There is none that tells anything.
        """
        until = min(self._world.now_ms() + _EACH_MS, self._ends_at)
        self._wait_for_turn(method, path, until)
        try:
            answer = self._repeated(method, target(path, query), body, until)
        except SigfoxUnreachable as failure:
            self._account.failed(failure)
            raise
        if answer.status == _BUSY:
            raise SigfoxBusy(_next_minute(self._world.now_ms()))
        if answer.status == _REFUSED:
            refusal = CredentialsRefused("Sigfox's API refuses the credentials")
            self._account.failed(refusal)
            raise refusal
        if answer.unusable is None:
            self._account.answered()
        else:
            self._account.failed(answer.unusable)
        return answer

    def without_secrets(self, text: str) -> str:
        """Return a text of Sigfox's without the password, and without keys of ours."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return redact(text)

    def _pages(self, path: str, query: Query | None) -> Iterator[Page]:
        page = self.page(path, query)
        yield page
        seen: set[str] = set()
        while page.next is not None:
            if page.next in seen:
                message = "Sigfox's API names pages in a circle"
                raise SigfoxUnreachable(message)
            seen.add(page.next)
            page = self.page(page.next)
            yield page

    def _wait_for_turn(self, method: str, path: str, until: int) -> None:
        while (turn := self._account.next_turn(method, path, self._world.now_ms())) is not None:
            wait_ms = turn - self._world.now_ms()
            if wait_ms > _LONGEST_WAIT_MS or turn + _ANSWER_MS > until:
                raise SigfoxBusy(turn)
            self._world.sleep(max(wait_ms, 1) / 1000)

    def _repeated(self, method: str, whole: str, body: object, until: int) -> Answer:
        """Send a request until there is an answer, or no time."""
        pauses = iter(() if method == _NOT_REPEATED else _AFTER_FAILURE_S)
        pauses_when_busy = iter(_WHEN_BUSY_S)
        while True:
            try:
                answer = self._send(method, whole, body, until)
            except SigfoxUnreachable:
                if not self._pause(pauses, until):
                    raise
                continue
            # It was refused before it was done, whatever it was.
            if answer.status == _BUSY and self._pause(pauses_when_busy, until):
                continue
            if answer.status < 500:
                return answer
            if not self._pause(pauses, until):
                message = f"Sigfox's API answered with status {answer.status}"
                raise SigfoxUnreachable(message)

    def _pause(self, pauses: Iterator[float], until: int) -> bool:
        """Wait before a request is sent again; return whether there is time for that."""
        seconds = next(pauses, None)
        if seconds is None:
            return False
        seconds *= 1 + _JITTER * (2 * self._world.random() - 1)
        if self._world.now_ms() + seconds * 1000 + _ANSWER_MS > until:
            return False
        self._world.sleep(seconds)
        return True

    def _send(self, method: str, whole: str, body: object, until: int) -> Answer:
        """Send a request once.

        In a thread of its own, which is left behind when the time is over: a look-up of the name can't be
        interrupted, and an answer that comes byte by byte ends no time-out of a socket's.
        """
        left_s = self._left_s(until)
        thread = ThreadPoolExecutor(1)
        try:
            return thread.submit(self._exchange, method, whole, body, until).result(left_s)
        except TimeoutError as failure:
            message = "Sigfox's API does not answer in time"
            raise SigfoxUnreachable(message) from failure
        finally:
            thread.shutdown(wait=False)

    def _exchange(self, method: str, whole: str, body: object, until: int) -> Answer:
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        left_s = self._left_s(until)
        try:
            response = self._pool.request(
                method,
                f"{self._base}{whole}",
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
                timeout=urllib3.Timeout(connect=min(_CONNECT_S, left_s), total=left_s),
                redirect=False,
                preload_content=False,
            )
            try:
                return Answer(response.status, self._read(response, until))
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as failure:
            raise SigfoxUnreachable(_reason(failure)) from failure

    def _read(self, response: Any, until: int) -> bytes:
        content = bytearray()
        for part in response.stream(_READ_AT_ONCE, decode_content=True):
            content += part
            self._left_s(until)
            if len(content) > _LARGEST_ANSWER:
                message = "Sigfox's API answers with more than is read"
                raise SigfoxUnreachable(message)
        return bytes(content)

    def _left_s(self, until: int) -> float:
        left_ms = until - self._world.now_ms()
        if left_ms <= 0:
            message = "Sigfox's API answers too slowly"
            raise SigfoxUnreachable(message)
        return left_ms / 1000


def target(path: str, query: Query | None) -> str:
    """Return a path below the base URL with its query.

    Raises:
        InvalidInput: It leads elsewhere: an id that somebody gave is more than one.
    """
    steps = path.partition("?")[0].lower().replace("%2e", ".").split("/")
    if {".", ".."} & set(steps):
        message = "An id for Sigfox's API must not be . or .."
        raise InvalidInput(message)
    return f"{path}?{urlencode({name: _written(value) for name, value in query.items()})}" if query else path


def _written(value: str | int | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else ",".join(value)


@cache
def _tls_context() -> ssl.SSLContext:
    """Return what TLS connections are made with; by the system's authorities, since Lambda has no certifi."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _reason(failure: urllib3.exceptions.HTTPError) -> str:
    if isinstance(failure, urllib3.exceptions.SSLError):
        return "Sigfox's API can't be trusted: its certificate is not valid"
    # Of those that are no answer in time, this one is no connection.
    if isinstance(failure, urllib3.exceptions.TimeoutError) and not isinstance(
        failure, urllib3.exceptions.NewConnectionError
    ):
        return "Sigfox's API does not answer in time"
    return "Sigfox's API can't be reached"


def _next_minute(now_ms: int) -> int:
    return (now_ms // _MINUTE_MS + 1) * _MINUTE_MS
