"""What is last known of a device: one item, a map for each kind of knowledge.

Every map has the moment that it is of, `at` (epoch ms), and `rank`, a digest of what it says. Of two
of one moment the one of higher rank stands. So the item is the same in whatever order reports come,
and however often.

The item is also where it is kept that a device is watched, since its type expects to hear of it: it is
in a list of the index `due` (see `store.due`) until it is found silent. `heard_at` is the time (epoch
ms) of the newest message that a look has found, which may be forgotten by the next one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sigbridge.model.due import Backlogs
from sigbridge.model.observation import Observation, ObservationKind, Observations
from sigbridge.store import due, table
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Key, Record, Update

_SORT = "CONDITION"
_DUE_KIND = "SILENCE"


@dataclass(frozen=True, slots=True)
class Watched:
    """A device that is watched.

    Attributes:
        application_id, device_id: The device.
    """

    application_id: str
    device_id: str


def note(application_id: str, device_id: str, known: Mapping[ObservationKind, Observation]) -> None:
    """Write what of this is newer than what is known; one request if all of it is.

    Args:
        application_id, device_id: The device.
        known: At least one.
    """
    key = _key(application_id, device_id)
    groups = {kind.value: _group(knowledge) for kind, knowledge in known.items()}
    newer = groups
    # Each refusal means that one of them at least is not newer.
    for _ in groups:
        try:
            table.update(_update(key, newer))
        except ConditionFailed as refused:
            noted = refused.existing or newer
            newer = {name: group for name, group in newer.items() if _order(group) > _order(noted.get(name))}
            if not newer:
                return
        else:
            return


def find(application_id: str, device_id: str) -> Observations:
    """Read what is known as the last finished write left it; nothing where there is none."""
    return _condition(table.get_latest(_key(application_id, device_id)) or {})


def find_many(application_id: str, device_ids: Sequence[str]) -> dict[str, Observations]:
    """Like `find`, of several devices, 100 in a request."""
    keys = {device_id: _key(application_id, device_id) for device_id in device_ids}
    found = table.get_many_latest(list(keys.values()))
    return {device_id: _condition(found.get(key, {})) for device_id, key in keys.items()}


def watch(application_id: str, device_id: str, now_ms: int) -> None:
    """Have a device looked at as soon as possible, and then whenever it could be silent."""
    change = Update(
        key=_key(application_id, device_id),
        expression="SET due_list = :list, due_at = :now",
        condition="attribute_not_exists(due_at) OR due_at <> :now",
        values={":list": due.list_of_device(_DUE_KIND, application_id, device_id), ":now": now_ms},
    )
    with suppress(ConditionFailed):
        table.update(change)


def backlogs(now_ms: int) -> Backlogs:
    """Ask how many watched devices are to be looked at by now."""
    return due.backlogs(_DUE_KIND, now_ms)


def due_until(shard: int, now_ms: int) -> Iterator[DueItem]:
    """Yield the watched devices of a shard that are to be looked at by now, the oldest wait first."""
    return due.due_until(due.list_of_shard(_DUE_KIND, shard), now_ms)


def watched(item: DueItem) -> Watched:
    """Return the watched device that is due."""
    _, application_id, device_id = item.key.pk.split("#")
    return Watched(application_id, device_id)


def look_again(
    application_id: str, device_id: str, seen: Observations, due_at: int, heard_at: int | None
) -> None:
    """Move the next look at a device to a moment, unless something else moved it since it was seen."""
    _end_look(application_id, device_id, seen, {"due_at": due_at} | _heard(heard_at), "")


def watch_no_more(application_id: str, device_id: str, seen: Observations, heard_at: int | None) -> None:
    """End the looks at a device, unless something else asked for one since it was seen."""
    _end_look(application_id, device_id, seen, _heard(heard_at), "REMOVE due_list, due_at")


def _heard(heard_at: int | None) -> dict[str, int]:
    return {} if heard_at is None else {"heard_at": heard_at}


def _end_look(
    application_id: str, device_id: str, seen: Observations, values: Mapping[str, int], removal: str
) -> None:
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    change = Update(
        key=_key(application_id, device_id),
        expression=f"{'SET ' if values else ''}{assignments} {removal}".strip(),
        condition="due_at = :seen",
        values={":seen": seen.due_at, **{f":{name}": value for name, value in values.items()}},
    )
    with suppress(ConditionFailed):
        table.update(change)


def rank(knowledge: Observation) -> str:
    """Return what decides between two of one moment: a digest of what they say."""
    text = json.dumps(knowledge.facts, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _group(knowledge: Observation) -> Record:
    return {**knowledge.facts, "at": knowledge.at, "rank": rank(knowledge)}


def _knowledge(group: Record) -> Observation:
    facts = {name: value for name, value in group.items() if name not in {"at", "rank"}}
    return Observation(int(group["at"]), facts)


def _condition(record: Record) -> Observations:
    return Observations(
        known={kind: _knowledge(record[kind.value]) for kind in ObservationKind if kind.value in record},
        heard_at=whole(record.get("heard_at")),
        due_at=whole(record.get("due_at")),
    )


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
    return Key(f"DEVICE#{application_id}#{device_id}", _SORT)
