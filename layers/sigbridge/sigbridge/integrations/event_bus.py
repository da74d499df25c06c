"""The EventBridge bus that the stack names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigbridge import clock
from sigbridge.aws import event_bus
from sigbridge.aws.event_bus import Entry
from sigbridge.integrations.destination import DeliveryFailure
from sigbridge.model.event import Event

_OUT_OF_TIME = DeliveryFailure("The event bus took too long")


@dataclass(frozen=True, slots=True)
class EventBus:
    """A bus of the stack's account and region."""

    name: str

    def deliver(self, events: Sequence[Event], deadline_ms: int) -> Mapping[int, DeliveryFailure]:
        """Deliver events, until the bus takes none of a request: the rest of them is not tried then."""
        entries = [Entry(event.kind, event.detail) for event in events]
        failures: dict[int, DeliveryFailure] = {}
        for some in event_bus.requests(entries):
            if clock.now_ms() >= deadline_ms:
                return failures | dict.fromkeys(range(some.start, len(events)), _OUT_OF_TIME)
            found = self._put(entries, some)
            failures |= found
            if len(found) == len(some) and not any(failure.is_lasting for failure in found.values()):
                return failures | dict.fromkeys(range(some.stop, len(events)), found[some.start])
        return failures

    def _put(self, entries: Sequence[Entry], some: range) -> dict[int, DeliveryFailure]:
        refusals = event_bus.put(self.name, entries[some.start : some.stop])
        return {
            position: DeliveryFailure(f"The event bus refused an event: {refusal.code}", refusal.is_lasting)
            for position, refusal in zip(some, refusals, strict=True)
            if refusal is not None
        }
