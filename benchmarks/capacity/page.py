"""The computed tables of `docs/scale.md`, each between two marks."""

from collections.abc import Callable, Iterable, Mapping

from benchmarks.capacity import limits
from benchmarks.capacity.bursts import API, Burst, bursts, carried
from benchmarks.capacity.fleet import Fleet
from benchmarks.capacity.limits import Limit
from benchmarks.capacity.load import (
    concurrency,
    followed_changes,
    key_loads,
    passed_limits,
    shards,
    table_load,
)
from benchmarks.capacity.price import month_price
from benchmarks.capacity.rows import MOST_READS, MOST_WRITES
from bill.prices import IRELAND, VIRGINIA
from bill.tables import filled, table
from sigbridge_local.places import ROOT

PAGE = ROOT / "docs/scale.md"
# The feed of one application takes some six million.
_FLEETS = (Fleet(100_000), Fleet(1_000_000), Fleet(10_000_000, applications=2))
_MOST_SHOWN = 100_000_000
_LIMITS = (
    limits.KEY_WRITES,
    limits.KEY_READS,
    limits.NEW_TABLE_WRITES,
    limits.NEW_TABLE_READS,
    limits.TABLE_WRITES,
    limits.TABLE_READS,
    limits.PARTITION_GIGABYTES,
    limits.STREAM_READERS,
    limits.ACCOUNT_REQUESTS,
    limits.ROUTE_REQUESTS,
    limits.CONCURRENCY,
    limits.INSTANCES_IN_10_S,
    limits.SHARD_RECORDS,
    limits.SHARD_EVENTS,
    limits.LOOKS,
    limits.EVENTS,
)


def write_page() -> None:
    """Write the tables anew."""
    PAGE.write_text(with_tables(PAGE.read_text()))


def with_tables(page: str) -> str:
    """Return a page with its tables as they are now."""
    return filled(page, _TABLES)


def load() -> str:
    """What fleets of several sizes ask."""
    rows: Mapping[str, Callable[[Fleet], float]] = {
        "requests to the API a second": lambda fleet: fleet.requests,
        "of them messages": lambda fleet: fleet.messages,
        "write units a second, table": lambda fleet: table_load(fleet).writes,
        "read units a second, table": lambda fleet: table_load(fleet).reads,
        "functions running at a time": concurrency,
        "changes a second to follow": followed_changes,
        "events a second": lambda fleet: fleet.events,
        "shards of the stream, new table": shards,
        "shards of the stream, after a year": lambda fleet: shards(fleet, 12),
        "items a minute to look at": lambda fleet: fleet.looks * 60,
    }
    return _by_fleet("", ((what, [f"{of(fleet):,.0f}" for fleet in _FLEETS]) for what, of in rows.items()))


def keys() -> str:
    """The keys of which one carries more than its device's traffic."""
    loads = [{partition.form: each for partition, each in key_loads(fleet).items()} for fleet in _FLEETS]
    rows = []
    for form in loads[-1]:
        if "DEVICE#" not in form:
            rows.append((f"`{form}`, reads", [_marked(each[form].reads, MOST_READS) for each in loads]))
            rows.append((f"`{form}`, writes", [_marked(each[form].writes, MOST_WRITES) for each in loads]))
    return _by_fleet("units a second of one key", (row for row in rows if row[1][-1] != "0"))


def first_limits() -> str:
    """What a growing fleet reaches, in this order."""
    kinds = {
        "watched, acknowledged": Fleet(1),
        "neither": Fleet(1, watched=0, acknowledged=0),
    }
    reached = {
        kind: {(demand.what, demand.limit): devices for demand, devices in passed_limits(fleet)}
        for kind, fleet in kinds.items()
    }
    first = reached["watched, acknowledged"]
    rows = (
        [
            f"`{what}`: {limit.what}",
            *(_devices(of.get((what, limit))) for of in reached.values()),
            limit.remedy,
        ]
        for (what, limit), devices in first.items()
        if devices < _MOST_SHOWN
    )
    return table(["limit, at its default", *(f"devices, {kind}" for kind in kinds), "raised by"], rows)


def prices() -> str:
    """A month's bill."""
    rows = (
        (f"{prices.region}, {when}", [f"${month_price(fleet, prices, months):,.0f}" for fleet in _FLEETS])
        for prices in (VIRGINIA, IRELAND)
        for when, months in (("first month", 1), ("after a year", 12))
    )
    return _by_fleet("a month", rows)


def at_once() -> str:
    """How long bursts last."""
    rows = [
        [million.what, *_waits(million), *_waits(million.without(API)), _time(ten.without(API).lasts_s)]
        for million, ten in zip(bursts(1_000_000), bursts(10_000_000), strict=True)
    ]
    raised = "API raised"
    heads = [
        "a million, defaults",
        "waits for",
        f"a million, {raised}",
        "waits for",
        f"ten million, {raised}",
    ]
    return table(["", *heads], rows)


def heard() -> str:
    """How many of a million devices that send at once are heard, by what the API takes."""
    devices = 1_000_000
    rows = ([f"{rate:,}", f"{carried(devices, rate):,.0f}"] for rate in (500, 2_000, 4_000, 10_000, 17_000))
    return table(["requests a second of `/uplink`", "heard, of a million that send within a minute"], rows)


def quotas() -> str:
    """What AWS and the template allow."""
    rows = ([limit.what, f"{limit.value:,g}", _source(limit)] for limit in _LIMITS)
    return table(["a second, where nothing else is said", "default", "source"], rows)


_TABLES = {
    "load": load,
    "keys": keys,
    "first_limits": first_limits,
    "prices": prices,
    "at_once": at_once,
    "heard": heard,
    "quotas": quotas,
}


def _by_fleet(head: str, rows: Iterable[tuple[str, list[str]]]) -> str:
    return table([head, *(f"{fleet.devices:,.0f} devices" for fleet in _FLEETS)], ([n, *c] for n, c in rows))


def _marked(units: float, most: float) -> str:
    return f"**{units:,.0f}**" if units > most else f"{units:,.0f}"


def _devices(devices: float | None) -> str:
    return "-" if devices is None else f"{float(f'{devices:.2g}'):,.0f}"


def _waits(burst: Burst) -> tuple[str, str]:
    return _time(burst.lasts_s), burst.slowest


def _time(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes / 60:,.1f} h" if minutes >= 120 else f"{max(1, minutes):,.0f} min"


def _source(limit: Limit) -> str:
    return f"[AWS]({limit.source})" if limit.source.startswith("https:") else limit.source
