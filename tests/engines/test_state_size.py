"""A device's state stays below DynamoDB's 400 kB, so that nothing that is written into it is refused.

moto is left out where sizes matter: it counts what is there and what is new, as if nothing were replaced.
"""

import time
from collections import Counter
from dataclasses import replace

import pytest

from sigbridge.applications import create_application
from sigbridge.devices import register_device
from sigbridge.downlinks import QueueFull, answer_uplink, push_downlinks, queued_downlinks
from sigbridge.model.claim import ClaimRequest
from sigbridge.model.downlink import Downlink
from sigbridge.model.downlink_history import AttemptKey, Step
from sigbridge.settings import settings
from sigbridge.store import attempts, table
from sigbridge.store.attempts import StepWrite
from sigbridge.store.claims import ANSWERS_IN_A_MAP
from sigbridge.store.device_states import (
    MOST_BYTES,
    MOST_PUSHED_BYTES,
    MOST_QUEUED,
    QueueHasNoRoom,
    find,
    state_key,
)
from sigbridge.store.downlink_codec import write_downlink
from sigbridge.store.rows import Update
from tests.engines.test_races import at_once

APPLICATION, DEVICE = "demo", "153FA"
CAPACITY = 150
PERIOD = 600_000
# The maps of this period and of its neighbours are those of numbers 0, 1 and 3.
START = int(time.time() * 1000) // (4 * PERIOD) * 4 * PERIOD


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_CAPACITY", str(CAPACITY))
    settings.cache_clear()
    create_application(APPLICATION)
    register_device(APPLICATION, DEVICE)


def largest(attempt: int = 1) -> Downlink:
    """A downlink that takes all the bytes that it may."""
    downlink = Downlink(payload="01" * 8, confirmed=True, max_attempts=32, decoded_payload={"text": ""})
    missing = MOST_PUSHED_BYTES - len(write_downlink(downlink))
    return replace(downlink, decoded_payload={"text": "x" * missing}, attempt=attempt)


def fill(queued: int) -> None:
    """Makes the state the largest that there can be, with so many in the queue."""
    assert len(write_downlink(largest())) == MOST_PUSHED_BYTES
    answers = {
        f":a{number}": {
            f"{START - 1000 * i:013d}#{number}{'9' * 14}": write_downlink(largest(attempt=32))
            for i in range(ANSWERS_IN_A_MAP)
        }
        for number in (0, 1, 3)
    }
    table.update(
        Update(
            key=state_key(APPLICATION, DEVICE),
            expression="SET queue = :queue, answers_0 = :a0, answers_1 = :a1, answers_3 = :a3",
            condition="",
            values={":queue": [write_downlink(largest()) for _ in range(queued)], **answers},
        )
    )


def try_again(number: int) -> None:
    """Puts a downlink back that was handed out 31 times."""
    downlink = largest(attempt=32)
    attempts.try_again(
        AttemptKey(APPLICATION, DEVICE, f"{number:024x}", 31),
        StepWrite(Step.FAILED, {"at": START}, downlink, kept_until=START // 1000 + 86_400),
        StepWrite(Step.QUEUED, {"at": START}, downlink),
        find(APPLICATION, DEVICE).generation,
    )


@pytest.mark.usefixtures("networked_engine")
def test_the_largest_state_takes_pushes_retries_and_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    fill(CAPACITY - 1)

    push_downlinks(APPLICATION, DEVICE, [largest()])
    for number in range(MOST_QUEUED - CAPACITY):
        try_again(number)
    with pytest.raises(QueueHasNoRoom):
        try_again(MOST_QUEUED)
    with pytest.raises(QueueFull):
        push_downlinks(APPLICATION, DEVICE, [largest()])
    first = answer_uplink(ClaimRequest(APPLICATION, DEVICE, f"{START:013d}#{'9' * 15}", START))
    try_again(MOST_QUEUED)
    second = answer_uplink(ClaimRequest(APPLICATION, DEVICE, f"{START + 1:013d}#{'9' * 15}", START + 1))

    assert first.downlink is not None
    assert second.downlink is not None
    assert (first.downlink.attempt, second.downlink.attempt) == (32, 32)
    assert len(write_downlink(first.downlink)) <= MOST_BYTES
    assert len(queued_downlinks(APPLICATION, DEVICE)) == MOST_QUEUED - 1


@pytest.mark.usefixtures("networked_engine")
def test_pushers_at_once_fill_the_queue_and_not_more(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    fill(0)

    def push() -> str:
        try:
            push_downlinks(APPLICATION, DEVICE, [largest()] * 50)
        except QueueFull:
            return "429"
        return "200"

    assert Counter(at_once([push] * 5)) == {"200": 3, "429": 2}
    assert len(queued_downlinks(APPLICATION, DEVICE)) == CAPACITY


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("expired", [1, 2, CAPACITY, MOST_QUEUED])
def test_a_claim_drops_whatever_has_expired(expired: int, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    texts = [write_downlink(Downlink(payload="01" * 8, expires_at=START + 1)) for _ in range(expired)]
    last = write_downlink(Downlink(payload="02" * 8))
    change = "SET queue = :queue"
    table.update(Update(state_key(APPLICATION, DEVICE), change, "", {":queue": [*texts, last]}))

    answers = [
        answer_uplink(ClaimRequest(APPLICATION, DEVICE, f"{START:013d}#{number}", START + 10)).payload
        for number in range(2)
    ]

    assert answers == ["02" * 8, None]
    assert find(APPLICATION, DEVICE).queue == ()


@pytest.mark.usefixtures("networked_engine")
def test_what_was_too_large_before_is_refused_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    change = Update(state_key(APPLICATION, DEVICE), "SET rest = :rest", "", {":rest": "x" * 409_000})
    table.update(change)

    with pytest.raises(QueueHasNoRoom):
        try_again(1)
