"""What the account of an outage finds: messages that are missing, twice or otherwise, and wrong histories."""

from dataclasses import replace

import pytest

from sigfox_simulator.outage_account import LostDownlinks, OutageAccount, SentMessage, take_outage_account
from sigfox_simulator.readback import DownlinkHistory, Readback, State, StoredMessage

DEVICE = "A1"
DELIVERED = SentMessage(DEVICE, 1_900_000_000, 1, "01", is_lost=False)
LOST = SentMessage(DEVICE, 1_900_000_900, 2, "02", is_lost=True)
STORED = [
    StoredMessage(1_900_000_000_000, 1, "01"),
    StoredMessage(1_900_000_900_000, 2, "02", recovered=True),
]
LIVES = [DownlinkHistory("first", State.SENT, 1, "11"), DownlinkHistory("second", State.QUEUED, 1, "22")]


def account(messages: list[StoredMessage], lives: list[DownlinkHistory]) -> OutageAccount:
    readback = Readback(lives={DEVICE: lives}, messages={DEVICE: messages})
    return take_outage_account([DELIVERED, LOST], {DEVICE: LostDownlinks("first", "second")}, readback)


def test_what_came_back_is_counted() -> None:
    assert account(STORED, LIVES) == OutageAccount(sent=2, lost=1, recovered=1, violations=())


@pytest.mark.parametrize(
    ("messages", "lives", "finding"),
    [
        (STORED[:1], LIVES, "stored 0 times"),
        ([*STORED, STORED[1]], LIVES, "stored 2 times"),
        ([STORED[0], replace(STORED[1], payload="03")], LIVES, "was not sent so"),
        ([STORED[0], replace(STORED[1], recovered=False)], LIVES, "was not sent so"),
        (STORED, [replace(LIVES[0], state=State.ANSWERED), LIVES[1]], "first is answered, not sent"),
        (STORED, [LIVES[0], replace(LIVES[1], state=State.ANSWERED)], "second is answered, not queued"),
        (STORED, LIVES[:1], "second is None"),
    ],
    ids=["missing", "twice", "otherwise", "not marked", "not acknowledged", "claimed", "gone"],
)
def test_what_is_wrong_is_found(
    messages: list[StoredMessage], lives: list[DownlinkHistory], finding: str
) -> None:
    assert any(finding in violation.what for violation in account(messages, lives).violations)
