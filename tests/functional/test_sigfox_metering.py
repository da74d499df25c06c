"""Coverage of a place, and how much Sigfox counts of a device beside what is stored."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.devices import register_device
from sigbridge.messages import count_messages, listing
from sigbridge.sigfox.rest.consumption import read_consumption, read_metrics
from sigbridge.sigfox.rest.coverage import read_coverage
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.management import Management
from tests.functional.played_device import DAY, Clock, PlayedDevice
from tests.functional.scripted_api import GROUP, Said, ScriptedApi
from tests.functional.sigfox_api import LOGIN, PASSWORD


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (
            {"locationCovered": True, "margins": [47, 32.5, -1]},
            {"covered": True, "margins_db": [47, 32.5, -1]},
        ),
        ({"locationCovered": "false", "margins": ["47", "x"]}, {"covered": False, "margins_db": [47]}),
        ({"locationCovered": "perhaps", "margins": None, "new": 1}, {"margins_db": []}),
        ({"margins": 7}, {"margins_db": []}),
        ({}, {"margins_db": []}),
    ],
)
def test_coverage_is_that_of_the_place(
    connected_sigfox: ScriptedApi, management: Management, answer: object, shown: object
) -> None:
    connected_sigfox.says(Said(200, answer))

    assert management.get("/v1/sigfox/coverage", lat=48.8584, lng=-2.5, radius=500).json == shown
    assert connected_sigfox.targets == [
        f"GET /coverages/global/predictions?lat=48.8584&lng=-2.5&radius=500&groupId={GROUP}"
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"lat": 91, "lng": 0}, "lat"),
        ({"lat": "nan", "lng": 0}, "lat"),
        ({"lat": 0, "lng": -181}, "lng"),
        ({"lat": 0}, "lng"),
        ({"lat": 0, "lng": 0, "radius": -1}, "radius"),
        ({"lat": 0, "lng": 0, "deep": "true"}, "deep"),
    ],
)
def test_a_place_that_is_none_is_refused(
    connected_sigfox: ScriptedApi, management: Management, query: dict[str, object], field: str
) -> None:
    answer = management.get("/v1/sigfox/coverage", **query)

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, field)
    assert not connected_sigfox.asked


@pytest.mark.usefixtures("sigfox_api_url")
def test_who_waits_as_is_said_is_never_refused_by_sigfox(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    sigfox_backend.limit("coverage")
    management.put("/v1/sigfox", {"login": LOGIN, "password": PASSWORD})
    sigfox_backend.requests.clear()

    statuses = []
    while statuses.count(200) < 30:
        answer = management.get("/v1/sigfox/coverage", lat=48, lng=2)
        statuses.append(answer.status)
        if answer.status == 503:
            clock.wait(int(answer.headers["Retry-After"]))

    assert len(sigfox_backend.requests) == 30
    # The first five at once, and then one every ten seconds.
    assert statuses[:7] == [200] * 5 + [503, 200]


def test_messages_are_counted_by_both(
    connected_sigfox: ScriptedApi, management: Management, played: PlayedDevice, clock: Clock
) -> None:
    played.ask()
    clock.wait(2 * DAY)
    played.ask()
    connected_sigfox.says(Said(200, {"lastDay": 1, "lastWeek": "3", "lastMonth": None}))

    answer = management.get("/v1/devices/153FA/sigfox/metrics")

    assert answer.json == {
        "sigfox": {"last_day": 1, "last_week": 3},
        "stored": {"last_day": 1, "last_week": 2, "last_month": 2},
    }
    assert connected_sigfox.targets == ["GET /devices/153FA/messages/metric"]


def test_a_month_is_shown_day_by_day_beside_what_is_stored(
    connected_sigfox: ScriptedApi, management: Management, played: PlayedDevice, clock: Clock
) -> None:
    played.ask()
    today = datetime.fromtimestamp(clock.seconds, UTC)
    days = [{"frameCount": 19, "downlinkFrameCount": "4", "roamingFrameCount": 3}, {}, "odd"]
    connected_sigfox.says(Said(200, {"id": "1005550_2017", "deviceConsumptions": days}))

    answer = management.get("/v1/devices/153FA/sigfox/consumption", year=today.year, month=today.month)

    none = {"uplinks": 0, "downlinks": 0, "roaming_uplinks": 0, "roaming_downlinks": 0}
    first = {"uplinks": 19, "downlinks": 4, "roaming_uplinks": 3, "roaming_downlinks": 0}
    assert answer.json == {"sigfox": [first, none], "stored_uplinks": 1}
    assert connected_sigfox.targets == [f"GET /devices/153FA/consumption/{today.year}/{today.month}"]
    past = management.get("/v1/devices/153FA/sigfox/consumption", year=2020, month=2)
    assert past.json["stored_uplinks"] == 0


def test_more_messages_than_a_sigfox_device_sends_are_not_counted(
    played: PlayedDevice, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 1)
    counts = []
    for _ in range(2):
        played.ask()
        counts.append(count_messages("demo", "153FA", clock.now_ms - DAY * 1000, clock.now_ms))
        clock.wait(600)

    assert counts == [1, None]


@pytest.mark.parametrize("what", ["metrics", "consumption?year=2026&month=11"])
@pytest.mark.parametrize(
    ("device_id", "message"),
    [("153FB", "Device 153FB is not known"), ("..", "no id of a Sigfox device"), ("GATEWAY.1", "no id of")],
)
def test_only_devices_of_sigfox_are_asked_for(
    connected_sigfox: ScriptedApi, management: Management, what: str, device_id: str, message: str
) -> None:
    if device_id != "153FB":
        register_device("demo", device_id)
    path, _, query = what.partition("?")

    answer = management.get(f"/v1/devices/{device_id}/sigfox/{path}", **dict(parse_qsl(query)))

    assert (answer.status, message in answer.json["message"]) == (404, True)
    assert not connected_sigfox.asked


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
_NAMES = ("locationCovered", "margins", "lastDay", "deviceConsumptions")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(_NAMES, _ODD)))
def test_no_answer_is_too_odd_to_read(answer: dict[str, object]) -> None:
    read_coverage(answer)
    read_metrics(answer)
    read_consumption(answer)
