"""The devices of an application: static facts, each device's in an item beside all else that it has.

The item is looked up by itself, so that no key of a whole application is read for each message. The index
`devices` lists an application's devices in the order of their ids; it may lag behind by about a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.settings import PayloadEncoding
from sigbridge.store import device_states, table, transactions
from sigbridge.store.applications import application_key, read_application
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.rows import Key, NewItem, Record, Span, Update

_SORT = "DEVICE"
# Sort before and after every character that a device's id may hold.
_BEFORE_ALL, _AFTER_ALL = "!", "~"


class NotListed(Exception):
    """The application does not list the device; nothing was changed."""


def find_with_application(
    application_id: str, device_ids: Sequence[str]
) -> tuple[Application | None, list[Device]]:
    """Return an application and those of these devices that it lists, read in one request.

    The application's item is one for all its devices: whoever knows it asks for the devices alone.
    """
    application = application_key(application_id)
    keys = [device_key(application_id, device_id) for device_id in device_ids]
    found = table.get_many([application, *keys])
    devices = [read_device(found[key]) for key in keys if key in found]
    return None if application not in found else read_application(found[application]), devices


def find_many(application_id: str, device_ids: Sequence[str]) -> list[Device]:
    """Return those of these devices that are listed, in the order of the ids, read 100 in a request."""
    keys = [device_key(application_id, device_id) for device_id in device_ids]
    found = table.get_many(keys)
    return [read_device(found[key]) for key in keys if key in found]


def after(application_id: str, prefix: str, last_id: str | None, page: int) -> Iterator[Device]:
    """Yield listed devices in the order of their ids, read page by page as they are wanted.

    Args:
        application_id: Whose devices.
        prefix: Beginning of their ids; "" for all.
        last_id: Only those whose ids sort after this one.
        page: How many to read in a request.
    """
    first = prefix or _BEFORE_ALL
    if last_id is not None:
        first = max(first, last_id + _BEFORE_ALL)
    last = prefix + _AFTER_ALL
    if first > last:
        return iter(())
    span = Span(_list_of(application_id), first, last, index="devices", pk_name="listed_in", sk_name="id")
    return map(read_device, table.in_order(span, page))


def find(application_id: str, device_id: str) -> Device | None:
    """Return one device as the last finished write left it."""
    record = table.get_latest(device_key(application_id, device_id))
    return None if record is None else read_device(record)


def add(application_id: str, device: Device) -> Device:
    """Register a device, unless it is registered already, and return it as it is listed.

    Its state is made together with its entry: so a listed device always has one, even if it is deleted
    at the same time.
    """
    state = device_states.creation(application_id, device.id, device.registered_at)
    return add_with(application_id, device, 0, state)


def add_with(application_id: str, device: Device, parameters: int, *others: Update) -> Device:
    """Register a device together with its state and whatever else it has from the start.

    Nothing of that is written where it is registered already.

    Args:
        application_id: Whose device.
        device: The device.
        parameters: How many parameters are among the others.
        others: Changes that make the rest.
    """
    record = _record_of(application_id, device) | ({"parameters": parameters} if parameters else {})
    entry = NewItem(device_key(application_id, device.id), record)
    try:
        transactions.transact(entry, *others)
    except TransactionFailed as none:
        existing = none.refused[0]
        return device if existing is None else read_device(existing)
    return device


def change(application_id: str, device_id: str, changes: Mapping[str, Any]) -> Device:
    """Set these facts of a device, at least one, leave the others, and return the device.

    Raises:
        NotListed: The application does not list it.
    """
    change = Update(
        key=device_key(application_id, device_id),
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        condition="attribute_exists(pk)",
        names={f"#{name}": name for name in changes},
        values={f":{name}": value for name, value in changes.items()},
    )
    try:
        return read_device(table.update_returning_item(change))
    except ConditionFailed as failed:
        raise NotListed from failed


def change_as_seen(application_id: str, seen: Device, changes: Mapping[str, Any]) -> bool:
    """Set these facts of a device, at least one, unless somebody changed them since it was read.

    Returns:
        Whether they are set; else it is as it was.
    """
    change = Update(
        key=device_key(application_id, seen.id),
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        condition=" AND ".join(f"#{name} = :seen_{name}" for name in changes),
        names={f"#{name}": name for name in changes},
        values={
            **{f":{name}": value for name, value in changes.items()},
            **{f":seen_{name}": getattr(seen, name) for name in changes},
        },
    )
    try:
        table.update(change)
    except ConditionFailed:
        return False
    return True


def tell_type(application_id: str, device_id: str, type_id: str) -> Device:
    """Record which type Sigfox names for a device, which becomes its type, and return the device.

    Where Sigfox named the same one before nothing is changed: the user may have chosen another since.

    Raises:
        NotListed: The application does not list it.
    """
    change = Update(
        key=device_key(application_id, device_id),
        expression="SET #type = :type, reported_type = :type",
        condition="attribute_exists(pk) AND (attribute_not_exists(reported_type) OR reported_type <> :type)",
        names={"#type": "type"},
        values={":type": type_id},
    )
    try:
        return read_device(table.update_returning_item(change))
    except ConditionFailed as failed:
        if failed.existing is None:
            raise NotListed from failed
        return read_device(failed.existing)


def device_key(application_id: str, device_id: str) -> Key:
    """Return the key of a device's facts."""
    return Key(f"DEVICE#{application_id}#{device_id}", _SORT)


def read_device(record: Mapping[str, Any]) -> Device:
    """Read the stored item, its copy in the list, or its image in the change stream."""
    encoding = record["payload_encoding"]
    return Device(
        id=record["id"],
        payload_encoding=None if encoding is None else PayloadEncoding(encoding),
        registered_at=int(record["registered_at"]),
        name=record.get("name", ""),
        type=record.get("type"),
        reported_type=record.get("reported_type"),
        tags=record.get("tags", {}),
        active=record.get("active", True),
    )


def _list_of(application_id: str) -> str:
    return f"APP#{application_id}"


def _record_of(application_id: str, device: Device) -> Record:
    return {
        "listed_in": _list_of(application_id),
        "id": device.id,
        "registered_at": device.registered_at,
        "payload_encoding": device.payload_encoding,
        "name": device.name,
        "type": device.type,
        "reported_type": device.reported_type,
        "tags": device.tags,
        "active": device.active,
    }
