"""The devices of an application, each with how it is doing, by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched, islice

from sigbridge.clock import now_ms
from sigbridge.devices import DeviceFilter, devices_after, devices_named
from sigbridge.model.device import Device
from sigbridge.model.status import Status
from sigbridge.status.device_status import DeviceStatus
from sigbridge.status.state_lists import devices_in_state, states_among, statuses_of_listed
from sigbridge.store import device_states

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
        status: How it is doing.
        queue_length: How many downlinks wait in its queue.
    """

    device: Device
    status: DeviceStatus
    queue_length: int


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
    1,000 entries. A state other than ok has a list of its own. Each device of the page costs what its status
    does (see `state_lists`), and half a read unit for the length of its queue.

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
            return DevicePage(_listed(application_id, found, state), found[-1].id)
        found += fitting
        read += len(entries)
        after = entries[-1].id
    more = read == _MOST_READ
    return DevicePage(_listed(application_id, found, state), after if more else None)


def _without_the_unwell(application_id: str, devices: Sequence[Device]) -> list[Device]:
    if not devices:
        return []
    ids = [device.id for device in devices]
    unwell = states_among(application_id, ids[0], ids[-1], frozenset(ids))
    return [device for device in devices if device.id not in unwell]


def _listed(application_id: str, devices: Sequence[Device], state: Status | None) -> tuple[ListedDevice, ...]:
    """Add to devices how they are doing, and leave out those that are in another state by now."""
    statuses = statuses_of_listed(application_id, devices)
    found = [
        (device, status)
        for device, status in zip(devices, statuses, strict=True)
        if state in {None, status.state}
    ]
    return _with_queues(application_id, found)


def _with_queues(
    application_id: str, statuses: Sequence[tuple[Device, DeviceStatus]]
) -> tuple[ListedDevice, ...]:
    ids = [device.id for device, _ in statuses]
    lengths = device_states.queue_lengths(application_id, ids, now_ms())
    return tuple(ListedDevice(device, status, lengths.get(device.id, 0)) for device, status in statuses)


def _from_the_list_of_a_state(
    application_id: str, wanted: DeviceFilter, state: Status, after: str | None, limit: int
) -> DevicePage:
    if after is None and wanted.prefix:
        after = _just_before(wanted.prefix)
    found: list[tuple[Device, DeviceStatus]] = []
    more = True
    for _ in range(_MOST_READ // _READ_AT_ONCE):
        page = devices_in_state(application_id, state, after, limit - len(found))
        statuses = {status.device_id: status for status in page.devices}
        devices = devices_named(application_id, list(statuses))
        found += [(each, statuses[each.id]) for each in devices if wanted.wants(each)]
        after = page.next_after
        more = after is not None and after <= wanted.prefix + _AFTER_ALL
        if not more or len(found) == limit:
            break
    return DevicePage(_with_queues(application_id, found), after if more else None)


def _just_before(prefix: str) -> str:
    """Give what sorts after every id that sorts before this prefix, and before every id that begins so."""
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + _AFTER_ALL
