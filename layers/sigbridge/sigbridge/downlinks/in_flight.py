"""What waits of a device's downlinks: in the queue for the device, or with Sigfox for an acknowledgement."""

from dataclasses import dataclass

from sigbridge.clock import now_ms
from sigbridge.downlinks.errors import store_refusals_translated
from sigbridge.downlinks.retry import has_ended
from sigbridge.model.downlink import Downlink
from sigbridge.model.downlink_history import AnsweredUplink, AttemptKey, uplink_moment
from sigbridge.settings import settings
from sigbridge.store import attempts, device_states
from sigbridge.store.parallel import in_parallel

# What is due is ended once a minute, and an uplink is older than its answer.
_ENDED_LATE_MS = 120_000


@dataclass(frozen=True, slots=True)
class InFlight:
    """A downlink that was handed to Sigfox, and of which it is not known yet what became of it.

    Attributes:
        downlink: The downlink.
        uplink: The uplink that got it.
    """

    downlink: Downlink
    uplink: AnsweredUplink


@dataclass(frozen=True, slots=True)
class WaitingDownlinks:
    """What waits of a device's downlinks.

    Attributes:
        queued: How many wait in the queue.
        in_flight: Those that wait for an acknowledgement, that of the first uplink comes first.
    """

    queued: int
    in_flight: tuple[InFlight, ...]


def waiting_downlinks(application_id: str, device_id: str) -> WaitingDownlinks:
    """Read what waits of a device's downlinks.

    That takes the device's state, one page of an index, and an item for each downlink that was handed
    out while acknowledgements are waited for. An answer is known at once; that it was acknowledged, as
    soon as the change stream has brought it.

    Raises:
        UnknownDevice: The device is not listed.
        StoreUnavailable: It can't be read.
    """
    with store_refusals_translated(application_id, device_id):
        state = device_states.find(application_id, device_id)
    moment = now_ms()
    first, last = moment - settings().acknowledge_wait_ms - _ENDED_LATE_MS, moment + _ENDED_LATE_MS
    recorded = attempts.answered_between(application_id, device_id, max(first, 0), last)
    uplinks = {key: uplink for uplink, key in recorded.items()}
    flights: dict[AttemptKey, InFlight] = {}
    for uplink, downlink in state.answers.items():
        if downlink is not None and uplink_moment(uplink) >= first:
            key = AttemptKey(application_id, device_id, downlink.id, downlink.attempt)
            uplinks[key] = uplink
            flights[key] = InFlight(downlink, AnsweredUplink.of(uplink))
    for attempt in filter(None, in_parallel(attempts.find, list(uplinks))):
        if has_ended(attempt):
            flights.pop(attempt.key, None)
        else:
            answered = AnsweredUplink.of(uplinks[attempt.key])
            flights[attempt.key] = InFlight(attempt.downlink, answered)
    return WaitingDownlinks(
        queued=sum(not downlink.is_expired(moment) for downlink in state.queue),
        in_flight=tuple(sorted(flights.values(), key=lambda flight: flight.uplink.time)),
    )
