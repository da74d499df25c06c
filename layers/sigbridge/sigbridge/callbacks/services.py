"""Reading the reports of Sigfox's services."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sigbridge.callbacks.documents import Document, read_batch_documents
from sigbridge.callbacks.essentials import FoundField, Unreadable, find_fields, read_essentials
from sigbridge.callbacks.origin import read_origin
from sigbridge.callbacks.reader import read_each
from sigbridge.callbacks.sigfox import RECEPTION_FACTS, REPORT_FACTS, REQUIRED_FACTS, Fact
from sigbridge.callbacks.structures import kept_fields
from sigbridge.callbacks.values import is_absent
from sigbridge.callbacks.variables import InvalidVariable, Path, check_value, read_location
from sigbridge.credentials.field_mapping import Field, FieldMapping, plain
from sigbridge.errors import Fault
from sigbridge.messages import Location
from sigbridge.reports import ReceivedReport, Service, UnknownService
from sigbridge.web.request import Request

DATA_ADVANCED = "data-advanced"

_ESSENTIALS = (Field.SERIAL, Field.TIME)
_SEQ_NUMBER = plain(Field.SEQ_NUMBER)
_SERVICES: Mapping[str, Service | None] = {
    **{plain(service): service for service in Service},
    plain(DATA_ADVANCED): None,
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What a document says beside its essential fields.

    Attributes:
        facts: By Sigfox's names in snake case.
        spellings: How the sender spelt the names of the service's own facts, by those to compare.
        extras: Everything else.
    """

    facts: dict[str, object]
    spellings: Mapping[str, str]
    extras: Mapping[str, object]


def addressed_service(request: Request) -> Service | None:
    """Reads the service that a path names, in any case.

    Returns:
        None for `data-advanced`: what it tells belongs to a message.

    Raises:
        UnknownService: It names none of Sigfox's.
    """
    name = request.path["service"]
    try:
        return _SERVICES[plain(name)]
    except KeyError as unknown:
        raise UnknownService(name, sorted((*Service, DATA_ADVANCED))) from unknown


def read_reports(request: Request, service: Service, additional_parameter: str = "") -> list[ReceivedReport]:
    """Reads the reports of a request, at least one.

    Args:
        request: Any of the forms of `callbacks.documents`, batch lines too.
        service: What the reports are about.
        additional_parameter: The key's field mapping, or "".

    Raises:
        InvalidInput: One of them can't be read; it names every one that can't.
        UnsupportedContentType: The body is neither JSON nor a form.
        BodyTooLarge: It is over the limit.
    """
    mapping = FieldMapping.parse(additional_parameter)
    device_header = request.headers.get("device")

    def read(document: Document) -> ReceivedReport:
        return _read_report(document, service, mapping, device_header)

    return read_each(read_batch_documents(request), read)


def _read_report(
    document: Document, service: Service, mapping: FieldMapping, device_header: str | None
) -> ReceivedReport:
    content = _content(document)
    found = find_fields(document, mapping)
    if service is Service.EVENT and Field.SERIAL not in found:
        found |= _find_source(content)
    essentials = read_essentials({name: found[name] for name in _ESSENTIALS if name in found})
    origin = read_origin(document, essentials, device_header)
    told = _read_told(content, service, found)
    return ReceivedReport(
        service=service,
        device_id=origin.device_id,
        device_as_received=origin.device_as_received,
        time=origin.time,
        facts=told.facts,
        location=_read_location(document, told, service),
        extras=told.extras,
    )


def _content(document: Document) -> dict[str, object]:
    """Gives the fields of a document; those of the query where it says nothing itself."""
    fallback = document.fallback
    own = {
        name: value for name, value in document.fields.items() if name not in fallback or not is_absent(value)
    }
    return {**fallback, **own}


def _find_source(content: Mapping[str, object]) -> dict[Field, FoundField]:
    """Finds the device that an event names as its source (sigfox reference, 1.9)."""
    names = {plain(name): name for name in content}
    kind = content.get(names.get("sourcetype", ""))
    source = content.get(names.get("sourceid", ""))
    if is_absent(source) or not (is_absent(kind) or str(kind).strip().upper() == "DEVICE"):
        return {}
    return {Field.SERIAL: FoundField((names["sourceid"],), source)}


def _read_told(content: Mapping[str, object], service: Service, found: Mapping[Field, FoundField]) -> _Told:
    """Reads the facts of a service strictly, those of the reception where they can be read.

    Raises:
        Unreadable: A fact is not of its kind or missing, or something else can't be kept.
    """
    own = REPORT_FACTS[service]
    facts: dict[str, object] = {}
    spellings: dict[str, str] = {}
    extras: dict[str, object] = {}
    faults: list[Fault] = []
    for name, known, value in _entries(content, found, own):
        fact = own.get(known)
        reception = _read_reception(known, value)
        try:
            if fact is not None:
                spellings[known] = name
                facts[fact.name] = _read_fact(fact, name, value)
            elif reception is not None:
                facts.update([reception])
            else:
                extras |= kept_fields({name: value})
        except InvalidVariable as invalid:
            faults.append(Fault(".".join(invalid.path), str(invalid)))
    required = REQUIRED_FACTS.get(service, ())
    faults += [Fault(name, "is missing") for name in required if plain(name) not in spellings]
    if faults:
        raise Unreadable(*faults)
    return _Told({name: value for name, value in facts.items() if value is not None}, spellings, extras)


def _entries(
    content: Mapping[str, object], found: Mapping[Field, FoundField], own: Mapping[str, Fact]
) -> Iterator[tuple[str, str, object]]:
    """Yields what a document says, with the sender's name for it and the one to compare."""
    used = {found[name].path for name in _ESSENTIALS if name in found}
    seq_number = found.get(Field.SEQ_NUMBER, FoundField((), None))
    for name, value in content.items():
        known = _SEQ_NUMBER if seq_number.path == (name,) else plain(name)
        if not is_absent(value) and ((name,) not in used or known in own):
            yield name, known, value
    if len(seq_number.path) > 1 and _SEQ_NUMBER in own:
        yield ".".join(seq_number.path), _SEQ_NUMBER, seq_number.value


def _read_fact(fact: Fact, name: str, value: object) -> object:
    try:
        found = fact.read(value)
    except InvalidVariable as invalid:
        raise InvalidVariable((name, *invalid.path), str(invalid)) from invalid
    except ValueError as invalid:
        raise InvalidVariable((name,), str(invalid)) from invalid
    return check_value((name,), found) if isinstance(found, str) else found


def _read_reception(known: str, value: object) -> tuple[str, object] | None:
    fact = RECEPTION_FACTS.get(known)
    try:
        return None if fact is None else (fact.name, _read_fact(fact, known, value))
    except InvalidVariable:
        return None


def _read_location(document: Document, told: _Told, service: Service) -> Location | None:
    """Reads the location of TagoIO's items, else that of GEOLOC's facts, which are facts no more then.

    Raises:
        Unreadable: It is not on Earth.
    """
    places: list[tuple[Mapping[str, object], Path]] = [
        (place, (str(item["variable"]),))
        for item in document.items
        if isinstance(place := item.get("location"), dict)
    ]
    if service is Service.GEOLOC and {"lat", "lng"} <= told.facts.keys():
        places.append(({name: told.facts.pop(name, None) for name in ("lat", "lng", "radius")}, ()))
    try:
        found = [read_location(place, path) for place, path in places]
    except InvalidVariable as invalid:
        name, *inner = invalid.path
        raise Unreadable(Fault(".".join((told.spellings.get(name, name), *inner)), str(invalid))) from invalid
    return next((location for location, _ in filter(None, found)), None)
