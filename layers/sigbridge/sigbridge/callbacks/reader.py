"""Reading a request's messages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sigbridge.callbacks.details import read_details
from sigbridge.callbacks.documents import Document, read_batch_documents, read_documents
from sigbridge.callbacks.essentials import FoundField, Unreadable, find_fields, read_essentials
from sigbridge.callbacks.field_names import Field, FieldMapping, plain
from sigbridge.callbacks.values import epoch_ms, is_absent, read_text, read_time
from sigbridge.callbacks.variables import InvalidVariable
from sigbridge.devices import InvalidDeviceId, normalize_device_id
from sigbridge.devices.identity import is_sigfox_id
from sigbridge.errors import Fault, InvalidInput
from sigbridge.messages import Network, ReceivedMessage
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
        except Unreadable as unreadable:
            faults += [replace(fault, index=index) for fault in unreadable.faults]
    if faults:
        raise InvalidInput.of(faults)
    return messages


def _read_message(document: Document, mapping: FieldMapping, device_header: str | None) -> ReceivedMessage:
    found = find_fields(document, mapping)
    essentials = read_essentials(found)
    device_as_received = essentials.serial or read_text(device_header)
    if device_as_received is None:
        raise Unreadable(Fault("serial", "is missing"))
    device_id = _read_device_id(device_as_received, device_header)
    network = _network(device_id, document, found)
    try:
        details = read_details(document, found, network)
    except InvalidVariable as invalid:
        raise Unreadable(Fault(".".join(invalid.path), str(invalid))) from invalid
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
        radio=details.facts,
        variables=details.variables,
        location=details.location,
        group=group,
    )


def _read_device_id(device_as_received: str, device_header: str | None) -> str:
    try:
        device_id = normalize_device_id(device_as_received)
        header = read_text(device_header)
        if header is not None and normalize_device_id(header) != device_id:
            raise Unreadable(
                Fault("device", f"header names device {header}, the message {device_as_received}")
            )
    except InvalidDeviceId as invalid:
        raise Unreadable(Fault("serial", str(invalid))) from invalid
    return device_id


def _network(device_id: str, document: Document, found: Mapping[Field, FoundField]) -> Network:
    """Sigfox, where the id can be Sigfox's and any other field is one that only Sigfox has or names so."""
    if not is_sigfox_id(device_id):
        return Network.GENERIC
    payload = found.get(Field.PAYLOAD)
    named_as_sigfox_does = payload is not None and plain(payload.path[-1]) in _SIGFOX_PAYLOAD_NAMES
    names = {plain(name) for place in (document.fields, document.fallback) for name in place}
    if named_as_sigfox_does or Field.SEQ_NUMBER in found or "devicetypeid" in names:
        return Network.SIGFOX
    return Network.GENERIC


def _group(document: Document) -> str | None:
    for item in document.items:
        for name in ("group", "serie"):
            value = item.get(name)
            if isinstance(value, str | int) and not is_absent(value):
                return str(value)[:_GROUP_LENGTH]
    return None


def _time_of_items(document: Document, group: str | None) -> int | None:
    """TagoIO's items carry a `time` of their own; its Sigfox template puts Sigfox's `{time}` in `serie`."""
    for item in document.items:
        if not is_absent(item.get("time")):
            try:
                return read_time(item["time"])
            except ValueError as invalid:
                raise Unreadable(Fault("time", str(invalid))) from invalid
    return None if group is None else epoch_ms(group)
