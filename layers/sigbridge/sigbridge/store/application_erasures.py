"""Deleting an application: its item goes at once, its entry in the list when everything else is gone."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from sigbridge.store import due, table, transactions
from sigbridge.store.applications import NoSuchApplication, application_key, list_key
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.rows import Deletion, Update

_DUE_LIST = "APPLICATION_ERASURES"


@dataclass(frozen=True, slots=True)
class ApplicationErasure:
    """A deleted application of which something may be left.

    Attributes:
        application_id: The application.
        deleted_at: Epoch ms.
    """

    application_id: str
    deleted_at: int


def begin(erasure: ApplicationErasure) -> None:
    """Delete an application, and note that all that belongs to it is to follow from now on.

    Raises:
        NoSuchApplication: There is none of this id.
    """
    noting = Update(
        key=list_key(erasure.application_id),
        expression="SET deleted_at = :at, due_at = :at, due_list = :list",
        condition="attribute_exists(pk)",
        values={":at": erasure.deleted_at, ":list": _DUE_LIST},
    )
    try:
        transactions.transact(Deletion(application_key(erasure.application_id)), noting)
    except TransactionFailed as failed:
        raise NoSuchApplication from failed


def due_until(now_ms: int) -> Iterator[DueItem]:
    """Yield the erasures that are to be gone on with by now."""
    return due.due_until(_DUE_LIST, now_ms)


def find(item: DueItem) -> ApplicationErasure | None:
    """Read an erasure that is due as the last finished write left it; None where it is done."""
    record = table.get_latest(item.key)
    if record is None or "deleted_at" not in record:
        return None
    return ApplicationErasure(record["id"], int(record["deleted_at"]))


def look_again(erasure: ApplicationErasure, due_at: int) -> None:
    """Note when to look for more, epoch ms."""
    key = list_key(erasure.application_id)
    with suppress(ConditionFailed):
        table.update(Update(key, "SET due_at = :due_at", "attribute_exists(due_list)", {":due_at": due_at}))


def finish(erasure: ApplicationErasure) -> None:
    """Note that nothing is left to do: the id may be taken again."""
    own = Deletion(
        list_key(erasure.application_id), "deleted_at = :deleted_at", {":deleted_at": erasure.deleted_at}
    )
    with suppress(ConditionFailed):
        table.delete(own)
