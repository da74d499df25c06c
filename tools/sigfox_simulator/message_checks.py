"""Promises about messages: I8, I9."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus

from sigfox_simulator.readback import StoredMessage
from sigfox_simulator.services import Service
from sigfox_simulator.truth import Delivery, DeviceTruth, MessageKey
from sigfox_simulator.violations import Invariant, Violation


def check_messages(truth: DeviceTruth, stored: Sequence[StoredMessage]) -> Iterator[Violation]:
    """Find messages of a device that are missing, there twice, or not what was sent."""
    taken = accepted_messages(truth.deliveries)
    times = Counter((message.time, message.seq_number) for message in stored)
    payloads = {(message.time, message.seq_number): message.payload for message in stored}
    for transmission in truth.transmissions:
        key = (transmission.time * 1000, transmission.message.seq_number)
        count = times.pop(key, 0)
        if count == 0 and transmission.key in taken:
            yield Violation(Invariant.I9, f"{transmission} was answered 2xx and is not stored")
        if count > 1:
            yield Violation(Invariant.I8, f"{transmission} is stored {count} times")
        if count and payloads[key] != transmission.message.payload:
            wrong, right = payloads[key], transmission.message.payload
            yield Violation(Invariant.I9, f"{transmission} is stored with payload {wrong!r}, not {right!r}")
    for time, seq_number in times:
        what = f"{truth.device.id} seqNumber {seq_number} time {time / 1000:.3f} is stored and was never sent"
        yield Violation(Invariant.I8, what)


def check_counts(deliveries: Iterable[Delivery]) -> Iterator[Violation]:
    """Find messages that the bundle took for new more than once, by its own words (I8)."""
    new: Counter[MessageKey] = Counter()
    for delivery in deliveries:
        if delivery.service is Service.UPLINK and delivery.status == HTTPStatus.OK:
            # A batch is told from others by its first line.
            new[delivery.transmissions[0].key] += json.loads(delivery.content).get("accepted", 0)
            if new[delivery.transmissions[0].key] > len(delivery.transmissions):
                yield Violation(Invariant.I8, f"{delivery.transmissions[0]} was accepted as new again")


def accepted_messages(deliveries: Iterable[Delivery]) -> set[MessageKey]:
    """The messages whose UPLINK or BIDIR was answered 2xx."""
    return {
        transmission.key
        for delivery in deliveries
        if delivery.accepted and delivery.service in {Service.UPLINK, Service.BIDIR}
        for transmission in delivery.transmissions
    }
