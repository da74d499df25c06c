"""The store in memory: the same functions, with the same types and refusals, and no table.

Each class stands in for the module of `sigbridge.store` that `MODULES` names; `test_store_contract.py` holds
both to the same contract. What the store bounds is endless here: remembered answers, an item's bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from itertools import dropwhile
from threading import RLock
from typing import Any

import pytest

from sigbridge import clock
from sigbridge.model.application import Application
from sigbridge.model.claim import Claim, ClaimRequest
from sigbridge.model.device import Device
from sigbridge.model.device_state import DeviceState, Removal
from sigbridge.model.downlink import Downlink
from sigbridge.model.downlink_history import Attempt, AttemptKey, Step, StoredAttempt
from sigbridge.model.message import MessagePart
from sigbridge.model.observation import Observation, ObservationKind, Observations
from sigbridge.model.parameter import DOWNLINK_DATA, Parameter
from sigbridge.model.report import StoredReport
from sigbridge.model.status import Status
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import (
    applications,
    attempts,
    claims,
    device_states,
    devices,
    messages,
    observations,
    registration,
    reports,
    state_lists,
    timeline,
)
from sigbridge.store.applications import ApplicationTaken, NoSuchApplication
from sigbridge.store.attempts import QueueWasReplaced, StepRecorded, StepWrite
from sigbridge.store.claims import NothingWaits
from sigbridge.store.device_states import (
    MOST_QUEUED,
    NoSuchDevice,
    NotInQueue,
    PushedBefore,
    PushMemory,
    QueueHasNoRoom,
)
from sigbridge.store.devices import NotListed
from sigbridge.store.downlink_codec import answered_downlink
from sigbridge.store.due import DueItem, shard_of
from sigbridge.store.messages import SentMark, Written
from sigbridge.store.rows import Key
from sigbridge.store.state_lists import Entry
from sigbridge.store.stream import AttemptChanged, Change, MessageStored, ReportStored, StateChanged
from sigbridge.store.timeline import ItemChanged

type DeviceKey = tuple[str, str]


@dataclass
class Items:
    """All that is stored.

    Attributes:
        changes: What the stream has to tell, the first change first.
        due_at: When attempts are to be looked at again, epoch ms.
        answered: The uplinks that attempts were handed to.
    """

    applications: dict[str, Application] = field(default_factory=dict)
    devices: dict[DeviceKey, Device] = field(default_factory=dict)
    states: dict[DeviceKey, DeviceState] = field(default_factory=dict)
    pushes: dict[tuple[str, str, str], PushMemory] = field(default_factory=dict)
    messages: dict[tuple[str, str, str], StoredMessage] = field(default_factory=dict)
    marks: dict[tuple[str, str, str], tuple[str, int]] = field(default_factory=dict)
    reports: dict[tuple[str, str, str], StoredReport] = field(default_factory=dict)
    attempts: dict[AttemptKey, StoredAttempt] = field(default_factory=dict)
    due_at: dict[AttemptKey, int] = field(default_factory=dict)
    answered: dict[AttemptKey, str] = field(default_factory=dict)
    known: dict[DeviceKey, dict[ObservationKind, Observation]] = field(default_factory=dict)
    listed: dict[tuple[str, str, str], Entry] = field(default_factory=dict)
    changes: list[Change[Any]] = field(default_factory=list)

    def changed[T](
        self, kind: type[Change[T]], application_id: str, device_id: str, old: T | None, new: T
    ) -> None:
        """Tells the stream of a change, dated to the second."""
        at = clock.now_ms() // 1000 * 1000
        self.changes.append(kind(str(len(self.changes)), application_id, device_id, old, new, at))

    def state(self, application_id: str, device_id: str) -> DeviceState:
        """Finds the state of a device.

        Raises:
            NoSuchDevice: The device is not registered.
        """
        try:
            return self.states[application_id, device_id]
        except KeyError:
            raise NoSuchDevice from None

    def set_state(self, application_id: str, device_id: str, new: DeviceState) -> None:
        """Stores the state of a device."""
        old = self.states.get((application_id, device_id))
        self.states[application_id, device_id] = new
        self.changed(StateChanged, application_id, device_id, old, new)


@dataclass
class FakeModule:
    """Stands in for a module of the store: its methods for that one's functions."""

    items: Items


class FakeApplications(FakeModule):
    def find(self, application_id: str) -> Application | None:
        return self.items.applications.get(application_id)

    def add(self, application: Application) -> None:
        if application.id in self.items.applications:
            raise ApplicationTaken
        self.items.applications[application.id] = application

    def change(self, application_id: str, changes: Mapping[str, Any]) -> None:
        application = self.items.applications.get(application_id)
        if application is None:
            raise NoSuchApplication
        self.items.applications[application_id] = replace(application, **changes)


class FakeDevices(FakeModule):
    def find(self, application_id: str, device_id: str) -> Device | None:
        return self.items.devices.get((application_id, device_id))

    def find_many(self, application_id: str, device_ids: Sequence[str]) -> list[Device]:
        found = (self.items.devices.get((application_id, device_id)) for device_id in device_ids)
        return [device for device in found if device is not None]

    def find_with_application(
        self, application_id: str, device_ids: Sequence[str]
    ) -> tuple[Application | None, list[Device]]:
        return self.items.applications.get(application_id), self.find_many(application_id, device_ids)

    def add(self, application_id: str, device: Device) -> Device:
        listed = self.items.devices.setdefault((application_id, device.id), device)
        if (application_id, device.id) not in self.items.states:
            state = DeviceState(generation=device.registered_at)
            self.items.set_state(application_id, device.id, state)
        return listed

    def change(self, application_id: str, device_id: str, changes: Mapping[str, Any]) -> Device:
        device = self.find(application_id, device_id)
        if device is None:
            raise NotListed
        changed = self.items.devices[application_id, device_id] = replace(device, **changes)
        return changed

    def tell_type(self, application_id: str, device_id: str, type_id: str) -> Device:
        device = self.find(application_id, device_id)
        if device is None:
            raise NotListed
        if device.reported_type == type_id:
            return device
        return self.change(application_id, device_id, {"type": type_id, "reported_type": type_id})


class FakeMessages(FakeModule):
    def first_id(self, application_id: str, device_id: str, mark: SentMark, id_: str, now_ms: int) -> str:
        key = application_id, device_id, mark.sent
        first, kept_until = self.items.marks.get(key, ("", 0))
        if kept_until > now_ms // 1000:
            return first
        self.items.marks[key] = id_, mark.kept_until
        return id_

    def add(self, application_id: str, message: StoredMessage, expires_at: int) -> Written:
        del expires_at
        key = application_id, message.device_id, message.id
        [(part, content)] = message.parts.items()
        old = self.items.messages.get(key)
        if old is not None and part in old.parts:
            return Written(old, is_repeat=True)
        new = message
        if old is not None:
            new = replace(
                old,
                **{name: getattr(message, name) for name in _SHARED if getattr(old, name) is None},
                parts={**old.parts, part: content},
                location=old.location if message.location is None else message.location,
                decoded=None if part is MessagePart.UPLINK else old.decoded,
            )
        self.items.messages[key] = new
        self.items.changed(MessageStored, application_id, message.device_id, old, new)
        return Written(new, is_repeat=False)

    def newest_first(self, application_id: str, device_id: str, page: int) -> Iterator[StoredMessage]:
        del page
        own = [key for key in self.items.messages if key[:2] == (application_id, device_id)]
        return (self.items.messages[key] for key in sorted(own, reverse=True))


_SHARED = ("seq_number", "payload", "port", "ack", "sent_time")


class FakeTimeline(FakeModule):
    def change(self, application_id: str, seen: StoredMessage, wanted: StoredMessage) -> None:
        key = application_id, seen.device_id, seen.id
        existing = self.items.messages.get(key)
        if existing != seen:
            raise ItemChanged(existing)
        self.items.messages[key] = wanted
        self.items.changed(MessageStored, application_id, seen.device_id, existing, wanted)


class FakeReports(FakeModule):
    def add(self, application_id: str, report: StoredReport, expires_at: int) -> bool:
        del expires_at
        key = application_id, report.device_id, report.id
        if key in self.items.reports:
            return True
        self.items.reports[key] = report
        self.items.changed(ReportStored, application_id, report.device_id, None, report)
        return False

    def between(
        self, application_id: str, device_id: str, first_ms: int, last_ms: int
    ) -> Iterator[StoredReport]:
        own = sorted(key for key in self.items.reports if key[:2] == (application_id, device_id))
        return (self.items.reports[key] for key in own if first_ms <= int(key[2][:13]) <= last_ms)


class FakeDeviceStates(FakeModule):
    def find(self, application_id: str, device_id: str) -> DeviceState:
        return self.items.state(application_id, device_id)

    def push(self, application_id: str, device_id: str, downlinks: Sequence[Downlink], capacity: int) -> None:
        state = self.items.state(application_id, device_id)
        queue = (*state.queue, *downlinks)
        if len(queue) > capacity:
            raise QueueHasNoRoom
        self.items.set_state(application_id, device_id, replace(state, queue=queue))

    def push_under_key(
        self,
        application_id: str,
        device_id: str,
        downlinks: Sequence[Downlink],
        capacity: int,
        memory: PushMemory,
        now_seconds: int,
    ) -> None:
        key = application_id, device_id, memory.key
        before = self.items.pushes.get(key)
        if before is not None and before.kept_until > now_seconds:
            raise PushedBefore(before.ids)
        self.push(application_id, device_id, downlinks, capacity)
        self.items.pushes[key] = memory

    def replace(self, application_id: str, device_id: str, downlinks: Sequence[Downlink]) -> None:
        state = self.items.state(application_id, device_id)
        new = replace(
            state,
            queue=tuple(downlinks),
            removal=Removal.REPLACED if downlinks else Removal.CLEARED,
            generation=state.generation + 1,
        )
        self.items.set_state(application_id, device_id, new)

    def remove(
        self, application_id: str, device_id: str, position: int, downlink: Downlink, removal: Removal
    ) -> None:
        state = self.items.states.get((application_id, device_id), DeviceState())
        if state.queue[position : position + 1] != (downlink,):
            raise NotInQueue
        queue = state.queue[:position] + state.queue[position + 1 :]
        self.items.set_state(application_id, device_id, replace(state, queue=queue, removal=removal))


class FakeClaims(FakeModule):
    def claim(self, request: ClaimRequest) -> Claim:
        return self.claim_if(request, lambda _state: True)

    def claim_if(self, request: ClaimRequest, is_allowed: Callable[[DeviceState], bool]) -> Claim:
        state = self.items.state(request.application_id, request.device_id)
        if request.uplink in state.answers:
            return Claim(state.answers[request.uplink], is_repeat=True)
        if not is_allowed(state):
            self._answer(request, state, None)
            return Claim(None, is_declined=True)
        queue = tuple(dropwhile(lambda downlink: downlink.is_expired(request.now_ms), state.queue))
        if request.only_what_waits and not queue and not state.downlink_data:
            raise NothingWaits
        removal = state.removal if queue == state.queue else Removal.EXPIRED
        downlink = queue[0] if queue else self._fallback(request, state)
        self._answer(request, replace(state, queue=queue[1:], removal=removal), downlink)
        return Claim(downlink)

    def _fallback(self, request: ClaimRequest, state: DeviceState) -> Downlink | None:
        if request.computed is not None and not state.downlink_data:
            return request.computed
        data = state.downlink_data or request.downlink_data
        return answered_downlink(request.uplink, data) if data else None

    def _answer(self, request: ClaimRequest, state: DeviceState, downlink: Downlink | None) -> None:
        answered = replace(state, answers={**state.answers, request.uplink: downlink})
        self.items.set_state(request.application_id, request.device_id, answered)


class FakeAttempts(FakeModule):
    def record_step(self, key: AttemptKey, step: StepWrite) -> None:
        if key in self.items.attempts and step.name in self.items.attempts[key].steps:
            raise StepRecorded
        self._record(key, step)

    def try_again(self, key: AttemptKey, step: StepWrite, first_step: StepWrite, generation: int) -> None:
        following = replace(key, number=key.number + 1)
        recorded = self.items.attempts[key].steps.keys() if key in self.items.attempts else set()
        if recorded & {step.name, Step.SENT} or following in self.items.attempts:
            raise StepRecorded
        state = self.items.states.get((key.application_id, key.device_id))
        if state is None or state.generation != generation:
            raise QueueWasReplaced
        if len(state.queue) >= MOST_QUEUED:
            raise QueueHasNoRoom
        queue = (first_step.downlink, *state.queue)
        self.items.set_state(key.application_id, key.device_id, replace(state, queue=queue))
        self._record(key, step)
        self._record(following, first_step)

    def _record(self, key: AttemptKey, step: StepWrite) -> None:
        old = self.items.attempts.get(key)
        downlink, steps = (step.downlink, {}) if old is None else (old.downlink, old.steps)
        new = StoredAttempt(key, Attempt(downlink, {**steps, step.name: dict(step.details)}))
        self.items.attempts[key] = new
        if step.uplink is not None:
            self.items.answered[key] = step.uplink
        if not step.is_first:
            self.items.due_at.pop(key, None)
        if step.due_at is not None:
            self.items.due_at.setdefault(key, step.due_at)
        self.items.changed(AttemptChanged, key.application_id, key.device_id, old, new)

    def wait_no_more(self, key: AttemptKey) -> None:
        self.items.due_at.pop(key, None)

    def find(self, key: AttemptKey) -> StoredAttempt | None:
        return self.items.attempts.get(key)

    def attempts_of(self, application_id: str, device_id: str, downlink_id: str) -> list[StoredAttempt]:
        every = self.newest_first(application_id, device_id, None)
        return [attempt for attempt in every if attempt.key.downlink_id == downlink_id]

    def newest_first(
        self, application_id: str, device_id: str, before: str | None
    ) -> Iterator[StoredAttempt]:
        own = [
            attempt
            for key, attempt in self.items.attempts.items()
            if (key.application_id, key.device_id) == (application_id, device_id)
            and (before is None or key.downlink_id < before)
        ]
        return iter(sorted(own, key=lambda one: (one.key.downlink_id, one.key.number), reverse=True))

    def answered_between(
        self, application_id: str, device_id: str, first_ms: int, last_ms: int
    ) -> dict[str, AttemptKey]:
        found = {
            uplink: key
            for key, uplink in self.items.answered.items()
            if (key.application_id, key.device_id) == (application_id, device_id)
            and first_ms <= int(uplink[:13]) <= last_ms
        }
        return dict(sorted(found.items()))

    def answers_between(
        self, application_id: str, device_id: str, first_ms: int, last_ms: int
    ) -> dict[str, int]:
        found = self.answered_between(application_id, device_id, first_ms, last_ms)
        return {uplink: self._answered_at(key) for uplink, key in found.items()}

    def _answered_at(self, key: AttemptKey) -> int:
        return int(self.items.attempts[key].steps[Step.ANSWERED]["at"])

    def due_until(self, shard: int, now_ms: int) -> Iterator[DueItem]:
        due = sorted((at, key.downlink_id, key.number, key) for key, at in self.items.due_at.items())
        return (
            DueItem(
                Key(
                    f"DEVICE#{key.application_id}#{key.device_id}",
                    f"DOWNLINK#{key.downlink_id}#{key.number:02d}",
                ),
                at,
            )
            for at, _, _, key in due
            if at <= now_ms and shard_of(key.application_id, key.device_id) == shard
        )


class FakeObservations(FakeModule):
    def note(self, application_id: str, device_id: str, known: Mapping[ObservationKind, Observation]) -> None:
        noted = self.items.known.setdefault((application_id, device_id), {})
        for kind, knowledge in known.items():
            if kind not in noted or _recency(knowledge) > _recency(noted[kind]):
                noted[kind] = knowledge

    def find(self, application_id: str, device_id: str) -> Observations:
        return Observations(dict(self.items.known.get((application_id, device_id), {})))


def _recency(knowledge: Observation) -> tuple[int, str]:
    return knowledge.at, observations.rank(knowledge)


class FakeRegistration(FakeModule):
    def add_before_first_message(
        self, application_id: str, device: Device, own_parameters: Sequence[Parameter] = ()
    ) -> Device:
        listed = FakeDevices(self.items).add(application_id, device)
        for parameter in own_parameters:
            if parameter.key == DOWNLINK_DATA:
                state = self.items.state(application_id, device.id)
                self.items.set_state(application_id, device.id, replace(state, downlink_data=parameter.value))
        entry = Entry(Status.NEVER_HEARD, device.id, device.registered_at)
        self.items.listed[application_id, entry.state, device.id] = entry
        return listed


class FakeStateLists(FakeModule):
    def enter(self, application_id: str, entry: Entry, kept_until: int | None = None) -> None:
        del kept_until
        self.items.listed[application_id, entry.state, entry.device_id] = entry


MODULES = {
    applications: FakeApplications,
    attempts: FakeAttempts,
    claims: FakeClaims,
    observations: FakeObservations,
    device_states: FakeDeviceStates,
    devices: FakeDevices,
    messages: FakeMessages,
    registration: FakeRegistration,
    reports: FakeReports,
    state_lists: FakeStateLists,
    timeline: FakeTimeline,
}


def install(patch: pytest.MonkeyPatch) -> Items:
    """Puts an empty store in memory in place of the table; each of its functions is atomic, as a write is."""
    items, lock = Items(), RLock()
    for module, fake in MODULES.items():
        instance = fake(items)
        for name in functions_of(fake):
            patch.setattr(module, name, _alone(lock, getattr(instance, name)))
    return items


def functions_of(fake: type[FakeModule]) -> list[str]:
    """Names of the functions that a fake module has."""
    return [name for name in vars(fake) if not name.startswith("_")]


def _alone[**P, R](lock: "RLock", function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        with lock:
            return function(*args, **kwargs)

    return alone
