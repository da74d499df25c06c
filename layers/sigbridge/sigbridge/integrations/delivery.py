"""Delivering events to the destinations that the stack has, none of which waits for another."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sigbridge import clock
from sigbridge.integrations.destination import DeliveryFailure, Destination
from sigbridge.integrations.event_bus import EventBus
from sigbridge.integrations.feed import Feed
from sigbridge.integrations.webhooks import Webhooks
from sigbridge.model.event import Event
from sigbridge.settings import settings

FEED = "feed"
WEBHOOKS = "webhooks"

# One request that is begun just before it takes 8 s more, if nobody answers.
_DEADLINE_MS = 10_000
# Of the form in which a delivery waits in a queue.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one destination.

    Attributes:
        destination: Name of the destination.
        event: What it is told.
    """

    destination: str
    event: Event

    @classmethod
    def from_json(cls, document: str) -> "Delivery":
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: It did not write this, or another version of it did.
        """
        content = json.loads(document)
        if content["version"] != _VERSION:
            message = f"A delivery of version {content['version']}"
            raise ValueError(message)
        event = Event.of_detail(content["kind"], content["detail"], content.get("fed_at"))
        return cls(content["destination"], event)

    def to_json(self, **more: str) -> str:
        """Write it for a queue, with more for who looks at that."""
        content: dict[str, Any] = {"version": _VERSION, "destination": self.destination}
        content |= {"kind": self.event.kind, **more}
        if self.event.fed_at is not None:
            content["fed_at"] = self.event.fed_at
        content["detail"] = json.loads(self.event.detail)
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def destinations() -> Mapping[str, Destination]:
    """Return the destinations of this stack by name."""
    bus = settings().event_bus_name
    found: dict[str, Destination] = {} if bus is None else {"event_bus": EventBus(bus)}
    if settings().feed_days:
        found[FEED] = Feed()
    if settings().webhook_queue_url:
        found[WEBHOOKS] = Webhooks()
    return found


def stages() -> Iterator[Sequence[str]]:
    """Yield the names of destinations that are told at once, before those that come after them.

    Webhooks come after the feed: they are told of an event whether the feed has it.
    """
    names = destinations()
    yield [name for name in names if name != WEBHOOKS]
    yield [name for name in names if name == WEBHOOKS]


def deliver(deliveries: Sequence[Delivery]) -> Mapping[int, DeliveryFailure]:
    """Make deliveries, to all destinations at once, and return those that failed by position."""
    positions: dict[str, list[int]] = defaultdict(list)
    for position, delivery in enumerate(deliveries):
        positions[delivery.destination].append(position)
    if not positions:
        return {}
    deadline_ms = clock.now_ms() + _DEADLINE_MS
    with ThreadPoolExecutor(len(positions)) as threads:
        found = threads.map(
            lambda name: _deliver_to(name, [deliveries[i].event for i in positions[name]], deadline_ms),
            positions,
        )
        return {
            own[number]: failure
            for own, failures in zip(positions.values(), found, strict=True)
            for number, failure in failures.items()
        }


def _deliver_to(name: str, events: Sequence[Event], deadline_ms: int) -> Mapping[int, DeliveryFailure]:
    destination = destinations().get(name)
    if destination is None:
        gone = DeliveryFailure(f"There is no destination {name} any more", is_lasting=True)
        return dict.fromkeys(range(len(events)), gone)
    return destination.deliver(events, deadline_ms)
