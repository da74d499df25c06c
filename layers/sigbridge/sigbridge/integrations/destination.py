"""Whom events are told: a new destination is a module that has one of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sigbridge.model.event import Event


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """Why a destination did not take an event.

    Attributes:
        reason: For the log.
        is_lasting: Whether it is of no use to try again.
    """

    reason: str
    is_lasting: bool = False


class Destination(Protocol):
    """Where events are delivered."""

    def deliver(self, events: Sequence[Event], deadline_ms: int) -> Mapping[int, DeliveryFailure]:
        """Deliver events, each at least once, in any order.

        Args:
            events: What to deliver.
            deadline_ms: The moment, epoch ms, after which nothing more may be begun.

        Returns:
            The events that may not be delivered, by their positions.
        """
        ...
