"""What is last known of a device: one item, a map for each kind of knowledge.

Every map has the moment that it is of, `at` (epoch ms), and `rank`, a digest of what it says. Of two
of one moment the one of higher rank stands. So the item is the same in whatever order reports come,
and however often.
"""

from collections.abc import Mapping
from typing import Any

from sigbridge.store import table
from sigbridge.store.table import ConditionFailed, Key, Record, Update


def note(application_id: str, device_id: str, groups: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes those of these maps that are newer than what is known; one request if all of them are.

    Args:
        application_id, device_id: The device.
        groups: Maps with `at` and `rank`, by the name of their attribute; at least one.
    """
    key = _key(application_id, device_id)
    newer = dict(groups)
    # Each refusal means that one of them at least is not newer.
    for _ in groups:
        try:
            table.update(_update(key, newer))
        except ConditionFailed as refused:
            known = refused.existing or newer
            newer = {name: group for name, group in newer.items() if _order(group) > _order(known.get(name))}
            if not newer:
                return
        else:
            return


def find(application_id: str, device_id: str) -> Record:
    """Reads all maps as the last finished write left them; an empty record where nothing is known."""
    record = table.get_latest(_key(application_id, device_id)) or {}
    return {name: value for name, value in record.items() if isinstance(value, dict)}


def _update(key: Key, groups: Mapping[str, Mapping[str, Any]]) -> Update:
    names = {"#at": "at", "#rank": "rank"}
    values: dict[str, Any] = {}
    assignments: list[str] = []
    conditions: list[str] = []
    for position, (name, group) in enumerate(groups.items()):
        place = f"#g{position}"
        new, at, rank = f":g{position}", f":at{position}", f":rank{position}"
        names[place] = name
        values |= {new: dict(group), at: group["at"], rank: group["rank"]}
        assignments.append(f"{place} = {new}")
        conditions.append(
            f"(attribute_not_exists({place}) OR {place}.#at < {at}"
            f" OR ({place}.#at = {at} AND {place}.#rank < {rank}))"
        )
    return Update(
        key=key,
        expression="SET " + ", ".join(assignments),
        condition=" AND ".join(conditions),
        names=names,
        values=values,
    )


def _order(group: Mapping[str, Any] | None) -> tuple[int, str]:
    return (-1, "") if group is None else (int(group["at"]), group["rank"])


def _key(application_id: str, device_id: str) -> Key:
    return Key(f"DEVICE#{application_id}#{device_id}", "CONDITION")
