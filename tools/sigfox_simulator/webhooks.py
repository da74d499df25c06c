"""The customer's webhooks: made before the first message, and judged when all is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from sigfox_simulator.clock import Clock, Wall
from sigfox_simulator.courier import Line
from sigfox_simulator.dice import dice
from sigfox_simulator.failures import SimulationError
from sigfox_simulator.management_api import ManagementApi
from sigfox_simulator.readback import Readback
from sigfox_simulator.receiver import Receiver
from sigfox_simulator.scenario import Scenario, Target
from sigfox_simulator.truth import Truth
from sigfox_simulator.webhook_account import (
    EventKey,
    WebhookAccount,
    detail_key,
    due_events,
    take_webhook_account,
    told_events,
)

WEBHOOKS = {"simulated-sigbridge": "sigbridge", "simulated-tts": "tts"}
# What webhooks are told of, by the kinds of events as the feed calls them.
_MESSAGE_TYPES = {
    "message.received": "uplink_message",
    "downlink.queued": "downlink_queued",
    "downlink.answered": "downlink_answered",
    "downlink.sent": "downlink_sent",
    "downlink.failed": "downlink_failed",
}
# What the bundle looks webhooks up for, and remembers them for a minute.
_KINDS = (*_MESSAGE_TYPES, "message.completed", "report.received")
_KNOWN_WITHIN_S = 62
_DOWN_FROM, _DOWN_UNTIL = 0.3, 0.6
# A circuit that is open is tried after a minute, and after two more.
_TOLD_WITHIN_S = 240
_LOOKS_EVERY_S = 3


@dataclass(frozen=True, slots=True)
class WebhookOutcome:
    """What became of the webhooks.

    Attributes:
        accounts: Of each webhook.
        skipped: Why there are none.
    """

    accounts: tuple[WebhookAccount, ...] = ()
    skipped: str = ""


class Webhooks:
    """The customer's webhooks, and the server that they call.

    Args:
        scenario: Its faults are the server's too; one of the webhooks finds it down for a while.
        target: The bundle.
        line: The way to it.
        clock: Simulated time.
        wall: The real clock.
    """

    def __init__(self, scenario: Scenario, target: Target, line: Line, clock: Clock, wall: Wall) -> None:
        self._scenario = scenario
        self._target = target
        self._line = line
        self._clock = clock
        self._wall = wall
        self._management = ManagementApi(target.key)
        self._receiver = Receiver(scenario.seed, scenario.faults, self._is_down)
        self._unlucky = dice(scenario.seed, "unlucky webhook").choice(tuple(WEBHOOKS))
        self._skipped = ""

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[None]:
        """Have webhooks that are told while the block runs, if the bundle can call this machine.

        Raises:
            SimulationError: It refuses them.
        """
        if self._target.receiver_host is None:
            self._skipped = f"the bundle at {self._target.base_url} can't call this machine"
            yield
            return
        async with self._receiver.listening(self._target.receiver_host) as base_url:
            for webhook, format_ in WEBHOOKS.items():
                self._skipped = self._skipped or await self._create(webhook, format_, base_url)
            if not self._skipped:
                await self._wait_until_known()
            try:
                yield
            finally:
                if not self._skipped:
                    for webhook in WEBHOOKS:
                        await self._line.send(self._management.delete_webhook(webhook))

    async def settle(self, truth: Truth, readback: Readback) -> WebhookOutcome:
        """Let the server recover, wait until all is told that must be, and take account."""
        if self._skipped:
            return WebhookOutcome(skipped=self._skipped)
        self._receiver.recover()
        due = due_events(truth, readback, self._target.patience)
        give_up_at = self._wall.now() + _TOLD_WITHIN_S
        while self._missing(due) and self._wall.now() < give_up_at:
            if self._target.keep_time is not None:
                await self._target.keep_time()
            await self._wall.pause(_LOOKS_EVERY_S, asyncio.Event())
        feed = await self._read_feed() if self._missing(due) else frozenset()
        return WebhookOutcome(
            tuple(
                take_webhook_account(webhook, due, self._receiver.receipts.get(webhook, ()), feed)
                for webhook in WEBHOOKS
            )
        )

    def _missing(self, due: frozenset[EventKey]) -> bool:
        receipts = self._receiver.receipts
        return any(due - told_events(receipts.get(webhook, ())) for webhook in WEBHOOKS)

    def _is_down(self, webhook: str) -> bool:
        passed = self._clock.now / (self._scenario.minutes * 60)
        return webhook == self._unlucky and _DOWN_FROM <= passed < _DOWN_UNTIL

    async def _create(self, webhook: str, format_: str, base_url: str) -> str:
        """Create a webhook and return "", or why the bundle has none."""
        # One of a simulation that was stopped may be there.
        await self._line.send(self._management.delete_webhook(webhook))
        wanted = {
            "id": webhook,
            "base_url": f"{base_url}/{webhook}",
            "format": format_,
            "paths": dict.fromkeys(_MESSAGE_TYPES.values(), ""),
        }
        _, response = await self._line.send(self._management.create_webhook(wanted))
        if response is None or response.is_server_error:
            message = "the bundle does not answer POST /v1/webhooks"
            raise SimulationError(message)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return "the bundle has no webhooks"
        if response.status_code == HTTPStatus.FORBIDDEN:
            return "the key may not write webhooks"
        if not response.is_success:
            message = f"POST /v1/webhooks was answered {response.status_code} {response.text}"
            raise SimulationError(message)
        self._receiver.secrets[webhook] = response.json()["signing_secret"]
        return ""

    async def _wait_until_known(self) -> None:
        """Wait as long as the bundle may remember that there were no webhooks: since the last event."""
        _, response = await self._line.send(self._management.feed(",".join(_KINDS), None))
        if response is None or not response.is_success:
            waited_s = 0.0
        else:
            written = (event.get("written_at") for event in response.json()["events"])
            last = max(
                (datetime.fromisoformat(moment).timestamp() for moment in written if moment), default=0
            )
            waited_s = self._wall.now() - last
        if waited_s < _KNOWN_WITHIN_S:
            await self._wall.pause(_KNOWN_WITHIN_S - waited_s, asyncio.Event())

    async def _read_feed(self) -> frozenset[EventKey]:
        """Read what the feed says that happened, as a second account of what webhooks did not tell."""
        found: set[EventKey] = set()
        cursor: str | None = None
        while True:
            _, response = await self._line.send(self._management.feed(",".join(_MESSAGE_TYPES), cursor))
            if response is None or not response.is_success:
                return frozenset(found)
            page = response.json()
            for event in page["events"]:
                key = detail_key(_MESSAGE_TYPES[event["kind"]], event["detail"])
                if key is not None:
                    found.add(key)
            cursor = page.get("next_cursor")
            if cursor is None:
                return frozenset(found)
