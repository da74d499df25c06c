"""Time of the processor that an invocation takes: what the memory of a function is chosen by."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median

from benchmarks.budget import Row
from benchmarks.change_costs import Changes
from benchmarks.publishing_costs import messages
from benchmarks.stopwatch import Action, Preparation
from benchmarks.workload import Event, Workload

_WARMING_ROUNDS = 50
_ROUNDS = 100
_BATCHES = {1: 40, 10: 20, 100: 7}


def processor_time_rows(workload: Workload) -> list[Row]:
    """Measure warm handlers of requests, and the functions behind the stream with batches of changes."""
    device, asking, queued = workload.device(), workload.device(), workload.device()

    def answered() -> Action:
        workload.change_queue("queue_push", asking, 1)()
        return workload.bidir(asking)

    prepared: Mapping[str, Preparation] = {
        "uplink": lambda: workload.uplink(device),
        "BIDIR with a downlink": answered,
        "push that replaces one": lambda: workload.change_queue("queue_replace", queued, 1),
    }
    rows = []
    for name, prepare in prepared.items():
        times = [_processor_ms(prepare()) for _ in range(_WARMING_ROUNDS + _ROUNDS)][_WARMING_ROUNDS:]
        rows.append(_row(name, times))
    changes = Changes(workload)
    for size, rounds in _BATCHES.items():
        times = []
        for _ in range(rounds):
            records = _queued_downlinks(workload, changes, size)
            times.append(_processor_ms(partial(workload.follow, records)))
            changes.take()
        rows.append(_row(f"changes, {size} in a batch", times))
    for size, rounds in _BATCHES.items():
        times = [_processor_ms(partial(workload.publish, messages(workload, size))) for _ in range(rounds)]
        rows.append(_row(f"messages told, {size} in a batch", times))
    return rows


def _queued_downlinks(workload: Workload, changes: Changes, count: int) -> list[Event]:
    for device_id in [workload.device() for _ in range(count)]:
        workload.change_queue("queue_push", device_id, 1)()
    return [record for record in changes.take() if record["dynamodb"]["Keys"]["sk"]["S"] == "STATE"]


def _processor_ms(action: Action) -> float:
    start = time.process_time()
    action()
    return (time.process_time() - start) * 1000


def _row(name: str, times_ms: Sequence[float]) -> Row:
    p50 = median(times_ms)
    return Row(
        name=f"processor time, {name}: of one invocation",
        limit="",
        budget="",
        measured=f"{p50:.2f} ms",
        passed=True,
        figures={"processor_ms": round(p50, 2)},
        note=f"p50 of {len(times_ms)}",
    )
