"""Waiting for what the deployed stack does a moment later."""

import time
from collections.abc import Callable

_LONGEST_S = 60
_PAUSE_S = 0.2


def eventually[T](read: Callable[[], T], accept: Callable[[T], object]) -> T:
    """Reads again and again until what is read is accepted, for a minute at most, and returns it.

    Raises:
        AssertionError: It was not accepted in time.
    """
    deadline = time.monotonic() + _LONGEST_S
    while not accept(found := read()):
        assert time.monotonic() < deadline, f"after {_LONGEST_S} s it is still {found}"
        time.sleep(_PAUSE_S)
    return found
