"""Sigfox's device types, an item each beside their application.

What Sigfox says of one and how Sigbridge is connected to it are written by different hands, each its own
attributes: neither undoes the other's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device_type import ConnectMode, DownlinkMode, SigfoxDeviceType
from sigbridge.store import table
from sigbridge.store.numbers import whole
from sigbridge.store.parallel import in_parallel
from sigbridge.store.rows import Key, Record, Span, Update

_SORT = "SIGFOXTYPE#"
# Sort before and after every character that an id may hold.
_BEFORE_ALL, _AFTER_ALL = "!", "~"
_PAGE = 100


def find(application_id: str, type_id: str) -> SigfoxDeviceType | None:
    """Return a device type as the last finished write left it."""
    record = table.get_latest(_key(application_id, type_id))
    return None if record is None else _read(record)


def of_application(application_id: str) -> list[SigfoxDeviceType]:
    """Return all device types of an application, in the order of their ids."""
    span = Span(f"APP#{application_id}", _SORT + _BEFORE_ALL, _SORT + _AFTER_ALL)
    return [_read(record) for record in table.newest_first(span, _PAGE)][::-1]


def describe_all(application_id: str, device_types: Sequence[SigfoxDeviceType]) -> None:
    """Write what Sigfox says of device types; how they are connected stays as it is."""

    def describe(device_type: SigfoxDeviceType) -> None:
        _set(application_id, device_type.id, _description_of(device_type))

    in_parallel(describe, device_types)


def note_connection(application_id: str, device_type: SigfoxDeviceType) -> None:
    """Write how a device type is connected, when that was checked and what was wrong; the rest stays."""
    _set(application_id, device_type.id, _connection_of(device_type))


def remove_all(application_id: str) -> None:
    """Delete all device types of an application that is deleted itself."""
    table.delete_all([_key(application_id, each.id) for each in of_application(application_id)])


def _set(application_id: str, type_id: str, record: Record) -> None:
    table.update(
        Update(
            key=_key(application_id, type_id),
            expression="SET " + ", ".join(f"#{name} = :{name}" for name in record),
            condition="",
            names={f"#{name}": name for name in record},
            values={f":{name}": value for name, value in record.items()},
        )
    )


def _key(application_id: str, type_id: str) -> Key:
    return Key(f"APP#{application_id}", f"{_SORT}{type_id}")


def _description_of(device_type: SigfoxDeviceType) -> Record:
    return {
        "name": device_type.name,
        "group_id": device_type.group_id,
        "downlink_mode": device_type.downlink_mode,
        "keep_alive_seconds": device_type.keep_alive_seconds,
        "contracts": [_record_of_contract(contract) for contract in device_type.contracts],
        "imported_at": device_type.imported_at,
    }


def _connection_of(device_type: SigfoxDeviceType) -> Record:
    return {
        "connected_as": device_type.connected_as,
        "checked_at": device_type.checked_at,
        "drift": list(device_type.drift),
    }


def _record_of_contract(contract: Contract) -> Record:
    return {
        "id": contract.id,
        "name": contract.name,
        "allows_downlinks": contract.allows_downlinks,
        "daily_uplinks": contract.daily_uplinks,
        "daily_downlinks": contract.daily_downlinks,
        "history_days": contract.history_days,
        "has_network_metadata": contract.has_network_metadata,
        "has_geolocation": contract.has_geolocation,
        "max_tokens": contract.max_tokens,
        "tokens_in_use": contract.tokens_in_use,
        "activation_ends_at": contract.activation_ends_at,
    }


def _read(record: Mapping[str, Any]) -> SigfoxDeviceType:
    mode, connected_as = record.get("downlink_mode"), record.get("connected_as")
    return SigfoxDeviceType(
        id=record["sk"].removeprefix(_SORT),
        name=record.get("name", ""),
        group_id=record.get("group_id"),
        downlink_mode=None if mode is None else DownlinkMode(mode),
        keep_alive_seconds=whole(record.get("keep_alive_seconds")),
        contracts=tuple(_read_contract(contract) for contract in record.get("contracts", ())),
        imported_at=int(record.get("imported_at", 0)),
        connected_as=None if connected_as is None else ConnectMode(connected_as),
        checked_at=whole(record.get("checked_at")),
        drift=tuple(record.get("drift", ())),
    )


def _read_contract(record: Mapping[str, Any]) -> Contract:
    return Contract(
        id=record["id"],
        name=record["name"],
        allows_downlinks=record["allows_downlinks"],
        daily_uplinks=whole(record["daily_uplinks"]),
        daily_downlinks=whole(record["daily_downlinks"]),
        history_days=int(record["history_days"]),
        has_network_metadata=record["has_network_metadata"],
        has_geolocation=record["has_geolocation"],
        max_tokens=whole(record["max_tokens"]),
        tokens_in_use=int(record["tokens_in_use"]),
        activation_ends_at=whole(record["activation_ends_at"]),
    )
