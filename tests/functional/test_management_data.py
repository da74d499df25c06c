"""`/v1/devices/{id}/data`: variables over time are read, set and removed."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.cursors import write_cursor
from sigbridge.applications import SettingsChange, change_application, create_application
from sigbridge.clock import rfc3339
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.messages import store_messages
from sigbridge.model.api_key import Right
from sigbridge.model.message import Network, ReceivedMessage, Variable
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import FAILURES, failing
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import Clock, PlayedDevice
from tests.functional.store_requests import store_requests

MS = 1763770827000
MINUTE, HOUR = 60_000, 3_600_000
DATA = "/v1/devices/153FA/data"
CSV = {"accept": "text/csv"}


@pytest.fixture
def device(management: Management) -> str:
    """Device 153FA, of which nothing is known yet."""
    assert management
    return register_device("demo", "153FA").id


def send(count: int, **names: Any) -> None:
    """Device 153FA sends messages, one each minute, with a temperature of 0, 1, 2, ... and what is named."""
    store_messages(
        "demo",
        [
            ReceivedMessage(
                *("153FA", "153FA", Network.SIGFOX),
                time=MS + n * MINUTE,
                seq_number=n,
                variables=(
                    Variable("temperature", Decimal(n), "°C"),
                    *(Variable(name, value) for name, value in names.items()),
                ),
            )
            for n in range(count)
        ],
    )


def values(answer: Answer) -> list[Any]:
    assert answer.status == 200, answer.text
    return [item["value"] for item in answer.json["data"]]


def faults(answer: Answer) -> list[str]:
    assert answer.status == 400, answer.text
    return [error["field"] for error in answer.json["errors"]]


def told(answer: Answer) -> list[tuple[str, Any]]:
    assert answer.status == 200, answer.text
    return [(item["variable"], item["value"]) for item in answer.json["data"]]


# Reading


def test_a_message_is_read_as_variables(management: Management, invoke: Invoke) -> None:
    invoke("uplink", event("uplink_tagoio_advanced.json"))
    body = {
        "device": "1A2B45",
        "time": MS // 1000,
        "data": "17",
        "seqNumber": 5,
        "rssi": -120,
        "humidity": "40",
    }
    invoke("uplink", event("uplink.json", body=body))

    answer = management.get("/v1/devices/1a2b45/data", order="asc")

    assert told(answer) == [
        ("humidity", "40"),
        ("location", "45.19, 5.71"),
        ("payload", "0109611395000df9011eb9"),
        ("radius", 2447),
        ("rssi", -120),
        ("seq_number", 5),
    ]
    location = answer.json["data"][1]
    assert len(location.pop("id")) == 24
    assert location == {
        "device": "1A2B45",
        "variable": "location",
        "value": "45.19, 5.71",
        "group": str(MS // 1000),
        "time": rfc3339(MS),
        "location": {"type": "Point", "coordinates": [5.71, 45.19]},
        "metadata": {"radius": 2447, "source": 2, "status": 1},
    }
    assert {item["group"] for item in answer.json["data"]} == {str(MS // 1000)}


def test_an_item_keeps_its_id(management: Management) -> None:
    send(2)

    first, again = (management.get(DATA, variables="temperature").json["data"] for _ in range(2))

    assert first == again
    assert first[0]["id"] != first[1]["id"]


def test_the_latest_15_come_first_unless_asked_otherwise(management: Management) -> None:
    send(30)

    assert values(management.get(DATA, variables="temperature")) == list(range(29, 14, -1))
    assert values(management.get(DATA, variables="temperature", qty=3, order="asc")) == [0, 1, 2]
    assert values(management.get(DATA, variable="temperature", qty=2, ordination="ascending")) == [0, 1]
    assert values(management.get(DATA, variables="temperature", qty=2, ordination="descending")) == [29, 28]


@pytest.mark.parametrize(
    "query",
    [
        {"variables": "temperature,station"},
        {"variables": ["temperature", "station"]},
        {"variables": ["Temperature, station"]},
        {"variable": "temperature", "variables": "station"},
        {"variable": ["temperature", "STATION", "none"]},
    ],
)
def test_variables_are_named_in_several_ways(management: Management, query: dict[str, Any]) -> None:
    send(1, station="1D44", other="x")

    assert told(management.get(DATA, order="asc", **query)) == [("station", "1D44"), ("temperature", 0)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"start_date": MS + 3 * MINUTE}, [3, 4, 5]),
        ({"end_date": "2025-11-22T01:22:27+01:00"}, [0, 1, 2]),
        ({"start_date": "2025-11-22 00:21:27", "end_date": "2025-11-22 00:22:27"}, [1, 2]),
        ({"start_date": "2025-11-22", "end_date": "2025-11-22"}, [0, 1, 2, 3, 4, 5]),
        ({"start_date": "2 weeks"}, []),
        ({"end_date": "3 months"}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_range_has_both_its_ends(
    management: Management, query: dict[str, object], expected: list[int]
) -> None:
    send(6)

    assert values(management.get(DATA, variables="temperature", order="asc", **query)) == expected


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("qty", [1, 2, 3, 7, 100])
def test_every_item_comes_once(management: Management, order: str, qty: int) -> None:
    send(5, a="x", b=True)
    by_hand = [{"variable": "c", "value": n, "time": MS + n * 30_000} for n in range(4)]
    assert management.post(DATA, by_hand).status == 201
    found: list[str] = []
    cursor: dict[str, str] = {}

    for _ in range(40):
        answer = management.get(DATA, order=order, qty=qty, **cursor)
        found += [item["id"] for item in answer.json["data"]]
        if "next_cursor" not in answer.json:
            break
        cursor = {"cursor": answer.json["next_cursor"]}

    everything = management.get(DATA, order=order, qty=1_000).json["data"]
    assert len(everything) == 5 * 4 + 4
    assert found == [item["id"] for item in everything]
    times = [item["time"] for item in everything]
    assert times == sorted(times, reverse=order == "desc")


def test_the_last_100_values_among_many_messages_are_one_query_of_each_kind(management: Management) -> None:
    send(600)
    management.get("/v1/application")

    with store_requests() as requests:
        answer = management.get(DATA, variables="temperature", qty=100)

    assert values(answer) == list(range(599, 499, -1))
    # The device, its messages, what was set by hand.
    assert requests == {"GetItem": 1, "Query": 2}


def test_many_large_items_make_short_pages(management: Management) -> None:
    send(14, **{f"v{n}": "\x01" * 5_000 for n in range(21)})
    found = 0
    cursor: dict[str, str] = {}

    for _ in range(10):
        answer = management.get(DATA, qty=10_000, **cursor)
        # As Lambda writes it, which answers with 6 MB at most.
        assert len(json.dumps(answer.text)) < 6_000_000
        found += len(answer.json["data"])
        if "next_cursor" not in answer.json:
            break
        cursor = {"cursor": answer.json["next_cursor"]}

    assert found == 14 * 23


@pytest.mark.usefixtures("device")
def test_data_come_as_csv(management: Management) -> None:
    sent = [
        {"variable": "note", "value": 'He said "hi",\r\nthen left', "unit": "°C"},
        {"variable": "on", "value": True},
        {"variable": "place", "location": {"lat": 45.5, "lng": -5}, "metadata": {"color": "röt"}},
        {"variable": "t", "value": 1e20},
    ]
    management.post(DATA, [item | {"time": MS, "group": "g"} for item in sent])

    answer = management.request("GET", DATA, {"order": "asc", "qty": 3}, headers=CSV)

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (answer.text or "").startswith("time,variable,value,unit,group,latitude,longitude,id,metadata\r\n")
    rows = list(csv.DictReader(io.StringIO(answer.text or "", newline="")))
    assert [row["value"] for row in rows] == [sent[0]["value"], "true", "45.5, -5"]
    assert [row["unit"] for row in rows] == ["°C", "", ""]
    assert (rows[2]["latitude"], rows[2]["longitude"]) == ("45.5", "-5")
    assert json.loads(rows[2]["metadata"]) == {"color": "röt"}
    assert {(row["time"], row["group"]) for row in rows} == {(rfc3339(MS), "g")}
    rest = {"order": "asc", "qty": 3, "cursor": answer.headers["X-Next-Cursor"]}
    last = management.request("GET", DATA, rest, headers=CSV)
    assert [row["value"] for row in csv.DictReader(io.StringIO(last.text or ""))] == ["100000000000000000000"]
    assert "X-Next-Cursor" not in last.headers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"qty": 0}, "qty"),
        ({"qty": 10_001}, "qty"),
        ({"order": "up"}, "order"),
        ({"ordination": "desc"}, "ordination"),
        ({"order": "asc", "ordination": "ascending"}, "ordination"),
        ({"variables": ""}, "variables"),
        ({"variables": "a,,b"}, "variables"),
        ({"start_date": "soon"}, "start_date"),
        ({"end_date": ""}, "end_date"),
        ({"start_date": "1 day", "end_date": "2 days"}, "start_date"),
        ({"cursor": "x"}, "cursor"),
        ({"interval": "1 hour"}, "interval"),
        ({"query": "median"}, "query"),
        ({"query": "sum"}, "start_date"),
        ({"query": "avg", "end_date": "1 day"}, "start_date"),
        ({"query": "count", "interval": "1 month"}, "interval"),
        ({"query": "count", "interval": "0 hours"}, "interval"),
        ({"query": "last_item", "interval": "1 hour"}, "interval"),
        ({"query": "last_item", "qty": 3}, "qty"),
        ({"query": "count", "cursor": "x"}, "cursor"),
        ({"limit": 5}, "limit"),
    ],
)
@pytest.mark.usefixtures("device")
def test_what_is_wrong_with_a_query_is_named(
    management: Management, query: dict[str, object], field: str
) -> None:
    assert faults(management.get(DATA, **query)) == [field]


@pytest.mark.parametrize(
    "position",
    [
        f'["{MS}#1"]',
        f'["{MS}#1", "PUSH#"]',
        f'["{MS}#1", "MSG#", "a", "fact"]',
        f'["{MS}#1", "MSG#", "a", "guess", 0]',
        f'["{MS}#1", "MSG#", "a", "fact", "0"]',
        f'["{MS + 1}#1", "MSG#"]',
        '["0#1", "MSG#"]',
        "[[[]]]",
    ],
)
def test_a_cursor_that_is_forged_is_refused(management: Management, position: str) -> None:
    send(3)
    text = f"[0, {MS}, {position[1:]}"
    cursor = write_cursor(text, ["data", "demo", "153FA", "desc", None, None])

    assert faults(management.get(DATA, cursor=cursor)) == ["cursor"]


def test_a_cursor_belongs_to_its_query(management: Management) -> None:
    send(3, a="x")
    cursor = management.get(DATA, qty=1, variables="a,temperature").json["next_cursor"]

    assert management.get(DATA, variables="temperature,a", cursor=cursor).status == 200
    for other in ({"variables": "a"}, {"variables": "a,temperature", "order": "asc"}, {}):
        assert faults(management.get(DATA, cursor=cursor, **other)) == ["cursor"]
    assert faults(management.delete(DATA, variables="a,temperature", cursor=cursor)) == ["cursor"]


# Numbers


def test_the_last_and_the_first_item_of_each_variable_are_found(management: Management) -> None:
    send(5, rare="no")
    management.post(DATA, {"variable": "rare", "value": "yes", "time": MS + 2 * MINUTE + 1})

    last = management.get(DATA, query="last_item", variables="temperature,rare,none")
    first = management.get(DATA, query="first_item", variables="temperature", start_date=MS + 1)
    everything = management.get(DATA, query="last_item", end_date=MS, order="asc")

    assert told(last) == [("temperature", 4), ("rare", "no")]
    assert last.json["data"][0]["unit"] == "°C"
    assert told(first) == [("temperature", 1)]
    assert told(everything) == [("rare", "no"), ("seq_number", 0), ("temperature", 0)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"query": "count"}, [("seq_number", 6, None), ("temperature", 6, None), ("text", 6, None)]),
        ({"query": "sum", "start_date": MS, "variables": "temperature"}, [("temperature", 15, MS)]),
        ({"query": "avg", "start_date": MS, "variables": "temperature,text"}, [("temperature", 2.5, MS)]),
        (
            {"query": "min", "start_date": MS + MINUTE, "variables": "temperature"},
            [("temperature", 1, MS + MINUTE)],
        ),
        ({"query": "max", "start_date": MS, "variables": "temperature"}, [("temperature", 5, MS)]),
        (
            {"query": "max", "start_date": MS, "variables": "temperature", "interval": "2 minutes"},
            [
                ("temperature", 5, 1763771040000),
                ("temperature", 3, 1763770920000),
                ("temperature", 1, 1763770800000),
            ],
        ),
        (
            {"query": "count", "variables": "text", "interval": "1 day", "order": "asc"},
            [("text", 6, 1763769600000)],
        ),
        ({"query": "sum", "start_date": "1 day"}, []),
    ],
)
def test_numbers_are_made_of_values(
    management: Management, query: dict[str, object], expected: list[tuple[str, float, int | None]]
) -> None:
    send(6, text="warm")

    answer = management.get(DATA, **query)

    assert [(each["variable"], each["value"], each.get("time")) for each in answer.json["data"]] == [
        (name, value, None if moment is None else rfc3339(moment)) for name, value, moment in expected
    ]
    assert "next_cursor" not in answer.json


@pytest.mark.usefixtures("device")
def test_a_text_that_is_a_number_counts_as_one(management: Management) -> None:
    sent = ["1.5", " 2 ", 3, True, "warm", "1e2"]
    management.post(DATA, [{"variable": "v", "value": value} for value in sent])

    assert values(management.get(DATA, query="sum", start_date="1 hour")) == [106.5]
    assert values(management.get(DATA, query="count")) == [6]


def test_numbers_come_as_csv(management: Management) -> None:
    send(2)

    query = {"query": "avg", "start_date": MS, "variables": "temperature"}
    answer = management.request("GET", DATA, query, headers=CSV)

    assert (answer.text or "").splitlines()[1] == f"{rfc3339(MS)},temperature,0.5,,,,,,"


def test_a_range_that_is_too_long_for_a_number_is_refused(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigbridge.data.aggregating._LARGEST_RANGE", 4)
    send(5)

    answer = management.get(DATA, query="count")

    assert answer.status == 400
    assert "ask for a shorter one" in answer.json["message"]
    assert management.get(DATA, query="count", start_date=MS + MINUTE).status == 200


# Setting


@pytest.mark.usefixtures("device")
def test_values_are_set_and_read_back(management: Management, clock: Clock) -> None:
    sent: list[dict[str, Any]] = [
        {"variable": "Temp", "value": 21.5, "unit": "°C", "time": "2025-11-22T00:20:27Z", "group": "a"},
        {"variable": "on", "value": False, "metadata": {"color": "red", "list": [1, None, {"x": 1.5}]}},
        {"variable": "note", "value": "", "time": MS},
        {"variable": "place", "value": "home", "location": {"type": "Point", "coordinates": [5.71, 45.19]}},
        {"variable": "n", "value": 12345678901234567890, "time": str(MS // 1000), "group": None},
    ]

    answer = management.post(DATA, sent)

    assert answer.status == 201
    group = answer.json["group"]
    assert answer.json == {"status": True, "accepted": 5, "duplicates": 0, "group": group}
    assert len(group) == 24
    told_items = management.get(DATA, order="asc").json["data"]
    assert {len(item.pop("id")) for item in told_items} == {24}
    common = {"device": "153FA", "group": group}
    now = common | {"time": rfc3339(clock.now_ms)}
    by_name = {item["variable"]: item for item in told_items}
    assert by_name == {
        "note": {**common, "variable": "note", "value": "", "time": rfc3339(MS)},
        "n": {**common, "variable": "n", "value": 12345678901234567890, "time": rfc3339(MS)},
        "temp": {
            **common,
            "variable": "temp",
            "value": 21.5,
            "unit": "°C",
            "time": rfc3339(MS),
            "group": "a",
        },
        "on": {**now, "variable": "on", "value": False, "metadata": sent[1]["metadata"]},
        "place": {**now, "variable": "place", "value": "home", "location": sent[3]["location"]},
    }


@pytest.mark.usefixtures("device")
def test_one_value_needs_no_array(management: Management) -> None:
    assert management.post(DATA, {"variable": "a", "value": 1}).json["accepted"] == 1
    assert told(management.get(DATA)) == [("a", 1)]


@pytest.mark.usefixtures("device")
def test_values_of_one_moment_and_group_are_one_stored_item(management: Management, stored: Stored) -> None:
    names = [{"variable": f"v{n}", "value": n, "time": MS + n % 2} for n in range(10)]

    management.post(DATA, names)

    entries = stored(sk="DATA#")
    assert [len(entry["variables"]) for entry in entries] == [5, 5]
    assert [entry["sk"][:19] for entry in entries] == [f"DATA#{MS}#", f"DATA#{MS + 1}#"]


@pytest.mark.usefixtures("device")
def test_what_is_sent_again_with_a_time_is_stored_once(management: Management) -> None:
    sent = [{"variable": "a", "value": 1.5, "time": MS}, {"variable": "b", "value": 2, "time": MS}]

    first, second = management.post(DATA, sent), management.post(DATA, sent)
    third = management.post(DATA, [*sent, {"variable": "c", "value": 1, "time": MS + 1}])

    assert (first.json["accepted"], first.json["duplicates"]) == (2, 0)
    assert (second.json["accepted"], second.json["duplicates"]) == (0, 2)
    assert first.json["group"] == second.json["group"]
    assert (third.json["accepted"], third.json["duplicates"]) == (1, 2)
    assert values(management.get(DATA, query="count", order="asc")) == [1, 1, 1]


@pytest.mark.usefixtures("device")
def test_what_is_sent_again_without_a_time_is_new(management: Management) -> None:
    for _ in range(3):
        assert management.post(DATA, {"variable": "a", "value": 1}).json["accepted"] == 1

    assert values(management.get(DATA, query="count")) == [3]


@pytest.mark.usefixtures("device")
def test_what_differs_is_not_the_same(management: Management) -> None:
    base = {"variable": "a", "value": 1.5, "time": MS, "group": "g"}
    others: list[dict[str, object]] = [
        *({"value": 1}, {"value": "1"}, {"value": "1.5"}, {"value": True}, {"variable": "b"}, {"group": "h"}),
        *({"unit": "m"}, {"time": MS + 1}, {"metadata": {"x": 1}}, {"location": {"lat": 1, "lng": 2}}),
    ]

    accepted = [management.post(DATA, base | other).json["accepted"] for other in ({}, *others)]

    assert accepted == [1] * 11
    assert len(management.get(DATA).json["data"]) == 11


@pytest.mark.usefixtures("device")
def test_values_are_kept_as_long_as_the_application_says(
    management: Management, stored: Stored, clock: Clock
) -> None:
    change_application("demo", SettingsChange(retention_days=30))
    forget_cached_devices()

    management.post(DATA, {"variable": "a", "value": 1, "time": MS})

    [entry] = stored(sk="DATA#")
    assert entry["expires_at"] == clock.seconds + 30 * 86_400


def test_a_device_is_not_heard_of_through_values(
    management: Management, played: PlayedDevice, stored: Stored
) -> None:
    before = management.get("/v1/devices/153FA").json
    items = stored("DEVICE#")

    assert management.post(DATA, {"variable": "battery", "value": 3}).status == 201
    played.happened()

    assert management.get("/v1/devices/153FA").json == before
    assert [item for item in stored("DEVICE#") if not item["sk"].startswith("DATA#")] == items


VALUE = {"variable": "a", "value": 1}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ([], ["body"]),
        ([VALUE] * 1_001, ["body"]),
        (None, ["body"]),
        ("[", None),
        ("7", ["body"]),
        ("null", ["body"]),
        ({}, ["[0].variable"]),
        ([VALUE, 7], ["[1]"]),
        ([VALUE, {"variable": "b"}], ["[1]"]),
        ([VALUE, {"variable": "b", "value": None}], ["[1]"]),
        ([VALUE, VALUE, VALUE, {"value": 1}], ["[3].variable"]),
        ([{"variable": 5, "value": 1}], ["[0].variable"]),
        ([{"variable": "", "value": 1}], ["[0].variable"]),
        ([{"variable": "x" * 101, "value": 1}], ["[0].variable"]),
        (
            [{"variable": "a b", "value": 1}, {"variable": "a.b", "value": 1}],
            ["[0].variable", "[1].variable"],
        ),
        ([VALUE | {"value": "é" * 3_001}], ["[0].value"]),
        ([VALUE | {"value": [1]}], ["[0].value"]),
        ([VALUE | {"value": {"a": 1}}], ["[0].value"]),
        ([VALUE | {"value": 10**39 - 1}], ["[0].value"]),
        ('[{"variable": "a", "value": 1e126}]', ["[0].value"]),
        ([VALUE | {"unit": "x" * 26}], ["[0].unit"]),
        ([VALUE | {"unit": 5}], ["[0].unit"]),
        ([VALUE | {"group": "x" * 101}], ["[0].group"]),
        ([VALUE | {"group": ""}], ["[0].group"]),
        ([VALUE | {"time": "yesterday"}], ["[0].time"]),
        ([VALUE | {"time": "1 day"}], ["[0].time"]),
        ([VALUE | {"time": 12}], ["[0].time"]),
        ([VALUE | {"time": True}], ["[0].time"]),
        ([VALUE | {"location": {"lat": 91, "lng": 0}}], ["[0].location"]),
        ([VALUE | {"location": "here"}], ["[0].location"]),
        ([VALUE | {"metadata": []}], ["[0].metadata"]),
        ([VALUE | {"metadata": {"x": "é" * 5_000}}], ["[0].metadata"]),
        ([VALUE | {"metadata": {f"n{n}": "x" * 1_000 for n in range(10)}}], ["[0].metadata"]),
        ([VALUE, VALUE | {"colour": "red"}], ["[1].colour"]),
    ],
)
@pytest.mark.usefixtures("device")
def test_what_is_wrong_with_a_value_is_named_and_nothing_is_stored(
    management: Management, stored: Stored, body: object, fields: list[str] | None
) -> None:
    answer = management.post(DATA, body)

    assert answer.status == 400
    assert [error["field"] for error in answer.json.get("errors", [])] == (fields or [])
    assert stored(sk="DATA#") == []


@pytest.mark.usefixtures("device")
def test_a_body_has_at_most_200_kb(management: Management, stored: Stored) -> None:
    value = json.dumps({"variable": "a", "value": "x" * 5_000})
    most = f"[{','.join([value] * 39)}{' ' * 200_000}"[:199_999] + "]"

    assert management.post(DATA, most + " ").status == 413
    assert stored(sk="DATA#") == []
    assert management.post(DATA, most).json["accepted"] == 39


@pytest.mark.usefixtures("device")
def test_a_thousand_values_are_set_at_once(management: Management) -> None:
    sent = [{"variable": "v", "value": n, "time": MS + n % 50} for n in range(1_000)]

    assert management.post(DATA, sent).json["accepted"] == 1_000
    assert values(management.get(DATA, query="count")) == [1_000]


def test_nothing_is_set_of_unknown_devices_and_those_of_others(
    management: Management, stored: Stored
) -> None:
    create_application("other")
    register_device("other", "153FA")

    for path in ("/v1/devices/99/data", DATA):
        assert management.post(path, VALUE).status == 404
        assert management.get(path).status == 404
        assert management.delete(path, start_date="1 day").status == 404
    assert stored(sk="DATA#") == []


def test_nothing_is_set_of_an_inactive_device_whose_data_can_be_read(management: Management) -> None:
    send(1)
    assert management.patch("/v1/devices/153FA", {"active": False}).status == 200

    answer = management.post(DATA, VALUE)

    assert (answer.status, answer.json["message"]) == (403, "Device 153FA is not active")
    assert told(management.get(DATA, variables="temperature")) == [("temperature", 0)]
    assert len(management.get("/v1/devices/153FA/messages").json["messages"]) == 1


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.usefixtures("device")
def test_a_store_that_fails_is_503(management: Management, failure: str) -> None:
    management.get(DATA)
    with failing(FAILURES[failure], lambda _request: True):
        assert management.post(DATA, VALUE).status == 503
        assert management.get(DATA).status == 503
        assert management.delete(DATA, variables="a").status == 503


# Removing


def test_a_range_is_removed_with_its_messages(management: Management, stored: Stored) -> None:
    send(6)
    management.post(DATA, [{"variable": "a", "value": n, "time": MS + n * MINUTE} for n in range(6)])

    answer = management.delete(DATA, start_date=MS + 2 * MINUTE, end_date=MS + 3 * MINUTE)

    # Of each message temperature and sequence number.
    assert answer.json == {"removed": 2 * 3, "complete": True}
    assert values(management.get(DATA, variables="a", order="asc")) == [0, 1, 4, 5]
    assert values(management.get(DATA, variables="temperature", order="asc")) == [0, 1, 4, 5]
    assert len(stored(sk="MSG#")) == 4


def test_variables_are_removed_from_everything(management: Management, stored: Stored) -> None:
    send(3, a="x")
    management.post(DATA, [{"variable": name, "value": 1, "time": MS} for name in "ab"])
    management.post(DATA, {"variable": "a", "value": 1, "time": MS + 1})

    answer = management.delete(DATA, variables="A,seq_number")

    assert answer.json == {"removed": 5, "complete": True}
    assert {name for name, _ in told(management.get(DATA))} == {"b", "seq_number", "temperature"}
    assert len(stored(sk="MSG#")) == 3
    assert len(stored(sk="DATA#")) == 1


def test_a_variable_of_messages_alone_leaves_them(management: Management, stored: Stored) -> None:
    send(1)

    assert management.delete(DATA, variable="temperature").json["removed"] == 1

    [message] = stored(sk="MSG#")
    assert "variables" not in message
    assert management.delete(DATA, variable="temperature").json == {"removed": 0, "complete": True}


def test_much_is_removed_in_several_requests(management: Management, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sigbridge.data.delete._LARGEST_COST", 4)
    send(10)

    answers = [management.delete(DATA, end_date="2025-12-31") for _ in range(3)]

    assert [answer.json["removed"] for answer in answers] == [8, 8, 4]
    assert [answer.json["complete"] for answer in answers] == [False, False, True]


def test_variables_are_removed_in_several_requests(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigbridge.data.delete._LARGEST_COST", 4)
    send(10)
    removed = []
    cursor: dict[str, str] = {}

    for _ in range(5):
        answer = management.delete(DATA, variables="temperature", **cursor)
        removed.append(answer.json["removed"])
        if answer.json["complete"]:
            break
        cursor = {"cursor": answer.json["next_cursor"]}

    assert removed == [4, 4, 2]
    assert told(management.get(DATA, variables="temperature")) == []


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, []),
        ({"variables": ""}, ["variables"]),
        ({"start_date": "1 day", "variables": " "}, ["variables"]),
        ({"start_date": "soon"}, ["start_date"]),
        ({"start_date": "2025-01-02", "end_date": "2025-01-01"}, ["start_date"]),
        ({"end_date": "1 day", "cursor": "x"}, ["cursor"]),
        ({"qty": 5}, ["qty"]),
    ],
)
def test_nobody_removes_everything_by_accident(
    management: Management, stored: Stored, query: dict[str, object], fields: list[str]
) -> None:
    send(2)

    answer = management.delete(DATA, **query)

    assert answer.status == 400
    assert [error["field"] for error in answer.json.get("errors", [])] == fields
    assert len(stored(sk="MSG#")) == 2


# Rights


@pytest.mark.parametrize(
    ("method", "right"),
    [("GET", Right.TRAFFIC_READ), ("POST", Right.TRAFFIC_UP_WRITE), ("DELETE", Right.DEVICES_WRITE)],
)
@pytest.mark.usefixtures("device")
def test_a_right_is_needed(management: Management, method: str, right: Right) -> None:
    assert management
    query = {"variables": "a"} if method == "DELETE" else {}
    body = VALUE if method == "POST" else None

    def status(rights: list[Right]) -> int:
        user = Management(str(issue_key("demo", "some rights", rights).token))
        return user.request(method, DATA, query, body).status

    assert status([right]) in {200, 201}
    assert status([other for other in Right if other is not right]) == 403


# Anything


queries = st.dictionaries(
    st.sampled_from(
        ["variables", "variable", "start_date", "end_date", "qty", "order", "query", "interval", "cursor"]
    ),
    st.text(max_size=12)
    | st.sampled_from(
        ["1 day", "asc", "5", "2025-11-22", "count", "avg", "last_item", "1 hour", "a,b", "\ud800"]
    ),
    max_size=4,
)


@given(queries, st.sampled_from(["GET", "DELETE"]), st.sampled_from(["data", "messages"]))
def test_whatever_is_asked_is_answered(
    management: Management, query: dict[str, str], method: str, resource: str
) -> None:
    register_device("demo", "153FA")
    sent = {name: value.encode(errors="surrogatepass") for name, value in query.items()}

    answer = management.request(method, f"/v1/devices/153FA/{resource}", sent)

    assert answer.status in {200, 400, 404}
