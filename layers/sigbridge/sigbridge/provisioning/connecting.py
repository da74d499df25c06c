"""Connecting a device type: what is missing among its callbacks is made, what differs is put right.

Each request leaves a state from which planning again finds what is left to do. So whoever was stopped, by a
crash or by Sigfox, does the same again; nothing is made twice.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from sigbridge.clock import now_ms
from sigbridge.credentials import IssuedKey
from sigbridge.errors import InUse, TooManyRequests, Unavailable
from sigbridge.model.sigfox_connection import SigfoxConnection
from sigbridge.model.sigfox_device_type import ConnectMode, SigfoxDeviceType
from sigbridge.provisioning.api_client import ApiClient
from sigbridge.provisioning.callback_keys import KeyState, issue_callback_key, take_back, token_in
from sigbridge.provisioning.connection import find_connection, open_client
from sigbridge.provisioning.errors import SigfoxError, SigfoxRefuses, SigfoxUnreachable
from sigbridge.provisioning.plan import Act, Found, Plan, PlanStep, make_plan
from sigbridge.provisioning.survey import find_callbacks, survey
from sigbridge.sigfox.rest.callbacks import (
    OTHER_ERROR_SUBTYPE,
    Callback,
    CallbackKind,
    creation,
    repair,
)
from sigbridge.sigfox.rest.device_types import downlink_mode_edit
from sigbridge.store import sigfox_device_types, sigfox_leases
from sigbridge.store.sigfox_leases import LeaseTaken

# Longer than a request of the management API lasts.
_LEASE_MS = 60_000


class WouldStopOthers(InUse):
    """Something in Sigfox would stop working; it is done by force only."""


class AlreadyConnecting(TooManyRequests):
    """Somebody connects the device type just now."""

    def __init__(self) -> None:
        super().__init__("The device type is being connected just now: try again in a minute")


class StepState(StrEnum):
    """What became of a step of a plan.

    PLANNED: Nothing yet.
    DONE: Sigfox did it.
    LEFT: There is nothing to do.
    REFUSED: Sigfox refused it; the device type works without.
    """

    PLANNED = "planned"
    DONE = "done"
    LEFT = "left"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ConnectOrder:
    """What somebody wants connected.

    Attributes:
        application_id: Whose it is to be.
        type_id: Sigfox's id of the device type.
        mode: As what.
        is_forced: Whether what stands in the way may stop working.
    """

    application_id: str
    type_id: str
    mode: ConnectMode
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A step and what became of it.

    Attributes:
        step: The step.
        state: What became of it.
        refusal: Why Sigfox refused it, in its words; "" where it did not.
    """

    step: PlanStep
    state: StepState
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ConnectOutcome:
    """What came of connecting a device type.

    Attributes:
        device_type: The device type.
        plan: What was planned.
        steps: Each step with what became of it.
        stopped_by: Why the steps that are still planned were not done; "" where nothing stopped it.
    """

    device_type: SigfoxDeviceType
    plan: Plan
    steps: tuple[StepOutcome, ...]
    stopped_by: str = ""


def plan_connection(order: ConnectOrder) -> ConnectOutcome:
    """Return what connecting a device type would take; nothing is changed.

    Raises:
        NotConnected, SigfoxError: Sigfox can't be asked.
        UnknownSigfoxType: The connected group has no such device type.
    """
    connection = find_connection(order.application_id)
    found = survey(open_client(order.application_id), connection, order.type_id)
    plan = make_plan(order.mode, connection.base_url, found)
    return ConnectOutcome(found.device_type, plan, tuple(_untouched(step) for step in plan.steps))


def connect_device_type(order: ConnectOrder) -> ConnectOutcome:
    """Connect a device type. Where Sigfox stops it midway, doing it again goes on.

    Raises:
        NotConnected, SigfoxError: Nothing could be done.
        UnknownSigfoxType: The connected group has no such device type.
        WouldStopOthers: Others would lose downlinks; nothing was changed.
        AlreadyConnecting: Somebody does it just now.
        TooManyKeys: A new key is needed, and the application has 200.
    """
    connection = find_connection(order.application_id)
    client = open_client(order.application_id)
    with _alone(order):
        found = survey(client, connection, order.type_id)
        plan = make_plan(order.mode, connection.base_url, found)
        if plan.obstacles and not order.is_forced:
            raise WouldStopOthers(f"{'. '.join(plan.obstacles)}. Use force to do it all the same")
        outcome = _act(plan, found, _StepRunner(client, connection, found))
        _note(order, outcome)
    return outcome


@contextmanager
def _alone(order: ConnectOrder) -> Iterator[None]:
    holder, now = secrets.token_hex(8), now_ms()
    try:
        sigfox_leases.take(order.application_id, order.type_id, holder, now, now + _LEASE_MS)
    except LeaseTaken as taken:
        raise AlreadyConnecting from taken
    try:
        yield
    finally:
        # It ends by itself too.
        with suppress(Unavailable):
            sigfox_leases.give_back(order.application_id, order.type_id, holder)


def _act(plan: Plan, found: Found, runner: "_StepRunner") -> ConnectOutcome:
    outcomes: list[StepOutcome] = []
    for position, step in enumerate(plan.steps):
        try:
            outcomes.append(_do(step, runner, plan.main))
        except SigfoxError as failure:
            runner.take_back_unused_key()
            if not any(outcome.state is StepState.DONE for outcome in outcomes):
                raise
            rest = [_untouched(each) for each in plan.steps[position:]]
            return ConnectOutcome(found.device_type, plan, (*outcomes, *rest), failure.message)
    runner.take_back_unused_key()
    return ConnectOutcome(found.device_type, plan, tuple(outcomes))


def _do(step: PlanStep, runner: "_StepRunner", main: CallbackKind) -> StepOutcome:
    try:
        runner.do(step)
    except SigfoxRefuses as refusal:
        # What follows may disable what brings the messages now: the one that is to bring them must be there.
        if step.wanted is None or step.kind is main:
            raise
        return StepOutcome(step, StepState.REFUSED, refusal.message)
    return StepOutcome(step, StepState.LEFT if step.act is Act.LEAVE else StepState.DONE)


def _untouched(step: PlanStep) -> StepOutcome:
    return StepOutcome(step, StepState.LEFT if step.act is Act.LEAVE else StepState.PLANNED)


def _note(order: ConnectOrder, outcome: ConnectOutcome) -> None:
    undone = [each.step for each in outcome.steps if each.state in {StepState.PLANNED, StepState.REFUSED}]
    connected = replace(
        outcome.device_type,
        connected_as=order.mode,
        checked_at=now_ms(),
        drift=tuple(drift.in_words for step in undone for drift in step.drift),
    )
    sigfox_device_types.note_connection(order.application_id, connected)


class _StepRunner:
    """Sends the request of each step; makes one key at most, when the first step needs it."""

    def __init__(self, client: ApiClient, connection: SigfoxConnection, found: Found) -> None:
        self._client = client
        self._connection = connection
        self._found = found
        self._path = f"/device-types/{found.device_type.id}"
        self._created: dict[CallbackKind, str] = {}
        self._issued: IssuedKey | None = None
        self._is_key_given = False

    def do(self, step: PlanStep) -> None:
        match step:
            case PlanStep(act=Act.CREATE, wanted=wanted) if wanted is not None:
                body = creation(wanted.kind, wanted.url, wanted.fields, self._key())
                self._created[wanted.kind] = self._create(wanted.kind, body)
            case PlanStep(act=Act.REPAIR, current=current, wanted=wanted) if current and wanted:
                is_good = self._found.keys.get(current.id) is KeyState.GOOD
                fields = wanted.fields_for(current)
                body = repair(current, wanted.kind, wanted.url, fields, None if is_good else self._key())
                with nullcontext() if is_good else self._giving_key():
                    self._client.put(self._path_of(current.id), body)
            case PlanStep(act=Act.SELECT, current=current):
                id_ = self._created[CallbackKind.BIDIR] if current is None else current.id
                self._client.put(f"{self._path_of(id_)}/downlink")
            case PlanStep(act=Act.SET_MODE, downlink_mode=mode) if mode is not None:
                self._client.put(self._path, downlink_mode_edit(mode))
            case PlanStep(act=Act.DISABLE, current=current) if current:
                self._client.put(f"{self._path_of(current.id)}/enable", query={"enabled": False})

    def take_back_unused_key(self) -> None:
        """Revoke a key that was made, and that Sigfox has certainly not taken."""
        if self._issued is not None and not self._is_key_given:
            take_back(self._issued)

    @contextmanager
    def _giving_key(self) -> Iterator[None]:
        try:
            yield
        except SigfoxUnreachable:
            # Sigfox may have it.
            self._is_key_given = True
            raise
        self._is_key_given = True

    def _create(self, kind: CallbackKind, body: dict[str, object]) -> str:
        try:
            answer = self._post(kind, body)
        except SigfoxUnreachable:
            lost = self._find_made(kind)
            if lost is None:
                raise
            return lost.id
        if "id" in answer:
            return str(answer["id"])
        made = self._find_made(kind)
        if made is None:
            message = "Sigfox's API says that it made a callback, and does not list it"
            raise SigfoxUnreachable(message)
        return made.id

    def _post(self, kind: CallbackKind, body: dict[str, object]) -> dict[str, object]:
        path = f"{self._path}/callbacks"
        with self._giving_key():
            try:
                return self._client.post(path, body)
            except SigfoxRefuses:
                if kind is not CallbackKind.ERROR:
                    raise
            return self._client.post(path, body | {"callbackSubtype": OTHER_ERROR_SUBTYPE})

    def _find_made(self, kind: CallbackKind) -> Callback | None:
        """Find a callback that was made by a request whose answer was lost."""
        known = {each.id for each in self._found.callbacks}
        listed = find_callbacks(self._client, self._found.device_type.id)
        ours = (each for each in listed if each.kind is kind and each.calls(self._connection.base_url))
        return next((each for each in ours if each.id not in known), None)

    def _key(self) -> str:
        """Return a good key of another callback, else a new one."""
        for callback in self._found.callbacks:
            token = token_in(callback.authorization)
            if token is not None and self._found.keys.get(callback.id) is KeyState.GOOD:
                return str(token)
        if self._issued is None:
            name = self._found.device_type.name
            self._issued = issue_callback_key(self._connection.application_id, name)
        return str(self._issued.token)

    def _path_of(self, callback_id: str) -> str:
        return f"{self._path}/callbacks/{callback_id}"
