"""Sigfox's batch lines, with a pattern that names their values."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.http.request import Request
from sigbridge.api.ingest.batch import read_lines
from sigbridge.api.ingest.documents import RequestContent
from sigbridge.errors import InvalidInput

names = st.lists(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzABC_0123456789", min_size=1, max_size=8),
    min_size=1,
    max_size=5,
    unique=True,
).filter(lambda found: not {"authorization", "pattern", "batch"} & set(found))
# What a line may hold: anything but its own separators.
line_values = st.text(
    alphabet=st.characters(exclude_characters=";\0", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8
)
devices = st.text(alphabet="0123456789ABCDEF", min_size=1, max_size=8)


def request(pattern: str, batch: str) -> Request:
    """A batch callback whose lines are in the query."""
    return Request.from_event(
        {
            "requestContext": {"requestId": "batch"},
            "rawQueryString": f"pattern={quote(pattern)}&batch={quote(batch)}",
        }
    )


def content_of(pattern: str, batch: str) -> RequestContent:
    asked = request(pattern, batch)
    return read_lines(
        asked, pattern, {name: value for name, value in asked.query.items() if name != "pattern"}
    )


def read(pattern: str, batch: str) -> list[Any]:
    """The fields of the lines, all of which fit the pattern."""
    content = content_of(pattern, batch)
    assert content.is_batch
    if content.refused:
        raise InvalidInput.of(content.refused)
    return [dict(document.fields) for document in content.documents.values()]


@given(
    st.data(),
    names,
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.booleans(),
    st.sampled_from(["{}", "{{{}}}", "{{customData#{}}}"]),
)
def test_lines_are_read_as_they_were_written(
    data: st.DataObject, names: list[str], newline: str, closed: bool, braces: str
) -> None:
    end = ";" if closed else ""
    rows = data.draw(
        st.lists(st.tuples(devices, *[line_values.map(str.strip)] * (len(names) - 1)), min_size=1, max_size=4)
    )
    # Without a separator at its end a line whose last value is empty can't be told from a shorter one.
    rows = [row for row in rows if closed or row[-1]] or [("1A",) * len(names)]
    batch = newline.join(";".join(row) + end for row in rows)
    pattern = ";".join(braces.format(name) for name in names) + end

    assert read(pattern, batch) == [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("pattern", "batch", "documents"),
    [
        ("device;data;", "00A0;3b36;", [{"device": "00A0", "data": "3b36"}]),
        ("device;data;", "00A0;;", [{"device": "00A0", "data": ""}]),
        ("device;data", "00A0;", [{"device": "00A0", "data": ""}]),
        ("device;data;", "A0;01;A1;02;", [{"device": "A0", "data": "01"}, {"device": "A1", "data": "02"}]),
        ("device", "A0\nA1", [{"device": "A0"}, {"device": "A1"}]),
    ],
)
def test_empty_values_and_several_messages_on_a_line_are_told_apart(
    pattern: str, batch: str, documents: list[dict[str, str]]
) -> None:
    assert read(pattern, batch) == documents


def test_every_line_that_does_not_fit_is_named_and_the_others_are_read() -> None:
    content = content_of("device;time;data;", "A0;1;2;\nA0;\nA1;1;2;\nA0;1;2;3;")

    assert [fault.field for fault in content.refused] == ["batch", "batch"]
    assert [fault.index for fault in content.refused] == [1, 3]
    assert {index: document.fields["device"] for index, document in content.documents.items()} == {
        0: "A0",
        2: "A1",
    }


def test_lines_none_of_which_fits_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        content_of("device;time;data;", "A0;\nA0;1;2;3;")

    assert [fault.index for fault in refused.value.faults] == [0, 1]


@pytest.mark.parametrize("pattern", ["", ";", ";;", "a;;b", "a;a", "{};b", "a; ;b"])
def test_a_pattern_names_each_value_once(pattern: str) -> None:
    with pytest.raises(InvalidInput, match="pattern: must be different names"):
        read(pattern, "1;2;")


@given(st.text(), st.text())
def test_any_pattern_and_lines_are_read_or_refused(pattern: str, batch: str) -> None:
    pattern, batch = (text.encode(errors="replace").decode() for text in (pattern, batch))
    try:
        documents = read(pattern, batch)
    except InvalidInput:
        return
    assert documents
