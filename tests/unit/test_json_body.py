"""Reading JSON from people one does not know."""

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.http.json_body import read_json, read_lenient_json
from sigbridge.errors import InvalidInput

texts = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), texts),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
)


@given(documents, st.booleans())
def test_a_document_is_read_as_it_was_written(document: object, escaped: bool) -> None:
    assert read_json(json.dumps(document, ensure_ascii=escaped).encode()) == document


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=6))
def test_fractions_are_read_exactly(number: Decimal) -> None:
    assert str(read_json(str(number).encode())) == str(number)


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        read_json(body)


@given(st.text(alphabet="0123456789eE+-."))
def test_any_number_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        read_json(text.encode())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", "not valid JSON", id="empty"),
        pytest.param(b"garbage", "not valid JSON", id="garbage"),
        pytest.param(b'{"a":', "not valid JSON", id="truncated"),
        pytest.param(b'{"a":1}{', "not valid JSON", id="more behind"),
        pytest.param(b"{'a':1}", "not valid JSON", id="single quotes"),
        pytest.param(b"NaN", "NaN is no JSON value", id="NaN"),
        pytest.param(b"[-Infinity]", "-Infinity is no JSON value", id="infinity"),
        pytest.param(b'"\xff"', "not UTF-8", id="no UTF-8"),
        pytest.param('"é"'.encode("utf-16"), "not UTF-8", id="UTF-16"),
        pytest.param(b'"\0"', "not valid JSON", id="NUL byte"),
        pytest.param(b'"\\u0000"', "NUL", id="NUL escaped"),
        pytest.param(b'{"a":[{"\\u0000":1}]}', "NUL", id="NUL in a name"),
        pytest.param(b'"\\ud800"', "surrogate", id="high surrogate alone"),
        pytest.param(b'"\\udc00x"', "surrogate", id="low surrogate alone"),
        pytest.param(b"[" * 200_000, "nests too deep", id="deep arrays"),
        pytest.param(b'{"a":' * 200_000, "nests too deep", id="deep objects"),
        pytest.param(b"9" * 5000, "not valid JSON", id="5,000 digits"),
        pytest.param(b"1e99999999999999999999", "", id="exponent of 20 digits"),
        pytest.param(b"-1e-99999999999999999999", "", id="negative exponent of 20 digits"),
    ],
)
def test_what_can_not_be_read_is_told_clearly(body: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_json(body)
    assert message in refused.value.message


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_nesting_ends_at_32_levels(opening: str, closing: str) -> None:
    def nested(levels: int) -> bytes:
        return f"{opening * levels}1{closing * levels}".encode()

    assert read_json(nested(32))
    for levels in (33, 900, 3000):
        with pytest.raises(InvalidInput, match="nests too deep"):
            read_json(nested(levels))


def test_a_long_document_may_be_as_wide_as_it_likes() -> None:
    assert len(read_json(b"[" + b",".join([b"[{}]"] * 1000) + b"]")) == 1000  # type: ignore[arg-type]


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert read_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize(("name", "kept"), [('"\\ud800a"', "\ufffda"), ('"\\u0000a"', "a")])
def test_a_name_that_can_not_be_kept_is_told_as_it_is_kept(name: str, kept: str) -> None:
    document, warnings = read_lenient_json(f'{{{name}: {{"b": NaN}}}}'.encode())

    assert document == {kept: {"b": None}}
    assert [warning.field for warning in warnings] == [kept, f"{kept}.b"]
