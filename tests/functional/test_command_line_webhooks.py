"""`sigbridge webhooks`."""

import json
from pathlib import Path
from typing import Any

import pytest

from sigbridge.clock import rfc3339
from sigbridge.model.webhook import MessageType
from sigbridge.model.webhook_attempt import FailedAttempt
from sigbridge.webhooks import trial
from sigbridge.webhooks.attempts import record_attempt
from sigbridge.webhooks.posting import Outcome
from tests.functional.command_line import OverHttp, lines
from tests.functional.played_device import Clock

URL = "https://93.184.216.34/up"


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


def test_a_webhook_is_added_shown_and_deleted(sigbridge: OverHttp) -> None:
    added = sigbridge.says("webhooks", "add", "my-server", "--url", URL, "--header", "Authorization=made-up")
    assert "whsec_" in added

    shown = sigbridge.says("webhooks", "show", "my-server")
    assert "Authorization" in shown
    assert "whsec_" not in shown
    assert "made-up" not in added + shown
    assert "my-server" in sigbridge.says("webhooks", "list")
    assert "paused" in sigbridge.says("webhooks", "pause", "my-server")
    assert "active" in sigbridge.says("webhooks", "resume", "my-server")
    assert "whsec_" in sigbridge.says("webhooks", "rotate-secret", "my-server")
    assert "No call failed" in sigbridge.says("webhooks", "attempts", "my-server")
    assert "deleted" in sigbridge.says("webhooks", "delete", "my-server", "--yes")
    assert "There are no webhooks" in sigbridge.says("webhooks", "list")


def test_calls_that_failed_are_listed(sigbridge: OverHttp) -> None:
    sigbridge.says("webhooks", "add", "my-server", "--url", URL)
    failed = FailedAttempt(
        1_790_000_000_000, MessageType.UPLINK_MESSAGE, "demo/1A2B/1-received", "msg_1", 503, "answered 503"
    )
    record_attempt("demo", "my-server", failed)

    said = sigbridge.says("webhooks", "attempts", "my-server")
    assert said.splitlines()[1].split(maxsplit=3)[2:] == [
        "uplink_message",
        "answered 503  demo/1A2B/1-received",
    ]


def test_a_replay_is_a_job_that_sends(sigbridge: OverHttp, clock: Clock) -> None:
    sigbridge.says("webhooks", "add", "my-server", "--url", URL)
    today = rfc3339(clock.now_ms)[:10]

    ordered = sigbridge.says("webhooks", "replay", "my-server", "--since", today, "--until", today)

    assert ["kind", "replay"] in lines(ordered)
    assert ["sent", "0"] in lines(ordered)
    assert not [line for line in lines(ordered) if line[0] == "changed"]
    assert lines(sigbridge.says("jobs", "list"))[1][1:3] == ["replay", "waiting"]


def test_a_webhook_is_added_from_a_file_or_a_template(sigbridge: OverHttp, tmp_path: Path) -> None:
    file = tmp_path / "webhook.json"
    file.write_text(json.dumps({"base_url": URL, "uplink_message": {"path": "/ttn"}, "format": "json"}))

    assert "/ttn" in sigbridge.says("webhooks", "add", "pasted", "--from", str(file))
    assert "slack" in sigbridge.says("webhooks", "templates")
    added = sigbridge.says("webhooks", "add", "chat", "--template", "slack", "--field", f"url={URL}")
    assert "custom" in added


def test_a_webhook_is_tried(sigbridge: OverHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    def post(*_request: Any, **_options: Any) -> Outcome:
        return Outcome(None, "connection refused")

    monkeypatch.setattr(trial, "post", post)
    sigbridge.says("webhooks", "add", "my-server", "--url", URL)

    assert "Not taken: connection refused." in sigbridge.says("webhooks", "test", "my-server")
