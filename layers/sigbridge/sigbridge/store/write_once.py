"""Items that are written once, under a key that every repeat of a request makes again."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Key, Record


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing an item.

    Attributes:
        record: The item as it was written first.
        is_repeat: Whether it was there before this request.
    """

    record: Record
    is_repeat: bool


def write_once(key: Key, content: Mapping[str, Any]) -> Written:
    """Write an item, unless it is there already."""
    # The client tries twice: the second try may find what the first one wrote, which is no repeat.
    record = {"delivery": secrets.token_hex(4), **content}
    try:
        table.put_new(key, record)
    except ConditionFailed as failed:
        existing = failed.existing or record
        return Written(existing, existing["delivery"] != record["delivery"])
    return Written(record, is_repeat=False)
