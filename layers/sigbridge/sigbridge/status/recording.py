"""Noting what comes to be known of a device. The change stream does it, never the path of a callback."""

from collections.abc import Mapping

from sigbridge.clock import DAY_MS
from sigbridge.model.observation import Observation, ObservationKind
from sigbridge.model.report import StoredReport
from sigbridge.model.status import Status
from sigbridge.model.stored_message import StoredMessage
from sigbridge.status.device_status import statuses_of
from sigbridge.status.observation import observations_of_message, observations_of_report
from sigbridge.store import observations as stored_conditions
from sigbridge.store import state_lists
from sigbridge.store.state_lists import Entry


def record_report(application_id: str, device_id: str, report: StoredReport) -> None:
    """Note what a report says of the device's condition, unless something newer is known.

    If that is a state, the device is entered in its list, after what it follows from is noted. Noting a
    report again, or in another order, changes nothing.

    Raises:
        StoreUnavailable: It may not be noted.
    """
    known = observations_of_report(report)
    _note(application_id, device_id, known)
    for kind, knowledge in known.items():
        for state in statuses_of({kind: knowledge}, heard_at=None, silent_at=None, now_ms=knowledge.at):
            enter(application_id, device_id, state, knowledge.at)


def record_over_quota(application_id: str, device_id: str, at: int) -> None:
    """Note that a device had more downlinks than its quota allows.

    Args:
        application_id, device_id: The device.
        at: Moment of the uplink that got the first one too many, epoch ms.

    Raises:
        StoreUnavailable: It may not be noted.
    """
    enter(application_id, device_id, Status.OVER_QUOTA, at)


def enter(application_id: str, device_id: str, state: Status, at: int) -> None:
    """Enter a device in the list of a state, from which a quota's day takes it off by itself.

    Args:
        application_id, device_id: The device.
        state: The state.
        at: Moment of what tells of the state, epoch ms.
    """
    day_ends_at = (at // DAY_MS + 1) * DAY_MS // 1000
    kept_until = day_ends_at if state is Status.OVER_QUOTA else None
    state_lists.enter(application_id, Entry(state.value, device_id, at), kept_until)


def record_message(application_id: str, device_id: str, message: StoredMessage) -> None:
    """Note what a stored message says of link and location; most messages say neither.

    Args:
        application_id, device_id: The device.
        message: The message.

    Raises:
        StoreUnavailable: It may not be noted.
    """
    _note(application_id, device_id, observations_of_message(message))


def _note(application_id: str, device_id: str, known: Mapping[ObservationKind, Observation]) -> None:
    if known:
        stored_conditions.note(application_id, device_id, known)
