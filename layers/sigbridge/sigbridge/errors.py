"""What can go wrong in the domain. `web.errors` maps these to HTTP, and nothing else does."""

from collections.abc import Sequence
from dataclasses import dataclass

_MOST_SHOWN = 500


class SigbridgeError(Exception):
    """Base of every error that a caller of Sigbridge can cause or meet.

    Attributes:
        message: One sentence for the person who reads the answer.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a request.

    Attributes:
        field: Name of the field, as the sender spelt it where it was found.
        message: What is wrong with it.
        index: Position of the item in the request's array, from 0.
    """

    field: str
    message: str
    index: int = 0


class InvalidInput(SigbridgeError):
    """The request can't be taken as it is; nothing of it was stored."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> "InvalidInput":
        """Makes the error of these faults; its message is the first one's."""
        first = faults[0]
        return cls(f"{first.field}: {first.message}", faults)


class StoreUnavailable(SigbridgeError):
    """The store can't be reached, throttles, or is too busy; the same request may succeed later."""

    def __init__(self, message: str = "The store is not available, try again") -> None:
        super().__init__(message)


def shortened(text: str) -> str:
    """Gives what is shown of a text that may hold what someone sent: 500 characters at most."""
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
