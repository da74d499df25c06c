"""What Sigfox knows of device types and devices, in the table."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sigbridge.model.application import Application
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device import Place, SigfoxDevice, SubscriptionToken
from sigbridge.model.sigfox_device_type import ConnectMode, DownlinkMode, SigfoxDeviceType
from sigbridge.store import sigfox_device_types, sigfox_devices

CONTRACT = Contract(
    "5d6f00000000000000000001",
    "Platinum",
    allows_downlinks=True,
    daily_uplinks=140,
    daily_downlinks=4,
    history_days=30,
    has_network_metadata=True,
    has_geolocation=True,
    max_tokens=100,
    tokens_in_use=12,
    activation_ends_at=1830000000000,
)
DESCRIBED = SigfoxDeviceType(
    "5e74c318aa8aec41f9cc6b00",
    "Trackers",
    "572f00000000000000000001",
    DownlinkMode.CALLBACK,
    3600,
    (CONTRACT, Contract("5d6f00000000000000000002", "Silver", allows_downlinks=False)),
    imported_at=1764000000000,
)
DEVICE = SigfoxDevice(
    "1A2B45",
    "Boat",
    "5e74c318aa8aec41f9cc6b00",
    "572f00000000000000000001",
    "5d6f00000000000000000001",
    "0123456789ABCDEF",
    Place(Decimal("43.456"), Decimal("6.524")),
    "ok",
    "not_seen",
    SubscriptionToken("ok", "Valid", 1830000000000, 1, 9),
    True,
    "allowed",
    False,
    True,
    1763999999000,
    "GOOD",
    42,
    1760000000000,
    1761000000000,
    1831000000000,
    1764000000000,
    "Boat",
)


@pytest.fixture(autouse=True)
def _application(application: Application) -> None:
    assert application.id == "demo"


def test_a_device_type_is_read_as_it_was_described() -> None:
    sigfox_device_types.describe_all("demo", [DESCRIBED, replace(DESCRIBED, id="4e")])

    assert sigfox_device_types.find("demo", DESCRIBED.id) == DESCRIBED
    assert [each.id for each in sigfox_device_types.of_application("demo")] == ["4e", DESCRIBED.id]
    assert sigfox_device_types.find("demo", "other") is None


def test_what_sigfox_says_and_how_it_is_connected_do_not_undo_each_other() -> None:
    connected = SigfoxDeviceType(
        DESCRIBED.id, connected_as=ConnectMode.BIDIR, checked_at=1764000001000, drift=("UPLINK is disabled",)
    )
    both = replace(
        DESCRIBED,
        connected_as=connected.connected_as,
        checked_at=connected.checked_at,
        drift=connected.drift,
    )

    sigfox_device_types.note_connection("demo", connected)
    assert sigfox_device_types.find("demo", DESCRIBED.id) == connected
    sigfox_device_types.describe_all("demo", [DESCRIBED])
    assert sigfox_device_types.find("demo", DESCRIBED.id) == both
    sigfox_device_types.note_connection("demo", replace(connected, drift=()))
    assert sigfox_device_types.find("demo", DESCRIBED.id) == replace(both, drift=())


def test_a_device_is_read_as_it_was_described() -> None:
    described = [DEVICE, SigfoxDevice("AB", imported_at=1), *(SigfoxDevice(f"{n}") for n in range(100, 160))]

    sigfox_devices.put_all("demo", described)

    assert sigfox_devices.find("demo", "1A2B45") == DEVICE
    assert sigfox_devices.find_many("demo", [each.id for each in described]) == described
    assert sigfox_devices.find("demo", "NONE") is None


def test_single_facts_of_a_device_change_where_any_are_stored() -> None:
    sigfox_devices.put_all("demo", [DEVICE])

    sigfox_devices.change("demo", "1A2B45", {"name": "Ship", "automatic_renewal": False, "place": None})
    sigfox_devices.change("demo", "NONE", {"name": "Ship"})

    changed = replace(DEVICE, name="Ship", automatic_renewal=False, place=None)
    assert sigfox_devices.find("demo", "1A2B45") == changed
    assert sigfox_devices.find("demo", "NONE") is None


@pytest.mark.parametrize(
    ("contract", "slots", "takes"),
    [
        (CONTRACT, 88, True),
        (replace(CONTRACT, tokens_in_use=100), 0, False),
        (replace(CONTRACT, tokens_in_use=101), 0, False),
        (replace(CONTRACT, max_tokens=None, tokens_in_use=5000), None, True),
        (replace(CONTRACT, activation_ends_at=1764000000000), 88, False),
        (replace(CONTRACT, activation_ends_at=None), 88, True),
    ],
)
def test_a_contract_takes_devices_until_it_ends_or_is_full(
    contract: Contract, slots: int | None, takes: bool
) -> None:
    assert contract.free_slots == slots
    assert contract.takes_devices(1764000000000) is takes


def test_a_device_type_allows_what_one_of_its_contracts_does() -> None:
    silver = replace(DESCRIBED, contracts=DESCRIBED.contracts[1:])
    unknown = SigfoxDeviceType("5e")

    assert (DESCRIBED.allows_downlinks, DESCRIBED.history_days, DESCRIBED.daily_downlinks) == (True, 30, 4)
    assert (silver.allows_downlinks, silver.history_days, silver.daily_downlinks) == (False, 3, 0)
    assert (unknown.allows_downlinks, unknown.history_days, unknown.daily_downlinks) == (True, 3, None)
