"""What is stored in one place, as data items: those of a message, or those that were set together."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from sigbridge.data.item import DataItem, ItemKey, Origin, TimelineKey
from sigbridge.data.selection import Selection
from sigbridge.formatters.reading import MOST_SCRIPTED, DecodedReader
from sigbridge.formatters.values import InvalidResult, read_values
from sigbridge.messages import Location, StoredMessage, Value, Variable
from sigbridge.model.limits import with_plain_numbers
from sigbridge.store import timeline
from sigbridge.store.timeline import Stretch, TimelineItem, TimelineKind

# A plain Sigfox message takes less. Making items of what is larger takes longer than reading it.
_UNIT_BYTES = 1_024
# Payloads are read so many together at most; the first ones as many as are likely to be wanted.
_MOST_TOGETHER = 1_000
_GROWTH = 4


@dataclass(frozen=True, slots=True)
class ItemValue:
    """A value, before it is a data item.

    Attributes:
        variable: Its name, value, unit, metadata and location.
        origin: What it was.
        time: Epoch ms; None for that of its place.
    """

    variable: Variable
    origin: Origin
    time: int | None = None


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

    @property
    def is_outdated(self) -> bool:
        """Whether its payload is still to be read, by a formatter or by a newer version of it."""
        decoded = self.stored.decoded if isinstance(self.stored, StoredMessage) else None
        return decoded is not None and not decoded.is_final

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
            time=self.stored.time if told.time is None else told.time,
            group=self.stored.group,
            value=told.variable.value,
            unit=told.variable.unit,
            location=told.variable.location,
            metadata=told.variable.metadata,
        )


def read_bundles(stretch: Stretch, scripted: int = MOST_SCRIPTED) -> Iterator[StoredItems]:
    """Yield what is stored in a stretch, messages and data set by hand, in its order, payloads decoded.

    Args:
        stretch: What to read.
        scripted: How many payloads scripts may read; the others are as they were decoded before.
    """
    return map(StoredItems.of, _decoded(stretch, timeline.read(stretch), scripted))


def read_latest_bundles(stretch: Stretch) -> Iterator[StoredItems]:
    """Yield what is stored in a stretch, the newest first, as the last finished write left it."""
    return map(StoredItems.of, _decoded(stretch, timeline.read_latest(stretch), MOST_SCRIPTED))


def _decoded(stretch: Stretch, stored: Iterator[TimelineItem], scripted: int) -> Iterator[TimelineItem]:
    """Yield what is stored, messages with what formatters make of their payloads."""
    reader = DecodedReader(stretch.application_id, stretch.device_id, scripted)
    together = min(stretch.page, _MOST_TOGETHER)
    while some := list(islice(stored, together)):
        decoded = iter(reader.decoded([item for item in some if isinstance(item, StoredMessage)]))
        yield from (next(decoded) if isinstance(item, StoredMessage) else item for item in some)
        together = min(together * _GROWTH, _MOST_TOGETHER)


def _values_of(stored: TimelineItem) -> Iterator[ItemValue]:
    """Tell all values; of those of one name the ones that a formatter read in the payload count."""
    decoded = list(_decoded_values(stored)) if isinstance(stored, StoredMessage) else []
    names = {told.variable.name for told in decoded}
    yield from decoded
    yield from (told for told in _own_values(stored) if told.variable.name not in names)


def _own_values(stored: TimelineItem) -> Iterator[ItemValue]:
    if isinstance(stored, StoredMessage):
        yield from (ItemValue(Variable(name, value), Origin.FACT) for name, value in _facts(stored))
        yield from _of_location(stored.location, Origin.FACT)
    yield from (ItemValue(variable, Origin.VARIABLE) for variable in stored.variables)


def _decoded_values(message: StoredMessage) -> Iterator[ItemValue]:
    if message.decoded is None or message.decoded.data is None:
        return
    try:
        values = read_values(message.decoded.data)
    except InvalidResult:
        return
    for read in values.variables:
        yield ItemValue(read.variable, Origin.DECODED, read.time)
    yield from _of_location(values.location, Origin.DECODED)


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


def _of_location(location: Location | None, origin: Origin) -> Iterator[ItemValue]:
    """Tell where the device was, in the form that TagoIO's parser gives it (tagoio reference, 1)."""
    if location is not None:
        details = {"radius": location.radius, "source": location.source, "status": location.status}
        known = {name: value for name, value in details.items() if value is not None}
        text = location.as_text()
        variable = Variable("location", text, metadata=known or None, location=location)
        yield ItemValue(variable, origin)
        if location.radius is not None:
            yield ItemValue(Variable("radius", location.radius, "m"), origin)
