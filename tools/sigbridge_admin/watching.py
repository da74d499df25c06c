"""Following the data of a device: each item once, none left out."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import AwareDatetime, BaseModel

from sigbridge_admin.api import Api, Json, read

# Sigfox calls up to 7 minutes late, and what has just been stored may be read a second later.
_LATE_MS = 10 * 60_000
_PAGE = 1_000


class _Seen(BaseModel):
    id: str
    time: AwareDatetime

    @property
    def moment_ms(self) -> int:
        return round(self.time.timestamp() * 1000)


class DataWatch:
    """What is new among the data of a device.

    Data come late: an item of an earlier moment may be stored after one of a later moment. So each look
    begins ten minutes before the newest moment that was seen, and passes over what was seen before.
    """

    def __init__(self, api: Api, device_id: str, variables: str | None) -> None:
        self._api = api
        self._path = ("devices", device_id, "data")
        self._variables = variables
        self._from_ms = self._now_ms() - _LATE_MS
        self._seen: dict[str, int] = {}

    def begin(self, quantity: int) -> Sequence[Json]:
        """Return the latest items, the earliest of them first. All that are there now count as seen."""
        query = {"variables": self._variables, "qty": max(quantity, 1)}
        latest = self._api.get(*self._path, query=query)["data"][::-1]
        newest_ms = self._newest_ms(read(_Seen, item).moment_ms for item in latest)
        if newest_ms is not None:
            self._from_ms = newest_ms - _LATE_MS
        recent = list(self._recent())
        self._take_in(recent)
        before = [item for item in latest if item["id"] not in self._seen]
        return [*before, *recent][-quantity:] if quantity else []

    def look(self) -> Iterator[Json]:
        """Yield what is new, the earliest first.

        Raises:
            ApiUnavailable: The API can't tell now. Looking again goes on where this ended.
        """
        for item in self._recent():
            if item["id"] not in self._seen:
                self._take_in([item])
                yield item
        self._go_on()

    def _recent(self) -> Iterator[Json]:
        query = {
            "variables": self._variables,
            "start_date": f"{max(self._from_ms, 0):013d}",
            "order": "asc",
            "qty": _PAGE,
        }
        for page in self._api.pages(*self._path, query=query):
            yield from page["data"]

    def _take_in(self, items: Iterable[Json]) -> None:
        for seen in (read(_Seen, item) for item in items):
            self._seen[seen.id] = seen.moment_ms

    def _go_on(self) -> None:
        """Forget what no look will meet again."""
        newest_ms = self._newest_ms(self._seen.values())
        if newest_ms is not None:
            self._from_ms = max(self._from_ms, newest_ms - _LATE_MS)
            self._seen = {id_: moment for id_, moment in self._seen.items() if moment >= self._from_ms}

    def _newest_ms(self, moments: Iterable[int]) -> int | None:
        """Find the newest moment. One of the future does not count: it would hide what comes before it."""
        now_ms = self._now_ms()
        return max((moment for moment in moments if moment <= now_ms), default=None)

    def _now_ms(self) -> int:
        return self._api.surroundings.now_ms()
