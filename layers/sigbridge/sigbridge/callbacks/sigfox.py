"""The facts that Sigfox Cloud tells besides the message itself (sigfox reference, 1.2 to 1.7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sigbridge.callbacks.field_names import plain
from sigbridge.callbacks.values import read_boolean, read_number, read_text, read_whole_number


@dataclass(frozen=True, slots=True)
class Fact:
    """A variable of Sigfox's callbacks.

    Attributes:
        name: Under which it is kept.
        read: Reads its value; raises ValueError for what it can't be.
    """

    name: str
    read: Callable[[object], object]


def _facts(readers: Mapping[str, Callable[[object], object]]) -> dict[str, Fact]:
    return {plain(name): Fact(name, read) for name, read in readers.items()}


RECEPTION_FACTS = _facts(
    {
        "rssi": read_number,
        "snr": read_number,
        "avg_snr": read_number,
        "signal": read_number,
        "avg_signal": read_number,
        "station": read_text,
        "lat": read_number,
        "lng": read_number,
        "duplicate": read_boolean,
        "long_polling": read_boolean,
        "device_type_id": read_text,
    }
)

ADVANCED_FACTS = _facts(
    {
        "lqi": read_text,
        "link_quality": read_whole_number,
        "fixed_lat": read_number,
        "fixed_lng": read_number,
        "operator_name": read_text,
        "country_code": read_whole_number,
    }
)

# These come as JSON, not as text, and only in DATA_ADVANCED.
ADVANCED_OBJECTS = frozenset(map(plain, ("computedLocation", "duplicates")))
