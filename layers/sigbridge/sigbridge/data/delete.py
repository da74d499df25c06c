"""Removing data of a range."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sigbridge.data.selection import Position, Selection
from sigbridge.data.stored_items import StoredItems, read_latest_bundles
from sigbridge.model.data_entry import DataEntry
from sigbridge.model.message import Variable
from sigbridge.store import timeline
from sigbridge.store.parallel import in_parallel
from sigbridge.store.timeline import ItemChanged, TimelineItem

# How many stored items of up to 1 kB one request looks at; larger ones count more often.
_LARGEST_COST = 1_000


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed.

    Attributes:
        count: How many data items.
        reached: How far the range was looked through; None for all of it.
    """

    count: int
    reached: Position | None


def remove_data(
    application_id: str, device_id: str, selection: Selection, after: Position | None = None
) -> Removed:
    """Remove data items of a device, those of the latest moment first, and not endlessly many.

    Where no variables are named, everything of the range goes: messages, and what was set by hand. Where
    some are, they are taken out of what was set by hand and out of the variables of messages; what Sigfox
    told of a message, such as payload, rssi or location, leaves only with the message, and so does what a
    formatter reads in its payload.

    Args:
        application_id, device_id: The device.
        selection: What of it; its order must be DESCENDING.
        after: How far the range was looked through before; None for its end.

    Raises:
        StoreUnavailable: Not all of it may be removed; removing it again does no harm.
    """
    bundles, reached = _next_bundles(application_id, device_id, selection, after)
    if not selection.variables:
        timeline.delete(application_id, [bundle.stored for bundle in bundles])
        return Removed(sum(len(bundle.told) for bundle in bundles), reached)
    counts = in_parallel(
        lambda bundle: _take_out(application_id, bundle.stored, selection.variables), bundles
    )
    return Removed(sum(counts), reached)


def _next_bundles(
    application_id: str, device_id: str, selection: Selection, after: Position | None
) -> tuple[list[StoredItems], Position | None]:
    stretch = selection.stretch(application_id, device_id, _LARGEST_COST)
    if after is not None:
        stretch = stretch.from_place(after.place.sort)
    bundles: list[StoredItems] = []
    cost = 0
    for bundle in read_latest_bundles(stretch):
        if cost >= _LARGEST_COST:
            return bundles, Position(bundles[-1].place)
        if after is None or not after.covers(bundle.place, selection.order):
            bundles.append(bundle)
            cost += bundle.cost
    return bundles, None


def _take_out(application_id: str, stored: TimelineItem, names: frozenset[str]) -> int:
    """Take variables out of what is stored in one place and tell how many data items they were."""
    while True:
        removed = [variable for variable in stored.variables if variable.name in names]
        if not removed:
            return 0
        if isinstance(stored, DataEntry) and len(removed) == len(stored.variables):
            timeline.delete(application_id, [stored])
            return len(removed)
        try:
            timeline.change(application_id, stored, _without(stored, names))
        except ItemChanged as changed:
            if changed.existing is None:
                return 0
            stored = changed.existing
        else:
            return len(removed)


def _without(stored: TimelineItem, names: frozenset[str]) -> TimelineItem:
    if isinstance(stored, DataEntry):
        return replace(stored, variables=_others(stored.variables, names))
    parts = {
        part: replace(content, variables=_others(content.variables, names))
        for part, content in stored.parts.items()
    }
    return replace(stored, parts=parts)


def _others(variables: Sequence[Variable], names: frozenset[str]) -> tuple[Variable, ...]:
    return tuple(variable for variable in variables if variable.name not in names)
