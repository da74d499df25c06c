"""Removing data: what was asked for goes, everything else stays."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.data import Order, Position, Selection, delete, read_data, remove_data
from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Update
from tests.unit.stored_timeline import DEVICE, StoredTimeline

START = 1_763_770_827_000
EVERYTHING = Selection(frozenset(), 0, 10**13 - 1, Order.ASCENDING)
NAMES = ("a", "b", "payload")

moments = st.integers(START, START + 5)


@st.composite
def timelines(draw: st.DrawFn) -> StoredTimeline:
    stored = StoredTimeline()
    for number, moment in enumerate(draw(st.lists(moments, max_size=10))):
        names = draw(st.lists(st.sampled_from(NAMES), max_size=3))
        if draw(st.booleans()):
            stored.put_entry(f"{moment}#{number}", *(names or ["a"]))
        else:
            added = [{"variable": name, "value": "added"} for name in draw(st.sets(st.sampled_from(NAMES)))]
            stored.put_message(f"{moment}#{number}", *names, payload="00", advanced_variables=added)
    return stored


def values(stored: StoredTimeline) -> list[tuple[int, str, str, object]]:
    with stored.in_place_of_the_table():
        items = read_data(*DEVICE, EVERYTHING, 10_000).items
    return [(item.time, item.variable, item.slot.origin, item.value) for item in items]


def remove(selection: Selection, *, by_cursor: bool) -> int:
    """Repeats the request until it is complete, and tells how many items went."""
    count, after = 0, None
    for _ in range(50):
        removed = remove_data(*DEVICE, selection, after)
        count += removed.count
        if removed.reached is None:
            return count
        after = Position.from_record(removed.reached.as_record()) if by_cursor else None
    pytest.fail("there is no end to it")


@given(timelines(), moments, moments, st.frozensets(st.sampled_from((*NAMES, "c")), max_size=2))
def test_what_is_asked_for_goes_and_nothing_else(
    stored: StoredTimeline, one: int, other: int, names: frozenset[str]
) -> None:
    first, last = sorted((one, other))
    before = values(stored)
    gone = [
        (time, name, origin, value)
        for time, name, origin, value in before
        if first <= time <= last and (not names or (name in names and origin == "variable"))
    ]

    with pytest.MonkeyPatch.context() as patch, stored.in_place_of_the_table():
        patch.setattr(delete, "_LARGEST_COST", 2)
        count = remove(Selection(names, first, last, Order.DESCENDING), by_cursor=True)

    assert values(stored) == [item for item in before if item not in gone]
    assert count == len(gone)


@given(timelines())
def test_whole_messages_go_without_a_cursor_too(stored: StoredTimeline) -> None:
    everything = Selection(frozenset(), 0, 10**13 - 1, Order.DESCENDING)

    with pytest.MonkeyPatch.context() as patch, stored.in_place_of_the_table():
        patch.setattr(delete, "_LARGEST_COST", 2)
        remove(everything, by_cursor=False)

    assert stored.items == {}


def test_a_message_that_changes_meanwhile_keeps_what_is_new() -> None:
    stored = StoredTimeline()
    stored.put_message(f"{START}#1", "a", "b")
    only_a = Selection(frozenset({"a"}), 0, 10**13 - 1, Order.DESCENDING)
    with stored.in_place_of_the_table(), pytest.MonkeyPatch.context() as patch:
        change = table.update

        def change_after_another(wanted: Update) -> None:
            """The first attempt finds that somebody took `b` out since the message was read."""
            record = stored.items[wanted.key.sk]
            patch.setattr(table, "update", change)
            record["variables"] = [v for v in record["variables"] if v["variable"] != "b"]
            raise ConditionFailed(copy.deepcopy(record))

        patch.setattr(table, "update", change_after_another)
        removed = remove_data(*DEVICE, only_a)

    assert removed.count == 1
    assert "variables" not in stored.items[f"MSG#{START}#1"]


def test_a_message_that_goes_meanwhile_is_no_fault() -> None:
    stored = StoredTimeline()
    stored.put_message(f"{START}#1", "a")

    def gone(_wanted: Update) -> None:
        raise ConditionFailed(None)

    with stored.in_place_of_the_table(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "update", gone)
        removed = remove_data(*DEVICE, Selection(frozenset({"a"}), 0, 10**13 - 1, Order.DESCENDING))

    assert (removed.count, removed.reached) == (0, None)
