"""What traffic uses: requests, units and bytes. Units of DynamoDB are those that `make bench` counted."""

import json
from dataclasses import dataclass, fields
from typing import Self

from sigbridge.model.due import SHARDS
from sigbridge_local.places import ROOT
from sigbridge_local.table_from_template import read_template

MINUTES = 365 * 24 * 60 / 12
DAYS = 365 / 12

# Neither is measured on AWS: a warm handler waits for DynamoDB for about half of the time; to ask for what is
# due takes 40 ms of a whole processor (docs/decisions/0036).
CALLBACK_S = 0.020
BACKGROUND_S = 0.140
MEMORY_GB = 0.5

# Bytes of a stored message, with the 100 that DynamoDB adds to each item (`tests/functional/test_bill.py`).
MESSAGE_BYTES = 400
DOWNLINK_BYTES = 1_000
# A row of the feed with one event.
FEED_ROW_BYTES = 700
# A line of the access log with the 26 bytes that CloudWatch Logs adds, and an answer with its headers.
LOG_BYTES = 400
ANSWER_BYTES = 400
# Every minute one of each shard for either kind of work on devices, and one for each other kind.
QUERIES_A_MINUTE = 2 * SHARDS + 7

# A downlink is told of when it was queued, answered and sent, and its acknowledgement is a report.
DOWNLINK_EVENTS = 4
# Lambda asks an empty queue with so many readers, each of which waits so long.
_READERS = 5
_READ_S = 20

_RESULTS = ROOT / "benchmarks/results.json"


@dataclass(frozen=True, slots=True)
class Usage:
    """What is billed of requests.

    Attributes:
        requests: Requests to the API.
        invocations: Invocations of functions.
        seconds: Their time, together.
        writes: Write units.
        reads: Read units.
        stored: Bytes that stay in the table.
        fed: Bytes that stay in the feed.
    """

    requests: float = 0
    invocations: float = 0
    seconds: float = 0
    writes: float = 0
    reads: float = 0
    stored: float = 0
    fed: float = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __mul__(self, times: float) -> "Usage":
        return Usage(*(getattr(self, each.name) * times for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows of `make bench`, by name."""

    figures: dict[str, dict[str, float]]

    @classmethod
    def read(cls) -> Self:
        """Read what was measured last."""
        rows = json.loads(_RESULTS.read_text())["rows"]
        return cls({row["name"].partition(":")[0]: row["figures"] for row in rows})

    def callback(self, row: str) -> Usage:
        """A request to the API, with the units of a row."""
        figures = self.figures[row]
        return Usage(1, 1, CALLBACK_S, figures["write_units"], figures["read_units"])

    def change(self, row: str) -> Usage:
        """An invocation of the function behind the change stream, with the units of a row."""
        figures = self.figures[f"stream function, {row}"]
        return Usage(0, 1, CALLBACK_S, figures["write_units"], figures["read_units"])


def uplink(measured: Measured, interval_s: float) -> Usage:
    """A plain uplink of a device that sends one in so many seconds.

    What is remembered for a minute is read again by then: the device and its application.
    """
    warm = measured.callback("warm uplink")
    cold = measured.callback("first contact of a listed device, cold caches")
    remembered_s = 60
    reads = (cold.reads - 0.5) * min(1, interval_s / remembered_s)
    return warm + Usage(reads=reads, stored=MESSAGE_BYTES)


def bidirectional(measured: Measured, interval_s: float) -> Usage:
    """A BIDIR callback beyond the uplink that it is too: a claim, and the function behind the stream."""
    claim = measured.callback("warm BIDIR with a downlink").writes - measured.callback("warm uplink").writes
    return uplink(measured, interval_s) + Usage(0, 1, CALLBACK_S, writes=claim)


def downlink(measured: Measured) -> Usage:
    """A downlink from push to acknowledgement, beside the BIDIR callback that takes it."""
    return (
        measured.callback("push of 1 item on an empty queue")
        + measured.callback("acknowledge, warm")
        + measured.change("a downlink queued")
        + measured.change("a downlink answered")
        + measured.change("a downlink sent")
        + Usage(stored=DOWNLINK_BYTES)
        + told(measured) * DOWNLINK_EVENTS
    )


def report(measured: Measured) -> Usage:
    """A report of a service."""
    return (
        measured.callback("status report, warm")
        + measured.change("a message answered, of no condition")
        + told(measured)
    )


def told(measured: Measured) -> Usage:
    """An event that comes alone: an invocation of the function `publish`, and a row of the feed."""
    return Usage(0, 1, CALLBACK_S) + fed(measured)


def fed(measured: Measured) -> Usage:
    """A row of the feed with one event."""
    return Usage(
        writes=measured.figures["publish, one message, 0 webhooks"]["write_units"], fed=FEED_ROW_BYTES
    )


def idle_queue_requests() -> float:
    """Requests of a month with which Lambda asks the queues that functions are behind, all of them empty."""
    resources = read_template()["Resources"]
    queues = [
        mapping
        for mapping in resources.values()
        if mapping["Type"] == "AWS::Lambda::EventSourceMapping"
        and "Condition" not in mapping
        and not mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"].endswith(".StreamArn")
    ]
    return len(queues) * _READERS * MINUTES * 60 / _READ_S


def every_minute() -> Usage:
    """A month of the function that looks for what is due."""
    return Usage(0, 1, BACKGROUND_S, 0, 0.5 * QUERIES_A_MINUTE) * MINUTES
