"""Payload formatters: what makes values of the bytes of a device, and bytes of values."""

from dataclasses import dataclass
from enum import StrEnum

FORMATTER_ID = r"[A-Za-z0-9_-]{1,64}"
# As The Things Stack (formatters reference, 2).
LARGEST_SOURCE_BYTES = 65_536
MOST_VERSIONS = 200


class FormatterKind(StrEnum):
    """How a formatter is written."""

    SIGFOX_GRAMMAR = "sigfox_grammar"
    CAYENNE_LPP = "cayenne_lpp"
    JAVASCRIPT = "javascript"


@dataclass(frozen=True, slots=True)
class FormatterVersion:
    """A version of a formatter, which never changes.

    Attributes:
        number: From 1; a later version has a higher one.
        kind: How it is written.
        digest: Of its source: two versions of one digest are written alike.
        valid_from: Time of the first messages that it is for, epoch ms.
        created_at: Epoch ms.
    """

    number: int
    kind: FormatterKind
    digest: str
    valid_from: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Formatter:
    """A formatter of an application.

    Attributes:
        id: The user's.
        name: Display name.
        versions: In the order of their numbers, at least one.
    """

    id: str
    name: str
    versions: tuple[FormatterVersion, ...]

    @property
    def newest(self) -> FormatterVersion:
        """The version that was made last."""
        return self.versions[-1]

    def version_at(self, time: int) -> FormatterVersion:
        """Return the version for a message of that time, epoch ms.

        It is the one that became valid last before it, the newest of those of one moment. Messages from
        before all of them are read by the one that became valid first.
        """
        begun = [version for version in self.versions if version.valid_from <= time]
        if begun:
            return max(begun, key=lambda version: (version.valid_from, version.number))
        first = min(version.valid_from for version in self.versions)
        return max(
            (version for version in self.versions if version.valid_from == first),
            key=lambda version: version.number,
        )

    def version(self, number: int) -> FormatterVersion | None:
        """Return the version of a number; None where there is none."""
        return next((version for version in self.versions if version.number == number), None)
