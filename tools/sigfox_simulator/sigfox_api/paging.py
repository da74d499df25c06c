"""Parts of lists, each with the absolute URL of the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sigfox_simulator.sigfox_api.requests import Json, Request, bad_field

_MAX_PAGE, _MAX_OFFSET = 100, 40_000


@dataclass(slots=True)
class Pages:
    """How lists are cut.

    Attributes:
        size: Entries of a page at most, below what a request asks for.
        base_url: What the URL of a next page begins with.
        next_host: Another host in the URL of a next page.
    """

    size: int = _MAX_PAGE
    base_url: str = "https://api.sigfox.com/v2"
    next_host: str | None = None

    def cut(self, entries: Sequence[Json], request: Request) -> Json:
        """Return the part of a list that a request asks for."""
        limit = min(whole_number(request, "limit", _MAX_PAGE), self.size)
        offset = whole_number(request, "offset", 0)
        if not 1 <= whole_number(request, "limit", _MAX_PAGE) <= _MAX_PAGE:
            raise bad_field("limit", "must be from 1 to 100")
        if offset > _MAX_OFFSET:
            raise bad_field("offset", "must be 40000 at most")
        following = offset + limit
        paging = {"next": self._url(request, following)} if following < len(entries) else {}
        return {"data": list(entries[offset:following]), "paging": paging}

    def _url(self, request: Request, offset: int) -> str:
        base = self.base_url
        if self.next_host:
            scheme, _, rest = base.partition("://")
            base = f"{scheme}://{self.next_host}/{rest.partition('/')[2]}"
        return f"{base}{request.path}?{urlencode({**request.query, 'offset': offset})}"


def whole_number(request: Request, name: str, default: int) -> int:
    """Return a number of the query.

    Raises:
        Refused: It is none.
    """
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isdigit():
        raise bad_field(name, "must be a whole number")
    return int(text)


def is_set(request: Request, name: str) -> bool:
    """Return whether a flag of the query is set."""
    return request.query.get(name) == "true"


def listed(request: Request, name: str) -> list[str]:
    """Return the values of a parameter that lists some, divided by commas."""
    return [each for each in request.query.get(name, "").split(",") if each]


def sorted_as_asked(entries: Sequence[Json], request: Request, by: str = "name") -> list[Json]:
    """Return entries in the order that a request asks for."""
    order = request.query.get("sort", by)
    name = order.removeprefix("-")
    return sorted(entries, key=lambda each: (each.get(name) or 0, each["id"]), reverse=order.startswith("-"))
