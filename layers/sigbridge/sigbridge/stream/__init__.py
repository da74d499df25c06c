"""Changes: what follows from each write to the table. Nothing of it is on a caller's path."""

from sigbridge.store.stream import Change, read_change
from sigbridge.stream.batch import Followed, LeftOut, follow_batch
from sigbridge.stream.following import follow

__all__ = ["Change", "Followed", "LeftOut", "follow", "follow_batch", "read_change"]
