"""What a callback is about, told from its fields: many use one URL for all of Sigfox's callbacks.

Only a message that can be UPLINK or BIDIR may claim a downlink (docs/decisions/0023).
"""

from collections.abc import Collection, Mapping

from sigbridge.callbacks.essentials import Essentials
from sigbridge.callbacks.sigfox import ADVANCED_FACTS, COMPUTED_LOCATION, RECEPTION_FACTS
from sigbridge.callbacks.values import is_absent
from sigbridge.credentials.field_mapping import Field, plain
from sigbridge.messages import Part
from sigbridge.reports import Service

type Subject = Service | Part

# Names that no other callback has. Those of one set must all be there.
_MARKS: Mapping[Service, tuple[frozenset[str], ...]] = {
    Service.ACKNOWLEDGE: (frozenset({"infocode"}),),
    Service.EVENT: (frozenset({"eventtype"}), frozenset({"severity", "sourceid"})),
    Service.ERROR: (frozenset({"severity", "info"}),),
    Service.GEOLOC: (frozenset({"geolocsource"}), frozenset({"lat", "lng", "radius"})),
    Service.REPEATER: (
        frozenset({"repeatedmsg"}),
        frozenset({"whitelistdevices"}),
        frozenset({"unwanteddevices"}),
    ),
    Service.STATUS: (frozenset({"batt", "temp"}),),
}
# Others than Sigfox have fields of these names too: they tell only where nothing else is said, and where the
# device is named as in Sigfox's templates.
_DEVICE_NAMES = frozenset({"device", "deviceid", "epid", "id"})
_OF_STATUS = frozenset({"batt", "temp", *RECEPTION_FACTS})
_OF_ERROR = frozenset({"severity", "info", *RECEPTION_FACTS})
_ADVANCED = frozenset({COMPUTED_LOCATION, *ADVANCED_FACTS})


def subject_of(content: Mapping[str, object], essentials: Essentials, addressed: Subject) -> Subject:
    """Tell what a callback of a Sigfox device is about.

    Args:
        content: Its fields.
        essentials: Those with a meaning of their own.
        addressed: What its route is for.
    """
    names = {plain(name) for name, value in content.items() if not is_absent(value)}
    if isinstance(addressed, Service) and _is_marked(addressed, names):
        return addressed
    says_whether_it_asks = Field.ACK in essentials.found or "longpolling" in names
    if says_whether_it_asks and (isinstance(addressed, Part) or Field.PAYLOAD in essentials.found):
        return Part.UPLINK
    used = {plain(found.path[0]) for found in essentials.found.values()}
    for service in _MARKS:
        if _is_marked(service, names) and _can_be(service, names - used, essentials):
            return service
    return Part.ADVANCED if addressed is Part.UPLINK and not names.isdisjoint(_ADVANCED) else addressed


def _is_marked(service: Service, names: Collection[str]) -> bool:
    return any(marks.issubset(names) for marks in _MARKS[service])


def _can_be(service: Service, others: Collection[str], essentials: Essentials) -> bool:
    """Tell whether what else a callback says lets it be a report of a service."""
    if service is Service.ACKNOWLEDGE or service is Service.EVENT:
        return True
    if Field.PAYLOAD in essentials.found:
        return False
    if service is Service.GEOLOC:
        return "geolocsource" in others or Field.SEQ_NUMBER in essentials.found
    if service is Service.STATUS:
        return _is_told_of_device(essentials) and _OF_STATUS.issuperset(others)
    if service is Service.ERROR:
        return _is_told_of_device(essentials) and _OF_ERROR.issuperset(others)
    return True


def _is_told_of_device(essentials: Essentials) -> bool:
    serial = essentials.found.get(Field.SERIAL)
    named_as_sigfox_does = serial is None or plain(serial.path[-1]) in _DEVICE_NAMES
    return named_as_sigfox_does and Field.TIME in essentials.found
