"""Dividing entries into the requests that AWS takes."""

from collections.abc import Iterator, Sequence

# PutEvents and SendMessageBatch take ten.
_IN_A_REQUEST = 10


def divide(sizes: Sequence[int], most_bytes: int) -> Iterator[range]:
    """Divide entries of these sizes into requests of ten entries and so many bytes at most."""
    start, total = 0, 0
    for position, size in enumerate(sizes):
        if position - start == _IN_A_REQUEST or (position > start and total + size > most_bytes):
            yield range(start, position)
            start, total = position, 0
        total += size
    if sizes:
        yield range(start, len(sizes))
