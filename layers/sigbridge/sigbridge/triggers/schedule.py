"""Work that time asks for, kind by kind, each in its share of the time that a function has.

Work on devices is divided into shards. Each minute one invocation asks all of them what is due, and works on
those that have little. One that has much gets an invocation of its own, which ends before the next minute's
asks again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.aws.invocation import InvocationRefused, invoke_later
from sigbridge.clock import now_ms
from sigbridge.errors import InvalidInput, SigbridgeError, StoreUnavailable, Unavailable
from sigbridge.model.due import SHARDS, Backlogs
from sigbridge.telemetry import count, flush_counts, logger, measure_seconds


class Done(Protocol):
    """What came of work on several items."""

    @property
    def looked_at(self) -> int:
        """How many items there were."""

    @property
    def failed(self) -> int:
        """How many of them are to be worked on again."""

    @property
    def left_out(self) -> Mapping[Any, Exception]:
        """Those that nothing can be done about, and why."""


# Works on what is due at the first moment, until the second; both in epoch ms.
type Work = Callable[[int, int], Done]
type ScheduledHandler = Callable[[dict[str, Any], LambdaContext], None]


@dataclass(frozen=True, slots=True)
class ShardedWork:
    """Work that is divided into shards.

    Attributes:
        ask: Asks all shards what is due at a moment, epoch ms.
        work: Does a `Work` on one shard, which comes first.
    """

    ask: Callable[[int], Backlogs]
    work: Callable[[int, int, int], Done]

    def on(self, shard: int) -> Work:
        """The work on one shard."""
        return partial(self.work, shard)


class BehindSchedule(SigbridgeError):
    """More is due than is done in a minute, and has been for a while."""

    def __init__(self) -> None:
        super().__init__("More is due than is done in a minute, and has been for longer than five")


# What is worked on, in the words of the log, and how.
type _Task = tuple[str, Work]

# For what is under way when the time is over.
_RESERVED_MS = 10_000
_MINUTE_MS = 60_000
_BEHIND_MS = 5 * _MINUTE_MS


def on_schedule(sharded: Mapping[str, ShardedWork], works: Mapping[str, Work]) -> ScheduledHandler:
    """Make a Lambda handler that works on everything that is due, or on one shard that its event names.

    Args:
        sharded: By what each works on.
        works: By what each works on, too.
    """

    def every_minute(start: int, end: int, function_name: str) -> None:
        found = {what: each.ask(start) for what, each in sharded.items()}
        overdue_ms = _overdue_ms(found.values(), start)
        if overdue_ms > _BEHIND_MS:
            measure_seconds("OverdueSeconds", overdue_ms / 1000)
            logger.warning("more is due than is done in a minute", overdue_seconds=overdue_ms // 1000)
        order = _order_of_shards(start)
        handed_over = _hand_over([shard for shard in order if _is_long(found.values(), shard)], function_name)
        tasks = [
            (what, sharded[what].on(shard))
            for shard in order
            if shard not in handed_over
            for what, backlogs in found.items()
            if shard in backlogs.of_shards
        ]
        failed = _work_through([*tasks, *works.items()], start, end)
        flush_counts()
        # Lambda's error metric tells of it, and the next minute goes on.
        if failed or any(backlogs.failed for backlogs in found.values()):
            raise StoreUnavailable
        if overdue_ms > _BEHIND_MS:
            raise BehindSchedule

    def one_shard(shard: int, start: int, end: int) -> None:
        failed = _work_through([(what, each.on(shard)) for what, each in sharded.items()], start, end)
        flush_counts()
        if failed:
            raise StoreUnavailable

    @logger.inject_lambda_context
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
        start = now_ms()
        end = start + context.get_remaining_time_in_millis() - _RESERVED_MS
        if "shard" in event:
            one_shard(_known(event["shard"]), start, end)
        else:
            every_minute(start, end, context.function_name)

    return lambda_handler


def _known(shard: object) -> int:
    if not isinstance(shard, int) or shard not in range(SHARDS):
        message = f"There is no shard {shard!r}"
        raise InvalidInput(message)
    return shard


def _order_of_shards(start: int) -> list[int]:
    """All shards, with another one first each minute."""
    first = start // _MINUTE_MS % SHARDS
    return [*range(first, SHARDS), *range(first)]


def _is_long(found: Iterable[Backlogs], shard: int) -> bool:
    return any(backlogs.of_shards[shard].is_long for backlogs in found if shard in backlogs.of_shards)


def _overdue_ms(found: Iterable[Backlogs], start: int) -> int:
    """How long the longest backlog has been one; 0 where none is long.

    What a run has looked at and could not end stays due, and is no sign that there is no time for the rest.
    """
    every = (backlog for backlogs in found for backlog in backlogs.of_shards.values())
    return max((start - backlog.waits_since for backlog in every if backlog.is_long), default=0)


def _hand_over(shards: Iterable[int], function_name: str) -> set[int]:
    """Have the function invoked for each of these shards, and return those for which it is."""
    handed_over: set[int] = set()
    try:
        for shard in shards:
            invoke_later(function_name, {"shard": shard})
            handed_over.add(shard)
    except InvocationRefused as refusal:
        # Each of the others may be refused as slowly.
        logger.warning(f"shards with much to do are worked on here: {refusal}")
    return handed_over


def _work_through(tasks: Sequence[_Task], start: int, end: int) -> int:
    """Do tasks, each in its share of the time that is left, and return how much failed."""
    looked_at, failed = Counter[str](), Counter[str]()
    for number, (what, work) in enumerate(tasks):
        until = now_ms() + (end - now_ms()) // (len(tasks) - number)
        try:
            done = work(start, until)
        except Unavailable:
            failed[what] += 1
        else:
            looked_at[what] += done.looked_at
            failed[what] += done.failed
            _tell(what, done.left_out)
    for what in +looked_at:
        logger.info("looked at what was due", what=what, looked_at=looked_at[what], failed=failed[what])
    return failed.total()


def _tell(what: str, left_out: Mapping[Any, Exception]) -> None:
    for item, reason in left_out.items():
        logger.error(f"nothing can be done: {reason}", what=what, item=repr(item), exc_info=reason)
    count("LeftUndone", len(left_out))
