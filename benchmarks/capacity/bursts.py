"""How long it takes when all devices do the same thing at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from benchmarks.capacity import limits
from benchmarks.capacity.access_patterns import ACCESS_PATTERNS
from benchmarks.capacity.fleet import Fleet, Occasion, Spread
from benchmarks.capacity.key_design import Partition
from benchmarks.capacity.limits import Limit
from bill.usage import CALLBACK_S
from sigbridge.model.due import SHARDS

# Sigfox repeats a callback that was refused after 1, 2 and 4 minutes.
_DELIVERIES = 4
_MINUTE_S = 60
API = frozenset({"route of the API", "API of the account"})


@dataclass(frozen=True, slots=True)
class Burst:
    """Something that happens to all devices at once.

    Attributes:
        what: What happens.
        seconds: How long each limit alone makes it take, by what it limits.
    """

    what: str
    seconds: Mapping[str, float]

    def without(self, raised: Collection[str]) -> "Burst":
        """The same, where these limits were raised so far that nothing waits for them."""
        return Burst(self.what, {what: s for what, s in self.seconds.items() if what not in raised})

    @property
    def slowest(self) -> str:
        """What it waits for in the end."""
        return max(self.seconds, key=lambda what: self.seconds[what])

    @property
    def lasts_s(self) -> float:
        """How long it takes."""
        return self.seconds[self.slowest]


def carried(devices: float, requests_a_second: float) -> float:
    """How many of devices that all send within a minute are heard before Sigfox gives up their callbacks."""
    return min(devices, requests_a_second * _MINUTE_S * _DELIVERIES)


def bursts(devices: float) -> list[Burst]:
    """What can happen to so many devices of one application at once, with the template's defaults."""
    callbacks = {
        "route of the API": devices / limits.ROUTE_REQUESTS.value,
        "API of the account": devices / limits.ACCOUNT_REQUESTS.value,
        "Lambda": devices * CALLBACK_S / limits.CONCURRENCY.value,
    }
    return [
        Burst(
            "all send a message within a minute",
            callbacks | _store(devices, Occasion.MESSAGE, Occasion.UNREMEMBERED),
        ),
        Burst(
            "all send their first message ever within a minute",
            callbacks | _store(devices, Occasion.MESSAGE, Occasion.UNREMEMBERED, Occasion.REGISTRATION),
        ),
        Burst("all are imported", _store(devices, Occasion.REGISTRATION, Occasion.CREATION)),
        Burst(
            "Sigfox reports for all that their contract has ended",
            callbacks | _store(devices, Occasion.REPORT, Occasion.UNREMEMBERED, Occasion.STATE_TOLD),
        ),
        Burst(
            "all fall silent",
            _store(devices, Occasion.LOOK, Occasion.STATE_TOLD)
            | {"every_minute": devices / (limits.LOOKS.value * SHARDS)},
        ),
    ]


def _store(devices: float, *occasions: Occasion) -> dict[str, float]:
    """How long the table and its keys that are not spread over devices take for one of each occasion."""
    fleet = Fleet(devices)
    seconds: dict[str, float] = {}

    def add(what: str, units: float, limit: Limit) -> None:
        seconds[what] = seconds.get(what, 0) + devices * units / limit.value

    def add_key(partition: Partition, units: float, limit: Limit) -> None:
        if units and partition.spread is not Spread.DEVICE:
            what = f"{partition.form}, {limit.what.split()[0]} units"
            add(what, units / fleet.count(partition.spread), limit)

    for access in (each for one in ACCESS_PATTERNS if one.occasion in occasions for each in one.accesses):
        add("table, new", access.writes, limits.NEW_TABLE_WRITES)
        add_key(access.partition, access.reads, limits.KEY_READS)
        add_key(access.partition, access.writes, limits.KEY_WRITES)
        for write in access.indexes:
            add_key(write.partition, write.units, limits.KEY_WRITES)
    return seconds
