"""A table of devices, CSV (RFC 4180): a line of column names, then a device in each row."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sigbridge.api.management.device_models import Active, DeviceImport, Parameters, Tags
from sigbridge.api.management.suggestion import suggestion
from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.parameter import DOWNLINK_DATA
from sigbridge.tagoio.device_export import (
    LEFT_OUT_COLUMNS,
    RENAMED_COLUMNS,
    SERIAL_COLUMNS,
    column_name,
)

_ID, _TAGS, _PARAMETERS = "id", "tags", "parameters"
_BOOLEANS = {"true": True, "false": False}
_END_OF_LINE = re.compile(r"[\r\n]")
_LIST = {_TAGS: "tag", _PARAMETERS: "param"}
_OF_A_LIST = re.compile(r"(tag|param)[:.](.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """What a row says of a device's tags, or of its parameters.

    Attributes:
        cell: The cell that holds several.
        others: Those that have a column of their own.
    """

    cell: str
    others: Sequence[Mapping[str, str]]


def _read_pairs(pairs: _Pairs) -> list[Any]:
    if pairs.cell.startswith("["):
        try:
            return [*json.loads(pairs.cell), *pairs.others]
        except ValueError as failure:
            message = "must be written key=value;key2=value2, or as a JSON array"
            raise ValueError(message) from failure
    found = [part.partition("=") for part in pairs.cell.split(";") if part.strip()]
    if not all(equals for _, equals, _ in found):
        message = "must be written key=value;key2=value2"
        raise ValueError(message)
    return [*({"key": key.strip(), "value": value.strip()} for key, _, value in found), *pairs.others]


def _read_boolean(cell: str) -> bool:
    try:
        return _BOOLEANS[cell.lower()]
    except KeyError:
        message = "must be true or false"
        raise ValueError(message) from None


class DeviceRow(DeviceImport):
    """A device as the cells of a table write it."""

    tags: Annotated[Tags, BeforeValidator(_read_pairs)] = Field(default_factory=list)
    active: Annotated[Active, BeforeValidator(_read_boolean)] = True
    parameters: Annotated[Parameters, BeforeValidator(_read_pairs)] = Field(default_factory=list)


COLUMNS = tuple(DeviceRow.model_fields)
_ALLOWED = (*COLUMNS, DOWNLINK_DATA, "param:KEY", "tag:KEY")


class _Use(Enum):
    """What becomes of the cells of a column."""

    FIELD = "field"
    ITEM = "item"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table.

    Attributes:
        name: As the table writes it.
        use: What becomes of its cells.
        field: The field of a device.
        key: Key of the tag or parameter, where the column holds one.
    """

    name: str
    use: _Use
    field: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row that says something.

    Attributes:
        number: From 1, the one after the column names.
        content: The fields of the device.
        columns: Names of the columns that fields of fields come from, by their paths.
        has_more_cells: Whether it has more cells than there are columns.
    """

    number: int
    content: Mapping[str, object]
    columns: Mapping[str, str]
    has_more_cells: bool


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """A table of devices.

    Attributes:
        rows: The rows that say something.
        left_out: Names of the columns of TagoIO's that mean nothing here.
    """

    rows: Sequence[TableRow]
    left_out: Sequence[str]


def read_device_table(text: str) -> DeviceTable:
    """Read CSV with a line of column names, separated by commas, or by semicolons if those are.

    Rows are numbered from 1, the one after the column names; empty ones count and are left out. An
    empty cell says nothing.

    Raises:
        InvalidInput: Columns are missing, unknown or there twice, or quotes are not right.
    """
    if "\0" in text:
        message = "The body contains a NUL character"
        raise InvalidInput(message)
    records = _records(text)
    columns = _columns(next(records, []))
    rows = [_row(number, columns, record) for number, record in enumerate(records, start=1)]
    return DeviceTable(
        rows=[row for row in rows if row.content or row.has_more_cells],
        left_out=[column.name for column in columns if column.use is _Use.LEFT_OUT],
    )


def _row(number: int, columns: Sequence[_Column], record: Sequence[str]) -> TableRow:
    cells = [cell.strip() for cell in record]
    filled = [(column, cell) for column, cell in zip(columns, cells, strict=False) if cell]
    content: dict[str, object] = {column.field: cell for column, cell in filled if column.use is _Use.FIELD}
    sources: dict[str, str] = {}
    for field in (_TAGS, _PARAMETERS):
        own = [(column, cell) for column, cell in filled if column.use is _Use.ITEM and column.field == field]
        cell = str(content.get(field, ""))
        if own or cell:
            content[field] = _Pairs(cell, [{"key": column.key, "value": value} for column, value in own])
        if not cell:
            sources |= {
                f"{field}[{position}]{part}": column.name
                for position, (column, _) in enumerate(own)
                for part in ("", ".key", ".value")
            }
    return TableRow(number, content, sources, any(cells[len(columns) :]))


def _records(text: str) -> Iterator[list[str]]:
    names, *_ = _END_OF_LINE.split(text, maxsplit=1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in names else ",", strict=True)
    read = 0
    try:
        for record in reader:
            read += 1
            yield record
    except csv.Error as failure:
        place = f"row {read}" if read else "header"
        raise InvalidInput.of([Fault(place, f"is not CSV: {failure}")]) from failure


def _columns(cells: Sequence[str]) -> list[_Column]:
    headers = [cell.strip() for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    is_tagoio = any(column_name(header) in SERIAL_COLUMNS for header in headers)
    columns: list[_Column] = []
    faults: list[Fault] = []
    for header in headers:
        column = _tagoio_column(header) if is_tagoio else None
        column = column or _column(header)
        if column is None:
            faults.append(_unknown_column(header))
        elif column.use is not _Use.LEFT_OUT and _is_among(column, columns):
            faults.append(Fault(f"header: {header}", f'Column "{header}" appears twice'))
        else:
            columns.append(column)
    if not any(column.field == _ID for column in columns):
        faults.append(Fault(f"header: {_ID}", f'Column "{_ID}" is missing'))
    if faults:
        raise InvalidInput(faults[0].message, faults)
    return columns


def _column(header: str) -> _Column | None:
    name = header.lower()
    if name in COLUMNS:
        return _Column(header, _Use.FIELD, name)
    if name == DOWNLINK_DATA.lower():
        return _Column(header, _Use.ITEM, _PARAMETERS, DOWNLINK_DATA)
    item = _OF_A_LIST.fullmatch(header)
    if item is None:
        return None
    field = _TAGS if item[1].lower() == _LIST[_TAGS] else _PARAMETERS
    return _Column(header, _Use.ITEM, field, item[2].strip())


def _tagoio_column(header: str) -> _Column | None:
    name = column_name(header)
    if name in SERIAL_COLUMNS:
        return _Column(header, _Use.FIELD, _ID)
    if name in LEFT_OUT_COLUMNS:
        return _Column(header, _Use.LEFT_OUT)
    if name in RENAMED_COLUMNS:
        return _Column(header, _Use.FIELD, RENAMED_COLUMNS[name])
    return None


def _is_among(column: _Column, others: Sequence[_Column]) -> bool:
    return any((column.use, column.field, column.key) == (each.use, each.field, each.key) for each in others)


def _unknown_column(header: str) -> Fault:
    allowed = ", ".join(_ALLOWED)
    near = suggestion(header.lower(), (*COLUMNS, DOWNLINK_DATA, *SERIAL_COLUMNS))
    return Fault(f"header: {header}", f'Unknown column "{header}", allowed: {allowed}{near}')
