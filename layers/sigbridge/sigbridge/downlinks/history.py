"""The history of downlinks: written as things happen, read as the life of each downlink."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from sigbridge.applications import UnknownApplication, kept_until
from sigbridge.clock import now_ms
from sigbridge.devices import DeviceCache
from sigbridge.downlinks.errors import UnknownDownlink, store_refusals_translated
from sigbridge.downlinks.transitions import Transition
from sigbridge.model.application import Application
from sigbridge.model.device_state import DeviceState, Removal
from sigbridge.model.downlink_history import (
    Attempt,
    AttemptKey,
    DownlinkEvent,
    DownlinkHistory,
    DownlinkState,
    Step,
    StoredAttempt,
    uplink_moment,
)
from sigbridge.settings import settings
from sigbridge.store import attempts, device_states
from sigbridge.store.attempts import StepRecorded, StepWrite


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some lives of a device's downlinks.

    Attributes:
        lives: That of the downlink made last comes first.
        next_cursor: What to ask for the next page with; None after the last one.
    """

    lives: tuple[DownlinkHistory, ...]
    next_cursor: str | None


def record_transition(application_id: str, device_id: str, transition: Transition) -> None:
    """Record a step of a downlink; one that is recorded already is left as it is."""
    key = AttemptKey(application_id, device_id, transition.downlink.id, transition.downlink.attempt)
    with suppress(StepRecorded):
        attempts.record_step(key, step_write(owner_of_history(application_id), transition))


def recorded_steps(old: StoredAttempt | None, new: StoredAttempt) -> list[DownlinkEvent]:
    """Return the steps that an attempt has, and did not have before it was changed."""
    before = {} if old is None else old.steps
    return [
        DownlinkEvent.of(step, new.downlink.attempt, recorded)
        for step, recorded in new.steps.items()
        if step not in before
    ]


def owner_of_history(application_id: str) -> Application:
    """Return the application that says how long a history is kept; for a deleted one, the stack does."""
    try:
        return DeviceCache.open(application_id, ()).application
    except UnknownApplication:
        return Application(application_id, name="", created_at=0)


def step_write(application: Application, transition: Transition) -> StepWrite:
    """Return the record of a step, with the moment at which its attempt is to be looked at again."""
    due_at = None
    if transition.step in {Step.ANSWERED, Step.PENDING}:
        due_at = transition.at + settings().acknowledge_wait_ms
    elif transition.step is Step.QUEUED:
        due_at = transition.downlink.expires_at
    is_open = transition.step is Step.QUEUED
    return StepWrite(
        name=transition.step,
        details={"at": transition.at, **transition.details},
        downlink=transition.downlink,
        kept_until=None if is_open else kept_until(application, transition.at),
        uplink=transition.details.get("uplink"),
        due_at=due_at,
    )


def downlink_history_of(application_id: str, device_id: str, downlink_id: str) -> DownlinkHistory:
    """Read the life of one downlink.

    Raises:
        UnknownDevice: The device is not listed.
        UnknownDownlink: It has no downlink of that id, or it was forgotten with its retention.
    """
    recorded = attempts.attempts_of(application_id, device_id, downlink_id)
    life = _Presence.of(application_id, device_id).life(downlink_id, recorded)
    if life is None:
        raise UnknownDownlink(application_id, device_id, downlink_id)
    return life


def downlink_history(application_id: str, device_id: str, limit: int, cursor: str | None) -> HistoryPage:
    """Read lives of a device's downlinks, queued ones included, that of the downlink made last first.

    Args:
        application_id, device_id: The device.
        limit: How many at most.
        cursor: `next_cursor` of the previous page; None for the first page.

    Raises:
        UnknownDevice: The device is not listed.
    """
    recorded = _next_downlinks(attempts.newest_first(application_id, device_id, cursor), limit + 1)
    presence = _Presence.of(application_id, device_id)
    present = {downlink_id for downlink_id in presence.attempts if cursor is None or downlink_id < cursor}
    ids = sorted(present | recorded.keys(), reverse=True)
    lives = [presence.life(downlink_id, recorded.get(downlink_id, [])) for downlink_id in ids[:limit]]
    return HistoryPage(
        lives=tuple(life for life in lives if life is not None),
        next_cursor=ids[limit - 1] if len(ids) > limit else None,
    )


def _next_downlinks(records: Iterator[StoredAttempt], count: int) -> dict[str, list[StoredAttempt]]:
    """Take the attempts of so many downlinks."""
    found: dict[str, list[StoredAttempt]] = {}
    for downlink_id, attempts_of_one in groupby(records, key=lambda stored: stored.key.downlink_id):
        found[downlink_id] = list(attempts_of_one)
        if len(found) == count:
            break
    return found


@dataclass(frozen=True, slots=True)
class _Presence:
    """What the state of a device says of its downlinks, which the history is told a moment later.

    It is read after the history: what the history calls queued and the state does not have is gone.

    Attributes:
        attempts: The attempts that are queued, or were answered of late, by their downlinks.
        removal: Why downlinks left the queue the last time without being an answer.
    """

    attempts: Mapping[str, Sequence[Attempt]]
    removal: Removal

    @classmethod
    def of(cls, application_id: str, device_id: str) -> "_Presence":
        with store_refusals_translated(application_id, device_id):
            state = device_states.find(application_id, device_id)
        attempts_by_id: dict[str, list[Attempt]] = {}
        for attempt in _attempts_in(state):
            attempts_by_id.setdefault(attempt.downlink.id, []).append(attempt)
        return cls(attempts_by_id, state.removal)

    def life(self, downlink_id: str, recorded: Sequence[StoredAttempt]) -> DownlinkHistory | None:
        """Complete the recorded life of a downlink; None where neither history nor state know it."""
        attempts_by_number = {stored.key.number: stored.attempt for stored in recorded}
        for attempt in self.attempts.get(downlink_id, ()):
            number = attempt.downlink.attempt
            known = attempts_by_number.get(number)
            steps = {**attempt.steps, **(known.steps if known else {})}
            attempts_by_number[number] = Attempt(attempt.downlink, steps)
        if not attempts_by_number:
            return None
        life = DownlinkHistory.of(attempts_by_number.values())
        return self._ended(life) if life.state is DownlinkState.QUEUED else life

    def _ended(self, life: DownlinkHistory) -> DownlinkHistory:
        """End the life of a downlink that waits no more, though its history does not know yet."""
        downlink = life.downlink
        waits = any(
            attempt.downlink.attempt == downlink.attempt for attempt in self.attempts.get(downlink.id, ())
        )
        moment = now_ms()
        if waits and not downlink.is_expired(moment):
            return life
        if waits or self.removal is Removal.EXPIRED:
            return life.with_step(Step.EXPIRED, {"at": min(moment, downlink.expires_at or moment)})
        return life.with_step(Step.REMOVED, {"at": moment, "cause": self.removal.value})


def _attempts_in(state: DeviceState) -> Iterator[Attempt]:
    for queued in state.queue:
        yield Attempt(queued, {Step.QUEUED: {"at": queued.made_at}})
    for uplink, downlink in state.answers.items():
        if downlink is not None:
            moment = max(uplink_moment(uplink), downlink.made_at)
            yield Attempt(downlink, {Step.ANSWERED: {"at": moment, "uplink": uplink}})
