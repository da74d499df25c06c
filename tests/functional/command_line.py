"""The command line `sigbridge` as people and scripts use it, and the API that it calls."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import repeat
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

import httpx
from typer.testing import CliRunner

from sigbridge.clock import now_ms
from sigbridge_admin.api import Surroundings
from sigbridge_admin.cli import app
from tests.functional.lambdas import call
from tests.functional.management import management_event

REFUSED = 1
NOT_UNDERSTOOD = 2
NOTHING_TO_SET = "Nothing to set: give at least one option, --help lists them"
NOWHERE = Path("/no-such-directory")
URL = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"

# The line that names the application, before something is changed.
_NAMED = re.compile(r"\AApplication .*\n")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def at_home(home: Path) -> dict[str, str]:
    """The variables that say where the user's own files are."""
    return {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended and what it printed, without colours: CI services ask for them."""

    exit_code: int
    stdout: str
    stderr: str


class Sigbridge:
    """Runs commands with the same options before them, and the same variables around them."""

    def __init__(
        self,
        *where: str,
        environment: dict[str, str] | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self._where = where
        unset = dict.fromkeys(("SIGBRIDGE_URL", "SIGBRIDGE_KEY", "SIGBRIDGE_PROFILE"))
        self._environment = {"COLUMNS": "120"} | unset | at_home(NOWHERE) | (environment or {})
        self._surroundings = surroundings

    def run(self, *command: str, typed: str | bytes | None = None) -> Result:
        """Runs a command, with what a person types or a pipe brings."""
        result = CliRunner(env=self._environment).invoke(
            app, [*self._where, *command], input=typed, catch_exceptions=False, obj=self._surroundings
        )
        return Result(result.exit_code, _COLOURS.sub("", result.stdout), _COLOURS.sub("", result.stderr))

    def says(self, *command: str) -> str:
        """What a command prints for people."""
        result = self.run(*command)
        assert result.exit_code == 0, result.stderr
        assert not _NAMED.sub("", result.stderr)
        return result.stdout

    def data(self, *command: str) -> Any:
        """What a command prints for scripts."""
        return json.loads(self.says(*command, "--json"))

    def refuses(self, *command: str, exit_code: int = REFUSED) -> str:
        """The one line that says why a command failed."""
        return one_line(self.run(*command), exit_code)


def one_line(result: Result, exit_code: int = REFUSED) -> str:
    """The one line of the error stream, and nothing else."""
    assert result.exit_code == exit_code, result.stdout + result.stderr
    assert not result.stdout
    failure = _NAMED.sub("", result.stderr)
    assert failure.startswith("error: ")
    assert failure.count("\n") == 1
    return failure.removeprefix("error: ").rstrip()


def lines(text: str) -> list[list[str]]:
    """The words of each line."""
    return [line.split() for line in text.splitlines()]


def passes(_request: httpx.Request) -> None:
    """Lets a request through that asks which application is about to be changed."""


type Interruption = Callable[[httpx.Request], httpx.Response | None]


_DEVICE = "/api/v3/as/applications/{application_id}/devices/{device_id}"
_QUEUE = re.compile(
    r"/api/v3/as/applications/(?P<application_id>[^/]+)/devices/(?P<device_id>[^/]+)"
    r"/(?P<rest>downlinks|down/push|down/replace|down(?=/|$))(/(?P<downlink_id>.+))?"
)
# The function of each route of the queue API, and how its path ends.
_QUEUE_ROUTES = {
    ("POST", "down/push"): ("queue_push", "down/push"),
    ("POST", "down/replace"): ("queue_replace", "down/replace"),
    ("GET", "downlinks"): ("device_api", "downlinks"),
    ("GET", "down"): ("queue_list", "down"),
    ("GET", "down/ID"): ("device_api", "down/{downlink_id}"),
    ("DELETE", "down/ID"): ("device_api", "down/{downlink_id}"),
}


@dataclass(slots=True)
class Lambdas(httpx.BaseTransport):
    """Carries requests to the functions themselves, as API Gateway does.

    Attributes:
        requests: All that were carried.
        interruptions: What happens to the next requests instead: an answer, an exception raised, or
            None for what would have happened.
    """

    requests: list[httpx.Request] = field(default_factory=list)
    interruptions: list[Interruption] = field(default_factory=list)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers a request."""
        with self._one_at_a_time:
            self.requests.append(request)
            interrupted = self.interruptions.pop(0)(request) if self.interruptions else None
            return self.answer(request) if interrupted is None else interrupted

    @staticmethod
    def answer(request: httpx.Request) -> httpx.Response:
        """Answers a request, whatever is to interrupt it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = parse_qs(request.url.query.decode(), keep_blank_values=True)
        body = request.content.decode() if request.content else None
        event = management_event(request.method, request.url.path, query, body, headers)
        function = "management"
        if queue := _QUEUE.fullmatch(request.url.path):
            ending = "/ID" if queue["downlink_id"] else ""
            function, route = _QUEUE_ROUTES[request.method, queue["rest"] + ending]
            variables = {name: value for name, value in queue.groupdict().items() if value}
            event |= {"routeKey": f"{request.method} {_DEVICE}/{route}", "pathParameters": variables}
            event["queryStringParameters"] = {name: values[0] for name, values in query.items()}
        # What functions log is no output of the command.
        with redirect_stdout(StringIO()):
            answer = call(function, event, "unused")
        return httpx.Response(answer.status, headers=dict(answer.headers), text=answer.text or "")


@dataclass(slots=True)
class Pastime:
    """What happens while a command sleeps.

    Attributes:
        slept: Each of its sleeps, in seconds.
        events: What happens during each; after the last one the person presses Ctrl-C.
    """

    slept: list[float] = field(default_factory=list)
    events: Iterator[Callable[[], object]] = field(default_factory=lambda: repeat(lambda: None))

    def sleep(self, seconds: float) -> None:
        """Lets something happen instead of waiting."""
        self.slept.append(seconds)
        for event in self.events:
            event()
            return
        raise KeyboardInterrupt


class OverHttp(Sigbridge):
    """The command line of somebody who has a key.

    Attributes:
        lambdas: The functions that answer.
        pastime: What happens while commands sleep.
    """

    def __init__(self, key: str) -> None:
        self.lambdas = Lambdas()
        self.pastime = Pastime()
        super().__init__(
            environment={"SIGBRIDGE_URL": URL, "SIGBRIDGE_KEY": key},
            surroundings=Surroundings(self.lambdas, self.pastime.sleep, now_ms),
        )
