"""Where an import is: what its job's cursor holds."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """Where an import goes on: device types, then devices page by page, then it is counted which are missing.

    Attributes:
        next_page: Path and query of the page of devices to go on with; None where there is none.
        pages: How many pages of devices are read.
        landmark: One of those to come that was named before: who comes by it again goes in a circle.
        counts: Whether all pages are read.
        counted_until: The last of our devices that was counted; None for none.
        present, absent: How many of those Sigfox lists, and how many it does not.
        connected_at: Of which connection it is; 0 while nothing was asked.
    """

    next_page: str | None = None
    pages: int = 0
    landmark: str | None = None
    counts: bool = False
    counted_until: str | None = None
    present: int = 0
    absent: int = 0
    connected_at: int = 0

    @classmethod
    def read(cls, cursor: str | None) -> "ImportPlace":
        """Read a cursor; None is the beginning."""
        return cls() if cursor is None else cls(**json.loads(cursor))

    def following(self, next_page: str | None) -> "ImportPlace":
        """Return the place after a page of devices was read, of which the next one is named."""
        pages = self.pages + 1
        # After 1, 2, 4, 8 … pages: so a circle of any length is found, wherever it begins.
        is_landmark = pages & (pages - 1) == 0
        landmark = next_page if is_landmark else self.landmark
        return ImportPlace(
            next_page, pages, landmark, counts=next_page is None, connected_at=self.connected_at
        )

    def as_cursor(self) -> str:
        """Write it as the cursor of a job."""
        return json.dumps(asdict(self), separators=(",", ":"))
