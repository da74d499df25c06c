"""`sigbridge feed`."""

import json
from collections.abc import Callable

import pytest

from sigbridge.feed.writing import write_events
from sigbridge.model.event import Event
from tests.functional.command_line import OverHttp, lines
from tests.functional.failing_store import failing, unreachable
from tests.functional.played_device import Clock


class History:
    """What happens in the application, written into the feed."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def happens(self, *numbers: int) -> None:
        """Messages with these numbers come."""
        for number in numbers:
            detail = {
                "id": f"demo/A1/{number}",
                "application_id": "demo",
                "device_id": "A1",
                "message": {"payload": f"{number:02x}"},
            }
            write_events([Event.of_detail("Message received", detail)], self.clock.now_ms + 1_000)
            self.clock.wait(1)


@pytest.fixture
def history(clock: Clock) -> History:
    """Nothing happened yet."""
    return History(clock)


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    """The command line of somebody with a key."""
    return OverHttp(key)


def followed(sigbridge: OverHttp, *options: str, events: list[Callable[[], object]]) -> list[str]:
    """The payloads that are shown while these things happen between looks."""
    sigbridge.pastime.events = iter(events)
    result = sigbridge.run("feed", "--follow", "--json", *options)
    return [json.loads(line)["detail"]["message"]["payload"] for line in result.stdout.splitlines()]


def test_the_newest_are_shown_the_newest_last(sigbridge: OverHttp, history: History) -> None:
    assert sigbridge.says("feed") == "Nothing happened.\n"
    history.happens(1, 2, 3)

    shown = lines(sigbridge.says("feed", "--limit", "2"))

    assert "message.received" in shown[-1]
    assert [cells[-1] for cells in shown[-2:]] == ["02", "03"]


def test_each_event_is_shown_once_while_it_is_followed(
    sigbridge: OverHttp, history: History, clock: Clock
) -> None:
    history.happens(1)

    shown = followed(
        sigbridge,
        events=[
            lambda: history.happens(2, 3),
            lambda: clock.wait(5),
            lambda: history.happens(4),
            lambda: None,
        ],
    )

    assert shown == ["01", "02", "03", "04"]


def test_a_lost_connection_is_waited_for(sigbridge: OverHttp, history: History) -> None:
    history.happens(1)
    outage = failing(unreachable, lambda request: "KeyConditionExpression" in request)

    def ends() -> None:
        outage.__exit__(None, None, None)
        history.happens(2)

    shown = followed(sigbridge, events=[outage.__enter__, ends, lambda: None])

    assert shown == ["01", "02"]


def test_filters_are_the_apis(sigbridge: OverHttp, history: History) -> None:
    history.happens(1)

    assert sigbridge.says("feed", "--kinds", "downlink.sent") == "Nothing happened.\n"
    assert "uplink" in sigbridge.run("feed", "--kinds", "uplink").stderr
