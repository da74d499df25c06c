"""`/v1/devices/import`: many devices at once, as CSV or JSON."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from pydantic import BeforeValidator, Field, ValidationError

from sigbridge import devices
from sigbridge.api.http.json_body import read_json
from sigbridge.api.http.request import Request, UnsupportedContentType
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.device_models import Active, DeviceCreate, DeviceImportResponse, Tags
from sigbridge.api.management.endpoint import DevicesWriter, read_fault
from sigbridge.devices import missing_types, no_such_type
from sigbridge.errors import Fault, InvalidInput

routes = new_routes()

MOST_DEVICES = 1_000
# Every bad row is named, but an answer must not outgrow what Lambda can carry.
_FAULTS_OF_A_ROW = 10
_ID = "id"
_BOOLEANS = {"true": True, "false": False}
_END_OF_LINE = re.compile(r"[\r\n]")


def _read_tags(cell: str) -> list[dict[str, str]]:
    tags = [part.partition("=") for part in cell.split(";") if part.strip()]
    if not all(equals for _, equals, _ in tags):
        message = "must be written key=value;key2=value2"
        raise ValueError(message)
    return [{"key": key.strip(), "value": value.strip()} for key, _, value in tags]


def _read_boolean(cell: str) -> bool:
    try:
        return _BOOLEANS[cell.lower()]
    except KeyError:
        message = "must be true or false"
        raise ValueError(message) from None


class _DeviceRow(DeviceCreate):
    """A device as the cells of a table write it."""

    tags: Annotated[Tags, BeforeValidator(_read_tags)] = Field(default_factory=list)
    active: Annotated[Active, BeforeValidator(_read_boolean)] = True


COLUMNS = tuple(_DeviceRow.model_fields)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One device of an import, not yet checked.

    Attributes:
        place: How it is named, such as `devices[2]` or `row 3`.
        separator: What parts that from the name of a field: `devices[2].type`, `row 3: type`.
        form: How its device is written.
        content: The device.
        misshapen: What is wrong with it where it has no fields.
    """

    place: str
    separator: str
    form: type[DeviceCreate]
    content: object
    misshapen: str

    def fault(self, field: str, message: str) -> Fault:
        """Return the fault of one of its fields."""
        return Fault(f"{self.place}{self.separator}{field}", message)


@routes.post("/v1/devices/import", summary="Import devices", tags=["devices"])
def import_devices(key: DevicesWriter, request: ResolvedRequest) -> DeviceImportResponse:
    """Create up to 1,000 devices, all or none of them: every row that is not right is named.

    A body of `application/json` is an array of devices as for `POST /v1/devices`, or `{"devices": [...]}`.

    One of `text/csv` has a line of column names, of which `id` must be there and `network`, `name`,
    `type`, `tags`, `active` and `payload_encoding` may be; tags are written `key=value;key2=value2`. Row 1
    is the one after the column names.

    Devices that are listed already are left as they are, and counted.
    """
    rows = read_rows(request.context["request"])
    checked = check_rows(key.application_id, rows)
    receipt = devices.import_devices(key.application_id, [each.device() for each in checked])
    return DeviceImportResponse(created=receipt.created, existing=receipt.existing)


def read_rows(request: Request) -> list[ImportRow]:
    """Read the rows of an import.

    Raises:
        UnsupportedContentType: The body is neither CSV nor JSON.
        InvalidInput: It can't be read, or has more than 1,000 rows.
    """
    if request.content_type == "text/csv":
        rows = read_csv(request.body.decode("utf-8-sig"))
    elif request.content_type in {"", "application/json"}:
        rows = _read_json_rows(request.body)
    else:
        message = "The body must be text/csv or application/json"
        raise UnsupportedContentType(message)
    if len(rows) > MOST_DEVICES:
        message = f"There are {len(rows)} devices; one request imports at most {MOST_DEVICES}"
        raise InvalidInput(message)
    return rows


def read_csv(text: str) -> list[ImportRow]:
    """Read CSV (RFC 4180) with a line of column names, parted by commas, or by semicolons if those are.

    Rows are numbered from 1, the one after the column names; empty ones count and are left out. An
    empty cell says nothing.

    Raises:
        InvalidInput: Columns are missing, unknown or there twice, or quotes are not right.
    """
    if "\0" in text:
        message = "The body holds a NUL character"
        raise InvalidInput(message)
    records = _records(text)
    names = _column_names(next(records, []))
    rows = [_csv_row(number, names, record) for number, record in enumerate(records, start=1)]
    return [row for row in rows if row.content != {}]


def _csv_row(number: int, names: Sequence[str], record: Sequence[str]) -> ImportRow:
    cells = [cell.strip() for cell in record]
    content = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
    return ImportRow(
        place=f"row {number}",
        separator=": ",
        form=_DeviceRow,
        content=cells if any(cells[len(names) :]) else content,
        misshapen="has more cells than there are columns",
    )


def check_rows(application_id: str, rows: Sequence[ImportRow]) -> list[DeviceCreate]:
    """Check rows by themselves, against each other, and against the application's device types.

    Raises:
        UnknownApplication: The application was deleted.
        InvalidInput: Some are not right; it names all of them.
    """
    faults: list[Fault] = []
    checked: list[tuple[ImportRow, DeviceCreate]] = []
    for row in rows:
        try:
            checked.append((row, row.form.model_validate(row.content)))
        except ValidationError as invalid:
            faults += _faults(row, invalid)
    missing = missing_types(application_id, {device.type for _, device in checked if device.type is not None})
    first_of: dict[str, ImportRow] = {}
    for row, device in checked:
        first = first_of.setdefault(device.device_id, row)
        if first is not row:
            faults.append(row.fault(_ID, f"is the same device as {first.place}"))
        if device.type is not None and device.type in missing:
            faults.append(row.fault("type", no_such_type(device.type)))
    if faults:
        raise InvalidInput.of(faults)
    return [device for _, device in checked]


def _faults(row: ImportRow, invalid: ValidationError) -> list[Fault]:
    if not isinstance(row.content, dict):
        return [Fault(row.place, row.misshapen)]
    found = invalid.errors(include_url=False, include_input=False, include_context=False)
    faults = [read_fault(error) for error in found[:_FAULTS_OF_A_ROW]]
    return [row.fault(fault.field, fault.message) for fault in faults]


def _read_json_rows(body: bytes) -> list[ImportRow]:
    document = read_json(body)
    if isinstance(document, dict) and document.keys() == {"devices"}:
        document = document["devices"]
    if not isinstance(document, list):
        message = 'The body must be an array of devices, or {"devices": [...]}'
        raise InvalidInput(message)
    return [
        ImportRow(f"devices[{position}]", ".", DeviceCreate, content, "must be an object")
        for position, content in enumerate(document)
    ]


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


def _column_names(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    faults = [
        Fault(f"header: {name}", "is no column: there are " + ", ".join(COLUMNS))
        for name in names
        if name not in COLUMNS
    ]
    faults += [Fault(f"header: {name}", "is there twice") for name in COLUMNS if names.count(name) > 1]
    if _ID not in names:
        faults.append(Fault(f"header: {_ID}", "is missing"))
    if faults:
        raise InvalidInput.of(faults)
    return names
