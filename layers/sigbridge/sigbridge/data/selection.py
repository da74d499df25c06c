"""Which data items are wanted, and how far they were read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sigbridge.data.item import DataItem, ItemKey, Origin, TimelineKey
from sigbridge.store.timeline import Order, Stretch, TimelineKind

_SORT = re.compile(r"[0-9]{13}#[0-9a-f]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which data items of a device are wanted.

    Attributes:
        variables: Names of their variables, lower case; none for any variable.
        first_ms, last_ms: Bounds of their times, epoch ms, both included.
        order: In which they come.
    """

    variables: frozenset[str]
    first_ms: int
    last_ms: int
    order: Order

    def stretch(self, application_id: str, device_id: str, page: int) -> Stretch:
        """Give the stretch of a device's timeline that holds them.

        Args:
            application_id, device_id: The device.
            page: How many stored items are likely to be wanted.
        """
        return Stretch.between(application_id, device_id, self.first_ms, self.last_ms, self.order, page)

    def in_order(self, items: Sequence[DataItem]) -> list[DataItem]:
        """Put items into the order that is wanted."""
        is_descending = self.order is Order.DESCENDING
        return sorted(items, key=lambda item: item.order, reverse=is_descending)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a device's data were read.

    Attributes:
        place: The place that was looked at last.
        slot: The item of it that was looked at last; None for all of them.
    """

    place: TimelineKey
    slot: ItemKey | None = None

    @classmethod
    def from_record(cls, record: Sequence[object]) -> "Position":
        """Read the form that `as_record` gives.

        Raises:
            ValueError: It is no such form.
        """
        match record:
            case [str(sort), str(kind)] if _SORT.fullmatch(sort):
                return cls(TimelineKey(sort, TimelineKind(kind)))
            case [str(sort), str(kind), str(variable), str(origin), int(number)] if _SORT.fullmatch(sort):
                return cls(TimelineKey(sort, TimelineKind(kind)), ItemKey(variable, Origin(origin), number))
        message = "is no position"
        raise ValueError(message)

    @property
    def time(self) -> int:
        """Epoch ms of its place."""
        return int(self.place.sort.partition("#")[0])

    def as_record(self) -> list[str | int]:
        """Give its form in JSON."""
        slot: list[str | int] = []
        if self.slot is not None:
            slot = [self.slot.variable, self.slot.origin.value, self.slot.number]
        return [self.place.sort, self.place.kind.value, *slot]

    def covers(self, place: TimelineKey, order: Order) -> bool:
        """Tell whether all of a place was looked at."""
        if place == self.place:
            return self.slot is None
        return place < self.place if order is Order.ASCENDING else place > self.place

    def precedes(self, item: DataItem, order: Order) -> bool:
        """Tell whether an item was not looked at yet."""
        if self.slot is None or item.place != self.place:
            return not self.covers(item.place, order)
        return item.slot > self.slot if order is Order.ASCENDING else item.slot < self.slot
