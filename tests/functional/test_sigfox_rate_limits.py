"""Sigfox's limits are kept by all functions together: a bucket of each kind in the table."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sigbridge.model.application import Application
from sigbridge.provisioning.rate_limits import REQUEST_LIMITS, RequestLimit, next_turn
from sigbridge.store import rate_limits, table
from sigbridge.store.rows import Update
from tests.functional.conftest import Stored

NOON = 1_790_000_000_000
MINUTE, HOUR = 60_000, 3_600_000


def turns(method: str, path: str, at: Callable[[int], int], count: int) -> list[int]:
    """Ask for turns one after the other, each when the one before allows it; return when they are, from 0."""
    taken: list[int] = []
    now = NOON
    while len(taken) < count:
        again = next_turn("demo", method, path, now)
        if again is None:
            taken.append(now - NOON)
            now = at(now)
        else:
            assert again > now
            now = again
    return taken


@pytest.mark.parametrize("limit", REQUEST_LIMITS, ids=lambda limit: limit.name)
@pytest.mark.usefixtures("application")
def test_no_span_of_time_has_more_than_are_allowed(limit: RequestLimit) -> None:
    path = EXAMPLES[limit.name]
    [method, *_] = sorted(limit.methods)
    taken = turns(method, path, lambda now: now, limit.most * 2 + 1)

    for first in taken:
        assert sum(first <= turn < first + limit.span_ms for turn in taken) <= limit.most
    # Nor many fewer than that in the long run.
    assert taken[-1] <= 3 * limit.span_ms


EXAMPLES = {
    "messages": "/devices/1A2B/messages",
    "devices": "/devices/",
    "change-device": "/devices/1A2B",
    "delete-device": "/devices/1A2B",
    "coverage": "/coverages/global/predictions",
    "coverage-bulk": "/coverages/global/predictions/bulk",
    "coverage-job": "/coverages/global/predictions/bulk/5a1b",
    "devices-bulk": "/devices/bulk",
    "devices-transfer": "/devices/bulk/transfer",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/devices/1A2B"),
        ("POST", "/devices/"),
        ("GET", "/devices/bulk/5a1b"),
        ("PUT", "/devices/1A2B/unsubscribe"),
        ("POST", "/devices/bulk/suspend"),
        ("GET", "/device-types/5a1b/messages"),
        ("GET", "/device-types/"),
        ("PUT", "/device-types/5a1b"),
        ("GET", "/groups/5a1b/callbacks-not-delivered"),
    ],
)
@pytest.mark.usefixtures("application")
def test_what_has_no_limit_costs_no_request(stored: Stored, method: str, path: str) -> None:
    assert all(next_turn("demo", method, path, NOON) is None for _ in range(100))
    assert not stored("APP#demo", "RATE#")


@pytest.mark.usefixtures("application")
def test_each_device_has_a_bucket_of_its_own(stored: Stored) -> None:
    assert next_turn("demo", "PUT", "/devices/1A2B", NOON) is None
    assert next_turn("demo", "PUT", "/devices/1A2C", NOON) is None
    assert next_turn("demo", "DELETE", "/devices/1A2B", NOON) is None
    assert next_turn("demo", "PUT", "/devices/1A2B", NOON + 5 * MINUTE) == NOON + HOUR

    [bucket, *_] = stored("APP#demo", "RATE#change-device")
    assert re.fullmatch(r"RATE#change-device#1A2[BC]", bucket["sk"])
    assert NOON // 1000 + 3_600 <= bucket["expires_at"] <= NOON // 1000 + 10_800


@pytest.mark.usefixtures("application")
def test_applications_do_not_share_a_bucket() -> None:
    assert next_turn("demo", "GET", "/devices/1A2B/messages", NOON) is None
    assert next_turn("demo", "GET", "/devices/1A2B/messages", NOON) == NOON + 1_000
    assert next_turn("other", "GET", "/devices/1A2B/messages", NOON) is None


@pytest.mark.parametrize("taken_before", [0, 1])
@pytest.mark.usefixtures("application")
def test_of_two_who_race_for_the_last_token_one_gets_it(
    monkeypatch: pytest.MonkeyPatch, taken_before: int
) -> None:
    burst = taken_before + 1

    def take() -> int | None:
        return rate_limits.take_turn("demo", "kind", burst, 1_000, NOON)

    for _ in range(taken_before):
        assert take() is None
    update_once = table.update_once
    others: list[int | None] = []

    def after_another(change: Update) -> None:
        monkeypatch.setattr(table, "update_once", update_once)
        others.append(take())
        update_once(change)

    monkeypatch.setattr(table, "update_once", after_another)
    assert take() == NOON + 1_000
    assert others == [None]


def test_many_at_once_get_no_more_than_there_are(application: Application) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: rate_limits.take_turn(application.id, "kind", 5, MINUTE, NOON), range(8))
        )

    assert answers.count(None) == 5
    assert {answer for answer in answers if answer is not None} == {NOON + MINUTE}
