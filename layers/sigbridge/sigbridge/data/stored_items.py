"""What is stored in one place, as data items: those of a message, or those that were set together."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sigbridge.data.item import DataItem, ItemKey, Origin, TimelineKey
from sigbridge.data.notation import place_text, with_plain_numbers
from sigbridge.data.selection import Selection
from sigbridge.messages import StoredMessage, Value, Variable
from sigbridge.store import timeline
from sigbridge.store.timeline import Stretch, TimelineItem, TimelineKind

# A plain Sigfox message takes less. Making items of what is larger takes longer than reading it.
_UNIT_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class ItemValue:
    """A value, before it is a data item.

    Attributes:
        variable: Its name, value, unit, metadata and location.
        origin: What it was.
    """

    variable: Variable
    origin: Origin


@dataclass(frozen=True, slots=True)
class StoredItems:
    """Data items of one moment and group that are stored in one place.

    Attributes:
        stored: What is stored there.
        place: Where.
        told: Their content.
    """

    stored: TimelineItem
    place: TimelineKey
    told: tuple[ItemValue, ...]

    @classmethod
    def of(cls, stored: TimelineItem) -> "StoredItems":
        """Make the data items of what is stored."""
        return cls(stored, TimelineKey(stored.id, TimelineKind.of(stored)), tuple(_values_of(stored)))

    @property
    def cost(self) -> int:
        """What reading it costs: 1 for each 1 kB begun."""
        return 1 + self.stored.size // _UNIT_BYTES

    def items(self, selection: Selection) -> list[DataItem]:
        """Give those of its items that are wanted, in the order that is wanted."""
        numbers = Counter[tuple[str, Origin]]()
        items: list[DataItem] = []
        for told in self.told:
            name = told.variable.name
            if selection.variables and name not in selection.variables:
                continue
            slot = ItemKey(name, told.origin, numbers[name, told.origin])
            numbers[name, told.origin] += 1
            items.append(self._item(slot, told))
        return selection.in_order(items)

    def _item(self, slot: ItemKey, told: ItemValue) -> DataItem:
        return DataItem(
            device_id=self.stored.device_id,
            place=self.place,
            slot=slot,
            time=self.stored.time,
            group=self.stored.group,
            value=told.variable.value,
            unit=told.variable.unit,
            location=told.variable.location,
            metadata=told.variable.metadata,
        )


def read_bundles(stretch: Stretch) -> Iterator[StoredItems]:
    """Yield what is stored in a stretch, messages and data set by hand, in its order."""
    return map(StoredItems.of, timeline.read(stretch))


def read_latest_bundles(stretch: Stretch) -> Iterator[StoredItems]:
    """Yield what is stored in a stretch, the newest first, as the last finished write left it."""
    return map(StoredItems.of, timeline.read_latest(stretch))


def _values_of(stored: TimelineItem) -> Iterator[ItemValue]:
    if isinstance(stored, StoredMessage):
        yield from (ItemValue(Variable(name, value), Origin.FACT) for name, value in _facts(stored))
        yield from _location(stored)
    yield from (ItemValue(variable, Origin.VARIABLE) for variable in stored.variables)


def _facts(message: StoredMessage) -> Iterator[tuple[str, Value]]:
    if message.payload is not None:
        yield "payload", message.payload
    if message.port is not None:
        yield "port", Decimal(message.port)
    if message.seq_number is not None:
        yield "seq_number", Decimal(message.seq_number)
    # A fact that both calls told is what the second one says, when all base stations were heard.
    for name, value in {**message.radio, **message.advanced}.items():
        is_structure = isinstance(value, list | dict)
        yield name, json.dumps(with_plain_numbers(value), ensure_ascii=False) if is_structure else value


def _location(message: StoredMessage) -> Iterator[ItemValue]:
    """Tell where the device was, in the form that TagoIO's parser gives it (tagoio reference, 1)."""
    location = message.location
    if location is not None:
        details = {"radius": location.radius, "source": location.source, "status": location.status}
        known = {name: value for name, value in details.items() if value is not None}
        variable = Variable("location", place_text(location), metadata=known or None, location=location)
        yield ItemValue(variable, Origin.FACT)
        if location.radius is not None:
            yield ItemValue(Variable("radius", location.radius, "m"), Origin.FACT)
