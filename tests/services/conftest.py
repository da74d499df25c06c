"""Services without HTTP and without a table: the store is in memory."""

from collections import Counter
from collections.abc import Iterator

import pytest

from sigbridge.applications import create_application
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.application import Application
from sigbridge.settings import Settings, using
from sigbridge.stream.handlers import handle
from tests.functional.played_device import Clock
from tests.services import fake_store
from tests.services.fake_store import Items


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the whole program."""
    return Clock(monkeypatch)


@pytest.fixture
def items(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Items]:
    """What is stored, in memory."""
    assert clock
    forget_cached_devices()
    with using(Settings("no-table")):
        yield fake_store.install(monkeypatch)
    forget_cached_devices()


@pytest.fixture
def application(items: Items) -> Application:
    """The application `demo`."""
    assert items is not None
    return create_application("demo")


def follow(items: Items) -> Counter[str]:
    """Does what follows from all changes, as the function `change_stream` does; returns what it counts."""
    counts = Counter[str]()
    while items.changes:
        counts += handle(items.changes.pop(0))
    return counts
