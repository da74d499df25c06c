"""What Sigfox knows of devices: an item beside each, so that no message has to read or write it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import batched
from typing import Any

from sigbridge.model.sigfox_device import Place, SigfoxDevice, SubscriptionToken
from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.parallel import in_parallel
from sigbridge.store.rows import Key, Record, Update

_SORT = "SIGFOX"
# DynamoDB's limit.
_WRITTEN_AT_ONCE = 25


def find(application_id: str, device_id: str) -> SigfoxDevice | None:
    """Return what Sigfox knows of a device, as the last finished write left it."""
    record = table.get_latest(sigfox_device_key(application_id, device_id))
    return None if record is None else read_sigfox_device(record)


def find_many(application_id: str, device_ids: Sequence[str]) -> list[SigfoxDevice]:
    """Return what Sigfox knows of those of these devices of which it is stored, read 100 in a request."""
    keys = [sigfox_device_key(application_id, device_id) for device_id in device_ids]
    found = table.get_many(keys)
    return [read_sigfox_device(found[key]) for key in keys if key in found]


def put_all(application_id: str, devices: Sequence[SigfoxDevice]) -> None:
    """Store what Sigfox knows of devices in place of what is stored of them, 25 in a request.

    Raises:
        StoreThrottled: Not all may be stored; storing them again does no harm.
    """

    def put(some: Sequence[SigfoxDevice]) -> None:
        items = {sigfox_device_key(application_id, device.id): _record_of(device) for device in some}
        table.put_all(items)

    in_parallel(put, list(batched(devices, _WRITTEN_AT_ONCE, strict=False)))


def change(application_id: str, device_id: str, changes: Mapping[str, Any]) -> None:
    """Set these facts of a device by the names of `SigfoxDevice`, if any are stored of it."""
    change = Update(
        key=sigfox_device_key(application_id, device_id),
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        condition="attribute_exists(pk)",
        names={f"#{name}": name for name in changes},
        values={f":{name}": _written(value) for name, value in changes.items()},
    )
    with suppress(ConditionFailed):
        table.update(change)


def sigfox_device_key(application_id: str, device_id: str) -> Key:
    """Return the key of what Sigfox knows of a device."""
    return Key(f"DEVICE#{application_id}#{device_id}", _SORT)


def read_sigfox_device(record: Mapping[str, Any]) -> SigfoxDevice:
    """Read the stored item."""
    place, token = record.get("place"), record.get("token")
    return SigfoxDevice(
        id=record["pk"].split("#")[2],
        name=record["name"],
        device_type_id=record.get("device_type_id"),
        group_id=record.get("group_id"),
        contract_id=record.get("contract_id"),
        pac=record.get("pac"),
        place=None if place is None else Place(lat=place["lat"], lng=place["lng"]),
        state=record.get("state"),
        com_state=record.get("com_state"),
        token=None if token is None else _read_token(token),
        automatic_renewal=record.get("automatic_renewal"),
        automatic_renewal_status=record.get("automatic_renewal_status"),
        is_prototype=record.get("is_prototype"),
        is_activable=record.get("is_activable"),
        last_com=whole(record.get("last_com")),
        link_quality=record.get("link_quality"),
        seq_number=whole(record.get("seq_number")),
        created_at=whole(record.get("created_at")),
        activated_at=whole(record.get("activated_at")),
        unsubscribed_at=whole(record.get("unsubscribed_at")),
        imported_at=int(record["imported_at"]),
        name_at_import=record["name_at_import"],
    )


def _read_token(record: Mapping[str, Any]) -> SubscriptionToken:
    return SubscriptionToken(
        state=record.get("state"),
        detail=record.get("detail"),
        ends_at=whole(record.get("ends_at")),
        free_messages=whole(record.get("free_messages")),
        free_messages_sent=whole(record.get("free_messages_sent")),
    )


def _record_of(device: SigfoxDevice) -> Record:
    facts = {
        "name": device.name,
        "device_type_id": device.device_type_id,
        "group_id": device.group_id,
        "contract_id": device.contract_id,
        "pac": device.pac,
        "place": device.place,
        "state": device.state,
        "com_state": device.com_state,
        "token": device.token,
        "automatic_renewal": device.automatic_renewal,
        "automatic_renewal_status": device.automatic_renewal_status,
        "is_prototype": device.is_prototype,
        "is_activable": device.is_activable,
        "last_com": device.last_com,
        "link_quality": device.link_quality,
        "seq_number": device.seq_number,
        "created_at": device.created_at,
        "activated_at": device.activated_at,
        "unsubscribed_at": device.unsubscribed_at,
        "imported_at": device.imported_at,
        "name_at_import": device.name_at_import,
    }
    return {name: _written(value) for name, value in facts.items() if value is not None}


def _written(value: Any) -> Any:
    match value:
        case Place(lat=lat, lng=lng):
            return {"lat": lat, "lng": lng}
        case SubscriptionToken():
            return {
                "state": value.state,
                "detail": value.detail,
                "ends_at": value.ends_at,
                "free_messages": value.free_messages,
                "free_messages_sent": value.free_messages_sent,
            }
        case _:
            return value
