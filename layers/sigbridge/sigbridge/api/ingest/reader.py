"""Reading what a callback says: messages, and reports of Sigfox's services."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sigbridge.api.http.request import Request
from sigbridge.api.ingest.batch import read_lines
from sigbridge.api.ingest.details import read_details
from sigbridge.api.ingest.documents import Document, RequestContent, bounded, read_body
from sigbridge.api.ingest.essentials import Essentials, Unreadable, read_essentials
from sigbridge.api.ingest.origin import Origin, read_origin
from sigbridge.api.ingest.recognition import Subject, recognize_nature
from sigbridge.api.ingest.services import find_source, read_report
from sigbridge.api.ingest.tagoio import gather_items
from sigbridge.applications import PayloadEncoding
from sigbridge.errors import Fault, InvalidInput
from sigbridge.messages import MessagePart, Network, ReceivedMessage, WrittenPayload
from sigbridge.model.field_mapping import Field, FieldMapping, plain
from sigbridge.model.field_names import BASE64_PAYLOAD_NAMES, UNMISTAKABLE_SERIAL_NAMES
from sigbridge.reports import ReceivedReport, Service
from sigbridge.tagoio.variables import InvalidVariable, leaves, make_variable


@dataclass(frozen=True, slots=True)
class Received:
    """What a request says, by the positions of its items.

    Attributes:
        messages: Its messages.
        reports: Its reports.
        refused: What of a batch can't be read.
        is_batch: Whether the items are lines of Sigfox's batch, which do not depend on each other.
    """

    messages: Mapping[int, ReceivedMessage] = field(default_factory=dict)
    reports: Mapping[int, ReceivedReport] = field(default_factory=dict)
    refused: tuple[Fault, ...] = ()
    is_batch: bool = False


def read_uplinks(request: Request, additional_parameter: str = "") -> Received:
    """Read a callback that brings messages; reports are taken as what they are.

    Args:
        request: Any of the forms of `api.ingest.documents`.
        additional_parameter: The key's field mapping, or "".

    Raises:
        InvalidInput: One of its items can't be read; it names every one that can't.
        UnsupportedContentType: The body is neither JSON nor a form.
        BodyTooLarge: It is over the limit.
    """
    return _read(_read_messages(request), request, additional_parameter, MessagePart.UPLINK)


def read_batch(request: Request, additional_parameter: str = "") -> Received:
    """Read a batch: lines with a pattern, each on its own, or any other form.

    Raises:
        InvalidInput: As `read_uplinks`; of lines, that none of them can be read.
        UnsupportedContentType, BodyTooLarge: As `read_uplinks`.
    """
    return _read(_read_content(request), request, additional_parameter, MessagePart.UPLINK)


def read_bidir(request: Request, additional_parameter: str = "") -> Received:
    """Read a BIDIR callback, single or batch: whether its devices ask must be clear.

    Raises:
        InvalidInput, UnsupportedContentType, BodyTooLarge: As `read_batch`.
    """
    required = frozenset({Field.ACK})
    return _read(_read_content(request), request, additional_parameter, MessagePart.UPLINK, required)


def read_service(request: Request, addressed: Service | None, additional_parameter: str = "") -> Received:
    """Read the callback of one of Sigfox's services, single or batch.

    Args:
        request: Any of the forms of `api.ingest.documents`, batch lines too.
        addressed: The service that the path names; None for DATA_ADVANCED.
        additional_parameter: The key's field mapping, or "".

    Raises:
        InvalidInput, UnsupportedContentType, BodyTooLarge: As `read_batch`.
    """
    return _read(_read_content(request), request, additional_parameter, addressed or MessagePart.ADVANCED)


def _read_messages(request: Request) -> RequestContent:
    documents = gather_items(read_body(request, request.query))
    return RequestContent(bounded(request, documents))


def _read_content(request: Request) -> RequestContent:
    pattern = request.query.get("pattern")
    if pattern is None:
        return _read_messages(request)
    query = {name: value for name, value in request.query.items() if name != "pattern"}
    return read_lines(request, pattern, query)


def _read(
    content: RequestContent,
    request: Request,
    additional_parameter: str,
    addressed: Subject,
    required: frozenset[Field] = frozenset(),
) -> Received:
    reader = _Reader(
        FieldMapping.parse(additional_parameter), request.headers.get("device"), addressed, required
    )
    messages: dict[int, ReceivedMessage] = {}
    reports: dict[int, ReceivedReport] = {}
    faults = list(content.refused)
    for index, document in content.documents.items():
        try:
            received = reader.read(document)
        except Unreadable as unreadable:
            faults += [replace(fault, index=index) for fault in unreadable.faults]
            continue
        warnings = tuple(replace(warning, index=index) for warning in received.warnings)
        if isinstance(received, ReceivedReport):
            reports[index] = replace(received, warnings=warnings)
        else:
            messages[index] = replace(received, warnings=warnings)
    if faults and not (content.is_batch and (messages or reports)):
        raise InvalidInput.of(faults)
    return Received(messages, reports, tuple(faults), content.is_batch)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Read the documents of one request.

    Attributes:
        mapping: The key's Additional Parameter.
        device_header: The device that the request's header names, or None.
        addressed: What its route is for.
        required: Fields that must be readable where they are present.
    """

    mapping: FieldMapping
    device_header: str | None
    addressed: Subject
    required: frozenset[Field]

    def read(self, document: Document) -> ReceivedMessage | ReceivedReport:
        """Read a document as what it is.

        Raises:
            Unreadable: It can't be read.
        """
        essentials = read_essentials(document, self.mapping, self.required)
        if Field.SERIAL not in essentials.found:
            essentials = find_source(document, essentials)
        nature = recognize_nature(document, essentials, self.device_header, self.addressed)
        origin = read_origin(document, essentials, self.device_header, nature.network)
        if isinstance(nature.subject, Service):
            report = read_report(document, essentials, origin, nature.subject)
            if _is_message_position(report, essentials):
                return _position(report, origin, essentials)
            return report
        return self._read_message(document, essentials, origin, nature.network, nature.subject)

    def _read_message(
        self, document: Document, essentials: Essentials, origin: Origin, network: Network, part: MessagePart
    ) -> ReceivedMessage:
        try:
            details = read_details(document, essentials, self.mapping, network)
        except InvalidVariable as invalid:
            raise Unreadable(Fault.at(invalid.path, str(invalid))) from invalid
        values = essentials.values
        return ReceivedMessage(
            device_id=origin.device_id,
            device_as_received=origin.device_as_received,
            network=network,
            part=MessagePart.ADVANCED if part is MessagePart.ADVANCED else details.part,
            time=origin.time,
            unread_time=origin.unread_time,
            seq_number=values.get(Field.SEQ_NUMBER),
            payload=_written_payload(document, essentials),
            port=values.get(Field.PORT),
            ack=values.get(Field.ACK),
            radio=details.facts,
            variables=details.variables,
            location=details.location,
            group=origin.group,
            warnings=(*document.warnings, *essentials.warnings, *origin.warnings, *details.warnings),
        )


def _written_payload(document: Document, essentials: Essentials) -> WrittenPayload | None:
    found = essentials.found.get(Field.PAYLOAD)
    if found is None:
        return None
    sender = essentials.sender
    encoding = None
    if found.guessed and sender is not None:
        known = sender.find(document.fields, Field.PAYLOAD) == (found.path, found.value)
        encoding = sender.payload_encoding(document.fields) if known else None
    return WrittenPayload(
        text=essentials.values[Field.PAYLOAD],
        name=".".join(found.path),
        encoding=encoding,
        likely=PayloadEncoding.BASE64 if _is_as_by_network_server(essentials) else None,
        guessed=found.guessed,
    )


def _is_as_by_network_server(essentials: Essentials) -> bool:
    """Return whether names are those of LoRaWAN network servers, which write payloads in base64."""
    payload, serial = (essentials.found.get(field) for field in (Field.PAYLOAD, Field.SERIAL))
    return (payload is not None and plain(payload.path[-1]) in BASE64_PAYLOAD_NAMES) or (
        serial is not None and plain(serial.path[-1]) in UNMISTAKABLE_SERIAL_NAMES
    )


def _is_message_position(report: ReceivedReport, essentials: Essentials) -> bool:
    """Return whether a GEOLOC, which became DATA_ADVANCED, names the message it is the position of."""
    return (
        report.service is Service.GEOLOC
        and report.location is not None
        and Field.TIME in essentials.found
        and Field.SEQ_NUMBER in essentials.found
    )


def _position(report: ReceivedReport, origin: Origin, essentials: Essentials) -> ReceivedMessage:
    """Make the part of a message that a GEOLOC is.

    Raises:
        Unreadable: Something of it can't be kept as a variable.
    """
    try:
        extras = [make_variable(path, value) for path, value in leaves(report.extras)]
    except InvalidVariable as invalid:
        raise Unreadable(Fault(".".join(invalid.path), str(invalid))) from invalid
    return ReceivedMessage(
        device_id=report.device_id,
        device_as_received=report.device_as_received,
        network=Network.SIGFOX,
        part=MessagePart.ADVANCED,
        time=report.time,
        seq_number=essentials.values[Field.SEQ_NUMBER],
        radio={name: fact for name, fact in report.facts.items() if name != "seq_number"},
        variables=tuple(variable for variable in extras if variable is not None),
        location=report.location,
        group=origin.group,
        warnings=report.warnings,
    )
