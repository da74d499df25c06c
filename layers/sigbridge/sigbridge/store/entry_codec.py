"""Data set by hand or by a program, as the table has them, and as the model has them."""

from collections.abc import Mapping
from typing import Any

from sigbridge.model.data_entry import DataEntry
from sigbridge.model.message import Variable

SORT_PREFIX = "DATA#"


def read_entry(record: Mapping[str, Any]) -> DataEntry:
    """Read the stored item, keys included."""
    return DataEntry(
        id=record["sk"].removeprefix(SORT_PREFIX),
        device_id=record["pk"].split("#", 2)[2],
        time=int(record["time"]),
        group=record["group"],
        variables=tuple(map(Variable.from_record, record["variables"])),
    )


def entry_record(entry: DataEntry) -> dict[str, Any]:
    """Return the attributes of an entry, without its keys."""
    return {
        "time": entry.time,
        "group": entry.group,
        "variables": [variable.as_record() for variable in entry.variables],
    }
