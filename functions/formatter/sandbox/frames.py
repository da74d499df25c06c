"""Messages through a pipe: their length in four bytes, then JSON."""

import json
import math
import os
import select
import time
from typing import Any

_HEAD = 4


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        message = f"{text} is not a finite number"
        raise ValueError(message)
    return number


# `json.dumps` and `json.loads` with options would make these anew for each message.
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)


class PipeClosedError(Exception):
    """The other end of the pipe is gone."""


class OverdueError(Exception):
    """The other end did not read or write in time."""


class BadFrameError(Exception):
    """What came is longer than allowed, or no JSON."""


def read_json(text: str) -> Any:
    """Read JSON as its standard has it, without the numbers that are none.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is too deep.
    """
    return _DECODER.decode(text)


def write_frame(pipe: int, content: object, ends_at: float | None = None) -> None:
    """Write a message.

    Args:
        pipe: Descriptor to write to; one that does not block, if the time is limited.
        content: What is written, as JSON.
        ends_at: The moment, by the monotonic clock, at which to give up.

    Raises:
        PipeClosedError: Nobody reads.
        OverdueError: It was not read in time.
    """
    body = _ENCODER.encode(content).encode()
    rest = memoryview(len(body).to_bytes(_HEAD) + body)
    while rest:
        _wait(pipe, select.POLLOUT, ends_at)
        try:
            rest = rest[os.write(pipe, rest) :]
        except BlockingIOError:
            continue
        except BrokenPipeError as closed:
            raise PipeClosedError from closed


def read_frame(pipe: int, most: int, ends_at: float | None = None) -> Any:
    """Read a message of at most so many bytes.

    Raises:
        PipeClosedError: Nobody writes any more.
        OverdueError: It did not come in time.
        BadFrameError: It is longer, or no JSON.
    """
    length = int.from_bytes(_read(pipe, _HEAD, ends_at))
    if length > most:
        message = f"a message of {length} bytes, of {most} that are allowed"
        raise BadFrameError(message)
    try:
        return read_json(_read(pipe, length, ends_at).decode())
    except (ValueError, RecursionError) as fault:
        raise BadFrameError from fault


def _read(pipe: int, length: int, ends_at: float | None) -> bytes:
    content = bytearray()
    while len(content) < length:
        _wait(pipe, select.POLLIN, ends_at)
        part = os.read(pipe, min(length - len(content), 65_536))
        if not part:
            raise PipeClosedError
        content += part
    return bytes(content)


def _wait(pipe: int, event: int, ends_at: float | None) -> None:
    if ends_at is None:
        return
    poll = select.poll()
    poll.register(pipe, event)
    left_s = ends_at - time.monotonic()
    if left_s <= 0 or not poll.poll(left_s * 1000):
        raise OverdueError
