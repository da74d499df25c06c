"""The queue against a simple model of it, on every engine: whatever order things happen in."""

import secrets

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sigbridge.devices.directory import register_device
from sigbridge.downlinks import (
    Downlink,
    QueueFull,
    answer_uplink,
    push_downlinks,
    queued_downlinks,
    recall_answer,
    replace_downlinks,
    set_downlink_data,
)

APPLICATION = "demo"
CAPACITY = 100
START = 1_795_300_000_000
WINDOW = 30_000
REMEMBERED = 600_000
EXAMPLES = {"moto": 40, "ministack": 15, "dynamodb-local": 20}

payloads = st.binary(min_size=8, max_size=8).map(bytes.hex)
# Some are as long as a step of the clock, so that a downlink expires just when the device asks.
lifetimes = st.none() | st.sampled_from([1, 1_000, 20_000, 60_000]) | st.integers(1, 120_000)
items = st.lists(st.tuples(payloads, lifetimes), min_size=0, max_size=4)


class QueueMachine(RuleBasedStateMachine):
    """One device, one model of its queue, and a clock that the machine moves."""

    uplinks: Bundle[str] = Bundle("uplinks")

    def __init__(self) -> None:
        super().__init__()
        self.device = secrets.token_hex(8).upper()
        register_device(APPLICATION, self.device)
        self.now = START
        self.queue: list[Downlink] = []
        self.downlink_data: str | None = None
        self.answers: dict[str, tuple[int, str | None]] = {}
        self.handed_out: list[str] = []

    def _make(self, wanted: list[tuple[str, int | None]]) -> list[Downlink]:
        return [
            Downlink(payload=payload, expires_at=None if lifetime is None else self.now + lifetime)
            for payload, lifetime in wanted
        ]

    @rule(wanted=items)
    def push(self, wanted: list[tuple[str, int | None]]) -> None:
        downlinks = self._make(wanted)
        push_downlinks(APPLICATION, self.device, downlinks)
        self.queue += downlinks

    @rule(room=st.integers(0, 3))
    def push_too_many(self, room: int) -> None:
        downlinks = self._make([("00" * 8, None)] * (CAPACITY - len(self.queue) + 1 + room))
        with pytest.raises(QueueFull):
            push_downlinks(APPLICATION, self.device, downlinks)

    @rule(wanted=items)
    def replace(self, wanted: list[tuple[str, int | None]]) -> None:
        downlinks = self._make(wanted)
        replace_downlinks(APPLICATION, self.device, downlinks)
        self.queue = downlinks

    @rule()
    def clear(self) -> None:
        replace_downlinks(APPLICATION, self.device, [])
        self.queue = []

    @rule(payload=st.none() | payloads)
    def change_downlink_data(self, payload: str | None) -> None:
        set_downlink_data(APPLICATION, self.device, payload)
        self.downlink_data = payload

    @rule(step=st.sampled_from([1, 1_000, 20_000, 60_000, 240_000, 700_000]))
    def wait(self, step: int) -> None:
        self.now += step

    @rule(target=uplinks)
    def claim(self) -> str:
        uplink = f"{self.now:013d}#{len(self.answers)}"
        answer = answer_uplink(APPLICATION, self.device, uplink, self.now)
        while self.queue and self.queue[0].is_expired(self.now):
            del self.queue[0]
        if self.queue:
            expected = self.queue.pop(0)
            assert answer.downlink == expected
            assert expected.id not in self.handed_out
            self.handed_out.append(expected.id)
            payload: str | None = expected.payload
        else:
            payload = self.downlink_data
            assert answer.downlink is None
        assert answer.payload == payload
        assert not answer.repeated
        self.answers[uplink] = (self.now, payload)
        return uplink

    @rule(uplink=uplinks)
    def repeat(self, uplink: str) -> None:
        answered_at, payload = self.answers[uplink]
        age = self.now - answered_at
        if age <= WINDOW:
            answer = answer_uplink(APPLICATION, self.device, uplink, self.now)
        else:
            answer = recall_answer(APPLICATION, self.device, uplink)
        if age < REMEMBERED:
            assert (answer.payload, answer.repeated) == (payload, True)
        else:
            assert answer.payload in {payload, None}

    @invariant()
    def the_queue_is_as_the_model_says(self) -> None:
        listed = queued_downlinks(APPLICATION, self.device)
        assert listed == [downlink for downlink in self.queue if not downlink.is_expired(self.now)]


def test_the_queue_agrees_with_its_model(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Machine(QueueMachine):
        def _at(self) -> int:
            return self.now

        def __init__(self) -> None:
            super().__init__()
            monkeypatch.setattr("sigbridge.downlinks.queue.now_ms", self._at)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=EXAMPLES[engine],
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
