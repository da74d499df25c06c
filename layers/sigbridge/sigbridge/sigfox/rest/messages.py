"""Messages of devices, as Sigfox's API lists them (sigfox-rest reference, 4)."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from sigbridge.model.device_id import InvalidDeviceId, sigfox_device_id
from sigbridge.model.message import Location, Network, ReceivedMessage, WrittenPayload
from sigbridge.sigfox.rest.values import (
    boolean_of,
    moment_of,
    number_of,
    object_of,
    objects_of,
    text_of,
    whole_of,
)
from sigbridge.sigfox.values import LINK_QUALITIES, read_link_quality


class UnreadableMessage(ValueError):
    """An entry that names no device, or no moment."""


def read_message(entry: object, device_type_id: str) -> ReceivedMessage:
    """Read a message; what of it can't be read, beside its device and its time, is left out.

    Args:
        entry: As Sigfox's API has it.
        device_type_id: Whose messages were listed.

    Raises:
        UnreadableMessage: It names no device, or no moment.
    """
    content = object_of(entry)
    named = content.get("device")
    device = text_of(object_of(named).get("id")) or text_of(named) or text_of(content.get("deviceId"))
    moment = moment_of(content.get("time"))
    if device is None or moment is None:
        message = "names no device" if device is None else "names no time"
        raise UnreadableMessage(message)
    try:
        device_id = sigfox_device_id(device)
    except InvalidDeviceId as invalid:
        message = f"names a device whose id {invalid}"
        raise UnreadableMessage(message) from invalid
    data = content.get("data")
    facts = {
        "device_type_id": device_type_id,
        "lqi": _link_quality(content.get("lqi")),
        "duplicates": [*_receptions(content.get("rinfos"))] or None,
    }
    return ReceivedMessage(
        device_id=device_id,
        device_as_received=device,
        network=Network.SIGFOX,
        # Callbacks tell whole seconds.
        time=moment // 1000 * 1000,
        seq_number=whole_of(content.get("seqNumber")),
        payload=WrittenPayload(data) if isinstance(data, str) else None,
        ack=boolean_of(content.get("ackRequired")),
        radio={name: value for name, value in facts.items() if value is not None},
        location=_location(content.get("computedLocation")),
    )


def _link_quality(value: object) -> str | None:
    code = whole_of(value)
    if code is not None:
        return LINK_QUALITIES[code] if code < len(LINK_QUALITIES) else None
    with suppress(ValueError):
        return read_link_quality(value)
    return None


def _receptions(rinfos: object) -> Iterator[Mapping[str, object]]:
    """Yield what each base station heard, as DATA_ADVANCED tells it (sigfox reference, 1.4)."""
    for rinfo in objects_of(rinfos):
        facts = {
            "bs_id": text_of(object_of(rinfo.get("baseStation")).get("id")),
            "nb_rep": whole_of(rinfo.get("rep")),
            "rssi": number_of(rinfo.get("rssi")),
            "snr": number_of(rinfo.get("snr")),
        }
        if known := {name: value for name, value in facts.items() if value is not None}:
            yield known


def _location(places: object) -> Location | None:
    """Return the first computed position that is one: the API has a list of them, a callback one."""
    for place in objects_of(places if isinstance(places, list) else [places]):
        latitude, longitude = number_of(place.get("lat")), number_of(place.get("lng"))
        if latitude is None or longitude is None or latitude == longitude == 0:
            continue
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            radius, source = number_of(place.get("radius")), whole_of(place.get("source"))
            return Location(latitude, longitude, radius, source)
    return None
