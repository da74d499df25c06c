"""Payloads: whatever they were written in, they are kept as lower-case hex."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.applications import PayloadEncoding
from sigbridge.messages.payload import InvalidPayload, read_generic_payload, read_sigfox_payload

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
    assert read_generic_payload(data.hex(), HEX) == data.hex()
    assert read_generic_payload(base64.b64encode(data).decode(), BASE64) == data.hex()


@pytest.mark.parametrize("encoding", PayloadEncoding)
def test_a_generic_payload_is_at_most_10_000_bytes(encoding: PayloadEncoding) -> None:
    def written(length: int) -> str:
        data = bytes(length)
        return data.hex() if encoding is HEX else base64.b64encode(data).decode()

    assert read_generic_payload(written(10_000), encoding) == bytes(10_000).hex()
    with pytest.raises(InvalidPayload, match="at most 10000 bytes, has 10001"):
        read_generic_payload(written(10_001), encoding)


@pytest.mark.parametrize("text", ["A", "AB=C", "*", "AQ ID", "é"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(InvalidPayload, match="must be base64"):
        read_generic_payload(text, BASE64)


@given(st.text())
def test_a_payload_is_refused_or_hex(text: str) -> None:
    for read in (
        read_sigfox_payload,
        lambda text: read_generic_payload(text, HEX),
        lambda text: read_generic_payload(text, BASE64),
    ):
        try:
            payload = read(text)
        except InvalidPayload:
            continue
        assert bytes.fromhex(payload).hex() == payload
