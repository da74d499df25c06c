"""Reading a request's messages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic import Field as Described

from sigbridge.callbacks.documents import Document, read_batch_documents, read_documents
from sigbridge.callbacks.field_names import COMMON_NAMES, Field, FieldMapping, plain
from sigbridge.callbacks.sigfox import ADVANCED_FACTS, ADVANCED_OBJECTS, RECEPTION_FACTS
from sigbridge.callbacks.values import (
    epoch_ms,
    is_absent,
    read_boolean,
    read_text,
    read_time,
    read_whole_number,
)
from sigbridge.callbacks.variables import (
    InvalidVariable,
    Path,
    check_value,
    leaves,
    location_names,
    make_variable,
    read_location,
    variable_name,
)
from sigbridge.devices import InvalidDeviceId, normalize_device_id
from sigbridge.devices.identity import is_sigfox_id
from sigbridge.errors import Fault, InvalidInput
from sigbridge.messages import Location, Network, Part, ReceivedMessage, Variable
from sigbridge.web.request import Request

_SIGFOX_PAYLOAD_NAMES = frozenset(("data", "ulpayload"))
_GROUP_LENGTH = 100


def read_messages(request: Request, additional_parameter: str = "") -> list[ReceivedMessage]:
    """Reads the messages of a request, at least one.

    Args:
        request: Any of the forms of `callbacks.documents`.
        additional_parameter: The key's field mapping, or "".

    Raises:
        InvalidInput: One of them can't be read; it names every one that can't.
        UnsupportedContentType: The body is neither JSON nor a form.
        BodyTooLarge: It is over the limit.
    """
    return _read_all(read_documents(request), request, additional_parameter)


def read_batch(request: Request, additional_parameter: str = "") -> list[ReceivedMessage]:
    """Reads the messages of a batch: lines with a pattern, or any other form.

    Raises:
        InvalidInput, UnsupportedContentType, BodyTooLarge: As `read_messages`.
    """
    return _read_all(read_batch_documents(request), request, additional_parameter)


def _read_all(
    documents: Sequence[Document], request: Request, additional_parameter: str
) -> list[ReceivedMessage]:
    mapping = FieldMapping.parse(additional_parameter)
    device_header = request.headers.get("device")
    messages: list[ReceivedMessage] = []
    faults: list[Fault] = []
    for index, document in enumerate(documents):
        try:
            messages.append(_read_message(document, mapping, device_header))
        except _Unreadable as unreadable:
            faults += [replace(fault, index=index) for fault in unreadable.faults]
    if faults:
        raise InvalidInput.of(faults)
    return messages


class _Unreadable(Exception):
    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    value: object


class _Essentials(BaseModel):
    serial: Annotated[str | None, BeforeValidator(read_text)] = None
    payload: Annotated[
        str | None, BeforeValidator(lambda value: value if value == "" else read_text(value))
    ] = None
    port: Annotated[int | None, BeforeValidator(read_whole_number)] = None
    time: Annotated[int | None, BeforeValidator(read_time)] = None
    seq_number: Annotated[int | None, BeforeValidator(read_whole_number), Described(alias="seqNumber")] = None
    ack: Annotated[bool | None, BeforeValidator(read_boolean)] = None


@dataclass(frozen=True, slots=True)
class _Details:
    """What remains of a document beside its essential fields."""

    part: Part
    radio: Mapping[str, object]
    variables: tuple[Variable, ...]
    location: Location | None


def _read_message(document: Document, mapping: FieldMapping, device_header: str | None) -> ReceivedMessage:
    found = dict(_find_fields(document, mapping))
    essentials = _read_essentials(found)
    device_as_received = essentials.serial or read_text(device_header)
    if device_as_received is None:
        raise _Unreadable(Fault("serial", "is missing"))
    device_id = _read_device_id(device_as_received, device_header)
    network = _network(device_id, document, found)
    try:
        details = (
            _read_items(document, found, network)
            if document.items
            else _read_fields(document, found, network)
        )
    except InvalidVariable as invalid:
        raise _Unreadable(Fault(".".join(invalid.path), str(invalid))) from invalid
    group = _group(document)
    return ReceivedMessage(
        device_id=device_id,
        device_as_received=device_as_received,
        network=network,
        part=details.part,
        time=essentials.time if essentials.time is not None else _time_of_items(document, group),
        seq_number=essentials.seq_number,
        payload=essentials.payload,
        port=essentials.port,
        ack=essentials.ack,
        radio=details.radio,
        variables=details.variables,
        location=details.location,
        group=group,
    )


def _find_fields(document: Document, mapping: FieldMapping) -> Iterator[tuple[Field, _Found]]:
    for field in Field:
        for place in (document.fields, document.fallback):
            found = _find_mapped(place, mapping, field) or _find_common(place, field)
            if found is not None:
                yield field, found
                break


def _find_mapped(place: Mapping[str, object], mapping: FieldMapping, field: Field) -> _Found | None:
    path = mapping.paths.get(field)
    if path is None:
        return None
    value: object = place
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return None if is_absent(value) else _Found(path, value)


def _find_common(place: Mapping[str, object], field: Field) -> _Found | None:
    names = {plain(name): name for name in place}
    for common in COMMON_NAMES[field]:
        name = names.get(common)
        if name is None:
            continue
        value = place[name]
        is_empty_payload = field is Field.PAYLOAD and value == ""
        if isinstance(value, dict | list) or (is_absent(value) and not is_empty_payload):
            continue
        return _Found((name,), value)
    return None


def _read_essentials(found: Mapping[Field, _Found]) -> _Essentials:
    try:
        return _Essentials.model_validate({field.value: entry.value for field, entry in found.items()})
    except ValidationError as invalid:
        faults = [
            Fault(
                ".".join(found[Field(str(error["loc"][0]))].path),
                error["msg"].removeprefix("Value error, "),
            )
            for error in invalid.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise _Unreadable(*faults) from invalid


def _read_device_id(device_as_received: str, device_header: str | None) -> str:
    try:
        device_id = normalize_device_id(device_as_received)
        header = read_text(device_header)
        if header is not None and normalize_device_id(header) != device_id:
            raise _Unreadable(
                Fault("device", f"header names device {header}, the message {device_as_received}")
            )
    except InvalidDeviceId as invalid:
        raise _Unreadable(Fault("serial", str(invalid))) from invalid
    return device_id


def _network(device_id: str, document: Document, found: Mapping[Field, _Found]) -> Network:
    """Sigfox, where the id can be Sigfox's and any other field is one that only Sigfox has or names so."""
    if not is_sigfox_id(device_id):
        return Network.GENERIC
    payload = found.get(Field.PAYLOAD)
    named_as_sigfox_does = payload is not None and plain(payload.path[-1]) in _SIGFOX_PAYLOAD_NAMES
    names = {plain(name) for place in (document.fields, document.fallback) for name in place}
    if named_as_sigfox_does or Field.SEQ_NUMBER in found or "devicetypeid" in names:
        return Network.SIGFOX
    return Network.GENERIC


def _read_fields(document: Document, found: Mapping[Field, _Found], network: Network) -> _Details:
    content: dict[str, object] = {**document.fallback, **document.fields}
    used = {entry.path for entry in found.values()}
    radio, part = _take_facts(content, network)
    location_path, location = next(_locations(content, ()), ((), None))
    if location is not None:
        used |= {(*location_path, name) for name in location_names(_inner(content, location_path))}
    variables = [make_variable(path, value) for path, value in leaves(content) if path not in used]
    return _Details(part, radio, tuple(variable for variable in variables if variable is not None), location)


def _take_facts(content: dict[str, object], network: Network) -> tuple[dict[str, object], Part]:
    """Moves Sigfox's facts out of a message's content; what can't be read as one stays there."""
    radio: dict[str, object] = {}
    if network is not Network.SIGFOX:
        return radio, Part.UPLINK
    part = Part.UPLINK
    for name in list(content):
        if plain(name) in ADVANCED_FACTS or plain(name) in ADVANCED_OBJECTS:
            part = Part.ADVANCED
        fact = RECEPTION_FACTS.get(plain(name)) or ADVANCED_FACTS.get(plain(name))
        if fact is None:
            continue
        try:
            value = fact.read(content[name])
        except ValueError:
            continue
        del content[name]
        if value is not None:
            radio[fact.name] = value
    return radio, part


def _locations(content: Mapping[str, object], path: Path) -> Iterator[tuple[Path, Location]]:
    location = read_location(content, path)
    if location is not None:
        yield path, location
    for name, inner in content.items():
        if isinstance(inner, dict):
            yield from _locations(inner, (*path, name))


def _inner(content: Mapping[str, object], path: Path) -> Mapping[str, object]:
    for name in path:
        inner = content[name]
        if isinstance(inner, Mapping):
            content = inner
    return content


def _read_items(document: Document, found: Mapping[Field, _Found], network: Network) -> _Details:
    used = {entry.path[0] for entry in found.values()}
    content = {name: value for name, value in document.fields.items() if name not in used}
    radio, part = _take_facts(content, network)
    location: Location | None = None
    variables: list[Variable] = []
    for item in document.items:
        name = str(item["variable"])
        if name not in content:
            continue
        if name == "location" and network is Network.SIGFOX:
            part = Part.ADVANCED
        place = item.get("location")
        if isinstance(place, dict):
            location = location or read_location(place, (name,))
        elif not is_absent(item.get("value")):
            variables.append(_item_variable(name, item))
    for path, value in leaves(dict(document.fallback)):
        variable = make_variable(path, value)
        if variable is not None and path[0] not in used:
            variables.append(variable)
    return _Details(part, radio, tuple(variables), location)


def _item_variable(name: str, item: Mapping[str, object]) -> Variable:
    unit = item.get("unit")
    metadata = item.get("metadata")
    return Variable(
        name=variable_name((name,)),
        value=check_value((name,), item.get("value")),
        unit=unit if isinstance(unit, str) else None,
        metadata=dict(_checked_leaves(name, metadata)) if isinstance(metadata, dict) else None,
    )


def _checked_leaves(name: str, metadata: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for path, value in leaves(dict(metadata), (name, "metadata")):
        if not is_absent(value):
            yield ".".join(path[2:]), check_value(path, value)


def _group(document: Document) -> str | None:
    for item in document.items:
        for name in ("group", "serie"):
            if not is_absent(item.get(name)):
                return str(item[name])[:_GROUP_LENGTH]
    return None


def _time_of_items(document: Document, group: str | None) -> int | None:
    """TagoIO's items carry a `time` of their own; its Sigfox template puts Sigfox's `{time}` in `serie`."""
    for item in document.items:
        if not is_absent(item.get("time")):
            try:
                return read_time(item["time"])
            except ValueError as invalid:
                raise _Unreadable(Fault("time", str(invalid))) from invalid
    return None if group is None else epoch_ms(group)
