"""Payloads: whatever they were written in, they are kept as lower-case hex."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.messages.payload import InvalidPayload, read_generic_payload, read_sigfox_payload
from sigbridge.model.message import WrittenPayload
from sigbridge.model.settings import PayloadEncoding

HEX, BASE64 = PayloadEncoding.HEX, PayloadEncoding.BASE64


@given(st.binary(max_size=12), st.booleans())
def test_a_sigfox_payload_is_hex_of_at_most_12_bytes(data: bytes, upper: bool) -> None:
    text = data.hex().upper() if upper else data.hex()

    assert read_sigfox_payload(text) == data.hex()


@pytest.mark.parametrize(
    "text", ["0", "123", "zz", "0x00", "00" * 13, "AQID", "0 0", "\u0660\u0660", "\u00b2\u00b2", "-1", "+1"]
)
def test_another_sigfox_payload_is_refused(text: str) -> None:
    with pytest.raises(InvalidPayload):
        read_sigfox_payload(text)


@given(st.binary(max_size=200))
def test_a_generic_payload_is_the_same_in_both_encodings(data: bytes) -> None:
    assert read_generic_payload(WrittenPayload(data.hex()), HEX) == data.hex()
    assert read_generic_payload(WrittenPayload(base64.b64encode(data).decode()), BASE64) == data.hex()


@pytest.mark.parametrize("encoding", PayloadEncoding)
def test_a_generic_payload_is_at_most_10_000_bytes(encoding: PayloadEncoding) -> None:
    def written(length: int) -> WrittenPayload:
        data = bytes(length)
        return WrittenPayload(data.hex() if encoding is HEX else base64.b64encode(data).decode())

    assert read_generic_payload(written(10_000), encoding) == bytes(10_000).hex()
    with pytest.raises(InvalidPayload, match="at most 10000 bytes, has 10001"):
        read_generic_payload(written(10_001), encoding)


@pytest.mark.parametrize("text", ["A", "AB=C", "*", "AQIDB", "é"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(InvalidPayload, match="must be base64"):
        read_generic_payload(WrittenPayload(text), BASE64)


@pytest.mark.parametrize(
    ("text", "encoding", "payload"),
    [
        ("0x0109AB", HEX, "0109ab"),
        ("0x0109AB", BASE64, "0109ab"),
        ("0X0109ab", HEX, "0109ab"),
        ("01 09 AB", HEX, "0109ab"),
        ("01-09-ab", BASE64, "0109ab"),
        ("01:09:AB", HEX, "0109ab"),
        ("AQIDBAUGBwg=", HEX, "0102030405060708"),
        ("+/8BAgME", HEX, "fbff01020304"),
        ("AGoKEQMAAAAAAAAANQ/O", HEX, "006a0a110300000000000000350fce"),
        ("AGoKEQMAAAAAAAAANQ9O", HEX, base64.b64decode("AGoKEQMAAAAAAAAANQ9O").hex()),
        ("AQIDBAUG\r\nBwg=\n", BASE64, "0102030405060708"),
        ("AQIDBAUGBwg", BASE64, "0102030405060708"),
        ("-_8BAgME", BASE64, "fbff01020304"),
        ("deadbeef", HEX, "deadbeef"),
        ("deadbeef", BASE64, "75e69d6de79f"),
    ],
)
def test_a_payload_is_read_in_the_spelling_that_is_meant(
    text: str, encoding: PayloadEncoding, payload: str
) -> None:
    assert read_generic_payload(WrittenPayload(text), encoding) == payload


@pytest.mark.parametrize(
    "text", ["hello", "test", "Hello123", "OFF", "zz", "0x0", "01 0", "01 09A", "A" * 17 + "z1"]
)
def test_a_word_is_no_payload(text: str) -> None:
    with pytest.raises(InvalidPayload, match="must"):
        read_generic_payload(WrittenPayload(text), HEX)


def test_what_is_no_hex_is_read_as_it_is_likely_written() -> None:
    assert read_generic_payload(WrittenPayload("gkHe", likely=BASE64), HEX) == "8241de"
    assert read_generic_payload(WrittenPayload("deadbeef", likely=BASE64), HEX) == "deadbeef"
    with pytest.raises(InvalidPayload, match="must be hex"):
        read_generic_payload(WrittenPayload("g*He", likely=BASE64), HEX)


def test_the_encoding_of_a_known_sender_comes_first() -> None:
    assert read_generic_payload(WrittenPayload("deadbeef", encoding=BASE64), HEX) == "75e69d6de79f"
    assert read_generic_payload(WrittenPayload("deadbeef", encoding=HEX), BASE64) == "deadbeef"


@given(st.text())
def test_a_payload_is_refused_or_hex(text: str) -> None:
    for read in (
        read_sigfox_payload,
        lambda text: read_generic_payload(WrittenPayload(text), HEX),
        lambda text: read_generic_payload(WrittenPayload(text), BASE64),
    ):
        try:
            payload = read(text)
        except InvalidPayload:
            continue
        assert bytes.fromhex(payload).hex() == payload
