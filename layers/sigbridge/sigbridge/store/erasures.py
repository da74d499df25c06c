"""Deleting a device, and what is left to do then: an item beside its application until all else is gone.

The device's facts, its state, its condition and its parameters go together. From then on it
is not listed, and everything that may still come to it can be told from what comes if it is listed
again. All other items go later.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sigbridge.store import due, table, transactions
from sigbridge.store.devices import NotListed, device_key
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.rows import Deletion, Key, NewItem, Record, Span, Update

_SORT = "ERASURE#"
_DUE_LIST = "ERASURES"
_PARAMETER, _STATE, _CONDITION = "PARAM#", "STATE", "CONDITION"
# They go with the deletion. Those that are there afterwards are of a device that was listed again.
_GONE_AT_ONCE = frozenset({"DEVICE", _STATE, _CONDITION})
# Sort before and after every sort key.
_BEFORE_ALL, _AFTER_ALL = "!", "~"
_PAGE = 1_000
_DAY_MS = 86_400_000
# A parameter may be added between two looks at them.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Erasure:
    """A deleted device of which items may be left.

    Attributes:
        application_id, device_id: The device.
        deleted_at: Epoch ms.
    """

    application_id: str
    device_id: str
    deleted_at: int


@dataclass(frozen=True, slots=True)
class ErasurePart:
    """An item of a device that goes some time after its deletion.

    Attributes:
        key: The item, for `delete`.
        arrived_at: When it was written last by what came from outside, epoch ms; None where nothing says so.
    """

    key: Key
    arrived_at: int | None


class ListingChanged(Exception):
    """The device's parameters changed meanwhile, again and again; nothing was changed."""


def begin(erasure: Erasure, due_at: int) -> None:
    """Delete a device, so that it is not listed any more, and note that its items are to follow.

    Args:
        erasure: Of the device.
        due_at: When its items are to be deleted, epoch ms.

    Raises:
        NotListed: It is not listed.
        ListingChanged: It may be tried again.
    """
    device = device_key(erasure.application_id, erasure.device_id)
    partition = _partition(erasure.application_id, erasure.device_id)
    for _ in range(_ATTEMPTS):
        # Its count first: parameters that come after it are refused by it, or make the deletion fail.
        listed = table.get_latest(device)
        if listed is None:
            raise NotListed
        span = Span(partition, _PARAMETER, f"{_PARAMETER}~", attributes=("sk",))
        parameters = [record["sk"] for record in table.newest_first(span, _PAGE)]
        others = (Key(partition, sk) for sk in (_STATE, _CONDITION, *parameters))
        with suppress(TransactionFailed):
            transactions.transact(
                _delisting(device, listed.get("parameters")),
                *(Deletion(key, condition="") for key in others),
                NewItem(_key(erasure), {"due_list": _DUE_LIST, "due_at": due_at}),
            )
            return
    raise ListingChanged


def _delisting(device: Key, parameters: Any) -> Deletion:
    """The deletion of a device's facts, which count its parameters, unless these are others by then."""
    names = {"#count": "parameters"}
    if parameters is None:
        return Deletion(device, "attribute_exists(pk) AND attribute_not_exists(#count)", names=names)
    return Deletion(device, "#count = :seen", {":seen": parameters}, names)


def due_until(now_ms: int) -> Iterator[DueItem]:
    """Yield the erasures that are to be gone on with by now."""
    return due.due_until(_DUE_LIST, now_ms)


def erasure(item: DueItem) -> Erasure:
    """Return the erasure that is due."""
    _, application_id = item.key.pk.split("#")
    _, device_id, deleted_at = item.key.sk.split("#")
    return Erasure(application_id, device_id, int(deleted_at))


def look_again(erasure: Erasure, due_at: int) -> None:
    """Note when to look for more items, epoch ms."""
    change = Update(_key(erasure), "SET due_at = :due_at", "attribute_exists(pk)", {":due_at": due_at})
    with suppress(ConditionFailed):
        table.update(change)


def finish(erasure: Erasure) -> None:
    """Note that nothing is left to do."""
    table.delete(Deletion(_key(erasure), condition=""))


def parts(application_id: str, device_id: str, page: int = _PAGE) -> Iterator[ErasurePart]:
    """Yield the items of a device that go some time after its deletion, read page by page.

    Those are all but its facts and its state, which go at once, and its condition. The first ones are those
    that something follows from: remembered pushes, parameters; then come messages, the newest first.
    """
    pk = _partition(application_id, device_id)
    span = Span(pk, _BEFORE_ALL, _AFTER_ALL, attributes=("sk", *_ARRIVALS))
    return (
        ErasurePart(Key(pk, record["sk"]), _arrived_at(record))
        for record in table.in_reverse(span, page)
        if record["sk"] not in _GONE_AT_ONCE
    )


def delete(parts: Sequence[ErasurePart]) -> None:
    """Delete items."""
    table.delete_all([part.key for part in parts])


def delete_condition(application_id: str, device_id: str) -> None:
    """Delete what is noted of a device, unless it is watched: then it may be listed again."""
    condition = Key(_partition(application_id, device_id), _CONDITION)
    with suppress(ConditionFailed):
        table.delete(Deletion(condition, "attribute_not_exists(due_list)"))


# When a message came, its mark too, or data that were set by hand, or a report; and the other part of a
# message; and when Sigfox told what it knows.
_MOMENTS = ("received_at", "advanced_at", "imported_at")
# The steps of an attempt of a downlink of which one is the first.
_FIRST_STEPS = ("queued", "answered")
_ARRIVALS = (*_MOMENTS, *_FIRST_STEPS, "expires_at")


def _arrived_at(record: Record) -> int | None:
    kind = record["sk"].partition("#")[0]
    match kind:
        case "MSG" | "SENT" | "EVENT" | "DATA" | "SIGFOX":
            moments = [record[name] for name in _MOMENTS if name in record]
            return int(min(moments)) if moments else None
        case "DOWNLINK":
            # An attempt without either was begun by a step that came late.
            steps = [record[step]["at"] for step in _FIRST_STEPS if step in record]
            return int(min(steps, default=0))
        case "PUSH":
            # It is remembered for a day.
            return int(record["expires_at"]) * 1000 - _DAY_MS
    return None


def _key(erasure: Erasure) -> Key:
    return Key(f"APP#{erasure.application_id}", f"{_SORT}{erasure.device_id}#{erasure.deleted_at:013d}")


def _partition(application_id: str, device_id: str) -> str:
    return f"DEVICE#{application_id}#{device_id}"
