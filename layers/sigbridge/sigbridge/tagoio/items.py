"""TagoIO's arrays of `{variable, value}` items: the items of one group and moment are one message."""

from collections.abc import Iterable, Mapping, Sequence

from sigbridge.sigfox.values import is_absent

type Item = Mapping[str, object]
# The group and the time of a message, where its items have them.
type GroupTime = tuple[str | None, str | None]

_GROUP_LENGTH = 100
_UNGROUPED: GroupTime = (None, None)


def group_of(item: Item) -> str | None:
    """Return the group of an item, `serie` in TagoIO's older documentation."""
    for name in ("group", "serie"):
        value = item.get(name)
        if isinstance(value, str | int) and not is_absent(value):
            return str(value)[:_GROUP_LENGTH]
    return None


def messages_of(items: Sequence[Item]) -> Mapping[GroupTime, Sequence[Item]]:
    """Return the items of each message. Those without a group and a time of their own are the first one's."""
    messages: dict[GroupTime, list[Item]] = {}
    for item, group_time in zip(items, _groups_and_times(items), strict=True):
        messages.setdefault(group_time, []).append(item)
    return messages


def values_of(items: Iterable[Item]) -> dict[str, object]:
    """Return the values of items by the names of their variables; of one that is repeated the last counts."""
    return {str(item["variable"]): item.get("value") for item in items}


def _groups_and_times(items: Sequence[Item]) -> list[GroupTime]:
    own = [(group_of(item), _time_of(item)) for item in items]
    first = next((group_time for group_time in own if group_time != _UNGROUPED), _UNGROUPED)
    first_of_group: dict[str | None, GroupTime] = {None: first}
    for group_time in own:
        group, time = group_time
        if group is not None and (time is not None or group not in first_of_group):
            known = first_of_group.get(group)
            if known is None or known[1] is None:
                first_of_group[group] = group_time
    return [(group, time) if time is not None else first_of_group[group] for group, time in own]


def _time_of(item: Item) -> str | None:
    time = item.get("time")
    return None if is_absent(time) else str(time).strip()
