"""Sigfox's device types and contracts, and what of ours follows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigbridge.applications import (
    DeviceType,
    DeviceTypeExists,
    TooManyDeviceTypes,
    UnknownDeviceType,
    change_device_type,
    create_device_type,
    device_types,
)
from sigbridge.clock import now_ms
from sigbridge.jobs import RowError
from sigbridge.model.settings import (
    LONGEST_KEEP_ALIVE_S,
    LONGEST_NAME,
    MOST_DAILY_DOWNLINKS,
    SHORTEST_KEEP_ALIVE_S,
)
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device import SigfoxDevice
from sigbridge.model.sigfox_device_type import SigfoxDeviceType
from sigbridge.provisioning.answers import Json
from sigbridge.provisioning.api_client import ApiClient
from sigbridge.provisioning.connection import find_connection, open_client
from sigbridge.provisioning.errors import SigfoxForbids
from sigbridge.provisioning.following import followed
from sigbridge.sigfox.rest.contracts import read_contract
from sigbridge.sigfox.rest.device_types import read_device_type
from sigbridge.sigfox.rest.values import named_id
from sigbridge.store import sigfox_device_types as stored

_PAGE = 100


@dataclass(frozen=True, slots=True)
class ImportedTypes:
    """What came of an import of device types.

    Attributes:
        looked_at: How many Sigfox has.
        changed: How many of ours are new or changed.
        row_errors: Those that could not be taken over.
        notes: What its user is to know.
    """

    looked_at: int
    changed: int
    row_errors: tuple[RowError, ...] = ()
    notes: tuple[str, ...] = ()


def list_contracts(application_id: str) -> list[Contract]:
    """Return the contracts of an application's group, and of those above and below it, as Sigfox has them.

    Raises:
        NotConnected: The application is not connected to Sigfox.
        SigfoxError: Sigfox does not say.
    """
    client = open_client(application_id)
    return _read_contracts(_contract_entries(client, find_connection(application_id).group_id))


def import_device_types(application_id: str, client: ApiClient, group_id: str) -> ImportedTypes:
    """Store what Sigfox says of all device types of a group, and have ours follow.

    Raises:
        SigfoxError: Sigfox does not say all: nothing was changed.
        UnknownApplication: The application was deleted.
    """
    notes: tuple[str, ...] = ()
    try:
        contracts = _read_contracts(_contract_entries(client, group_id))
    except SigfoxForbids:
        contracts = []
        notes = ("The API user may not see contracts: neither quotas nor how far history reaches are known",)
    entries = client.list("/device-types/", {"groupIds": [group_id], "deep": True, "limit": _PAGE})
    found, errors = _read_types(entries, {contract.id: contract for contract in contracts})
    before = {each.id: each for each in stored.of_application(application_id)}
    ours = {each.id: each for each in device_types(application_id)}
    changed = 0
    for each in found:
        try:
            changed += _take_over(application_id, ours.get(each.id), before.get(each.id), each)
        except TooManyDeviceTypes as refusal:
            errors.append(RowError(each.id, refusal.message))
    # Last: what they said before is known until all of ours follow.
    stored.describe_all(application_id, found)
    return ImportedTypes(len(entries), changed, tuple(errors), notes)


def contract_of(application_id: str, device: SigfoxDevice) -> Contract | None:
    """Return the contract of a device, as far as it is known from the last import."""
    known = None if device.device_type_id is None else stored.find(application_id, device.device_type_id)
    contracts = () if known is None else known.contracts
    named = next((contract for contract in contracts if contract.id == device.contract_id), None)
    return contracts[0] if named is None and len(contracts) == 1 else named


def _contract_entries(client: ApiClient, group_id: str) -> list[Json]:
    return client.list("/contract-infos/", {"groupId": group_id, "deep": True, "up": True, "limit": _PAGE})


def _read_contracts(entries: Sequence[Json]) -> list[Contract]:
    """Read contracts; what has no id can't be referred to."""
    return [read_contract(entry) for entry in entries if named_id(entry)]


def _read_types(
    entries: Sequence[Json], contracts: Mapping[str, Contract]
) -> tuple[list[SigfoxDeviceType], list[RowError]]:
    found: list[SigfoxDeviceType] = []
    errors: list[RowError] = []
    for entry in entries:
        try:
            found.append(read_device_type(entry, contracts, now_ms()))
        except ValueError as failure:
            errors.append(RowError(named_id(entry) or "(a device type)", str(failure)))
    return found, errors


def _take_over(
    application_id: str,
    ours: DeviceType | None,
    before: SigfoxDeviceType | None,
    now: SigfoxDeviceType,
) -> bool:
    """Have a device type of ours follow; return whether it is new or changed."""
    if ours is None:
        name = now.name[:LONGEST_NAME] or now.id
        made = DeviceType(now.id, name, daily_downlinks=_quota(now), keep_alive_seconds=_keep_alive(now))
        try:
            create_device_type(application_id, made)
        except DeviceTypeExists:
            # Somebody else made it meanwhile: the next import looks at it.
            return False
        return True
    changes = _changes(ours, before or SigfoxDeviceType(now.id), now)
    if changes:
        try:
            change_device_type(application_id, now.id, changes)
        except UnknownDeviceType:
            return False
    return bool(changes)


def _changes(ours: DeviceType, before: SigfoxDeviceType, now: SigfoxDeviceType) -> Mapping[str, Any]:
    wanted = {
        "name": followed(ours.name, before.name[:LONGEST_NAME], now.name[:LONGEST_NAME]),
        "daily_downlinks": followed(ours.daily_downlinks, _quota(before), _quota(now)),
        "keep_alive_seconds": followed(ours.keep_alive_seconds, _keep_alive(before), _keep_alive(now)),
    }
    return {name: value for name, value in wanted.items() if value != getattr(ours, name)}


def _quota(device_type: SigfoxDeviceType) -> int | None:
    allowed = device_type.daily_downlinks
    return allowed if allowed is not None and allowed <= MOST_DAILY_DOWNLINKS else None


def _keep_alive(device_type: SigfoxDeviceType) -> int | None:
    seconds = device_type.keep_alive_seconds
    fits = seconds is not None and SHORTEST_KEEP_ALIVE_S <= seconds <= LONGEST_KEEP_ALIVE_S
    return seconds if fits else None
