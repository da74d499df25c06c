"""What Sigfox knows of a place's coverage and of a device's traffic, and what is stored of the same time."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime

from sigbridge.clock import DAY_MS, now_ms
from sigbridge.messages import count_messages
from sigbridge.model.device_id import is_sigfox_id
from sigbridge.model.sigfox_metering import Consumption, Coverage, MessageMetrics
from sigbridge.provisioning.connection import find_connection, open_client
from sigbridge.provisioning.errors import SigfoxNotFound
from sigbridge.sigfox.rest.consumption import read_consumption, read_metrics
from sigbridge.sigfox.rest.coverage import read_coverage


@dataclass(frozen=True, slots=True)
class DeviceMetrics:
    """How many messages of a device there are, until now.

    Attributes:
        at_sigfox: As Sigfox counts them.
        stored: As they are stored here, of the last 24 hours, 7 days and 30 days.
    """

    at_sigfox: MessageMetrics
    stored: MessageMetrics


@dataclass(frozen=True, slots=True)
class MonthOfDevice:
    """What a device sent and got in a month, in UTC.

    Attributes:
        days: As Sigfox counts it, a day each.
        stored_uplinks: How many messages are stored here; None for very many.
    """

    days: tuple[Consumption, ...]
    stored_uplinks: int | None


def predict_coverage(application_id: str, lat: float, lng: float, radius: int | None) -> Coverage:
    """Ask Sigfox how well a place is covered, by the group's own operator too.

    Raises:
        SigfoxError: It does not say.
    """
    place = {"lat": str(lat), "lng": str(lng)} | ({} if radius is None else {"radius": str(radius)})
    group_id = find_connection(application_id).group_id
    answer = open_client(application_id).get("/coverages/global/predictions", {**place, "groupId": group_id})
    return read_coverage(answer)


def device_metrics(application_id: str, device_id: str) -> DeviceMetrics:
    """Ask Sigfox how many messages a device sent, and count those that are stored.

    Raises:
        SigfoxError: It does not say.
    """
    answer = open_client(application_id).get(f"{_path(device_id)}/messages/metric")
    now = now_ms()
    stored = (count_messages(application_id, device_id, now - days * DAY_MS, now) for days in (1, 7, 30))
    return DeviceMetrics(read_metrics(answer), MessageMetrics(*stored))


def device_month(application_id: str, device_id: str, year: int, month: int) -> MonthOfDevice:
    """Ask Sigfox what a device sent and got in a month, and count the messages that are stored.

    Raises:
        SigfoxError: It does not say.
    """
    answer = open_client(application_id).get(f"{_path(device_id)}/consumption/{year}/{month}")
    first = int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000
    last = first + monthrange(year, month)[1] * DAY_MS - 1
    return MonthOfDevice(
        tuple(read_consumption(answer)), count_messages(application_id, device_id, first, last)
    )


def _path(device_id: str) -> str:
    if not is_sigfox_id(device_id):
        message = f"'{device_id}' is no id of a Sigfox device"
        raise SigfoxNotFound(message)
    return f"/devices/{device_id}"
