"""What goes wrong in a simulation, and what the radio makes of the answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigfox_simulator.devices import make_fleet
from sigfox_simulator.faults import UNKNOWN_CODE, AcknowledgeFault, DeliveryFault, Faults
from sigfox_simulator.radio import InfoCode, Radio, Report, is_valid_downlink
from sigfox_simulator.schedule import Message, plan_messages
from sigfox_simulator.services import Service

MESSAGES = [message for device in make_fleet(1, 60) for message in plan_messages(1, device, 600)]
seeds = st.integers(0, 10**6)
messages = st.sampled_from(MESSAGES)
DATA = "0102030405060708"


@pytest.mark.parametrize("fraction", [0.0, 0.2, 0.9])
def test_so_many_deliveries_are_affected_as_was_asked_for(fraction: float) -> None:
    faults = Faults(1, fraction)
    deliveries = [faults.of_delivery(Service.DATA_ADVANCED, each, n) for each in MESSAGES for n in range(4)]
    acknowledgements = [faults.of_acknowledge(each) for each in MESSAGES]

    assert sum(map(bool, deliveries)) / len(deliveries) == pytest.approx(fraction, abs=0.05)
    assert sum(map(bool, acknowledgements)) / len(acknowledgements) == pytest.approx(fraction, abs=0.05)
    if fraction:
        assert set(filter(None, deliveries)) == set(DeliveryFault)
        assert set(filter(None, acknowledgements)) == set(AcknowledgeFault)


@given(seeds, st.floats(0, 0.9), messages, st.sampled_from(Service), st.integers(0, 3))
def test_faults_follow_from_the_seed_alone(
    seed: int, fraction: float, message: Message, service: Service, attempt: int
) -> None:
    one, other = Faults(seed, fraction), Faults(seed, fraction)

    assert one.of_delivery(service, message, attempt) == other.of_delivery(service, message, attempt)
    assert one.of_acknowledge(message) == other.of_acknowledge(message)
    assert one.other_codes(message) == other.other_codes(message)
    assert one.at_once(service, message, attempt) in {2, 3, 4}


@given(seeds, messages)
def test_a_bidir_whose_first_request_is_lost_comes_late(seed: int, message: Message) -> None:
    faults = Faults(seed, 0.5)
    lost = faults.of_delivery(Service.BIDIR, message, 0) is DeliveryFault.REQUEST_LOST

    assert faults.is_late(message) == (lost and message.service is Service.BIDIR)
    assert not (lost and message.device.batched)


def test_every_code_comes() -> None:
    codes = {code for message in MESSAGES for code in Faults(1, 1).other_codes(message)}

    assert codes == {0, 4, 5, 6, 7, 8, 10, UNKNOWN_CODE}


@given(st.text(max_size=20) | st.binary(max_size=10).map(bytes.hex))
def test_only_8_bytes_of_hex_are_transmitted(data: str) -> None:
    report = Radio(4).transmit("1A", 0, data)

    try:
        valid = len(data) == 16 and len(bytes.fromhex(data)) == 8
    except ValueError:
        valid = False
    assert is_valid_downlink(data) == valid
    assert report == Report(InfoCode.ACKED if valid else InfoCode.INVALID_PAYLOAD)


@given(st.integers(0, 10), st.lists(st.sampled_from([None, DATA, "0102"]), max_size=30))
def test_a_device_gets_so_many_downlinks_a_day_as_its_quota_says(
    quota: int, answers: list[str | None]
) -> None:
    radio = Radio(quota)
    codes = [radio.transmit("1A", 1_795_300_000, answer).info_code for answer in answers]

    assert codes.count(InfoCode.ACKED) == min(quota, answers.count(DATA))
    assert codes.count(InfoCode.OVERRUN_ERROR) == max(answers.count(DATA) - quota, 0)
    assert codes.count(InfoCode.NO_ANSWER) == answers.count(None)


def test_the_quota_is_one_of_each_device_and_utc_day() -> None:
    radio = Radio(1)
    midnight = 1_795_305_600

    assert radio.transmit("1A", midnight - 1, DATA) == Report(InfoCode.ACKED)
    assert radio.transmit("1A", midnight - 1, DATA) == Report(InfoCode.OVERRUN_ERROR, overusage=True)
    assert radio.transmit("1B", midnight - 1, DATA) == Report(InfoCode.ACKED)
    assert radio.transmit("1A", midnight, DATA) == Report(InfoCode.ACKED)


def test_a_report_says_what_sigfox_says() -> None:
    assert Report(3, overusage=True).variables == {
        "infoCode": "3",
        "infoMessage": "Overrun error",
        "downlinkAck": "false",
        "downlinkOverusage": "true",
    }
    assert Report(0).variables["downlinkAck"] == "true"
    assert Report(UNKNOWN_CODE).variables["infoMessage"] == "Unknown"
