"""What happened between two states of a queue: for every history that a queue can have."""

from dataclasses import dataclass, field, replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.downlinks import Transition, transitions
from sigbridge.model.device_state import DeviceState, Removal
from sigbridge.model.downlink import Downlink
from sigbridge.model.downlink_history import Attempt, DownlinkHistory, DownlinkState, Step

START = 1_795_300_000_000

type Steps = dict[tuple[str, int], dict[Step, Transition]]
type Write = tuple[DeviceState, DeviceState, int]

operations = st.lists(
    st.tuples(
        st.sampled_from(
            ["push", "push expiring", "claim", "claim", "replace", "clear", "delete", "expire", "put back"]
        ),
        st.integers(0, 5),
    ),
    max_size=30,
)


@dataclass
class Queue:
    """A queue and every write that it has seen; a second passes before each."""

    state: DeviceState = field(default_factory=DeviceState)
    now: int = START
    made: int = 0
    writes: list[Write] = field(default_factory=list)
    in_flight: list[Downlink] = field(default_factory=list)

    def play(self, operation: str, number: int) -> None:
        """Makes one write, if there is anything to write about."""
        self.now += 1000
        queue = self.state.queue
        match operation:
            case "push":
                self.write(queue=(*queue, *(self.make() for _ in range(number))))
            case "push expiring":
                self.write(queue=(*queue, self.make(expires_at=self.now + 1000 * number)))
            case "claim":
                self.claim()
            case "replace":
                fresh = tuple(self.make() for _ in range(number + 1))
                self.write(queue=fresh, removal=Removal.REPLACED, generation=self.state.generation + 1)
            case "clear":
                self.write(queue=(), removal=Removal.CLEARED, generation=self.state.generation + 1)
            case "delete" if number < len(queue):
                self.write(queue=queue[:number] + queue[number + 1 :], removal=Removal.DELETED)
            case "expire":
                left = tuple(downlink for downlink in queue if not downlink.is_expired(self.now))
                if left != queue:
                    self.write(queue=left, removal=Removal.EXPIRED)
            case "put back" if self.in_flight:
                again = self.in_flight.pop(number % len(self.in_flight))
                self.write(queue=(replace(again, attempt=again.attempt + 1), *queue))

    def claim(self) -> None:
        """The device asks: expired heads are dropped, the next one is its answer."""
        waiting = list(self.state.queue)
        while waiting and waiting[0].is_expired(self.now):
            del waiting[0]
        answer = waiting.pop(0) if waiting else None
        if answer is not None:
            self.in_flight.append(answer)
        answers = {**self.state.answers, f"{self.now:013d}#1": answer}
        self.write(queue=tuple(waiting), answers=answers)

    def make(self, expires_at: int | None = None) -> Downlink:
        """A new downlink."""
        self.made += 1
        id_ = f"{self.now:012x}{self.made:012x}"
        return Downlink("00" * 8, id=id_, confirmed=True, max_attempts=32, expires_at=expires_at)

    def write(self, **changes: object) -> None:
        """Writes the state."""
        before = self.state
        self.state = replace(before, **changes)  # type: ignore[arg-type]
        self.writes.append((before, self.state, self.now))


def played(moves: list[tuple[str, int]]) -> Queue:
    queue = Queue()
    for operation, number in moves:
        queue.play(operation, number)
    return queue


def record(steps: Steps, writes: list[Write]) -> Steps:
    """Records what happened as the history does: the first record of a step stands."""
    for before, after, at in writes:
        for transition in transitions(before, after, at):
            identity = transition.downlink.id, transition.downlink.attempt
            steps.setdefault(identity, {}).setdefault(transition.step, transition)
    return steps


def identities(queue: tuple[Downlink, ...]) -> set[tuple[str, int]]:
    return {(downlink.id, downlink.attempt) for downlink in queue}


@given(operations)
def test_every_write_tells_once_of_what_came_and_of_what_left_and_of_nothing_else(
    moves: list[tuple[str, int]],
) -> None:
    for before, after, at in played(moves).writes:
        told = [(t.downlink.id, t.downlink.attempt, t.step) for t in transitions(before, after, at)]
        came = identities(after.queue) - identities(before.queue)
        left = identities(before.queue) - identities(after.queue)

        assert sorted(told) == sorted(set(told))
        assert {(id_, number) for id_, number, step in told if step is Step.QUEUED} == came
        assert {(id_, number) for id_, number, step in told if step is not Step.QUEUED} == left


@given(operations)
def test_every_downlink_is_in_exactly_one_state_the_one_that_it_is_in(moves: list[tuple[str, int]]) -> None:
    queue = played(moves)
    steps = record({}, queue.writes)
    waiting = {downlink.id for downlink in queue.state.queue}

    for id_ in {id_ for id_, _ in steps}:
        attempts = [
            Attempt(next(iter(own.values())).downlink, {step: {"at": t.at} for step, t in own.items()})
            for (owner, _), own in steps.items()
            if owner == id_
        ]
        state = DownlinkHistory.of(attempts).state
        assert (state is DownlinkState.QUEUED) == (id_ in waiting)
        assert state in {
            DownlinkState.QUEUED,
            DownlinkState.ANSWERED,
            DownlinkState.EXPIRED,
            DownlinkState.REMOVED,
        }


@given(operations, st.integers(0, 30), st.randoms())
def test_replaying_any_prefix_twice_gives_the_same_history(
    moves: list[tuple[str, int]], length: int, random: Random
) -> None:
    writes = played(moves).writes
    once = record({}, writes)
    prefix = writes[:length]
    shuffled = random.sample(writes, len(writes))

    assert record(record(record({}, prefix), prefix), writes) == once
    assert record({}, shuffled) == once


@given(operations)
def test_a_step_comes_no_earlier_than_the_downlink_was_made(moves: list[tuple[str, int]]) -> None:
    for own in record({}, played(moves).writes).values():
        for transition in own.values():
            assert transition.at >= transition.downlink.made_at


@given(st.sets(st.sampled_from(list(Step)), min_size=1), st.randoms())
def test_a_state_follows_from_the_steps_in_whatever_order_they_were_recorded(
    steps: set[Step], random: Random
) -> None:
    downlink = Downlink("00" * 8)
    orders = [random.sample(sorted(steps), len(steps)) for _ in range(3)]

    states = {
        DownlinkHistory.of([Attempt(downlink, {step: {"at": 1} for step in order})]).state for order in orders
    }

    assert len(states) == 1
    assert (states == {DownlinkState.SENT}) == (Step.SENT in steps)
