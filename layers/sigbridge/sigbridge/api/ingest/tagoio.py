"""TagoIO's arrays of `{variable, value}` items: the items of one group and moment are one message."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sigbridge.api.ingest.documents import Document, Siblings
from sigbridge.api.ingest.field_names import COMMON_NAMES
from sigbridge.api.ingest.values import is_absent
from sigbridge.model.field_mapping import Field, plain

type Item = Mapping[str, object]
type _Moment = tuple[str | None, str | None]

# TagoIO's exported items have an `id` of their own.
_DEVICE_NAMES = frozenset(COMMON_NAMES[Field.SERIAL]) - {"id"}
_GROUP_LENGTH = 100
_UNGROUPED: _Moment = (None, None)


def gather_items(documents: Sequence[Document]) -> list[Document]:
    """Put TagoIO's items together as messages, one for each group and moment; other documents stay.

    Items without a group and a time of their own belong to the first message.
    """
    if not all(is_item(document.fields) for document in documents):
        return list(documents)
    items = [document.fields for document in documents]
    of_moment = defaultdict[_Moment, list[Item]](list)
    for item, moment in zip(items, _moments(items), strict=True):
        of_moment[moment].append(item)
    siblings = Siblings(_fields(reversed(items)))
    warnings = tuple(warning for document in documents for warning in document.warnings)
    messages: list[Document] = []
    for own in of_moment.values():
        messages.append(Document(_fields(own), documents[0].fallback, own, siblings, warnings))
        warnings = ()
    return messages


def is_item(content: Item) -> bool:
    """Tell whether an object is TagoIO's item, and not one of a sender who has a field named `variable`."""
    return isinstance(content.get("variable"), str) and not any(
        plain(name) in _DEVICE_NAMES for name in content
    )


def group_of(item: Item) -> str | None:
    """Give the group of an item, `serie` in TagoIO's older documentation."""
    for name in ("group", "serie"):
        value = item.get(name)
        if isinstance(value, str | int) and not is_absent(value):
            return str(value)[:_GROUP_LENGTH]
    return None


def _moments(items: Sequence[Item]) -> list[_Moment]:
    """Give the group and the time of the message that each item belongs to."""
    own = [(group_of(item), _time_of(item)) for item in items]
    first = next((moment for moment in own if moment != _UNGROUPED), _UNGROUPED)
    first_of_group: dict[str | None, _Moment] = {None: first}
    for moment in own:
        group, time = moment
        if group is not None and (time is not None or group not in first_of_group):
            known = first_of_group.get(group)
            if known is None or known[1] is None:
                first_of_group[group] = moment
    return [moment if moment[1] is not None else first_of_group[moment[0]] for moment in own]


def _time_of(item: Item) -> str | None:
    time = item.get("time")
    return None if is_absent(time) else str(time).strip()


def _fields(items: Iterable[Item]) -> dict[str, object]:
    return {str(item["variable"]): item.get("value") for item in items}
