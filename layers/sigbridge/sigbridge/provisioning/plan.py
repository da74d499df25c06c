"""What connecting a device type takes: planned from what Sigfox has, before anything is changed.

Acting on a plan and planning again gives a plan in which nothing is left to do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sigbridge.credentials import redact
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device_type import ConnectMode, DownlinkMode, SigfoxDeviceType
from sigbridge.provisioning.callback_keys import KeyState
from sigbridge.provisioning.drift import Drift, WantedCallback, drift_of
from sigbridge.sigfox.rest.callbacks import FORMS, Callback, CallbackKind

_ANSWERED_BY_SIGFOX = {DownlinkMode.DIRECT, DownlinkMode.MANAGED}
_MAIN = {
    ConnectMode.BIDIR: CallbackKind.BIDIR,
    ConnectMode.UPLINK: CallbackKind.UPLINK,
    ConnectMode.ADVANCED: CallbackKind.DATA_ADVANCED,
}
_MESSAGES = (CallbackKind.BIDIR, CallbackKind.UPLINK)
_NEEDS_NETWORK_METADATA, _NEEDS_GEOLOCATION = "duplicates", "computedLocation"
_DOWNLINK_MODE = "downlinkMode"


class Act(StrEnum):
    """What a step of a plan does."""

    CREATE = "create"
    REPAIR = "repair"
    SELECT = "select"
    SET_MODE = "set_mode"
    DISABLE = "disable"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One request, or what is left as it is.

    Attributes:
        act: What it does.
        reason: Why, for people.
        kind: Of which callback; None for what is no callback of ours.
        current: The callback as it is; None where it is to be created.
        wanted: What a callback is to be; None where that is not changed.
        downlink_mode: What `SET_MODE` sets.
        drift: What is not as it should be before it.
    """

    act: Act
    reason: str
    kind: CallbackKind | None = None
    current: Callback | None = None
    wanted: WantedCallback | None = None
    downlink_mode: DownlinkMode | None = None
    drift: tuple[Drift, ...] = ()

    @property
    def address(self) -> str | None:
        """What the callback calls, without secrets; None where it is about no callback."""
        if self.current is not None:
            return redact(self.current.address)
        return None if self.wanted is None else self.wanted.url


@dataclass(frozen=True, slots=True)
class Plan:
    """What connecting a device type takes.

    Attributes:
        mode: As what it is connected.
        steps: In the order in which they are done.
        obstacles: What would stop, and so is done by force only.
    """

    mode: ConnectMode
    steps: tuple[PlanStep, ...]
    obstacles: tuple[str, ...] = ()

    @property
    def main(self) -> CallbackKind:
        """The callback that brings the messages."""
        return _MAIN[self.mode]

    @property
    def changes(self) -> tuple[PlanStep, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.act is not Act.LEAVE)

    @property
    def drift(self) -> tuple[Drift, ...]:
        """What is not as it should be."""
        return tuple(found for step in self.changes for found in step.drift)


@dataclass(frozen=True, slots=True)
class Found:
    """What Sigfox has of a device type.

    Attributes:
        device_type: The type; of contracts that can't be read nothing is known.
        callbacks: Its callbacks.
        keys: By the id of each callback of ours, how good the key in its header is.
    """

    device_type: SigfoxDeviceType
    callbacks: tuple[Callback, ...]
    keys: Mapping[str, KeyState] = field(default_factory=dict)


def make_plan(mode: ConnectMode, base_url: str, found: Found) -> Plan:
    """Plan what connects a device type.

    Args:
        mode: As what it is to be connected.
        base_url: Our own base URL.
        found: What Sigfox has.
    """
    planning = _Planning(mode, base_url, found)
    return Plan(mode, tuple(planning.steps()), tuple(planning.obstacles()))


def fields_of(kind: CallbackKind, contracts: Sequence[Contract]) -> Mapping[str, str]:
    """Return what a body holds, without what its contracts do not have: that would be no JSON.

    A variable without quotes that Sigfox does not fill in makes the whole body unreadable.
    """
    absent = set()
    if not _all(contract.has_network_metadata for contract in contracts):
        absent.add(_NEEDS_NETWORK_METADATA)
    if not _all(contract.has_geolocation for contract in contracts):
        absent.add(_NEEDS_GEOLOCATION)
    return {name: value for name, value in FORMS[kind].fields.items() if name not in absent}


class _Planning:
    def __init__(self, mode: ConnectMode, base_url: str, found: Found) -> None:
        self._mode = mode
        self._main = _MAIN[mode]
        self._base_url = base_url
        self._found = found
        self._contracts = found.device_type.contracts
        self._ours: dict[CallbackKind, list[Callback]] = {kind: [] for kind in CallbackKind}
        self._others: list[Callback] = []
        for callback in found.callbacks:
            if callback.kind is not None and callback.calls(base_url):
                self._ours[callback.kind].append(callback)
            else:
                self._others.append(callback)

    def steps(self) -> Iterator[PlanStep]:
        yield from self._provide(self._main)
        yield from self._downlinks()
        for kind in self._beside():
            yield from self._provide(kind)
        yield from self._disable_rivals()
        yield from self._leave()

    def obstacles(self) -> Iterator[str]:
        for callback in self._all_ours():
            if self._found.keys.get(callback.id) is KeyState.OF_ANOTHER_APPLICATION:
                yield f"Callback {callback.kind} is another application's of this stack, which would lose it"
        if self._mode is not ConnectMode.BIDIR:
            return
        mode = self._found.device_type.downlink_mode
        if mode in _ANSWERED_BY_SIGFOX:
            yield f"The downlink mode is {mode.upper()}: Sigfox answers devices by itself, which would stop"
        if self._is_in_place():
            return
        for callback in self._others:
            if callback.is_selected:
                yield f"{_named(callback)} is asked for downlinks, and would be asked no more"
            elif callback.kind is CallbackKind.BIDIR and callback.is_enabled:
                yield f"{_named(callback)} is there for downlinks too, and every message would go to both"
        if not self._found.device_type.allows_downlinks:
            yield "The contract has no downlinks: connect it as uplink"

    def _is_in_place(self) -> bool:
        """Return whether our BIDIR callback is asked already, so that nothing of others' stops any more."""
        current = self._chosen(CallbackKind.BIDIR)
        return current is not None and current.is_enabled and current.is_selected

    def _all_ours(self) -> Iterator[Callback]:
        return (callback for callbacks in self._ours.values() for callback in callbacks)

    def _beside(self) -> Iterator[CallbackKind]:
        if self._mode is ConnectMode.BIDIR:
            yield CallbackKind.ACKNOWLEDGE
        if self._main is not CallbackKind.DATA_ADVANCED:
            yield CallbackKind.DATA_ADVANCED
        yield CallbackKind.ERROR
        if self._ours[CallbackKind.STATUS]:
            yield CallbackKind.STATUS

    def _provide(self, kind: CallbackKind) -> Iterator[PlanStep]:
        wanted = WantedCallback(kind, self._url(kind), fields_of(kind, self._contracts))
        current = self._chosen(kind)
        if current is None:
            missing = (Drift(kind, None, "callback", "missing", wanted.url),)
            yield PlanStep(Act.CREATE, "there is none", kind, wanted=wanted, drift=missing)
            return
        drift = drift_of(current, wanted, self._found.keys.get(current.id, KeyState.MISSING))
        if drift:
            reason = f"not as it should be: {', '.join(each.field for each in drift)}"
            yield PlanStep(Act.REPAIR, reason, kind, current, wanted, drift=drift)
        else:
            yield PlanStep(Act.LEAVE, "as it should be", kind, current)

    def _downlinks(self) -> Iterator[PlanStep]:
        mode = self._found.device_type.downlink_mode
        if self._mode is ConnectMode.BIDIR:
            current = self._chosen(CallbackKind.BIDIR)
            if current is None or not current.is_selected:
                id_ = None if current is None else current.id
                drift = (Drift(CallbackKind.BIDIR, id_, "downlink", "not selected", "selected"),)
                yield PlanStep(
                    Act.SELECT, "so that it is asked for downlinks", CallbackKind.BIDIR, current, drift=drift
                )
            if mode is not DownlinkMode.CALLBACK:
                yield _set_mode(mode, DownlinkMode.CALLBACK, "to CALLBACK: only then is BIDIR asked")
        elif mode is DownlinkMode.CALLBACK and any(
            callback.is_selected for callback in self._ours[CallbackKind.BIDIR]
        ):
            yield _set_mode(mode, DownlinkMode.NONE, "to NONE: no callback is left to be asked")

    def _disable_rivals(self) -> Iterator[PlanStep]:
        for kind in _MESSAGES:
            for callback in self._ours[kind]:
                if kind is not self._main and callback.is_enabled:
                    drift = (Drift(kind, callback.id, "enabled", "true", "false"),)
                    reason = f"with {self._main} every message would come twice"
                    yield PlanStep(Act.DISABLE, reason, kind, callback, drift=drift)

    def _leave(self) -> Iterator[PlanStep]:
        provided = {self._main, *self._beside()}
        for kind, callbacks in self._ours.items():
            for callback in callbacks:
                if kind in provided and callback is not self._chosen(kind):
                    twice = ", and enabled too: what it brings comes twice" if callback.is_enabled else ""
                    yield PlanStep(Act.LEAVE, f"there is another one of ours{twice}", kind, callback)
                elif kind not in provided and not (kind in _MESSAGES and callback.is_enabled):
                    yield PlanStep(Act.LEAVE, f"not needed beside {self._main}", kind, callback)
        for callback in self._others:
            reason = "of a kind that is not made here" if callback.calls(self._base_url) else "not ours"
            yield PlanStep(Act.LEAVE, reason, current=callback)

    def _chosen(self, kind: CallbackKind) -> Callback | None:
        """Return the one of ours that is used: an enabled one, that which is asked for downlinks first."""
        return max(self._ours[kind], key=lambda each: (each.is_enabled, each.is_selected), default=None)

    def _url(self, kind: CallbackKind) -> str:
        return self._base_url + FORMS[kind].path


def _set_mode(current: DownlinkMode | None, wanted: DownlinkMode, reason: str) -> PlanStep:
    is_now = "not known" if current is None else current.upper()
    drift = Drift(None, None, _DOWNLINK_MODE, is_now, wanted.upper())
    return PlanStep(Act.SET_MODE, reason, downlink_mode=wanted, drift=(drift,))


def _named(callback: Callback) -> str:
    return redact(f"Callback {callback.kind or callback.channel} to {callback.address}")


def _all(facts: Iterable[bool]) -> bool:
    """Return whether something is known, and all of it true."""
    known = [*facts]
    return bool(known) and all(known)
