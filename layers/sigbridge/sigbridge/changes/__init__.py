"""Changes: what follows from each write to the table. Nothing of it is on a caller's path."""

from sigbridge.changes.change import Change, read_change
from sigbridge.changes.following import announce, follow
from sigbridge.store.event_bus import BusRefused, BusUnavailable

__all__ = ["BusRefused", "BusUnavailable", "Change", "announce", "follow", "read_change"]
