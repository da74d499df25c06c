"""The events on the bus are such as `docs/events/` says, and nothing else is told."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from jsonschema import Draft202012Validator

from sigbridge.downlinks import Transition
from sigbridge.downlinks.acknowledge import _FAILURES
from sigbridge.downlinks.history import step_write
from sigbridge.downlinks.retry import NO_ACKNOWLEDGEMENT, QUEUE_FULL
from sigbridge.events.details import events_of
from sigbridge.model.application import Application
from sigbridge.model.device_state import Removal
from sigbridge.model.downlink import Downlink, Priority, Source
from sigbridge.model.downlink_history import Step
from sigbridge.model.event import KINDS
from sigbridge.model.service import Service
from sigbridge.settings import Settings, using
from sigbridge.sigfox.facts import ADVANCED_FACTS, RECEPTION_FACTS, REPORT_FACTS
from sigbridge.store.device_states import ANSWER_MAPS
from sigbridge.store.downlink_codec import write_downlink
from sigbridge.store.stream import Change, read_change
from tests.event_schemas import SCHEMAS, family_of, schema, violations

FAMILIES = ("callback", "downlink", "message", "report", "webhook")
MS = 1763770827000
MOMENT = "2025-11-22T00:20:27.000Z"
ADVANCED_AT = "2025-11-22T00:20:54.000Z"
DEVICE = "DEVICE#demo#153FA"
UPLINK = f"{MS}#1508"
TOLD = {"info_code": 0, "info_message": "Acked", "downlink_ack": True, "downlink_overusage": False}
# An EventBridge entry, with all that counts beside the detail.
LARGEST_ENTRY_BYTES = 256 * 1024 - 1000

type Detail = dict[str, Any]

PLAIN = Downlink(payload="0102030405060708", id="019aa8ee97fb00009c58313d")
RICH = replace(
    PLAIN,
    f_port=15,
    confirmed=True,
    priority=Priority.HIGHEST,
    correlation_ids=("order-7", "ü"),
    decoded_payload={"valve": "open", "angle": 12.5, "steps": [1, True, None, 10**30]},
    max_attempts=3,
    expires_at=MS + 60_000,
    attempt=2,
)
OF_PARAMETER = replace(PLAIN, source=Source.DOWNLINK_DATA)

# What can be known of each step: every combination is announced.
STEPS: dict[Step, list[dict[str, Any]]] = {
    Step.QUEUED: [{}],
    Step.ANSWERED: [
        {"uplink": UPLINK, "generation": 3},
        {"uplink": f"{MS}#0123456789abcdef", "generation": 0},
    ],
    Step.PENDING: [{"info_code": 5}, TOLD | {"info_code": 10}],
    Step.SENT: [TOLD, {"info_code": 0}],
    Step.UNACKNOWLEDGED: [{}],
    Step.FAILED: [
        {"reason": NO_ACKNOWLEDGEMENT},
        {"reason": QUEUE_FULL},
        TOLD | {"info_code": 1, "reason": QUEUE_FULL},
        *(TOLD | {"info_code": code, "reason": reason} for code, reason in _FAILURES.items()),
    ],
    Step.EXPIRED: [{}],
    Step.REMOVED: [{"cause": removal.value} for removal in Removal if removal is not Removal.EXPIRED],
    Step.SUPERSEDED: [{}],
}

EVERYTHING_OF_A_MESSAGE: dict[str, Any] = {
    "pk": DEVICE,
    "sk": f"MSG#{UPLINK}",
    "device": "000153fa",
    "network": "sigfox",
    "time": MS,
    "received_at": MS + 1417,
    "delivery": "0a1b2c3d",
    "group": "943f70dddd4785bd2c2755ec",
    "expires_at": 1795306827,
    "seq_number": 1508,
    "payload": "b0513801a421f0019405a500",
    "decoded": json.dumps(
        {
            "formatter": "climate",
            "version": 3,
            "digest": "0a1b",
            "data": {"temperature": {"value": 21.5, "unit": "°C"}, "counts": [1, None, 1e30], "open": True},
            "normalized": [{"air": {"temperature": 21.5}}],
            "warnings": ["weak signal"],
            "error": "too short",
        }
    ),
    "port": 10,
    "ack": True,
    "radio": {
        **dict.fromkeys(("rssi", "snr", "avg_snr", "signal", "avg_signal", "lat", "lng"), Decimal("-123.10")),
        **dict.fromkeys(("duplicate", "long_polling"), False),
        **dict.fromkeys(("station", "device_type_id"), "1D44"),
    },
    "variables": [
        {
            "variable": "temperature",
            "value": Decimal("21.5"),
            "unit": "°C",
            "metadata": {"a.b": 1, "c": True},
        },
        {"variable": "open", "value": True, "metadata": {}},
        {"variable": "text", "value": ""},
        {"variable": "door", "value": "open", "location": {"latitude": 45, "longitude": Decimal("5.71")}},
        {"variable": "sim", "value": Decimal("89331012345678901234")},
        {"variable": "huge", "value": Decimal("1E+100")},
        {"variable": "tiny", "value": Decimal("-1E-100")},
    ],
    "advanced_at": MS + 27_000,
    "advanced_delivery": "4e5f6071",
    "advanced": {
        "lqi": "GOOD",
        "link_quality": 2,
        "fixed_lat": Decimal("0.0"),
        "fixed_lng": Decimal("0.0"),
        "operator_name": "SIGFOX_France",
        "country_code": 250,
        "duplicates": [{"bs_id": "1D44", "nb_rep": 3, "rssi": Decimal("-123.0"), "new": {"a": [1]}}, {}],
        "geoloc_source": "2",
        "place_ids": ["1"],
        "device_type_id": "628fd74fb3cabb6565ae8100",
    },
    "advanced_variables": [{"variable": "floor", "value": 3}],
    "recovered": True,
    "advanced_recovered": True,
    "sent_time": 4_294_967_295_000,
    "amended": 3,
    "amended_at": MS + 90_000,
    "conflicts": [{"payload": "0a0b", "received_at": Decimal(MS + 90_000)}],
    "warnings": [{"field": "time", "message": "is more than a day ahead"}],
    "advanced_warnings": [
        {"field": "time", "message": "is more than a day ahead"},
        {"field": "floor", "message": "differs"},
    ],
    "location": {
        "latitude": Decimal("45.19"),
        "longitude": Decimal("5.71"),
        "radius": 2447,
        "source": 2,
        "status": 1,
    },
}
LEAST_OF_A_MESSAGE = {
    name: EVERYTHING_OF_A_MESSAGE[name]
    for name in ("pk", "sk", "device", "network", "time", "received_at", "delivery", "group", "expires_at")
}

# A value of each kind of fact.
SAMPLES: Mapping[str, Any] = {
    "duplicate": False,
    "long_polling": True,
    "downlink_ack": True,
    "downlink_overusage": False,
    "info_code": 10,
    "device_message_time": MS,
    "expected_subscription_duration_end_time": MS,
    "expected_token_end_time": "some day",
    "device_info": {"id": "153FA", "state": 0, "nested": [{"a": Decimal("1.5")}]},
    "contract_ids": ["5e74c318"],
    **dict.fromkeys(("batt", "temp", "radius", "lat", "lng"), Decimal("3.05")),
    **dict.fromkeys(("rssi", "snr", "avg_snr", "signal", "avg_signal"), Decimal(-123)),
    **dict.fromkeys(("seq_number", "whitelist_devices", "repeated_msg", "unwanted_devices"), 15),
    **dict.fromkeys(("unwanted_msg", "wrong_msg", "over_regul_msg"), 10**14),
    **dict.fromkeys(("device_expected_seqnumber", "device_message_seqnumber", "device_last_seqnumber"), 4095),
}


def fact_names(service: Service) -> set[str]:
    """All facts that a report of a service can have."""
    return {fact.name for facts in (REPORT_FACTS[service], RECEPTION_FACTS) for fact in facts.values()}


def stream_change(new: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Change:
    """A change of an item, read as the stream writes it."""
    images = {"NewImage": new} | ({} if old is None else {"OldImage": old})
    serialize = TypeSerializer().serialize
    content = {
        image: {name: serialize(value) for name, value in item.items()} for image, item in images.items()
    }
    record = {"eventID": "1", "dynamodb": {"ApproximateCreationDateTime": MS // 1000, **content}}
    change = read_change(record)
    assert change is not None
    return change


def attempt_item(*transitions: Transition) -> dict[str, Any]:
    """The item of an attempt after these steps."""
    downlink = transitions[0].downlink
    item: dict[str, Any] = {"pk": DEVICE, "sk": f"DOWNLINK#{downlink.id}#{downlink.attempt:02d}"}
    with using(Settings("a-table")):
        writes = [step_write(Application("demo", "demo", 0), transition) for transition in transitions]
    for write in writes:
        item |= {write.name.value: dict(write.details), "expires_at": write.kept_until}
        item |= {"downlink": write_downlink(write.downlink)}
    return item


def report_item(service: Service, **content: Any) -> dict[str, Any]:
    """The item of a report."""
    facts = {name: SAMPLES.get(name, "text") for name in fact_names(service)}
    item = {"pk": DEVICE, "sk": f"EVENT#{MS}#0123456789abcdef", "delivery": "0a1b2c3d", "device": "153fa"}
    return item | {
        "service": service.value,
        "time": MS,
        "received_at": MS + 500,
        "facts": facts,
        "expires_at": 1795306827,
        **content,
    }


def announced(new: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> list[tuple[str, Detail]]:
    """What is announced of a change: detail types with their details, all as their schemas say."""
    told = [(event.kind, json.loads(event.detail)) for event in events_of(stream_change(new, old))]
    for kind, detail in told:
        assert violations(kind, detail) == []
    return told


def only(told: list[tuple[str, Detail]]) -> Detail:
    """The detail of the one event that is told."""
    [(_, detail)] = told
    return detail


@pytest.mark.parametrize("family", FAMILIES)
def test_a_schema_is_valid_and_so_are_its_examples(family: str) -> None:
    Draft202012Validator.check_schema(schema(family))
    examples = schema(family)["examples"]

    assert len(examples) >= 3
    assert [violations(family, example) for example in examples] == [[]] * len(examples)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_field_is_described(family: str) -> None:
    content = schema(family)
    described = {name for name, part in content["$defs"].items() if "description" in part}

    for name, field in fields(content):
        reference = field.get("$ref", "").rpartition("/")[2]
        assert "description" in field or reference in described, name


def fields(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the fields of a schema that it defines, with what is said of each."""
    if isinstance(part, list):
        for inner in part:
            yield from fields(inner, path)
    elif isinstance(part, dict):
        for name, field in part.get("properties", {}).items():
            yield f"{path}.{name}", field
        for name, inner in part.items():
            if name not in {"if", "then", "else", "examples"}:
                yield from fields(inner, f"{path}.{name}")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_schema_refuses_what_it_does_not_name(family: str) -> None:
    for example in schema(family)["examples"]:
        assert violations(family, example | {"another": 1})
        assert violations(family, example | {family if family != "downlink" else "step": {}})
        for name in example:
            assert violations(family, {other: example[other] for other in example if other != name})


@pytest.mark.parametrize("downlink", [PLAIN, RICH], ids=["plain", "rich"])
@pytest.mark.parametrize("step", Step)
def test_each_step_of_a_downlink_is_told_as_its_schema_says(step: Step, downlink: Downlink) -> None:
    for details in STEPS[step]:
        item = attempt_item(Transition(downlink, step, MS, details))

        [(kind, detail)] = announced(item)

        assert kind == f"Downlink {step}"
        assert (detail["at"], detail["step"]["at"]) == (MOMENT, MOMENT)
        assert (detail["step"]["state"], detail["step"]["attempt"]) == (step, downlink.attempt)
        assert detail["step"].keys() - {"state", "attempt", "at"} == details.keys() - {"generation"}


def test_the_steps_above_are_all_that_there_is() -> None:
    step = schema("downlink")["$defs"]["step"]["properties"]

    assert set(step["state"]["enum"]) == set(Step) == STEPS.keys()
    assert set(step["reason"]["enum"]) == {details["reason"] for details in STEPS[Step.FAILED]}
    assert set(step["cause"]["enum"]) == {details["cause"] for details in STEPS[Step.REMOVED]}
    assert step.keys() == {"state", "attempt", "at"} | {
        name for known in STEPS.values() for details in known for name in details if name != "generation"
    }


def test_a_downlink_is_told_with_everything_that_its_sender_said() -> None:
    [(_, detail)] = announced(attempt_item(Transition(RICH, Step.QUEUED, MS)))

    assert detail["downlink"] == {
        "id": RICH.id,
        "source": "queue",
        "frm_payload": "AQIDBAUGBwg=",
        "decoded_payload": {"valve": "open", "angle": 12.5, "steps": [1, True, None, 1e30]},
        "f_port": 15,
        "priority": "HIGHEST",
        "confirmed": True,
        "confirmed_retry": {"max_attempts": 3},
        "correlation_ids": ["order-7", "ü"],
        "queued_at": "2025-11-22T00:20:00.123Z",
        "expires_at": "2025-11-22T00:21:27.000Z",
    }
    assert detail["downlink"].keys() == schema("downlink")["$defs"]["downlink"]["properties"].keys()


def test_the_parameter_downlink_data_is_told_as_an_answer_that_was_never_queued() -> None:
    detail = only(announced(attempt_item(Transition(OF_PARAMETER, Step.ANSWERED, MS, {"uplink": UPLINK}))))

    assert detail["downlink"] == {
        "id": PLAIN.id,
        "source": "downlinkData",
        "frm_payload": "AQIDBAUGBwg=",
        "priority": "LOWEST",
        "confirmed": False,
        "correlation_ids": [],
    }
    assert detail["step"]["uplink"] == {"time": MOMENT, "seq_number": 1508}


def test_only_new_steps_are_told_each_under_an_id_of_its_own() -> None:
    life = [
        Transition(PLAIN, Step.QUEUED, MS),
        Transition(PLAIN, Step.ANSWERED, MS, {"uplink": UPLINK}),
        Transition(PLAIN, Step.PENDING, MS, {"info_code": 5}),
        Transition(PLAIN, Step.SENT, MS, TOLD),
    ]
    items = [attempt_item(*life[:number]) for number in range(1, len(life) + 1)]

    told = [announced(items[0]), *(announced(new, old) for old, new in pairwise(items))]

    assert [[kind for kind, _ in each] for each in told] == [
        [f"Downlink {transition.step}"] for transition in life
    ]
    ids = [only(each)["id"] for each in told]
    assert len(set(ids)) == len(ids)
    assert announced(items[-1], items[-1] | {"due_at": MS}) == []
    assert announced(items[1], items[0]) == told[1]


@pytest.mark.parametrize("item", [EVERYTHING_OF_A_MESSAGE, LEAST_OF_A_MESSAGE], ids=["everything", "least"])
def test_a_message_is_told_as_its_schema_says(item: dict[str, Any]) -> None:
    for kind, detail in announced(item):
        assert kind in {"Message received", "Message completed"}
        assert detail["message"]["time"] == MOMENT
        assert detail["message"].keys().isdisjoint({"pk", "sk", "delivery", "expires_at"})


def test_a_message_with_everything_has_every_field_of_the_schema() -> None:
    (_, received), (_, completed), _ = announced(EVERYTHING_OF_A_MESSAGE)
    message = schema("message")["$defs"]["message"]["properties"]
    advanced = {fact.name for fact in ADVANCED_FACTS.values()} | {"geoloc_source", "place_ids"}
    reception = {fact.name for fact in RECEPTION_FACTS.values()}

    assert received["message"] == completed["message"]
    assert received["message"].keys() == message.keys() - {"variables_omitted", "decoded_payload_omitted"}
    assert received["message"]["radio"].keys() == reception
    assert schema("message")["$defs"]["reception"]["properties"].keys() == reception
    assert schema("message")["$defs"]["facts"]["properties"].keys() == advanced
    assert message["advanced"]["$ref"] == message["radio"]["$ref"] == "#/$defs/facts"
    variables = schema("message")["$defs"]["variables"]["items"]["properties"]
    assert {name for variable in received["message"]["variables"] for name in variable} == variables.keys()
    assert received["at"] == received["message"]["received_at"] == "2025-11-22T00:20:28.417Z"
    assert completed["at"] == completed["message"]["advanced_at"] == "2025-11-22T00:20:54.000Z"


def test_numbers_are_such_as_the_bus_takes() -> None:
    message = announced(EVERYTHING_OF_A_MESSAGE)[0][1]["message"]
    values = {each["variable"]: each["value"] for each in message["variables"]}

    assert (values["sim"], values["huge"], values["tiny"]) == (89331012345678901234.0, 1e100, -1e-100)
    assert all(isinstance(values[name], float) for name in ("sim", "huge", "tiny"))
    assert type(message["seq_number"]) is int
    for number, expected in ((2**63 - 1, int), (-(2**63) + 1, int), (2**63, float), (10**15, int)):
        item = LEAST_OF_A_MESSAGE | {"variables": [{"variable": "n", "value": Decimal(number)}]}
        [variable] = only(announced(item))["message"]["variables"]
        assert type(variable["value"]) is expected
        assert variable["value"] == expected(number)


def test_both_parts_of_a_message_are_told_in_either_order() -> None:
    both = {name: value for name, value in EVERYTHING_OF_A_MESSAGE.items() if "amended" not in name}
    own = {"advanced_at", "advanced_delivery", "advanced", "advanced_variables", "advanced_warnings"}
    uplink = {name: value for name, value in both.items() if name not in own}
    part = {"received_at", "delivery", "radio", "variables", "warnings"}
    advanced = {name: value for name, value in both.items() if name not in part}

    told = [*announced(uplink), *announced(both, uplink), *announced(advanced), *announced(both, advanced)]

    received, completed, first_received, then_completed = told
    assert [kind for kind, _ in told] == [
        *("Message received", "Message completed"),
        *("Message received", "Message completed"),
    ]
    assert received[1]["id"] == first_received[1]["id"] != completed[1]["id"] == then_completed[1]["id"]
    assert (received[1]["at"], first_received[1]["at"]) == ("2025-11-22T00:20:28.417Z", ADVANCED_AT)
    assert announced(both | {"group": "another"}, both) == []


def test_what_further_deliveries_add_is_told_each_time() -> None:
    old = {name: value for name, value in EVERYTHING_OF_A_MESSAGE.items() if "amended" not in name}
    once = old | {"amended": 1, "amended_at": MS + 60_000}
    twice = old | {"amended": 2, "amended_at": MS + 120_000}

    told = [*announced(once, old), *announced(twice, once)]

    assert [kind for kind, _ in told] == ["Message completed"] * 2
    assert [detail["at"] for _, detail in told] == ["2025-11-22T00:21:27.000Z", "2025-11-22T00:22:27.000Z"]
    assert len({detail["id"] for _, detail in [*told, *announced(old)]}) == 4


@pytest.mark.parametrize("text", ["x", "ü", "水", "\U0001f4a7"])
def test_a_message_too_large_for_the_bus_is_told_without_its_variables(text: str) -> None:
    half = text * (3000 // len(text.encode()))
    variables = [{"variable": f"v{number}", "value": half} for number in range(50)]
    item = EVERYTHING_OF_A_MESSAGE | {"variables": variables, "advanced_variables": variables}

    for _, detail in announced(item):
        assert detail["message"]["variables_omitted"] is True
        assert detail["message"].keys().isdisjoint({"variables", "advanced_variables"})
        assert detail["message"]["payload"] == EVERYTHING_OF_A_MESSAGE["payload"]

    (_, detail), *_ = announced(item | {"advanced_variables": []})
    assert len(detail["message"]["variables"]) == 50


def test_what_a_formatter_made_of_a_payload_is_told_by_the_names_of_the_messages_route() -> None:
    message = announced(EVERYTHING_OF_A_MESSAGE)[0][1]["message"]

    assert {name: message[name] for name in message if "decode" in name or "formatter" in name} == {
        "decoded_payload": {
            "temperature": {"value": 21.5, "unit": "°C"},
            "counts": [1, None, 1e30],
            "open": True,
        },
        "decoded_payload_warnings": ["weak signal"],
        "decode_error": "too short",
        "formatter": {"id": "climate", "version": 3},
    }
    assert message["normalized_payload"] == [{"air": {"temperature": 21.5}}]


def test_tagoio_s_list_of_values_is_told_as_it_is() -> None:
    values = [{"variable": "temperature", "value": 21.5, "unit": "°C"}]
    decoded = json.dumps({"formatter": "climate", "version": 1, "digest": "0a", "data": values})

    message = only(announced(LEAST_OF_A_MESSAGE | {"decoded": decoded}))["message"]

    assert message["decoded_payload"] == values
    assert message.keys().isdisjoint({"decoded_payload_warnings", "normalized_payload", "decode_error"})


def test_what_a_formatter_made_goes_where_a_message_is_too_large_even_without_its_variables() -> None:
    large = {f"v{number}": "x" * 2000 for number in range(120)}
    decoded = json.dumps({"formatter": "climate", "version": 1, "digest": "0a", "data": large})
    variables = [{"variable": "v", "value": 1}]

    message = only(announced(LEAST_OF_A_MESSAGE | {"decoded": decoded, "variables": variables}))["message"]

    assert (message["variables_omitted"], message["decoded_payload_omitted"]) == (True, True)
    assert message["formatter"] == {"id": "climate", "version": 1}
    assert message.keys().isdisjoint({"variables", "decoded_payload"})


@pytest.mark.parametrize("service", Service)
def test_a_report_of_each_service_is_told_as_its_schema_says(service: Service) -> None:
    location = EVERYTHING_OF_A_MESSAGE["location"]

    [(kind, detail)] = announced(
        report_item(
            service,
            location=location,
            extras={"Own": [{"x": None, "y": Decimal("1E+40")}]},
            recovered=True,
        )
    )

    assert kind == "Report received"
    assert detail["report"]["facts"].keys() == fact_names(service)
    described = schema("report")["$defs"]["report"]["properties"].keys()
    assert detail["report"].keys() == described - {"extras_omitted", "sent_time"}
    assert detail["report"]["extras"] == {"Own": [{"x": None, "y": 1e40}]}
    assert (detail["report"]["time"], detail["at"]) == (MOMENT, "2025-11-22T00:20:27.500Z")


@pytest.mark.parametrize("service", Service)
def test_the_schema_names_the_facts_of_a_service_and_no_others(service: Service) -> None:
    parts = schema("report")["$defs"]

    assert parts[service]["properties"].keys() | parts["reception"]["properties"].keys() == fact_names(
        service
    )


def test_moments_among_the_facts_are_told_as_moments_where_they_could_be_read() -> None:
    facts = only(announced(report_item(Service.EVENT)))["report"]["facts"]

    assert facts["device_message_time"] == facts["expected_subscription_duration_end_time"] == MOMENT
    assert facts["expected_token_end_time"] == "some day"


def test_a_report_without_a_time_has_that_of_its_arrival() -> None:
    item = report_item(Service.STATUS)
    del item["time"]

    assert only(announced(item))["report"]["time"] == "2025-11-22T00:20:27.500Z"


def test_a_report_too_large_for_the_bus_is_told_without_its_extras() -> None:
    item = report_item(Service.STATUS, extras={f"x{number}": "ü" * 3000 for number in range(40)})

    report = only(announced(item))["report"]

    assert report["extras_omitted"] is True
    assert "extras" not in report


def test_a_report_is_told_once() -> None:
    item = report_item(Service.STATUS)

    assert announced(item, item | {"delivery": "another"}) == []


def test_a_detail_leaves_room_for_the_rest_of_its_event() -> None:
    variables = [{"variable": f"v{number}", "value": "x" * 5900} for number in range(33)]

    [event] = events_of(stream_change(LEAST_OF_A_MESSAGE | {"variables": variables}))

    assert "variables_omitted" not in event.detail
    assert 190_000 < len(event.detail.encode()) < LARGEST_ENTRY_BYTES


def test_the_state_of_a_device_is_not_told() -> None:
    maps: dict[str, object] = {f"answers_{number}": {} for number in range(ANSWER_MAPS)}
    state = {"queue": [], "downlink_data": "", "removal": "cleared", "generation": 0, **maps}

    assert announced({"pk": DEVICE, "sk": "STATE", **state}) == []


def documented() -> dict[str, str]:
    """The detail types of the documentation, with the schemas that it names."""
    page = (SCHEMAS / "README.md").read_text()
    return dict(re.findall(r"^\| `(\w+ \w+)` \|.*\]\((\w+)\.schema\.json\) \|$", page, re.MULTILINE))


def test_exactly_the_detail_types_that_can_be_told_are_documented() -> None:
    assert documented().keys() == set(KINDS)
    assert all(family_of(kind) == family for kind, family in documented().items())
    assert {file.name for file in SCHEMAS.glob("*.json")} == {f"{family}.schema.json" for family in FAMILIES}
    for kind, family in documented().items():
        assert f'"{kind}"' in schema(family)["description"]


def test_the_rules_of_the_documentation_catch_events() -> None:
    page = (SCHEMAS / "README.md").read_text()
    rules = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    events = [
        {"source": "sigbridge", "detail-type": kind, "detail": example}
        for kind, family in documented().items()
        for example in schema(family)["examples"]
    ]

    assert len(rules) >= 3
    for rule in rules:
        assert any(matches(rule, event) for event in events), rule


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tells whether an EventBridge pattern of plain values matches an event."""
    return all(
        name in event
        and (matches(wanted, event[name]) if isinstance(wanted, Mapping) else event[name] in wanted)
        for name, wanted in pattern.items()
    )
