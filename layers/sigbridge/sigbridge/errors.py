"""What can go wrong in the domain. `api.http.errors` maps these to HTTP, and nothing else does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

_FIELD_LENGTH = 500


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
        field: Name of the field, as the sender wrote it where it was found.
        message: What is wrong with it.
        index: Position of the item in the request's array, from 0.
        line, column: Where in the text of the field, from 1; None where it is no text of several lines.
    """

    field: str
    message: str
    index: int = 0
    line: int | None = None
    column: int | None = None

    @classmethod
    def at(cls, path: Iterable[str], message: str, index: int = 0) -> Self:
        """Make the fault of a field that stands in others, whose names come before its own.

        At most 500 characters of the names stay, cut before they are joined: thousands of faults may
        stand under names of many kB.
        """
        field = ".".join(name[: _FIELD_LENGTH + 1] for name in path)
        return cls(field if len(field) <= _FIELD_LENGTH else field[: _FIELD_LENGTH - 1] + "…", message, index)


class InvalidInput(SigbridgeError):
    """The request can't be taken as it is; nothing of it was stored."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> "InvalidInput":
        """Make the error of these faults; its message is the first one's."""
        first = faults[0]
        return cls(f"{first.field}: {first.message}", faults)


class NotFound(SigbridgeError):
    """There is no such thing."""


class InUse(SigbridgeError):
    """Others need it as it is; nothing was changed."""


class NothingToDo(SigbridgeError):
    """As things are, what is asked for would have no effect."""


class StoredByNewerVersion(SigbridgeError):
    """What is stored has a form that this version of Sigbridge can't read; a newer one wrote it."""

    def __init__(self, version: int) -> None:
        super().__init__(f"What is stored was written by a newer version of Sigbridge, in form {version}")


class TooManyRequests(SigbridgeError):
    """The caller asks more often than is allowed; nothing was done, and it may be done later."""


class DependencyRefuses(SigbridgeError):
    """Somebody else, whom the request needs, refuses it to us; our caller may ask for it."""


class Unavailable(SigbridgeError):
    """What the request needs is down or too busy; the same request may succeed later.

    Attributes:
        again_at: From when on it may, epoch ms; None for soon.
    """

    again_at: int | None = None


class StoreUnavailable(Unavailable):
    """The store can't be reached, throttles, or is too busy; the same request may succeed later."""

    def __init__(self, message: str = "The store is not available, try again") -> None:
        super().__init__(message)


class FormatterUnavailable(Unavailable):
    """A script took too long, or the function that runs it can't be asked; the same may succeed later."""


class StoreThrottled(StoreUnavailable):
    """The store refuses one key for its throughput, or all of them; requests for other keys may go on."""
