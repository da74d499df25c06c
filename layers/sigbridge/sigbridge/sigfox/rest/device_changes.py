"""How Sigfox's API is told to change devices, and what it answers (sigfox-rest reference, 3).

Unknown fields are ignored there, a misspelt `keepHistory` too: each body has the fields of the description
and no others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigbridge.model.device_id import InvalidDeviceId, sigfox_device_id
from sigbridge.model.sigfox_change import DeviceChange, DeviceWish, SigfoxOrder

type Json = dict[str, Any]

_ACTIONS = frozenset(
    {DeviceChange.SUSPEND, DeviceChange.RESUME, DeviceChange.RESTART, DeviceChange.UNSUBSCRIBE}
)
_FIELDS: Mapping[str, str] = {
    "name": "name",
    "lat": "lat",
    "lng": "lng",
    "automatic_renewal": "automaticRenewal",
    "activable": "activable",
}


@dataclass(frozen=True, slots=True)
class BulkError:
    """What is wrong with one of the devices of a bulk job.

    Attributes:
        device_id: Which one; None where it is the job that something is wrong with.
        message: What Sigfox says.
    """

    device_id: str | None
    message: str


@dataclass(frozen=True, slots=True)
class BulkStatus:
    """How a bulk job of Sigfox's is doing.

    Attributes:
        is_done: Whether it has ended.
        errors: What was wrong with those of its devices that it could do nothing about.
    """

    is_done: bool
    errors: Sequence[BulkError]


def creation(device_type_id: str, wish: DeviceWish) -> Json:
    """Make the body of `POST /devices/`; a device without a name is called by its id."""
    return {
        "id": wish.id,
        "name": wish.name or wish.id,
        "pac": wish.pac,
        "deviceTypeId": device_type_id,
        **_fields(wish, without={"name"}),
    }


def edit(wish: DeviceWish) -> Json:
    """Make the body of `PUT /devices/{id}`."""
    return _fields(wish)


def unsubscription(at_ms: int) -> Json:
    """Make the body of `PUT /devices/{id}/unsubscribe`."""
    return {"unsubscriptionTime": at_ms}


def replacement(device_id: str, target_device_id: str) -> Json:
    """Make the body of `POST /devices/bulk/replace`."""
    return {"data": [{"deviceId": device_id, "targetDeviceId": target_device_id}]}


def bulk_path(change: DeviceChange) -> str:
    """Return where a bulk request is sent."""
    match change:
        case DeviceChange.REGISTER | DeviceChange.EDIT:
            return "/devices/bulk"
        case _:
            return f"/devices/bulk/{change}"


def bulk_job_path(change: DeviceChange, job_id: str) -> str:
    """Return where is told how a bulk job is doing."""
    return f"/devices/bulk/{change}/{job_id}" if change in _ACTIONS else f"/devices/bulk/{job_id}"


def bulk_body(order: SigfoxOrder, wishes: Sequence[DeviceWish]) -> Json:
    """Make the body of a bulk request."""
    match order.change:
        case DeviceChange.REGISTER:
            return {"deviceTypeId": order.device_type_id, "data": [_created(wish) for wish in wishes]}
        case DeviceChange.TRANSFER:
            return {
                "deviceTypeId": order.device_type_id,
                "data": [{"id": wish.id, "keepHistory": True} for wish in wishes],
            }
        case DeviceChange.EDIT:
            return {"data": [{"id": wish.id, **_fields(wish)} for wish in wishes]}
        case DeviceChange.UNSUBSCRIBE:
            ends_at = order.unsubscribed_at
            return {"data": [{"id": wish.id, "unsubscriptionTime": ends_at} for wish in wishes]}
        case _:
            return {"data": [wish.id for wish in wishes]}


def read_bulk_status(answer: Mapping[str, Any]) -> BulkStatus:
    """Read how a bulk job is doing."""
    status = answer.get("status") or {}
    return BulkStatus(
        is_done=answer.get("jobDone") in {True, "true"},
        errors=[_read_error(error) for error in status.get("errors") or () if isinstance(error, Mapping)],
    )


def read_replacement(answer: Mapping[str, Any]) -> list[str]:
    """Read why devices were not replaced; none where they were."""
    return [error.message for error in read_bulk_status(answer).errors]


def _created(wish: DeviceWish) -> Json:
    return {"id": wish.id, "pac": wish.pac, "name": wish.name or wish.id, **_fields(wish, without={"name"})}


def _fields(wish: DeviceWish, without: frozenset[str] | set[str] = frozenset()) -> Json:
    wanted = wish.wanted()
    return {
        theirs: wanted[ours] for ours, theirs in _FIELDS.items() if ours in wanted and ours not in without
    }


def _read_error(error: Mapping[str, Any]) -> BulkError:
    message = str(error.get("message") or "Sigfox does not say what is wrong with it")
    entity = error.get("entity")
    if not isinstance(entity, str):
        return BulkError(None, message)
    try:
        return BulkError(sigfox_device_id(entity), message)
    except InvalidDeviceId:
        return BulkError(None, message)
