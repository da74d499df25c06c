"""Messages as Sigfox's API lists them (sigfox-rest reference, 4)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from sigbridge.model.message import Location, Network, WrittenPayload
from sigbridge.sigfox.rest.messages import UnreadableMessage, read_message
from tests.unit.test_sigfox_undelivered import drifted

TYPE = "5964a10570c85b51ccbaf497"
ENTRY: dict[str, Any] = {
    "device": {"id": "005D0C61", "name": "a meter"},
    "time": 1795325554123,
    "data": "DEADBEEF",
    "ackRequired": False,
    "lqi": 2,
    "seqNumber": 7,
    "nbFrames": 3,
    "computedLocation": [{"lat": 43.45, "lng": 6.54, "radius": 400, "source": 2}],
    "rinfos": [{"baseStation": {"id": "1E6AB"}, "rssi": -128.53, "snr": 14.3, "rep": 2, "freq": 868.53}],
    "downlinkAnswerStatuses": [],
}


def test_a_message_is_read_as_its_callbacks_would_have_told_it() -> None:
    message = read_message(ENTRY, TYPE)

    assert (message.device_id, message.device_as_received) == ("5D0C61", "005D0C61")
    assert (message.network, message.time, message.seq_number) == (Network.SIGFOX, 1795325554000, 7)
    assert (message.payload, message.ack) == (WrittenPayload("DEADBEEF"), False)
    assert message.location == Location(Decimal("43.45"), Decimal("6.54"), Decimal(400), 2)
    heard = {"bs_id": "1E6AB", "rssi": Decimal("-128.53"), "snr": Decimal("14.3"), "nb_rep": 2}
    assert message.radio == {"device_type_id": TYPE, "lqi": "GOOD", "duplicates": [heard]}


def test_numbers_come_as_texts_and_what_is_absent_is_left_out() -> None:
    drift = {
        "device": "5D0C61",
        "time": "1795325554000",
        "data": "00",
        "lqi": "Good",
        "rinfos": [{"rssi": "-133.00", "lat": "45.1"}, None, {}],
    }

    message = read_message(drift, TYPE)

    assert (message.seq_number, message.ack, message.location) == (None, None, None)
    assert message.radio == {
        "device_type_id": TYPE,
        "lqi": "GOOD",
        "duplicates": [{"rssi": Decimal("-133.00")}],
    }


@pytest.mark.parametrize(
    "places",
    [
        [],
        None,
        "here",
        [{"lat": 91, "lng": 0}],
        [{"lat": 0, "lng": 0}],
        [{"lat": 1}],
        [{"lat": "north", "lng": 1}],
    ],
)
def test_what_is_no_position_is_none(places: object) -> None:
    assert read_message({**ENTRY, "computedLocation": places}, TYPE).location is None


def test_the_first_position_that_is_one_counts() -> None:
    places = [{"lat": 0, "lng": 0}, {"lat": "1.5", "lng": "2"}, {"lat": 3, "lng": 4}]

    location = read_message({**ENTRY, "computedLocation": places}, TYPE).location

    assert location == Location(Decimal("1.5"), Decimal(2))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, "names no device"),
        ({**ENTRY, "device": None}, "names no device"),
        ({**ENTRY, "device": {}}, "names no device"),
        ({**ENTRY, "device": {"id": "no/id"}}, "must be 1 to 64"),
        ({**ENTRY, "time": "noon"}, "names no time"),
        ({**ENTRY, "time": None}, "names no time"),
    ],
)
def test_what_names_no_device_or_moment_is_refused(entry: object, reason: str) -> None:
    with pytest.raises(UnreadableMessage, match=reason):
        read_message(entry, TYPE)


@given(drifted(ENTRY))
def test_whatever_an_entry_holds_it_is_read_or_refused(entry: dict[str, Any]) -> None:
    try:
        message = read_message(entry, TYPE)
    except UnreadableMessage:
        return
    assert message.time is not None
    assert message.time % 1000 == 0
