"""Connections to DynamoDB that were closed while a function was frozen, or break under a request."""

from collections.abc import Iterator

import pytest

from sigbridge.errors import StoreUnavailable
from sigbridge.settings import settings
from sigbridge.store.connections import forget_clients
from sigbridge.store.rows import Key, Update
from sigbridge.store.table import get, update_once
from tests.functional.closing_server import (
    ClosingServer,
    answer_and_close,
    carry_out_and_close,
    closing_server,
    know_no_connection_that_was_idle,
)
from tests.functional.played_device import Clock

STATE = Key("DEVICE#demo#153FA", "STATE")
CHANGE = Update(STATE, "SET queue = list_append(queue, :more)", "", {":more": ["0102030405060708"]})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClosingServer]:
    """A DynamoDB that closes connections."""
    with closing_server() as server:
        monkeypatch.setenv("DYNAMODB_ENDPOINT_URL", server.url)
        settings.cache_clear()
        forget_clients()
        yield server
    monkeypatch.undo()
    settings.cache_clear()
    forget_clients()


@pytest.mark.parametrize("frozen_s", [6, 60, 4 * 3600])
def test_a_queue_change_after_a_pause_does_not_fail_over_a_connection_that_is_gone(
    frozen_s: int, clock: Clock, server: ClosingServer
) -> None:
    server.behaviour = know_no_connection_that_was_idle
    update_once(CHANGE)
    clock.wait(frozen_s)

    update_once(CHANGE)

    assert (server.carried_out, server.connections) == (2, 2)


def test_a_clock_that_was_put_back_keeps_no_connection(clock: Clock, server: ClosingServer) -> None:
    server.behaviour = know_no_connection_that_was_idle
    update_once(CHANGE)
    clock.wait(-60)

    update_once(CHANGE)

    assert server.carried_out == 2


def test_queue_changes_that_follow_each_other_share_a_connection(clock: Clock, server: ClosingServer) -> None:
    for _ in range(5):
        update_once(CHANGE)
        clock.wait(4)

    assert (server.carried_out, server.connections) == (5, 1)


def test_a_connection_that_was_closed_after_an_answer_is_not_used_again(
    clock: Clock, server: ClosingServer
) -> None:
    server.behaviour = answer_and_close

    for _ in range(5):
        update_once(CHANGE)
        server.wait_for_closing()
        clock.wait(1)

    assert (server.carried_out, server.connections) == (5, 5)


@pytest.mark.parametrize("before", [0, 1], ids=["a new connection", "one that was used"])
def test_a_queue_change_whose_answer_got_lost_is_not_sent_again(
    before: int, clock: Clock, server: ClosingServer
) -> None:
    for _ in range(before):
        update_once(CHANGE)
    clock.wait(1)
    server.behaviour = carry_out_and_close

    with pytest.raises(StoreUnavailable):
        update_once(CHANGE)

    assert server.carried_out == before + 1


def test_a_read_after_a_pause_finds_a_new_connection_by_itself(clock: Clock, server: ClosingServer) -> None:
    server.behaviour = know_no_connection_that_was_idle
    assert get(STATE) is None
    clock.wait(60)

    assert get(STATE) is None

    assert (server.carried_out, server.connections) == (2, 2)
