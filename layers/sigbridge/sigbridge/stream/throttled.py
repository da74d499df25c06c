"""Changes that the store refuses for throughput: they leave their shard, and wait in a queue."""

import json
from collections.abc import Sequence
from typing import Any

from sigbridge import clock
from sigbridge.aws import queue
from sigbridge.errors import StoreThrottled
from sigbridge.settings import settings
from sigbridge.store.stream import Change
from sigbridge.stream.skipped import StreamRecord

# Each takes seconds to be refused, and the function has a minute for its batch.
_COLLECTED_FOR_MS = 20_000
# Of the form in which a change waits in the queue.
_VERSION = 1


class ThrottledChanges:
    """Changes of one batch on their way to the retry queue.

    Attributes:
        records: Their records, in their order.
        changes: The changes.
    """

    def __init__(self) -> None:
        self.records: list[StreamRecord] = []
        self.changes: list[Change[Any]] = []
        self._messages: list[str] = []
        self._end = clock.now_ms() + _COLLECTED_FOR_MS

    def add(self, record: StreamRecord, change: Change[Any]) -> None:
        """Let a change wait.

        Raises:
            StoreThrottled: It is to be handled again from the stream: it is too large for the queue, or the
                batch had its time.
        """
        message = to_message(record)
        if clock.now_ms() > self._end or queue.is_too_large(message):
            raise StoreThrottled
        self._messages.append(message)
        self.records.append(record)
        self.changes.append(change)

    def refuse_followers(self, change: Change[Any]) -> None:
        """Refuse a change of a device of which one waits already, without asking the store.

        Raises:
            StoreThrottled: It is of such a device.
        """
        if any(_device(waiting) == _device(change) for waiting in self.changes):
            raise StoreThrottled

    def send(self) -> None:
        """Put all of them into the retry queue.

        Raises:
            QueueUnavailable: Some may not be in it.
        """
        queue.send(settings().retry_queue_url, self._messages)


def devices_of(changes: Sequence[Change[Any]]) -> list[str]:
    """Return the devices of changes, each once; an application stands for its own."""
    return sorted({"/".join(filter(None, _device(change))) for change in changes})


def to_message(record: StreamRecord) -> str:
    """Write a record of the stream for the retry queue."""
    content = {"version": _VERSION, "record": record}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def from_message(message: str) -> StreamRecord:
    """Read what `to_message` wrote.

    Raises:
        KeyError, TypeError, ValueError: It did not write this, or another version of it did.
    """
    content = json.loads(message)
    if content["version"] != _VERSION:
        unknown = f"A change of version {content['version']}"
        raise ValueError(unknown)
    record: StreamRecord = content["record"]
    if not {"eventID", "dynamodb"} <= set(record):
        unknown = "A change without its record"
        raise ValueError(unknown)
    return record


def _device(change: Change[Any]) -> tuple[str, str]:
    return change.application_id, change.device_id
