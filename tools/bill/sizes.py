"""What the memory of a function and the batch window of the change stream cost, by processor time."""

from collections.abc import Mapping

from bill.prices import VIRGINIA
from bill.tables import dollars, table
from bill.usage import MEMORY_GB, Measured

_MILLION = 1_000_000
# AWS, *Configure Lambda function memory*: "At 1,769 MB, a function has the equivalent of one vCPU".
_ONE_PROCESSOR_MB = 1769
_MEMORIES_MB = (128, 256, 512, 1024, _ONE_PROCESSOR_MB)
# A warm request to DynamoDB; assumed, not measured on AWS.
_REQUEST_S = 0.005
# Invocations with the requests that each makes, one after the other.
_REQUESTS: Mapping[str, int] = {
    "uplink": 1,
    "BIDIR with a downlink": 2,
    "push that replaces one": 1,
    "changes, 1 in a batch": 1,
    "changes, 10 in a batch": 10,
    "changes, 100 in a batch": 100,
    "messages told, 1 in a batch": 1,
    "messages told, 100 in a batch": 1,
}
_COLD_START = "cold start of uplink"
# Changes a second in one shard.
_TRAFFIC: Mapping[str, float] = {"one a minute": 1 / 60, "5 a second": 5, "200 a second": 200}
_WINDOWS_S = (0, 1, 5)
# AWS, *Using Lambda with DynamoDB*: Lambda polls each shard four times a second.
_POLL_S = 0.25
_BATCH = 100


def memory() -> str:
    """A row for each invocation: its milliseconds and the price of a million by memory."""
    measured = Measured.read()
    rows = []
    for name, requests in {_COLD_START: 0, **_REQUESTS}.items():
        processor_s = _processor_s(measured, name)
        durations = [(duration_s(processor_s, requests, size), size) for size in _MEMORIES_MB]
        cells = [
            f"{duration * 1000:,.0f} ms, {dollars(_price(duration, size / 1024) * _MILLION)}"
            for duration, size in durations
        ]
        rows.append([name, f"{processor_s * 1000:.1f} ms", *cells])
    return table(["invocation", "processor", *(f"{size:,} MB" for size in _MEMORIES_MB)], rows)


def window() -> str:
    """A row for each traffic: the price of following a million changes by batch window."""
    measured = Measured.read()
    single, full = (_processor_s(measured, f"changes, {size} in a batch") for size in (1, _BATCH))
    each = (full - single) / (_BATCH - 1)
    rows = []
    for name, rate in _TRAFFIC.items():
        cells = []
        for window_s in _WINDOWS_S:
            size = min(_BATCH, max(1, rate * max(window_s, _POLL_S)))
            duration = duration_s(single + each * (size - 1), size, MEMORY_GB * 1024)
            cells.append(dollars(_price(duration, MEMORY_GB) / size * _MILLION))
        rows.append([name, *cells])
    return table(["changes in a shard", *(f"window of {window_s} s" for window_s in _WINDOWS_S)], rows)


def _processor_s(measured: Measured, name: str) -> float:
    if name == _COLD_START:
        # Imports wait for little else.
        return measured.figures[f"{name} over boto3 and its client"]["function_ms"] / 1000
    return measured.figures[f"processor time, {name}"]["processor_ms"] / 1000


def duration_s(processor_s: float, requests: float, memory_mb: float) -> float:
    """How long an invocation takes that uses the processor and makes requests to DynamoDB, one by one."""
    return requests * _REQUEST_S + processor_s * max(1, _ONE_PROCESSOR_MB / memory_mb)


def _price(duration_s: float, memory_gb: float) -> float:
    return VIRGINIA.invocation + duration_s * memory_gb * VIRGINIA.gigabyte_second
