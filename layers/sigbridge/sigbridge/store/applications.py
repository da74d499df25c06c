"""Applications and the devices in their lists; both are static facts, read through a cache."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from sigbridge.store import device_states, table
from sigbridge.store.table import ConditionFailed, Key, Record, Update


class ApplicationRecord(TypedDict):
    """An application's settings."""

    id: str
    name: str
    created_at: int
    unknown_devices: str
    payload_encoding: str
    daily_downlinks: int
    downlink_quota: str
    retention_days: int | None
    device_types: Mapping[str, Mapping[str, Any]]


class DeviceRecord(TypedDict):
    """A device's static facts, as its application lists them.

    `type` is the id of its device type, `told_type` the one that Sigfox named last; None for none.
    """

    id: str
    registered_at: int
    payload_encoding: str | None
    name: str
    type: str | None
    told_type: str | None
    tags: Mapping[str, str]
    active: bool


def find(application_id: str) -> ApplicationRecord | None:
    """Reads an application as the last finished write left it."""
    record = table.get_latest(_application_key(application_id))
    return None if record is None else _application(record)


def add(record: ApplicationRecord) -> None:
    """Stores a new application.

    Raises:
        ConditionFailed: It exists.
    """
    table.put_new(_application_key(record["id"]), dict(record))


def change(application_id: str, changes: Mapping[str, str | int]) -> None:
    """Sets these settings of an application and leaves the others.

    Raises:
        ConditionFailed: There is no such application.
    """
    table.update(
        Update(
            key=_application_key(application_id),
            expression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
            condition="attribute_exists(pk)",
            names={f"#{name}": name for name in changes},
            values={f":{name}": value for name, value in changes.items()},
        )
    )


def find_with_devices(
    application_id: str, device_ids: Sequence[str]
) -> tuple[ApplicationRecord | None, list[DeviceRecord]]:
    """Reads an application and those of these devices that it lists, in one request."""
    keys = [_application_key(application_id), *(_device_key(application_id, id_) for id_ in device_ids)]
    found = table.get_many(keys)
    application = found.get(keys[0])
    devices = [_device(found[key]) for key in keys[1:] if key in found]
    return None if application is None else _application(application), devices


def find_device(application_id: str, device_id: str) -> DeviceRecord | None:
    """Reads one device as the last finished write left it."""
    record = table.get_latest(_device_key(application_id, device_id))
    return None if record is None else _device(record)


def add_device(application_id: str, record: DeviceRecord) -> DeviceRecord:
    """Registers a device, unless it is registered already, and returns it as it is listed.

    Its state is made first, so that a listed device always has one; a failure between the two
    writes is healed by the next attempt.
    """
    device_states.create(application_id, record["id"])
    try:
        table.put_new(_device_key(application_id, record["id"]), dict(record))
    except ConditionFailed as listed:
        return _device(listed.existing or dict(record))
    return record


def tell_type(application_id: str, device_id: str, type_id: str) -> DeviceRecord:
    """Notes which type Sigfox names for a device, which becomes its type, and returns the device.

    Raises:
        ConditionFailed: The device is not listed.
    """
    return _device(
        table.update_returning_item(
            Update(
                key=_device_key(application_id, device_id),
                expression="SET #type = :type, told_type = :type",
                condition="attribute_exists(pk)",
                names={"#type": "type"},
                values={":type": type_id},
            )
        )
    )


def _application_key(application_id: str) -> Key:
    return Key(f"APP#{application_id}", "APP")


def _device_key(application_id: str, device_id: str) -> Key:
    return Key(f"APP#{application_id}", f"DEVICE#{device_id}")


def _application(record: Record) -> ApplicationRecord:
    retention = record.get("retention_days")
    return ApplicationRecord(
        id=record["id"],
        name=record["name"],
        created_at=int(record["created_at"]),
        unknown_devices=record["unknown_devices"],
        payload_encoding=record["payload_encoding"],
        daily_downlinks=int(record["daily_downlinks"]),
        downlink_quota=record["downlink_quota"],
        retention_days=None if retention is None else int(retention),
        device_types=record.get("device_types", {}),
    )


def _device(record: Record) -> DeviceRecord:
    return DeviceRecord(
        id=record["id"],
        registered_at=int(record["registered_at"]),
        payload_encoding=record["payload_encoding"],
        name=record.get("name", ""),
        type=record.get("type"),
        told_type=record.get("told_type"),
        tags=record.get("tags", {}),
        active=record.get("active", True),
    )
