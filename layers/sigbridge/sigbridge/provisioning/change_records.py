"""What becomes of Sigbridge's own records where devices were changed in Sigfox."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sigbridge.clock import now_ms
from sigbridge.devices import NewDevice, import_devices
from sigbridge.model.device import Device
from sigbridge.model.sigfox_change import DeviceChange, DeviceWish, SigfoxOrder
from sigbridge.model.sigfox_device import Place, SigfoxDeviceState
from sigbridge.store import sigfox_devices
from sigbridge.store.parallel import in_parallel


def record_change(application_id: str, order: SigfoxOrder, wishes: Sequence[DeviceWish]) -> None:
    """Record what was done with devices: may be done twice.

    Devices that were registered are listed, unless they are; those that are listed stay as they are. Of
    others what is known of them in Sigfox follows.
    """
    if order.change is DeviceChange.REGISTER:
        _list_registered(application_id, order.device_type_id, wishes)
        return

    def record(wish: DeviceWish) -> None:
        facts = _facts(order, wish)
        if facts:
            sigfox_devices.change(application_id, wish.id, facts)

    in_parallel(record, wishes)


def _list_registered(application_id: str, device_type_id: str | None, wishes: Sequence[DeviceWish]) -> None:
    moment = now_ms()
    devices = [
        Device(
            wish.id,
            registered_at=moment,
            name=wish.name or "",
            type=device_type_id,
            reported_type=device_type_id,
        )
        for wish in wishes
    ]
    import_devices(application_id, [NewDevice(device) for device in devices])


def _facts(order: SigfoxOrder, wish: DeviceWish) -> Mapping[str, Any]:
    match order.change:
        case DeviceChange.TRANSFER:
            return {"device_type_id": order.device_type_id}
        case DeviceChange.SUSPEND:
            return {"state": SigfoxDeviceState.SUSPENDED}
        case DeviceChange.UNSUBSCRIBE:
            return {"unsubscribed_at": order.unsubscribed_at}
        case DeviceChange.EDIT:
            return _edited(wish)
        case _:
            # What it is now, Sigfox says at the next import.
            return {}


def _edited(wish: DeviceWish) -> Mapping[str, Any]:
    facts: dict[str, Any] = {
        "name": wish.name,
        "automatic_renewal": wish.automatic_renewal,
        "is_activable": wish.activable,
    }
    if wish.lat is not None and wish.lng is not None:
        facts["place"] = Place(Decimal(str(wish.lat)), Decimal(str(wish.lng)))
    return {name: value for name, value in facts.items() if value is not None}
