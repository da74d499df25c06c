"""The condition of a device, as its newest message and what is known of it tell."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

from sigbridge.clock import DAY_MS, counted_moment
from sigbridge.devices import DeviceCache, find_device
from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.observation import Observation, ObservationKind, Observations
from sigbridge.model.status import Status
from sigbridge.model.stored_message import StoredMessage
from sigbridge.status.observation import OFF_CONTRACT, OUT_OF_SEQUENCE
from sigbridge.status.silence import silent_from
from sigbridge.store import messages as stored_messages
from sigbridge.store import observations as stored_conditions
from sigbridge.store import state_lists

# How many messages are looked through for the last one: more where some claim to come from the future.
_LOOKED_THROUGH = (2, 100)


@dataclass(frozen=True, slots=True)
class LastMessage:
    """The newest message of a device.

    Attributes:
        time: Epoch ms.
        received_at: When it came, epoch ms.
        seq_number: Sigfox's sequence number, where it has one.
        payload: Lower-case hex, where it has one.
    """

    time: int
    received_at: int
    seq_number: int | None = None
    payload: str | None = None

    @classmethod
    def of(cls, message: StoredMessage) -> "LastMessage":
        """Take it from a stored message."""
        return cls(message.time, message.first_arrived_at, message.seq_number, message.payload)

    @property
    def heard_at(self) -> int:
        """The moment that counts, epoch ms."""
        return counted_moment(self.time, self.received_at)


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How a device is doing.

    Attributes:
        device_id: Normalised device id.
        states: All states that hold, the most serious first, each with the moment since when (epoch ms).
        last_message: Its newest message, if there is one.
        known: What else is known of it.
    """

    device_id: str
    states: Mapping[Status, int]
    last_message: LastMessage | None
    known: Mapping[ObservationKind, Observation]

    def with_state(self, state: Status, since: int) -> "DeviceStatus":
        """Give this condition with one more state, which something else than reports tells of."""
        states = {state: since, **self.states}
        return replace(self, states={state: states[state] for state in Status if state in states})

    @property
    def state(self) -> Status:
        """The most serious state."""
        return next(iter(self.states), Status.OK)

    @property
    def since(self) -> int | None:
        """Since when, epoch ms; None while all is well."""
        return self.states.get(self.state)


def status_of(application_id: str, device_id: str, now_ms: int) -> DeviceStatus:
    """Read how a device is doing, as the last finished writes left it.

    Args:
        application_id, device_id: The device.
        now_ms: The present moment.

    Raises:
        UnknownDevice: The application does not list it.
        UnknownApplication: The application was deleted.
        StoreUnavailable: It can't be read.
    """
    device = find_device(application_id, device_id)
    application = DeviceCache.open(application_id, (device_id,)).application
    noted = stored_conditions.find(application_id, device_id)
    last_message = find_last_message(application_id, device_id)
    never_heard = heard_last(noted, last_message) is None and is_never_heard(application_id, device_id, noted)
    return evaluate(application, device, noted, last_message, now_ms, never_heard=never_heard)


def is_never_heard(application_id: str, device_id: str, noted: Observations) -> bool:
    """Tell whether a device of which no message is known has never been heard.

    It may have been heard, and its messages are forgotten. Costs a read unit where nothing is known.
    """
    return not noted.known and state_lists.is_entered(application_id, Status.NEVER_HEARD, device_id)


def evaluate(
    application: Application,
    device: Device,
    noted: Observations,
    last_message: LastMessage | None,
    now_ms: int,
    *,
    never_heard: bool,
) -> DeviceStatus:
    """Show a device's state from all that there is to know.

    Args:
        application, device: The device, as its application treats it.
        noted: What is noted of it.
        last_message: Its newest message, if there is one.
        now_ms: The present moment.
        never_heard: Whether it is in the list of those that were never heard, unless it was heard since.
    """
    heard_at = heard_last(noted, last_message)
    if never_heard and heard_at is None and not noted.known:
        return DeviceStatus(device.id, {Status.NEVER_HEARD: device.registered_at}, None, {})
    silent_at = silent_from(application, device, heard_at)
    states = statuses_of(noted.known, heard_at, silent_at, now_ms)
    return DeviceStatus(device.id, states, last_message, noted.known)


def heard_last(noted: Observations, last_message: LastMessage | None) -> int | None:
    """Tell when a device was heard last, epoch ms, even if that message is forgotten; None for never."""
    moments = [noted.heard_at, None if last_message is None else last_message.heard_at]
    return max((moment for moment in moments if moment is not None), default=None)


def statuses_of(
    known: Mapping[ObservationKind, Observation], heard_at: int | None, silent_at: int | None, now_ms: int
) -> dict[Status, int]:
    """Tell which states hold, and since when; a message that came since ends all but the quota's.

    Args:
        known: What is known of the device.
        heard_at: When it was heard last, epoch ms; None for never.
        silent_at: From when on it is silent unless it is heard before, epoch ms; None where nothing says so.
        now_ms: The present moment; a quota is that of its day, in UTC.
    """
    last = -1 if heard_at is None else heard_at
    states: dict[Status, int] = {}
    contract = known.get(ObservationKind.CONTRACT)
    if contract is not None and contract.facts["event_type"] == OFF_CONTRACT and contract.at > last:
        states[Status.OFF_CONTRACT] = contract.at
    sequence = known.get(ObservationKind.SEQUENCE)
    if sequence is not None and sequence.facts["event_type"] == OUT_OF_SEQUENCE and sequence.at > last:
        states[Status.OUT_OF_SEQUENCE] = sequence.at
    silences = [] if silent_at is None or silent_at > now_ms else [silent_at]
    silence = known.get(ObservationKind.SILENCE)
    if silence is not None and silence.at > last:
        silences.append(int(silence.facts.get("since", silence.at)))
    if silences:
        states[Status.SILENT] = min(silences)
    quota = known.get(ObservationKind.QUOTA)
    if quota is not None and is_same_day(quota.at, now_ms):
        states[Status.OVER_QUOTA] = quota.at
    return states


def is_same_day(moment_ms: int, other_ms: int) -> bool:
    """Tell whether two moments are of one day, in UTC."""
    return moment_ms // DAY_MS == other_ms // DAY_MS


def find_last_message(application_id: str, device_id: str) -> LastMessage | None:
    """Read the newest message of a device, as the last finished writes left it.

    It is that of the latest time, unless others claim to come from the future. Sigfox tells times in whole
    seconds: of those of one second it is the one that was received last.
    """
    last: LastMessage | None = None
    for number in _LOOKED_THROUGH:
        messages = list(islice(stored_messages.newest_first(application_id, device_id, page=number), number))
        last = max(map(LastMessage.of, messages), key=_recency, default=None)
        if last is None or len(messages) < number or messages[-1].time < last.heard_at // 1000 * 1000:
            break
    return last


def _recency(message: LastMessage) -> tuple[int, int]:
    return message.heard_at // 1000, message.received_at
