"""What a process that ran a script says of its result, right or forged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.contract import read_output, well_formed
from sandbox.limits import LIMITS
from sandbox.protocol import Failure, FailureKind, Function, Output

FORGED = [
    "",
    "x",
    "5",
    "[]",
    "null",
    "{}",
    '{"by": 5}',
    '{"by": "decodeUplink"}',
    '{"by": "decodeUplink", "output": {"data": {"a": ' + "[" * 5000 + "]" * 5000 + "}}}",
    "[" * 100_000,
    '{"by": "payload", "items": {"a": 1}}',
    '{"by": "x", "output": {"data": {}}, "normalized": 5}',
    '{"by": "x", "output": {"data": {"a": NaN}, "bytes": [1]}}',
    '{"by": "x", "output": {"data": {"a": 1e999}, "bytes": [1]}}',
]


@pytest.mark.parametrize("text", FORGED)
@pytest.mark.parametrize(
    "function", [Function.DECODE_UPLINK, Function.ENCODE_DOWNLINK, Function.DECODE_DOWNLINK]
)
def test_a_forged_result_is_a_bad_one(function: Function, text: str) -> None:
    outcome = read_output(function, text, LIMITS)

    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.BAD_RESULT


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["data", "bytes"]), inner),
    max_leaves=10,
)


@given(
    function=st.sampled_from(sorted(Function)),
    returned=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["by", "output", "items", "normalized"], json_values)
    ),
)
def test_whatever_is_said_is_read_or_refused(function: Function, returned: dict[str, object]) -> None:
    outcome = read_output(function, json.dumps(returned), LIMITS)

    assert isinstance(outcome, Output | Failure)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (Function.DECODE_UPLINK, "decodeUplink (nor Decoder or Decode)"),
        (Function.ENCODE_DOWNLINK, "encodeDownlink (nor Encoder or Encode)"),
        (Function.ANSWER_UPLINK, "answerUplink"),
    ],
)
def test_a_missing_function_is_named(function: Function, words: str) -> None:
    outcome = read_output(function, None, LIMITS)

    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.NO_FUNCTION
    assert words in outcome.message


@given(st.text(alphabet=st.characters(), max_size=20) | st.just("\ud83d\ude00") | st.just("a\udc00"))
def test_texts_can_be_stored(text: str) -> None:
    stored: str = well_formed(text)

    assert stored.encode().decode() == stored
