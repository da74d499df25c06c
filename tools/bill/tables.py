"""Tables of a page of the documentation that are computed, each between two marks."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

_TABLE = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def filled(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its tables, by their names, as they are now."""
    return _TABLE.sub(lambda found: f"<!-- table: {found[1]} -->\n{tables[found[1]]()}\n<!-- end -->", page)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    first, *others = (f"| {' | '.join(line)} |" for line in (head, *rows))
    return "\n".join([first, "|---" * len(head) + "|", *others])


def dollars(amount: float) -> str:
    """Write an amount."""
    return f"${amount:,.2f}"
