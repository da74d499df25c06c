"""Which devices of an application are in a state, told from lists and verified.

A list tells which devices were in a state when that was told last. Most states end with a message, and
nothing but the message is written then. So whoever reads a list verifies what it says of the devices
that are read, and takes off what holds no more.

What it costs: `states_among` makes a query for each state, half a read unit for every 4 kB or about 50
entries. Then each device that is found takes a read unit for what is noted of it, and a query of one read
unit for its newest message; the application and the devices are read unless they are remembered.
`statuses_of_listed` takes the same, for each of the devices that it is asked for. A page of
`devices_in_state` takes one query and the same for each device. An entry that is taken off costs a write
unit, and one that ends a silence three more.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from sigbridge.clock import now_ms
from sigbridge.devices import DeviceCache, UnknownDevice
from sigbridge.errors import StoreUnavailable
from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.status import Status
from sigbridge.status.device_status import DeviceStatus, evaluate, find_last_message, is_same_day
from sigbridge.store import observations as stored_conditions
from sigbridge.store import state_lists
from sigbridge.store.parallel import in_parallel
from sigbridge.store.state_lists import Entry

_LISTED = tuple(state for state in Status if state is not Status.OK)


@dataclass(frozen=True, slots=True)
class StateSince:
    """The state of a device.

    Attributes:
        state: The most serious one that holds.
        since: Since when, epoch ms.
    """

    state: Status
    since: int


@dataclass(frozen=True, slots=True)
class StatePage:
    """Some devices that are in a state.

    Attributes:
        devices: How each is doing, in the order of their ids.
        next_after: What to ask for the next page with; None after the last one.
    """

    devices: tuple[DeviceStatus, ...]
    next_after: str | None


def states_among(
    application_id: str, first_id: str, last_id: str, wanted: Collection[str] | None = None
) -> dict[str, StateSince]:
    """Tell which of the devices between these ids, both included, are not ok.

    Args:
        application_id: Whose devices.
        first_id, last_id: Ids of the first and the last one.
        wanted: Which of those between them; None for all. The others are not verified, which spares most
            of the cost where they are many.

    Raises:
        UnknownApplication: The application was deleted.
        StoreUnavailable: It can't be read.
    """
    entries = _entries_between(application_id, first_id, last_id)
    if wanted is not None:
        entries = [entry for entry in entries if entry.device_id in wanted]
    conditions = _verified_entries(application_id, entries)
    return {
        device_id: StateSince(condition.state, condition.since)
        for device_id, condition in conditions.items()
        if condition.since is not None
    }


def statuses_of_listed(application_id: str, devices: Sequence[Device]) -> list[DeviceStatus]:
    """Tell how each of some devices is doing, which follow each other in the list of all.

    Args:
        application_id: Whose devices.
        devices: The devices, in the order of their ids.

    Raises:
        UnknownApplication: The application was deleted.
        StoreUnavailable: It can't be read.
    """
    if not devices:
        return []
    wanted = {device.id: device for device in devices}
    listed = _entries_between(application_id, devices[0].id, devices[-1].id)
    entries = [entry for entry in listed if entry.device_id in wanted]
    application = DeviceCache.open(application_id, ()).application
    conditions = _verified(application, wanted, entries)
    return [conditions[device.id] for device in devices]


def devices_in_state(application_id: str, state: Status, after: str | None, limit: int) -> StatePage:
    """List devices whose most serious state is this one, in the order of their ids.

    A page may be short, or empty, though another one follows.

    Args:
        application_id: Whose devices.
        state: Any but `OK`, of which there is no list.
        after: `next_after` of the page before; None for the first page.
        limit: How many at most.

    Raises:
        UnknownApplication: The application was deleted.
        StoreUnavailable: It can't be read.
    """
    listed = state_lists.entries_after(application_id, state.value, after, limit + 1)
    read = list(islice(listed, limit + 1))
    entries = read[:limit]
    conditions = _verified_entries(application_id, entries)
    return StatePage(
        devices=tuple(condition for condition in conditions.values() if condition.state is state),
        next_after=entries[-1].device_id if len(read) > limit else None,
    )


def take_off_lists(application_id: str, device_id: str) -> None:
    """Take a device that is deleted off all lists.

    Raises:
        StoreUnavailable: It may still be in some; doing it again does no harm.
    """
    state_lists.leave_all(application_id, device_id, [state.value for state in _LISTED])


def _entries_between(application_id: str, first_id: str, last_id: str) -> list[Entry]:
    def entries_of(state: Status) -> list[Entry]:
        return state_lists.between(application_id, state.value, first_id, last_id)

    return [entry for of_state in in_parallel(entries_of, _LISTED) for entry in of_state]


def _verified_entries(application_id: str, entries: Sequence[Entry]) -> dict[str, DeviceStatus]:
    """Tell how the devices of some entries are doing, as `_verified`."""
    device_ids = sorted({entry.device_id for entry in entries})
    if not device_ids:
        return {}
    directory = DeviceCache.open(application_id, device_ids)
    devices: dict[str, Device] = {}
    for device_id in device_ids:
        with suppress(UnknownDevice):
            devices[device_id] = directory.device(device_id)
    return _verified(directory.application, devices, entries)


def _verified(
    application: Application, devices: Mapping[str, Device], entries: Sequence[Entry]
) -> dict[str, DeviceStatus]:
    """Tell how devices are doing and take off the lists what holds no more.

    A device that is over its quota because of what it was answered is so until the day ends, and its
    entry alone says so.

    Args:
        application: Whose devices.
        devices: The devices by their ids.
        entries: Those of these devices, and of devices that are deleted.
    """
    moment = now_ms()
    device_ids = list(devices)
    unheard = {entry.device_id for entry in entries if entry.state == Status.NEVER_HEARD}
    noted = stored_conditions.find_many(application.id, device_ids)
    last_messages = in_parallel(lambda id_: find_last_message(application.id, id_), device_ids)
    conditions = {
        id_: evaluate(application, devices[id_], noted[id_], last_message, moment, never_heard=id_ in unheard)
        for id_, last_message in zip(device_ids, last_messages, strict=True)
    }
    stale: list[Entry] = []
    for entry in entries:
        condition, state = conditions.get(entry.device_id), Status(entry.state)
        if condition is None:
            stale.append(entry)
        elif state is Status.OVER_QUOTA:
            if is_same_day(entry.at, moment):
                conditions[entry.device_id] = condition.with_state(state, entry.at)
        elif state not in condition.states:
            stale.append(entry)

    def take_off(entry: Entry) -> None:
        # If the store fails, the next reader does it. A device that was found silent is watched again first,
        # so that its next silence is found, even where no rule seems to be its own: what is known of it
        # here may be a minute old.
        with suppress(StoreUnavailable):
            if entry.state == Status.SILENT and entry.device_id in devices:
                stored_conditions.watch(application.id, entry.device_id, moment)
            state_lists.leave(application.id, entry)

    in_parallel(take_off, stale)
    return conditions
