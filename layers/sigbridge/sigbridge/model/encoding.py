"""What a formatter makes of a downlink that is given in named values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigbridge.errors import FormatterUnavailable
from sigbridge.model.downlink import InvalidDownlink


class EncoderRefused(InvalidDownlink):
    """The script of a formatter says by itself why there is no such downlink.

    Attributes:
        errors: Its words.
    """

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("decoded_payload", ", ".join(errors))
        self.errors = tuple(errors)


class EncoderFailed(InvalidDownlink):
    """The script of a formatter fails."""

    def __init__(self, reason: str) -> None:
        super().__init__("decoded_payload", reason)


class BadEncoderResult(EncoderFailed):
    """The script of a formatter returns something that is no downlink."""


@dataclass(frozen=True, slots=True)
class DecodedDownlink:
    """What a downlink is to say.

    Attributes:
        data: Named values; numbers are whole or Decimals.
        f_port: Its port, if it has one.
    """

    data: Mapping[str, object]
    f_port: int | None = None


@dataclass(frozen=True, slots=True)
class EncodedDownlink:
    """What became of a downlink that was to be encoded.

    Attributes:
        payload: The bytes, of whatever length; none where it failed.
        f_port: The port that a script gives it, which comes before its own; None for none.
        failure: Why there are no bytes.
    """

    payload: bytes = b""
    f_port: int | None = None
    failure: InvalidDownlink | FormatterUnavailable | None = None
