"""How long the feed has what happened."""

from sigbridge.clock import DAY_MS
from sigbridge.errors import NotFound
from sigbridge.settings import settings

# A row may be found so long after the moment of writing that it names: the writing may be tried again, and
# clocks differ.
LATEST_WRITE_MS = 10_000


class NoFeed(NotFound):
    """The stack has no feed."""

    def __init__(self) -> None:
        super().__init__("This stack has no feed: its parameter FeedDays is 0")


def kept_until(written_at: int) -> int:
    """Return when what is written at a moment (epoch ms) is forgotten, epoch seconds."""
    return (written_at + settings().feed_days * DAY_MS) // 1000


def kept_since(now_ms: int) -> int:
    """Return since when the feed has everything, epoch ms, if it was there that long."""
    return now_ms - settings().feed_days * DAY_MS
