"""What Sigfox has of the device types of a group."""

from collections.abc import Iterator
from contextlib import suppress

from sigbridge.clock import now_ms
from sigbridge.errors import NotFound
from sigbridge.model.sigfox_connection import SigfoxConnection
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device_type import SigfoxDeviceType
from sigbridge.provisioning.answers import Json
from sigbridge.provisioning.api_client import ApiClient
from sigbridge.provisioning.callback_keys import state_of_key
from sigbridge.provisioning.errors import SigfoxForbids, SigfoxNotFound
from sigbridge.provisioning.plan import Found
from sigbridge.sigfox.rest.callbacks import Callback, read_callback
from sigbridge.sigfox.rest.contracts import read_contract
from sigbridge.sigfox.rest.device_types import read_device_type
from sigbridge.sigfox.rest.values import object_of, objects_of, text_of


class UnknownSigfoxType(NotFound):
    """The connected group has no device type of that id."""

    def __init__(self, group_id: str, type_id: str) -> None:
        super().__init__(
            f"Sigfox's group {group_id} has no device type '{type_id}', nor has a group below it"
        )


def list_device_types(client: ApiClient, connection: SigfoxConnection) -> list[SigfoxDeviceType]:
    """Return the device types of the connected group and those below it, without their contracts.

    Those whose ids can't be read are left out: nothing can be done with them.
    """
    found: list[SigfoxDeviceType] = []
    for entry in _entries(client, connection):
        with suppress(ValueError):
            found.append(read_device_type(entry, {}, now_ms()))
    return found


def find_device_type(client: ApiClient, connection: SigfoxConnection, type_id: str) -> SigfoxDeviceType:
    """Return a device type of the connected group or one below it, with the contracts that are shown.

    Raises:
        UnknownSigfoxType: It is another group's, or nobody's.
    """
    for entry in _entries(client, connection):
        if entry.get("id") == type_id:
            contracts = {each.id: each for each in _contracts(client, entry)}
            return read_device_type(entry, contracts, now_ms())
    raise UnknownSigfoxType(connection.group_id, type_id)


def find_callbacks(client: ApiClient, type_id: str) -> tuple[Callback, ...]:
    """Return the callbacks of a device type."""
    listed = client.get(f"/device-types/{type_id}/callbacks").get("data")
    return tuple(read_callback(entry) for entry in objects_of(listed))


def survey(client: ApiClient, connection: SigfoxConnection, type_id: str) -> Found:
    """Return what Sigfox has of a device type of the connected group.

    Raises:
        UnknownSigfoxType: It is another group's, or nobody's.
    """
    device_type = find_device_type(client, connection, type_id)
    callbacks = find_callbacks(client, type_id)
    keys = {
        each.id: state_of_key(connection.application_id, each.authorization)
        for each in callbacks
        if each.calls(connection.base_url)
    }
    return Found(device_type, callbacks, keys)


def _entries(client: ApiClient, connection: SigfoxConnection) -> list[Json]:
    return client.list("/device-types/", {"groupIds": [connection.group_id], "deep": True})


def _contracts(client: ApiClient, entry: Json) -> Iterator[Contract]:
    named = (*objects_of(entry.get("contracts")), object_of(entry.get("contract")))
    for contract_id in dict.fromkeys(filter(None, (text_of(each.get("id")) for each in named))):
        try:
            yield read_contract(client.get(f"/contract-infos/{contract_id}") | {"id": contract_id})
        except (SigfoxForbids, SigfoxNotFound):
            continue
