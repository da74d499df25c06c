"""Whether a full queue or a long past makes a device slower."""

from benchmarks.budget import Row
from benchmarks.past import give_past
from benchmarks.request_costs import consumption_of
from benchmarks.stopwatch import TURN, Action, Preparation, medians, take_turns
from benchmarks.workload import Workload

_BUDGET = 1.2
_ROUNDS = 200
_WARMING_ROUNDS = 20
_DEPTH = 100
_MESSAGES = 10_000


def growth_rows(workload: Workload) -> list[Row]:
    """Time a claim on a short and on a full queue, an uplink of a new and of an old device."""
    return [_claim_row(workload), _uplink_row(workload)]


def _claim_row(workload: Workload) -> Row:
    def prepare(depth: int) -> Preparation:
        def fresh_device() -> Action:
            device_id = workload.device()
            workload.change_queue("queue_replace", device_id, depth)()
            return workload.bidir(device_id)

        return fresh_device

    return _row(
        f"claim: queue depth 1 → {_DEPTH}",
        prepare(1),
        prepare(_DEPTH),
        note="a write costs by the size of the whole item, which holds the queue",
    )


def _uplink_row(workload: Workload) -> Row:
    old_device = workload.device()
    give_past(workload, old_device, _MESSAGES)

    def new_device() -> Action:
        device_id = workload.device()
        workload.uplink(device_id)()
        return workload.uplink(device_id)

    return _row(
        f"uplink: device with 1 → {_MESSAGES:,} messages",
        new_device,
        lambda: workload.uplink(old_device),
    )


def _row(name: str, small: Preparation, large: Preparation, note: str = "") -> Row:
    before, after = consumption_of(small()), consumption_of(large())
    contestants = {"small": small, "large": large}
    take_turns(_WARMING_ROUNDS, contestants)
    p50 = medians(take_turns(_ROUNDS, contestants))
    ratio = p50["large"] / p50["small"]
    return Row(
        name=f"{name}: requests / write units / read units, time",
        limit="flat",
        budget=f"requests flat, ≤ {_BUDGET}x",
        measured=f"{before} → {after}, {ratio:.2f}x",
        passed=before.requests == after.requests and ratio <= _BUDGET,
        figures={
            "ratio": round(ratio, 4),
            "small_ms": round(p50["small"], 4),
            "large_ms": round(p50["large"], 4),
            **{f"small_{figure}": value for figure, value in before.figures().items()},
            **{f"large_{figure}": value for figure, value in after.figures().items()},
        },
        note=f"p50 of {_ROUNDS} each, in turns of {TURN}" + (f"; {note}" if note else ""),
    )
