"""A data item, TagoIO's unit of data (tagoio reference, 7), and where it stands among the others."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sigbridge.model.message import Location, Value
from sigbridge.store.timeline import TimelineKind

_ID_LENGTH = 24
# Names, id, time and signs of an item in JSON.
_OVERHEAD = 150


@dataclass(frozen=True, slots=True, order=True)
class TimelineKey:
    """Where something of a device is stored, in the order of moments.

    Attributes:
        sort: `<ms, 13 digits>#<rest>`.
        kind: Whether it is a message or data set by hand.
    """

    sort: str
    kind: TimelineKind


class Origin(StrEnum):
    """What a data item was among all that is known of its place.

    A fact of its network, a variable, or what a formatter read in the payload.
    """

    DECODED = "decoded"
    FACT = "fact"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """Which of the data items of its place one is; that stays so whatever becomes of the others.

    Attributes:
        variable: Name of its variable.
        origin: What it was.
        number: Which one it is of those of that name and origin, from 0.
    """

    variable: str
    origin: Origin
    number: int


@dataclass(frozen=True, slots=True)
class DataItem:
    """A value of a variable at a moment.

    Attributes:
        device_id: Normalised device id.
        place: Where it is stored.
        slot: Which item of that place it is.
        time: Epoch ms.
        group: What belongs together has the same one.
        value: Text, number or boolean.
        unit: Such as "°C", where given.
        location: Where the device was, where given; of its fields latitude and longitude count.
        metadata: Free details, where given.
    """

    device_id: str
    place: TimelineKey
    slot: ItemKey
    time: int
    group: str
    value: Value
    unit: str | None = None
    location: Location | None = None
    metadata: Mapping[str, object] | None = None

    @property
    def variable(self) -> str:
        """Name of its variable."""
        return self.slot.variable

    @property
    def id(self) -> str:
        """24 hex digits, the same each time it is read."""
        names = (self.device_id, self.place.kind, self.place.sort)
        parts = (*names, self.slot.variable, self.slot.origin, self.slot.number)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_ID_LENGTH]

    @property
    def order(self) -> tuple[TimelineKey, ItemKey]:
        """Where it stands among the items of its device, the earliest first."""
        return self.place, self.slot

    @property
    def told_size(self) -> int:
        """About how many bytes it takes in JSON, whatever characters it holds."""
        content = (self.value, self.unit, self.group, self.device_id, self.variable, self.metadata)
        return _OVERHEAD + len(json.dumps(content, default=str))
