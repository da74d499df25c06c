"""What services may expect of the store: held by the table, and by the fake that stands in for it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from moto import mock_aws

from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.application import Application
from sigbridge.model.claim import Claim, ClaimRequest
from sigbridge.model.device import Device
from sigbridge.model.device_state import DeviceState, Removal
from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.downlink_history import AttemptKey, Step
from sigbridge.model.message import Location, MessagePart, Network, Variable
from sigbridge.model.observation import Observation, ObservationKind
from sigbridge.model.parameter import DOWNLINK_DATA, Parameter
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.model.stored_message import PartContent, StoredMessage
from sigbridge.settings import Settings, using
from sigbridge.store import (
    applications,
    attempts,
    claims,
    device_states,
    devices,
    messages,
    observations,
    registration,
    reports,
    timeline,
)
from sigbridge.store.applications import ApplicationTaken, NoSuchApplication
from sigbridge.store.attempts import QueueWasReplaced, StepRecorded, StepWrite
from sigbridge.store.claims import NothingWaits
from sigbridge.store.connections import client
from sigbridge.store.device_states import NoSuchDevice, NotInQueue, PushedBefore, PushMemory, QueueHasNoRoom
from sigbridge.store.devices import NotListed
from sigbridge.store.due import shard_of
from sigbridge.store.messages import SentMark
from sigbridge.store.timeline import ItemChanged
from sigbridge_local.table_from_template import create_table
from tests.services import fake_store

NOW_MS = 1_763_770_827_000
EXPIRES_AT = NOW_MS // 1000 + 86_400
OWNER = ("demo", "153FA")
NOBODY = ("demo", "DEAD")
FIRST, SECOND, THIRD = (Downlink(f"{number:016x}") for number in (1, 2, 3))
EXPIRED = Downlink(f"{4:016x}", expires_at=NOW_MS)
COMPUTED = Downlink(f"{5:016x}", source=Source.COMPUTED)


@pytest.fixture(params=["fake", "table"], autouse=True)
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty store with the device 153FA of the application `demo`."""
    forget_cached_devices()
    with using(Settings("contract")), mock_aws():
        if request.param == "fake":
            fake_store.install(monkeypatch)
        else:
            create_table(client(), "contract")
        applications.add(Application("demo", "Demo", created_at=NOW_MS))
        devices.add("demo", Device("153FA", registered_at=NOW_MS))
        yield
    forget_cached_devices()


def ask(number: int, **more: Any) -> ClaimRequest:
    """The claim of an uplink."""
    return ClaimRequest(*OWNER, f"{NOW_MS:013d}#{number}", NOW_MS, **more)


def queue() -> tuple[Downlink, ...]:
    return device_states.find(*OWNER).queue


# Applications and devices


def test_an_application_is_stored_once() -> None:
    with pytest.raises(ApplicationTaken):
        applications.add(Application("demo", "Other", created_at=0))

    applications.change("demo", {"daily_downlinks": 2})
    with pytest.raises(NoSuchApplication):
        applications.change("other", {"daily_downlinks": 2})

    found = applications.find("demo")
    assert found is not None
    assert (found.name, found.daily_downlinks) == ("Demo", 2)
    assert applications.find("other") is None


def test_a_device_is_listed_once_and_has_a_state() -> None:
    listed = devices.add("demo", Device("153FA", registered_at=1, name="Other"))

    assert listed == Device("153FA", registered_at=NOW_MS)
    assert device_states.find(*OWNER) == DeviceState(generation=NOW_MS)
    application, found = devices.find_with_application("demo", ["153FA", "DEAD"])
    assert (application and application.id, found) == ("demo", [listed])
    assert devices.find(*NOBODY) is None


def test_the_type_that_sigfox_names_again_changes_nothing() -> None:
    assert devices.tell_type(*OWNER, "t1").type == "t1"
    devices.change(*OWNER, {"type": "mine"})

    assert devices.tell_type(*OWNER, "t1").type == "mine"
    assert devices.tell_type(*OWNER, "t2").type == "t2"
    with pytest.raises(NotListed):
        devices.tell_type(*NOBODY, "t1")


# The queue


def test_a_push_takes_all_or_none() -> None:
    device_states.push(*OWNER, [FIRST, SECOND], capacity=3)
    with pytest.raises(QueueHasNoRoom):
        device_states.push(*OWNER, [THIRD, EXPIRED], capacity=3)
    assert queue() == (FIRST, SECOND)

    device_states.push(*OWNER, [THIRD], capacity=3)

    assert queue() == (FIRST, SECOND, THIRD)


def test_a_push_under_a_key_happens_once_while_it_is_remembered() -> None:
    memory = PushMemory("k", (FIRST.id,), kept_until=100)
    device_states.push_under_key(*OWNER, [FIRST], 9, memory, 50)

    with pytest.raises(PushedBefore) as before:
        device_states.push_under_key(*OWNER, [SECOND], 9, PushMemory("k", (SECOND.id,), 200), 99)
    assert (before.value.ids, queue()) == ((FIRST.id,), (FIRST,))

    device_states.push_under_key(*OWNER, [SECOND], 9, PushMemory("k", (SECOND.id,), 200), 100)
    assert queue() == (FIRST, SECOND)


def test_a_push_under_a_key_that_finds_no_room_is_not_remembered() -> None:
    memory = PushMemory("k", (FIRST.id,), kept_until=100)
    with pytest.raises(QueueHasNoRoom):
        device_states.push_under_key(*OWNER, [FIRST], 0, memory, 50)

    device_states.push_under_key(*OWNER, [FIRST], 1, memory, 50)

    assert queue() == (FIRST,)


@pytest.mark.parametrize(("others", "removal"), [([SECOND], Removal.REPLACED), ([], Removal.CLEARED)])
def test_a_queue_is_replaced(others: list[Downlink], removal: Removal) -> None:
    device_states.push(*OWNER, [FIRST], 9)

    device_states.replace(*OWNER, others)

    state = device_states.find(*OWNER)
    assert (state.queue, state.removal, state.generation) == (tuple(others), removal, NOW_MS + 1)


def test_a_downlink_is_taken_from_its_place_alone() -> None:
    device_states.push(*OWNER, [FIRST, SECOND], 9)
    for position in (0, 2):
        with pytest.raises(NotInQueue):
            device_states.remove(*OWNER, position, SECOND, Removal.DELETED)

    device_states.remove(*OWNER, 1, SECOND, Removal.DELETED)

    assert (queue(), device_states.find(*OWNER).removal) == ((FIRST,), Removal.DELETED)


def test_what_is_not_registered_has_no_queue() -> None:
    with pytest.raises(NoSuchDevice):
        device_states.find(*NOBODY)
    with pytest.raises(NoSuchDevice):
        device_states.push(*NOBODY, [FIRST], 9)
    with pytest.raises(NoSuchDevice):
        device_states.push_under_key(*NOBODY, [FIRST], 9, PushMemory("k", (), 100), 50)
    with pytest.raises(NoSuchDevice):
        device_states.replace(*NOBODY, [])
    with pytest.raises(NotInQueue):
        device_states.remove(*NOBODY, 0, FIRST, Removal.DELETED)
    with pytest.raises(NoSuchDevice):
        claims.claim(replace(ask(1), device_id="DEAD"))


# Claims


def test_a_claim_takes_the_head_once_and_its_repeat_gets_the_same() -> None:
    device_states.push(*OWNER, [FIRST, SECOND], 9)

    assert claims.claim(ask(1)) == Claim(FIRST)
    assert claims.claim(ask(2)) == Claim(SECOND)
    assert claims.claim(ask(1)) == Claim(FIRST, is_repeat=True)
    assert queue() == ()
    assert dict(device_states.find(*OWNER).answers) == {ask(1).uplink: FIRST, ask(2).uplink: SECOND}


def test_an_uplink_that_got_nothing_gets_nothing_again() -> None:
    assert claims.claim(ask(1)) == Claim(None)
    device_states.push(*OWNER, [FIRST], 9)

    assert claims.claim(ask(1)) == Claim(None, is_repeat=True)
    assert queue() == (FIRST,)


def test_what_has_expired_is_not_claimed() -> None:
    device_states.push(*OWNER, [EXPIRED, FIRST, SECOND], 9)

    assert claims.claim(ask(1)) == Claim(FIRST)
    state = device_states.find(*OWNER)
    assert (state.queue, state.removal) == ((SECOND,), Removal.EXPIRED)


def test_downlink_data_is_what_remains() -> None:
    device_states.push(*OWNER, [FIRST], 9)

    assert claims.claim(ask(1, downlink_data="00" * 8)) == Claim(FIRST)
    claim = claims.claim(ask(2, downlink_data="00" * 8))
    assert claim.downlink is not None
    assert (claim.downlink.payload, claim.downlink.source) == ("00" * 8, Source.DOWNLINK_DATA)
    assert claims.claim(ask(2)) == Claim(claim.downlink, is_repeat=True)


def plain(request: ClaimRequest) -> Claim:
    return claims.claim(request)


def allowed(request: ClaimRequest) -> Claim:
    return claims.claim_if(request, lambda _state: True)


EITHER = pytest.mark.parametrize("claim", [plain, allowed])


@EITHER
def test_only_what_waits_is_claimed_where_no_more_is_wanted(claim: Callable[[ClaimRequest], Claim]) -> None:
    def waiting(number: int) -> ClaimRequest:
        return ask(number, downlink_data="00" * 8, only_what_waits=True)

    device_states.push(*OWNER, [EXPIRED, FIRST], 9)
    assert claim(waiting(1)) == Claim(FIRST)
    device_states.push(*OWNER, [EXPIRED], 9)
    before = device_states.find(*OWNER)

    with pytest.raises(NothingWaits):
        claim(waiting(2))

    assert device_states.find(*OWNER) == before
    assert claim(waiting(1)) == Claim(FIRST, is_repeat=True)


@EITHER
def test_a_downlink_data_of_the_device_s_own_waits_and_goes_before_all_but_the_queue(
    claim: Callable[[ClaimRequest], Claim],
) -> None:
    own = Parameter(DOWNLINK_DATA, "11" * 8, sent=False, updated_at=NOW_MS)
    registration.add_before_first_message("demo", Device("DA7A", registered_at=NOW_MS), [own])

    for number, more in enumerate(({"only_what_waits": True}, {"computed": COMPUTED})):
        given = claim(replace(ask(number, downlink_data="00" * 8, **more), device_id="DA7A")).downlink
        assert given is not None
        assert (given.payload, given.source) == ("11" * 8, Source.DOWNLINK_DATA)


@EITHER
def test_what_was_computed_comes_before_the_type_s_downlink_data(
    claim: Callable[[ClaimRequest], Claim],
) -> None:
    device_states.push(*OWNER, [EXPIRED], 9)

    assert claim(ask(1, downlink_data="00" * 8, computed=COMPUTED)) == Claim(COMPUTED)

    other = replace(COMPUTED, payload="22" * 8)
    assert claim(ask(1, computed=other)) == Claim(COMPUTED, is_repeat=True)
    assert claim(ask(1, only_what_waits=True)) == Claim(COMPUTED, is_repeat=True)
    state = device_states.find(*OWNER)
    assert (state.queue, dict(state.answers)) == ((), {ask(1).uplink: COMPUTED})


@EITHER
def test_what_came_meanwhile_goes_before_what_was_computed(claim: Callable[[ClaimRequest], Claim]) -> None:
    device_states.push(*OWNER, [FIRST], 9)

    assert claim(ask(1, computed=COMPUTED)) == Claim(FIRST)
    assert queue() == ()


def test_an_uplink_that_may_have_nothing_is_declined_before_anything_is_computed() -> None:
    assert claims.claim_if(ask(1, only_what_waits=True), lambda _state: False) == Claim(
        None, is_declined=True
    )
    assert claims.claim_if(ask(1, computed=COMPUTED), lambda _state: True) == Claim(None, is_repeat=True)


def test_an_uplink_that_may_have_nothing_leaves_the_queue_as_it_is() -> None:
    device_states.push(*OWNER, [FIRST], 9)

    assert claims.claim_if(ask(1), lambda _state: False) == Claim(None, is_declined=True)
    assert claims.claim_if(ask(1), lambda _state: True) == Claim(None, is_repeat=True)
    assert claims.claim_if(ask(2), lambda state: state.queue == (FIRST,)) == Claim(FIRST)


# Attempts

KEY = AttemptKey(*OWNER, FIRST.id, 1)
NEXT = replace(KEY, number=2)
AGAIN = replace(FIRST, attempt=2)
ANSWERED = StepWrite(
    Step.ANSWERED, {"at": NOW_MS, "uplink": ask(1).uplink}, FIRST, EXPIRES_AT, ask(1).uplink, NOW_MS + 10
)
FAILED = StepWrite(Step.FAILED, {"at": NOW_MS}, FIRST, EXPIRES_AT)


def test_a_step_is_recorded_once() -> None:
    attempts.record_step(KEY, ANSWERED)
    with pytest.raises(StepRecorded):
        attempts.record_step(KEY, ANSWERED)

    stored = attempts.find(KEY)
    assert stored is not None
    assert (stored.key, stored.downlink, set(stored.steps)) == (KEY, FIRST, {Step.ANSWERED})
    assert attempts.answered_between(*OWNER, NOW_MS, NOW_MS) == {ask(1).uplink: KEY}
    assert attempts.answers_between(*OWNER, NOW_MS, NOW_MS) == {ask(1).uplink: NOW_MS}
    assert attempts.answered_between(*OWNER, NOW_MS + 1, NOW_MS + 2) == {}
    assert attempts.find(NEXT) is None


def due(now_ms: int) -> list[AttemptKey]:
    """The attempts of the device's shard that are due."""
    return [attempts.due_attempt(item) for item in attempts.due_until(shard_of(*OWNER), now_ms)]


def test_an_attempt_is_due_until_it_has_ended() -> None:
    attempts.record_step(KEY, ANSWERED)
    assert (due(NOW_MS + 9), due(NOW_MS + 10)) == ([], [KEY])

    attempts.record_step(KEY, FAILED)

    assert due(NOW_MS + 10) == []


def test_a_late_first_step_does_not_open_what_has_ended() -> None:
    attempts.record_step(KEY, ANSWERED)
    attempts.record_step(KEY, StepWrite(Step.QUEUED, {"at": NOW_MS}, FIRST, due_at=NOW_MS + 5))

    assert due(NOW_MS + 9) == []
    attempts.wait_no_more(KEY)
    assert due(NOW_MS + 10) == []


def try_again(generation: int = NOW_MS) -> None:
    attempts.try_again(KEY, FAILED, StepWrite(Step.QUEUED, {"at": NOW_MS}, AGAIN), generation)


def test_a_downlink_is_put_back_at_the_head_once() -> None:
    device_states.push(*OWNER, [SECOND], 9)
    attempts.record_step(KEY, ANSWERED)

    try_again()
    with pytest.raises(StepRecorded):
        try_again()

    assert queue() == (AGAIN, SECOND)
    history = attempts.attempts_of(*OWNER, FIRST.id)
    assert [(one.key, set(one.steps)) for one in history] == [
        (NEXT, {Step.QUEUED}),
        (KEY, {Step.ANSWERED, Step.FAILED}),
    ]


def test_nothing_comes_back_to_a_queue_that_was_replaced() -> None:
    attempts.record_step(KEY, ANSWERED)
    device_states.replace(*OWNER, [])

    with pytest.raises(QueueWasReplaced):
        try_again()

    assert queue() == ()


def test_nothing_comes_back_that_was_sent() -> None:
    attempts.record_step(KEY, ANSWERED)
    attempts.record_step(KEY, StepWrite(Step.SENT, {"at": NOW_MS}, FIRST, EXPIRES_AT))

    with pytest.raises(StepRecorded):
        try_again()


def test_nothing_comes_back_to_a_queue_without_room() -> None:
    attempts.record_step(KEY, ANSWERED)
    device_states.replace(*OWNER, [SECOND] * device_states.MOST_QUEUED)

    with pytest.raises(QueueHasNoRoom):
        try_again(generation=NOW_MS + 1)


# Messages and reports

CONTENT = PartContent(NOW_MS + 500, {"rssi": -120}, (Variable("t", 20, "°C"),))
MESSAGE = StoredMessage(
    id=f"{NOW_MS}#7",
    device_id="153FA",
    device_as_received="153fa",
    network=Network.SIGFOX,
    time=NOW_MS,
    group="g1",
    parts={MessagePart.UPLINK: CONTENT},
    seq_number=7,
    payload="00ff",
)
ADDED = replace(
    MESSAGE,
    group="g2",
    payload=None,
    parts={MessagePart.ADVANCED: PartContent(NOW_MS + 900, {"lqi": "GOOD"})},
    location=Location(Decimal(45), Decimal(5)),
)
WHOLE = replace(MESSAGE, parts={**MESSAGE.parts, **ADDED.parts}, location=ADDED.location)


def test_a_message_is_stored_once() -> None:
    first = messages.add("demo", MESSAGE, EXPIRES_AT)
    second = messages.add("demo", replace(MESSAGE, group="g9", payload="11"), EXPIRES_AT)

    assert (first.message, first.is_repeat) == (MESSAGE, False)
    assert (second.message, second.is_repeat) == (MESSAGE, True)
    assert list(messages.newest_first(*OWNER, page=2)) == [MESSAGE]


def test_both_parts_meet_whichever_comes_first() -> None:
    messages.add("demo", MESSAGE, EXPIRES_AT)

    assert messages.add("demo", ADDED, EXPIRES_AT).message == WHOLE


def test_the_network_s_part_may_come_first() -> None:
    messages.add("demo", ADDED, EXPIRES_AT)

    met = messages.add("demo", MESSAGE, EXPIRES_AT)

    assert (met.message, met.is_repeat) == (replace(WHOLE, group="g2"), False)


def test_a_message_is_changed_as_it_was_read_or_not_at_all() -> None:
    messages.add("demo", MESSAGE, EXPIRES_AT)
    wanted = replace(MESSAGE, payload="0a", amendments=1, amended_at=NOW_MS + 1)
    timeline.change("demo", MESSAGE, wanted)

    with pytest.raises(ItemChanged) as changed:
        timeline.change("demo", MESSAGE, replace(MESSAGE, payload="0b"))

    assert changed.value.existing == wanted
    assert list(messages.newest_first(*OWNER, page=2)) == [wanted]


def test_a_mark_leads_to_the_first_delivery_while_it_is_kept() -> None:
    mark = SentMark("never#1", kept_until=NOW_MS // 1000 + 10)

    assert messages.first_id(*OWNER, mark, "a", NOW_MS) == "a"
    assert messages.first_id(*OWNER, mark, "b", NOW_MS + 9_000) == "a"
    assert messages.first_id(*OWNER, mark, "c", NOW_MS + 10_000) == "c"


def test_a_report_is_stored_once_and_found_by_its_moment() -> None:
    report = StoredReport(
        service=Service.ACKNOWLEDGE,
        id=f"{NOW_MS}#0123456789abcdef",
        device_id="153FA",
        device_as_received="153fa",
        time=NOW_MS,
        has_time=True,
        received_at=NOW_MS + 500,
        facts={"info_code": 0},
    )

    assert [reports.add("demo", report, EXPIRES_AT) for _ in range(2)] == [False, True]
    assert list(reports.between(*OWNER, NOW_MS, NOW_MS)) == [report]
    assert list(reports.between(*OWNER, NOW_MS + 1, NOW_MS + 9)) == []


# What is known


def test_of_two_things_known_the_newer_one_stays() -> None:
    older, newer = Observation(NOW_MS, {"volts": 3}), Observation(NOW_MS + 1, {"volts": 2})
    observations.note(*OWNER, {ObservationKind.BATTERY: newer})
    observations.note(*OWNER, {ObservationKind.BATTERY: older, ObservationKind.TEMPERATURE: older})

    assert observations.find(*OWNER).known == {
        ObservationKind.BATTERY: newer,
        ObservationKind.TEMPERATURE: older,
    }
