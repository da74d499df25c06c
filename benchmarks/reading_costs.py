"""What it costs to read devices and data back, of few and of many."""

from benchmarks.budget import Row
from benchmarks.consumption import Consumption
from benchmarks.past import give_past, list_devices
from benchmarks.request_costs import consumption_of
from benchmarks.workload import Workload

_PAGE = 100
_DEVICES = 10_000
_MESSAGES = 10_000


def reading_cost_rows(workload: Workload) -> list[Row]:
    """Count the requests and units of a page of devices, and of a page of one variable's values."""
    return [_devices_row(workload), _values_row(workload)]


def _devices_row(workload: Workload) -> Row:
    page = workload.management("GET", "/v1/devices", limit=_PAGE)
    list_devices(workload, _PAGE)
    page()
    few = consumption_of(page)
    list_devices(workload, _DEVICES)
    many = consumption_of(page)
    return _row(
        f"list {_PAGE} of {_DEVICES:,} devices",
        "their facts, states and newest messages, read once",
        (112, 155),
        many,
        f"{few.requests} / {few.read_units:g} of few; a query of the list, one of each state, one of each"
        " device's newest message, and what is noted of the devices and queued for them",
    )


def _values_row(workload: Workload) -> Row:
    device = workload.device()
    give_past(workload, device, _MESSAGES)
    page = workload.management("GET", f"/v1/devices/{device}/data", variables="payload", qty=_PAGE)
    page()
    return _row(
        f"last {_PAGE} values of one variable among {_MESSAGES:,} messages",
        f"{_PAGE} messages, read once",
        (4, 10),
        consumption_of(page),
        "the device, its messages, data set by hand, and the application, which says how payloads are read",
    )


def _row(name: str, limit: str, budget: tuple[float, float], consumed: Consumption, note: str) -> Row:
    measured = (consumed.requests, consumed.read_units)
    return Row(
        name=f"{name}: requests / read units",
        limit=limit,
        budget=" / ".join(f"≤ {value:g}" for value in budget),
        measured=f"{consumed.requests} / {consumed.read_units:g}",
        passed=all(value <= allowed for value, allowed in zip(measured, budget, strict=True)),
        figures=consumed.figures(),
        note=note,
    )
