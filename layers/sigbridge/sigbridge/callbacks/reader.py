"""Reading a request's messages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sigbridge.callbacks.details import read_details
from sigbridge.callbacks.documents import Document, read_batch_documents, read_documents
from sigbridge.callbacks.essentials import FoundField, Unreadable, find_fields, read_essentials
from sigbridge.callbacks.origin import read_origin
from sigbridge.callbacks.variables import InvalidVariable
from sigbridge.credentials.field_mapping import Field, FieldMapping, plain
from sigbridge.devices.identity import is_sigfox_id
from sigbridge.errors import Fault, InvalidInput
from sigbridge.messages import Network, Part, ReceivedMessage
from sigbridge.web.request import Request

_SIGFOX_PAYLOAD_NAMES = frozenset(("data", "ulpayload"))


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


def read_advanced_data(request: Request, additional_parameter: str = "") -> list[ReceivedMessage]:
    """Reads what DATA_ADVANCED callbacks add to messages of Sigfox, in any form that a batch may have.

    Raises:
        InvalidInput, UnsupportedContentType, BodyTooLarge: As `read_messages`.
    """
    documents = read_batch_documents(request)
    return _read_all(documents, request, additional_parameter, Part.ADVANCED)


def read_each[T](documents: Sequence[Document], read: Callable[[Document], T]) -> list[T]:
    """Reads every document of a request.

    Raises:
        InvalidInput: One of them can't be read; it names every one that can't.
    """
    results: list[T] = []
    faults: list[Fault] = []
    for index, document in enumerate(documents):
        try:
            results.append(read(document))
        except Unreadable as unreadable:
            faults += [replace(fault, index=index) for fault in unreadable.faults]
    if faults:
        raise InvalidInput.of(faults)
    return results


def _read_all(
    documents: Sequence[Document], request: Request, additional_parameter: str, part: Part | None = None
) -> list[ReceivedMessage]:
    mapping = FieldMapping.parse(additional_parameter)
    device_header = request.headers.get("device")
    return read_each(documents, lambda document: _read_message(document, mapping, device_header, part))


def _read_message(
    document: Document, mapping: FieldMapping, device_header: str | None, part: Part | None
) -> ReceivedMessage:
    """Reads a message, or the part of one that it is known to be; such parts are Sigfox's."""
    found = find_fields(document, mapping)
    essentials = read_essentials(found)
    origin = read_origin(document, essentials, device_header)
    network = _network(origin.device_id, document, found) if part is None else Network.SIGFOX
    try:
        details = read_details(document, found, network)
    except InvalidVariable as invalid:
        raise Unreadable(Fault(".".join(invalid.path), str(invalid))) from invalid
    return ReceivedMessage(
        device_id=origin.device_id,
        device_as_received=origin.device_as_received,
        network=network,
        part=part or details.part,
        time=origin.time,
        seq_number=essentials.seq_number,
        payload=essentials.payload,
        port=essentials.port,
        ack=essentials.ack,
        radio=details.facts,
        variables=details.variables,
        location=details.location,
        group=origin.group,
    )


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
