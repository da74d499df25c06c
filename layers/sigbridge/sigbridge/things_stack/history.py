"""What became of downlinks, in JSON beside The Things Stack's."""

from collections.abc import Sequence
from typing import Annotated, NotRequired, TypedDict, cast

from pydantic import Field, WithJsonSchema

from sigbridge.clock import rfc3339
from sigbridge.model.downlink import Source
from sigbridge.model.downlink_history import DownlinkEvent, DownlinkHistory, DownlinkState, Step
from sigbridge.things_stack.queue import DownlinkId, QueuedDownlink, Rfc3339, queued_downlink

_SOURCE_SCHEMA = {"enum": [source for source in Source if source is not Source.QUEUE]}
_OUTCOME_UNKNOWN = "handed to Sigfox, outcome unknown"


class AnsweredUplink(TypedDict):
    """The uplink that a downlink was handed to."""

    time: Rfc3339
    seq_number: NotRequired[int]


class DownlinkStep(TypedDict):
    """What happened; what Sigfox said of it stands beside.

    Attributes:
        reason: Why it failed.
        cause: Why it was removed.
    """

    state: Step
    attempt: Annotated[int, Field(ge=1)]
    at: Rfc3339
    uplink: NotRequired[AnsweredUplink]
    reason: NotRequired[str]
    cause: NotRequired[str]
    info_code: NotRequired[int]
    info_message: NotRequired[str]
    downlink_ack: NotRequired[bool]
    downlink_overusage: NotRequired[bool]


class DownlinkLife(QueuedDownlink):
    """A downlink with all that happened to it; what is empty, zero or false is left out.

    Attributes:
        attempt: Number of its last attempt.
        outcome: Where no acknowledgement came, and none is awaited.
        source: Where it did not come from the queue.
    """

    state: Annotated[DownlinkState, WithJsonSchema({"enum": [*DownlinkState]})]
    attempt: Annotated[int, Field(ge=1)]
    outcome: NotRequired[str]
    source: NotRequired[Annotated[Source, WithJsonSchema(_SOURCE_SCHEMA)]]
    queued_at: NotRequired[Rfc3339]
    history: list[DownlinkStep]


class DownlinkPage(TypedDict):
    """A page of downlinks, the one made last first; what is empty is left out."""

    downlinks: NotRequired[list[DownlinkLife]]
    next_cursor: NotRequired[Annotated[DownlinkId, Field(description="Absent on the last page.")]]


def downlink_page(lives: Sequence[DownlinkHistory], next_cursor: str | None) -> DownlinkPage:
    """Write a page of downlinks."""
    page: DownlinkPage = {"downlinks": [downlink_life(life) for life in lives]} if lives else {}
    if next_cursor is not None:
        page["next_cursor"] = next_cursor
    return page


def downlink_life(life: DownlinkHistory) -> DownlinkLife:
    """Write a downlink and what became of it."""
    downlink = life.downlink
    written = cast("DownlinkLife", queued_downlink(downlink))
    written["state"] = life.state
    written["attempt"] = downlink.attempt
    written["history"] = [_step(step) for step in life.steps]
    if life.is_outcome_unknown:
        written["outcome"] = _OUTCOME_UNKNOWN
    if downlink.source is Source.QUEUE:
        written["queued_at"] = rfc3339(downlink.made_at)
    else:
        written["source"] = downlink.source
    return written


def _step(step: DownlinkEvent) -> DownlinkStep:
    return cast("DownlinkStep", step.told())
