"""Numbers about many data items, and the items nearest to an end of a range."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sigbridge.data.item import DataItem
from sigbridge.data.paging import LARGEST_COST, LARGEST_PAGE_BYTES
from sigbridge.data.selection import Selection
from sigbridge.data.stored_items import StoredItems, read_bundles
from sigbridge.errors import InvalidInput
from sigbridge.model.limits import is_storable
from sigbridge.model.message import Value
from sigbridge.store.timeline import Order

# How many stored items of up to 1 kB are read for one answer; larger ones count more often.
_LARGEST_RANGE = 20_000
_MOST_VALUES = 10_000
_PAGE = 1_000
_FIRST_PAGE = 15
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)


class RangeTooLong(InvalidInput):
    """There is more in a range than one request reads or answers."""


class Function(StrEnum):
    """What is made of the values of a variable; all but COUNT take only its numbers."""

    COUNT = "count"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What is made of data items.

    Attributes:
        function: What of the values of each variable.
        interval_ms: Of so long each; intervals begin at whole multiples of it since 1970 in UTC. None for
            the whole range.
    """

    function: Function
    interval_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AggregateValue:
    """What was made of the values of a variable in an interval.

    Attributes:
        variable: Its name.
        time: When the interval begins, epoch ms.
        value: What was made of them.
    """

    variable: str
    time: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Aggregates:
    """What was made of data items.

    Attributes:
        values: By time, in the order of the selection, and by name.
        outdated: How many messages were taken as a script decoded them earlier, or not decoded: their payload
            has not been read by the script that is for them.
    """

    values: tuple[AggregateValue, ...]
    outdated: int


def aggregate(
    application_id: str, device_id: str, selection: Selection, aggregation: Aggregation
) -> Aggregates:
    """Make numbers of data items; variables and intervals without a value that counts are left out.

    A text that is a number counts as one; booleans and other texts don't. Of payloads that scripts read what
    is stored is taken: no script runs.

    Raises:
        RangeTooLong: It holds more than 20,000 stored items of up to 1 kB, or the answer would hold more
            than 10,000 values.
        StoreUnavailable: They can't be read.
    """
    tallies: dict[tuple[int, str], _Tally] = {}
    outdated = 0
    for bundle in _all_bundles(application_id, device_id, selection):
        outdated += bundle.is_outdated
        for item in bundle.items(selection):
            number = Decimal(1) if aggregation.function is Function.COUNT else _number(item.value)
            if number is None:
                continue
            key = (_beginning(item.time, selection.first_ms, aggregation.interval_ms), item.variable)
            if key in tallies:
                tallies[key].add(number)
            elif len(tallies) == _MOST_VALUES:
                message = f"The answer would have more than {_MOST_VALUES} values: ask for a longer interval"
                raise RangeTooLong(message)
            else:
                tallies[key] = _Tally(1, number, number, number)
    values = [
        AggregateValue(name, time, tally.result(aggregation.function))
        for (time, name), tally in tallies.items()
    ]
    values.sort(key=lambda value: value.variable)
    values.sort(key=lambda value: value.time, reverse=selection.order is Order.DESCENDING)
    return Aggregates(tuple(values), outdated)


def nearest_items(application_id: str, device_id: str, selection: Selection, end: Order) -> list[DataItem]:
    """Find of each wanted variable the item at one end of a range.

    The range is looked through from that end: up to 20,000 stored items of up to 1 kB where variables
    are named, 2,000 where none is. A variable that is not among them is left out.

    Args:
        application_id, device_id: The device.
        selection: Which items, and in which order the ones that are found come.
        end: DESCENDING for the latest items, ASCENDING for the earliest.

    Raises:
        RangeTooLong: The answer would be larger than a page may be.
        StoreUnavailable: They can't be read.
    """
    towards = Selection(selection.variables, selection.first_ms, selection.last_ms, end)
    limit = _LARGEST_RANGE if selection.variables else LARGEST_COST
    found: dict[str, DataItem] = {}
    cost = size = 0
    for bundle in read_bundles(towards.stretch(application_id, device_id, _FIRST_PAGE)):
        for item in bundle.items(towards):
            if item.variable not in found:
                found[item.variable] = item
                size += item.told_size
        if size > LARGEST_PAGE_BYTES:
            message = "The answer would be too large: name fewer variables"
            raise RangeTooLong(message)
        cost += bundle.cost
        if cost >= limit or (selection.variables and len(found) == len(selection.variables)):
            break
    return selection.in_order(list(found.values()))


def _all_bundles(application_id: str, device_id: str, selection: Selection) -> Iterator[StoredItems]:
    cost = 0
    for bundle in read_bundles(selection.stretch(application_id, device_id, _PAGE), scripted=0):
        cost += bundle.cost
        if cost > _LARGEST_RANGE:
            message = f"The range contains more than {_LARGEST_RANGE} stored items: ask for a shorter one"
            raise RangeTooLong(message)
        yield bundle


def _number(value: Value) -> Decimal | None:
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        value = Decimal(text)
    if isinstance(value, bool) or not is_storable(Decimal(value)):
        return None
    return Decimal(value)


def _beginning(time: int, first_ms: int, interval_ms: int | None) -> int:
    return first_ms if interval_ms is None else time - time % interval_ms


@dataclass(slots=True)
class _Tally:
    """What is to be known of some numbers, while they are read."""

    count: int
    total: Decimal
    least: Decimal
    most: Decimal

    def add(self, number: Decimal) -> None:
        self.count += 1
        self.total += number
        self.least = min(self.least, number)
        self.most = max(self.most, number)

    def result(self, function: Function) -> Decimal:
        match function:
            case Function.COUNT:
                return Decimal(self.count)
            case Function.MIN:
                return self.least
            case Function.MAX:
                return self.most
            case Function.AVG:
                return self.total / self.count
            case Function.SUM:
                return self.total
