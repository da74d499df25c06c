"""A model of what must become of a device's downlinks: no store, no stream, no concurrency."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.downlink_history import DownlinkState, Step
from sigbridge.store.downlink_codec import answered_downlink

ACKNOWLEDGE_WAIT = 600_000
FAILURES = frozenset({1, 2, 3, 4, 6, 7, 8})

# An attempt: the downlink's id and the number.
type Key = tuple[str, int]
type News = Callable[[], None]

_CONCLUSIONS = frozenset({Step.SENT, Step.FAILED, Step.UNACKNOWLEDGED})


@dataclass(frozen=True)
class Given:
    """A downlink that was handed out.

    Attributes:
        downlink: The downlink, with the number of the attempt.
        uplink: Key of the uplink that got it.
        generation: How often the queue had been replaced by then.
    """

    downlink: Downlink
    uplink: str
    generation: int

    @property
    def key(self) -> Key:
        """The attempt."""
        return self.downlink.id, self.downlink.attempt

    @property
    def moment(self) -> int:
        """When its uplink was sent, epoch ms."""
        return moment_of(self.uplink)


@dataclass(frozen=True, eq=False)
class Acknowledgement:
    """A report of Sigfox's; `time` is None where it has none (epoch ms)."""

    code: int
    time: int | None
    received_at: int

    @property
    def moment(self) -> int:
        """The moment that it is kept under."""
        return self.received_at if self.time is None else self.time

    @property
    def window(self) -> tuple[int, int]:
        """When the uplink was sent that it is about."""
        if self.time is None:
            return self.received_at - 600_000, self.received_at - 15_000
        return self.time - 55_000, self.time + 999

    @property
    def decides(self) -> bool:
        """Whether it says what became of the downlink."""
        return self.code == 0 or self.code in FAILURES


def moment_of(uplink: str) -> int:
    """When an uplink was sent, epoch ms."""
    return int(uplink.partition("#")[0])


class Model:
    """One device.

    The queue changes at once; the history, and what acknowledgements do, when the change stream is followed.
    So each change leaves `news`, in the order of the stream, to be called when that is followed.

    Attributes:
        now: Epoch ms.
        queue: What waits, expired downlinks included.
        downlink_data: What is given when nothing waits.
        answers: When each uplink was answered, and with what.
        given: What was handed out, by uplink.
        steps: The history: the moments of its steps for each attempt.
        fates: What every downlink is that was ever accepted.
        reports: The acknowledgements that were kept.
        news: What happened since `take_news`.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self.queue: list[Downlink] = []
        self.downlink_data: str | None = None
        self.answers: dict[str, tuple[int, str | None]] = {}
        self.given: dict[str, Given] = {}
        self.steps: dict[Key, dict[Step, int]] = {}
        self.fates: dict[str, DownlinkState] = {}
        self.reports: list[Acknowledgement] = []
        self._downlinks: dict[Key, Downlink] = {}
        self._settled_by: dict[Acknowledgement, Given] = {}
        self._generation = 0
        self._news: list[News] = []

    def _told_at(self, downlink: Downlink) -> int:
        """The present moment as the stream tells it, in whole seconds; not before the downlink was made."""
        second = self.now // 1000 * 1000
        return second if downlink.source is Source.DOWNLINK_DATA else max(second, downlink.made_at)

    def take_news(self) -> list[News]:
        """Gives what happened since the last time."""
        news, self._news = self._news, []
        return news

    def waiting(self) -> list[Downlink]:
        """What waits and has not expired."""
        return [downlink for downlink in self.queue if not downlink.is_expired(self.now)]

    def push(self, downlinks: list[Downlink]) -> None:
        """The user appends downlinks."""
        self.queue += downlinks
        self._come(downlinks)

    def replace(self, downlinks: list[Downlink]) -> None:
        """The user puts downlinks in place of the queue."""
        self._generation += 1
        gone, self.queue = self.queue, list(downlinks)
        for downlink in gone:
            self._leave(downlink)
        self._come(downlinks)

    def delete(self, downlink: Downlink) -> None:
        """The user deletes a downlink that waits."""
        self.queue.remove(downlink)
        self._leave(downlink)

    def claim(self, uplink: str, computed: Downlink | None = None) -> Downlink | None:
        """The device asks, and gets this; what was computed, where nothing else is there."""
        while self.queue and self.queue[0].is_expired(self.now):
            self._leave(self.queue.pop(0), expired=True)
        downlink = None
        if self.queue:
            downlink = self.queue.pop(0)
            assert downlink.attempt == 1 or self._may_follow(downlink)
        elif self.downlink_data is not None:
            downlink = answered_downlink(uplink, self.downlink_data)
        elif computed is not None:
            downlink = computed
        self.answers[uplink] = self.now, None if downlink is None else downlink.payload
        if downlink is not None:
            given = Given(downlink, uplink, self._generation)
            assert given.key not in {other.key for other in self.given.values()}
            self.given[uplink] = given
            self._change_fate(downlink, DownlinkState.ANSWERED)
            self._news.append(partial(self._record, downlink, Step.ANSWERED, self._told_at(downlink)))
        return downlink

    def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Sigfox acknowledges."""
        self.reports.append(acknowledgement)
        self._news.append(partial(self._settle_matching, acknowledgement))

    def pass_deadlines(self) -> int:
        """Everything ends that was to end by now; tells how many came back to the head of the queue."""
        before = list(self.queue)
        due = [
            (moment, key)
            for key, steps in self.steps.items()
            if (moment := self._due_at(key, steps)) is not None and moment <= self.now
        ]
        for _, key in sorted(due):
            downlink, steps = self._downlinks[key], self.steps[key]
            if Step.ANSWERED not in steps:
                if downlink in self.queue:
                    self.queue.remove(downlink)
                    self._leave(downlink, expired=True)
            elif not self.is_concluded(given := self._given(key)):
                self._give_up(given)
        return len([downlink for downlink in self.queue if downlink not in before])

    def _due_at(self, key: Key, steps: dict[Step, int]) -> int | None:
        if Step.ANSWERED in steps:
            return max(steps[Step.ANSWERED], steps.get(Step.PENDING, 0)) + ACKNOWLEDGE_WAIT
        return self._downlinks[key].expires_at

    def _give_up(self, given: Given) -> None:
        for report in sorted(self.reports, key=lambda report: report.moment):
            if report.decides and self._matching(report) is given:
                self._settle(given, report)
                return
        if given.downlink.confirmed and not given.downlink.may_be_retried:
            self._fail(given, Step.FAILED, self.now)
        else:
            self._fail(given, Step.UNACKNOWLEDGED, self.now)

    def _settle_matching(self, acknowledgement: Acknowledgement) -> None:
        given = self._matching(acknowledgement)
        if given is not None:
            self._settle(given, acknowledgement)

    def _matching(self, acknowledgement: Acknowledgement) -> Given | None:
        """The answer that an acknowledgement is about."""
        if acknowledgement in self._settled_by:
            return self._settled_by[acknowledgement]
        first, last = acknowledgement.window
        matching = [
            given
            for given in self.given.values()
            if first <= given.moment <= last
            and Step.ANSWERED in self.steps.get(given.key, ())
            and (acknowledgement.time is not None or not self.is_concluded(given))
        ]
        return max(matching, key=lambda given: given.uplink, default=None)

    def _settle(self, given: Given, acknowledgement: Acknowledgement) -> None:
        at = acknowledgement.received_at
        self._settled_by[acknowledgement] = given
        if not acknowledgement.decides:
            self._record(given.downlink, Step.PENDING, at)
        elif acknowledgement.code == 0:
            self._record(given.downlink, Step.SENT, at)
            self.fates[given.downlink.id] = DownlinkState.SENT
            for queued in [queued for queued in self.queue if queued.id == given.downlink.id]:
                self.queue.remove(queued)
                self._leave(queued)
        else:
            self._fail(given, Step.FAILED, at)

    def _fail(self, given: Given, step: Step, at: int) -> None:
        downlink, steps = given.downlink, self.steps[given.key]
        if Step.SENT in steps:
            return
        was_sent = self.fates[downlink.id] is DownlinkState.SENT
        was_decided = bool({Step.FAILED, Step.UNACKNOWLEDGED} & steps.keys())
        if downlink.may_be_retried and not was_sent and not was_decided:
            self._try_again(given, at)
        elif step is Step.FAILED and not downlink.may_be_retried:
            self._change_fate(downlink, DownlinkState.FAILED)
        self._record(downlink, step, at)

    def _try_again(self, given: Given, at: int) -> None:
        downlink = given.downlink
        if downlink.is_expired(at):
            self._record(downlink, Step.EXPIRED, at)
            self._change_fate(downlink, DownlinkState.EXPIRED)
        elif given.generation != self._generation:
            self._record(downlink, Step.SUPERSEDED, at)
            self._change_fate(downlink, DownlinkState.SUPERSEDED)
        else:
            again = replace(downlink, attempt=downlink.attempt + 1)
            self.queue.insert(0, again)
            self._record(again, Step.QUEUED, at)
            self._change_fate(again, DownlinkState.QUEUED)

    def _may_follow(self, downlink: Downlink) -> bool:
        """Tells whether an attempt may follow on the one before it (I1)."""
        before = self.steps[downlink.id, downlink.attempt - 1].keys()
        return downlink.confirmed and bool(before & {Step.FAILED, Step.UNACKNOWLEDGED})

    def _come(self, downlinks: list[Downlink]) -> None:
        for downlink in downlinks:
            self.fates[downlink.id] = DownlinkState.QUEUED
            self._news.append(partial(self._record, downlink, Step.QUEUED, self.now))

    def _leave(self, downlink: Downlink, *, expired: bool = False) -> None:
        is_expired = expired or downlink.is_expired(self.now // 1000 * 1000)
        self._change_fate(downlink, DownlinkState.EXPIRED if is_expired else DownlinkState.REMOVED)
        step = Step.EXPIRED if is_expired else Step.REMOVED
        self._news.append(partial(self._record, downlink, step, self._told_at(downlink)))

    def _change_fate(self, downlink: Downlink, state: DownlinkState) -> None:
        if self.fates.get(downlink.id) is not DownlinkState.SENT:
            self.fates[downlink.id] = state

    def _record(self, downlink: Downlink, step: Step, at: int) -> None:
        key = downlink.id, downlink.attempt
        self._downlinks[key] = downlink
        self.steps.setdefault(key, {}).setdefault(step, at)

    def _given(self, key: Key) -> Given:
        return next(given for given in self.given.values() if given.key == key)

    def is_outcome_unknown(self, downlink_id: str) -> bool:
        """Whether no more is to be expected of a downlink that was handed out."""
        last = max(key for key in self.steps if key[0] == downlink_id)
        return self.fates[downlink_id] is DownlinkState.ANSWERED and Step.UNACKNOWLEDGED in self.steps[last]

    def is_concluded(self, given: Given) -> bool:
        """Whether it is known, or was given up to know, what became of an answer."""
        return bool(_CONCLUSIONS & self.steps.get(given.key, {}).keys())

    def was_tried_again(self, given: Given) -> bool:
        """Whether another attempt followed."""
        return (given.key[0], given.key[1] + 1) in self.steps

    def some_got_nothing(self, first: int, last: int) -> bool:
        """Whether an uplink after the first moment, not after the last one, was answered with nothing."""
        return any(
            payload is None and first < moment_of(uplink) <= last
            for uplink, (_, payload) in self.answers.items()
        )

    def order_head(self, count: int, ids: list[str]) -> None:
        """Accepts the order of downlinks that came back together: nothing says which of them is the first."""
        order = {id_: position for position, id_ in enumerate(ids)}
        self.queue[:count] = sorted(self.queue[:count], key=lambda downlink: order.get(downlink.id, -1))
