"""`/v1/devices/import`: many devices at once, as CSV or JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from pydantic import ValidationError

from sigbridge import devices
from sigbridge.api.http.json_body import read_json
from sigbridge.api.http.request import Request, UnsupportedContentType
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.device_models import DeviceImport, DeviceImportResponse
from sigbridge.api.management.device_table import DeviceRow, TableRow, read_device_table
from sigbridge.api.management.endpoint import DevicesWriter, InSigfox, read_fault
from sigbridge.api.management.jobs import JobResponse
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.sigfox import NOT_CONNECTED, REFUSED
from sigbridge.credentials import Right
from sigbridge.devices import NewDevice, missing_types, no_such_type
from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.sigfox_change import DeviceWish
from sigbridge.provisioning.change_orders import order_registrations
from sigbridge.provisioning.connection import find_connection

routes = new_routes()

MOST_DEVICES = 1_000
# Every bad row is named, but an answer must not outgrow what Lambda can carry.
_FAULTS_OF_A_ROW = 10


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One device of an import, not yet checked.

    Attributes:
        place: How it is named, such as `devices[2]` or `row 3`.
        separator: What stands between that and the name of a field: `devices[2].type`, `row 3: type`.
        form: How its device is written.
        content: The device.
        misshapen: What is wrong with it where it has no fields.
        names: What the sender calls fields, by their paths, where that differs.
    """

    place: str
    separator: str
    form: type[DeviceImport]
    content: object
    misshapen: str
    names: Mapping[str, str] = field(default_factory=dict)

    def fault(self, field: str, message: str) -> Fault:
        """Return the fault of one of its fields."""
        return Fault(f"{self.place}{self.separator}{self.names.get(field, field)}", message)


@dataclass(frozen=True, slots=True)
class ImportBody:
    """What an import says.

    Attributes:
        rows: The devices.
        left_out: Columns that are not read.
    """

    rows: Sequence[ImportRow]
    left_out: Sequence[str] = ()


@routes.post("/v1/devices/import", summary="Import devices", tags=["devices"])
@refuses(NOT_CONNECTED, REFUSED)
def import_devices(
    key: DevicesWriter, request: ResolvedRequest, sigfox: InSigfox = False
) -> DeviceImportResponse:
    """Create up to 1,000 devices, all or none of them: every invalid row is named.

    A body of `application/json` is an array of devices as for `POST /v1/devices`, or `{"devices": [...]}`;
    each may have `parameters`.

    One of `text/csv` has a line of column names, separated by commas or semicolons. `id` is required;
    `network`, `name`, `type`, `tags`, `active`, `payload_encoding` and `parameters` are optional. Tags and
    parameters are written `key=value;key2=value2`, or in columns of their own, `tag:KEY` and `param:KEY`;
    the column `downlinkData` sets that parameter. Row 1 is the one after the column names.

    In a table with TagoIO's column `serial` (or `serie_number`) that is the id. TagoIO's columns that have no
    meaning here are listed in `left_out`.

    Devices that exist already are left unchanged, and counted.

    With `sigfox`, jobs register all of them in Sigfox too, under their `type`: each needs its `pac`, and may
    have `lat` and `lng`.
    """
    body = read_body(request.context["request"])
    if sigfox:
        key.require(Right.SIGFOX_WRITE)
        find_connection(key.application_id)
    checked = check_rows(key.application_id, body.rows)
    to_register: dict[str, list[DeviceWish]] = {}
    if sigfox:
        to_register = _by_type(checked, _read_each(body.rows, checked, DeviceImport.sigfox_wish))
    else:
        _read_each(body.rows, checked, DeviceImport.refuse_sigfox_fields)
    receipt = devices.import_devices(key.application_id, [_new_device(each) for each in checked])
    jobs = order_registrations(key.application_id, to_register)
    return DeviceImportResponse(
        created=receipt.created,
        existing=receipt.existing,
        left_out=list(body.left_out) or None,
        jobs=[JobResponse.of(job) for job in jobs] or None,
    )


def read_body(request: Request) -> ImportBody:
    """Read the devices of an import.

    Raises:
        UnsupportedContentType: The body is neither CSV nor JSON.
        InvalidInput: It can't be read, or has more than 1,000 devices.
    """
    if request.content_type == "text/csv":
        body = _read_csv(request.body.decode("utf-8-sig"))
    elif request.content_type in {"", "application/json"}:
        body = ImportBody(_read_json_rows(request.body))
    else:
        message = "The body must be text/csv or application/json"
        raise UnsupportedContentType(message)
    if len(body.rows) > MOST_DEVICES:
        message = f"There are {len(body.rows)} devices; one request imports at most {MOST_DEVICES}"
        raise InvalidInput(message)
    return body


def check_rows(application_id: str, rows: Sequence[ImportRow]) -> list[DeviceImport]:
    """Check rows by themselves, against each other, and against the application's device types.

    Raises:
        UnknownApplication: The application was deleted.
        InvalidInput: Some are not valid; it names all of them.
    """
    faults: list[Fault] = []
    checked: list[tuple[ImportRow, DeviceImport]] = []
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
            faults.append(row.fault("id", f"is the same device as {first.place}"))
        if device.type is not None and device.type in missing:
            faults.append(row.fault("type", no_such_type(device.type)))
    if faults:
        raise InvalidInput.of(faults)
    return [device for _, device in checked]


def _read_each[T](
    rows: Sequence[ImportRow], checked: Sequence[DeviceImport], read: Callable[[DeviceImport], T]
) -> list[T]:
    """Read something of each row.

    Raises:
        InvalidInput: Some can't be read; it names all of them.
    """
    found: list[T] = []
    faults: list[Fault] = []
    for row, device in zip(rows, checked, strict=True):
        try:
            found.append(read(device))
        except InvalidInput as invalid:
            faults += [row.fault(fault.field, fault.message) for fault in invalid.faults]
    if faults:
        raise InvalidInput.of(faults)
    return found


def _by_type(checked: Sequence[DeviceImport], wishes: Sequence[DeviceWish]) -> dict[str, list[DeviceWish]]:
    of_types: dict[str, list[DeviceWish]] = {}
    for device, wish in zip(checked, wishes, strict=True):
        of_types.setdefault(device.type or "", []).append(wish)
    return of_types


def _new_device(checked: DeviceImport) -> NewDevice:
    return NewDevice(checked.device(), [each.parameter() for each in checked.parameters])


def _faults(row: ImportRow, invalid: ValidationError) -> list[Fault]:
    if not isinstance(row.content, dict):
        return [Fault(row.place, row.misshapen)]
    found = invalid.errors(include_url=False, include_input=False, include_context=False)
    faults = [read_fault(error) for error in found[:_FAULTS_OF_A_ROW]]
    return [row.fault(fault.field, fault.message) for fault in faults]


def _read_csv(text: str) -> ImportBody:
    table = read_device_table(text)
    return ImportBody([_row_of_table(row) for row in table.rows], table.left_out)


def _row_of_table(row: TableRow) -> ImportRow:
    return ImportRow(
        place=f"row {row.number}",
        separator=": ",
        form=DeviceRow,
        content=None if row.has_more_cells else row.content,
        misshapen="has more cells than there are columns",
        names=row.columns,
    )


def _read_json_rows(body: bytes) -> list[ImportRow]:
    document = read_json(body)
    if isinstance(document, dict) and document.keys() == {"devices"}:
        document = document["devices"]
    if not isinstance(document, list):
        message = 'The body must be an array of devices, or {"devices": [...]}'
        raise InvalidInput(message)
    return [
        ImportRow(f"devices[{position}]", ".", DeviceImport, content, "must be an object")
        for position, content in enumerate(document)
    ]
