"""Pages of data: whatever is stored, and however it is asked for, each item comes once and in order."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.data import DataItem, Order, Position, Selection, paging, read_data
from sigbridge.store import timeline
from tests.unit.stored_timeline import DEVICE, StoredTimeline

START = 1_763_770_827_000
NAMES = ("a", "b", "seq_number", "temperature")

moments = st.integers(START, START + 5)
names = st.lists(st.sampled_from(NAMES), max_size=6)


@dataclass(frozen=True)
class Item:
    """What a data item is to be, in the order of their sort keys, kinds, names, origins and numbers."""

    sort: str
    kind: str
    name: str
    origin: str
    number: int


@dataclass
class Model:
    """The data items of a device, as they are to be read."""

    stored: StoredTimeline
    items: list[Item]

    def wanted(self, selection: Selection) -> list[Item]:
        found = [
            item
            for item in self.items
            if selection.first_ms <= int(item.sort[:13]) <= selection.last_ms
            and (not selection.variables or item.name in selection.variables)
        ]
        key = lambda item: (item.sort, item.kind, item.name, item.origin, item.number)  # noqa: E731
        return sorted(found, key=key, reverse=selection.order is Order.DESCENDING)


@st.composite
def models(draw: st.DrawFn) -> Model:
    model = Model(StoredTimeline(), [])
    sorts = draw(st.lists(st.tuples(moments, st.integers(0, 12)), max_size=12, unique=True))
    for moment, rest in sorts:
        sort = f"{moment}#{rest}"
        for kind in draw(st.sampled_from([("message",), ("entry",), ("entry", "message")])):
            variables = draw(names)
            if kind == "message":
                model.stored.put_message(sort, *variables, seq_number=rest)
                model.items.append(Item(sort, kind, "seq_number", "fact", 0))
            else:
                model.stored.put_entry(sort, *variables)
            model.items += [
                Item(sort, kind, name, "variable", variables[:position].count(name))
                for position, name in enumerate(variables)
            ]
    return model


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    first, last = sorted((draw(moments), draw(moments)))
    wanted = draw(st.frozensets(st.sampled_from((*NAMES, "none")), max_size=3))
    return Selection(wanted, first, last, draw(st.sampled_from(Order)))


def as_item(item: DataItem) -> Item:
    slot = item.slot
    return Item(item.place.sort, item.place.kind, slot.variable, slot.origin, slot.number)


def pages(selection: Selection, quantity: int) -> Iterator[tuple[DataItem, ...]]:
    after: Position | None = None
    for _ in range(500):
        page = read_data(*DEVICE, selection, quantity, after)
        yield page.items
        if page.reached is None:
            return
        assert page.reached != after
        after = Position.from_record(page.reached.as_record())
    pytest.fail("there is no end to the pages")


@given(models(), selections(), st.integers(1, 20), st.integers(1, 5), st.sampled_from([1, 400, 10**6]))
def test_every_item_comes_once_and_in_order(
    model: Model, selection: Selection, quantity: int, cost: int, page_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch, model.stored.in_place_of_the_table():
        patch.setattr(paging, "LARGEST_COST", cost)
        patch.setattr(paging, "LARGEST_PAGE_BYTES", page_bytes)
        patch.setattr(timeline, "_LARGEST_PAGE", 3)
        read = list(pages(selection, quantity))

    assert [as_item(item) for page in read for item in page] == model.wanted(selection)
    assert all(len(page) <= quantity for page in read)
    ids = [item.id for page in read for item in page]
    assert len(set(ids)) == len(ids)


@given(models(), selections(), st.integers(1, 5), st.data())
def test_what_comes_or_goes_meanwhile_moves_nothing_else(
    model: Model, selection: Selection, quantity: int, data: st.DataObject
) -> None:
    """Items that are there all the time come once, though others arrive and leave between the pages."""
    gone = frozenset(data.draw(st.sets(st.sampled_from(NAMES), max_size=1)))
    read: list[DataItem] = []
    with model.stored.in_place_of_the_table():
        for page in pages(selection, quantity):
            read += page
            for sk, record in model.stored.items.items():
                if sk.startswith("MSG#"):
                    record["advanced"] = {"lqi": "GOOD", "a": 1}
                record["variables"] = [v for v in record["variables"] if v["variable"] not in gone]
            model.stored.put_message(f"{START - 1}#1", "a")
            model.stored.put_message(f"{START + 6}#1", "a")

    there = [item for item in model.wanted(selection) if item.name not in gone or item.origin == "fact"]
    found = [as_item(item) for item in read]
    assert len(set(found)) == len(found)
    assert [item for item in found if item in set(there)] == there


def test_a_page_reads_about_as_much_as_it_gives() -> None:
    stored = StoredTimeline()
    for number in range(10_000):
        stored.put_message(f"{START + number}#{number}", "temperature", "pressure")
    wanted = Selection(frozenset({"temperature"}), 0, 10**13 - 1, Order.DESCENDING)

    with stored.in_place_of_the_table():
        page = read_data(*DEVICE, wanted, 100)

    assert [item.time for item in page.items] == [START + 9_999 - number for number in range(100)]
    assert stored.requests == 1
    assert stored.read <= 102


def test_a_page_stops_looking() -> None:
    stored = StoredTimeline()
    for number in range(10_000):
        stored.put_message(f"{START + number}#{number}", *(["rare"] if number == 0 else ["often"]))
    wanted = Selection(frozenset({"rare"}), 0, 10**13 - 1, Order.DESCENDING)

    with stored.in_place_of_the_table():
        first = read_data(*DEVICE, wanted, 15)
        read, requests = stored.read, stored.requests
        found = [item.time for page in pages(wanted, 15) for item in page]

    assert first.items == ()
    assert first.reached is not None
    assert (read, requests) < (4_000, 10)
    assert found == [START]


@pytest.mark.parametrize("sizes", [(5_000,), (700, 800)])
def test_large_items_make_short_pages(sizes: tuple[int, ...]) -> None:
    stored = StoredTimeline()
    for number in range(3_000):
        stored.put_message(f"{START + number}#{number}", *("x" * 90 for _ in sizes))
        for variable, size in zip(
            stored.items[f"MSG#{START + number}#{number}"]["variables"], sizes, strict=True
        ):
            variable["value"] = "\x01" * (size // 5)
    everything = Selection(frozenset(), 0, 10**13 - 1, Order.ASCENDING)

    with stored.in_place_of_the_table():
        page = read_data(*DEVICE, everything, 10_000)

    assert page.reached is not None
    assert 1_000_000 < sum(len(str(item.value)) * 6 for item in page.items) < 3_000_000


@given(st.lists(st.none() | st.integers() | st.text(max_size=20) | st.booleans(), max_size=6))
def test_what_is_no_position_is_refused(record: list[object]) -> None:
    with pytest.raises(ValueError, match="is no position"):
        Position.from_record(record)
