"""Which devices of an application are in a state, told from lists and verified.

A list tells which devices were in a state when that was told last. Most states end with a message, and
nothing but the message is written then. So whoever reads a list verifies what it says of the devices
that are read, and takes off what holds no more.

What it costs: `states_among` makes a query for each state, half a read unit for every 4 kB or about 50
entries. Then each device that is found takes a read unit for what is noted of it, and a query of one read
unit for its newest message; the application and the devices are read unless they are remembered. A page
of `devices_in_state` takes one query and the same for each device. An entry that is taken off costs a
write unit, and one that ends a silence three more.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from sigbridge.clock import now_ms
from sigbridge.devices import DeviceCache, UnknownDevice
from sigbridge.errors import StoreUnavailable
from sigbridge.status.device_status import DeviceStatus, Status, evaluate, find_last_message, is_same_day
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
        devices: Their ids, in order, each with the moment since when (epoch ms).
        next_after: What to ask for the next page with; None after the last one.
    """

    devices: tuple[tuple[str, int], ...]
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

    def entries_of(state: Status) -> list[Entry]:
        return state_lists.between(application_id, state.value, first_id, last_id)

    entries = [
        entry
        for of_state in in_parallel(entries_of, _LISTED)
        for entry in of_state
        if wanted is None or entry.device_id in wanted
    ]
    conditions = _verified(application_id, entries)
    return {
        device_id: StateSince(condition.state, condition.since)
        for device_id, condition in conditions.items()
        if condition.since is not None
    }


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
    conditions = _verified(application_id, entries)
    return StatePage(
        devices=tuple(
            (device_id, condition.since)
            for device_id, condition in conditions.items()
            if condition.state is state and condition.since is not None
        ),
        next_after=entries[-1].device_id if len(read) > limit else None,
    )


def take_off_lists(application_id: str, device_id: str) -> None:
    """Take a device that is deleted off all lists.

    Raises:
        StoreUnavailable: It may still be in some; doing it again does no harm.
    """
    state_lists.leave_all(application_id, device_id, [state.value for state in _LISTED])


def _verified(application_id: str, entries: Sequence[Entry]) -> dict[str, DeviceStatus]:
    """Tell how the listed devices are doing and take off the lists what holds no more.

    A device that is over its quota because of what it was answered is so until the day ends, and its
    entry alone says so.
    """
    device_ids = sorted({entry.device_id for entry in entries})
    if not device_ids:
        return {}
    moment = now_ms()
    directory = DeviceCache.open(application_id, device_ids)
    noted = stored_conditions.find_many(application_id, device_ids)
    last_messages = in_parallel(lambda id_: find_last_message(application_id, id_), device_ids)
    conditions: dict[str, DeviceStatus] = {}
    for device_id, last_message in zip(device_ids, last_messages, strict=True):
        with suppress(UnknownDevice):
            device = directory.device(device_id)
            conditions[device_id] = evaluate(
                directory.application, device, noted[device_id], last_message, moment
            )
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
    in_parallel(lambda entry: _take_off(directory, entry, moment), stale)
    return conditions


def _take_off(directory: DeviceCache, entry: Entry, now_ms: int) -> None:
    """Take an entry off its list; if the store fails, the next reader does.

    A device that was found silent is watched again first, so that its next silence is found. That is so
    even where no rule seems to be its own: what is known of it here may be a minute old.
    """
    application_id, device_id = directory.application.id, entry.device_id
    with suppress(StoreUnavailable):
        if entry.state == Status.SILENT and _is_listed(directory, device_id):
            stored_conditions.watch(application_id, device_id, now_ms)
        state_lists.leave(application_id, entry)


def _is_listed(directory: DeviceCache, device_id: str) -> bool:
    try:
        directory.device(device_id)
    except UnknownDevice:
        return False
    return True
