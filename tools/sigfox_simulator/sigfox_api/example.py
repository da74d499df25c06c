"""What a simulated Sigfox has from the beginning: groups with a contract, a device type and a device each."""

from dataclasses import dataclass

from sigfox_simulator.sigfox_api.backend import SigfoxBackend

LOGIN, PASSWORD = "login", "password"
GROUP_ID = "5a1b2c3d4e5f60718293a4b5"
CONTRACT_ID = "5a1b2c3d4e5f60718293a4b6"
DEVICE_TYPE_ID = "5a1b2c3d4e5f60718293a4b7"
DEVICE_ID = "1A2B5F"
PAC = "0123456789ABCDEF"
_WITHOUT_DOWNLINKS = 2


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of Sigfox, whose API user sees his group alone.

    Attributes:
        group_id, group: His group.
        contract_id: Its contract.
        device_type_id, device_type: Its device type.
        device_id, device: His device.
        login: Of his API user, whose password is `PASSWORD`.
    """

    group_id: str
    group: str
    contract_id: str
    device_type_id: str
    device_type: str
    device_id: str
    device: str
    login: str


def _customer(letter: str, group: str, device_type: str, device_id: str, device: str) -> Customer:
    ids = [f"5a1b2c3d4e5f60718293a4{letter}{digit}" for digit in range(1, 5)]
    return Customer(ids[0], group, ids[1], ids[2], device_type, device_id, device, ids[3])


CUSTOMERS = (
    _customer("c", "Greenhouses", "Greenhouse sensors", "1A2B60", "Tomatoes"),
    _customer("d", "Cold rooms", "Cold room sensors", "5D1001", "Freezer 1"),
)


def add_example(backend: SigfoxBackend) -> None:
    """Add the example to a backend."""
    backend.users[LOGIN] = PASSWORD
    backend.add_group(GROUP_ID, "Farms")
    backend.add_contract(GROUP_ID, CONTRACT_ID, "Platinum")
    backend.add_device_type(
        GROUP_ID, DEVICE_TYPE_ID, "Weather stations", CONTRACT_ID, downlink_mode=_WITHOUT_DOWNLINKS
    )
    backend.add_device(DEVICE_TYPE_ID, DEVICE_ID, PAC, "North field")
    for customer in CUSTOMERS:
        _add(backend, customer)


def _add(backend: SigfoxBackend, customer: Customer) -> None:
    backend.users[customer.login] = PASSWORD
    backend.groups_of_users[customer.login] = customer.group_id
    backend.add_group(customer.group_id, customer.group)
    backend.add_contract(customer.group_id, customer.contract_id, "Platinum")
    backend.add_device_type(
        *(customer.group_id, customer.device_type_id, customer.device_type, customer.contract_id),
        downlink_mode=_WITHOUT_DOWNLINKS,
    )
    backend.add_device(customer.device_type_id, customer.device_id, PAC, customer.device)
