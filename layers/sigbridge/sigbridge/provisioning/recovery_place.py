"""Where a recovery is: what its job's cursor holds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from sigbridge.provisioning.errors import SigfoxUnreachable
from sigbridge.provisioning.replay import Recovered

# Sigfox's lists go no further than 40,000 entries, of which a page has 100 (sigfox-rest reference, 1).
_MOST_PAGES = 400
_SECOND_MS = 1_000


@dataclass(frozen=True, slots=True)
class RecoveryPlace:
    """Where a recovery goes on: first with callbacks, then with the messages of device types.

    Attributes:
        connected_at: Of which connection it is.
        since: The first moment to ask about, epoch ms; None for as far back as Sigfox knows.
        until: The last one.
        next_page: Path and query of the page to go on with; None to begin a list.
        pages: How many pages of that list were read.
        listed_until: The last moment of that list; None for `until`.
        found_since: Device types of which callbacks were found, each with the first moment of those.
        callbacks_read: Whether all callbacks are.
        types_left: Device types whose messages are still to be compared, each with since when; None while it
            is not known which.
        recovered: How much was recovered.
    """

    connected_at: int
    since: int | None
    until: int
    next_page: str | None = None
    pages: int = 0
    listed_until: int | None = None
    found_since: Mapping[str, int | None] = field(default_factory=dict)
    callbacks_read: bool = False
    types_left: Mapping[str, int | None] | None = None
    recovered: Recovered = field(default_factory=Recovered)

    @classmethod
    def read(cls, cursor: str) -> "RecoveryPlace":
        """Read a cursor."""
        content = json.loads(cursor)
        return cls(**{**content, "recovered": Recovered(**content["recovered"])})

    def as_cursor(self) -> str:
        """Write it as the cursor of a job."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def after(self, next_page: str | None, earliest: int | None) -> "RecoveryPlace":
        """Return the place after a page of a list whose latest entries come first.

        Args:
            next_page: Path and query of the following one; None for none.
            earliest: The first moment on the page, epoch ms; None where that is not known.

        Raises:
            SigfoxUnreachable: The list does not end where Sigfox's lists do.
        """
        if next_page is None:
            return replace(self, next_page=None, pages=0, listed_until=None)
        until = self.until if self.listed_until is None else self.listed_until
        if self.pages + 1 < _MOST_PAGES:
            return replace(self, next_page=next_page, pages=self.pages + 1)
        if earliest is None or earliest + _SECOND_MS >= until:
            # Pages in a circle, say.
            message = "Sigfox's API names one page after the other without coming to an end"
            raise SigfoxUnreachable(message)
        # The same list, from this second back.
        return replace(self, next_page=None, pages=0, listed_until=earliest + _SECOND_MS)

    @property
    def is_between_lists(self) -> bool:
        """Whether a list has come to its end."""
        return self.next_page is None and self.listed_until is None

    def found(self, device_type_id: str | None, time: int | None) -> "RecoveryPlace":
        """Return the place after a callback of a device type was found."""
        if device_type_id is None:
            return self
        known = self.found_since.get(device_type_id, time)
        first = None if time is None or known is None else min(time, known)
        return replace(self, found_since={**self.found_since, device_type_id: first})
