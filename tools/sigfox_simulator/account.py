"""The account of a simulation: what was sent, what became of it, what was broken."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sigfox_simulator.answer_checks import check_answers
from sigfox_simulator.downlink_checks import check_downlinks
from sigfox_simulator.fates import Patience
from sigfox_simulator.message_checks import accepted_messages, check_counts, check_messages
from sigfox_simulator.payload_checks import PayloadReading, Reading, check_payloads, read_payloads
from sigfox_simulator.readback import Readback, State
from sigfox_simulator.services import Service
from sigfox_simulator.truth import DeviceTruth, Truth
from sigfox_simulator.violations import Violation, wrong_refusals


@dataclass(frozen=True, slots=True)
class CallbackCount:
    """How one service's callbacks fared.

    Attributes:
        requests: Requests that were sent.
        accepted: Answered 2xx.
        repeated: Sent though an earlier request of the same callback had been answered 2xx.
    """

    requests: int
    accepted: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that is reported at the end.

    Attributes:
        messages_sent: Messages that devices transmitted.
        messages_accepted: Those whose UPLINK or BIDIR was answered 2xx.
        messages_stored: Those that the bundle has.
        messages_missing: Answered 2xx, and not stored.
        late: BIDIR messages of which the bundle heard after their radio window.
        requests_lost: Requests that got lost on their way.
        never_delivered: Callbacks that got lost at every attempt.
        callbacks: By service.
        refusals: Callbacks' requests that were answered otherwise than 2xx, by status; None stands for no
            answer in time.
        downlinks_accepted: Downlinks that the bundle accepted from the customer.
        downlinks: How many are in each state; `answered` are those that may still be acknowledged.
        outcome_unknown: Handed out, and no more is to be heard of them.
        retries: Hand-outs of confirmed downlinks after the first.
        unclear_devices: Devices whose queue and history were not judged, because a change of their queue
            got no answer.
        payloads: How the payloads were read whose meaning is known.
        violations: Broken promises.
    """

    messages_sent: int
    messages_accepted: int
    messages_stored: int
    messages_missing: int
    late: int
    requests_lost: int
    never_delivered: int
    callbacks: Mapping[Service, CallbackCount]
    refusals: Mapping[int | None, int]
    downlinks_accepted: int
    downlinks: Mapping[str, int]
    outcome_unknown: int
    retries: int
    unclear_devices: int
    payloads: Mapping[Reading, int]
    violations: tuple[Violation, ...]


def take_account(truth: Truth, readback: Readback, patience: Patience) -> Account:
    """Count everything and check every promise."""
    transmissions = [t for device in truth.devices.values() for t in device.transmissions]
    accepted = accepted_messages(truth.deliveries)
    stored = _stored(readback)
    states: Counter[str] = Counter()
    outcome_unknown = retries = 0
    for life in (life for lives in readback.lives.values() for life in lives if not life.from_downlink_data):
        unknown = life.state == State.ANSWERED and life.outcome_unknown
        outcome_unknown += unknown
        states[life.state] += not unknown
        retries += sum(step.name == State.ANSWERED and step.attempt > 1 for step in life.steps)
    return Account(
        messages_sent=len(transmissions),
        messages_accepted=len(accepted),
        messages_stored=sum(t.key in stored for t in transmissions),
        messages_missing=len(accepted - stored),
        late=sum(transmission.late for transmission in transmissions),
        requests_lost=truth.requests_lost,
        never_delivered=truth.never_delivered,
        callbacks=_count_callbacks(truth),
        refusals=Counter(delivery.status for delivery in truth.deliveries if not delivery.accepted),
        downlinks_accepted=sum(len(device.downlinks) for device in truth.devices.values()),
        downlinks=states,
        outcome_unknown=outcome_unknown,
        retries=retries,
        unclear_devices=sum(device.unclear for device in truth.devices.values()),
        payloads=Counter(
            each.reading
            for device_id, device in truth.devices.items()
            for each in _payload_readings(device_id, device, readback)
        ),
        violations=tuple(find_violations(truth, readback, patience)),
    )


def find_violations(truth: Truth, readback: Readback, patience: Patience) -> list[Violation]:
    """Check every promise."""
    found = list(wrong_refusals(truth))
    for device_id, device in truth.devices.items():
        found += check_answers(device)
        lives = readback.lives.get(device_id, [])
        found += check_downlinks(device, lives, patience, readback.read_at.get(device_id, 0))
        found += check_messages(device, readback.messages.get(device_id, ()))
        found += check_payloads(_payload_readings(device_id, device, readback))
    found += check_counts(truth.deliveries)
    return sorted(found, key=lambda violation: violation.invariant)


def _payload_readings(device_id: str, device: DeviceTruth, readback: Readback) -> Iterator[PayloadReading]:
    return read_payloads(device, readback.messages.get(device_id, ()), readback.values.get(device_id, {}))


def _stored(readback: Readback) -> set[tuple[str, int, int]]:
    return {
        (device_id, message.time // 1000, message.seq_number)
        for device_id, messages in readback.messages.items()
        for message in messages
        if message.seq_number is not None
    }


def _count_callbacks(truth: Truth) -> dict[Service, CallbackCount]:
    requests, accepted, repeated = Counter[Service](), Counter[Service](), Counter[Service]()
    done: set[object] = set()
    for delivery in truth.deliveries:
        callback = (delivery.service, delivery.info_code, tuple(t.key for t in delivery.transmissions))
        requests[delivery.service] += 1
        repeated[delivery.service] += callback in done
        if delivery.accepted:
            accepted[delivery.service] += 1
            if delivery.transmissions:
                done.add(callback)
    return {
        service: CallbackCount(requests[service], accepted[service], repeated[service]) for service in Service
    }
