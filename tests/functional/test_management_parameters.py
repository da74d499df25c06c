"""`/v1/devices/{id}/parameters`: TagoIO's configuration parameters, and the one that answers the device."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.applications import create_application
from sigbridge.clock import rfc3339
from sigbridge.devices import (
    UnknownDevice,
    UnknownParameter,
    delete_parameter,
    parameters_of,
    register_device,
    set_parameter,
)
from sigbridge.devices.parameters import MOST_PARAMETERS, TooManyParameters
from sigbridge.errors import InvalidInput, SigbridgeError
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge.store import device_states, table
from sigbridge.store import parameters as stored_parameters
from sigbridge.store.rows import Deletion, Key
from tests.functional.conftest import Stored, used_key
from tests.functional.failing_store import FAILURES, Failure, failing
from tests.functional.lambdas import Answer
from tests.functional.management import Management
from tests.functional.played_device import Clock, PlayedDevice

DEVICE = "153FA"
PATH = f"/v1/devices/{DEVICE}/parameters"
DATA, OTHER_DATA = "00000000ada1b2c3", "1122334455667788"
DOWNLINK_DATA = f"{PATH}/downlinkData"


@pytest.fixture(autouse=True)
def device(application: Application) -> str:
    """Device 153FA of `demo`."""
    return register_device(application.id, DEVICE).id


def put(management: Management, key: str, value: str = "x", **body: object) -> Answer:
    return management.put(f"{PATH}/{key}", {"value": value} | body)


def fill(number: int) -> None:
    """Gives the device so many parameters."""
    for position in range(number):
        set_parameter("demo", DEVICE, f"parameter_{position}", str(position))


def keys() -> list[str]:
    return [parameter.key for parameter in parameters_of("demo", DEVICE)]


def counted(stored: Stored) -> int:
    """How many parameters the device is thought to have."""
    [listed] = stored(f"DEVICE#demo#{DEVICE}", "DEVICE")
    return int(listed.get("parameters", 0))


def at_once[T](calls: Sequence[Callable[[], T]]) -> list[T | type[SigbridgeError]]:
    """Makes calls at the same time; gives what each gives, or the class of its error."""
    barrier = Barrier(len(calls))

    def start(make: Callable[[], T]) -> T | type[SigbridgeError]:
        barrier.wait()
        try:
            return make()
        except SigbridgeError as refused:
            return type(refused)

    with ThreadPoolExecutor(len(calls)) as callers:
        return list(callers.map(start, calls))


# Reading and writing


def test_a_parameter_is_made_changed_listed_and_deleted(management: Management, clock: Clock) -> None:
    made = put(management, "interval", "600")
    moment = rfc3339(clock.now_ms)
    assert (made.status, made.json) == (
        201,
        {"key": "interval", "value": "600", "sent": False, "updated_at": moment},
    )

    clock.wait(60)
    changed = put(management, "interval", "", sent=True)
    later = rfc3339(clock.now_ms)
    assert changed.status == 200
    assert changed.json == {"key": "interval", "value": "", "sent": True, "updated_at": later}
    assert management.get(PATH).json == {"parameters": [changed.json]}

    deleted = management.delete(f"{PATH}/interval")
    assert (deleted.status, deleted.text) == (204, None)
    assert management.get(PATH).json == {"parameters": []}


def test_a_parameter_that_is_set_again_was_not_sent_unless_that_is_said(management: Management) -> None:
    put(management, "interval", "600", sent=True)

    assert put(management, "interval", "600").json["sent"] is False


@pytest.mark.parametrize(
    ("query", "listed"),
    [({}, ["a", "b", "c"]), ({"sent": "true"}, ["b"]), ({"sent": "false"}, ["a", "c"])],
)
def test_parameters_are_listed_in_the_order_of_their_keys_by_whether_they_were_sent(
    management: Management, query: dict[str, object], listed: list[str]
) -> None:
    for key in ("c", "b", "a"):
        put(management, key, sent=key == "b")

    told = management.get(PATH, **query).json["parameters"]

    assert [parameter["key"] for parameter in told] == listed


def test_any_spelling_of_the_device_is_understood(management: Management) -> None:
    assert management.put("/v1/devices/00-01-53-fa/parameters/a", {"value": "x"}).status == 201
    assert [parameter["key"] for parameter in management.get(PATH).json["parameters"]] == ["a"]


def test_a_value_holds_6000_bytes(management: Management) -> None:
    value = "é" * 3000

    assert put(management, "long", value).json["value"] == value
    assert management.get(PATH).json["parameters"][0]["value"] == value


@given(
    key=st.from_regex(r"[A-Za-z0-9_.:-]{1,100}", fullmatch=True),
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
)
def test_what_is_set_is_read_back(management: Management, key: str, value: str) -> None:
    answer = put(management, key, value)

    assert answer.status == 201
    assert (answer.json["key"], answer.json["value"]) == (key, value)
    assert management.get(PATH).json["parameters"] == [answer.json]
    assert management.delete(f"{PATH}/{key}").status == 204


@given(
    key=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=110)
)
def test_any_key_is_taken_or_refused(management: Management, key: str) -> None:
    answer = put(management, key)

    if re.fullmatch(r"[A-Za-z0-9_.:-]{1,100}", key, re.ASCII):
        assert answer.status == 201
        management.delete(f"{PATH}/{key}")
    else:
        assert answer.status in {400, 404}


# What is refused


def test_a_key_that_differs_from_downlink_data_only_in_case_is_refused_with_a_hint(
    management: Management,
) -> None:
    refused = put(management, "downlinkdata", DATA)

    hint = "differs from `downlinkData` only in upper and lower case; write `downlinkData`"
    assert (refused.status, refused.json["message"]) == (400, f"key: {hint}")


@pytest.mark.parametrize(
    ("name", "body", "fields"),
    [
        ("a", {}, ["value"]),
        ("a", {"value": 5}, ["value"]),
        ("a", {"value": None}, ["value"]),
        ("a", {"value": ["x"]}, ["value"]),
        ("a", {"value": "x" * 6001}, ["value"]),
        ("a", {"value": "é" * 3000 + "x"}, ["value"]),
        ("a", {"value": "x", "sent": "true"}, ["sent"]),
        ("a", {"value": "x", "sent": 1}, ["sent"]),
        ("a", {"value": "x", "sent": None}, ["sent"]),
        ("a", {"value": "x", "key": "b", "id": "c"}, ["key", "id"]),
        ("a", [], ["body"]),
        ("a", None, ["body"]),
        ("a b", {"value": "x"}, ["key"]),
        ("a$", {"value": "x"}, ["key"]),
        ("é", {"value": "x"}, ["key"]),
        ("a" * 101, {"value": "x"}, ["key"]),
        ("downlinkdata", {"value": DATA}, ["key"]),
        ("DownlinkData", {"value": "x"}, ["key"]),
        ("downlinkData", {"value": ""}, ["value"]),
        ("downlinkData", {"value": "00"}, ["value"]),
        ("downlinkData", {"value": "zz" * 8}, ["value"]),
        ("downlinkData", {"value": "00" * 9}, ["value"]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(
    management: Management, stored: Stored, name: str, body: object, fields: list[str]
) -> None:
    put(management, "a", "before")
    put(management, "downlinkData", DATA)
    before = stored()

    answer = management.put(f"{PATH}/{name}", body)

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == fields
    assert stored() == before


@pytest.mark.parametrize(("name", "value"), [("sent", "yes"), ("sent", ""), ("sent", "1"), ("colour", "red")])
def test_what_is_wrong_with_a_query_is_named(management: Management, name: str, value: str) -> None:
    answer = management.get(PATH, **{name: value})

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == [name]


def test_a_parameter_is_deleted_once(management: Management) -> None:
    put(management, "a")

    assert management.delete(f"{PATH}/a").status == 204
    refused = management.delete(f"{PATH}/a")
    assert refused.status == 404
    assert refused.json == {"status": False, "message": "Device 153FA has no parameter 'a'"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "/a", {"value": "x"}),
        ("PUT", "/downlinkData", {"value": DATA}),
        ("DELETE", "/a", None),
    ],
)
def test_a_device_of_another_application_is_as_unknown_as_none(
    management: Management, stored: Stored, method: str, path: str, body: object
) -> None:
    create_application("other")
    register_device("other", "AB12")
    set_parameter("other", "AB12", "a", "theirs")
    before = stored()

    theirs = management.request(method, f"/v1/devices/AB12/parameters{path}", body=body)
    nobodys = management.request(method, f"/v1/devices/AB13/parameters{path}", body=body)

    assert theirs.status == nobodys.status == 404
    assert theirs.json == {"status": False, "message": "Device AB12 is not known"}
    assert str(theirs.text).replace("AB12", "AB13") == nobodys.text
    assert stored() == before


def test_an_id_that_names_no_device_is_refused(management: Management) -> None:
    answer = management.get("/v1/devices/1A$/parameters")

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == ["device_id"]


def test_who_may_read_may_not_write(application: Application) -> None:
    reader = Management(used_key(application.id, [Right.DEVICES_READ]))
    writer = Management(used_key(application.id, [Right.DEVICES_WRITE]))

    assert reader.get(PATH).status == 200
    assert put(reader, "a").status == 403
    assert put(writer, "a").status == 201
    assert reader.delete(f"{PATH}/a").status == 403
    assert writer.get(PATH).status == 403
    assert writer.delete(f"{PATH}/a").status == 204


# How many


def test_the_61st_parameter_is_refused_and_the_60_can_be_changed(
    management: Management, stored: Stored
) -> None:
    fill(MOST_PARAMETERS)
    before = stored()

    refused = [put(management, "one_more"), put(management, "downlinkData", DATA)]

    for answer in refused:
        assert answer.status == 400
        assert answer.json["errors"] == [
            {"field": "key", "message": "the device has 60 parameters, and can't have more"}
        ]
    assert stored() == before
    assert put(management, "parameter_0", "other").status == 200
    assert management.delete(f"{PATH}/parameter_0").status == 204
    assert put(management, "downlinkData", DATA).status == 201
    assert put(management, "one_more").status == 400
    assert len(management.get(PATH).json["parameters"]) == MOST_PARAMETERS == 60


def test_the_downlink_data_of_the_domain_is_one_of_the_60() -> None:
    fill(MOST_PARAMETERS)

    with pytest.raises(InvalidInput):
        set_parameter("demo", DEVICE, "downlinkData", DATA)

    assert "downlinkData" not in {parameter.key for parameter in parameters_of("demo", DEVICE)}


def test_of_many_that_come_at_once_those_are_made_that_there_is_room_for(stored: Stored) -> None:
    fill(MOST_PARAMETERS - 2)

    made = at_once([lambda key=key: set_parameter("demo", DEVICE, key, "x") for key in "abcdefgh"])  # type: ignore[misc]

    assert made.count(TooManyParameters) == 6
    assert len(keys()) == counted(stored) == MOST_PARAMETERS


def test_one_parameter_that_is_set_by_many_at_once_is_new_for_one(stored: Stored) -> None:
    fill(MOST_PARAMETERS - 1)

    set_at_once: Any = at_once([lambda: set_parameter("demo", DEVICE, "same", "x")] * 8)

    assert sorted(each.is_new for each in set_at_once) == [False] * 7 + [True]
    assert len(keys()) == counted(stored) == MOST_PARAMETERS


def test_the_count_is_right_whoever_makes_and_deletes_at_once(stored: Stored) -> None:
    fill(4)
    makers = [lambda: set_parameter("demo", DEVICE, "same", "x")] * 4
    deleters = [lambda: delete_parameter("demo", DEVICE, "same")] * 4

    for _ in range(3):
        done = at_once([*makers, *deleters])
        assert set(filter(lambda each: isinstance(each, type), done)) <= {UnknownParameter}
        assert len(keys()) == counted(stored)


def test_a_device_that_is_deleted_meanwhile_gets_no_parameter(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = stored_parameters.add

    def overtaken(*arguments: Any) -> None:
        table.delete(Deletion(Key(f"DEVICE#demo#{DEVICE}", "DEVICE")))
        add(*arguments)

    monkeypatch.setattr(stored_parameters, "add", overtaken)

    with pytest.raises(UnknownDevice):
        set_parameter("demo", DEVICE, "late", "x")

    assert stored(sk="PARAM#") == []


def test_two_devices_have_parameters_of_their_own(management: Management) -> None:
    register_device("demo", "153FA1")
    put(management, "a", "first")
    management.put("/v1/devices/153FA1/parameters/a", {"value": "second"})

    told = [management.get(f"/v1/devices/{id_}/parameters").json for id_ in (DEVICE, "153FA1")]

    assert [[each["value"] for each in one["parameters"]] for one in told] == [["first"], ["second"]]


# downlinkData


def test_the_downlink_data_answers_the_device_until_it_is_deleted(
    management: Management, played: PlayedDevice
) -> None:
    assert played.ask() is None
    assert put(management, "downlinkData", f" {DATA.upper()} ").json["value"] == DATA
    assert [played.ask(), played.ask()] == [DATA, DATA]

    assert put(management, "downlinkData", OTHER_DATA).status == 200
    assert played.ask() == OTHER_DATA

    played.push()
    assert played.ask() != OTHER_DATA
    assert played.ask() == OTHER_DATA

    assert management.delete(DOWNLINK_DATA).status == 204
    assert played.ask() is None
    assert management.delete(DOWNLINK_DATA).status == 404


@pytest.mark.parametrize("sent", [True, False])
def test_sent_is_a_flag_of_the_user_that_no_answer_changes_or_heeds(
    management: Management, played: PlayedDevice, *, sent: bool
) -> None:
    put(management, "downlinkData", DATA, sent=sent)

    assert [played.ask(), played.ask()] == [DATA, DATA]
    assert management.get(PATH).json["parameters"][0]["sent"] is sent


def test_a_parameter_of_another_name_answers_nothing(management: Management, played: PlayedDevice) -> None:
    for key in ("downlinksData", "downlinkData2", "downlink", "downlink_data"):
        put(management, key, DATA)

    assert played.ask() is None


def test_the_type_of_the_device_answers_where_the_parameter_does_not(
    management: Management, played: PlayedDevice
) -> None:
    management.post("/v1/device-types", {"id": "tracker", "downlink_data": OTHER_DATA})
    management.patch(f"/v1/devices/{DEVICE}", {"type": "tracker"})
    assert played.ask() == OTHER_DATA

    put(management, "downlinkData", DATA)
    assert played.ask() == DATA

    management.delete(DOWNLINK_DATA)
    assert played.ask() == OTHER_DATA


def test_the_parameter_and_the_answer_agree_whoever_writes_at_once(stored: Stored) -> None:
    def clear() -> None:
        with suppress(UnknownParameter):
            delete_parameter("demo", DEVICE, "downlinkData")

    calls: list[Callable[[], object]] = [
        *[partial(set_parameter, "demo", DEVICE, "downlinkData", f"{number:016x}") for number in range(4)],
        *[clear] * 4,
    ]

    for _ in range(4):
        at_once(calls)

        values = [parameter.value for parameter in parameters_of("demo", DEVICE)]
        assert values == list(filter(None, [device_states.find("demo", DEVICE).downlink_data]))
        assert len(values) == counted(stored)


def is_write_of_the_state(request: dict[str, Any]) -> bool:
    return "TransactItems" in request


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_store_that_fails_changes_neither_parameter_nor_answer(
    management: Management, stored: Stored, failure: Failure
) -> None:
    put(management, "downlinkData", DATA)
    before = stored()

    with failing(failure, is_write_of_the_state):
        refused = [
            put(management, "downlinkData", OTHER_DATA),
            management.delete(DOWNLINK_DATA),
            put(management, "new"),
        ]

    assert [answer.status for answer in refused] == [503, 503, 503]
    assert stored() == before
    assert put(management, "downlinkData", OTHER_DATA).status == 200
    assert put(management, "new").status == 201
    assert management.delete(DOWNLINK_DATA).status == 204
