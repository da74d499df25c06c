"""What happened to the downlinks of a device between two states of its queue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigbridge.model.device_state import DeviceState, Removal
from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.downlink_history import Step

_NOTHING = DeviceState()


@dataclass(frozen=True, slots=True)
class Transition:
    """A step that a downlink made.

    Attributes:
        downlink: The downlink, with the number of its attempt.
        step: The step.
        at: When, epoch ms.
        details: What else is to be known of the step; of an answer the `uplink` that got it.
    """

    downlink: Downlink
    step: Step
    at: int
    details: Mapping[str, Any] = field(default_factory=dict)


def transitions(old: DeviceState | None, new: DeviceState, at: int) -> list[Transition]:
    """Return what happened to downlinks between two states, one write apart.

    Args:
        old: The state before; None where the device is new.
        new: The state after.
        at: When the write was made, epoch ms; the change stream knows it to the second.
    """
    before = old or _NOTHING
    answers = {uplink: answer for uplink, answer in new.answers.items() if uplink not in before.answers}
    answered = [
        _answered(uplink, downlink, new, at) for uplink, downlink in answers.items() if downlink is not None
    ]
    handed_out = {_identity(transition.downlink) for transition in answered}
    were_queued = {_identity(downlink): downlink for downlink in before.queue}
    are_queued = {_identity(downlink): downlink for downlink in new.queue}
    removal = Removal.EXPIRED if answers else new.removal
    left = [
        _left(downlink, removal, at)
        for identity, downlink in were_queued.items()
        if identity not in are_queued and identity not in handed_out
    ]
    came = [
        Transition(downlink, Step.QUEUED, downlink.made_at if downlink.attempt == 1 else at)
        for identity, downlink in are_queued.items()
        if identity not in were_queued
    ]
    return [*left, *answered, *came]


def _answered(uplink: str, downlink: Downlink, new: DeviceState, at: int) -> Transition:
    moment = at if downlink.source is Source.DOWNLINK_DATA else max(at, downlink.made_at)
    return Transition(downlink, Step.ANSWERED, moment, {"uplink": uplink, "generation": new.generation})


def _left(downlink: Downlink, removal: Removal, at: int) -> Transition:
    moment = max(at, downlink.made_at)
    if removal is Removal.EXPIRED or downlink.is_expired(at):
        return Transition(downlink, Step.EXPIRED, moment)
    return Transition(downlink, Step.REMOVED, moment, {"cause": removal.value})


def _identity(downlink: Downlink) -> tuple[str, int]:
    return downlink.id, downlink.attempt
