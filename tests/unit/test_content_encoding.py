"""Bodies that were compressed on their way."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.http.content_encoding import (
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    BodyTooLarge,
    UnsupportedContentEncoding,
    unpack,
)
from sigbridge.errors import InvalidInput

TEXT = b'{"device":"1A2B45","data":"00"}'
PACKED = gzip.compress(TEXT, mtime=0)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_what_was_packed_in_one_member_or_several_is_unpacked(parts: list[bytes]) -> None:
    packed = b"".join(map(gzip.compress, parts))

    assert unpack(packed, "gzip") == b"".join(parts)
    assert unpack(packed + bytes(7), "gzip") == b"".join(parts)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        (" Identity , ", TEXT),
        ("GZIP", PACKED),
        ("x-gzip", PACKED),
        (" gzip ,identity", PACKED),
    ],
)
def test_encodings_that_are_known(encoding: str, body: bytes) -> None:
    assert unpack(body, encoding) == TEXT


@pytest.mark.parametrize(
    "encoding", ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip, br", "gzip;q=1", "é"]
)
def test_any_other_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedContentEncoding):
        unpack(PACKED, encoding)


@pytest.mark.parametrize(
    "body",
    [
        TEXT,
        b"",
        PACKED[:-1],
        PACKED[:10],
        PACKED + b"x",
        PACKED + PACKED[:-1],
        PACKED[:-5] + b"xxxxx",
        zlib.compress(TEXT),
        gzip.compress(b"", mtime=0) * 101,
    ],
    ids=[
        "plain",
        "empty",
        "cut off",
        "only a beginning",
        "something behind it",
        "cut off in the second member",
        "another checksum",
        "zlib",
        "more members than anybody makes",
    ],
)
def test_what_is_no_whole_stream_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        unpack(body, "gzip")


@given(st.binary(max_size=200))
def test_any_bytes_are_unpacked_or_refused(body: bytes) -> None:
    try:
        unpack(PACKED[:10] + body, "gzip")
    except (InvalidInput, BodyTooLarge):
        return


def incompressible(size: int) -> bytes:
    """Bytes that pack to as many: those of a counter, scrambled."""
    return b"".join(zlib.crc32(number.to_bytes(4)).to_bytes(4) for number in range(size // 4))


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        (gzip.compress(bytes(100_000_000)), MAX_UNPACKED_BYTES),
        (gzip.compress(bytes(5_000)), None),
        (gzip.compress(incompressible(MAX_UNPACKED_BYTES + 4)), MAX_UNPACKED_BYTES),
        (
            gzip.compress(incompressible(MAX_UNPACKED_BYTES)) + gzip.compress(b"x", mtime=0),
            MAX_UNPACKED_BYTES,
        ),
    ],
    ids=["a bomb", "over ten times as large", "over 1 MiB", "over 1 MiB in two members"],
)
def test_what_unpacks_to_too_much_is_refused_and_never_held(body: bytes, limit: int | None) -> None:
    tracemalloc.start()
    with pytest.raises(BodyTooLarge):
        unpack(body, "gzip")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 4 * (limit or MAX_RATIO * len(body)) + 100_000


def test_a_whole_mebibyte_is_taken() -> None:
    body = incompressible(MAX_UNPACKED_BYTES)

    assert unpack(gzip.compress(body, mtime=0), "gzip") == body
