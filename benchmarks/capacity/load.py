"""The load of keys, items, stream and functions, and which limit it passes first."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from benchmarks.capacity import limits
from benchmarks.capacity.access_patterns import ACCESS_PATTERNS, Access
from benchmarks.capacity.fleet import Fleet
from benchmarks.capacity.key_design import Item, Partition
from benchmarks.capacity.limits import Limit
from bill.usage import CALLBACK_S, DAYS, MESSAGE_BYTES
from sigbridge.model.due import SHARDS

_NEW_TABLE_PARTITIONS = 4
_EVENTS_IN_A_REQUEST = 10
_DAY_S = 86_400
_MOST_DEVICES = 1e12


@dataclass(frozen=True, slots=True)
class Load:
    """Units a second.

    Attributes:
        reads: Read units.
        writes: Write units.
    """

    reads: float = 0
    writes: float = 0

    def __add__(self, other: "Load") -> "Load":
        return Load(self.reads + other.reads, self.writes + other.writes)

    def __truediv__(self, count: float) -> "Load":
        return Load(self.reads / count, self.writes / count)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a fleet asks of something limited.

    Attributes:
        limit: The limit.
        what: What it is asked of.
        of: How much a fleet asks.
    """

    limit: Limit
    what: str
    of: Callable[[Fleet], float]

    def reached_at(self, fleet: Fleet) -> float:
        """With how many devices of this fleet's kind the limit is reached."""
        few, many = 1.0, _MOST_DEVICES
        while many > few * 1.0001:
            devices = (few * many) ** 0.5
            if self.of(replace(fleet, devices=devices)) > self.limit.value:
                many = devices
            else:
                few = devices
        return few


def _accesses(fleet: Fleet) -> Iterator[tuple[float, Access]]:
    rates = fleet.rates
    for pattern in ACCESS_PATTERNS:
        if rates[pattern.occasion]:
            yield from ((rates[pattern.occasion], access) for access in pattern.accesses)


def key_loads(fleet: Fleet) -> Mapping[Partition, Load]:
    """The load of one key of each form, of the table and the indexes."""
    loads: defaultdict[Partition, Load] = defaultdict(Load)
    for rate, access in _accesses(fleet):
        loads[access.partition] += Load(rate * access.reads, rate * access.writes)
        for write in access.indexes:
            loads[write.partition] += Load(writes=rate * write.units)
    return {partition: load / fleet.count(partition.spread) for partition, load in loads.items()}


def item_loads(fleet: Fleet) -> Mapping[Item, Load]:
    """The load of one item of each form."""
    loads: defaultdict[Item, Load] = defaultdict(Load)
    for rate, access in _accesses(fleet):
        if isinstance(access.item, Item):
            loads[access.item] += Load(rate * access.reads, rate * access.writes)
    return {item: load / fleet.count(item.spread) for item, load in loads.items()}


def table_load(fleet: Fleet) -> Load:
    """The load of the table, without its indexes."""
    loads = (
        Load(rate * access.reads, rate * access.writes)
        for rate, access in _accesses(fleet)
        if isinstance(access.item, Item)
    )
    return sum(loads, Load())


def stored_gigabytes(fleet: Fleet, months: float) -> float:
    """What the messages of so many months take."""
    return fleet.messages * _DAY_S * DAYS * months * MESSAGE_BYTES / 1e9


def shards(fleet: Fleet, months: float = 0) -> float:
    """How many shards the table's stream has at least: one for each of its partitions."""
    by_writes = table_load(fleet).writes / limits.KEY_WRITES.value
    by_size = stored_gigabytes(fleet, months) / limits.PARTITION_GIGABYTES.value
    return max(_NEW_TABLE_PARTITIONS, by_writes, by_size)


def followed_changes(fleet: Fleet) -> float:
    """Changes a second that the function `change_stream` is invoked with.

    A downlink changes its device's state twice and its attempt three times; each report is one.
    """
    return 5 * fleet.downlinks + fleet.acknowledgements + fleet.reports


def concurrency(fleet: Fleet) -> float:
    """How many functions run at a time."""
    return fleet.instances + (followed_changes(fleet) + fleet.events) * CALLBACK_S + 1


def _reads_of(partition: Partition) -> Callable[[Fleet], float]:
    return lambda fleet: key_loads(fleet)[partition].reads


def _writes_of(partition: Partition) -> Callable[[Fleet], float]:
    return lambda fleet: key_loads(fleet)[partition].writes


def demands(fleet: Fleet) -> list[Demand]:
    """Everything that a fleet of this kind asks of what is limited."""
    keys = [
        demand
        for partition in key_loads(fleet)
        for demand in (
            Demand(limits.KEY_READS, partition.form, _reads_of(partition)),
            Demand(limits.KEY_WRITES, partition.form, _writes_of(partition)),
        )
    ]
    return [
        *keys,
        Demand(limits.TABLE_READS, "table", lambda f: table_load(f).reads),
        Demand(limits.TABLE_WRITES, "table", lambda f: table_load(f).writes),
        Demand(limits.ROUTE_REQUESTS, "POST /uplink", lambda f: f.messages),
        Demand(limits.ACCOUNT_REQUESTS, "API", lambda f: f.requests),
        Demand(limits.CONCURRENCY, "Lambda", concurrency),
        Demand(limits.SHARD_RECORDS, "stream", lambda f: followed_changes(f) / shards(f)),
        Demand(limits.SHARD_EVENTS, "publish", lambda f: f.events / shards(f)),
        Demand(limits.LOOKS, "every_minute", lambda f: f.looks / SHARDS),
        Demand(limits.EVENTS, "publish", lambda f: f.events * f.destinations / _EVENTS_IN_A_REQUEST),
    ]


def passed_limits(fleet: Fleet) -> list[tuple[Demand, float]]:
    """The limits that a growing fleet of this kind reaches and its devices by then, the first one first."""
    reached = [(demand, demand.reached_at(fleet)) for demand in demands(fleet) if demand.of(fleet)]
    return sorted((each for each in reached if each[1] < _MOST_DEVICES / 2), key=lambda each: each[1])
