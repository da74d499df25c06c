"""Promises about the answers to BIDIR callbacks: I2, I5, I6, I7."""

from collections.abc import Iterator, Sequence

from sigfox_simulator.answers import Answer, answers_by_message, told_devices
from sigfox_simulator.radio import is_valid_downlink
from sigfox_simulator.services import Service
from sigfox_simulator.truth import DeviceTruth
from sigfox_simulator.violations import Invariant, Violation


def check_answers(truth: DeviceTruth) -> Iterator[Violation]:
    """Find wrong answers to the messages of a device."""
    for answers in answers_by_message(truth).values():
        yield from _check_message(answers)
    yield from _check_addressees(truth)


def _check_message(answers: Sequence[Answer]) -> Iterator[Violation]:
    transmission = answers[0].transmission
    told = list(dict.fromkeys(answer.data for answer in answers))
    if len(told) > 1:
        what = " and ".join(data or "nothing" for data in told)
        yield Violation(Invariant.I2, f"{transmission} was answered {what}")
    for data in filter(None, told):
        if not is_valid_downlink(data):
            yield Violation(Invariant.I5, f"{transmission} was answered {data!r}")
        if not transmission.message.asks:
            yield Violation(Invariant.I6, f"{transmission} did not ask and was answered {data}")
        if transmission.late:
            yield Violation(Invariant.I7, f"{transmission} was late and was answered {data}")


def _check_addressees(truth: DeviceTruth) -> Iterator[Violation]:
    """A batch is looked at once, with the device of its first line."""
    for delivery in truth.deliveries_of(Service.BIDIR):
        if delivery.transmissions[0].message.device.id == truth.device.id:
            named = {transmission.message.device.spelling for transmission in delivery.transmissions}
            for stranger in told_devices(delivery).keys() - named:
                what = f"{delivery.transmissions[0]} was answered with data for {stranger}"
                yield Violation(Invariant.I6, what)
