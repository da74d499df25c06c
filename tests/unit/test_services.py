"""Reading reports and advanced data: whatever stands in a fact, it is read or refused, never worse."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.http.request import Request
from sigbridge.api.ingest import addressed_service, read_service
from sigbridge.api.ingest.structures import read_object, read_objects, read_texts, storable
from sigbridge.errors import InvalidInput
from sigbridge.model.message import MessagePart, Network, ReceivedMessage
from sigbridge.model.report import ReceivedReport
from sigbridge.model.service import Service, UnknownService
from sigbridge.sigfox.facts import ADVANCED_FACTS, RECEPTION_FACTS, REPORT_FACTS, REQUIRED_FACTS
from sigbridge.tagoio.variables import InvalidVariable

ITEM_BYTES = 400_000
KNOWN = {"dataadvanced", *Service}
JSON = {"content-type": "application/json"}

words = st.sampled_from(
    ["", "null", "N/A", "true", "0", "-1", "3.05", "1e400", "NaN", "ERROR", "{", "[]", '{"lat":1,"lng":2}']
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    words,
    texts,
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=15,
)
services = st.sampled_from(Service)
names = st.sampled_from(
    sorted(
        {
            fact.name
            for facts in (*REPORT_FACTS.values(), RECEPTION_FACTS, ADVANCED_FACTS)
            for fact in facts.values()
        }
        | {"device", "time", "computedLocation", "sourceId", "placeIds", "x", ""}
    )
)
bodies = st.dictionaries(names, documents, max_size=8)


def request_with(body: object, path: dict[str, str] | None = None, **changes: Any) -> Request:
    """A request with a JSON body."""
    fields: dict[str, Any] = {
        "id": "1",
        "path": path or {},
        "headers": JSON,
        "authorization": "",
        "query_string": "",
        "raw_body": json.dumps(body),
        "is_base64": False,
    }
    return Request(**fields | changes)


def nested(levels: int) -> object:
    """An array in an array, and so on."""
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def stored_size(content: object) -> int:
    """Bytes of its stored form, about; fails where it has none."""
    return len(json.dumps(TypeSerializer().serialize(content)))


def outcome(request: Request, service: Service | None) -> ReceivedMessage | ReceivedReport | InvalidInput:
    """What is read of a request with one document, or why nothing is."""
    try:
        received = read_service(request, service)
    except InvalidInput as invalid:
        return invalid
    assert not received.refused
    [found] = [*received.messages.values(), *received.reports.values()]
    return found


@given(services, bodies)
def test_any_json_in_any_fact_is_read_or_refused(service: Service, body: dict[str, Any]) -> None:
    request = request_with({"device": "153FA", "time": 1763770827, "infoCode": 0} | body)

    found = outcome(request, service)

    if isinstance(found, InvalidInput):
        assert found.faults
        assert all(fault.index == 0 and fault.message for fault in found.faults)
    elif isinstance(found, ReceivedReport):
        assert None not in found.facts.values()
        assert stored_size([dict(found.facts), dict(found.extras)]) < ITEM_BYTES


@given(services, bodies)
def test_any_json_in_any_item_of_tagoio_is_read_or_refused(service: Service, body: dict[str, Any]) -> None:
    items = [
        {"variable": name, "value": value, "location": value, "serie": value} for name, value in body.items()
    ]
    request = request_with([{"variable": "device", "value": "153FA"}, *items])

    with suppress(InvalidInput):
        received = read_service(request, service)
        positions = sorted((*received.messages, *received.reports))
        assert positions == list(range(len(positions)))


@given(bodies)
def test_any_json_in_advanced_data_is_read_or_refused(body: dict[str, Any]) -> None:
    request = request_with({"device": "153FA", "time": 1763770827} | body)

    found = outcome(request, None)

    if isinstance(found, InvalidInput):
        assert found.faults
    elif isinstance(found, ReceivedMessage):
        assert found.network is Network.SIGFOX
        # What says whether its device asks is the message itself, on whatever route it comes.
        assert found.part is MessagePart.ADVANCED or "long_polling" in body
        assert None not in found.radio.values()
        assert stored_size(dict(found.radio)) < ITEM_BYTES


facts_as_text = st.fixed_dictionaries(
    {"info_code": st.integers(0, 10**15 - 1)},
    optional={
        "info_message": st.text(st.characters(categories=["L", "N"]), min_size=1).filter(
            lambda text: text.lower() not in {"null"}
        ),
        "downlink_ack": st.booleans(),
        "downlink_overusage": st.booleans(),
    },
)


@given(facts_as_text, st.integers(1_000_000_000, 9_999_999_999))
def test_an_acknowledgement_is_the_same_in_every_form(facts: dict[str, Any], seconds: int) -> None:
    written = {name: str(value) for name, value in facts.items()} | {"device": "153fa", "time": str(seconds)}
    form = {"content-type": "application/x-www-form-urlencoded"}
    query = urlencode(written)
    pattern = ";".join(written)
    batch = ";".join(written.values())
    requests = [
        request_with(facts | {"device": "153fa", "time": seconds}),
        request_with([written]),
        request_with([{"variable": name, "value": value} for name, value in written.items()]),
        request_with(None, raw_body=query, headers=form),
        request_with(None, raw_body="", query_string=query),
        request_with(None, raw_body="", query_string=f"pattern={quote(pattern)}&batch={quote(batch)}"),
    ]

    reports = [list(read_service(request, Service.ACKNOWLEDGE).reports.values()) for request in requests]

    expected = ReceivedReport(Service.ACKNOWLEDGE, "153FA", "153fa", seconds * 1000, facts)
    assert reports == [[expected]] * len(requests)


@given(st.sampled_from([*Service, "data-advanced"]), st.randoms())
def test_a_service_is_named_in_any_case(name: str, random: Any) -> None:
    written = "".join(random.choice([letter.upper(), letter]) for letter in name)

    service = addressed_service(request_with({}, path={"service": written}))

    assert service == (None if name == "data-advanced" else Service(name))


@given(st.text().filter(lambda name: name.replace("_", "").replace("-", "").lower() not in KNOWN))
def test_any_other_service_is_unknown(name: str) -> None:
    with pytest.raises(UnknownService) as unknown:
        addressed_service(request_with({}, path={"service": name}))

    assert all(service in unknown.value.message for service in (*Service, "data-advanced"))


def test_every_service_has_facts_and_its_required_ones_are_among_them() -> None:
    assert set(REPORT_FACTS) == set(Service)
    for service, required in REQUIRED_FACTS.items():
        assert {name.lower() for name in required} <= set(REPORT_FACTS[service])


@given(documents)
def test_json_is_kept_as_it_is(document: object) -> None:
    exact = json.loads(json.dumps(document), parse_float=Decimal)

    found = storable(exact)

    assert found == exact or '"": ' in json.dumps(document)
    assert stored_size(found)


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"a": [1, int("9" * 39)]}, ("a", "1"), "at most 38 digits"),
        ({"a": {"b": "x" * 6001}}, ("a", "b"), "at most 6000 bytes"),
        ({"a": {"x" * 256: 1}}, ("a",), "at most 255 characters"),
        (nested(17), ("0",) * 17, "at most 16 levels"),
    ],
)
def test_what_can_not_be_kept_is_refused_by_its_place(
    value: object, path: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InvalidVariable, match=message) as refused:
        storable(value)
    assert refused.value.path == path


def test_16_levels_are_kept() -> None:
    assert storable(nested(16)) == nested(16)


@pytest.mark.parametrize("value", [None, "", "null", "N/A", [], "[]", " [ ] "])
@pytest.mark.parametrize("read", [read_object, read_objects])
def test_what_stands_for_none(read: Any, value: object) -> None:
    assert read(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [({}, {}), ({"a": 1}, {"a": 1}), ('{"a": 1.5}', {"a": Decimal("1.5")}), ([{"a": 1}, {}], {"a": 1})],
)
def test_an_object_may_come_as_text(value: object, expected: object) -> None:
    assert read_object(value) == expected


@pytest.mark.parametrize("value", [0, False, "a", "{", "[1]", [1], Decimal("1.5")])
def test_what_is_no_object(value: object) -> None:
    with pytest.raises(ValueError, match="must be an object"):
        read_object(value)


@pytest.mark.parametrize("value", [0, False, "a", {}, "{}", [1], [{}, None], Decimal("1.5")])
def test_what_is_no_array_of_objects(value: object) -> None:
    with pytest.raises(ValueError, match="must be an array of objects"):
        read_objects(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", " b ", 5, None, ""], ["a", "b", "5"]),
        ("a", ["a"]),
        ("a, b,,null", ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        ([], None),
        (["", None], None),
        ("", None),
        (None, None),
    ],
)
def test_texts_come_as_an_array_or_with_commas(value: object, expected: object) -> None:
    assert read_texts(value) == expected


@pytest.mark.parametrize("value", [5, True, {}, [{}], [1.5], [True]])
def test_what_is_no_array_of_texts(value: object) -> None:
    with pytest.raises(ValueError, match="must be a"):
        read_texts(value)
