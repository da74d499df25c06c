"""Time as the domain counts it."""

import time


def now_ms() -> int:
    """The present moment in epoch milliseconds."""
    return time.time_ns() // 1_000_000
