"""Cursors: read back by the query that wrote them, and by no other."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.cursors import read_cursor, write_cursor
from sigbridge.errors import InvalidInput

positions = st.text(st.characters(), max_size=80)
queries = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(positions, queries)
def test_a_position_comes_back(position: str, query: object) -> None:
    cursor = write_cursor(position, query)

    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert read_cursor(cursor, query) == position


@given(positions)
def test_a_cursor_belongs_to_its_query(position: str) -> None:
    cursor = write_cursor(position, ["messages", "153FA", None])

    with pytest.raises(InvalidInput) as refused:
        read_cursor(cursor, ["messages", "153FB", None])

    assert [fault.field for fault in refused.value.faults] == ["cursor"]


@given(positions, st.data())
def test_a_cursor_that_was_changed_is_refused(position: str, data: st.DataObject) -> None:
    cursor = write_cursor(position, "query")
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters().filter(lambda character: character != cursor[place]))
    change = data.draw(
        st.sampled_from(
            [
                cursor[:place] + other + cursor[place + 1 :],
                cursor[:place] + cursor[place + 1 :],
                cursor[:place] + other + cursor[place:],
                cursor + "=",
            ]
        )
    )

    with pytest.raises(InvalidInput):
        read_cursor(change, "query")


@given(st.text(st.characters()) | st.binary().map(lambda content: content.hex()))
@pytest.mark.parametrize("query", [None, {"limit": 1}])
def test_any_other_text_is_refused(query: object, text: str) -> None:
    with pytest.raises(InvalidInput):
        read_cursor(text, query)


@pytest.mark.parametrize("text", ["", "W10", "WzEsIngiLDFd", "bnVsbA", "W1tbW1tb" * 2000, "MQ==", "\ud800"])
def test_what_only_looks_like_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_cursor(text, "query")
