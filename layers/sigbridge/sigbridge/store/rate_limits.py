"""Token buckets beside their application: how often it may have something done elsewhere.

A bucket is the moment at which it is full again (the generic cell rate algorithm). Taking a token is one
conditional change, however many callers race for it.
"""

from sigbridge.errors import StoreUnavailable
from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Key, Update

_SORT = "RATE#"
_AFTER_ALL = "~"
# Of callers at the same moment one goes first; each of the others looks again.
_ATTEMPTS = 10
# A full bucket is forgotten some time after it was filled.
_KEPT_S = 3_600


def take_turn(application_id: str, name: str, burst: int, interval_ms: int, now_ms: int) -> int | None:
    """Take a token out of a bucket; return None where there was one, else when there is, epoch ms.

    Args:
        application_id: Whose bucket it is.
        name: Its name.
        burst: How many tokens it holds.
        interval_ms: How long it takes until there is one more.
        now_ms: The present moment.

    Raises:
        StoreUnavailable: Others took tokens all the time.
    """
    key = Key(f"APP#{application_id}", f"{_SORT}{name}")
    latest = now_ms + (burst - 1) * interval_ms
    emptied = {":interval": interval_ms, ":expires": (now_ms + burst * interval_ms) // 1000 + _KEPT_S}
    of_full = Update(
        key=key,
        expression="SET full_at = :next, expires_at = :expires",
        condition="attribute_not_exists(full_at) OR full_at <= :now",
        values={
            ":next": now_ms + interval_ms,
            ":now": now_ms,
            ":expires": emptied[":expires"],
        },
    )
    of_others = Update(
        key=key,
        expression="SET full_at = full_at + :interval, expires_at = :expires",
        condition="full_at > :now AND full_at <= :latest",
        values={**emptied, ":now": now_ms, ":latest": latest},
    )
    change = of_full
    for _ in range(_ATTEMPTS):
        try:
            table.update_once(change)
        except ConditionFailed as failed:
            full_at = 0 if failed.existing is None else int(failed.existing["full_at"])
            if full_at > latest:
                return full_at - (burst - 1) * interval_ms
            change = of_others if full_at > now_ms else of_full
        else:
            return None
    raise StoreUnavailable


def remove_all(application_id: str) -> None:
    """Delete the buckets of an application that is deleted itself."""
    buckets = table.query_prefix(f"APP#{application_id}", _SORT)
    table.delete_all([Key(item["pk"], item["sk"]) for item in buckets])
