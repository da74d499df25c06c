"""Reading data items page by page: each of them once, in their order."""

from dataclasses import dataclass, field

from sigbridge.data.item import DataItem
from sigbridge.data.selection import Position, Selection
from sigbridge.data.stored_items import read_bundles

# What one page looks through: so many stored items of up to 1 kB, larger ones count more often.
LARGEST_COST = 2_000
LARGEST_PAGE_BYTES = 2_500_000
# Few messages have fewer items than that.
_ITEMS_OF_A_MESSAGE = 4


@dataclass(frozen=True, slots=True)
class DataPage:
    """Some data items of a device.

    Attributes:
        items: In the order that was wanted; fewer than wanted, or none, where it took much reading to find
            them or they are large.
        reached: How far the data were read; None where there are no more.
    """

    items: tuple[DataItem, ...]
    reached: Position | None


def read_data(
    application_id: str, device_id: str, selection: Selection, quantity: int, after: Position | None = None
) -> DataPage:
    """Read data items of a device, eventually consistent, and not much more than is wanted.

    Args:
        application_id, device_id: The device.
        selection: Which items.
        quantity: How many at most.
        after: How far they were read before; None for the first page.

    Raises:
        StoreUnavailable: They can't be read.
    """
    likely = quantity if selection.variables else quantity // _ITEMS_OF_A_MESSAGE
    stretch = selection.stretch(application_id, device_id, min(likely, LARGEST_COST) + 2)
    if after is not None:
        stretch = stretch.from_place(after.place.sort)
    page = _Page(quantity)
    reached = after
    for bundle in read_bundles(stretch):
        if after is not None and after.covers(bundle.place, selection.order):
            continue
        if page.is_full or page.cost >= LARGEST_COST:
            return DataPage(tuple(page.items), reached)
        page.cost += bundle.cost
        for item in bundle.items(selection):
            if after is not None and not after.precedes(item, selection.order):
                continue
            if page.is_full:
                return DataPage(tuple(page.items), reached)
            page.add(item)
            reached = Position(bundle.place, item.slot)
        reached = Position(bundle.place)
    return DataPage(tuple(page.items), None)


@dataclass(slots=True)
class _Page:
    """A page while it is filled.

    Attributes:
        quantity: How many items are wanted.
        items: Those that are there.
        size: About how many bytes they take in JSON.
        cost: What was read for it.
    """

    quantity: int
    items: list[DataItem] = field(default_factory=list)
    size: int = 0
    cost: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.items) >= self.quantity or self.size >= LARGEST_PAGE_BYTES

    def add(self, item: DataItem) -> None:
        self.items.append(item)
        self.size += item.told_size
