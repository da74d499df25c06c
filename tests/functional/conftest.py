"""A table of its own for each test, an application with a key, and a way to call the functions."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from benchmarks.capacity.access_patterns import KNOWN_FORMS
from moto import mock_aws

from sigbridge.applications import create_application
from sigbridge.credentials import authenticate, issue_key
from sigbridge.credentials.authentication import forget_cached_keys
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.feed.refusals import forget_refusals
from sigbridge.formatters import scripts
from sigbridge.formatters.cache import forget_cached_formatters
from sigbridge.formatters.trial import forget_trials
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge.settings import settings, using
from sigbridge.store.connections import client
from sigbridge.store.rows import to_record
from sigbridge.webhooks.cache import forget_cached_webhooks
from sigbridge.webhooks.circuit import forget_circuits
from sigbridge.webhooks.trial import forget_webhook_trials
from sigbridge_local.table_from_template import create_table
from tests.functional.change_stream import ChangeStream
from tests.functional.formatter_function import FormatterFunction
from tests.functional.lambdas import Answer, Event, call
from tests.functional.management import Management
from tests.functional.moto_tuning import tune
from tests.functional.played_device import Clock, PlayedDevice
from tests.functional.played_fleet import PlayedFleet
from tests.functional.prepared_table import prepared
from tests.functional.scripted_api import BODY, WELL, ScriptedApi, scripted_api
from tests.functional.sigfox_api import sigfox_api_url, sigfox_backend, sigfox_waits
from tests.functional.sigfox_jobs import connected, work
from tests.functional.store_accesses import store_accesses

__all__ = ["connected", "sigfox_api_url", "sigfox_backend", "sigfox_waits", "work"]

TABLE = "sigbridge-test"

tune()

type Invoke = Callable[[str, Event], Answer]
type Stored = Callable[..., list[dict[str, Any]]]
type Counted = Callable[[], Counter[str]]


def forget_everything() -> None:
    """Forgets what the process knows of an earlier table; its clients stay, which moto does not mind."""
    settings.cache_clear()
    forget_cached_keys()
    forget_cached_devices()
    forget_cached_formatters()
    forget_trials()
    forget_cached_webhooks()
    forget_refusals()
    forget_webhook_trials()
    forget_circuits()


def used_key(application_id: str, rights: Iterable[Right]) -> str:
    """Makes a key that was used today: the first use of a day is noted with the key."""
    token = str(issue_key(application_id, "used today", rights).token)
    authenticate(token)
    forget_cached_keys()
    return token


def make_table() -> None:
    """Make the table that `template.yaml` describes."""
    create_table(client(), TABLE)


@pytest.fixture(autouse=True)
def known_accesses() -> Iterator[None]:
    """Refuses requests to the table that the model of capacity does not know, whatever a test is about."""
    with store_accesses() as accesses:
        yield
    unknown = sorted(accesses.keys() - KNOWN_FORMS)
    assert not unknown, "missing in benchmarks/capacity/access_patterns.py"


@pytest.fixture
def table() -> Iterator[str]:
    """The name of an empty table, made as `template.yaml` describes it."""
    forget_everything()
    with mock_aws():
        prepared(make_table)
        yield TABLE
    forget_everything()


@pytest.fixture
def application(table: str) -> Application:  # noqa: ARG001 - it must exist
    """The application `demo`."""
    return prepared(create_application, "demo")


@pytest.fixture
def key(application: Application) -> str:
    """A key of `demo` with every right, as its holder writes it."""
    return prepared(used_key, application.id, tuple(Right))


@pytest.fixture
def invoke(key: str) -> Invoke:
    """Calls a function with an event: `invoke("uplink", event("uplink.json"))`."""

    def invoke(function: str, request: Event) -> Answer:
        return call(function, request, key)

    return invoke


@pytest.fixture
def management(key: str) -> Management:
    """The management API, with a key of `demo` that has every right."""
    return Management(key)


@pytest.fixture
def formatter_function(monkeypatch: pytest.MonkeyPatch) -> FormatterFunction:
    """The function that runs scripts, in this process."""
    played = FormatterFunction()
    monkeypatch.setattr(scripts, "invoke", played.invoke)
    return played


@pytest.fixture
def stored(table: str) -> Stored:
    """Reads the table's items as plain values, by the beginnings of their keys, in the order of their keys.

    `stored()` gives all but the feed, `stored("FEED#")` that, `stored(sk="MSG#")` the messages,
    `stored("DEVICE#demo#153FA", "STATE")` one state.
    """

    def stored(pk: str = "", sk: str = "") -> list[dict[str, Any]]:
        pages = client().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        records = [to_record(item) for page in pages for item in page["Items"]]
        found = [r for r in records if r["pk"].startswith(pk) and r["sk"].startswith(sk)]
        if not pk:
            found = [record for record in found if not record["pk"].startswith("FEED#")]
        return sorted(found, key=lambda record: (record["pk"], record["sk"]))

    return stored


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the whole program."""
    return Clock(monkeypatch)


@pytest.fixture
def scripted_sigfox(table: str, sigfox_waits: None) -> Iterator[ScriptedApi]:  # noqa: ARG001
    """A Sigfox API that answers as a test says."""
    with scripted_api() as api, using(replace(settings(), sigfox_api_url=api.url)):
        api.says_at(WELL)
        yield api


@pytest.fixture
def connected_sigfox(scripted_sigfox: ScriptedApi, management: Management) -> ScriptedApi:
    """That API, which `demo` is connected to."""
    assert management.put("/v1/sigfox", BODY).status == 200
    scripted_sigfox.asked.clear()
    return scripted_sigfox


@pytest.fixture
def played(clock: Clock, invoke: Invoke) -> PlayedDevice:
    """Device 153FA, new, with its user."""
    return PlayedDevice(invoke, clock, ChangeStream(lambda: clock.now_ms))


@pytest.fixture
def fleet(management: Management, invoke: Invoke, clock: Clock) -> PlayedFleet:
    """The devices of `demo`, none yet."""
    return PlayedFleet(management, invoke, clock)


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Counted:
    """Reads the metrics that were counted since it was asked last."""

    def counted() -> Counter[str]:
        total = Counter[str]()
        for line in filter(lambda line: '"_aws"' in line, capsys.readouterr().out.splitlines()):
            content = json.loads(line)
            [directive] = content["_aws"]["CloudWatchMetrics"]
            for metric in directive["Metrics"]:
                total[metric["Name"]] += int(sum(content[metric["Name"]]))
        return total

    return counted
