"""Pages of a range of time. Its ends stay where they were for the first page, however they were named."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sigbridge.api.management.cursors import read_cursor, unreadable_cursor, write_cursor
from sigbridge.tagoio.dates import EARLIEST_MS, LATEST_MS, read_range

type Query = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page of what a query finds in a range of time.

    Attributes:
        query: What is wanted.
        first_ms, last_ms: Bounds of the range, epoch ms, both included.
        position: How far it was read, in the list's own words; none for the first page.
    """

    query: Query
    first_ms: int
    last_ms: int
    position: Sequence[object] = ()

    @classmethod
    def read(
        cls, query: Query, start_date: str | None, end_date: str | None, cursor: str | None
    ) -> "PageRequest":
        """Read which page is wanted.

        Args:
            query: What is wanted, without the range.
            start_date, end_date: The range, as it was named.
            cursor: `next_cursor` of the previous page; None for the first page.

        Raises:
            InvalidInput: The range can't be read, or the cursor is not one of this query.
        """
        query = [*query, start_date, end_date]
        first_ms, last_ms = read_range(start_date, end_date)
        if cursor is None:
            return cls(query, first_ms, last_ms)
        match _read_json(read_cursor(cursor, query)):
            case [int(first_ms), int(last_ms), *position] if EARLIEST_MS <= first_ms <= last_ms <= LATEST_MS:
                return cls(query, first_ms, last_ms, position)
        raise unreadable_cursor()

    def next_cursor(self, position: Sequence[object]) -> str:
        """Write the cursor of the page that follows a position."""
        return write_cursor(json.dumps([self.first_ms, self.last_ms, *position]), self.query)


def _read_json(text: str) -> object:
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise unreadable_cursor() from failure
    return content
