"""`/v1/devices/{id}/messages`: what a device sent is read back, page by page."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from sigbridge.api.management.cursors import write_cursor
from sigbridge.applications import create_application
from sigbridge.clock import rfc3339
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.messages import store_messages
from sigbridge.model.api_key import Right
from sigbridge.model.message import MessagePart, Network, ReceivedMessage, Variable
from tests.functional.conftest import Invoke
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.store_requests import store_requests

MS = 1763770827000
MINUTE = 60_000
MESSAGES = "/v1/devices/153FA/messages"


def send(count: int, **content: Any) -> None:
    """Device 153FA sends messages, one each minute; the number of each is its sequence number."""
    received = [
        ReceivedMessage("153FA", "153fa", Network.SIGFOX, time=MS + n * MINUTE, seq_number=n, **content)
        for n in range(count)
    ]
    store_messages("demo", received)


def numbers(answer: Answer) -> list[int]:
    """The sequence numbers of the messages that an answer tells of."""
    assert answer.status == 200, answer.text
    return [message["seq_number"] for message in answer.json["messages"]]


def test_a_message_is_told_as_it_was_received(management: Management, invoke: Invoke, clock: Clock) -> None:
    body = {
        "device": "00153fa",
        "time": MS // 1000,
        "data": "01AB",
        "seqNumber": 241,
        "ack": True,
        "rssi": "-123.50",
        "station": "1D44",
        "temperature": 21.5,
        "on": "true",
    }
    invoke("uplink", event("uplink.json", body=body))
    received_at = rfc3339(clock.now_ms)
    clock.wait(25)
    computed = {"lat": 45.19, "lng": 5.71, "radius": 2447, "source": 2, "status": 1}
    duplicates = [{"bsId": "1D44", "rssi": -123.5, "nbRep": 3}]
    advanced = {
        **{name: body[name] for name in ("device", "time", "seqNumber")},
        "lqi": "Good",
        "duplicates": duplicates,
        "computedLocation": computed,
        "zone": "north",
    }
    assert invoke("sigfox_service", event("sigfox_data_advanced.json", body=advanced)).status == 200

    [message] = management.get("/v1/devices/00-15-3f-a/messages").json["messages"]

    assert isinstance(message.pop("group"), str)
    assert message == {
        "id": f"{MS}#241",
        "time": "2025-11-22T00:20:27.000Z",
        "seq_number": 241,
        "payload": "01ab",
        "ack": True,
        "network": "sigfox",
        "device": "00153fa",
        "received_at": received_at,
        "advanced_at": rfc3339(clock.now_ms),
        "radio": {"rssi": -123.5, "station": "1D44"},
        "advanced": {"lqi": "GOOD", "duplicates": [{"bs_id": "1D44", "rssi": -123.5, "nb_rep": 3}]},
        "location": {"latitude": 45.19, "longitude": 5.71, "radius": 2447, "source": 2, "status": 1},
        "variables": [
            {"variable": "temperature", "value": 21.5},
            {"variable": "on", "value": "true"},
            {"variable": "zone", "value": "north"},
        ],
    }


def test_a_value_has_the_location_that_its_item_had(management: Management, invoke: Invoke) -> None:
    items = [
        {"variable": "door", "value": "open", "location": {"lat": 45.19, "lng": 5.71}},
        {"variable": "gate", "value": "shut", "location": {"type": "Point", "coordinates": [4.84, 45.76]}},
    ]
    assert invoke("uplink", event("uplink.json", body=items, headers={"device": "153FA"})).status == 200

    [message] = management.get(MESSAGES).json["messages"]
    door, gate = message["variables"]
    sheet = management.request("GET", MESSAGES, headers={"accept": "text/csv"})
    [row] = csv.DictReader(io.StringIO(sheet.text or "", newline=""))

    assert message["location"] == {"latitude": 45.19, "longitude": 5.71}
    assert door == {"variable": "door", "value": "open", "location": message["location"]}
    assert gate == {"variable": "gate", "value": "shut", "location": {"latitude": 45.76, "longitude": 4.84}}
    assert json.loads(row["variables"]) == [door, gate]


def test_what_only_the_network_added_is_told_too(management: Management) -> None:
    received = ReceivedMessage(
        *("153FA", "153FA", Network.SIGFOX, MessagePart.ADVANCED),
        time=MS,
        seq_number=1,
        radio={"lqi": "GOOD"},
        variables=(Variable("n", Decimal("1.50"), "V", {"x": Decimal(1)}), Variable("flag", value=True)),
    )
    store_messages("demo", [received])

    [message] = management.get(MESSAGES).json["messages"]

    assert "received_at" not in message
    assert "radio" not in message
    assert message["advanced"] == {"lqi": "GOOD"}
    assert message["variables"] == [
        {"variable": "n", "value": 1.5, "unit": "V", "metadata": {"x": 1}},
        {"variable": "flag", "value": True},
    ]


def test_the_newest_message_comes_first_unless_asked_otherwise(management: Management) -> None:
    send(60)

    assert numbers(management.get(MESSAGES)) == list(range(59, 9, -1))
    assert numbers(management.get(MESSAGES, order="asc", limit=1000)) == list(range(60))


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 3, 4, 12])
def test_every_message_comes_once(management: Management, order: str, limit: int) -> None:
    send(12)
    found: list[int] = []
    cursor: dict[str, str] = {}

    for _ in range(20):
        answer = management.get(MESSAGES, order=order, limit=limit, **cursor)
        page = numbers(answer)
        assert len(page) == min(limit, 12 - len(found))
        found += page
        if "next_cursor" not in answer.json:
            break
        cursor = {"cursor": answer.json["next_cursor"]}

    assert found == (list(range(12)) if order == "asc" else list(range(11, -1, -1)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"start_date": MS + 3 * MINUTE}, [3, 4, 5]),
        ({"start_date": rfc3339(MS + 3 * MINUTE + 1)}, [4, 5]),
        ({"end_date": (MS + 2 * MINUTE) // 1000}, [0, 1, 2]),
        ({"end_date": rfc3339(MS + 2 * MINUTE - 1)}, [0, 1]),
        ({"start_date": "2025-11-22 00:21:27", "end_date": "2025-11-22 00:22:27"}, [1, 2]),
        ({"start_date": "2025-11-22", "end_date": "2025-11-22"}, [0, 1, 2, 3, 4, 5]),
        ({"start_date": "2025-11-23"}, []),
        ({"end_date": "2025-11-21"}, []),
        ({"start_date": "1 day"}, []),
        ({"end_date": "1 month"}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_range_has_both_its_ends(
    management: Management, query: dict[str, object], expected: list[int]
) -> None:
    send(6)

    assert numbers(management.get(MESSAGES, order="asc", **query)) == expected


def test_a_range_before_now_stays_while_it_is_paged(management: Management, clock: Clock) -> None:
    store_messages(
        "demo",
        [
            ReceivedMessage("153FA", "153FA", Network.SIGFOX, time=clock.now_ms - n * MINUTE, seq_number=n)
            for n in range(10)
        ],
    )
    query = {"start_date": "9 minutes", "order": "desc", "limit": 5}

    first = management.get(MESSAGES, **query)
    clock.wait(300)
    second = management.get(MESSAGES, **query, cursor=first.json["next_cursor"])

    assert numbers(first) + numbers(second) == list(range(10))


def test_a_page_costs_by_its_size_alone(management: Management) -> None:
    send(200)
    management.get("/v1/application")

    with store_requests() as requests:
        first = management.get(MESSAGES, limit=20)
    with store_requests() as more:
        management.get(MESSAGES, limit=20, cursor=first.json["next_cursor"])

    assert requests == more == {"GetItem": 1, "Query": 1}


def test_large_messages_make_short_pages(management: Management) -> None:
    variables = tuple(Variable(f"v{n}", "\x01" * 5_000) for n in range(40))
    send(9, variables=variables)
    found: list[int] = []
    cursor: dict[str, str] = {}

    while len(found) < 9:
        answer = management.get(MESSAGES, **cursor)
        # As Lambda writes it, which answers with 6 MB at most.
        assert len(json.dumps(answer.text)) < 6_000_000
        found += numbers(answer)
        cursor = {"cursor": answer.json.get("next_cursor", "")}

    assert found == list(range(8, -1, -1))


def test_messages_come_as_csv(management: Management, invoke: Invoke) -> None:
    invoke("uplink", event("uplink_generic.json"))
    path = "/v1/devices/AA-BB-01-CC-02/messages"
    [told] = management.get(path).json["messages"]

    answer = management.request("GET", path, headers={"accept": "text/csv"})

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.text or "", newline=""))
    assert row["payload"] == "0011aa"
    assert row["device"] == "AA-BB-01-CC-02"
    assert row["seq_number"] == ""
    assert json.loads(row["location"]) == told["location"]
    assert json.loads(row["variables"]) == told["variables"]


def test_the_cursor_of_csv_is_in_a_header(management: Management) -> None:
    send(3)
    csv_wanted = {"accept": "text/csv"}

    first = management.request("GET", MESSAGES, {"limit": 2}, headers=csv_wanted)
    rest = {"limit": 2, "cursor": first.headers["X-Next-Cursor"]}
    second = management.request("GET", MESSAGES, rest, headers=csv_wanted)

    assert (first.text or "").count("\r\n") == 3
    assert (second.text or "").splitlines()[1].startswith(f"{MS}#0,")
    assert "X-Next-Cursor" not in second.headers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"order": "random"}, "order"),
        ({"start_date": "soon"}, "start_date"),
        ({"end_date": "2025-02-30"}, "end_date"),
        ({"start_date": "2025-11-23", "end_date": "2025-11-22"}, "start_date"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"qty": 5}, "qty"),
    ],
)
def test_what_is_wrong_with_a_query_is_named(
    management: Management, query: dict[str, object], field: str
) -> None:
    register_device("demo", "153FA")

    answer = management.get(MESSAGES, **query)

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_cursor_belongs_to_its_query(management: Management) -> None:
    send(3)
    register_device("demo", "2B")
    cursor = management.get(MESSAGES, limit=1).json["next_cursor"]

    assert management.get(MESSAGES, limit=2, cursor=cursor).status == 200
    assert management.get(MESSAGES, order="asc", cursor=cursor).status == 400
    assert management.get(MESSAGES, start_date="1 day", cursor=cursor).status == 400
    assert management.get("/v1/devices/2B/messages", cursor=cursor).status == 400
    assert management.get("/v1/devices/153FA/data", cursor=cursor).status == 400
    assert management.get(MESSAGES, cursor=cursor[:-1]).status == 400


@pytest.mark.parametrize(
    "position",
    [
        "",
        "null",
        "[]",
        "[0, 1]",
        "[5, 1, 2]",
        '[0, 9, "x"]',
        f'[0, 9, "{MS}#1"]',
        f'[0, {MS}, "{MS}#\\u0000"]',
        f'[0, {MS}, "{MS}#1", 1]',
        f"[0, {MS}, 7]",
    ],
)
def test_a_cursor_that_is_forged_is_refused(management: Management, position: str) -> None:
    send(3)
    cursor = write_cursor(position, ["messages", "demo", "153FA", "desc", None, None])

    answer = management.get(MESSAGES, cursor=cursor)

    assert answer.status in {200, 400}
    if answer.status == 200:
        assert numbers(answer) == []


def test_unknown_devices_and_those_of_others_are_404(management: Management) -> None:
    create_application("other")
    register_device("other", "153FA")

    unknown, others = management.get("/v1/devices/99/messages"), management.get(MESSAGES)

    assert unknown.status == others.status == 404
    assert others.json == {"status": False, "message": "Device 153FA is not known"}


def test_a_right_is_needed(management: Management) -> None:
    assert management
    register_device("demo", "153FA")
    reader = Management(str(issue_key("demo", "reader", [Right.TRAFFIC_READ]).token))
    other = Management(
        str(issue_key("demo", "other", [right for right in Right if right != "traffic:read"]).token)
    )

    assert reader.get(MESSAGES).json == {"messages": []}
    assert other.get(MESSAGES).status == 403
