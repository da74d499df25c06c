"""Many requests to the store at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

# Measured with a batch of 100 messages: 4 threads took 0.63 times as long as single requests,
# 8 took 0.56, 16 took 0.42, 32 took 0.49.
_THREADS = 16


def in_parallel[T, R](request: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Makes one request for each item and returns their results in the order of the items.

    Raises:
        Exception: Whatever a request raises; others may have happened by then.
    """
    if len(items) == 1:
        return [request(items[0])]
    with ThreadPoolExecutor(min(len(items), _THREADS) or 1) as threads:
        return list(threads.map(request, items))
