"""Batches of which DynamoDB leaves some undone, since a key has no throughput left."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sigbridge.errors import StoreThrottled
from sigbridge.store import table as store
from sigbridge.store.connections import client
from sigbridge.store.rows import Key
from tests.functional.played_device import Clock

KEYS = [Key("DEVICE#demo#153FA", f"MSG#{number:03d}") for number in range(30)]

type Call = Callable[[str, Any], Any]


class Undone:
    """A DynamoDB that leaves a part of each batch undone, for so many requests.

    Attributes:
        requests: How many items each request asked for.
        pauses: How long was waited between them, seconds.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[int] = []
        self.pauses: list[float] = []
        self._left = 0
        self._call: Call = client()._make_api_call
        monkeypatch.setattr(client(), "_make_api_call", self._send)
        monkeypatch.setattr("sigbridge.store.table.time.sleep", self.pauses.append)

    def leave(self, requests: int) -> None:
        """Leaves the last item undone of so many requests from now on."""
        self._left = requests

    def _send(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        batch = {"BatchGetItem": "UnprocessedKeys", "BatchWriteItem": "UnprocessedItems"}.get(operation)
        if batch is None:
            return self._call(operation, arguments)
        [(table, asked)] = arguments["RequestItems"].items()
        items = asked if operation == "BatchWriteItem" else asked["Keys"]
        self.requests.append(len(items))
        if not self._left:
            return self._call(operation, arguments)
        self._left -= 1
        done, undone = items[:-1], items[-1:]

        def part(of: Any) -> Any:
            return {table: of if operation == "BatchWriteItem" else asked | {"Keys": of}}

        answer = self._call(operation, {"RequestItems": part(done)}) if done else {"Responses": {table: []}}
        return answer | {batch: part(undone)}


@pytest.fixture
def undone(table: str, monkeypatch: pytest.MonkeyPatch) -> Undone:
    """The store's DynamoDB, with 30 items."""
    assert table
    for key in KEYS:
        store.put_new(key, {"n": 1})
    return Undone(monkeypatch)


@pytest.mark.parametrize("read", [store.get_many, store.get_many_latest])
def test_what_was_left_unread_is_asked_again(
    read: Callable[[list[Key]], Mapping[Key, Any]], undone: Undone
) -> None:
    undone.leave(3)

    assert read(KEYS).keys() == set(KEYS)

    assert undone.requests == [30, 1, 1, 1]
    assert undone.pauses == [0.05, 0.1, 0.2]


def test_what_was_left_undeleted_is_asked_again(undone: Undone) -> None:
    undone.leave(1)

    store.delete_all(KEYS)

    assert undone.requests == [25, 1, 5]
    assert undone.pauses == [0.05]
    assert store.get_many(KEYS) == {}


@pytest.mark.parametrize("send", [store.get_many, store.delete_all])
def test_what_is_always_left_undone_is_given_up_in_two_seconds(
    send: Callable[[list[Key]], object], undone: Undone
) -> None:
    undone.leave(1_000)

    with pytest.raises(StoreThrottled):
        send(KEYS[:20])

    assert undone.requests == [20, 1, 1, 1, 1, 1]
    assert sum(undone.pauses) < 2


def test_a_slow_store_is_not_asked_again_for_longer(
    undone: Undone, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone.leave(1_000)
    monkeypatch.setattr("sigbridge.store.table.time.sleep", lambda _seconds: clock.wait(1.5))

    with pytest.raises(StoreThrottled):
        store.get_many(KEYS)

    assert undone.requests == [30, 1, 1]
