"""Data: what devices said and what was set by hand, as variables over time."""

from sigbridge.data.aggregating import (
    Aggregates,
    AggregateValue,
    Aggregation,
    Function,
    RangeTooLong,
    aggregate,
    nearest_items,
)
from sigbridge.data.delete import Removed, remove_data
from sigbridge.data.item import DataItem
from sigbridge.data.paging import DataPage, read_data
from sigbridge.data.selection import Position, Selection
from sigbridge.data.write import NewValue, WriteReceipt, write_data
from sigbridge.store.timeline import Order

__all__ = [
    "AggregateValue",
    "Aggregates",
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
    "WriteReceipt",
    "aggregate",
    "nearest_items",
    "read_data",
    "remove_data",
    "write_data",
]
