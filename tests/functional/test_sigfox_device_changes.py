"""Devices changed in Sigfox as jobs: each once, whatever breaks off, and refusals named by device."""

from typing import Any

import pytest

from sigbridge.devices import find_device
from sigbridge.jobs import Job, JobState, find_job, list_jobs, list_row_errors
from sigbridge.model.sigfox_change import DeviceChange, DeviceWish, SigfoxOrder
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device_type import SigfoxDeviceType
from sigbridge.provisioning import change_place
from sigbridge.provisioning.change_orders import NoRoomInContract, edit_device, order_change
from sigbridge.store import job_rows, sigfox_device_types
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.conftest import Stored
from tests.functional.played_device import Clock
from tests.functional.sigfox_api import DEVICE_TYPE, GROUP
from tests.functional.sigfox_jobs import OTHER_TYPE, PAC, Work

pytestmark = pytest.mark.usefixtures("connected")

REGISTER = SigfoxOrder(DeviceChange.REGISTER, DEVICE_TYPE)


def made(backend: SigfoxBackend, count: int, first: int = 0xA0) -> list[DeviceWish]:
    """Devices that were made, and are registered nowhere."""
    wishes = [DeviceWish(f"{first + number:X}", f"{first + number:016X}") for number in range(count)]
    for wish in wishes:
        backend.add_unregistered(wish.id, wish.pac or "")
    return wishes


def sent(backend: SigfoxBackend, method: str, path: str) -> list[Any]:
    """Bodies of the requests of a kind."""
    return [each.body for each in backend.requests if (each.method, each.path) == (method, path)]


def type_of(backend: SigfoxBackend, id_: str) -> str:
    return str(backend.device(id_)["deviceType"]["id"])


def errors_of(job: Job) -> dict[str, str]:
    return {each.row: each.message for each in list_row_errors("demo", job.id, 0, 1000).errors}


@pytest.mark.parametrize("count", [3, 120])
def test_devices_are_registered_and_a_bad_pac_is_named(
    count: int, sigfox_backend: SigfoxBackend, work: Work, stored: Stored
) -> None:
    wishes = made(sigfox_backend, count)
    wishes[1] = DeviceWish(wishes[1].id, PAC, "Barn", 45.5, 4.75, automatic_renewal=False)
    wishes[2] = DeviceWish(wishes[2].id, wishes[2].pac, "Field", 45.5, 4.75, automatic_renewal=False)

    job = work(order_change("demo", REGISTER, wishes).id)

    assert job.state is JobState.DONE
    progress = job.progress
    assert (progress.looked_at, progress.changed, progress.failed) == (count, count - 1, 1)
    [(row, message)] = errors_of(job).items()
    assert row == wishes[1].id
    assert "Invalid PAC" in message
    assert PAC not in message
    there = [wish.id for wish in wishes if wish is not wishes[1]]
    assert {type_of(sigfox_backend, id_) for id_ in there} == {DEVICE_TYPE}
    device = sigfox_backend.device(wishes[2].id)
    assert (device["name"], device["automaticRenewal"]) == ("Field", False)
    assert device["location"] == {"lat": 45.5, "lng": 4.75}
    ours = find_device("demo", wishes[2].id)
    assert (ours.name, ours.type) == ("Field", DEVICE_TYPE)
    assert [each["pk"].split("#")[2] for each in stored("DEVICE#", "DEVICE")] == sorted(there)
    assert PAC not in str(stored())
    assert len(sent(sigfox_backend, "POST", "/devices/bulk")) == (0 if count == 3 else 2)


@pytest.mark.parametrize("others", [0, 20])
def test_a_device_that_sigfox_has_elsewhere_is_transferred_with_its_history(
    others: int, sigfox_backend: SigfoxBackend, work: Work
) -> None:
    sigfox_backend.add_device(OTHER_TYPE, "1A2B", PAC)
    sigfox_backend.transmit("1A2B", "0102")
    sigfox_backend.add_device(DEVICE_TYPE, "1A2C", PAC)
    wishes = [DeviceWish("1A2B", PAC), DeviceWish("1A2C", PAC), *made(sigfox_backend, others)]

    job = work(order_change("demo", REGISTER, wishes).id)

    assert (job.state, job.progress.changed, job.progress.failed) == (JobState.DONE, others + 2, 0)
    assert type_of(sigfox_backend, "1A2B") == DEVICE_TYPE
    [transfer] = sent(sigfox_backend, "POST", "/devices/bulk/transfer")
    assert transfer == {"deviceTypeId": DEVICE_TYPE, "data": [{"id": "1A2B", "keepHistory": True}]}
    assert find_device("demo", "1A2B").type == DEVICE_TYPE


ORDERS = [
    SigfoxOrder(DeviceChange.TRANSFER, OTHER_TYPE),
    SigfoxOrder(DeviceChange.SUSPEND),
    SigfoxOrder(DeviceChange.RESUME),
    SigfoxOrder(DeviceChange.UNSUBSCRIBE, unsubscribed_at=1_900_000_000_000),
    SigfoxOrder(DeviceChange.RESTART),
    SigfoxOrder(DeviceChange.EDIT),
]
each_order = pytest.mark.parametrize("order", ORDERS, ids=[order.change.value for order in ORDERS])


def registered(backend: SigfoxBackend, order: SigfoxOrder, count: int = 3) -> list[DeviceWish]:
    """Devices that Sigfox has, as they are before an order."""
    ids = [f"{0xB0 + number:X}" for number in range(count)]
    for id_ in ids:
        backend.add_device(DEVICE_TYPE, id_, PAC)
        if order.change is DeviceChange.RESUME:
            backend.device(id_)["state"] = 6
    is_edit = order.change is DeviceChange.EDIT
    return [
        DeviceWish(id_, name="Barn", automatic_renewal=False) if is_edit else DeviceWish(id_) for id_ in ids
    ]


def is_done(backend: SigfoxBackend, order: SigfoxOrder, id_: str) -> bool:
    device = backend.device(id_)
    match order.change:
        case DeviceChange.TRANSFER:
            return bool(device["deviceType"]["id"] == OTHER_TYPE)
        case DeviceChange.SUSPEND:
            return bool(device["state"] == 6)
        case DeviceChange.UNSUBSCRIBE:
            return bool(device.get("unsubscriptionTime") == order.unsubscribed_at)
        case DeviceChange.EDIT:
            return (device["name"], device["automaticRenewal"]) == ("Barn", False)
        case _:
            return bool(device["state"] == 0)


@each_order
def test_what_is_ordered_is_done_and_what_can_not_be_is_named(
    order: SigfoxOrder, sigfox_backend: SigfoxBackend, work: Work
) -> None:
    sigfox_backend.job_polls = 3
    wishes = registered(sigfox_backend, order)

    job = work(order_change("demo", order, [*wishes, DeviceWish("FFFF", name="Barn")]).id)

    assert (job.state, job.progress.changed) == (JobState.DONE, 3)
    assert list(errors_of(job)) == ["FFFF"]
    assert all(is_done(sigfox_backend, order, wish.id) for wish in wishes)


def carry_out(backend: SigfoxBackend) -> None:
    """Has Sigfox finish its jobs, of which nobody may know."""
    for job in backend.jobs.values():
        if job.errors is None:
            job.errors = job.carry_out()


@pytest.mark.parametrize("is_carried_out", [True, False])
@each_order
def test_an_answer_that_is_lost_has_nothing_done_twice(
    order: SigfoxOrder, is_carried_out: bool, sigfox_backend: SigfoxBackend, work: Work
) -> None:
    wishes = registered(sigfox_backend, order)
    sigfox_backend.fail_next(500, "POST", "/devices/bulk*", before=False)

    job = work(
        order_change("demo", order, wishes).id,
        meanwhile=(lambda: carry_out(sigfox_backend)) if is_carried_out else None,
    )

    assert (job.state, job.progress.looked_at) == (JobState.DONE, 3)
    posts = [each for each in sigfox_backend.requests if each.method == "POST"]
    if order.change is DeviceChange.RESTART:
        assert len(posts) == 1
        assert {"not known" in message for message in errors_of(job).values()} == {True}
        return
    assert all(is_done(sigfox_backend, order, wish.id) for wish in wishes)
    assert (job.progress.changed, errors_of(job)) == (3, {})
    if order.change is not DeviceChange.EDIT:
        assert len(posts) == (1 if is_carried_out else 2)


def mixed(backend: SigfoxBackend, count: int) -> list[DeviceWish]:
    """Devices to register: of one the PAC is bad, one is there, one elsewhere."""
    new = made(backend, count)
    backend.add_device(OTHER_TYPE, "1A2B", PAC)
    backend.add_device(DEVICE_TYPE, "1A2C", PAC)
    return [DeviceWish(new[0].id, PAC), *new[1:], DeviceWish("1A2B", PAC), DeviceWish("1A2C", PAC)]


@pytest.mark.parametrize(
    ("count", "requests"),
    [*((3, number) for number in range(1, 12)), *((14, number) for number in range(1, 10))],
)
def test_a_crash_after_any_request_changes_nothing_of_the_result(
    count: int, requests: int, sigfox_backend: SigfoxBackend, work: Work
) -> None:
    wishes = mixed(sigfox_backend, count)
    sigfox_backend.crash_after(requests)

    job = work(order_change("demo", REGISTER, wishes).id, meanwhile=sigfox_backend.mend)

    progress = job.progress
    assert (job.state, progress.looked_at, progress.failed) == (JobState.DONE, count + 2, 1)
    assert list(errors_of(job)) == [wishes[0].id]
    assert {type_of(sigfox_backend, wish.id) for wish in wishes[1:]} == {DEVICE_TYPE}
    assert all(find_device("demo", wish.id).type == DEVICE_TYPE for wish in wishes[1:])
    assert len({each["id"] for each in sigfox_backend.devices.values()}) == count + 1


def test_a_bulk_request_that_is_refused_whole_is_made_one_by_one(
    sigfox_backend: SigfoxBackend, work: Work
) -> None:
    wishes = mixed(sigfox_backend, 20)
    sigfox_backend.fail_next(400, "POST", "/devices/bulk")

    job = work(order_change("demo", REGISTER, wishes).id)

    assert (job.progress.changed, list(errors_of(job))) == (21, [wishes[0].id])


def test_limits_are_kept_and_nothing_is_lost(
    sigfox_backend: SigfoxBackend, work: Work, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (job_rows, change_place):
        monkeypatch.setattr(module, "ROWS_AN_ITEM", 5)
    sigfox_backend.limit()
    wishes = made(sigfox_backend, 33)
    begun = clock.now_ms

    job = work(order_change("demo", REGISTER, wishes).id)

    assert (job.state, job.progress.changed, job.progress.failed) == (JobState.DONE, 33, 0)
    assert clock.now_ms - begun > 10 * 60_000
    assert len(sent(sigfox_backend, "POST", "/devices/bulk")) == 7


def test_when_sigfox_is_busy_it_is_asked_again_later(sigfox_backend: SigfoxBackend, work: Work) -> None:
    wishes = made(sigfox_backend, 20)
    sigfox_backend.fail_next(429, "POST", "/devices/bulk", times=12)

    job = work(order_change("demo", REGISTER, wishes).id)

    assert (job.state, job.progress.changed) == (JobState.DONE, 20)
    assert sigfox_backend.device(wishes[0].id)


def test_while_sigfox_is_down_a_job_waits_and_says_why(
    sigfox_backend: SigfoxBackend, work: Work, clock: Clock
) -> None:
    order = SigfoxOrder(DeviceChange.SUSPEND)
    ordered = order_change("demo", order, registered(sigfox_backend, order))
    sigfox_backend.fail_next(500, times=1000)
    begun = clock.now_ms

    def mend() -> None:
        job = find_job("demo", ordered.id)
        if clock.now_ms - begun < 10 * 60_000:
            assert job.state is JobState.WAITING
            assert job.progress.notes == ("Sigfox's API answered with status 500",)
        else:
            sigfox_backend.mend()

    job = work(ordered.id, meanwhile=mend)

    assert (job.state, job.progress.changed) == (JobState.DONE, 3)


def test_a_job_that_sigfox_forgot_is_told_of(sigfox_backend: SigfoxBackend, work: Work) -> None:
    order = SigfoxOrder(DeviceChange.SUSPEND)
    wishes = registered(sigfox_backend, order)
    sigfox_backend.fail_next(404, "GET", "/devices/bulk/suspend/*")

    job = work(order_change("demo", order, wishes).id)

    assert job.progress.failed == 3
    assert {"forgot" in message for message in errors_of(job).values()} == {True}


@pytest.mark.parametrize(("status", "message"), [(401, "refuses the credentials"), (403, "lacks a right")])
def test_what_the_api_user_may_not_do_ends_the_job(
    status: int, message: str, sigfox_backend: SigfoxBackend, work: Work
) -> None:
    sigfox_backend.fail_next(status, "POST", "/devices/bulk/suspend")

    job = work(order_change("demo", SigfoxOrder(DeviceChange.SUSPEND), [DeviceWish("A1")]).id)

    assert job.state is JobState.FAILED
    assert message in next(iter(job.progress.problems))


def test_a_second_rename_within_an_hour_waits_and_takes_in_the_third(
    sigfox_backend: SigfoxBackend, work: Work, clock: Clock
) -> None:
    sigfox_backend.limit()
    device = sigfox_backend.add_device(DEVICE_TYPE, "A1", PAC)

    assert edit_device("demo", DeviceWish("A1", name="Barn")) is None
    assert device["name"] == "Barn"
    second = edit_device("demo", DeviceWish("A1", name="Field", automatic_renewal=False))
    third = edit_device("demo", DeviceWish("A1", name="Hill"))

    assert second is not None
    assert third is not None
    assert find_job("demo", second.id).state is JobState.CANCELLED
    assert device["name"] == "Barn"
    begun = clock.now_ms
    assert work(third.id, minutes=90).progress.changed == 1
    assert (device["name"], device["automaticRenewal"]) == ("Hill", False)
    assert clock.now_ms - begun >= 59 * 60_000
    assert sent(sigfox_backend, "PUT", "/devices/A1") == [
        {"name": "Barn"},
        {"name": "Hill", "automaticRenewal": False},
    ]


def test_all_that_waits_for_its_hour_is_one_job(
    sigfox_backend: SigfoxBackend, work: Work, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (job_rows, change_place):
        monkeypatch.setattr(module, "ROWS_AN_ITEM", 5)
    sigfox_backend.limit()
    ids = [f"{0xA0 + number:X}" for number in range(12)]
    for id_ in ids:
        sigfox_backend.add_device(DEVICE_TYPE, id_, PAC)
        edit_device("demo", DeviceWish(id_, name="Barn"))
    clock.wait(600)

    jobs = [edit_device("demo", DeviceWish(id_, name=f"Barn {id_}")) for id_ in ids]

    assert sum(not job.state.is_end for job in list_jobs("demo")) == 1
    last = jobs[-1]
    assert last is not None
    assert work(last.id, minutes=90).progress.changed == 12
    assert [sigfox_backend.device(id_)["name"] for id_ in ids] == [f"Barn {id_}" for id_ in ids]


def test_a_contract_without_room_takes_no_devices(sigfox_backend: SigfoxBackend) -> None:
    sigfox_backend.add_contract(GROUP, "small", "Small", max_tokens=1)
    sigfox_backend.add_device_type(GROUP, "full", "Full", "small")
    sigfox_backend.add_device("full", "A1", PAC)
    contract = Contract("small", "Small", allows_downlinks=True, max_tokens=1, tokens_in_use=1)
    sigfox_device_types.describe_all("demo", [SigfoxDeviceType("full", contracts=(contract,))])
    order = SigfoxOrder(DeviceChange.REGISTER, "full")

    with pytest.raises(NoRoomInContract, match="No contract of device type 'full' takes devices"):
        order_change("demo", order, [DeviceWish("A2", PAC)])

    sigfox_backend.contracts["small"]["maxTokens"] = 2
    assert order_change("demo", order, [DeviceWish("A2", PAC)])
