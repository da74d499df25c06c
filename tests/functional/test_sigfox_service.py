"""`/sigfox/{service}`: what Sigfox's services report, and what DATA_ADVANCED adds to a message."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from sigbridge.applications import SettingsChange, change_application
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge.model.service import Service
from sigbridge.model.settings import UnknownDevices
from sigbridge.store.connections import client
from sigbridge.store.report_codec import read_stored_report
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import FAILURES, Failure, failing, is_message
from tests.functional.lambdas import Event, call, event

SECONDS = 1763770827
MS = SECONDS * 1000
ACKNOWLEDGE = {"device": "153FA", "time": SECONDS, "infoCode": 0}
ADVANCED = {"device": "1A2B45", "time": SECONDS, "seqNumber": 1508, "data": "17", "lqi": "Good"}
PLACE = {"lat": 45.19, "lng": 5.71, "radius": 2447, "source": 2, "status": 1}
KNOWN = "acknowledge, data-advanced, error, event, geoloc, repeater, status"


def callback(service: str, body: object, **changes: Any) -> Event:
    """A callback of a service with this body."""
    return event("sigfox_acknowledge.json", body=body, path={"service": service}, **changes)


def is_report(request: dict[str, Any]) -> bool:
    """Tells whether a request writes a report."""
    place = request.get("Item") or {"sk": {"S": ""}}
    return str(place["sk"]["S"]).startswith("EVENT#")


# What each event of `events/` leaves behind: partition, moment and these attributes.
REPORTS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "acknowledge": (
        "DEVICE#demo#153FA",
        MS + 35_000,
        {
            "service": "acknowledge",
            "device": "153FA",
            "time": MS + 35_000,
            "facts": {
                "info_code": 0,
                "info_message": "Acked",
                "downlink_ack": True,
                "downlink_overusage": False,
            },
        },
    ),
    "status": (
        "DEVICE#demo#153FA",
        MS,
        {"facts": {"seq_number": 17, "batt": Decimal("3.05"), "temp": Decimal("21.50")}},
    ),
    "error": (
        "DEVICE#demo#153FA",
        MS,
        {"facts": {"info": "No message received since 2025-11-20 15:36:21", "severity": "ERROR"}},
    ),
    "event": (
        "DEVICE#demo#153FA",
        MS,
        {
            "device": "153FA",
            "facts": {
                "severity": "WARN",
                "source_id": "153FA",
                "source_type": "DEVICE",
                "event_type": "OUT_OF_SEQUENCE",
                "device_type_id": "628fd74fb3cabb6565ae8100",
                "group_id": "628fd74fb3cabb6565ae80ff",
                "device_message_time": MS - 2000,
                "device_info": {"id": "153FA", "name": "cellar", "state": 0},
                "device_last_seqnumber": 25,
                "device_message_seqnumber": 18,
            },
        },
    ),
    "repeater": (
        "DEVICE#demo#153FA",
        MS,
        {
            "facts": {
                "batt": Decimal("3.05"),
                "whitelist_devices": 4,
                "repeated_msg": 120,
                "unwanted_devices": 15,
                "unwanted_msg": 37,
                "wrong_msg": 1,
                "over_regul_msg": 0,
            },
        },
    ),
}


@pytest.mark.parametrize("service", REPORTS)
def test_a_report_is_kept_with_typed_facts(service: str, invoke: Invoke, stored: Stored) -> None:
    answer = invoke("sigfox_service", event(f"sigfox_{service}.json"))

    assert answer.status == 200
    assert answer.json == {"status": True, "accepted": 1, "duplicates": 0}
    partition, moment, expected = REPORTS[service]
    [report] = stored(sk="EVENT#")
    assert report["pk"] == partition
    assert report["sk"].startswith(f"EVENT#{moment}#")
    assert len(report["sk"]) == len(f"EVENT#{moment}#") + 16
    assert {attribute: report.get(attribute) for attribute in expected} == expected
    assert "extras" not in report
    assert report["expires_at"] == report["received_at"] // 1000 + 365 * 86_400
    assert stored(sk="MSG#") == []


@pytest.mark.parametrize("service", REPORTS)
def test_a_report_is_read_back_as_it_was_told(service: str, invoke: Invoke, stored: Stored) -> None:
    invoke("sigfox_service", event(f"sigfox_{service}.json"))

    [record] = stored(sk="EVENT#")
    report = read_stored_report(record)

    _, moment, expected = REPORTS[service]
    assert (report.service, report.device_id, report.time) == (Service(service), "153FA", moment)
    assert report.has_time
    assert report.id == record["sk"].removeprefix("EVENT#")
    assert report.facts == expected["facts"]
    whole = [value for value in report.facts.values() if isinstance(value, Decimal) and value % 1 == 0]
    assert whole == []


def test_a_geoloc_is_the_position_of_its_message(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("sigfox_service", event("sigfox_geoloc.json"))

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    [message] = stored(sk="MSG#")
    assert message["sk"] == f"MSG#{MS}#17"
    assert message["location"] == {
        "latitude": Decimal("45.19"),
        "longitude": Decimal("5.71"),
        "radius": 2447,
    }
    assert message["advanced"] == {
        "geoloc_source": "2",
        "duplicate": False,
        "snr": Decimal("18.86"),
        "rssi": Decimal("-123.00"),
        "station": "1D44",
    }
    assert stored(sk="EVENT#") == []


def facts_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a stored report says."""
    return {name: report[name] for name in ("facts", "extras", "location") if name in report}


# More of each service: the service, the body, and what is kept of it.
TOLD: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "acknowledge, numbers": (
        "acknowledge",
        {"infoCode": 3, "downlinkAck": False, "downlinkOverusage": True},
        {"facts": {"info_code": 3, "downlink_ack": False, "downlink_overusage": True}},
    ),
    "acknowledge, a code that nobody knows": (
        "acknowledge",
        {"infoCode": "10", "infoMessage": "Roaming pending"},
        {"facts": {"info_code": 10, "info_message": "Roaming pending"}},
    ),
    "acknowledge, everything else absent": (
        "acknowledge",
        {"infoCode": "1", "infoMessage": "", "downlinkAck": "null", "downlinkOverusage": None},
        {"facts": {"info_code": 1}},
    ),
    "acknowledge, a field of the customer's": (
        "acknowledge",
        {"infoCode": "0", "dl_payload": "0102030405060708", "site": {"no": 2, "tags": ["a", None, 1.5]}},
        {
            "facts": {"info_code": 0},
            "extras": {
                "dl_payload": "0102030405060708",
                "site": {"no": 2, "tags": ["a", None, Decimal("1.5")]},
            },
        },
    ),
    "acknowledge, names in snake case": (
        "acknowledge",
        {"info_code": 0, "downlink_ack": "TRUE"},
        {"facts": {"info_code": 0, "downlink_ack": True}},
    ),
    "status, frost, legacy variables": (
        "status",
        {
            "batt": 3,
            "temp": -20.5,
            "station": "1D44",
            "lat": "45",
            "lng": "5",
            "rssi": "-120.00",
            "snr": "12.3",
            "avgSnr": "N/A",
            "duplicate": "0",
            "seqNumber": "4095",
        },
        {
            "facts": {
                "batt": 3,
                "temp": Decimal("-20.5"),
                "station": "1D44",
                "lat": 45,
                "lng": 5,
                "rssi": -120,
                "snr": Decimal("12.3"),
                "duplicate": False,
                "seq_number": 4095,
            }
        },
    ),
    "status, a legacy variable that can't be read": (
        "status",
        {"batt": "2.91", "rssi": "weak"},
        {"facts": {"batt": Decimal("2.91")}, "extras": {"rssi": "weak"}},
    ),
    "error, trouble of the network": (
        "error",
        {"severity": "WARN", "info": "Sigfox network experiencing issues"},
        {"facts": {"severity": "WARN", "info": "Sigfox network experiencing issues"}},
    ),
    "event, off contract": (
        "event",
        {
            "severity": "ERROR",
            "eventType": "OFF_CONTRACT",
            "deviceShortCause": "TOKEN",
            "deviceCause": "No token is left",
            "networkOperatorId": "33",
            "businessOperatorId": "34",
            "contractId": "5e74c318aa8aec41f9cc6b01",
            "contractIds": ["5e74c318aa8aec41f9cc6b01", "5e74c318aa8aec41f9cc6b02"],
            "subscriptionState": "SUSPENDED",
            "expectedSubscriptionDurationEndTime": str(SECONDS + 1),
            "expectedTokenEndTime": "31 Dec",
        },
        {
            "facts": {
                "severity": "ERROR",
                "event_type": "OFF_CONTRACT",
                "device_short_cause": "TOKEN",
                "device_cause": "No token is left",
                "network_operator_id": "33",
                "business_operator_id": "34",
                "contract_id": "5e74c318aa8aec41f9cc6b01",
                "contract_ids": ["5e74c318aa8aec41f9cc6b01", "5e74c318aa8aec41f9cc6b02"],
                "subscription_state": "SUSPENDED",
                "expected_subscription_duration_end_time": MS + 1000,
                "expected_token_end_time": "31 Dec",
            }
        },
    ),
    "event, of a type that nobody knows": (
        "event",
        {"eventType": "FIRST_MESSAGE", "deviceExpectedSeqnumber": 3, "operatorNote": "hello"},
        {
            "facts": {"event_type": "FIRST_MESSAGE", "device_expected_seqnumber": 3},
            "extras": {"operatorNote": "hello"},
        },
    ),
    "geoloc, the least": (
        "geoloc",
        {"lat": 0, "lng": 0},
        {"facts": {}, "location": {"latitude": 0, "longitude": 0}},
    ),
    "geoloc without a position": (
        "geoloc",
        {"lat": "", "lng": 5, "radius": 10},
        {"facts": {"lng": 5, "radius": 10}},
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_a_service_tells(case: str, invoke: Invoke, stored: Stored) -> None:
    service, body, expected = TOLD[case]

    answer = invoke("sigfox_service", callback(service, {"device": "153FA", "time": SECONDS} | body))

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    [report] = stored(sk="EVENT#")
    assert facts_of(report) == expected


# Callbacks as they come from Sigfox Cloud: the service, the body, partition and beginning of the sort key.
SHAPES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "data advanced, mixed quoting": (
        "data-advanced",
        {
            "device": "1FD49BE",
            "time": 1763770733,
            "data": "00",
            "seqNumber": 16,
            "lqi": "Limit",
            "linkQuality": "0",
            "fixedLat": "0.0",
            "fixedLng": "0.0",
            "operatorName": "SIGFOX_France",
            "countryCode": "250",
            "deviceTypeId": "628fd74fb3cabb6565ae8100",
            "computedLocation": {"lat": 45.0, "lng": 5.5, "radius": 7800, "source": 2, "status": 1},
        },
        "DEVICE#demo#1FD49BE",
        "MSG#1763770733000#16",
    ),
    "acknowledge, quoted": (
        "acknowledge",
        {
            "device": "153FA",
            "time": "1763770439",
            "infoCode": "0",
            "infoMessage": "Acked",
            "downlinkAck": "true",
            "downlinkOverusage": "false",
        },
        "DEVICE#demo#153FA",
        "EVENT#1763770439000#",
    ),
    "status": (
        "status",
        {"device": "153FA", "time": 1763770500, "seqNumber": 17, "batt": "3.05", "temp": "21.50"},
        "DEVICE#demo#153FA",
        "EVENT#1763770500000#",
    ),
    "error": (
        "error",
        {
            "device": "153FA",
            "time": "1763770600",
            "info": "No message received since 2025-11-20 15:36:21",
            "severity": "ERROR",
        },
        "DEVICE#demo#153FA",
        "EVENT#1763770600000#",
    ),
    "event, break in message sequence": (
        "event",
        {
            "time": "1763770700",
            "severity": "WARN",
            "sourceId": "153FA",
            "sourceType": "DEVICE",
            "eventType": "INVALID_SEQ_NUMBER",
            "deviceTypeId": "628fd74fb3cabb6565ae8100",
            "deviceExpectedSeqnumber": "18",
            "deviceMessageSeqnumber": "25",
        },
        "DEVICE#demo#153FA",
        "EVENT#1763770700000#",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_callback_is_accepted(shape: str, invoke: Invoke, stored: Stored) -> None:
    service, body, partition, sort = SHAPES[shape]

    answer = invoke("sigfox_service", callback(service, body))

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    [record] = stored(sk=sort)
    assert record["pk"] == partition
    assert "extras" not in record
    assert "advanced_variables" not in record


FORM = {"content-type": "application/x-www-form-urlencoded"}
PLAIN = {"device": "153FA", "time": str(SECONDS), "infoCode": "0", "infoMessage": "Acked"}
PATTERN = "device;time;infoCode;infoMessage;"
# Every form of a body, each with the same acknowledgement in it.
FORMS: dict[str, Event] = {
    "object": callback("acknowledge", PLAIN),
    "object, method PUT": callback("acknowledge", PLAIN, method="PUT"),
    "array": callback("acknowledge", [PLAIN]),
    "base64": callback("acknowledge", json.dumps(PLAIN).encode()),
    "form": callback("acknowledge", urlencode(PLAIN), headers=FORM),
    "form in base64": callback("acknowledge", urlencode(PLAIN).encode(), headers=FORM),
    "form whose URL has a query": callback(
        "acknowledge",
        urlencode(PLAIN | {"infoMessage": ""}),
        headers=FORM,
        query={"infoMessage": "Acked", "device": ""},
    ),
    "query alone": callback("acknowledge", None, query=PLAIN, method="GET"),
    "TagoIO's items": callback(
        "acknowledge",
        [{"variable": name, "value": value, "serie": str(SECONDS)} for name, value in PLAIN.items()],
    ),
    "TagoIO's items, device in the header, time in serie": callback(
        "acknowledge",
        [
            {"variable": "infoCode", "value": "0", "serie": str(SECONDS)},
            {"variable": "infoMessage", "value": "Acked", "serie": str(SECONDS)},
        ],
        headers={"device": "153FA"},
    ),
    "batch line in the query": event(
        "sigfox_acknowledge_batch.json",
        query=f"authorization=sbk_demo&pattern={quote(PATTERN)}&batch={quote(';'.join(PLAIN.values()))};",
    ),
    "batch line in a form": event(
        "sigfox_acknowledge_batch.json",
        query=f"authorization=sbk_demo&pattern={quote(PATTERN)}",
        body=f"batch={quote(';'.join(PLAIN.values()))}%3B%0A",
        headers=FORM,
    ),
    "device in the header alone": callback(
        "acknowledge",
        {name: value for name, value in PLAIN.items() if name != "device"},
        headers={"device": "153FA"},
    ),
    "service in capitals": callback("ACKnowledge", PLAIN),
    "time in ms": callback("acknowledge", PLAIN | {"time": MS}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_report_is_kept_and_is_the_same_report(
    form: str, invoke: Invoke, stored: Stored
) -> None:
    answer = invoke("sigfox_service", FORMS[form])

    assert answer.status == 200
    assert answer.json == {"status": True, "accepted": 1, "duplicates": 0}
    [report] = stored(sk="EVENT#")
    assert report["pk"] == "DEVICE#demo#153FA"
    assert report["sk"].startswith(f"EVENT#{MS}#")
    assert facts_of(report) == {"facts": {"info_code": 0, "info_message": "Acked"}}
    assert invoke("sigfox_service", callback("acknowledge", PLAIN)).json["duplicates"] == 1


def test_the_lines_of_a_batch_are_reports_of_several_devices(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("sigfox_service", event("sigfox_acknowledge_batch.json"))

    assert answer.json == {"status": True, "accepted": 3, "duplicates": 0}
    kept = [(report["pk"], report["sk"][:19], report["facts"]["info_code"]) for report in stored(sk="EVENT#")]
    assert kept == [
        ("DEVICE#demo#153FA", f"EVENT#{MS + 35_000}", 0),
        ("DEVICE#demo#153FA", f"EVENT#{MS + 36_000}", 1),
        ("DEVICE#demo#1A2B45", f"EVENT#{MS + 35_000}", 3),
    ]
    assert invoke("sigfox_service", event("sigfox_acknowledge_batch.json")).json == {
        "status": True,
        "accepted": 0,
        "duplicates": 3,
    }


@pytest.mark.parametrize(
    "mapping", ["serial=unit.no;time=moment", "serial=unit.no;time=moment;seqNumber=count.up"]
)
def test_the_additional_parameter_of_the_key_says_where_the_fields_are(
    mapping: str, application: Application, stored: Stored
) -> None:
    issued = issue_key(application.id, "mapped", [Right.TRAFFIC_UP_WRITE], additional_parameter=mapping)
    body = {"unit": {"no": "15-3f-a"}, "moment": SECONDS, "count": {"up": 7}, "batt": "3.0"}

    answer = call("sigfox_service", callback("status", body), str(issued.token))

    assert answer.status == 200
    [report] = stored(sk="EVENT#")
    assert report["pk"] == "DEVICE#demo#153FA"
    assert (report["device"], report["time"]) == ("15-3f-a", MS)
    assert report["facts"] == {"batt": 3} | ({"seq_number": 7} if "seqNumber" in mapping else {})


@pytest.mark.parametrize(
    "body",
    [
        {"sourceId": "153fa", "sourceType": "DEVICE"},
        {"sourceId": "153fa"},
        {"deviceInfo": {"id": "153fa", "name": "cellar"}},
        {"deviceInfo": '{"id": "153fa", "name": "cellar"}', "sourceId": "153fa"},
        {"device": "153fa", "sourceId": "628fd74fb3cabb6565ae80ff", "sourceType": "GROUP"},
    ],
    ids=["source", "source of no type", "device info", "device info as text", "device and group"],
)
def test_an_event_names_its_device(body: dict[str, object], invoke: Invoke, stored: Stored) -> None:
    answer = invoke(
        "sigfox_service", callback("event", body | {"time": SECONDS, "eventType": "TOKEN_RENEWAL"})
    )

    assert answer.status == 200
    [report] = stored(sk="EVENT#")
    assert (report["pk"], report["device"]) == ("DEVICE#demo#153FA", "153fa")
    assert ("deviceInfo" in body) == (report["facts"].get("device_info") == {"id": "153fa", "name": "cellar"})
    assert report["facts"].get("source_id") == body.get("sourceId")


def test_a_repeated_report_is_kept_once(invoke: Invoke, stored: Stored) -> None:
    first = invoke("sigfox_service", event("sigfox_event.json"))
    before = stored()

    repeat = invoke("sigfox_service", event("sigfox_event.json"))

    assert repeat.json == first.json | {"accepted": 0, "duplicates": 1}
    assert stored() == before


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("acknowledge", {"time": SECONDS + 1}),
        ("acknowledge", {"infoCode": 1}),
        ("acknowledge", {"note": "x"}),
        ("acknowledge", {"device": "153FB"}),
    ],
    ids=["time", "fact", "extra", "device"],
)
def test_another_report_is_no_repeat(
    service: str, change: dict[str, object], invoke: Invoke, stored: Stored
) -> None:
    invoke("sigfox_service", callback("acknowledge", ACKNOWLEDGE))

    assert invoke("sigfox_service", callback(service, ACKNOWLEDGE | change)).json["accepted"] == 1
    assert len(stored(sk="EVENT#")) == 2


def test_the_same_facts_of_another_service_are_no_repeat(invoke: Invoke) -> None:
    body = {"device": "153FA", "time": SECONDS, "batt": 3}

    answers = [invoke("sigfox_service", callback(service, body)).json for service in ("status", "repeater")]

    assert [answer["accepted"] for answer in answers] == [1, 1]


def test_a_repeat_is_recognised_however_it_is_written(invoke: Invoke) -> None:
    written = {"device": "153FA", "time": SECONDS, "batt": 3.05, "temp": 21, "seqNumber": 7}
    rewritten = {"Device": "00153fa", "timestamp": MS, "batt": "3.050", "temp": "21.0", "seq_number": "07"}

    answers = [invoke("sigfox_service", callback("status", body)).json for body in (written, rewritten)]

    assert [answer["duplicates"] for answer in answers] == [0, 1]


def test_without_a_time_nothing_is_a_repeat(invoke: Invoke, stored: Stored) -> None:
    body = {"device": "153FA", "infoCode": 0}

    answers = [invoke("sigfox_service", callback("acknowledge", body)).json for _ in range(2)]

    assert [answer["duplicates"] for answer in answers] == [0, 0]
    for record in stored(sk="EVENT#"):
        report = read_stored_report(record)
        assert not report.has_time
        assert report.time == report.received_at == int(report.id[:13])


def test_a_report_whose_first_try_was_kept_but_not_answered_is_no_duplicate(
    invoke: Invoke, stored: Stored
) -> None:
    invoke("sigfox_service", event("sigfox_status.json"))
    lost: list[str] = []

    def lose_the_first_answer(request: AWSPreparedRequest) -> AWSResponse | None:
        if not lost:
            lost.append("once")
            wanted = json.loads(request.body)
            client().put_item(TableName=wanted["TableName"], Item=wanted["Item"])
            raise ReadTimeoutError(endpoint_url=request.url)
        return None

    with failing(lose_the_first_answer, is_report):
        answer = invoke("sigfox_service", callback("acknowledge", ACKNOWLEDGE))

    assert (answer.json["accepted"], answer.json["duplicates"]) == (1, 0)
    assert lost == ["once"]
    assert len(stored(sk="EVENT#")) == 2


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("service", ["acknowledge", "data_advanced"])
def test_a_report_that_can_not_be_kept_is_503_and_its_retry_succeeds(
    service: str, failure: Failure, invoke: Invoke, stored: Stored
) -> None:
    request = event(f"sigfox_{service}.json")

    with failing(failure, lambda write: is_report(write) or is_message(write)):
        refused = invoke("sigfox_service", request)

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"
    assert stored(sk="EVENT#") == stored(sk="MSG#") == []
    assert invoke("sigfox_service", request).json["accepted"] == 1


def test_a_warm_report_is_one_request(invoke: Invoke) -> None:
    invoke("sigfox_service", event("sigfox_status.json"))
    requests: list[str] = []

    def note(request: AWSPreparedRequest) -> None:
        requests.append(request.headers["X-Amz-Target"].decode())

    with failing(note, lambda _request: True):  # type: ignore[arg-type]
        invoke("sigfox_service", event("sigfox_acknowledge.json"))

    assert requests == ["DynamoDB_20120810.PutItem"]


def test_an_unknown_device_is_registered(invoke: Invoke, stored: Stored) -> None:
    invoke("sigfox_service", event("sigfox_error.json"))

    assert [device["id"] for device in stored("DEVICE#demo#", "DEVICE")] == ["153FA"]
    assert len(stored("DEVICE#demo#153FA", "STATE")) == 1


@pytest.mark.parametrize("service", ["acknowledge", "data-advanced"])
def test_an_application_may_reject_unknown_devices(service: str, invoke: Invoke, stored: Stored) -> None:
    change_application("demo", SettingsChange(unknown_devices=UnknownDevices.REJECT))
    register_device("demo", "1A2B45")
    forget_cached_devices()
    before = stored()
    listed, unlisted = ACKNOWLEDGE | {"device": "1A2B45"}, ACKNOWLEDGE

    answer = invoke("sigfox_service", callback(service, [listed, unlisted]))

    assert answer.status == 404
    assert answer.json == {"status": False, "message": "Device 153FA is not known"}
    assert stored() == before
    assert invoke("sigfox_service", callback(service, listed)).status == 200


def test_a_key_needs_the_right_to_send(application: Application, stored: Stored) -> None:
    issued = issue_key(application.id, "reader", [Right.TRAFFIC_READ])

    assert call("sigfox_service", event("sigfox_status.json"), str(issued.token)).status == 403
    assert call("sigfox_service", event("sigfox_status.json"), "sbk_nonsense").status == 401
    assert stored(sk="EVENT#") == []


# Bad input: the service, the body, the status, and field and message of the first fault.
DEEP: dict[str, Any] = {"a": 1}
for _ in range(20):
    DEEP = {"a": DEEP}
BAD: dict[str, tuple[str, object, str, str]] = {
    "no device": ("acknowledge", {"time": SECONDS, "infoCode": 0}, "serial", "is missing"),
    "no device in an event": (
        "event",
        {"time": SECONDS, "sourceId": "628fd74fb3cabb6565ae80ff", "sourceType": "GROUP"},
        "serial",
        "is missing",
    ),
    "device of other characters": ("acknowledge", ACKNOWLEDGE | {"device": "1/5"}, "serial", "must be"),
    "no code": ("acknowledge", {"device": "153FA", "time": SECONDS}, "infoCode", "is missing"),
    "code absent": ("acknowledge", ACKNOWLEDGE | {"infoCode": "null"}, "infoCode", "is missing"),
    "code a word": ("acknowledge", ACKNOWLEDGE | {"infoCode": "ACKED"}, "infoCode", "must be a whole"),
    "code a fraction": ("acknowledge", ACKNOWLEDGE | {"infoCode": 1.5}, "infoCode", "must be a whole"),
    "code a boolean": ("acknowledge", ACKNOWLEDGE | {"infoCode": True}, "infoCode", "must be a whole"),
    "code twice negative": ("acknowledge", ACKNOWLEDGE | {"infoCode": "--1"}, "infoCode", "must be a whole"),
    "code an object": ("acknowledge", ACKNOWLEDGE | {"infoCode": {}}, "infoCode", "must be a whole"),
    "message too long": (
        "acknowledge",
        ACKNOWLEDGE | {"infoMessage": "x" * 6001},
        "infoMessage",
        "must be at most",
    ),
    "device info with a long text": (
        "event",
        {"device": "153FA", "deviceInfo": {"a": ["x" * 6001]}},
        "deviceInfo.a.0",
        "must be at most",
    ),
    "extra of many levels": ("acknowledge", ACKNOWLEDGE | {"x": DEEP}, "", "must nest at most 16 levels"),
    "extra with a long name": ("acknowledge", ACKNOWLEDGE | {"x" * 256: 1}, "", "names must be at most 255"),
    "report larger than an item": (
        "acknowledge",
        ACKNOWLEDGE | {f"v{number}": "x" * 6000 for number in range(16)} | {"w": [[]] * 40_000},
        "",
        "must be at most",
    ),
    "payload of 13 bytes": ("data-advanced", ADVANCED | {"data": "00" * 13}, "payload", "at most 12 bytes"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_by_its_place_and_nothing_is_kept(
    case: str, invoke: Invoke, stored: Stored
) -> None:
    service, body, field, message = BAD[case]
    good = ADVANCED if service == "data-advanced" else ACKNOWLEDGE
    before = stored()

    alone = invoke("sigfox_service", callback(service, body))
    second = invoke("sigfox_service", callback(service, [good, body]))

    assert alone.status == second.status == 400
    assert alone.json["errors"][0]["field"].startswith(field)
    assert message in alone.json["errors"][0]["message"]
    assert [fault["index"] for fault in second.json["errors"]] == [1]
    assert stored() == before


# What is not understood is kept as it came: the service, the body, and field and message of the warning.
DOUBTED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "time no time": ("acknowledge", ACKNOWLEDGE | {"time": "noon"}, "time", "must be epoch seconds"),
    "acknowledged unclear": (
        "acknowledge",
        ACKNOWLEDGE | {"downlinkAck": "yes"},
        "downlinkAck",
        "must be true or false",
    ),
    "message no text": ("acknowledge", ACKNOWLEDGE | {"infoMessage": ["a"]}, "infoMessage", "must be a text"),
    "voltage a word": ("status", {"device": "153FA", "batt": "full"}, "batt", "must be a number"),
    "temperature out of bounds": (
        "status",
        {"device": "153FA", "temp": "1e400"},
        "temp",
        "must be a number",
    ),
    "sequence number a word": (
        "status",
        {"device": "153FA", "seqNumber": "last"},
        "seqNumber",
        "must be a whole",
    ),
    "severity an object": ("error", {"device": "153FA", "severity": {}}, "severity", "must be a text"),
    "device info a number": (
        "event",
        {"device": "153FA", "deviceInfo": 5},
        "deviceInfo",
        "must be an object",
    ),
    "contracts of numbers": (
        "event",
        {"device": "153FA", "contractIds": [1.5]},
        "contractIds",
        "must be a text",
    ),
    "position not on Earth": (
        "geoloc",
        {"device": "153FA", "Lat": 90.5, "lng": 5},
        "Lat",
        "must be from -90 to 90",
    ),
    "position on no meridian": (
        "geoloc",
        {"device": "153FA", "lat": 9, "lng": "-180.1"},
        "lng",
        "must be from -180 to 180",
    ),
    "position a word": ("geoloc", {"device": "153FA", "lat": "north", "lng": 5}, "lat", "must be a number"),
    "computed location a number": (
        "data-advanced",
        ADVANCED | {"computedLocation": 5},
        "computedLocation",
        "must be an object",
    ),
    "computed location a text": (
        "data-advanced",
        ADVANCED | {"computedLocation": "45.1,5.7"},
        "computedLocation",
        "must be an object",
    ),
    "computed location not on Earth": (
        "data-advanced",
        ADVANCED | {"computedLocation": PLACE | {"lat": "-90.01"}},
        "computedLocation.lat",
        "must be from -90 to 90",
    ),
    "computed location on no meridian": (
        "data-advanced",
        ADVANCED | {"computedLocation": PLACE | {"lng": 181}},
        "computedLocation.lng",
        "must be from -180 to 180",
    ),
    "extra of 39 digits": (
        "acknowledge",
        ACKNOWLEDGE | {"x": {"y": int("9" * 39)}},
        "x.y",
        "is a number too large to store; stored as text",
    ),
}


@pytest.mark.parametrize("case", DOUBTED)
def test_what_is_not_understood_is_kept_with_a_warning(case: str, invoke: Invoke, stored: Stored) -> None:
    service, body, field, message = DOUBTED[case]

    answer = invoke("sigfox_service", callback(service, body))

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    [warning] = answer.json["warnings"]
    assert (warning["index"], warning["field"]) == (0, field)
    assert message in warning["message"]
    assert len(stored(sk="MSG#" if service == "data-advanced" else "EVENT#")) == 1


def test_every_fault_of_a_report_is_named(invoke: Invoke) -> None:
    body = [ACKNOWLEDGE, {"device": "153FA", "infoMessage": "x" * 6001}]

    answer = invoke("sigfox_service", callback("acknowledge", body))

    faults = [(fault["index"], fault["field"]) for fault in answer.json["errors"]]
    assert faults == [(1, "infoMessage"), (1, "infoCode")]


@pytest.mark.parametrize("service", ["repeated", "data", "x" * 500, "%20", "é"])
def test_an_unknown_service_is_not_found_and_the_known_ones_are_named(
    service: str, invoke: Invoke, stored: Stored
) -> None:
    before = stored()

    answer = invoke("sigfox_service", callback(service, ACKNOWLEDGE))

    assert answer.status == 404
    assert answer.json == {
        "status": False,
        "message": f"There is no service '{service[:40]}'; choose from {KNOWN}",
    }
    assert stored() == before


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (callback("status", None), 400),
        (callback("status", []), 400),
        (callback("status", [5]), 400),
        (callback("status", '{"device": '), 400),
        (callback("status", "device=153FA", headers={"content-type": "text/plain"}), 415),
        (callback("status", {"device": "153FA", "x": "x" * 2**20}), 413),
        (callback("status", {"device": "153FA"}, headers={"device": "153FB"}), 400),
    ],
    ids=["no body", "empty array", "no object", "cut off", "plain text", "too large", "two devices"],
)
def test_a_body_that_can_not_be_read_is_refused(request_: Event, status: int, invoke: Invoke) -> None:
    answer = invoke("sigfox_service", request_)

    assert answer.status == status
    assert answer.json["status"] is False


# DATA_ADVANCED


def test_advanced_data_is_a_part_of_its_message(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("sigfox_service", event("sigfox_data_advanced.json"))

    assert answer.status == 200
    [message] = stored(sk="MSG#")
    assert answer.json == {"status": True, "accepted": 1, "duplicates": 0, "group": message["group"]}
    assert (message["pk"], message["sk"]) == ("DEVICE#demo#1A2B45", f"MSG#{MS}#1508")
    assert "received_at" not in message
    assert message["advanced"] == {
        "lqi": "GOOD",
        "link_quality": 2,
        "fixed_lat": 0,
        "fixed_lng": 0,
        "operator_name": "SIGFOX_France",
        "country_code": 250,
        "device_type_id": "628fd74fb3cabb6565ae8100",
        "duplicates": [
            {"bs_id": "1D44", "nb_rep": 3, "rssi": -123, "snr": Decimal("18.86")},
            {"bs_id": "93CF", "nb_rep": 2, "rssi": -131, "snr": Decimal("9.4")},
        ],
    }
    assert message["location"] == {
        "latitude": Decimal("45.19"),
        "longitude": Decimal("5.71"),
        "radius": 2447,
        "source": 2,
        "status": 1,
    }
    assert "advanced_variables" not in message
    assert stored(sk="EVENT#") == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["uplink first", "advanced first"])
def test_a_message_and_its_advanced_data_meet_in_either_order(
    order: tuple[int, ...], invoke: Invoke, stored: Stored
) -> None:
    requests = [
        ("uplink", event("uplink.json")),
        ("sigfox_service", event("sigfox_data_advanced.json")),
    ]
    requests = [requests[position] for position in order]

    answers = [invoke(*request).json for request in requests]
    [message] = stored(sk="MSG#")
    repeats = [invoke(*request).json for request in requests]

    assert [answer["accepted"] for answer in answers] == [1, 1]
    assert {"received_at", "advanced_at", "radio", "advanced", "location"} <= set(message)
    assert (message["payload"], message["seq_number"]) == ("b0513801a421f0019405a500", 1508)
    assert [answer["duplicates"] for answer in repeats] == [1, 1]
    assert stored(sk="MSG#") == [message]


def test_advanced_data_may_hold_no_field_that_tells_it_is_such(invoke: Invoke, stored: Stored) -> None:
    body = {"device": "1A2B45", "time": SECONDS, "payload": "17"}

    assert invoke("sigfox_service", callback("data-advanced", body)).status == 200

    [message] = stored(sk="MSG#")
    assert message["network"] == "sigfox"
    assert "advanced_at" in message
    assert "received_at" not in message


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("limit", "LIMIT"),
        ("Excellent", "EXCELLENT"),
        ("na", "NA"),
        ("Fair", "Fair"),
        ("", None),
        ("N/A", None),
    ],
)
@pytest.mark.parametrize("route", ["service", "uplink"])
def test_a_link_quality_is_kept_in_capitals(
    route: str, written: str, kept: str | None, invoke: Invoke, stored: Stored
) -> None:
    send_advanced(route, ADVANCED | {"lqi": written, "operatorName": "op"}, invoke)

    [message] = stored(sk="MSG#")
    assert message["advanced"].get("lqi") == kept


def send_advanced(route: str, body: dict[str, Any], invoke: Invoke) -> None:
    """Sends a DATA_ADVANCED body on one of the routes that take it."""
    if route == "service":
        answer = invoke("sigfox_service", callback("data-advanced", body))
    elif route == "tagoio":
        answer = invoke("uplink", event("uplink_tagoio.json", body=as_items(body)))
    else:
        answer = invoke("uplink", event("uplink.json", body=body))
    assert answer.status == 200, answer.text


def as_items(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Writes a body as TagoIO's template does."""
    return [
        {"variable": "location", "location": value, "serie": str(SECONDS)}
        if name == "computedLocation"
        else {"variable": name, "value": value, "serie": str(SECONDS)}
        for name, value in body.items()
    ]


each_route = pytest.mark.parametrize("route", ["service", "uplink", "tagoio"])


@each_route
@pytest.mark.parametrize(
    "place", [None, [], "", "null", {"radius": 5}, {"lat": 45, "status": 0}, {}], ids=str
)
def test_a_computed_location_may_be_absent(place: object, route: str, invoke: Invoke, stored: Stored) -> None:
    send_advanced(route, ADVANCED | {"computedLocation": place}, invoke)

    [message] = stored(sk="MSG#")
    assert "advanced_at" in message
    assert "location" not in message
    assert "advanced_variables" not in message
    assert message["advanced"] == {"lqi": "GOOD"}


@each_route
@pytest.mark.parametrize("place", [5, "45.1,5.7", True], ids=str)
def test_a_computed_location_of_another_type_loses_nothing_else(
    place: object, route: str, invoke: Invoke, stored: Stored
) -> None:
    send_advanced(route, ADVANCED | {"computedLocation": place}, invoke)

    [message] = stored(sk="MSG#")
    assert "location" not in message
    assert message["advanced"] == {"lqi": "GOOD"}


@each_route
def test_of_several_computed_locations_the_first_one_counts(
    route: str, invoke: Invoke, stored: Stored
) -> None:
    send_advanced(route, ADVANCED | {"computedLocation": [PLACE, PLACE | {"lat": 1}]}, invoke)

    [message] = stored(sk="MSG#")
    assert message["location"]["latitude"] == Decimal("45.19")


@each_route
def test_where_sigfox_has_no_position_there_is_none(route: str, invoke: Invoke, stored: Stored) -> None:
    place = {"lat": 0.0, "lng": 0.0, "radius": 0, "source": 0, "status": 0}
    send_advanced(route, ADVANCED | {"computedLocation": place}, invoke)

    [message] = stored(sk="MSG#")
    assert "location" not in message


@each_route
def test_a_computed_location_is_kept_whole(route: str, invoke: Invoke, stored: Stored) -> None:
    place = {"lat": "45.19", "lng": "5.71", "radius": "2447", "source": "6", "status": "1"}
    send_advanced(route, ADVANCED | {"computedLocation": place | {"placeIds": ["ChIJ-1", "ChIJ-2"]}}, invoke)

    [message] = stored(sk="MSG#")
    assert message["location"] == {
        "latitude": Decimal("45.19"),
        "longitude": Decimal("5.71"),
        "radius": 2447,
        "source": 6,
        "status": 1,
    }
    assert message["advanced"] == {"lqi": "GOOD", "place_ids": ["ChIJ-1", "ChIJ-2"]}


def test_a_computed_location_counts_before_a_position_of_the_customers(
    invoke: Invoke, stored: Stored
) -> None:
    body = ADVANCED | {"depot": {"lat": 1, "lng": 2}, "computedLocation": PLACE | {"floor": 3}}
    send_advanced("service", body, invoke)

    [message] = stored(sk="MSG#")
    assert message["location"]["radius"] == 2447
    variables = {variable["variable"]: variable["value"] for variable in message["advanced_variables"]}
    assert variables == {"depot_lat": 1, "depot_lng": 2, "computedlocation_floor": 3}


@each_route
@pytest.mark.parametrize(
    ("duplicates", "kept"),
    [
        (None, None),
        ([], None),
        ("", None),
        ("null", None),
        ([{}], [{}]),
        (
            [{"bsId": "1D44", "nbRep": "3", "rssi": "-123.00", "snr": ""}],
            [{"bs_id": "1D44", "nb_rep": 3, "rssi": -123}],
        ),
        (
            [{"bsId": 1044, "freq": {"hz": 868130000}, "": [None], "nbRep": "many"}],
            [{"bs_id": "1044", "freq": {"hz": 868130000}, "_": [None], "nbRep": "many"}],
        ),
    ],
    ids=str,
)
def test_what_each_base_station_heard_is_kept_as_a_list(
    duplicates: object, kept: object, route: str, invoke: Invoke, stored: Stored
) -> None:
    send_advanced(route, ADVANCED | {"duplicates": duplicates}, invoke)

    [message] = stored(sk="MSG#")
    assert message["advanced"].get("duplicates") == kept
    assert "advanced_variables" not in message


def test_duplicates_that_are_no_list_become_variables(invoke: Invoke, stored: Stored) -> None:
    send_advanced("service", ADVANCED | {"duplicates": [{"bsId": "1D44"}, 5]}, invoke)

    [message] = stored(sk="MSG#")
    variables = {variable["variable"]: variable["value"] for variable in message["advanced_variables"]}
    assert variables == {"duplicates_0_bsid": "1D44", "duplicates_1": 5}


def test_a_generic_message_keeps_what_looks_like_sigfoxs_as_variables(invoke: Invoke, stored: Stored) -> None:
    body = {"serial": "AA-BB-01-CC-02", "lqi": "Good", "duplicates": [{"bsId": "1"}], "computedLocation": 5}

    assert invoke("uplink", event("uplink_generic.json", body=body)).status == 200

    [message] = stored(sk="MSG#")
    variables = {variable["variable"]: variable["value"] for variable in message["variables"]}
    assert variables == {"lqi": "Good", "duplicates_0_bsid": "1", "computedlocation": 5}


ADVANCED_FORM = {"device": "1A2B45", "time": str(SECONDS), "seqNumber": "1508", "lqi": "Good"}
ADVANCED_FORMS: dict[str, Event] = {
    "object": callback("data-advanced", ADVANCED_FORM),
    "array": callback("Data-Advanced", [ADVANCED_FORM]),
    "base64": callback("data-advanced", json.dumps(ADVANCED_FORM).encode()),
    "form": callback("data-advanced", urlencode(ADVANCED_FORM), headers=FORM),
    "query alone": callback("data-advanced", None, query=ADVANCED_FORM, method="GET"),
    "TagoIO's items": callback("data-advanced", as_items(ADVANCED_FORM)),
    "batch": event(
        "sigfox_acknowledge_batch.json",
        query=f"authorization=sbk_demo&pattern={quote('device;time;seqNumber;lqi')}"
        f"&batch={quote(';'.join(ADVANCED_FORM.values()))}",
        path={"service": "data-advanced"},
    ),
}


@pytest.mark.parametrize("form", ADVANCED_FORMS)
def test_every_form_of_advanced_data_is_stored(form: str, invoke: Invoke, stored: Stored) -> None:
    answer = invoke("sigfox_service", ADVANCED_FORMS[form])

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    [message] = stored(sk="MSG#")
    assert (message["pk"], message["sk"]) == ("DEVICE#demo#1A2B45", f"MSG#{MS}#1508")
    assert message["advanced"] == {"lqi": "GOOD"}


def test_objects_in_a_form_come_as_text(invoke: Invoke, stored: Stored) -> None:
    fields = ADVANCED_FORM | {"computedLocation": json.dumps(PLACE), "duplicates": '[{"bsId": "1D44"}]'}

    assert invoke("sigfox_service", callback("data-advanced", urlencode(fields), headers=FORM)).status == 200

    [message] = stored(sk="MSG#")
    assert message["location"]["radius"] == 2447
    assert message["advanced"] == {"lqi": "GOOD", "duplicates": [{"bs_id": "1D44"}]}


def test_the_key_in_the_query_is_never_kept(invoke: Invoke, stored: Stored) -> None:
    invoke("sigfox_service", event("sigfox_acknowledge_batch.json"))

    kept = [record for record in stored() if record["pk"].startswith("DEVICE#")]
    assert "sbk_" not in json.dumps(kept, default=str)
