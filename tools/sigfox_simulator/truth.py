"""What truly happened: everything the simulator sent, and every answer it got."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from sigfox_simulator.devices import Device
from sigfox_simulator.faults import DeliveryFault
from sigfox_simulator.schedule import Message
from sigfox_simulator.services import Service

type MessageKey = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """A request's time on the real clock, in epoch seconds.

    Attributes:
        sent: When it was sent.
        received: When its answer was there, or it was given up.
    """

    sent: float
    received: float

    def is_before(self, other: "Span") -> bool:
        """Whether it was over before the other began, so that the bundle handled it first."""
        return self.received < other.sent


@dataclass(frozen=True, slots=True)
class Transmission:
    """A message that was transmitted.

    Attributes:
        message: As it was planned.
        time: Epoch seconds in its callbacks.
        late: Whether the bundle hears of it after its radio window.
    """

    message: Message
    time: int
    late: bool = False

    @property
    def key(self) -> MessageKey:
        """What tells it from all others: device, time, sequence number."""
        return self.message.device.id, self.time, self.message.seq_number

    def __str__(self) -> str:
        return f"{self.message.device.id} seqNumber {self.message.seq_number} time {self.time}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a callback that reached the bundle, or may have.

    Attributes:
        service: The callback.
        transmissions: The messages it told of; several in a batch, none in a STATUS, ERROR or EVENT.
        attempt: Which of Sigfox's attempts, from 0.
        span: When.
        status: HTTP status; None when no answer came.
        content: The answer's body.
        fault: What the simulator did to it.
        info_code: What an ACKNOWLEDGE said.
    """

    service: Service
    transmissions: tuple[Transmission, ...]
    attempt: int
    span: Span
    status: int | None
    content: bytes = b""
    fault: DeliveryFault | None = None
    info_code: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether the bundle answered 2xx."""
        return self.status is not None and HTTPStatus(self.status).is_success


@dataclass(frozen=True, slots=True)
class Downlink:
    """A downlink that the bundle accepted.

    Attributes:
        id: The bundle's.
        device: Whose queue it entered.
        payload: 16 hex digits, no other downlink's.
        order: Its place in everything that entered this queue.
        pushed: The request that brought it.
        confirmed: Whether it is to be tried again until it is acknowledged.
        max_attempts: How often at most; None where not said.
        expires_at: Epoch seconds; None for never.
    """

    id: str
    device: Device
    payload: str
    order: int
    pushed: Span
    confirmed: bool = False
    max_attempts: int | None = None
    expires_at: float | None = None

    def __str__(self) -> str:
        return f"downlink {self.id} ({self.payload}) of {self.device.id}"


class Ending(StrEnum):
    """How the customer ended downlinks that were still queued."""

    REPLACED = "replaced"
    CLEARED = "cleared"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Removal:
    """A change that took downlinks out of a queue.

    Attributes:
        ending: How.
        device: Whose queue.
        span: When.
        order: Downlinks of this queue with a lower order were in it, if they had not left it before.
        downlink_id: The one that was deleted, for `DELETED`.
    """

    ending: Ending
    device: Device
    span: Span
    order: int
    downlink_id: str | None = None

    def concerns(self, downlink: Downlink) -> bool:
        """Whether the downlink was removed by this, had it not left the queue before."""
        if self.device.id != downlink.device.id:
            return False
        return downlink.order < self.order if self.downlink_id is None else downlink.id == self.downlink_id


@dataclass(frozen=True, slots=True)
class Listing:
    """What a queue held at a moment.

    Attributes:
        span: When it was asked for.
        ids: The queued downlinks, the next one first.
    """

    span: Span
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was answered otherwise than it should be.

    Attributes:
        what: The request, for people.
        status: The answer's status.
        content: Its body.
    """

    what: str
    status: int
    content: bytes


@dataclass(slots=True)
class DeviceTruth:
    """Everything that happened to one device.

    Attributes:
        device: The device.
        transmissions: Its messages, in the order in which they were sent.
        deliveries: Requests of their callbacks, in the order of their ends; batches hold those of
            other devices too.
        downlinks: Accepted downlinks, in the order of the queue.
        repeated_pushes: Ids that pushes under one `Idempotency-Key` returned, for each key.
        removals: What took downlinks out of the queue.
        refused_deletions: Deletions that were refused because the downlink was in the queue no more.
        listings: What the queue held, as the customer was told.
        unclear: Whether a change of the queue got no answer, so that it may have happened.
        unclear_payloads: Payloads of such changes.
    """

    device: Device
    transmissions: list[Transmission] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    downlinks: list[Downlink] = field(default_factory=list)
    repeated_pushes: list[tuple[tuple[str, ...], ...]] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    refused_deletions: list[Removal] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    unclear: bool = False
    unclear_payloads: set[str] = field(default_factory=set)

    def deliveries_of(self, service: Service) -> Iterator[Delivery]:
        """The requests of one callback."""
        return (delivery for delivery in self.deliveries if delivery.service is service)


@dataclass(slots=True)
class Truth:
    """Everything that happened.

    Attributes:
        devices: What happened to each device, by its id.
        deliveries: Requests of all callbacks.
        requests_lost: Requests of callbacks that never reached the bundle.
        given_up: Callbacks that failed at every attempt although the bundle had some of their requests.
        never_delivered: Callbacks of which no request ever reached the bundle.
        refusals: Requests of the customer that were wrongly refused.
    """

    devices: dict[str, DeviceTruth]
    deliveries: list[Delivery] = field(default_factory=list)
    requests_lost: int = 0
    given_up: list[str] = field(default_factory=list)
    never_delivered: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @classmethod
    def about(cls, fleet: Iterable[Device]) -> "Truth":
        """Begin a record about some devices."""
        return cls({device.id: DeviceTruth(device) for device in fleet})

    def of(self, device: Device) -> DeviceTruth:
        """What happened to a device."""
        return self.devices[device.id]

    def record(self, delivery: Delivery) -> None:
        """Write a delivery down, with each device that it tells of."""
        self.deliveries.append(delivery)
        for device_id in {transmission.message.device.id for transmission in delivery.transmissions}:
            self.devices[device_id].deliveries.append(delivery)
