"""Downlinks and how the queue writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.devices import InvalidDownlinkData, read_downlink_data
from sigbridge.downlinks import Downlink, DownlinkTooLarge, InvalidDownlink, Priority, push_downlinks
from sigbridge.model.downlink import WrongPayloadLength
from sigbridge.store.downlink_codec import read_downlink, write_downlink

documents = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
payloads = st.binary(min_size=8, max_size=8).map(bytes.hex)
moments = st.integers(0, 9_972_028_799_999)
downlinks = st.builds(
    Downlink,
    payload=payloads,
    f_port=st.none() | st.integers(1, 223) | st.integers(225, 255),
    confirmed=st.booleans(),
    priority=st.sampled_from(Priority),
    correlation_ids=st.lists(st.text(max_size=100), max_size=3).map(tuple),
    decoded_payload=st.none() | st.dictionaries(st.text(), documents, min_size=1, max_size=3),
    max_attempts=st.none() | st.integers(1, 32),
    expires_at=st.none() | moments,
)


@given(downlinks)
def test_a_queued_downlink_is_read_as_it_was_written(downlink: Downlink) -> None:
    assert read_downlink(write_downlink(downlink)) == downlink


@given(payloads, st.none() | moments, moments)
def test_an_expired_downlink_can_be_told_by_comparing_text(
    payload: str, expires_at: int | None, now_ms: int
) -> None:
    downlink = Downlink(payload, expires_at=expires_at)

    waits_on = write_downlink(downlink) > f"{now_ms:013d} ~"

    assert waits_on is not downlink.is_expired(now_ms)


@given(payloads)
def test_a_plain_downlink_is_short(payload: str) -> None:
    assert len(write_downlink(Downlink(payload))) == 13 + 1 + 24 + 1 + 16


@pytest.mark.parametrize("payload", ["", "00ff", "00" * 7, "00" * 9])
def test_a_downlink_of_any_other_length_than_8_bytes_is_refused(payload: str) -> None:
    with pytest.raises(WrongPayloadLength) as refused:
        Downlink(payload)

    assert refused.value.length == len(payload) // 2


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("payload", ["0" * 15, "zz" * 8, "FF" * 8, "\u0660" * 16, "00" * 8 + "\n"]),
        ("f_port", [-1, 224, 256]),
        ("max_attempts", [0, -1, 33]),
        ("expires_at", [9_972_028_800_000]),
    ],
)
def test_a_downlink_that_breaks_a_rule_is_refused(field: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises(InvalidDownlink) as refused:
            Downlink(**{"payload": "00" * 8, field: value})  # type: ignore[arg-type]

        assert refused.value.field == field


def test_a_push_of_a_downlink_that_is_too_large_is_refused() -> None:
    with pytest.raises(DownlinkTooLarge):
        push_downlinks("demo", "153FA", [Downlink("00" * 8, correlation_ids=("n" * 1_400,))])


def test_downlinks_have_ids_of_their_own() -> None:
    assert len({Downlink("00" * 8).id for _ in range(100)}) == 100


@given(st.binary(min_size=8, max_size=8))
def test_downlink_data_is_8_bytes_in_hex_of_either_case(data: bytes) -> None:
    assert read_downlink_data(data.hex()) == data.hex()
    assert read_downlink_data(f" {data.hex().upper()} ") == data.hex()


@pytest.mark.parametrize(
    "text", ["", "00" * 7, "00" * 9, "0" * 15, "zz" * 8, "00 " * 8, "0x" + "00" * 7, "\u0660" * 16]
)
def test_other_downlink_data_is_refused(text: str) -> None:
    with pytest.raises(InvalidDownlinkData):
        read_downlink_data(text)
