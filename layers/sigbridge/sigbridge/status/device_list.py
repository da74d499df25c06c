"""The devices of an application, each with how it is doing, by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched, islice

from sigbridge.devices import DeviceFilter, devices_after, devices_named
from sigbridge.model.device import Device
from sigbridge.status.device_status import Status
from sigbridge.status.state_lists import StateSince, devices_in_state, states_among

# What one request may cost, whatever the filter leaves out: 1,000 entries of the list.
_MOST_READ = 1_000
_READ_AT_ONCE = 100
# Sorts after every character that a device's id may hold.
_AFTER_ALL = "~"


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device and how it is doing.

    Attributes:
        device: The device.
        state: Its most serious state.
        since: Since when, epoch ms; None while all is well.
    """

    device: Device
    state: Status
    since: int | None


@dataclass(frozen=True, slots=True)
class DevicePage:
    """Some devices of an application, in the order of their ids.

    Attributes:
        devices: The devices. They may be fewer than were asked for, or none, though more follow.
        next_after: Id after which the next page begins; None after the last one.
    """

    devices: tuple[ListedDevice, ...]
    next_after: str | None


def device_page(
    application_id: str, wanted: DeviceFilter, state: Status | None, after: str | None, limit: int
) -> DevicePage:
    """Read a page of an application's devices.

    Filters cost nothing where the list is read anyway, but a page that they leave little of ends after
    1,000 entries. A state other than ok has a list of its own.

    Args:
        application_id: Whose devices.
        wanted: Which of them.
        state: Only devices whose most serious state is this one; None for all.
        after: `next_after` of the page before; None for the first page.
        limit: How many at most.

    Raises:
        UnknownApplication: The application was deleted.
        StoreUnavailable: It can't be read.
    """
    if state is None or state is Status.OK:
        return _from_the_list(application_id, wanted, state, after, limit)
    return _from_the_list_of_a_state(application_id, wanted, state, after, limit)


def _from_the_list(
    application_id: str, wanted: DeviceFilter, state: Status | None, after: str | None, limit: int
) -> DevicePage:
    selective = wanted.looks_inside or state is not None
    at_once = _READ_AT_ONCE if selective else limit + 1
    devices = islice(devices_after(application_id, wanted.prefix, after, at_once), _MOST_READ)
    found: list[Device] = []
    read = 0
    for entries in batched(devices, at_once, strict=False):
        fitting = [device for device in entries if wanted.wants(device)]
        if state is Status.OK:
            fitting = _without_the_unwell(application_id, fitting)
        if len(found) + len(fitting) > limit:
            found += fitting[: limit - len(found)]
            return DevicePage(_with_states(application_id, found, state), found[-1].id)
        found += fitting
        read += len(entries)
        after = entries[-1].id
    more = read == _MOST_READ
    return DevicePage(_with_states(application_id, found, state), after if more else None)


def _without_the_unwell(application_id: str, devices: Sequence[Device]) -> list[Device]:
    unwell = _unwell_among(application_id, devices)
    return [device for device in devices if device.id not in unwell]


def _unwell_among(application_id: str, devices: Sequence[Device]) -> dict[str, StateSince]:
    if not devices:
        return {}
    ids = [device.id for device in devices]
    return states_among(application_id, ids[0], ids[-1], frozenset(ids))


def _with_states(
    application_id: str, devices: Sequence[Device], state: Status | None
) -> tuple[ListedDevice, ...]:
    unwell = {} if state is Status.OK else _unwell_among(application_id, devices)
    return tuple(_with_state(device, unwell.get(device.id)) for device in devices)


def _with_state(device: Device, told: StateSince | None) -> ListedDevice:
    return (
        ListedDevice(device, Status.OK, None)
        if told is None
        else ListedDevice(device, told.state, told.since)
    )


def _from_the_list_of_a_state(
    application_id: str, wanted: DeviceFilter, state: Status, after: str | None, limit: int
) -> DevicePage:
    if after is None and wanted.prefix:
        after = _just_before(wanted.prefix)
    found: list[ListedDevice] = []
    for _ in range(_MOST_READ // _READ_AT_ONCE):
        page = devices_in_state(application_id, state, after, limit - len(found))
        since = dict(page.devices)
        devices = devices_named(application_id, list(since))
        found += [ListedDevice(each, state, since[each.id]) for each in devices if wanted.wants(each)]
        after = page.next_after
        if after is None or after > wanted.prefix + _AFTER_ALL:
            return DevicePage(tuple(found), None)
        if len(found) == limit:
            break
    return DevicePage(tuple(found), after)


def _just_before(prefix: str) -> str:
    """Give what sorts after every id that sorts before this prefix, and before every id that begins so."""
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + _AFTER_ALL
