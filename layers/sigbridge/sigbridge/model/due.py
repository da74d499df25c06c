"""How much is due, shard by shard: what waits for time to pass is divided by device."""

from collections.abc import Mapping
from dataclasses import dataclass

# A list takes 1,000 writes a second: sixteen are enough for ten million devices that are looked at hourly.
SHARDS = 16


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is due in one shard.

    Attributes:
        is_long: Whether it is more than a run does beside others.
        waits_since: Of a long one the moment (epoch ms) by which that much was due already; else when the
            newest item was.
    """

    is_long: bool
    waits_since: int


@dataclass(frozen=True, slots=True)
class Backlogs:
    """What is due in all shards.

    Attributes:
        of_shards: By shard; those in which nothing is due are left out.
        failed: How many shards could not be asked.
    """

    of_shards: Mapping[int, Backlog]
    failed: int
