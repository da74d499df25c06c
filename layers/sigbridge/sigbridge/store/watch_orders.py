"""Orders to watch all devices of a type: one item per type, beside its application, until it is done.

`after` is the last device that was dealt with. An order that is placed anew begins from the first one.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from sigbridge.store import due, table
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Deletion, Key, Update

_SORT = "WATCH#"
_DUE_LIST = "WATCH_ORDERS"


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """An order.

    Attributes:
        application_id, type_id: Which devices are to be watched.
        placed_at: Epoch ms.
        after: Id of the last device that was dealt with; None for none.
    """

    application_id: str
    type_id: str
    placed_at: int
    after: str | None = None


class OrderReplaced(Exception):
    """The order was placed anew, or is done, since it was read."""


def place(order: WatchOrder) -> None:
    """Place an order; one of the same type that is under way begins anew."""
    change = Update(
        key=_key(order),
        expression="SET due_list = :list, due_at = :placed, placed_at = :placed REMOVE #after",
        condition="attribute_not_exists(placed_at) OR placed_at <> :placed",
        values={":list": _DUE_LIST, ":placed": order.placed_at},
        names={"#after": "after"},
    )
    with suppress(ConditionFailed):
        table.update(change)


def due_until(now_ms: int) -> Iterator[DueItem]:
    """Yield the orders that were placed by now."""
    return due.due_until(_DUE_LIST, now_ms)


def find(item: DueItem) -> WatchOrder | None:
    """Read an order that is due as the last finished write left it; None where it is done."""
    record = table.get_latest(item.key)
    if record is None:
        return None
    application_id, type_id = item.key.pk.removeprefix("APP#"), item.key.sk.removeprefix(_SORT)
    return WatchOrder(application_id, type_id, int(record["placed_at"]), record.get("after"))


def advance(order: WatchOrder, after: str) -> None:
    """Note how far an order is done.

    Raises:
        OrderReplaced: It was placed anew.
    """
    change = Update(
        key=_key(order),
        expression="SET #after = :after",
        condition="placed_at = :placed",
        values={":after": after, ":placed": order.placed_at},
        names={"#after": "after"},
    )
    try:
        table.update(change)
    except ConditionFailed as failed:
        raise OrderReplaced from failed


def finish(order: WatchOrder) -> None:
    """End an order, unless it was placed anew."""
    with suppress(ConditionFailed):
        table.delete(Deletion(_key(order), "placed_at = :placed", {":placed": order.placed_at}))


def remove_all(application_id: str) -> None:
    """Delete the orders of an application that is deleted itself."""
    table.delete_all(
        [Key(each["pk"], each["sk"]) for each in table.query_prefix(f"APP#{application_id}", _SORT)]
    )


def _key(order: WatchOrder) -> Key:
    return Key(f"APP#{order.application_id}", f"{_SORT}{order.type_id}")
