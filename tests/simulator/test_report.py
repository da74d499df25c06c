"""What a simulation shows."""

import io
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from sigfox_simulator.cli import main
from sigfox_simulator.report import ProgressView, show_outcome, show_scenario
from sigfox_simulator.scenario import Scenario
from sigfox_simulator.violations import Invariant
from sigfox_simulator.webhook_account import WebhookAccount
from sigfox_simulator.webhooks import WebhookOutcome
from tests.simulator.fake_bundle import FakeBundle, FakeWall, Flaw, simulated


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


@pytest.fixture
def plain() -> Console:
    """A console that is no terminal."""
    return Console(file=io.StringIO(), width=200)


def test_the_account_says_what_was_sent_and_that_no_promise_was_broken(plain: Console) -> None:
    outcome = simulated(FakeBundle(FakeWall()), Scenario(devices=8, seed=1))
    account = outcome.account

    show_outcome(plain, outcome)

    text = written(plain)
    assert f"sent by devices {account.messages_sent}" in text
    assert f"stored {account.messages_stored} missing 0" in text
    assert f"accepted {account.downlinks_accepted}" in text
    assert all(f"{invariant} {invariant.promise} 0" in text for invariant in Invariant)
    assert f"{outcome.requests:,} requests" in text


def test_the_first_violations_of_each_promise_are_described(plain: Console) -> None:
    outcome = simulated(FakeBundle(FakeWall(), Flaw.STORES_TWICE), Scenario(devices=8, faults=0.5))
    broken = [violation.what for violation in outcome.account.violations]

    show_outcome(plain, outcome)

    text = written(plain)
    assert f"I8 {Invariant.I8.promise} {len(broken)}" in text
    assert f"I8: {broken[0]}" in text
    assert f"I8: and {len(broken) - 3} more" in text


def test_webhooks_are_skipped_where_the_bundle_can_not_call(plain: Console) -> None:
    show_outcome(plain, simulated(FakeBundle(FakeWall()), Scenario(devices=8, seed=1)))

    assert "webhooks: skipped, because the bundle at https://bundle can't call this machine" in written(plain)


def test_what_webhooks_lost_is_shown(plain: Console) -> None:
    lost = WebhookAccount("one", 5, 4, 2, (("downlink_sent", "1" * 24),), 0, 1)
    outcome = simulated(FakeBundle(FakeWall()), Scenario(devices=8, seed=1))

    show_outcome(plain, replace(outcome, webhooks=WebhookOutcome((lost,))))

    text = written(plain)
    assert "webhook due delivered repeated lost of these not in the feed not signed one 5 4 2 1 1 0" in text
    assert f"hooks {Invariant.WEBHOOKS.promise} 1" in text
    assert f"hooks: one was never told of downlink_sent {'1' * 24}" in text


def test_a_file_gets_a_line_for_every_10_percent(plain: Console) -> None:
    view = ProgressView(plain)
    with view.shown():
        view.warming_up()
        view.begin(50)
        for _ in range(50):
            view.message_done(60, 100)
        view.settling(3)
        view.settling(3)
        view.awaiting_webhooks()

    lines = [line.strip() for line in plain.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert [line.split(":")[0] for line in lines if "%" in line] == [f"{tenth}0 %" for tenth in range(1, 11)]
    assert lines[0] == "starting the bundle's functions ..."
    assert lines[-2] == "reading what the bundle says of 3 devices ..."
    assert lines[-1] == "waiting for what webhooks have yet to tell ..."
    assert len(lines) == 13


def test_people_get_a_bar() -> None:
    terminal = Console(file=io.StringIO(), width=120, force_terminal=True)
    view = ProgressView(terminal)
    with view.shown():
        view.begin(50)
        view.message_done(90, 100)

    assert "1/50" in written(terminal)
    assert "%:" not in written(terminal)


def test_the_seed_is_shown_so_that_a_simulation_can_be_repeated(plain: Console) -> None:
    show_scenario(plain, Scenario(devices=2000, seed=17))

    assert "2,000 devices" in written(plain)
    assert "seed 17" in written(plain)


def test_another_deployment_needs_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SIGBRIDGE_KEY", raising=False)
    monkeypatch.setattr(sys, "argv", ["sigfox_simulator", "--base-url", "https://bundle"])

    with pytest.raises(SystemExit) as end:
        main()

    assert end.value.code == 1
    assert "--base-url needs --key" in capsys.readouterr().err


def test_a_deployment_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["sigfox_simulator", "--base-url", "http://127.0.0.1:9", "--key", "sbk_x"]
    )

    with pytest.raises(SystemExit) as end:
        main()

    assert end.value.code == 1
    assert "does not answer POST /uplink" in capsys.readouterr().err
