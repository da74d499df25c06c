"""Under which names senders write the fields of a message where their key does not say it.

The list is published in docs/api.md. A key's Additional Parameter comes before it, and so does the table
of known senders (`api.ingest.senders`): these names are guesses.
"""

from collections.abc import Iterator, Mapping, Sequence

from sigbridge.model.field_mapping import Field, plain

# Compared without case, "_" and "-"; earlier names win.
COMMON_NAMES: Mapping[Field, tuple[str, ...]] = {
    Field.SERIAL: (
        "serial",
        "device",
        "deveui",
        "deviceeui",
        "hardwareserial",
        "serialnumber",
        "deviceid",
        "epid",
        "imei",
        "id",
    ),
    Field.PAYLOAD: ("data", "payload", "payloadraw", "payloadhex", "ulpayload", "frmpayload"),
    Field.PORT: ("port", "fport"),
    Field.TIME: ("time", "timestamp"),
    Field.SEQ_NUMBER: ("seqnumber", "seqno"),
    Field.ACK: ("ack",),
    Field.LATITUDE: ("latitude", "lat"),
    Field.LONGITUDE: ("longitude", "lng", "lon", "long"),
}

# May as well be the id of a message: a device's id elsewhere in the body comes before it.
WEAK_SERIAL_NAME = "id"

# Names that only a device's id has, looked for at any depth.
UNMISTAKABLE_SERIAL_NAMES = ("deveui", "deviceeui", "hardwareserial")

# The Things Stack's names of a payload.
BASE64_PAYLOAD_NAMES = frozenset(("payloadraw", "frmpayload"))

# Objects in which network servers write the device's id under any name.
DEVICE_OBJECTS = ("deviceinfo", "enddeviceids", "enddevice", "device", "deviceproperties", "meta")

# By these names an object is the place of a device.
PLACE_OBJECTS = frozenset(
    ("location", "position", "gps", "geoloc", "geolocation", "geo", "coordinates", "latlng", "coords", "fix")
)

# What is named so is of a gateway, a base station or the reception: never of the device.
_FOREIGN_NAMES = frozenset(("radio", "hardware", "network", "metadata", "duplicates"))
_FOREIGN_BEGINNINGS = ("gw", "rx", "lrr")
_FOREIGN_WORDS = ("gateway", "station", "tower", "antenna", "hotspot", "reception")


def objects_of_device(
    contents: Sequence[Mapping[str, object]], levels: int
) -> Iterator[tuple[tuple[str, ...], Mapping[str, object]]]:
    """Yield the objects within contents that are not the network's, the nearest to the top first.

    Args:
        contents: Where to look.
        levels: How deep.

    Yields:
        The names that lead to an object, and the object.
    """
    level: list[tuple[tuple[str, ...], Mapping[str, object]]] = [((), content) for content in contents]
    for _ in range(levels):
        level = [
            ((*path, name), inner)
            for path, fields in level
            for name, inner in fields.items()
            if isinstance(inner, dict) and not is_foreign(plain(name))
        ]
        yield from level


def is_foreign(compared_name: str) -> bool:
    """Return whether what stands under a name is not of the device but of the network."""
    return (
        compared_name in _FOREIGN_NAMES
        or compared_name.startswith(_FOREIGN_BEGINNINGS)
        or any(word in compared_name for word in _FOREIGN_WORDS)
    )
