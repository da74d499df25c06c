"""Reading the reports of Sigfox's services."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sigbridge.api.http.request import Request
from sigbridge.api.ingest.documents import Document
from sigbridge.api.ingest.essentials import Essentials, FoundField, Unreadable
from sigbridge.api.ingest.facts import read_fact
from sigbridge.api.ingest.origin import Origin
from sigbridge.api.ingest.structures import storable_fields
from sigbridge.errors import Fault
from sigbridge.messages import Location
from sigbridge.model.field_mapping import Field, plain
from sigbridge.reports import ReceivedReport, Service, UnknownService
from sigbridge.sigfox.callbacks import DATA_ADVANCED
from sigbridge.sigfox.facts import RECEPTION_FACTS, REPORT_FACTS, REQUIRED_FACTS, Fact
from sigbridge.sigfox.values import is_absent
from sigbridge.tagoio.locations import NotOnEarth, read_location
from sigbridge.tagoio.variables import InvalidVariable, Path, check_value

_ESSENTIALS = (Field.SERIAL, Field.TIME)
_SEQ_NUMBER = plain(Field.SEQ_NUMBER)
_GEOLOC_PLACE = ("lat", "lng", "radius")
_SERVICES: Mapping[str, Service | None] = {
    **{plain(service): service for service in Service},
    plain(DATA_ADVANCED): None,
}


@dataclass(frozen=True, slots=True)
class _ReportContent:
    """What a document says beside its essential fields.

    Attributes:
        facts: By Sigfox's names in snake case.
        spellings: How the sender spelt the names of the facts, by those to compare.
        extras: Everything else.
        warnings: What was not understood.
    """

    facts: dict[str, object] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    extras: dict[str, object] = field(default_factory=dict)
    warnings: list[Fault] = field(default_factory=list)


def addressed_service(request: Request) -> Service | None:
    """Read the service that a path names, in any case.

    Returns:
        None for `data-advanced`, which belongs to a message.

    Raises:
        UnknownService: It names none of Sigfox's.
    """
    name = request.path["service"]
    try:
        return _SERVICES[plain(name)]
    except KeyError as unknown:
        raise UnknownService(name, sorted((*Service, DATA_ADVANCED))) from unknown


def read_report(
    document: Document, essentials: Essentials, origin: Origin, service: Service
) -> ReceivedReport:
    """Read the report of a service.

    Raises:
        Unreadable: A fact without which it says nothing is missing or can't be read, or something in it
            can't be kept.
    """
    report = _read_content(document.content, service, essentials)
    return ReceivedReport(
        service=service,
        device_id=origin.device_id,
        device_as_received=origin.device_as_received,
        time=origin.time,
        facts=report.facts,
        location=_read_location(document, report, service),
        extras=report.extras,
        warnings=tuple(
            dict.fromkeys((*document.warnings, *essentials.warnings, *origin.warnings, *report.warnings))
        ),
    )


def find_source(document: Document, essentials: Essentials) -> Essentials:
    """Take the device that an event names as its source (sigfox reference, 1.9), if it names one."""
    names = {plain(name): name for name in document.content}
    if "sourceid" not in names:
        return essentials
    source = document.content[names["sourceid"]]
    kind = document.content[names["sourcetype"]] if "sourcetype" in names else None
    if is_absent(source) or not (is_absent(kind) or str(kind).strip().upper() == "DEVICE"):
        return essentials
    found = FoundField((names["sourceid"],), source)
    return replace(
        essentials,
        values={**essentials.values, Field.SERIAL: str(source)},
        found={**essentials.found, Field.SERIAL: found},
    )


def _read_content(content: Mapping[str, object], service: Service, essentials: Essentials) -> _ReportContent:
    """Read what a report says. What can't be read as the fact of its name is kept as it came.

    Raises:
        Unreadable: A fact without which it says nothing is missing or can't be read, or something else can't
            be kept.
    """
    own = REPORT_FACTS[service]
    required = {plain(name) for name in REQUIRED_FACTS.get(service, ())}
    report = _ReportContent()
    faults: list[Fault] = []
    for name, known, value in _entries(content, essentials.found, own):
        fact = own.get(known) or RECEPTION_FACTS.get(known)
        try:
            if fact is not None:
                report.facts[fact.name] = _checked_fact(fact, name, value)
                report.spellings[known] = name
                continue
        except InvalidVariable as invalid:
            fault = Fault.at(invalid.path, str(invalid))
            report.spellings[known] = name
            if known in required:
                faults.append(fault)
                continue
            if known in own:
                report.warnings.append(fault)
        try:
            report.extras.update(storable_fields({name: value}))
        except InvalidVariable as invalid:
            faults.append(Fault.at(invalid.path, str(invalid)))
    missing = (name for name in REQUIRED_FACTS.get(service, ()) if plain(name) not in report.spellings)
    faults += [Fault(name, "is missing") for name in missing]
    if faults:
        raise Unreadable(*faults)
    return replace(report, facts={name: value for name, value in report.facts.items() if value is not None})


def _entries(
    content: Mapping[str, object], found: Mapping[Field, FoundField], own: Mapping[str, Fact]
) -> Iterator[tuple[str, str, object]]:
    """Yield what a document says, with the sender's name for it and the one to compare."""
    used = {found[name].path for name in _ESSENTIALS if name in found}
    seq_number = found.get(Field.SEQ_NUMBER, FoundField((), None))
    for name, value in content.items():
        known = _SEQ_NUMBER if seq_number.path == (name,) else plain(name)
        if not is_absent(value) and ((name,) not in used or known in own):
            yield name, known, value
    if len(seq_number.path) > 1 and _SEQ_NUMBER in own:
        yield ".".join(seq_number.path), _SEQ_NUMBER, seq_number.value


def _checked_fact(fact: Fact, name: str, value: object) -> object:
    try:
        found = read_fact(fact, value)
    except InvalidVariable as invalid:
        raise InvalidVariable((name, *invalid.path), str(invalid)) from invalid
    except ValueError as invalid:
        raise InvalidVariable((name,), str(invalid)) from invalid
    return check_value((name,), found) if isinstance(found, str) else found


def _read_location(document: Document, report: _ReportContent, service: Service) -> Location | None:
    """Read the location of TagoIO's items, else that of GEOLOC's facts, which are facts no more then."""
    places: list[tuple[Mapping[str, object], Path]] = [
        (place, (str(item["variable"]),))
        for item in document.items
        if isinstance(place := item.get("location"), dict)
    ]
    geoloc = {name: report.facts[name] for name in _GEOLOC_PLACE if name in report.facts}
    if service is Service.GEOLOC and {"lat", "lng"} <= geoloc.keys():
        places.append((geoloc, ()))
    for place, path in places:
        try:
            found = read_location(place, path)
        except NotOnEarth as nowhere:
            name, *inner = nowhere.path
            report.warnings.append(Fault.at((report.spellings.get(name, name), *inner), str(nowhere)))
            continue
        if found is not None:
            if place is geoloc:
                for name in geoloc:
                    del report.facts[name]
            return found.location
    return None
