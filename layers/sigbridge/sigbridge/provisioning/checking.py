"""Whether the callbacks of connected device types are still as they were made; nothing is changed."""

from dataclasses import dataclass, replace

from sigbridge.clock import now_ms
from sigbridge.errors import NotFound
from sigbridge.jobs import Job, StepDone
from sigbridge.model.sigfox_connection import SigfoxConnection
from sigbridge.model.sigfox_device_type import ConnectMode, SigfoxDeviceType
from sigbridge.provisioning.api_client import ApiClient
from sigbridge.provisioning.connection import STEP_MS, find_connection, open_client
from sigbridge.provisioning.drift import Drift
from sigbridge.provisioning.errors import SigfoxForbids, SigfoxNotFound
from sigbridge.provisioning.plan import make_plan
from sigbridge.provisioning.survey import UnknownSigfoxType, list_device_types, survey
from sigbridge.store import sigfox_device_types
from sigbridge.telemetry.logs import logger


class TypeNotConnected(NotFound):
    """The device type was not connected."""

    def __init__(self, type_id: str) -> None:
        super().__init__(f"Device type '{type_id}' is not connected: its callbacks are not known here")


@dataclass(frozen=True, slots=True)
class CheckedType:
    """A device type with what is not as it should be.

    Attributes:
        device_type: The device type, as it is connected and checked now.
        mode: As what it is connected.
        drift: What differs.
    """

    device_type: SigfoxDeviceType
    mode: ConnectMode
    drift: tuple[Drift, ...]


def list_types_with_state(application_id: str) -> list[SigfoxDeviceType]:
    """Return Sigfox's device types of the connected group, each with how it is connected.

    Raises:
        NotConnected, SigfoxError: Sigfox can't be asked.
    """
    connection = find_connection(application_id)
    known = {each.id: each for each in sigfox_device_types.of_application(application_id)}
    return [
        each if each.id not in known else _with_connection(each, known[each.id])
        for each in list_device_types(open_client(application_id), connection)
    ]


def check_device_type(application_id: str, type_id: str) -> CheckedType:
    """Compare the callbacks of a connected device type with what they should be, and note what differs.

    Raises:
        NotConnected, SigfoxError: Sigfox can't be asked.
        TypeNotConnected: It was not connected.
        UnknownSigfoxType: The connected group has it no more.
    """
    connection = find_connection(application_id)
    return _check(open_client(application_id), connection, type_id)


def check(job: Job) -> StepDone:
    """Check the next connected device type of an application; a step of a job."""
    known = sigfox_device_types.of_application(job.application_id)
    left = [each for each in known if each.connected_as is not None and each.id > (job.cursor or "")]
    if not left:
        return StepDone(None)
    cursor = left[0].id if left[1:] else None
    connection = find_connection(job.application_id)
    client = open_client(job.application_id, within_ms=STEP_MS)
    try:
        checked = _check(client, connection, left[0].id)
    except (UnknownSigfoxType, SigfoxNotFound, SigfoxForbids) as refusal:
        # The others may be seen all the same.
        return StepDone(cursor, looked_at=1, problems=(refusal.message,))
    if not checked.drift:
        return StepDone(cursor, looked_at=1)
    named = f"{checked.device_type.name} ({checked.device_type.id})"
    return StepDone(cursor, looked_at=1, notes=(f"{named}: {'; '.join(checked.device_type.drift)}",))


def _check(client: ApiClient, connection: SigfoxConnection, type_id: str) -> CheckedType:
    known = sigfox_device_types.find(connection.application_id, type_id)
    if known is None or known.connected_as is None:
        raise TypeNotConnected(type_id)
    found = survey(client, connection, type_id)
    plan = make_plan(known.connected_as, connection.base_url, found)
    checked = replace(
        found.device_type,
        connected_as=known.connected_as,
        checked_at=now_ms(),
        drift=tuple(drift.in_words for drift in plan.drift),
    )
    sigfox_device_types.note_connection(connection.application_id, checked)
    if plan.drift:
        logger.warning(
            "callbacks in Sigfox are not as they were made",
            sigfox_device_type=checked.id,
            drift="; ".join(checked.drift),
        )
    return CheckedType(checked, known.connected_as, plan.drift)


def _with_connection(listed: SigfoxDeviceType, known: SigfoxDeviceType) -> SigfoxDeviceType:
    return replace(listed, connected_as=known.connected_as, checked_at=known.checked_at, drift=known.drift)
