"""Applications, each one item with its device types; static facts that are read through a cache.

Their ids are in a list of their own, where an id stays taken until its application is erased.
"""

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from sigbridge.model.application import Application
from sigbridge.model.device_type import DeviceType
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding, UnknownDevices
from sigbridge.store import table, transactions
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Key, NewItem, Record, Span, Update

_LIST = "APPLICATIONS"
# Sort before and after every character that an id may hold.
_BEFORE_ALL, _AFTER_ALL = "!", "~"
_PAGE = 100


class ApplicationTaken(Exception):
    """There is an application of this id; it is as it was."""


class ApplicationBeingErased(Exception):
    """An application of this id was deleted, and is not erased yet; nothing was stored."""


class NoSuchApplication(Exception):
    """There is no application of this id."""


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


def find(application_id: str) -> Application | None:
    """Return an application as the last finished write left it."""
    record = table.get_latest(application_key(application_id))
    return None if record is None else read_application(record)


def find_all() -> list[Application]:
    """Return all applications, in the order of their ids, as the last finished writes left them."""
    listed = table.newest_first(Span(_LIST, _BEFORE_ALL, _AFTER_ALL), _PAGE)
    keys = [application_key(application_id) for application_id in sorted(entry["id"] for entry in listed)]
    found = table.get_many_latest(keys)
    return [read_application(found[key]) for key in keys if key in found]


def add(application: Application) -> None:
    """Store a new application.

    Raises:
        ApplicationTaken: There is one of this id.
        ApplicationBeingErased: There was one of this id.
    """
    try:
        transactions.transact(
            NewItem(application_key(application.id), _record_of(application)),
            NewItem(list_key(application.id), {"id": application.id}),
        )
    except TransactionFailed as neither:
        raise (ApplicationTaken if 0 in neither.refused else ApplicationBeingErased) from neither


def change(application_id: str, changes: Mapping[str, Any]) -> None:
    """Set these settings of an application and leave the others.

    Raises:
        NoSuchApplication: There is none of this id.
    """
    change = Update(
        key=application_key(application_id),
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        condition="attribute_exists(pk)",
        names={f"#{name}": name for name in changes},
        values={f":{name}": value for name, value in changes.items()},
    )
    try:
        table.update(change)
    except ConditionFailed as failed:
        raise NoSuchApplication from failed


def add_device_type(application_id: str, device_type: DeviceType, most: int) -> None:
    """Add a device type to an application that has fewer than so many.

    Raises:
        DeviceTypeRefused: There is no such application, it has this type, or has no room for one more.
    """
    adding = Update(
        key=application_key(application_id),
        expression="SET device_types.#type_id = :content",
        condition="attribute_exists(device_types) AND attribute_not_exists(device_types.#type_id)"
        " AND size(device_types) < :most",
        names={"#type_id": device_type.id},
        values={":content": _record_of_type(device_type), ":most": most},
    )
    try:
        table.update(adding)
    except ConditionFailed as failed:
        if failed.existing is None or "device_types" in failed.existing:
            raise DeviceTypeRefused(_why_not_added(failed.existing, device_type.id)) from failed
        # Applications that were made before there were device types have no map of them.
        _make_room_for_device_types(application_id)
        add_device_type(application_id, device_type, most)


def _why_not_added(application: Record | None, type_id: str) -> Refusal:
    if application is None:
        return Refusal.NO_APPLICATION
    return Refusal.TYPE_EXISTS if type_id in application["device_types"] else Refusal.NO_ROOM


def _make_room_for_device_types(application_id: str) -> None:
    with suppress(ConditionFailed):
        table.update(
            Update(
                key=application_key(application_id),
                expression="SET device_types = :none",
                condition="attribute_exists(pk) AND attribute_not_exists(device_types)",
                values={":none": {}},
            )
        )


def change_device_type(application_id: str, type_id: str, changes: Mapping[str, Any]) -> DeviceType:
    """Set these fields of a device type and take those out that are None; return all of them.

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
    return application.device_types[type_id]


def remove_device_type(application_id: str, type_id: str) -> None:
    """Take a device type out of an application.

    Raises:
        DeviceTypeRefused: There is no such application, or it has no such type.
    """
    _change_device_types(application_id, type_id, "REMOVE device_types.#type_id", {}, {})


def _change_device_types(
    application_id: str, type_id: str, expression: str, names: Mapping[str, str], values: Mapping[str, Any]
) -> Application:
    change = Update(
        key=application_key(application_id),
        expression=expression,
        condition="attribute_exists(device_types.#type_id)",
        names={"#type_id": type_id, **names},
        values=values,
    )
    try:
        return read_application(table.update_returning_item(change))
    except ConditionFailed as failed:
        missing = Refusal.NO_APPLICATION if failed.existing is None else Refusal.NO_TYPE
        raise DeviceTypeRefused(missing) from failed


def application_key(application_id: str) -> Key:
    """Return the key of an application's item."""
    return Key(f"APP#{application_id}", "APP")


def list_key(application_id: str) -> Key:
    """Return the key of an application's entry in the list of all."""
    return Key(_LIST, application_id)


def read_application(record: Mapping[str, Any]) -> Application:
    """Read the stored item, or its image in the change stream."""
    return Application(
        id=record["id"],
        name=record["name"],
        created_at=int(record["created_at"]),
        unknown_devices=UnknownDevices(record["unknown_devices"]),
        payload_encoding=PayloadEncoding(record["payload_encoding"]),
        daily_downlinks=int(record["daily_downlinks"]),
        downlink_quota=DownlinkQuota(record["downlink_quota"]),
        retention_days=whole(record.get("retention_days")),
        device_types={
            type_id: _read_type(type_id, content)
            for type_id, content in record.get("device_types", {}).items()
        },
    )


def _read_type(type_id: str, content: Mapping[str, Any]) -> DeviceType:
    encoding, quota = content.get("payload_encoding"), content.get("downlink_quota")
    return DeviceType(
        id=type_id,
        name=content["name"],
        payload_encoding=None if encoding is None else PayloadEncoding(encoding),
        pad_downlinks=content.get("pad_downlinks", False),
        downlink_data=content.get("downlink_data"),
        daily_downlinks=whole(content.get("daily_downlinks")),
        downlink_quota=None if quota is None else DownlinkQuota(quota),
        keep_alive_seconds=whole(content.get("keep_alive_seconds")),
        uplink_formatter=content.get("uplink_formatter"),
        downlink_formatter=content.get("downlink_formatter"),
        compute_answers=content.get("compute_answers", False),
    )


def _record_of(application: Application) -> Record:
    types = application.device_types.items()
    return {
        "id": application.id,
        "name": application.name,
        "created_at": application.created_at,
        "unknown_devices": application.unknown_devices.value,
        "payload_encoding": application.payload_encoding.value,
        "daily_downlinks": application.daily_downlinks,
        "downlink_quota": application.downlink_quota.value,
        "retention_days": application.retention_days,
        "device_types": {type_id: _record_of_type(device_type) for type_id, device_type in types},
    }


def _record_of_type(device_type: DeviceType) -> Record:
    content = {
        "name": device_type.name,
        "payload_encoding": device_type.payload_encoding,
        "pad_downlinks": device_type.pad_downlinks,
        "downlink_data": device_type.downlink_data,
        "daily_downlinks": device_type.daily_downlinks,
        "downlink_quota": device_type.downlink_quota,
        "keep_alive_seconds": device_type.keep_alive_seconds,
        "uplink_formatter": device_type.uplink_formatter,
        "downlink_formatter": device_type.downlink_formatter,
        "compute_answers": device_type.compute_answers,
    }
    return {name: value for name, value in content.items() if value is not None}
