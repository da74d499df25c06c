"""Removing data of a range."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.data.bundle import Bundle, read_bundle, read_latest_bundles
from sigbridge.data.item import Origin
from sigbridge.data.selection import Position, Selection
from sigbridge.store import timeline
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.parallel import in_parallel
from sigbridge.store.timeline import Kind

# How many stored items of up to 1 kB one request looks at; larger ones count more often.
_LARGEST_COST = 1_000
_LISTS = ("variables", "advanced_variables")


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
    """Removes data items of a device, those of the latest moment first, and not endlessly many.

    Where no variables are named, everything of the range goes: messages, and what was set by hand. Where
    some are, they are taken out of what was set by hand and out of the variables of messages; what Sigfox
    told of a message, such as payload, rssi or location, leaves only with the message.

    Args:
        application_id, device_id: The device.
        selection: What of it; its order must be DESCENDING.
        after: How far the range was looked through before; None for its end.

    Raises:
        StoreUnavailable: Not all of it may be removed; removing it again does no harm.
    """
    bundles, reached = _next_bundles(application_id, device_id, selection, after)
    if not selection.variables:
        timeline.delete([bundle.record for bundle in bundles])
        return Removed(sum(len(bundle.told) for bundle in bundles), reached)
    counts = in_parallel(lambda bundle: _take_out(bundle, selection.variables), bundles)
    return Removed(sum(counts), reached)


def _next_bundles(
    application_id: str, device_id: str, selection: Selection, after: Position | None
) -> tuple[list[Bundle], Position | None]:
    stretch = selection.stretch(application_id, device_id, _LARGEST_COST)
    if after is not None:
        stretch = stretch.from_place(after.place.sort)
    bundles: list[Bundle] = []
    cost = 0
    for bundle in read_latest_bundles(stretch):
        if cost >= _LARGEST_COST:
            return bundles, Position(bundles[-1].place)
        if after is None or not after.covers(bundle.place, selection.order):
            bundles.append(bundle)
            cost += bundle.cost
    return bundles, None


def _take_out(bundle: Bundle, names: frozenset[str]) -> int:
    """Takes variables out of what is stored in one place, and tells how many data items they were."""
    while True:
        removed = [one for one in bundle.told if one.origin is Origin.VARIABLE and one.variable.name in names]
        if not removed:
            return 0
        if bundle.place.kind is Kind.ENTRY and len(removed) == len(bundle.told):
            timeline.delete([bundle.record])
            return len(removed)
        try:
            timeline.change_lists(bundle.record, _shortened(bundle.record, names))
        except ConditionFailed as failed:
            if failed.existing is None:
                return 0
            bundle = read_bundle(bundle.place.kind, failed.existing)
        else:
            return len(removed)


def _shortened(record: Mapping[str, Any], names: frozenset[str]) -> dict[str, list[Any]]:
    """Gives those lists of a stored item that hold one of these variables, without it."""
    lists = {
        attribute: [variable for variable in record[attribute] if variable["variable"] not in names]
        for attribute in _LISTS
        if attribute in record
    }
    return {attribute: left for attribute, left in lists.items() if len(left) < len(record[attribute])}
