"""Queue and history against a simple model of them, on every engine: whatever order things happen in."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sigbridge.applications import create_application
from sigbridge.devices import UnknownParameter, delete_parameter, register_device, set_parameter
from sigbridge.downlinks import (
    DownlinkNotQueued,
    QueueFull,
    answer_uplink,
    delete_downlink,
    downlink_history,
    downlink_history_of,
    end_what_is_due,
    push_downlinks,
    queued_downlinks,
    recall_answer,
    replace_downlinks,
)
from sigbridge.model.claim import ClaimRequest
from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.downlink_history import DownlinkHistory
from sigbridge.model.report import ReceivedReport
from sigbridge.model.service import Service
from sigbridge.reports import store_reports
from sigbridge.store.claims import NothingWaits
from sigbridge.store.due import shard_of
from sigbridge.store.stream import read_change
from sigbridge.stream.handlers import handle
from tests.engines.conftest import use_new_table
from tests.engines.model import ACKNOWLEDGE_WAIT, FAILURES, Acknowledgement, Given, Model, News
from tests.functional.change_stream import ChangeStream, StreamRecord

APPLICATION, DEVICE = "demo", "153FA"
CAPACITY = 100
SECOND = 1_000
DAY = 86_400_000
WINDOW = 30_000
REMEMBERED = 600_000
# What Sigfox tells of a moment, and the device's silence while it receives (sigfox reference, 3.3).
RADIO_PROCEDURE = 61 * SECOND
# Of today, because tables forget what their time to live is over for.
START = int(time.time() * 1000) // DAY * DAY
EXAMPLES = {"moto": 5, "ministack": 8, "dynamodb-local": 15}

payloads = st.binary(min_size=8, max_size=8).map(bytes.hex)
# Some are as long as a step of the clock, so that a downlink expires just when the device asks.
lifetimes = st.sampled_from([None] * 8 + [1, 1_000, 20_000, 60_000, 700_000, 3_600_000])
attempts = st.sampled_from([None, 1, 2, 3])
wishes = st.tuples(payloads, lifetimes, st.sampled_from([True, True, False]), attempts)
codes = st.sampled_from([4, 4, 4, 0, 0, 5, 1, 2, 3, 6, 7, 8, 10, 99])
pauses = st.sampled_from([62_000, 62_000, 62_000, 700_000, 20_000, 0])
LARGEST_PICK = 8
picks = st.sampled_from([0, 0, 0, 1, 2, 3, 5, LARGEST_PICK])

type Wish = tuple[str, int | None, bool, int | None]

PLAIN: Wish = ("00" * 8, None, False, None)


class QueueMachine(RuleBasedStateMachine):
    """One device, one model of it, and a clock that the machine moves.

    Attributes:
        use_table: Makes a new table the one that is used.
        present: The machine that runs.
    """

    use_table: Callable[[], None]
    present: "QueueMachine"

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(START)
        QueueMachine.present = self
        self.use_table()
        create_application(APPLICATION)
        self.stream = ChangeStream(lambda: self.model.now)
        register_device(APPLICATION, DEVICE)
        self.stream.take()
        self.not_followed: list[tuple[list[StreamRecord], list[News]]] = []
        self.followed: list[StreamRecord] = []
        self.acknowledgements: dict[str, list[ReceivedReport]] = {}
        self.last_acknowledged = 0
        self.last_second = 0

    # The user

    @initialize(wanted=st.lists(wishes, min_size=1, max_size=4))
    def begin(self, wanted: list[Wish]) -> None:
        self.push(wanted)

    @rule(wanted=st.lists(wishes, max_size=4))
    def push(self, wanted: list[Wish]) -> None:
        downlinks = self._make(wanted)
        push_downlinks(APPLICATION, DEVICE, downlinks)
        self.model.push(downlinks)
        self._happened()

    @rule(what=st.sampled_from(["replace", "clear", "delete", "data", "no data"]), wish=wishes, pick=picks)
    def change_the_queue(self, what: str, wish: Wish, pick: int) -> None:
        if what in {"replace", "clear"}:
            downlinks = self._make([wish] if what == "replace" else [])
            replace_downlinks(APPLICATION, DEVICE, downlinks)
            self.model.replace(downlinks)
        elif what == "delete" and (waiting := self.model.waiting()):
            downlink = waiting[pick % len(waiting)]
            delete_downlink(APPLICATION, DEVICE, downlink.id)
            self.model.delete(downlink)
        elif what in {"data", "no data"}:
            self.model.downlink_data = wish[0] if what == "data" else None
            if self.model.downlink_data is not None:
                set_parameter(APPLICATION, DEVICE, "downlinkData", self.model.downlink_data)
            else:
                with suppress(UnknownParameter):
                    delete_parameter(APPLICATION, DEVICE, "downlinkData")
        self._happened()

    @rule(
        what=st.sampled_from(["push too many", "delete", "acknowledge again", "acknowledge nothing"]),
        pick=picks,
    )
    def try_in_vain(self, what: str, pick: int) -> None:
        reports = [report for reports in self.acknowledgements.values() for report in reports]
        if what == "push too many":
            too_many = CAPACITY - len(self.model.queue) + 1 + pick
            with pytest.raises(QueueFull):
                push_downlinks(APPLICATION, DEVICE, self._make([PLAIN] * too_many))
        elif what == "delete":
            self._delete_what_waits_no_more(pick)
        elif what == "acknowledge again" and reports:
            assert store_reports(APPLICATION, [reports[-1 - pick % len(reports)]]).duplicates == 1
        elif what == "acknowledge nothing":
            moment = START - DAY
            store_reports(APPLICATION, [acknowledgement(0, moment)])
            self.model.acknowledge(Acknowledgement(0, moment, self.model.now))
            self._happened()

    def _delete_what_waits_no_more(self, pick: int) -> None:
        self._settle_down()
        waiting = {downlink.id for downlink in self.model.waiting()}
        gone = [id_ for id_ in self.model.fates if id_ not in waiting]
        if gone:
            id_ = gone[-1 - pick % len(gone)]
            with pytest.raises(DownlinkNotQueued) as refusal:
                delete_downlink(APPLICATION, DEVICE, id_)
            assert refusal.value.state == self.model.fates[id_]

    def _make(self, wanted: list[Wish]) -> list[Downlink]:
        return [
            Downlink(
                payload=payload,
                expires_at=None if lifetime is None else self.model.now + lifetime,
                confirmed=confirmed,
                max_attempts=max_attempts,
            )
            for payload, lifetime, confirmed, max_attempts in wanted
        ]

    # The device

    @rule(pause=pauses)
    def claim(self, pause: int) -> None:
        self._claim(pause)

    @rule(pause=pauses, payload=payloads, meanwhile=st.lists(wishes, max_size=1))
    def compute_an_answer(self, pause: int, payload: str, meanwhile: list[Wish]) -> None:
        self._claim(pause, payload, meanwhile)

    def _claim(self, pause: int, payload: str | None = None, meanwhile: Sequence[Wish] = ()) -> str:
        # A device does not send before the acknowledgement of its last downlink.
        self.model.now = max(self.model.now + pause, self.last_acknowledged + 2 * SECOND)
        self._begin_second()
        uplink = f"{self.model.now:013d}#{len(self.model.answers)}"
        request = ClaimRequest(APPLICATION, DEVICE, uplink, self.model.now)
        computed = None
        something_waits = bool(self.model.waiting()) or self.model.downlink_data is not None
        if payload is None or something_waits:
            answer = answer_uplink(replace(request, only_what_waits=payload is not None))
        else:
            with pytest.raises(NothingWaits):
                answer_uplink(replace(request, only_what_waits=True))
            computed = Downlink(payload, source=Source.COMPUTED)
            self.push(list(meanwhile))
            answer = answer_uplink(replace(request, computed=computed))
        expected = self.model.claim(uplink, computed)
        from_queue = expected is not None and expected.source is Source.QUEUE
        assert answer.downlink == (expected if from_queue else None)
        assert answer.payload == (None if expected is None else expected.payload)
        assert not answer.repeated
        self._happened()
        return uplink

    @precondition(lambda self: self.model.answers)
    @rule(pick=picks)
    def repeat(self, pick: int) -> None:
        uplink = list(self.model.answers)[-1 - pick % len(self.model.answers)]
        answered_at, payload = self.model.answers[uplink]
        age = self.model.now - answered_at
        if age <= WINDOW:
            answer = answer_uplink(ClaimRequest(APPLICATION, DEVICE, uplink, self.model.now))
        else:
            answer = recall_answer(APPLICATION, DEVICE, uplink)
        if age < REMEMBERED:
            assert (answer.payload, answer.repeated) == (payload, True)
        else:
            assert answer.payload in {payload, None}

    # Sigfox

    @precondition(lambda self: self._acknowledgeable())
    @rule(pick=picks, code=codes)
    def acknowledge(self, pick: int, code: int) -> None:
        candidates = self._acknowledgeable()
        self._acknowledge(candidates[-1 - pick % len(candidates)], code)

    @rule(code=codes)
    def claim_and_acknowledge(self, code: int) -> None:
        uplink = self._claim(RADIO_PROCEDURE + SECOND)
        if uplink in self.model.given:
            self._acknowledge(self.model.given[uplink], code)

    @rule(code=codes)
    def acknowledge_shortly_before_a_deadline(self, code: int) -> None:
        uplink = self._claim(RADIO_PROCEDURE + SECOND)
        self.follow_all()
        if uplink in self.model.given:
            self._acknowledge(self.model.given[uplink], code)
            self.model.now += ACKNOWLEDGE_WAIT
        self.pass_deadlines()

    @precondition(lambda self: self._tried_again())
    @rule(pick=picks, code=st.sampled_from([0, 0, 0, 4, 5]))
    def acknowledge_what_was_tried_again(self, pick: int, code: int) -> None:
        candidates = self._tried_again()
        self._acknowledge(candidates[-1 - pick % len(candidates)], code)

    @precondition(lambda self: self._acknowledgeable())
    @rule(code=codes)
    def acknowledge_without_time(self, code: int) -> None:
        self._settle_down()
        given = self._acknowledgeable()[-1]
        self.model.now = max(self.model.now, given.moment + 20 * SECOND)
        self._begin_second()
        others = [other for other in self.model.given.values() if other.uplink != given.uplink]
        may_be_about_another = any(other.moment > self.model.now - RADIO_PROCEDURE for other in others)
        is_doubtful = code == 1 and self.model.some_got_nothing(0, self.model.now)
        if may_be_about_another or is_doubtful:
            return
        self.last_acknowledged = max(self.last_acknowledged, self.model.now)
        store_reports(APPLICATION, [acknowledgement(code, None)])
        self.model.acknowledge(Acknowledgement(code, None, self.model.now))
        self._happened(may_be_replayed=code in FAILURES or code == 0)
        self._settle_down()

    def _acknowledgeable(self) -> list[Given]:
        """Answers that an acknowledgement is surely about: no other uplink during their radio procedure."""
        given = list(self.model.given.values())
        return [
            one
            for one in given
            if all(abs(one.moment - other.moment) > RADIO_PROCEDURE for other in given if other is not one)
        ]

    def _tried_again(self) -> list[Given]:
        return [given for given in self._acknowledgeable() if self.model.was_tried_again(given)]

    def _acknowledge(self, given: Given, code: int) -> None:
        earlier = self.acknowledgements.setdefault(given.uplink, [])
        moment = given.moment // SECOND * SECOND + (20 + len(earlier)) * SECOND
        # "No answer" may be about an uplink that got none.
        is_doubtful = code == 1 and self.model.some_got_nothing(given.moment, moment + SECOND)
        if is_doubtful:
            return
        self.model.now = max(self.model.now, moment)
        self._begin_second()
        earlier.append(acknowledgement(code, moment))
        self.last_acknowledged = max(self.last_acknowledged, moment)
        store_reports(APPLICATION, earlier[-1:])
        self.model.acknowledge(Acknowledgement(code, moment, self.model.now))
        self._happened()

    # Time, and the program behind the scenes

    @rule(step=st.sampled_from([1, 1_000, 20_000, 60_000, 240_000, 700_000, 3_600_000]))
    def wait(self, step: int) -> None:
        self.model.now += step

    @rule()
    def pass_deadlines(self) -> None:
        # Several of one device, put back at once, may be in each other's way.
        shard = shard_of(APPLICATION, DEVICE)
        while end_what_is_due(shard, self.model.now, self.model.now + 1).failed:
            pass
        came_back = self.model.pass_deadlines()
        self.model.order_head(came_back, [downlink.id for downlink in queued_downlinks(APPLICATION, DEVICE)])
        self._happened()

    @rule()
    def give_up(self) -> None:
        self.follow_all()
        self.model.now += ACKNOWLEDGE_WAIT + SECOND
        self.pass_deadlines()

    @precondition(lambda self: self.not_followed)
    @rule(count=st.integers(1, 5))
    def follow_some(self, count: int) -> None:
        for _ in range(min(count, len(self.not_followed))):
            self._follow_one()

    @precondition(lambda self: self.followed)
    @rule(pick=picks, count=st.integers(1, 5))
    def follow_again(self, pick: int, count: int) -> None:
        start = len(self.followed) * pick // LARGEST_PICK
        for record in self.followed[start : start + count]:
            follow_record(record)
        self._happened()

    @rule()
    def read_the_history(self) -> None:
        self._settle_down()
        lives = list(self._history())
        assert [life.downlink.id for life in lives] == sorted(self.model.fates, reverse=True)
        for life in lives:
            id_ = life.downlink.id
            assert life.state is self.model.fates[id_]
            assert life.is_outcome_unknown == self.model.is_outcome_unknown(id_)
            for attempt in life.attempts:
                moments = {step: int(recorded["at"]) for step, recorded in attempt.steps.items()}
                assert moments == self.model.steps[id_, attempt.downlink.attempt]
        assert len(self.model.steps) == sum(len(life.attempts) for life in lives)
        for life in lives[:3]:
            assert downlink_history_of(APPLICATION, DEVICE, life.downlink.id) == life

    def follow_all(self) -> None:
        while self.not_followed:
            self._follow_one()

    def _history(self) -> Iterator[DownlinkHistory]:
        cursor: str | None = None
        while True:
            page = downlink_history(APPLICATION, DEVICE, 7, cursor)
            yield from page.lives
            cursor = page.next_cursor
            if cursor is None:
                return

    def _settle_down(self) -> None:
        """Lets everything happen that is to happen by now."""
        self.follow_all()
        self.pass_deadlines()
        self.follow_all()

    def _follow_one(self) -> None:
        records, news = self.not_followed.pop(0)
        for record in records:
            follow_record(record)
        for what in news:
            what()
        self.followed += [record for record in records if record.pop("may_be_replayed")]
        self._happened()

    def _happened(self, *, may_be_replayed: bool = True) -> None:
        """Takes note of what the stream tells of what was done, and what the model does."""
        records = [record | {"may_be_replayed": may_be_replayed} for record in self.stream.take()]
        news = self.model.take_news()
        if records or news:
            self.not_followed.append((records, news))

    def _begin_second(self) -> None:
        """Lets no two moments that the stream dates be in one second: their order would be nobody's."""
        if self.model.now // SECOND <= self.last_second:
            self.model.now = (self.last_second + 1) * SECOND
        self.last_second = self.model.now // SECOND

    @invariant()
    def the_queue_is_as_the_model_says(self) -> None:
        assert queued_downlinks(APPLICATION, DEVICE) == self.model.waiting()

    def teardown(self) -> None:
        self.read_the_history()


def acknowledgement(code: int, moment: int | None) -> ReceivedReport:
    """What Sigfox says of a downlink."""
    return ReceivedReport(Service.ACKNOWLEDGE, DEVICE, DEVICE, moment, {"info_code": code})


def follow_record(record: StreamRecord) -> None:
    """Does what follows from a record of the stream."""
    change = read_change(record)
    if change is not None:
        handle(change)


class MachineClock:
    """The clock of the machine that runs, in place of the module `time`."""

    @staticmethod
    def time_ns() -> int:
        return QueueMachine.present.model.now * 1_000_000


def test_queue_and_history_agree_with_their_model(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Machine(QueueMachine):
        def use_table(self) -> None:
            use_new_table(monkeypatch)

    monkeypatch.setattr("sigbridge.clock.time", MachineClock)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES[engine],
            stateful_step_count=40,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
