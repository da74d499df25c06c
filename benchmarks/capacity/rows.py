"""The capacity model's lines of the budget table."""

from benchmarks.budget import Row
from benchmarks.capacity import limits
from benchmarks.capacity.fleet import Fleet
from benchmarks.capacity.load import key_loads

# A key may take seven tenths of what AWS gives it: traffic is never quite even.
STEADY_SHARE = 0.7
MOST_WRITES = STEADY_SHARE * limits.KEY_WRITES.value
MOST_READS = STEADY_SHARE * limits.KEY_READS.value
_FLEETS = {"a million devices": Fleet(1_000_000), "ten million devices": Fleet(10_000_000, applications=2)}


def capacity_rows() -> list[Row]:
    """Hold the most loaded keys of steady traffic against what a key may take."""
    return [row for name, fleet in _FLEETS.items() for row in _rows(name, fleet)]


def _rows(name: str, fleet: Fleet) -> list[Row]:
    loads = {partition.form: load for partition, load in key_loads(fleet).items()}
    written = max(loads, key=lambda form: loads[form].writes)
    read = max(loads, key=lambda form: loads[form].reads)
    return [
        _row(f"{name}: write units a second", written, loads[written].writes, MOST_WRITES),
        _row(f"{name}: read units a second", read, loads[read].reads, MOST_READS),
    ]


def _row(name: str, form: str, load: float, most: float) -> Row:
    return Row(
        name=f"most loaded key of {name}",
        limit="evenly over all keys",
        budget=f"≤ {most:g}",
        measured=f"{form}: {load:,.0f}",
        passed=load <= most,
        figures={"units": round(load, 1)},
        note="computed from the key design and the counted units; all devices of one application, ten million"
        " of two; each has 140 messages, 4 downlinks and a report a day, and a keep-alive time of an hour"
        " (docs/scale.md)",
    )
