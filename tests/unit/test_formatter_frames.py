"""Messages between the function that runs scripts and its processes: nothing of them is trusted."""

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.frames import BadFrameError, OverdueError, PipeClosedError, read_frame, write_frame

PAST = time.monotonic()
FAR = PAST + 3600

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    yield reading, writing
    for end in (reading, writing):
        try:
            os.close(end)
        except OSError:
            continue


@given(content=json_values)
def test_a_message_comes_as_it_was_sent(content: object) -> None:
    reading, writing = os.pipe()
    try:
        write_frame(writing, content, FAR)
        assert read_frame(reading, 65_536, FAR) == content
    finally:
        os.close(reading)
        os.close(writing)


def test_messages_come_one_after_the_other(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    write_frame(writing, "first")
    write_frame(writing, ["second"])

    assert [read_frame(reading, 100), read_frame(reading, 100)] == ["first", ["second"]]


@pytest.mark.parametrize(
    "written",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\x65" + b"1" * 101,
        b"\0\0\0\x01{",
        b"\0\0\0\x02\xff\xfe",
        b"\0\0\0\0",
        b"\0\0\0\x03{1}",
        b"\0\0\0\x03NaN",
        b"\0\0\0\x051e999",
    ],
)
def test_what_is_too_long_or_no_json_is_no_message(pipe: tuple[int, int], written: bytes) -> None:
    reading, writing = pipe
    os.write(writing, written)

    with pytest.raises(BadFrameError):
        read_frame(reading, 100, FAR)


def test_a_message_that_is_too_deep_is_none(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    deep = b"[" * 30_000 + b"]" * 30_000
    os.write(writing, len(deep).to_bytes(4) + deep)

    with pytest.raises(BadFrameError):
        read_frame(reading, 65_536, FAR)


@pytest.mark.parametrize("written", [b"", b"\0\0", b"\0\0\0\x05", b'\0\0\0\x05"ab'])
def test_the_end_of_the_other_side_is_noticed(pipe: tuple[int, int], written: bytes) -> None:
    reading, writing = pipe
    os.write(writing, written)
    os.close(writing)

    with pytest.raises(PipeClosedError):
        read_frame(reading, 100, FAR)


def test_what_nobody_reads_can_not_be_written(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.close(reading)

    with pytest.raises(PipeClosedError):
        write_frame(writing, "x", FAR)


def test_who_does_not_write_in_time_is_not_waited_for(pipe: tuple[int, int]) -> None:
    with pytest.raises(OverdueError):
        read_frame(pipe[0], 100, PAST)


def test_who_does_not_read_in_time_is_not_waited_for(pipe: tuple[int, int]) -> None:
    with pytest.raises(OverdueError):
        write_frame(pipe[1], "x" * 1_000_000, time.monotonic() + 0.05)
