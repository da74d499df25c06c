"""Requests that nobody should send, and all that follows from those that were taken."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

from sigbridge.aws import queue
from sigbridge.clock import DAY_MS
from sigbridge.devices import register_device, set_parameter
from sigbridge.settings import settings, using
from tests.event_schemas import violations
from tests.functional.change_stream import ChangeStream, StreamRecord
from tests.functional.event_bus import RecordedBus, recorded_bus
from tests.functional.lambdas import Answer, Context, Event, call, event, handler
from tests.functional.management import Management

DEVICE = "153FA"
EVENT_BYTES = 256 * 1024
SHOWN = ("messages", "data")
FORMS = ("application/json", "text/csv")


def refuse_constant(name: str) -> None:
    raise AssertionError(name)


@dataclass
class Attack:
    """A key and a device that anything is sent with and to, and who looks at what came of it.

    Attributes:
        key: The key.
        stream: The table's change stream.
        bus: The event bus that is told.
        letters: Changes that could not be followed.
    """

    key: str
    stream: ChangeStream
    bus: RecordedBus
    letters: list[object]

    def send(self, function: str, request: Event) -> Answer:
        """Call a function; its answer is no 5xx and can be sent."""
        answer = call(function, request, self.key)
        assert 200 <= answer.status < 500, answer.text
        if answer.text is not None:
            if answer.headers.get("Content-Type") == "application/json":
                json.loads(answer.text, parse_constant=refuse_constant)
            answer.text.encode()
        return answer

    def follow(self) -> None:
        """Let the stream functions do what follows, and look at whatever devices were touched."""
        touched: set[str] = set()
        while records := self.stream.take():
            assert self.stream.hand_over(records) == []
            assert self.stream.publish(records) == []
            touched |= _devices(records)
        assert self.letters == []
        for taken in self.bus.events:
            assert len(json.dumps(taken.detail, ensure_ascii=False).encode()) < EVENT_BYTES
            found = violations(taken.kind, taken.detail)
            assert found == [], (found, taken.detail)
        self.bus.events.clear()
        for device in touched:
            self.look_at(device)

    def look_at(self, device: str) -> None:
        """Show all that is known of a device, in every form."""
        path = {"device_id": device}
        # The Things Stack's paths do not take every id that a sender may give.
        for function in ("device_state", "queue_list"):
            assert self.send(function, event(f"{function}.json", path=path)).status in {200, 400}
        management = Management(self.key)
        for what in SHOWN:
            for form in FORMS:
                answer = management.request("GET", f"/v1/devices/{device}/{what}", headers={"accept": form})
                assert answer.status == 200, answer.text
                assert answer.headers["Content-Type"].startswith(form)

    def let_time_pass(self) -> None:
        """Let the functions of each minute end whatever time ends."""
        later = _Later(8 * DAY_MS)
        with patch("sigbridge.clock.time", later):
            for function in ("every_minute",):
                handler(function)({}, Context(function))
            self.follow()


class _Later:
    """The clock, ahead by so many milliseconds."""

    def __init__(self, ahead: int) -> None:
        self._now_ns = time.time_ns() + ahead * 1_000_000

    def time_ns(self) -> int:
        return self._now_ns


def _devices(records: list[StreamRecord]) -> set[str]:
    keys = (record["dynamodb"]["Keys"]["pk"]["S"] for record in records)
    return {key.split("#")[2] for key in keys if key.startswith("DEVICE#demo#")}


@contextmanager
def attack(key: str) -> Iterator[Attack]:
    """Register the device, and put a bus and a queue of dead letters behind the stream function."""
    letters: list[object] = []
    told = replace(settings(), event_bus_name="farm-events", dead_letters_url="https://queue")
    with (
        using(told),
        recorded_bus() as bus,
        patch.object(queue, "send", lambda _url, found: letters.extend(found)),
    ):
        register_device("demo", DEVICE)
        set_parameter("demo", DEVICE, "downlinkData", "00" * 8)
        yield Attack(key, ChangeStream(), bus, letters)
