"""What waits for time to pass: items of any kind, in lists of the index `due`.

An item is in a list while it has both attributes: `due_list`, the list's name, and `due_at`, the moment
(epoch ms) at which it is to be looked at. A list is one partition, which takes 1,000 writes a second: kinds
of which each device has items have a list for each shard, `<kind>#<shard, 2 digits>`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

from sigbridge.errors import StoreUnavailable
from sigbridge.model.due import SHARDS, Backlog, Backlogs
from sigbridge.store import table
from sigbridge.store.parallel import in_parallel
from sigbridge.store.rows import Key, Span

# A list of so many is long: a second or two of work. Their keys take a read unit.
_LONG = 50


@dataclass(frozen=True, slots=True)
class DueItem:
    """An item that is to be looked at: the module that put it into its list reads what it is.

    Attributes:
        key: The item.
        due_at: Since when, epoch ms.
    """

    key: Key
    due_at: int


def shard_of(application_id: str, device_id: str) -> int:
    """Return the shard of a device, which never changes."""
    return crc32(f"{application_id}#{device_id}".encode()) % SHARDS


def list_of_shard(kind: str, shard: int) -> str:
    """Return the name of a shard's list."""
    return f"{kind}#{shard:02d}"


def list_of_device(kind: str, application_id: str, device_id: str) -> str:
    """Return the name of the list for a device's items of a kind."""
    return list_of_shard(kind, shard_of(application_id, device_id))


def due_until(due_list: str, now_ms: int, page: int | None = None) -> Iterator[DueItem]:
    """Yield the items that are to be looked at by now, the one that waits longest first.

    The index may lag behind the table by about a second.

    Args:
        due_list: Name of the list.
        now_ms: The present moment.
        page: How many to read in a request; None for as many as it can carry.
    """
    span = Span(due_list, 0, now_ms, index="due", pk_name="due_list", sk_name="due_at")
    return (
        DueItem(Key(record["pk"], record["sk"]), int(record["due_at"]))
        for record in table.in_order(span, page)
    )


def backlogs(kind: str, now_ms: int) -> Backlogs:
    """Ask all shards of a kind at once how much is to be looked at by now, each in one request."""
    answers = in_parallel(lambda shard: _backlog(list_of_shard(kind, shard), now_ms), range(SHARDS))
    return Backlogs(
        {shard: answer for shard, answer in enumerate(answers) if isinstance(answer, Backlog)},
        sum(isinstance(answer, StoreUnavailable) for answer in answers),
    )


def _backlog(due_list: str, now_ms: int) -> Backlog | StoreUnavailable | None:
    """Return how much is due in a list, None for nothing, or why that is not known."""
    try:
        due = list(islice(due_until(due_list, now_ms, _LONG), _LONG))
    except StoreUnavailable as failure:
        return failure
    return Backlog(len(due) == _LONG, due[-1].due_at) if due else None
