"""Who connects a device type of Sigfox's just now: an item each, which DynamoDB deletes when it is over."""

from contextlib import suppress

from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Deletion, Key, Update


class LeaseTaken(Exception):
    """Somebody else has it; nothing was changed."""


def take(application_id: str, type_id: str, holder: str, now_ms: int, until_ms: int) -> None:
    """Take the right to change the callbacks of a device type, until a moment.

    Raises:
        LeaseTaken: Somebody has it.
    """
    change = Update(
        key=_key(application_id, type_id),
        expression="SET holder = :holder, ends_at = :until, expires_at = :expires_at",
        condition="attribute_not_exists(pk) OR ends_at <= :now",
        values={
            ":holder": holder,
            ":until": until_ms,
            ":expires_at": until_ms // 1000 + 1,
            ":now": now_ms,
        },
    )
    try:
        table.update_once(change)
    except ConditionFailed as taken:
        raise LeaseTaken from taken


def give_back(application_id: str, type_id: str, holder: str) -> None:
    """Give back the right, unless it has passed to somebody else."""
    with suppress(ConditionFailed):
        table.delete(Deletion(_key(application_id, type_id), "holder = :holder", {":holder": holder}))


def _key(application_id: str, type_id: str) -> Key:
    return Key(f"APP#{application_id}", f"SIGFOXLEASE#{type_id}")
