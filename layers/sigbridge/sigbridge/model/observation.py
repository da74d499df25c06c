"""What is known of a device beside its messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ObservationKind(StrEnum):
    """Kinds of knowledge, of each of which only the newest is kept.

    BATTERY: `volts`.
    TEMPERATURE: `celsius`.
    LINK: `lqi`, `link_quality`, `operator_name`, `country_code` (sigfox reference, 1.4).
    LOCATION: as a message's.
    SILENCE: Sigfox misses the device; `info` in its words, `since` (epoch ms) where it says so.
    NETWORK: Sigfox warns that messages may be lost; `info` in its words.
    SEQUENCE: a gap in the sequence numbers; `event_type`, and the numbers `expected`, `last`, `received`.
    CONTRACT: the end or the renewal of the contract; `event_type`, and why.
    QUOTA: the device has used up its downlinks of the day.
    """

    BATTERY = "battery"
    TEMPERATURE = "temperature"
    LINK = "link"
    LOCATION = "location"
    SILENCE = "silence"
    NETWORK = "network"
    SEQUENCE = "sequence"
    CONTRACT = "contract"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that is known of a device.

    Attributes:
        at: The moment it is of, epoch ms.
        facts: What is known, by names; times are epoch ms.
    """

    at: int
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observations:
    """All that is noted of a device.

    Attributes:
        known: What is known, of each kind the newest.
        heard_at: Time of the newest message that a look has found, epoch ms; None for none.
        due_at: When it is to be looked at, epoch ms; None while it is not watched.
    """

    known: Mapping[ObservationKind, Observation] = field(default_factory=dict)
    heard_at: int | None = None
    due_at: int | None = None
