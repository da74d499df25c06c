"""What a simulation shows: its progress, and its account at the end."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from sigfox_simulator.account import Account
from sigfox_simulator.outage import OutageOutcome
from sigfox_simulator.payload_checks import Reading
from sigfox_simulator.readback import State
from sigfox_simulator.scenario import Scenario
from sigfox_simulator.simulation import Outcome
from sigfox_simulator.violations import Invariant, Violation
from sigfox_simulator.webhooks import WebhookOutcome

_SHOWN_OF_EACH = 3
_STATES = {
    State.SENT: "sent",
    State.FAILED: "failed",
    State.EXPIRED: "expired",
    State.REMOVED: "removed",
    State.SUPERSEDED: "superseded",
    State.ANSWERED: "handed out, acknowledgement may come",
    State.QUEUED: "still queued",
}


class ProgressView:
    """Shows a bar to people, and a line for every 10 % to files and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("messages", total=None)
        self._total = self._done = 0
        self._started = time.monotonic()
        self._said = ""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keep the bar on the screen while the block runs."""
        with self._bar:
            yield

    def warming_up(self) -> None:
        """The bundle is made to start."""
        self._say("starting the bundle's functions")

    def begin(self, messages: int) -> None:
        """It begins, with so many messages to come."""
        self._total = messages
        self._started = time.monotonic()
        self._bar.update(self._task, total=messages, description="messages")

    def message_done(self, simulated_s: float, requests: int) -> None:
        """A message and all its callbacks are done."""
        tenth = self._done * 10 // self._total
        self._done += 1
        rate = requests / max(time.monotonic() - self._started, 0.001)
        pace = f"simulated {simulated_s / 60:.1f} min, {requests:,} requests, {rate:.0f} a second"
        self._bar.update(self._task, completed=self._done, description=f"messages [dim]({pace})[/dim]")
        if not self._console.is_terminal and self._done * 10 // self._total > tenth:
            percent = self._done * 10 // self._total * 10
            self._console.print(f"  {percent} %: {self._done:,} of {self._total:,} messages, {pace}")

    def settling(self, devices: int) -> None:
        """All is sent; the bundle has yet to come to rest with so many devices."""
        self._say(f"reading what the bundle says of {devices:,} devices")

    def awaiting_webhooks(self) -> None:
        """All is read; webhooks have yet to tell the rest."""
        self._say("waiting for what webhooks have yet to tell")

    def recovering(self) -> None:
        """The bundle fetches what Sigfox could not deliver."""
        self._say("recovering what an outage of two hours has lost")

    def _say(self, doing: str) -> None:
        self._bar.update(self._task, description=doing)
        if not self._console.is_terminal and doing != self._said:
            self._console.print(f"  {doing} ...")
        self._said = doing


def show_scenario(console: Console, scenario: Scenario) -> None:
    """Say what is simulated, so that it can be repeated."""
    console.print(
        f"{scenario.devices:,} devices, {scenario.minutes:g} simulated minutes, {scenario.scale:g} times as"
        f" fast, {scenario.faults:.0%} faults, seed {scenario.seed}"
    )


def show_outcome(console: Console, outcome: Outcome) -> None:
    """Show the account and the first violations of each invariant."""
    account = outcome.account
    rate = outcome.requests / max(outcome.seconds, 0.001)
    console.print(
        f"\n{outcome.simulated_s / 60:.1f} simulated minutes in {outcome.seconds:.0f} s:"
        f" {outcome.requests:,} requests, {rate:.0f} a second\n"
    )
    console.print(_messages(account))
    console.print(_callbacks(account))
    console.print(_downlinks(account))
    console.print(_payloads(account))
    console.print(_webhooks(outcome.webhooks))
    console.print(_outage(outcome.outage))
    console.print(_invariants(outcome.violations))
    if account.unclear_devices:
        console.print(
            f"{account.unclear_devices} devices' queues and histories were not judged: a change of the"
            " queue got no answer, so that it may or may not have happened."
        )
    for line in _described(outcome.violations):
        console.print(line, markup=False)


def _messages(account: Account) -> Table:
    table = _table("messages", "number")
    _row(table, "sent by devices", account.messages_sent)
    _row(table, "accepted by the bundle", account.messages_accepted)
    _row(table, "stored", account.messages_stored)
    _row(table, "missing", account.messages_missing)
    _row(table, "heard of after their radio window", account.late)
    return table


def _callbacks(account: Account) -> Table:
    table = _table("callbacks", "requests", "answered 2xx", "repeats of those")
    for service, count in account.callbacks.items():
        _row(table, service, count.requests, count.accepted, count.repeated)
    for status, times in account.refusals.items():
        _row(table, "not answered within 10 s" if status is None else f"answered {status}", times)
    _row(table, "lost on their way", account.requests_lost)
    _row(table, "lost at every attempt", account.never_delivered)
    return table


def _downlinks(account: Account) -> Table:
    table = _table("downlinks", "number")
    _row(table, "accepted", account.downlinks_accepted)
    for state, name in _STATES.items():
        _row(table, name, account.downlinks.get(state, 0))
    _row(table, "handed out, outcome unknown", account.outcome_unknown)
    _row(table, "attempts after the first", account.retries)
    return table


def _payloads(account: Account) -> Table:
    table = _table("payloads whose meaning is known", "number")
    _row(table, "decoded right", account.payloads.get(Reading.RIGHT, 0))
    _row(table, "decoded wrong", account.payloads.get(Reading.WRONG, 0))
    _row(table, "not decoded", account.payloads.get(Reading.NONE, 0))
    return table


def _webhooks(outcome: WebhookOutcome) -> Table | str:
    if outcome.skipped:
        return f"webhooks: skipped, because {outcome.skipped}\n"
    table = _table(
        "webhook", "due", "delivered", "repeated", "lost", "of these not in the feed", "not signed"
    )
    for each in outcome.accounts:
        numbers = (each.due, each.delivered, each.repeated, len(each.lost), each.lost_in_feed, each.unsigned)
        _row(table, each.id, *numbers)
    return table


def _outage(outcome: OutageOutcome) -> Table | str:
    if outcome.account is None:
        return f"outage: skipped, because {outcome.skipped}\n"
    table = _table("an outage of two hours", "number")
    _row(table, "messages sent around it", outcome.account.sent)
    _row(table, "that Sigfox could not deliver", outcome.account.lost)
    _row(table, "recovered", outcome.account.recovered)
    return table


def _invariants(violations: tuple[Violation, ...]) -> Table:
    broken = Counter(violation.invariant for violation in violations)
    table = _table("promises", "broken")
    for invariant in Invariant:
        times = broken[invariant]
        colour = "red" if times else "green"
        table.add_row(f"{invariant}  {escape(invariant.promise)}", f"[{colour}]{times:,}[/{colour}]")
    return table


def _described(violations: tuple[Violation, ...]) -> Iterator[str]:
    for invariant in Invariant:
        broken = [violation.what for violation in violations if violation.invariant is invariant]
        yield from (f"{invariant}: {what}" for what in broken[:_SHOWN_OF_EACH])
        if len(broken) > _SHOWN_OF_EACH:
            yield f"{invariant}: and {len(broken) - _SHOWN_OF_EACH:,} more"


def _table(title: str, *numbers: str) -> Table:
    table = Table(title, box=None, pad_edge=False, padding=(0, 2), title_justify="left")
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _row(table: Table, name: str, *numbers: int) -> None:
    table.add_row(name, *(f"{number:,}" for number in numbers))
