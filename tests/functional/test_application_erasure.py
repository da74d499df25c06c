"""Deleting an application: nothing of it stays, and nothing of another one goes."""

from collections.abc import Iterator

import pytest

from sigbridge.applications import (
    ApplicationExists,
    UnknownApplication,
    create_application,
    find_application,
    list_applications,
)
from sigbridge.credentials import UnknownCredential, authenticate, issue_key
from sigbridge.credentials.authentication import forget_cached_keys
from sigbridge.deletion import erase_application
from sigbridge.devices import find_device, register_device
from sigbridge.errors import StoreUnavailable
from sigbridge.model.api_key import Right
from sigbridge.model.sigfox_device_type import SigfoxDeviceType
from sigbridge.store import sigfox_device_types
from tests.functional.conftest import Stored
from tests.functional.failing_store import failing, throttled
from tests.functional.played_device import HOUR, MINUTE
from tests.functional.played_fleet import PlayedFleet

DAY = 24 * HOUR


@pytest.fixture
def neighbour(table: str) -> Iterator[str]:  # noqa: ARG001
    """Another application, with a key and a device."""
    create_application("neighbour")
    token = str(issue_key("neighbour", "theirs", list(Right)).token)
    register_device("neighbour", "A1")
    return token


@pytest.fixture
def devices(fleet: PlayedFleet) -> tuple[str, ...]:
    """Devices that spoke, one of them watched."""
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add("A1", type="tracker")
    fleet.add("B2")
    for device_id in ("A1", "B2"):
        fleet.say(device_id)
    return ("A1", "B2")


def of_application(stored: Stored) -> set[str]:
    """The sort keys of what is stored of `demo`, besides what is left to do for its devices."""
    items = [item for item in stored() if "demo" in f"{item['pk']}#{item['sk']}".split("#")]
    keys = [item for item in stored("KEY#") if item["application_id"] == "demo"]
    return {item["sk"] for item in (*items, *keys) if not item["sk"].startswith("ERASURE#")}


def passes(fleet: PlayedFleet) -> None:
    fleet.next_minute()
    fleet.wait(2 * MINUTE)


def test_nothing_of_an_application_stays(
    fleet: PlayedFleet, devices: tuple[str, ...], neighbour: str, stored: Stored
) -> None:
    assert devices
    for application_id in ("demo", "neighbour"):
        sigfox_device_types.describe_all(application_id, [SigfoxDeviceType("5e74c318aa8aec41f9cc6b00")])
    before = [item for item in stored() if "neighbour" in item["pk"]]

    erase_application("demo")
    passes(fleet)

    assert of_application(stored) == set()
    assert [item for item in stored() if "neighbour" in item["pk"]] == before
    assert authenticate(neighbour).application_id == "neighbour"
    assert [application.id for application in list_applications()] == ["neighbour"]


def test_its_keys_are_refused_and_no_new_one_is_made(key: str) -> None:
    erase_application("demo")
    forget_cached_keys()

    with pytest.raises(UnknownCredential):
        authenticate(key)
    with pytest.raises(UnknownApplication):
        issue_key("demo", "late", list(Right))


def test_keys_that_could_not_be_deleted_at_once_are_later(fleet: PlayedFleet, stored: Stored) -> None:
    with failing(throttled, lambda request: "RequestItems" in request):
        erase_application("demo")
    assert stored("KEY#")

    fleet.next_minute()

    assert stored("KEY#") == []


def test_a_device_that_is_registered_in_the_last_minute_goes_too(fleet: PlayedFleet, stored: Stored) -> None:
    erase_application("demo")
    fleet.next_minute()
    # A running function remembers the application.
    register_device("demo", "C3")
    assert stored("DEVICE#demo#C3")

    fleet.wait(2 * MINUTE)

    assert of_application(stored) == set()


def test_the_id_is_free_again_when_all_is_gone(fleet: PlayedFleet, devices: tuple[str, ...]) -> None:
    assert devices
    erase_application("demo")
    with pytest.raises(ApplicationExists, match="is still being erased"):
        create_application("demo")

    passes(fleet)
    create_application("demo")
    register_device("demo", "A1")
    fleet.wait(DAY)

    assert find_application("demo").id == "demo"
    assert find_device("demo", "A1")


def test_an_application_is_deleted_once(key: str) -> None:  # noqa: ARG001
    erase_application("demo")
    for application_id in ("demo", "nowhere"):
        with pytest.raises(UnknownApplication):
            erase_application(application_id)


def test_what_time_does_not_allow_is_done_in_the_next_minute(
    fleet: PlayedFleet, devices: tuple[str, ...], stored: Stored
) -> None:
    erase_application("demo")
    fleet.next_minute(remaining_ms=10_000)
    assert {item["id"] for item in stored("DEVICE#demo#", "DEVICE")} == set(devices)

    passes(fleet)

    assert of_application(stored) == set()


def test_an_application_that_could_not_be_deleted_stays(fleet: PlayedFleet, stored: Stored) -> None:
    before = stored()

    with (
        failing(throttled, lambda request: "TransactItems" in request),
        pytest.raises(StoreUnavailable),
    ):
        erase_application("demo")
    fleet.next_minute()

    assert stored() == before
