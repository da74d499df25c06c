"""Ordering changes of devices in Sigfox: at once where one request does it, else as a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sigbridge.clock import now_ms
from sigbridge.devices import DeviceExists, create_device, devices_named, missing_types, no_such_type
from sigbridge.errors import Fault, InvalidInput, NothingToDo
from sigbridge.jobs import Job, JobKind, cancel_job, order_job, unfinished_jobs
from sigbridge.model.device import Device
from sigbridge.model.sigfox_change import DeviceChange, DeviceWish, SigfoxOrder
from sigbridge.provisioning.change_place import ChangePlace
from sigbridge.provisioning.change_records import record_change
from sigbridge.provisioning.connection import find_connection, open_client
from sigbridge.provisioning.errors import SigfoxBusy, SigfoxRefuses
from sigbridge.provisioning.registering import Whereabouts, register_in_sigfox
from sigbridge.sigfox.rest.contracts import read_contract
from sigbridge.sigfox.rest.device_changes import edit, read_replacement, replacement
from sigbridge.store import job_rows, sigfox_device_types

_EDIT = SigfoxOrder(DeviceChange.EDIT)
_WAITING_EDITS = replace(_EDIT, singly=True)


class NoRoomInContract(NothingToDo):
    """No contract of a device type takes devices."""

    def __init__(self, device_type_id: str) -> None:
        super().__init__(
            f"No contract of device type '{device_type_id}' takes devices: all their tokens are in use, or"
            " the time for activations is over"
        )


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """A device that was registered in Sigfox, and is listed.

    Attributes:
        device: The device.
        transfer: The job that transfers it, where Sigfox has it under another device type.
    """

    device: Device
    transfer: Job | None


def order_change(application_id: str, order: SigfoxOrder, wishes: Sequence[DeviceWish]) -> Job:
    """Have devices changed in Sigfox; it begins within a minute.

    Args:
        application_id: Whose connection to Sigfox is used.
        order: What is to be done.
        wishes: With which devices.

    Raises:
        NotConnected: The application is not connected.
        InvalidInput: A device is named twice, or is to be registered without its PAC.
        NoRoomInContract: They can't be registered.
        TooManyJobs: There are as many as there may be.
    """
    find_connection(application_id)
    _check(order, wishes)
    if order.change is DeviceChange.REGISTER and order.device_type_id is not None:
        _require_room(application_id, order.device_type_id)
    rows = [wish.as_row() for wish in wishes]
    return order_job(application_id, JobKind.SIGFOX_CHANGE, order.as_arguments(), total=len(rows), rows=rows)


def register_device(application_id: str, device_type_id: str, wish: DeviceWish) -> Job | None:
    """Register a device in Sigfox at once.

    Returns:
        The job that transfers it, where Sigfox has it under another device type.

    Raises:
        NotRegistered: Sigfox does not take it.
        NoRoomInContract: The device type takes no devices.
        SigfoxError: Sigfox was not asked, or did not answer; the same may be asked for again.
    """
    order = SigfoxOrder(DeviceChange.REGISTER, device_type_id)
    _check(order, [wish])
    client = open_client(application_id)
    _require_room(application_id, device_type_id)
    if register_in_sigfox(client, device_type_id, wish) is Whereabouts.ELSEWHERE:
        return order_change(application_id, SigfoxOrder(DeviceChange.TRANSFER, device_type_id), [wish])
    return None


def order_registrations(application_id: str, wishes: Mapping[str, Sequence[DeviceWish]]) -> list[Job]:
    """Have devices registered in Sigfox, one job for each device type, by whose ids they are given.

    Raises:
        SigbridgeError: As `order_change`; some jobs may be ordered, and ordering them again does no harm.
    """
    return [
        order_change(application_id, SigfoxOrder(DeviceChange.REGISTER, device_type_id), of_type)
        for device_type_id, of_type in wishes.items()
    ]


def create_registered_device(application_id: str, device: Device, wish: DeviceWish) -> RegisteredDevice:
    """Register a device in Sigfox, and then list it.

    Raises:
        UnknownApplication: The application was deleted.
        InvalidInput: Its device type does not exist.
        DeviceExists: It is listed already; Sigfox was not asked.
        SigbridgeError: As `register_device`.
    """
    type_id = device.type or ""
    if missing_types(application_id, [type_id]):
        raise InvalidInput.of([Fault("type", no_such_type(type_id))])
    if devices_named(application_id, [device.id]):
        message = f"Device {device.id} exists already"
        raise DeviceExists(message)
    transfer = register_device(application_id, type_id, wish)
    return RegisteredDevice(create_device(application_id, device), transfer)


def edit_device(application_id: str, wish: DeviceWish) -> Job | None:
    """Change a device in Sigfox: at once, or when Sigfox takes it, which is once an hour for each device.

    One job has all that waits for that in an application: jobs are few.

    Returns:
        The job that changes it, where Sigfox does not take it now.

    Raises:
        TooManyJobs: Sigfox does not take it now, and there are as many jobs as there may be.
        SigfoxError: Sigfox was not asked, refused it, or did not answer; the same may be asked for again.
    """
    if not wish.wanted():
        return None
    client = open_client(application_id)
    job = _waiting_edits(application_id)
    waiting = {} if job is None else {each.id: each for each in _remaining(job)}
    if wish.id not in waiting:
        try:
            client.put(f"/devices/{wish.id}", edit(wish))
        except SigfoxBusy:
            waiting[wish.id] = wish
        else:
            record_change(application_id, _EDIT, [wish])
            return None
    # The later name wins, and nothing is lost where this breaks off: an edit may be made twice.
    waiting[wish.id] = waiting[wish.id].later(wish)
    merged = order_change(application_id, _WAITING_EDITS, list(waiting.values()))
    if job is not None:
        cancel_job(application_id, job.id)
    return merged


def disengage_device(application_id: str, device_id: str) -> None:
    """Have Sigfox take whatever sequence number a device sends next.

    Raises:
        SigfoxError: Sigfox was not asked, refused it, or did not answer.
    """
    open_client(application_id).post(f"/devices/{device_id}/disengage")


def replace_device(application_id: str, device_id: str, target_device_id: str) -> None:
    """Have another device take the place of one in Sigfox: its name, its device type, its subscription.

    Raises:
        InvalidInput: It is the same device.
        SigfoxRefuses: Sigfox does not do that.
        SigfoxError: Sigfox was not asked, or did not answer.
    """
    if target_device_id == device_id:
        raise InvalidInput.of([Fault("target_device_id", "is the same device")])
    client = open_client(application_id)
    refusals = read_replacement(
        client.post("/devices/bulk/replace", replacement(device_id, target_device_id))
    )
    if refusals:
        raise SigfoxRefuses(f"Sigfox refuses this: {'; '.join(refusals)}", refusals)


def _waiting_edits(application_id: str) -> Job | None:
    """Return the job that makes changes when Sigfox takes them, if there is one."""
    return next(
        (
            job
            for job in unfinished_jobs(application_id)
            if job.kind is JobKind.SIGFOX_CHANGE and SigfoxOrder.read(job.arguments) == _WAITING_EDITS
        ),
        None,
    )


def _remaining(job: Job) -> list[DeviceWish]:
    """Return what such a job has not changed yet."""
    place = ChangePlace.of(job, _WAITING_EDITS)
    rows = job_rows.find(job, place.item)[place.position :]
    item = place.item + 1
    while more := job_rows.find(job, item):
        rows += more
        item += 1
    return [DeviceWish.read(row) for row in rows]


def _check(order: SigfoxOrder, wishes: Sequence[DeviceWish]) -> None:
    first_of: dict[str, int] = {}
    faults: list[Fault] = []
    for number, wish in enumerate(wishes):
        first = first_of.setdefault(wish.id, number)
        if first != number:
            faults.append(Fault(f"devices[{number}].id", f"is the same device as devices[{first}]"))
        if order.change is DeviceChange.REGISTER and not wish.pac:
            faults.append(Fault(f"devices[{number}].pac", "is missing"))
    if faults:
        raise InvalidInput.of(faults)


def _require_room(application_id: str, device_type_id: str) -> None:
    """Check that a contract takes devices; Sigfox is asked where by the last import none does."""
    known = sigfox_device_types.find(application_id, device_type_id)
    if known is None or not known.contracts:
        return
    moment = now_ms()
    if any(contract.takes_devices(moment) for contract in known.contracts):
        return
    client = open_client(application_id)
    asked = (
        read_contract(client.get(f"/contract-infos/{each.id}") | {"id": each.id}) for each in known.contracts
    )
    if not any(contract.takes_devices(moment) for contract in asked):
        raise NoRoomInContract(device_type_id)
