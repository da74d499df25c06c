"""What goes wrong between Sigfox Cloud and the bundle, decided by the seed alone."""

from dataclasses import dataclass
from enum import StrEnum

from sigfox_simulator.dice import dice
from sigfox_simulator.radio import InfoCode
from sigfox_simulator.schedule import Message
from sigfox_simulator.services import Service

_AT_ONCE = (2, 3, 4)
_REFUSING_CODES = (
    InfoCode.NETWORK_ERROR,
    InfoCode.NO_DOWNLINK_CONTRACT,
    InfoCode.TOO_MANY_REQUESTS,
    InfoCode.INVALID_CONFIGURATION,
)
UNKNOWN_CODE = 42


class DeliveryFault(StrEnum):
    """What happens to one request of a callback."""

    ANSWER_LOST = "answer lost"
    REQUEST_LOST = "request lost"
    ANSWER_SLOW = "answer too slow"
    REPEATED_AT_ONCE = "repeated at once"


class AcknowledgeFault(StrEnum):
    """What happens to an acknowledgement as a whole."""

    LOST = "lost for ever"
    TWICE = "twice"
    LATE = "after the next message"
    OTHER_CODE = "another code"


@dataclass(frozen=True, slots=True)
class Faults:
    """All faults of a simulation.

    Attributes:
        seed: Decides which.
        fraction: Of the requests, and of the acknowledgements, that something happens to.
    """

    seed: int
    fraction: float

    def of_delivery(self, service: Service, message: Message, attempt: int) -> DeliveryFault | None:
        """What happens to a callback's n-th request, from 0.

        The first request of a batch is never lost: Sigfox's repeat would come after the radio window, and
        the lines of a batch can't be dated so that the bundle's clock sees that (see `is_late`).
        """
        throw = dice(self.seed, "delivery", service, message.device.id, message.number, attempt)
        if throw.random() >= self.fraction:
            return None
        fault = throw.choice(tuple(DeliveryFault))
        if fault is DeliveryFault.REQUEST_LOST and service is Service.BIDIR and message.device.batched:
            return DeliveryFault.ANSWER_LOST
        return fault

    def is_late(self, message: Message) -> bool:
        """Whether the bundle hears of a BIDIR message only after its radio window, by a repeat."""
        fault = self.of_delivery(Service.BIDIR, message, 0)
        return message.service is Service.BIDIR and fault is DeliveryFault.REQUEST_LOST

    def at_once(self, service: Service, message: Message, attempt: int) -> int:
        """How many times a request that is repeated at once is sent."""
        return dice(self.seed, "at once", service, message.device.id, message.number, attempt).choice(
            _AT_ONCE
        )

    def of_acknowledge(self, message: Message) -> AcknowledgeFault | None:
        """What happens to the acknowledgement of a message."""
        throw = dice(self.seed, "acknowledge", message.device.id, message.number)
        return throw.choice(tuple(AcknowledgeFault)) if throw.random() < self.fraction else None

    def other_codes(self, message: Message) -> tuple[int, ...]:
        """The codes that come in place of 0 ACKED, one after the other (reference, 1.5)."""
        throw = dice(self.seed, "codes", message.device.id, message.number)
        return throw.choice(
            (
                *((code,) for code in _REFUSING_CODES),
                (InfoCode.PENDING,),
                (InfoCode.PENDING, InfoCode.ACKED),
                (InfoCode.ROAMING_PENDING, InfoCode.ACKED),
                (UNKNOWN_CODE,),
            )
        )
