"""Data: what devices said and what was set by hand, as variables over time."""

from sigbridge.data.aggregating import (
    AggregateValue,
    Aggregation,
    Function,
    RangeTooLong,
    aggregate,
    nearest_items,
)
from sigbridge.data.item import DataItem
from sigbridge.data.notation import place_text, with_plain_numbers
from sigbridge.data.paging import DataPage, read_data
from sigbridge.data.removing import Removed, remove_data
from sigbridge.data.selection import Position, Selection
from sigbridge.data.setting import NewValue, SetReceipt, set_data
from sigbridge.store.timeline import Order

__all__ = [
    "AggregateValue",
    "Aggregation",
    "DataItem",
    "DataPage",
    "Function",
    "NewValue",
    "Order",
    "Position",
    "RangeTooLong",
    "Removed",
    "Selection",
    "SetReceipt",
    "aggregate",
    "nearest_items",
    "place_text",
    "read_data",
    "remove_data",
    "set_data",
    "with_plain_numbers",
]
