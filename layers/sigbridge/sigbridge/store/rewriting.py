"""Giving an item that was read another content."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigbridge.store import table
from sigbridge.store.rows import Key, Update


def rewrite(
    key: Key, seen: Mapping[str, Any], wanted: Mapping[str, Any], outdated: Sequence[str] = ()
) -> None:
    """Give those attributes of an item new values that are to be others, and take out those that are to go.

    Args:
        key: The item.
        seen: Its attributes as they were read.
        wanted: As they are to be; at least one is another.
        outdated: Further attributes that are to go, whatever they are by now.

    Raises:
        ConditionFailed: One of those was changed since it was read, or the item is gone.
    """
    names = [name for name in {**seen, **wanted} if seen.get(name) != wanted.get(name)]
    places = {name: f"#n{position}" for position, name in enumerate(names)}
    values: dict[str, Any] = {}
    assignments: list[str] = []
    conditions = ["attribute_exists(pk)"]
    for position, (name, place) in enumerate(places.items()):
        if name in wanted:
            values[f":n{position}"] = wanted[name]
            assignments.append(f"{place} = :n{position}")
        if name in seen:
            values[f":o{position}"] = seen[name]
            conditions.append(f"{place} = :o{position}")
        else:
            conditions.append(f"attribute_not_exists({place})")
    removed = [place for name, place in places.items() if name not in wanted] + [*outdated]
    clauses = [f"{verb} {', '.join(of)}" for verb, of in (("SET", assignments), ("REMOVE", removed)) if of]
    table.update(
        Update(
            key=key,
            expression=" ".join(clauses),
            condition=" AND ".join(conditions),
            names={place: name for name, place in places.items()},
            values=values,
        )
    )
