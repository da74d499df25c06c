"""Changes that can't be handled, now or later: the changes behind them must not wait."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sigbridge.aws import queue
from sigbridge.aws.queue import QueueUnavailable
from sigbridge.settings import settings

type StreamRecord = Mapping[str, Any]

_REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that was skipped.

    Attributes:
        record: The record of the stream.
        reason: Why.
    """

    record: StreamRecord
    reason: Exception


def report_skipped(skipped: Sequence[Skipped]) -> Counter[str]:
    """Send a dead letter about each change that was skipped, and count them.

    The log has them too, so that a letter which can't be sent holds nothing up.
    """
    queue_url = settings().dead_letters_url
    if queue_url is not None:
        with suppress(QueueUnavailable):
            queue.send(queue_url, [json.dumps(_letter(one)) for one in skipped])
    return Counter(LeftUndone=len(skipped))


def _letter(skipped: Skipped) -> Mapping[str, object]:
    content = skipped.record["dynamodb"]
    return {
        "event_id": skipped.record["eventID"],
        "stream": skipped.record.get("eventSourceARN"),
        "sequence_number": content["SequenceNumber"],
        "keys": content.get("Keys"),
        "reason": repr(skipped.reason)[:_REASON_LENGTH],
    }
