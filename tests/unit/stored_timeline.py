"""What is stored of one device, in memory, in place of the table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.store import devices, table
from sigbridge.store.rows import Key, Span, Update

PARTITION = "DEVICE#demo#153FA"
DEVICE = ("demo", "153FA")
_LISTED = Application("demo", "Demo", created_at=0), [Device("153FA", registered_at=0)]

type Record = dict[str, Any]


class StoredTimeline:
    """Items of one device.

    Attributes:
        items: By sort key.
        read: How many were read.
        requests: How many queries were made.
    """

    def __init__(self) -> None:
        self.items: dict[str, Record] = {}
        self.read = 0
        self.requests = 0

    def put(self, sk: str, **content: Any) -> None:
        self.items[sk] = {"pk": PARTITION, "sk": sk, **content}

    def put_message(self, sort: str, *names: str, **content: Any) -> None:
        """Puts a message with these variables; each has the text `<sort> <name>` as its value."""
        facts = {"device": "153FA", "network": "sigfox", "time": int(sort[:13]), "group": "g"}
        arrivals = {"received_at": int(sort[:13])}
        if content.keys() & {"advanced", "advanced_variables"}:
            arrivals |= {"advanced_at": int(sort[:13])}
        self.put(f"MSG#{sort}", **facts | arrivals | {"variables": _variables(sort, names)} | content)

    def put_entry(self, sort: str, *names: str) -> None:
        """Puts what was set by hand, in the same way."""
        self.put(f"DATA#{sort}", time=int(sort[:13]), group="g", variables=_variables(sort, names))

    @contextmanager
    def in_place_of_the_table(self) -> Iterator[None]:
        forget_cached_devices()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(devices, "find_with_application", lambda *_: _LISTED)
            patch.setattr(table, "in_order", lambda span, page=None: self._query(span, page, 1))
            patch.setattr(table, "in_reverse", lambda span, page=None: self._query(span, page, -1))
            patch.setattr(table, "newest_first", lambda span, page: self._query(span, page, -1))
            patch.setattr(table, "delete_all", self._delete_all)
            patch.setattr(table, "update", self._update)
            yield
        forget_cached_devices()

    def _query(self, span: Span, page: int | None, step: int) -> Iterator[Record]:
        assert span.pk == PARTITION
        assert str(span.first) <= str(span.last), "DynamoDB refuses a range that is reversed"
        found = [self.items[sk] for sk in sorted(self.items) if str(span.first) <= sk <= str(span.last)][
            ::step
        ]
        size = page or len(found)
        for position, record in enumerate(found):
            if position % size == 0:
                self.requests += 1
                self.read += len(found[position : position + size])
            yield record

    def _delete_all(self, keys: list[Key]) -> None:
        for key in keys:
            self.items.pop(key.sk, None)

    def _update(self, change: Update) -> None:
        record = self.items[change.key.sk]
        for position in range(len(change.names)):
            name = change.names[f"#n{position}"]
            assert record[name] == change.values[f":o{position}"]
            if f":n{position}" in change.values:
                record[name] = change.values[f":n{position}"]
            else:
                del record[name]


def _variables(sort: str, names: tuple[str, ...]) -> list[Record]:
    return [{"variable": name, "value": f"{sort} {name} {position}"} for position, name in enumerate(names)]
