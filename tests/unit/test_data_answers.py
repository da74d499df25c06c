"""In which form data are answered, and where their next page begins."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.cursors import write_cursor
from sigbridge.api.management.negotiation import MediaType, negotiate
from sigbridge.api.management.paging import PageRequest
from sigbridge.errors import InvalidInput


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", MediaType.JSON),
        ("*/*", MediaType.JSON),
        ("text/csv", MediaType.CSV),
        ("TEXT/CSV; header=present", MediaType.CSV),
        ("text/csv;q=0", MediaType.JSON),
        ("text/*", MediaType.CSV),
        ("application/json, text/csv", MediaType.JSON),
        ("text/csv, application/json", MediaType.CSV),
        ("application/json;q=0.5, text/csv", MediaType.CSV),
        ("text/csv;q=0.4, */*;q=0.8", MediaType.JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", MediaType.JSON),
        ("text/csv;q=much, application/json;q=0.1", MediaType.JSON),
        ("image/png", MediaType.JSON),
    ],
)
def test_the_form_is_the_one_that_is_liked_best(accept: str, form: MediaType) -> None:
    assert negotiate(accept) is form


@given(st.text(max_size=40))
def test_any_header_names_a_form(accept: str) -> None:
    assert negotiate(accept) in MediaType


def test_a_range_stays_where_it_was_while_it_is_paged() -> None:
    first = PageRequest.read(["data", "153FA"], "1 hour", None, None)
    cursor = first.next_cursor(["1763770827000#1", "MSG#"])

    second = PageRequest.read(["data", "153FA"], "1 hour", None, cursor)

    assert (second.first_ms, second.last_ms) == (first.first_ms, first.last_ms)
    assert second.position == ["1763770827000#1", "MSG#"]


@pytest.mark.parametrize(
    ("query", "start_date"),
    [(["data", "153FB"], "1 hour"), (["data", "153FA"], "2 hours"), (["data"], "1 hour")],
)
def test_a_cursor_of_another_query_is_refused(query: list[str], start_date: str) -> None:
    cursor = PageRequest.read(["data", "153FA"], "1 hour", None, None).next_cursor(["x"])

    with pytest.raises(InvalidInput) as refused:
        PageRequest.read(query, start_date, None, cursor)

    assert [fault.field for fault in refused.value.faults] == ["cursor"]


@given(
    st.text(max_size=20)
    | st.lists(st.integers() | st.none() | st.text(max_size=3), max_size=4).map(json.dumps)
    | st.integers(0, 40_000).map(lambda depth: "[" * depth)
)
def test_a_cursor_that_is_forged_is_read_or_refused(position: str) -> None:
    cursor = write_cursor(position, ["data", None, None])
    try:
        asked = PageRequest.read(["data"], None, None, cursor)
    except InvalidInput:
        return
    assert 0 <= asked.first_ms <= asked.last_ms < 10**13
