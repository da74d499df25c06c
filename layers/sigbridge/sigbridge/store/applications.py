"""Applications and the devices in their lists; both are static facts, read through a cache."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import Any, TypedDict

from sigbridge.store import device_states, table
from sigbridge.store.table import ConditionFailed, Key, NewItem, NotTogether, Record, Span, Update

_DEVICE = "DEVICE#"
# Sort before and after every character that a device's id may hold.
_BEFORE_ALL, _AFTER_ALL = "!", "~"


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


class Refusal(Enum):
    """Why a change of an application's device types did not happen."""

    NO_APPLICATION = auto()
    NO_TYPE = auto()
    TYPE_EXISTS = auto()
    NO_ROOM = auto()


class DeviceTypeRefused(Exception):
    """A change of an application's device types did not happen.

    Attributes:
        refusal: Why.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


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


def change(application_id: str, changes: Mapping[str, Any]) -> None:
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


def add_device_type(application_id: str, type_id: str, content: Mapping[str, Any], most: int) -> None:
    """Adds a device type to an application that has fewer than so many.

    Raises:
        DeviceTypeRefused: There is no such application, it has this type, or has no room for one more.
    """
    adding = Update(
        key=_application_key(application_id),
        expression="SET device_types.#type_id = :content",
        condition="attribute_exists(device_types) AND attribute_not_exists(device_types.#type_id)"
        " AND size(device_types) < :most",
        names={"#type_id": type_id},
        values={":content": content, ":most": most},
    )
    try:
        table.update(adding)
    except ConditionFailed as failed:
        if failed.existing is None or "device_types" in failed.existing:
            raise DeviceTypeRefused(_why_not_added(failed.existing, type_id)) from failed
        # Applications that were made before there were device types have no map of them.
        _make_room_for_device_types(application_id)
        add_device_type(application_id, type_id, content, most)


def _why_not_added(application: Record | None, type_id: str) -> Refusal:
    if application is None:
        return Refusal.NO_APPLICATION
    return Refusal.TYPE_EXISTS if type_id in application["device_types"] else Refusal.NO_ROOM


def _make_room_for_device_types(application_id: str) -> None:
    with suppress(ConditionFailed):
        table.update(
            Update(
                key=_application_key(application_id),
                expression="SET device_types = :none",
                condition="attribute_exists(pk) AND attribute_not_exists(device_types)",
                values={":none": {}},
            )
        )


def change_device_type(application_id: str, type_id: str, changes: Mapping[str, Any]) -> Record:
    """Sets these fields of a device type, and takes those out that are None; returns all of them.

    Raises:
        DeviceTypeRefused: There is no such application, or it has no such type.
    """
    told = {name: value for name, value in changes.items() if value is not None}
    assignments = [f"device_types.#type_id.#{name} = :{name}" for name in told]
    removals = [f"device_types.#type_id.#{name}" for name in changes if name not in told]
    clauses = {"SET": assignments, "REMOVE": removals}
    application = _change_device_types(
        application_id,
        type_id,
        expression=" ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts),
        names={f"#{name}": name for name in changes},
        values={f":{name}": value for name, value in told.items()},
    )
    content: Record = application["device_types"][type_id]
    return content


def remove_device_type(application_id: str, type_id: str) -> None:
    """Takes a device type out of an application.

    Raises:
        DeviceTypeRefused: There is no such application, or it has no such type.
    """
    _change_device_types(application_id, type_id, "REMOVE device_types.#type_id", {}, {})


def _change_device_types(
    application_id: str, type_id: str, expression: str, names: Mapping[str, str], values: Mapping[str, Any]
) -> Record:
    try:
        return table.update_returning_item(
            Update(
                key=_application_key(application_id),
                expression=expression,
                condition="attribute_exists(device_types.#type_id)",
                names={"#type_id": type_id, **names},
                values=values,
            )
        )
    except ConditionFailed as failed:
        missing = Refusal.NO_APPLICATION if failed.existing is None else Refusal.NO_TYPE
        raise DeviceTypeRefused(missing) from failed


def find_with_devices(
    application_id: str, device_ids: Sequence[str]
) -> tuple[ApplicationRecord | None, list[DeviceRecord]]:
    """Reads an application and those of these devices that it lists, in one request."""
    keys = [_application_key(application_id), *(_device_key(application_id, id_) for id_ in device_ids)]
    found = table.get_many(keys)
    application = found.get(keys[0])
    devices = [_device(found[key]) for key in keys[1:] if key in found]
    return None if application is None else _application(application), devices


def find_devices(application_id: str, device_ids: Sequence[str]) -> list[DeviceRecord]:
    """Reads those of these devices that are listed, in the order of the ids, 100 in a request."""
    keys = [_device_key(application_id, device_id) for device_id in device_ids]
    found = table.get_many(keys)
    return [_device(found[key]) for key in keys if key in found]


def devices_after(application_id: str, prefix: str, after: str | None, page: int) -> Iterator[DeviceRecord]:
    """Yields listed devices in the order of their ids, read page by page as they are wanted.

    Args:
        application_id: Whose devices.
        prefix: How their ids begin; "" for all.
        after: Only those whose ids sort after this one.
        page: How many to read in a request.
    """
    first = prefix if after is None else max(prefix, after + _BEFORE_ALL)
    last = prefix + _AFTER_ALL
    if first > last:
        return iter(())
    span = Span(f"APP#{application_id}", _DEVICE + first, _DEVICE + last)
    return map(_device, table.in_order(span, page))


def find_device(application_id: str, device_id: str) -> DeviceRecord | None:
    """Reads one device as the last finished write left it."""
    record = table.get_latest(_device_key(application_id, device_id))
    return None if record is None else _device(record)


def add_device(application_id: str, record: DeviceRecord) -> DeviceRecord:
    """Registers a device, unless it is registered already, and returns it as it is listed.

    Its state is made together with its entry: so a listed device always has one, even if it is deleted
    at the same time.
    """
    entry = NewItem(_device_key(application_id, record["id"]), dict(record))
    state = device_states.creation(application_id, record["id"], record["registered_at"])
    try:
        table.write_together(entry, state)
    except NotTogether as neither:
        return _device(neither.refused[0] or dict(record))
    return record


def change_device(application_id: str, device_id: str, changes: Mapping[str, Any]) -> DeviceRecord:
    """Sets these facts of a device, at least one, leaves the others, and returns all of them.

    Raises:
        ConditionFailed: The device is not listed.
    """
    return _device(
        table.update_returning_item(
            Update(
                key=_device_key(application_id, device_id),
                expression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                condition="attribute_exists(pk)",
                names={f"#{name}": name for name in changes},
                values={f":{name}": value for name, value in changes.items()},
            )
        )
    )


def tell_type(application_id: str, device_id: str, type_id: str) -> DeviceRecord:
    """Notes which type Sigfox names for a device, which becomes its type, and returns the device.

    Where Sigfox named the same one before nothing is changed: the user may have chosen another since.

    Raises:
        ConditionFailed: The device is not listed.
    """
    try:
        return _device(
            table.update_returning_item(
                Update(
                    key=_device_key(application_id, device_id),
                    expression="SET #type = :type, told_type = :type",
                    condition="attribute_exists(pk) AND"
                    " (attribute_not_exists(told_type) OR told_type <> :type)",
                    names={"#type": "type"},
                    values={":type": type_id},
                )
            )
        )
    except ConditionFailed as failed:
        if failed.existing is None:
            raise
        return _device(failed.existing)


def _application_key(application_id: str) -> Key:
    return Key(f"APP#{application_id}", "APP")


def _device_key(application_id: str, device_id: str) -> Key:
    return Key(f"APP#{application_id}", f"{_DEVICE}{device_id}")


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
