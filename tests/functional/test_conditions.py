"""How a device is doing: what is noted of reports and messages, and what `.../state` tells of it."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from random import Random
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.credentials import issue_key
from sigbridge.devices import UnknownDevice, register_device
from sigbridge.errors import StoreUnavailable
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.status import (
    DeviceStatus,
    ObservationKind,
    Status,
    devices_in_state,
    record_message,
    record_report,
    status_of,
    statuses_of,
)
from sigbridge.status.observation import observations_of_report
from sigbridge.store import table
from sigbridge.store.message_codec import read_message
from sigbridge.store.observations import rank
from sigbridge.store.report_codec import read_stored_report
from sigbridge.store.rows import Key
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import FAILURES, Failure, failing
from tests.functional.lambdas import Answer, call, event

SECONDS = 1763770827
MS = SECONDS * 1000
DAY_MS = 86_400_000
DEVICE = ("demo", "153FA")
SILENT = {"severity": "ERROR", "info": "No message received since 2025-11-20 15:36:21"}
SILENT_SINCE = 1763652981000
WARNING = {"severity": "WARN", "info": "Sigfox network experiencing issues"}

type Note = Callable[..., None]


def report(service: Service, at: int = MS, **facts: object) -> StoredReport:
    """A kept report of that moment."""
    return StoredReport(service, f"{at}#0", "153FA", "153FA", at, True, at, facts)


def happened(event_type: str, at: int = MS, **facts: object) -> StoredReport:
    """A kept EVENT."""
    return report(Service.EVENT, at, event_type=event_type, **facts)


@pytest.fixture
def device(application: Application) -> tuple[str, str]:
    """A registered device without messages."""
    register_device(application.id, "153FA")
    return DEVICE


@pytest.fixture
def note(device: tuple[str, str]) -> Note:
    """Notes reports of the device."""

    def note(*reports: StoredReport) -> None:
        for each in reports:
            record_report(*device, each)

    return note


@pytest.fixture
def noted(stored: Stored) -> Callable[[], dict[str, Any]]:
    """Reads what is noted, without the keys and what decides between two of one moment."""

    def noted() -> dict[str, Any]:
        [record] = stored("DEVICE#demo#153FA", "CONDITION") or [{}]
        groups = {name: value for name, value in record.items() if name not in {"pk", "sk"}}
        return {
            name: {key: value for key, value in group.items() if key != "rank"}
            for name, group in groups.items()
        }

    return noted


type Noted = Callable[[], dict[str, Any]]

# Reports and what is noted of each, beside its moment.
NOTED: dict[str, tuple[StoredReport, dict[str, Any]]] = {
    "status": (
        report(Service.STATUS, batt=Decimal("3.05"), temp=-20, seq_number=5),
        {"battery": {"volts": Decimal("3.05")}, "temperature": {"celsius": -20}},
    ),
    "status without temperature": (report(Service.STATUS, batt=3), {"battery": {"volts": 3}}),
    "repeater": (report(Service.REPEATER, batt=3, repeated_msg=5), {"battery": {"volts": 3}}),
    "silence": (
        report(Service.ERROR, **SILENT),
        {"silence": {"info": SILENT["info"], "since": SILENT_SINCE}},
    ),
    "silence since a date that can't be read": (
        report(Service.ERROR, severity="error", info="No message received since yesterday."),
        {"silence": {"info": "No message received since yesterday."}},
    ),
    "silence without severity": (
        report(Service.ERROR, info="no message received since 2013-10-08 15:36:21."),
        {"silence": {"info": "no message received since 2013-10-08 15:36:21.", "since": 1381246581000}},
    ),
    "trouble of the network": (report(Service.ERROR, **WARNING), {"network": {"info": WARNING["info"]}}),
    "error of another kind": (report(Service.ERROR, severity="INFO", info="hello"), {}),
    "break in sequence": (
        happened("INVALID_SEQ_NUMBER", device_expected_seqnumber=18, device_message_seqnumber=25),
        {"sequence": {"event_type": "INVALID_SEQ_NUMBER", "expected": 18, "received": 25}},
    ),
    "out of sequence": (
        happened("out_of_sequence", device_last_seqnumber=25, device_message_seqnumber=18),
        {"sequence": {"event_type": "OUT_OF_SEQUENCE", "last": 25, "received": 18}},
    ),
    "off contract": (
        happened(
            "OFF_CONTRACT",
            device_cause="No token is left",
            device_short_cause="TOKEN",
            contract_id="5e74c318",
            subscription_state="SUSPENDED",
        ),
        {
            "contract": {
                "event_type": "OFF_CONTRACT",
                "cause": "No token is left",
                "short_cause": "TOKEN",
                "contract_id": "5e74c318",
                "subscription_state": "SUSPENDED",
            }
        },
    ),
    "renewal": (happened("TOKEN_RENEWAL"), {"contract": {"event_type": "TOKEN_RENEWAL"}}),
    "another event": (happened("FIRST_MESSAGE", severity="INFO"), {}),
    "overrun": (report(Service.ACKNOWLEDGE, info_code=3), {"quota": {}}),
    "over quota": (report(Service.ACKNOWLEDGE, info_code=0, downlink_overusage=True), {"quota": {}}),
    "acknowledged": (report(Service.ACKNOWLEDGE, info_code=0, downlink_overusage=False), {}),
}


@pytest.mark.parametrize("case", NOTED)
def test_what_a_report_says_is_noted_with_its_moment(case: str, note: Note, noted: Noted) -> None:
    told, expected = NOTED[case]

    note(told)

    assert noted() == {name: {**facts, "at": MS} for name, facts in expected.items()}


def test_a_position_is_noted(invoke: Invoke, stored: Stored, noted: Noted) -> None:
    # Without a sequence number it belongs to no message.
    body = {"device": "153FA", "time": MS, "lat": "45.19", "lng": "5.71", "radius": "2447"}
    invoke("sigfox_service", event("sigfox_geoloc.json", body=body))
    [record] = stored(sk="EVENT#")

    record_report(*DEVICE, read_stored_report(record))

    place = {"latitude": Decimal("45.19"), "longitude": Decimal("5.71"), "radius": 2447}
    assert noted() == {"location": place | {"at": MS}}


def test_link_and_location_of_a_message_are_noted(invoke: Invoke, stored: Stored) -> None:
    invoke("sigfox_service", event("sigfox_data_advanced.json"))
    [message] = stored(sk="MSG#")

    record_message("demo", "1A2B45", read_message(message))

    [record] = stored("DEVICE#demo#1A2B45", "CONDITION")
    link, location = record["link"], record["location"]
    assert {name: link[name] for name in link if name != "rank"} == {
        "lqi": "GOOD",
        "link_quality": 2,
        "operator_name": "SIGFOX_France",
        "country_code": 250,
        "at": MS,
    }
    assert {name: location[name] for name in location if name != "rank"} == message["location"] | {"at": MS}


@pytest.mark.parametrize("name", ["uplink.json", "uplink_form.json"])
def test_a_message_that_says_neither_is_not_noted(name: str, invoke: Invoke, stored: Stored) -> None:
    invoke("uplink", event(name))
    [message] = stored(sk="MSG#")
    requests: list[str] = []

    with failing(counting(requests), lambda _request: True):
        record_message("demo", "1A2B45", read_message(message))

    assert requests == []


def counting(requests: list[str]) -> Failure:
    """Lets requests pass and counts them."""

    def count(request: AWSPreparedRequest) -> None:
        requests.append(request.headers["X-Amz-Target"].decode())  # type: ignore[union-attr]

    return count  # type: ignore[return-value]


def test_a_report_of_two_kinds_is_noted_in_one_request(note: Note) -> None:
    requests: list[str] = []

    with failing(counting(requests), lambda _request: True):
        note(report(Service.STATUS, batt=3, temp=20))

    assert requests == ["DynamoDB_20120810.UpdateItem"]


def test_where_one_kind_is_known_better_only_the_other_is_noted(note: Note, noted: Noted) -> None:
    note(report(Service.STATUS, MS + 1, batt=3))
    requests: list[str] = []

    with failing(counting(requests), lambda _request: True):
        note(report(Service.STATUS, MS, batt=2, temp=20))

    assert requests == ["DynamoDB_20120810.UpdateItem"] * 2
    assert noted() == {
        "battery": {"volts": 3, "at": MS + 1},
        "temperature": {"celsius": 20, "at": MS},
    }


def test_noting_again_changes_nothing(note: Note, stored: Stored) -> None:
    reports = [told for told, _ in NOTED.values()]
    note(*reports)
    before = stored()
    requests: list[str] = []

    with failing(counting(requests), lambda _request: True):
        note(*reports)

    assert stored() == before
    noted = sum(1 for _, facts in NOTED.values() if facts)
    entered = sum(len(statuses_of(observations_of_report(told), None, None, MS)) for told in reports)
    assert len(requests) == noted + entered


STORY: Sequence[StoredReport] = (
    report(Service.STATUS, MS, batt=3, temp=20),
    report(Service.STATUS, MS + 1, batt=2),
    report(Service.STATUS, MS + 1, batt=4, temp=21),
    happened("OFF_CONTRACT", MS, device_cause="TOKEN"),
    happened("TOKEN_RENEWAL", MS + 1),
)


@pytest.mark.parametrize("order", list(permutations(range(len(STORY))))[::7], ids=str)
def test_the_order_of_reports_does_not_matter(order: tuple[int, ...], note: Note, noted: Noted) -> None:
    note(*(STORY[position] for position in order))

    condition = noted()
    battery = condition.pop("battery")
    assert battery in ({"volts": 2, "at": MS + 1}, {"volts": 4, "at": MS + 1})
    assert battery == battery_in_order(STORY)
    assert condition == {
        "temperature": {"celsius": 21, "at": MS + 1},
        "contract": {"event_type": "TOKEN_RENEWAL", "at": MS + 1},
    }


def battery_in_order(reports: Sequence[StoredReport]) -> dict[str, Any]:
    """What is known of the battery after these reports, whatever their order: the newest, of highest rank."""
    known = [
        found[ObservationKind.BATTERY]
        for found in map(observations_of_report, reports)
        if ObservationKind.BATTERY in found
    ]
    newest = max(known, key=lambda knowledge: (knowledge.at, rank(knowledge)))
    return {**newest.facts, "at": newest.at}


# Moments that often coincide.
moments = st.integers(MS, MS + 2)
few = st.none() | st.integers(0, 3)
event_types = st.sampled_from(["OFF_CONTRACT", "TOKEN_RENEWAL", "OUT_OF_SEQUENCE", "INVALID_SEQ_NUMBER"])
arbitrary_reports = st.one_of(
    st.builds(report, st.just(Service.STATUS), moments, batt=few, temp=few),
    st.builds(report, st.just(Service.ERROR), moments, info=st.sampled_from([SILENT["info"], "?"])),
    st.builds(report, st.just(Service.ERROR), moments, severity=st.just("WARN"), info=st.text(max_size=1)),
    st.builds(report, st.just(Service.EVENT), moments, event_type=event_types, device_cause=few),
    st.builds(report, st.just(Service.ACKNOWLEDGE), moments, info_code=few),
)


@given(
    reports=st.lists(arbitrary_reports, max_size=8),
    repeats=st.lists(st.integers(0, 7), max_size=4),
    random=st.randoms(use_true_random=False),
)
def test_any_reports_in_any_order_and_repeated_leave_the_same(
    reports: list[StoredReport], repeats: list[int], random: Random, stored: Stored, table: str
) -> None:
    assert table
    reordered = [*reports, *(reports[position] for position in repeats if position < len(reports))]
    random.shuffle(reordered)
    devices = [secrets.token_hex(4).upper() for _ in range(2)]

    for device_id, told in zip(devices, (reports, reordered), strict=True):
        for each in told:
            record_report("demo", device_id, each)

    one, other = (
        [{**record, "pk": ""} for record in stored(f"DEVICE#demo#{device_id}")] for device_id in devices
    )
    assert one == other


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_what_can_not_be_noted_is_told(failure: Failure, note: Note, noted: Noted) -> None:
    with failing(failure, lambda _request: True), pytest.raises(StoreUnavailable):
        note(report(Service.STATUS, batt=3))

    note(report(Service.STATUS, batt=3))
    assert noted() == {"battery": {"volts": 3, "at": MS}}


# The state: reports, the time of the newest message or None, and the states with the moments they hold since.
STATES: dict[str, tuple[list[StoredReport], int | None, dict[Status, int]]] = {
    "heard of": ([], MS, {}),
    "silent": ([report(Service.ERROR, **SILENT)], None, {Status.SILENT: SILENT_SINCE}),
    "silent after a message": ([report(Service.ERROR, **SILENT)], MS - 1, {Status.SILENT: SILENT_SINCE}),
    "silent since it was said so": (
        [report(Service.ERROR, severity="ERROR", info="?")],
        None,
        {Status.SILENT: MS},
    ),
    "silent no more": ([report(Service.ERROR, **SILENT)], MS, {}),
    "trouble of the network": ([report(Service.ERROR, **WARNING)], None, {}),
    "out of sequence": ([happened("OUT_OF_SEQUENCE")], MS - 1, {Status.OUT_OF_SEQUENCE: MS}),
    "in sequence again": ([happened("OUT_OF_SEQUENCE")], MS + 1, {}),
    "a break in sequence": ([happened("INVALID_SEQ_NUMBER")], MS - 1, {}),
    "a break after being out of sequence": (
        [happened("OUT_OF_SEQUENCE"), happened("INVALID_SEQ_NUMBER", MS + 1)],
        None,
        {},
    ),
    "off contract": ([happened("OFF_CONTRACT")], MS - 1, {Status.OFF_CONTRACT: MS}),
    "off contract, then a message": ([happened("OFF_CONTRACT")], MS + 1, {}),
    "off contract, then renewed": ([happened("OFF_CONTRACT"), happened("TOKEN_RENEWAL", MS + 1)], None, {}),
    "renewed, then off contract": (
        [happened("TOKEN_RENEWAL", MS - 1), happened("OFF_CONTRACT")],
        None,
        {Status.OFF_CONTRACT: MS},
    ),
    "over quota": ([report(Service.ACKNOWLEDGE, info_code=3)], MS + 1, {Status.OVER_QUOTA: MS}),
    "over quota yesterday": ([report(Service.ACKNOWLEDGE, MS - DAY_MS, info_code=3)], None, {}),
    "all at once": (
        [
            report(Service.ACKNOWLEDGE, info_code=3),
            report(Service.ERROR, **SILENT),
            happened("OUT_OF_SEQUENCE"),
            happened("OFF_CONTRACT"),
        ],
        None,
        {
            Status.OFF_CONTRACT: MS,
            Status.OUT_OF_SEQUENCE: MS,
            Status.SILENT: SILENT_SINCE,
            Status.OVER_QUOTA: MS,
        },
    ),
}


def say(invoke: Invoke, at: int, seq_number: int = 7) -> None:
    """Lets the device send a message."""
    body = {"device": "153FA", "time": at, "data": "17", "seqNumber": seq_number}
    assert invoke("uplink", event("uplink.json", body=body)).status == 200


@pytest.mark.parametrize("case", STATES)
def test_a_state_follows_from_what_is_known_and_the_newest_message(
    case: str, invoke: Invoke, note: Note
) -> None:
    reports, message_at, expected = STATES[case]
    if message_at is not None:
        say(invoke, message_at - 60_000, 6)
        say(invoke, message_at)
    note(*reports)

    condition = status_of(*DEVICE, now_ms=MS + 2)

    assert dict(condition.states) == expected
    assert list(condition.states) == sorted(expected, key=list(Status).index)
    assert condition.state == next(iter(condition.states), Status.OK)
    assert condition.since == next(iter(condition.states.values()), None)
    assert (None if condition.last_message is None else condition.last_message.time) == message_at


def test_a_quota_begins_anew_with_the_utc_day(note: Note) -> None:
    midnight = MS // DAY_MS * DAY_MS + DAY_MS
    note(report(Service.ACKNOWLEDGE, info_code=3))

    def state(now_ms: int) -> DeviceStatus:
        return status_of(*DEVICE, now_ms=now_ms)

    assert state(midnight - 1).state is Status.OVER_QUOTA
    assert state(midnight).state is Status.OK


def test_only_a_listed_device_has_a_condition(application: Application) -> None:
    with pytest.raises(UnknownDevice):
        status_of(application.id, "153FA", MS)


def ask(invoke: Invoke, device_id: str = "153fa") -> Answer:
    """Asks for the state of a device."""
    return invoke("device_state", event("device_state.json", path={"device_id": device_id}))


def test_the_state_of_a_device_is_told(invoke: Invoke, note: Note, stored: Stored) -> None:
    say(invoke, MS - 1)
    body = {
        "device": "153FA",
        "time": MS - 1,
        "seqNumber": 7,
        "lqi": "Average",
        "computedLocation": {"lat": 45.19, "lng": 5.71, "radius": 2447, "source": 2, "status": 1},
    }
    invoke("sigfox_service", event("sigfox_data_advanced.json", body=body))
    [message] = stored(sk="MSG#")
    record_message(*DEVICE, read_message(message))
    note(
        report(Service.STATUS, batt=Decimal("3.05"), temp=Decimal("21.5")),
        report(Service.ERROR, **SILENT),
        report(Service.ERROR, **WARNING),
        happened("INVALID_SEQ_NUMBER", device_expected_seqnumber=8),
        happened("TOKEN_RENEWAL"),
        report(Service.ACKNOWLEDGE, info_code=3),
    )
    moment, earlier = "2025-11-22T00:20:27.000Z", "2025-11-22T00:20:26.999Z"

    answer = ask(invoke)

    assert answer.status == 200
    assert answer.json == {
        "device_id": "153FA",
        "state": "silent",
        "since": "2025-11-20T15:36:21.000Z",
        "conditions": ["silent"],
        "over_quota": False,
        "last_message": {"time": earlier, "seq_number": 7, "payload": "17"},
        "battery": {"volts": 3.05, "at": moment},
        "temperature": {"celsius": 21.5, "at": moment},
        "link": {"lqi": "AVERAGE", "at": earlier},
        "location": {
            "latitude": 45.19,
            "longitude": 5.71,
            "radius": 2447,
            "source": 2,
            "status": 1,
            "at": earlier,
        },
        "silence": {"info": SILENT["info"], "since": "2025-11-20T15:36:21.000Z", "at": moment},
        "network": {"info": WARNING["info"], "at": moment},
        "sequence": {"event_type": "INVALID_SEQ_NUMBER", "expected": 8, "at": moment},
        "contract": {"event_type": "TOKEN_RENEWAL", "at": moment},
        "quota": {"limit": 4, "used": 0, "overrun_at": moment},
    }


def test_a_quota_of_today_is_told(invoke: Invoke, note: Note) -> None:
    note(report(Service.ACKNOWLEDGE, time.time_ns() // 1_000_000, info_code=3))

    told = ask(invoke).json
    assert (told["conditions"], told["over_quota"]) == (["over_quota"], True)


@pytest.mark.parametrize("name", ["153fa", "00153fa"])
@pytest.mark.usefixtures("device")
def test_a_device_of_which_nothing_is_known_was_never_heard(name: str, invoke: Invoke) -> None:
    told = ask(invoke, name).json

    assert told.pop("since")
    assert told == {
        "device_id": "153FA",
        "state": "never_heard",
        "conditions": ["never_heard"],
        "over_quota": False,
        "quota": {"limit": 4, "used": 0},
    }


@pytest.mark.usefixtures("device")
def test_a_device_whose_messages_are_forgotten_was_heard(invoke: Invoke) -> None:
    """Whoever lists the devices while its message is there takes it off the list of those never heard."""
    say(invoke, MS)
    devices_in_state("demo", Status.NEVER_HEARD, None, 10)
    [message] = [Key(item["pk"], item["sk"]) for item in table.query_prefix("DEVICE#demo#153FA", "MSG#")]
    table.delete_all([message])

    assert ask(invoke).json["state"] == "ok"


REPORTS_OF_THE_UNHEARD: dict[str, tuple[StoredReport, str]] = {
    "its battery": (report(Service.STATUS, batt=3), "ok"),
    "its silence": (report(Service.ERROR, **SILENT), "silent"),
}


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("told", REPORTS_OF_THE_UNHEARD)
def test_a_device_that_is_reported_on_is_not_never_heard(told: str, invoke: Invoke, note: Note) -> None:
    reported, state = REPORTS_OF_THE_UNHEARD[told]
    note(reported)

    assert ask(invoke).json["state"] == state
    assert devices_in_state("demo", Status.NEVER_HEARD, None, 10).devices == ()


def test_a_message_without_number_and_payload_is_the_last_one_too(invoke: Invoke) -> None:
    invoke("uplink", event("uplink.json", body={"device": "153FA", "time": SECONDS, "temperature": 5}))

    assert ask(invoke).json["last_message"] == {"time": "2025-11-22T00:20:27.000Z"}


def test_the_state_of_an_unknown_device_is_not_found(invoke: Invoke) -> None:
    answer = ask(invoke, "abcdef")

    assert answer.status == 404
    assert answer.error["name"] == "device_not_found"


@pytest.mark.parametrize(
    ("rights", "path", "status", "name"),
    [
        ([Right.TRAFFIC_UP_WRITE], {}, 403, "insufficient_application_rights"),
        ([Right.DEVICES_READ], {"application_id": "other"}, 403, "no_application_rights"),
        ([Right.DEVICES_READ], {"device_id": "15_3fa"}, 400, "validation"),
    ],
)
def test_the_state_needs_a_right_of_the_application(
    rights: list[Right], path: Mapping[str, str], status: int, name: str, device: tuple[str, str]
) -> None:
    key = str(issue_key(device[0], "key", rights).token)

    answer = call("device_state", event("device_state.json", path=path), key)

    assert answer.status == status
    assert answer.error["name"] == name


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_state_that_can_not_be_read_is_503(failure: Failure, invoke: Invoke) -> None:
    ask(invoke)

    with failing(failure, is_read_of_device):
        refused = ask(invoke)

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"


def is_read_of_device(request: dict[str, Any]) -> bool:
    """Tells whether a request reads of a device."""
    return "KeyConditionExpression" in request


def test_a_moment_far_in_the_future_does_not_hide_what_comes_later(note: Note, noted: Noted) -> None:
    broken_clock = replace(report(Service.STATUS, batt=2), time=MS + 10**9)

    note(broken_clock)
    note(report(Service.STATUS, MS + 60_000, batt=3))

    assert noted()["battery"] == {"volts": 3, "at": MS + 60_000}
