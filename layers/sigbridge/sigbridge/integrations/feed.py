"""The feed as a destination: what happened, by the time of writing, for whoever asks later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigbridge.errors import Unavailable
from sigbridge.feed.writing import write_events
from sigbridge.integrations.destination import DeliveryFailure
from sigbridge.model.event import Event


@dataclass(frozen=True, slots=True)
class Feed:
    """The feeds of all applications."""

    def deliver(self, events: Sequence[Event], deadline_ms: int) -> Mapping[int, DeliveryFailure]:
        """Write events, as many as a request holds together."""
        return {
            position: DeliveryFailure(
                f"The feed did not take an event: {failure}", is_lasting=not isinstance(failure, Unavailable)
            )
            for position, failure in write_events(events, deadline_ms).items()
        }
