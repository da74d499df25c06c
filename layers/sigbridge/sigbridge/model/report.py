"""A report of a Sigfox service about a device: as it was received, and as it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sigbridge.clock import is_believed
from sigbridge.errors import Fault
from sigbridge.model.message import Location
from sigbridge.model.service import Service

_OVERRUN_ERROR = 3


@dataclass(frozen=True, slots=True)
class ReceivedReport:
    """What one callback, or one item of an array, says.

    Attributes:
        service: What it is about.
        device_id: Normalised device id.
        device_as_received: The id as the sender wrote it.
        time: Epoch ms of what it reports, or None where the sender gave none.
        facts: Sigfox's facts, by Sigfox's names in snake case; numbers, booleans, texts, at times more.
        location: Where the device was, where given.
        extras: Everything else, by the sender's names, as JSON.
        warnings: What was not understood, and is kept as it came.
        recovered: Whether it was fetched from Sigfox, which could not deliver it.
    """

    service: Service
    device_id: str
    device_as_received: str
    time: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    location: Location | None = None
    extras: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as it is kept.

    Attributes:
        service: What it is about.
        id: `<ms, 13 digits>#<digest>`, the same for every repeat of it.
        device_id: Normalised device id.
        device_as_received: The id as the sender wrote it.
        time: Epoch ms of what it reports; of its reception where the sender gave no time to be believed.
        has_time: Whether the sender gave a time to be believed.
        received_at: Epoch ms of its first reception.
        facts: As in `ReceivedReport`; whole numbers are int, others Decimal.
        location: Where the device was, where given.
        extras: Everything else.
        sent_time: What the sender gave as time, epoch ms, where it is not believed; else None.
        recovered: As in `ReceivedReport`.
    """

    service: Service
    id: str
    device_id: str
    device_as_received: str
    time: int
    has_time: bool
    received_at: int
    facts: Mapping[str, object] = field(default_factory=dict)
    location: Location | None = None
    extras: Mapping[str, object] = field(default_factory=dict)
    sent_time: int | None = None
    recovered: bool = False

    @classmethod
    def of(cls, report: ReceivedReport, id_: str, received_at: int) -> "StoredReport":
        """Make the stored report of one that was received at a moment, epoch ms."""
        sent_time = report.time
        is_timed = sent_time is not None and is_believed(sent_time, received_at)
        return cls(
            service=report.service,
            id=id_,
            device_id=report.device_id,
            device_as_received=report.device_as_received,
            time=sent_time if sent_time is not None and is_timed else received_at,
            has_time=is_timed,
            sent_time=None if is_timed else sent_time,
            received_at=received_at,
            facts=report.facts,
            location=report.location,
            extras=report.extras,
            recovered=report.recovered,
        )

    @property
    def tells_overrun(self) -> bool:
        """Whether it says that the device has used up its downlinks of the day."""
        return _tells_overrun(self.service, self.facts)


def _tells_overrun(service: Service, facts: Mapping[str, object]) -> bool:
    """Tell from an acknowledgement whether the daily quota is exceeded (sigfox reference, 1.5)."""
    if service is not Service.ACKNOWLEDGE:
        return False
    return facts.get("downlink_overusage") is True or facts.get("info_code") == _OVERRUN_ERROR
