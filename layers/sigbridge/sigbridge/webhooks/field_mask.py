"""Which fields of its content a webhook gets (the-things-stack reference, 3.2)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sigbridge.model.webhook import WebhookFormat
from sigbridge.webhooks.field_paths import FIELD_PATHS, is_field_path

# The Things Stack's paths have it before the name of a message, its JSON has not.
_PREFIX = "up."
_QUOTED_LENGTH = 100


def check_field_mask(format_: WebhookFormat, paths: Sequence[str]) -> None:
    """Refuse a field mask with paths of no field that a format has.

    Raises:
        ValueError: It has one.
    """
    if not paths:
        return
    known = FIELD_PATHS.get(format_)
    if known is None:
        message = f"the format {format_} has no field mask"
        raise ValueError(message)
    for path in paths:
        if not is_field_path(_names(path), known):
            message = f"the format {format_} has no field `{path[:_QUOTED_LENGTH]}`"
            raise ValueError(message)


def masked(content: Mapping[str, Any], paths: Iterable[str]) -> Mapping[str, Any]:
    """Return what a field mask leaves of content; all of it where there is no mask."""
    tree: dict[str, Any] = {}
    for path in paths:
        _grow(tree, _names(path))
    return _pruned(content, tree) if tree else content


def _names(path: str) -> list[str]:
    return path.removeprefix(_PREFIX).split(".")


def _grow(tree: dict[str, Any], names: Sequence[str]) -> None:
    """Add a path to a tree of names, in which an empty branch stands for all below it."""
    for position, name in enumerate(names):
        branch = tree.get(name)
        if branch is None:
            branch = tree[name] = {}
        elif not branch:
            return
        if position == len(names) - 1:
            branch.clear()
        tree = branch


def _pruned(content: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    pruned = {}
    for name, branch in tree.items():
        if name not in content:
            continue
        value = content[name]
        if not branch:
            pruned[name] = value
        elif isinstance(value, Mapping) and (inner := _pruned(value, branch)):
            pruned[name] = inner
    return pruned
