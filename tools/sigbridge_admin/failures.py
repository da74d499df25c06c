"""What can stop a command, said in one line."""

from collections.abc import Sequence


class AdminError(Exception):
    """A command can't go on; the message is one line for the person who typed it.

    Attributes:
        details: More lines, one for each thing that was wrong.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)
