"""Device types and devices while many change them at once, on engines that many callers can reach."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sigbridge.applications import (
    DeviceTypeExists,
    TooManyDeviceTypes,
    UnknownDeviceType,
    change_device_type,
    create_device_type,
    delete_device_type,
    device_types,
    find_device_type,
)
from sigbridge.devices import (
    DeviceExists,
    DeviceFilter,
    ImportReceipt,
    NewDevice,
    change_device,
    create_device,
    find_device,
    import_devices,
    register_device,
)
from sigbridge.errors import SigbridgeError, StoreUnavailable
from sigbridge.model.device import Device
from sigbridge.model.device_type import DeviceType
from sigbridge.status.device_list import device_page
from sigbridge.store import devices as stored_devices
from sigbridge.store.rows import Key, Update
from sigbridge.store.table import update

CALLERS = 16


def at_once(call: Callable[[int], object], callers: int = CALLERS) -> list[object]:
    """Makes so many calls at once, and gives what they return, or the kind of error that they raise."""

    def outcome(number: int) -> object:
        try:
            return call(number)
        except SigbridgeError as refused:
            return type(refused)

    with ThreadPoolExecutor(callers) as threads:
        return list(threads.map(outcome, range(callers)))


def test_16_at_once_do_not_get_beyond_a_hundred_device_types(key: str) -> None:
    assert key
    for number in range(95):
        create_device_type("demo", DeviceType(f"type-{number}", "x"))

    created = at_once(lambda number: create_device_type("demo", DeviceType(f"new-{number}", "x")))

    assert (created.count(None), created.count(TooManyDeviceTypes)) == (5, 11)
    assert len(device_types("demo")) == 100


def test_of_16_that_create_one_device_type_one_does(key: str) -> None:
    assert key

    created = at_once(lambda number: create_device_type("demo", DeviceType("tracker", f"{number}")))

    assert (created.count(None), created.count(DeviceTypeExists)) == (1, 15)
    assert find_device_type("demo", "tracker").name == str(created.index(None))


def test_changes_of_different_fields_do_not_undo_each_other(key: str) -> None:
    assert key
    create_device_type("demo", DeviceType("tracker", "x", downlink_data="00" * 8))
    changes: list[dict[str, Any]] = [
        {"name": "Tracker"},
        {"pad_downlinks": True},
        {"downlink_data": None},
        {"daily_downlinks": 2, "keep_alive_seconds": 60},
    ]

    at_once(lambda number: change_device_type("demo", "tracker", changes[number % len(changes)]))

    assert find_device_type("demo", "tracker") == DeviceType(
        "tracker", "Tracker", pad_downlinks=True, daily_downlinks=2, keep_alive_seconds=60
    )


def test_an_application_from_before_there_were_device_types_gets_16_at_once(key: str) -> None:
    assert key
    update(Update(Key("APP#demo", "APP"), "REMOVE device_types", "attribute_exists(pk)", {}))
    assert at_once(lambda _: change_device_type("demo", "t", {"name": "x"})) == [UnknownDeviceType] * CALLERS
    assert at_once(lambda _: delete_device_type("demo", "t")) == [UnknownDeviceType] * CALLERS

    at_once(lambda number: create_device_type("demo", DeviceType(f"type-{number}", "x")))

    assert len(device_types("demo")) == CALLERS


def test_of_16_that_create_one_device_one_does(key: str) -> None:
    assert key

    created = at_once(
        lambda number: create_device("demo", Device("153FA", registered_at=1, name=f"{number}"))
    )

    assert created.count(DeviceExists) == 15
    assert [each for each in created if each is not DeviceExists] == [find_device("demo", "153FA")]


def test_imports_at_once_create_each_device_once(key: str) -> None:
    assert key
    ids = [f"{number:X}" for number in range(1, 41)]

    def import_all(number: int) -> ImportReceipt:
        devices = [NewDevice(Device(each, registered_at=1, name=f"{number}")) for each in ids]
        try:
            return import_devices("demo", devices)
        except StoreUnavailable:
            # Where both were in each other's way for long, importing again does no harm.
            return import_devices("demo", devices)

    receipts: Any = at_once(import_all, callers=2)

    assert all(receipt.created + receipt.existing == 40 for receipt in receipts)
    assert sum(receipt.created for receipt in receipts) <= 40
    page = device_page("demo", DeviceFilter(), None, None, 100)
    assert [each.device.id for each in page.devices] == sorted(ids)


def test_a_type_that_sigfox_names_again_and_again_is_set_once(key: str) -> None:
    assert key
    register_device("demo", "153FA")
    stored_devices.tell_type("demo", "153FA", "first")
    create_device_type("demo", DeviceType("mine", "x"))
    change_device("demo", "153FA", {"type": "mine"})

    at_once(lambda _: stored_devices.tell_type("demo", "153FA", "first"))
    assert find_device("demo", "153FA").type == "mine"

    at_once(lambda _: stored_devices.tell_type("demo", "153FA", "second"))
    assert find_device("demo", "153FA").type == "second"


def test_a_page_of_devices_begins_and_ends_where_it_should(key: str) -> None:
    assert key
    for each in ("A", "A.", "A0", "AZ", "A_", "B", "B1"):
        register_device("demo", each)

    def ids(prefix: str, after: str | None, limit: int = 3) -> list[str]:
        page = device_page("demo", DeviceFilter(prefix=prefix), None, after, limit)
        return [each.device.id for each in page.devices]

    assert ids("", None) == ["A", "A.", "A0"]
    assert ids("", "A0") == ["AZ", "A_", "B"]
    assert ids("A", "AZ") == ["A_"]
    assert ids("A", "A") == ["A.", "A0", "AZ"]
    assert ids("A", "Z") == []
    assert ids("B", "A") == ["B", "B1"]
