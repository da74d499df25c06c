"""Errors that many others are kinds of: each API has an answer for all of them."""

import json

import pytest

from sigbridge.api.http.errors import status_of
from sigbridge.api.management.errors import management_error
from sigbridge.api.things_stack.errors import queue_error
from sigbridge.downlinks import QueueFull
from sigbridge.errors import SigbridgeError, StoredByNewerVersion, TooManyRequests, Unavailable

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
