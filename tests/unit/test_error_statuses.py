"""Errors that many others are kinds of: each API has an answer for all of them."""

import json

import pytest

from sigbridge.api.http.errors import status_of
from sigbridge.api.management.errors import management_error
from sigbridge.api.things_stack.errors import queue_error
from sigbridge.downlinks import QueueFull
from sigbridge.errors import SigbridgeError, StoredByNewerVersion, TooManyRequests, Unavailable
from sigbridge.provisioning.errors import (
    CredentialsRefused,
    NotConnected,
    SigfoxBusy,
    SigfoxConflict,
    SigfoxForbids,
    SigfoxNotFound,
    SigfoxRefuses,
    SigfoxUnreachable,
)
from tests.functional.played_device import Clock

AGAIN_LATER = [
    pytest.param(TooManyRequests("slower"), 429, "too_many_requests", id="too many requests"),
    pytest.param(Unavailable("down"), 503, "unavailable", id="unavailable"),
    pytest.param(StoredByNewerVersion(2), 503, "newer_version", id="newer version"),
]


@pytest.mark.parametrize(("error", "status", "name"), AGAIN_LATER)
def test_what_may_succeed_later_says_when_to_ask_again(error: SigbridgeError, status: int, name: str) -> None:
    in_queue = queue_error(error, "id")

    assert status_of(error) == in_queue.status == status
    assert json.loads(in_queue.body or "")["details"][0]["name"] == name
    assert in_queue.headers["Retry-After"] == management_error(error, "id").headers["Retry-After"] == "5"


def test_a_queue_that_is_full_is_so_in_five_seconds_too() -> None:
    refused = queue_error(QueueFull(100), "id")

    assert refused.status == 429
    assert "Retry-After" not in refused.headers


OF_SIGFOX = [
    (NotConnected(), 404),
    (CredentialsRefused("wrong"), 424),
    (SigfoxForbids("a right"), 424),
    (SigfoxNotFound("nothing"), 404),
    (SigfoxConflict("there"), 409),
    (SigfoxRefuses("bad"), 400),
    (SigfoxUnreachable("down"), 503),
    (SigfoxBusy(1_790_000_000_000), 503),
]


@pytest.mark.parametrize(("error", "status"), OF_SIGFOX, ids=lambda each: type(each).__name__)
def test_what_sigfox_refuses_is_not_about_a_key_of_ours(error: SigbridgeError, status: int) -> None:
    assert status_of(error) == status


@pytest.mark.parametrize(("from_now_ms", "seconds"), [(3_600_000, "3600"), (1_500, "2"), (0, "1"), (-5, "1")])
def test_what_may_succeed_from_a_moment_on_says_how_long_that_is(
    monkeypatch: pytest.MonkeyPatch, from_now_ms: int, seconds: str
) -> None:
    clock = Clock(monkeypatch)

    assert management_error(SigfoxBusy(clock.now_ms + from_now_ms), "id").headers["Retry-After"] == seconds
