"""The customer's webhooks in a simulation: made, told, judged, deleted; skipped where there are none."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from sigfox_simulator.clock import Clock
from sigfox_simulator.courier import Line
from sigfox_simulator.devices import make_fleet
from sigfox_simulator.failures import SimulationError
from sigfox_simulator.fates import Patience
from sigfox_simulator.readback import Readback
from sigfox_simulator.scenario import Scenario, Target
from sigfox_simulator.truth import Downlink, Span, Truth
from sigfox_simulator.webhooks import WEBHOOKS, WebhookOutcome, Webhooks
from tests.simulator.fake_bundle import FakeWall

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
DOWNLINK_ID = "1" * 24


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come soon never comes."""
    monkeypatch.setattr("sigfox_simulator.webhooks._TOLD_WITHIN_S", 4)


@dataclass
class Api:
    """Management of webhooks, as far as the simulator uses it; calls them whenever time is kept."""

    status: int = 201
    tells: bool = True
    feed: list[dict[str, Any]] = field(default_factory=list)
    webhooks: dict[str, Any] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "DELETE":
            self.webhooks.pop(path.rpartition("/")[2], None)
            self.deleted.append(path)
            return httpx.Response(204)
        if path == "/v1/feed":
            return httpx.Response(200, json={"events": self.feed})
        if self.status == 201:
            wanted = json.loads(request.content)
            self.webhooks[wanted["id"]] = wanted
        return httpx.Response(self.status, json={"signing_secret": SECRET})

    async def keep_time(self) -> None:
        """Calls each webhook."""
        async with httpx.AsyncClient(trust_env=False) as client:
            for webhook in self.webhooks.values() if self.tells else ():
                body = json.dumps(
                    {"message_type": "downlink_queued", "downlink": {"id": DOWNLINK_ID}}
                    if webhook["format"] == "sigbridge"
                    else {"end_device_ids": {"device_id": "153fa"}, "downlink_queued": {"id": DOWNLINK_ID}}
                )
                now = datetime.now(UTC)
                headers = {
                    "webhook-id": "msg_1",
                    "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
                }
                await client.post(webhook["base_url"], content=body, headers=headers)


def settled(api: Api, host: str | None = "127.0.0.1", wall: FakeWall | None = None) -> WebhookOutcome:
    """What comes of one pushed downlink."""
    wall = wall or FakeWall()
    [device] = make_fleet(1, 1)
    truth = Truth.about([device])
    truth.of(device).downlinks.append(Downlink(DOWNLINK_ID, device, "00" * 8, 0, Span(1, 2)))
    target = Target("https://bundle", "demo", "sbk_x", Patience(10, 5), api.keep_time, host)

    async def settle() -> WebhookOutcome:
        clock = Clock(10, wall)
        transport = httpx.MockTransport(api)
        async with httpx.AsyncClient(base_url=target.base_url, transport=transport) as client:
            webhooks = Webhooks(Scenario(faults=0.5), target, Line(client, clock, wall, 8), clock, wall)
            async with webhooks.receiving():
                return await webhooks.settle(truth, Readback())

    return asyncio.run(settle())


def test_what_was_due_came_to_both_webhooks_and_they_are_deleted() -> None:
    api = Api()

    outcome = settled(api)

    assert [account.id for account in outcome.accounts] == list(WEBHOOKS)
    for account in outcome.accounts:
        assert (account.due, account.delivered, account.lost, account.unsigned) == (1, 1, (), 0)
    assert api.webhooks == {}
    assert sorted(set(api.deleted)) == sorted(f"/v1/webhooks/{webhook}" for webhook in WEBHOOKS)


def test_what_never_comes_is_lost_and_looked_for_in_the_feed() -> None:
    told = {"kind": "downlink.queued", "detail": {"downlink": {"id": DOWNLINK_ID}}}

    fed, unfed = settled(Api(tells=False, feed=[told])), settled(Api(tells=False))

    assert [(len(account.lost), account.lost_in_feed) for account in fed.accounts] == [(1, 0), (1, 0)]
    assert [(len(account.lost), account.lost_in_feed) for account in unfed.accounts] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("last_event_s", "paused_s"), [(None, 0), (10, 52), (3600, 0)], ids=["never", "just now", "long ago"]
)
def test_it_waits_until_the_bundle_knows_the_webhooks(last_event_s: float | None, paused_s: float) -> None:
    wall = FakeWall()
    told: dict[str, Any] = {"kind": "downlink.queued", "detail": {"downlink": {"id": DOWNLINK_ID}}}
    if last_event_s is not None:
        written_at = datetime.fromtimestamp(wall.now() - last_event_s, UTC)
        told["written_at"] = written_at.isoformat()
    began = wall.now()

    settled(Api(feed=[told]), wall=wall)

    assert paused_s <= wall.now() - began < paused_s + 10


@pytest.mark.parametrize(
    ("status", "host", "reason"),
    [
        (404, "127.0.0.1", "the bundle has no webhooks"),
        (403, "127.0.0.1", "the key may not write webhooks"),
        (201, None, "the bundle at https://bundle can't call this machine"),
    ],
)
def test_it_is_skipped_where_there_can_be_none(status: int, host: str | None, reason: str) -> None:
    assert settled(Api(status=status), host) == WebhookOutcome(skipped=reason)


def test_a_refused_webhook_ends_the_simulation() -> None:
    with pytest.raises(SimulationError, match="POST /v1/webhooks was answered 400"):
        settled(Api(status=400))
