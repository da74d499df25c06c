"""What Sigfox's API is sent to change devices, and what is read of its bulk jobs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.sigfox_change import DeviceChange, DeviceWish, SigfoxOrder
from sigbridge.sigfox.rest.device_changes import (
    BulkError,
    BulkStatus,
    bulk_body,
    bulk_job_path,
    bulk_path,
    creation,
    edit,
    read_bulk_status,
    read_replacement,
    replacement,
    unsubscription,
)
from sigfox_simulator.sigfox_api.requests import Request
from tests.contract.sigfox_api.judge import violations

TYPE = "5e74c318aa8aec41f9cc6b00"
NUMBERS = st.floats(-90, 90, allow_nan=False)
SWITCH = st.none() | st.booleans()


@st.composite
def wishes(draw: st.DrawFn) -> DeviceWish:
    place: Any = draw(st.none() | st.tuples(NUMBERS, NUMBERS))
    lat, lng = place or (None, None)
    name = draw(st.none() | st.text(min_size=1, max_size=100))
    pac = draw(st.text("0123456789ABCDEF", min_size=16, max_size=16))
    id_ = f"{draw(st.integers(1, 2**32 - 1)):X}"
    return DeviceWish(id_, pac, name, lat, lng, draw(SWITCH), draw(SWITCH))


@given(st.lists(wishes(), min_size=1, max_size=5), st.sampled_from(DeviceChange))
def test_bodies_have_the_fields_of_the_description_and_no_others(
    wanted: list[DeviceWish], change: DeviceChange
) -> None:
    order = SigfoxOrder(change, TYPE, 1_900_000_000_000)
    method = "PUT" if change is DeviceChange.EDIT else "POST"

    assert violations(Request(method, bulk_path(change), {}, bulk_body(order, wanted))) == []
    first = wanted[0]
    assert violations(Request("POST", "/devices/", {}, creation(TYPE, first))) == []
    assert violations(Request("PUT", f"/devices/{first.id}", {}, edit(first))) == []


def test_the_other_bodies_and_paths_are_as_described() -> None:
    requests = [
        Request("PUT", "/devices/A1/unsubscribe", {}, unsubscription(1_900_000_000_000)),
        Request("POST", "/devices/bulk/replace", {}, replacement("A1", "A2")),
        *(Request("GET", bulk_job_path(change, "5e74"), {}, None) for change in DeviceChange),
    ]

    assert [violation for request in requests for violation in violations(request)] == []


@given(wishes())
def test_a_row_of_a_job_is_read_as_it_was_written(wish: DeviceWish) -> None:
    assert DeviceWish.read(wish.as_row()) == wish


def test_a_later_wish_takes_in_an_earlier_one() -> None:
    earlier = DeviceWish("A1", name="Barn", automatic_renewal=False)

    assert earlier.later(DeviceWish("A1", name="Hill")) == DeviceWish(
        "A1", name="Hill", automatic_renewal=False
    )


def test_a_transfer_keeps_the_history() -> None:
    body = bulk_body(SigfoxOrder(DeviceChange.TRANSFER, TYPE), [DeviceWish("A1", "0" * 16)])

    assert body == {"deviceTypeId": TYPE, "data": [{"id": "A1", "keepHistory": True}]}


STATUSES: list[tuple[dict[str, Any], BulkStatus]] = [
    ({}, BulkStatus(is_done=False, errors=[])),
    ({"jobDone": False, "status": None}, BulkStatus(is_done=False, errors=[])),
    ({"jobDone": "true", "status": {"success": "2"}}, BulkStatus(is_done=True, errors=[])),
    (
        {"jobDone": True, "status": {"errors": [{"entity": "00a1", "message": "Invalid PAC", "type": 0}]}},
        BulkStatus(is_done=True, errors=[BulkError("A1", "Invalid PAC")]),
    ),
    (
        {"jobDone": True, "status": {"errors": [{"message": "System down", "type": 1}, "?"]}},
        BulkStatus(is_done=True, errors=[BulkError(None, "System down")]),
    ),
    (
        {"jobDone": True, "status": {"errors": [{"entity": "", "new": 1}]}},
        BulkStatus(is_done=True, errors=[BulkError(None, "Sigfox does not say what is wrong with it")]),
    ),
]


@pytest.mark.parametrize(("answer", "status"), STATUSES)
def test_a_bulk_job_is_read_however_its_fields_drift(answer: dict[str, Any], status: BulkStatus) -> None:
    assert read_bulk_status(answer) == status


def test_why_nothing_was_replaced_is_read() -> None:
    assert read_replacement({"total": 1, "status": {"success": 1, "errors": []}}) == []
    assert read_replacement({"status": {"errors": [{"entity": "A1", "message": "No"}]}}) == ["No"]
