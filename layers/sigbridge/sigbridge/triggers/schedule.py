"""Work that time asks for, kind by kind, each in its share of the time that a function has."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.clock import now_ms
from sigbridge.errors import StoreUnavailable
from sigbridge.telemetry import count, flush_counts, logger


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

# For what is under way when the time is over.
_RESERVED_MS = 10_000


def on_schedule(works: Mapping[str, Work]) -> ScheduledHandler:
    """Make a Lambda handler that works on everything that is due.

    Args:
        works: By what each works on.
    """

    @logger.inject_lambda_context
    def lambda_handler(_event: dict[str, Any], context: LambdaContext) -> None:
        start = now_ms()
        end = start + context.get_remaining_time_in_millis() - _RESERVED_MS
        failed = 0
        for number, (what, work) in enumerate(works.items()):
            failed += _failures(what, work, start, now_ms() + (end - now_ms()) // (len(works) - number))
        flush_counts()
        if failed:
            # Lambda's error metric tells of it, and the next minute goes on.
            raise StoreUnavailable

    return lambda_handler


def _failures(what: str, work: Work, start: int, until: int) -> int:
    try:
        done = work(start, until)
    except StoreUnavailable:
        return 1
    if done.looked_at:
        logger.info("looked at what was due", what=what, looked_at=done.looked_at, failed=done.failed)
    for item, reason in done.left_out.items():
        logger.error(f"nothing can be done: {reason}", what=what, item=repr(item), exc_info=reason)
    count("UnreadableChanges", len(done.left_out))
    return done.failed
