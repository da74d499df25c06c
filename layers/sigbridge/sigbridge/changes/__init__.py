"""Changes: what follows from each write to the table. Nothing of it is on a caller's path."""

from sigbridge.changes.batch import Followed, LeftOut, follow_batch
from sigbridge.changes.change import Change, read_change
from sigbridge.changes.following import follow

__all__ = ["Change", "Followed", "LeftOut", "follow", "follow_batch", "read_change"]
