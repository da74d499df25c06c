"""What destinations are told: one event for each step of a downlink, message and report.

The forms are described in docs/events/*.schema.json. An event comes at least once; `id` is the same
for every repeat.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sigbridge.clock import rfc3339
from sigbridge.downlinks import recorded_steps
from sigbridge.model.decoding import DecodedPayload
from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.event import Event
from sigbridge.model.message import MessagePart
from sigbridge.model.stored_message import PartContent, StoredMessage
from sigbridge.store.stream import (
    AttemptChanged,
    Change,
    MessageStored,
    ReportStored,
    WebhookHealthChanged,
)

_VERSION = 1
# EventBridge takes 256 kB, and counts more than the detail.
_LARGEST_DETAIL_BYTES = 200_000
# It takes no integers beyond 64 bits.
_LARGEST_INTEGER = 2**63 - 1

# What is left out first where an event would be too large, and what after that.
_VARIABLES = ("variables", "advanced_variables")
_DECODED = ("decoded_payload", "normalized_payload", "decoded_payload_warnings")

_FACT_MOMENTS = (
    "device_message_time",
    "expected_subscription_duration_end_time",
    "expected_token_end_time",
)


def events_of(change: Change[Any]) -> Iterator[Event]:
    """Yield what destinations are told of a change."""
    match change:
        case AttemptChanged():
            yield from _of_attempt(change)
        case MessageStored():
            yield from _of_message(change)
        case ReportStored() if change.old is None:
            yield _of_report(change)
        case WebhookHealthChanged():
            yield from _of_webhook(change)


def _of_attempt(change: AttemptChanged) -> Iterator[Event]:
    downlink = change.new.downlink
    for step in recorded_steps(change.old, change.new):
        content = {"downlink": _downlink(downlink), "step": step.told()}
        id_ = f"{downlink.id}-{step.attempt}-{step.step}"
        yield _event(change, f"Downlink {step.step}", id_, step.at, content)


def _downlink(downlink: Downlink) -> dict[str, object]:
    is_queued = downlink.source is Source.QUEUE
    retry = None if downlink.max_attempts is None else {"max_attempts": downlink.max_attempts}
    return _without_none(
        {
            "id": downlink.id,
            "source": downlink.source,
            "frm_payload": base64.b64encode(bytes.fromhex(downlink.payload)).decode(),
            "decoded_payload": downlink.decoded_payload,
            "f_port": downlink.f_port,
            "priority": downlink.priority.name,
            "confirmed": downlink.confirmed,
            "confirmed_retry": retry,
            "correlation_ids": list(downlink.correlation_ids),
            "queued_at": rfc3339(downlink.made_at) if is_queued else None,
            "expires_at": _moment(downlink.expires_at),
        }
    )


def _of_message(change: MessageStored) -> Iterator[Event]:
    for kind, suffix, at in _message_steps(change.old, change.new):
        message = _fitting(_message(change.new), _VARIABLES, _DECODED)
        yield _event(change, kind, f"{change.new.id}-{suffix}", at, {"message": message})


def _message_steps(old: StoredMessage | None, new: StoredMessage) -> Iterator[tuple[str, str, int]]:
    """Tell what became of a message: the event, what tells it from the message's others, and when.

    Which of its parts comes first does not matter: that is the message, and the other one completes it.
    """
    before, amendments = (0, 0) if old is None else (len(old.parts), old.amendments)
    arrivals = [content.arrived_at for content in new.parts.values()]
    if not before:
        yield "Message received", "received", min(arrivals)
    if before < len(MessagePart) == len(arrivals):
        yield "Message completed", "completed", max(arrivals)
    if new.amended_at is not None and new.amendments > amendments:
        yield "Message completed", f"completed-{new.amendments}", new.amended_at


def _message(message: StoredMessage) -> dict[str, object]:
    own, added = (message.parts.get(part) for part in (MessagePart.UPLINK, MessagePart.ADVANCED))
    content = {
        "device": message.device_as_received,
        "network": message.network,
        "time": rfc3339(message.time),
        "sent_time": _moment(message.sent_time),
        "received_at": _moment(message.received_at),
        "advanced_at": _moment(message.advanced_at),
        "amended_at": _moment(message.amended_at),
        "recovered": message.recovered or None,
        "group": message.group,
        "seq_number": message.seq_number,
        "payload": message.payload,
        **_decoded(message.decoded),
        "port": message.port,
        "ack": message.ack,
        "radio": message.radio or None,
        "advanced": message.advanced or None,
        "location": None if message.location is None else message.location.as_record(),
        "variables": _variables(own),
        "advanced_variables": _variables(added),
        "conflicts": [
            {"payload": conflict.payload, "received_at": rfc3339(conflict.received_at)}
            for conflict in message.conflicts
        ]
        or None,
        "warnings": [{"field": warning.field, "message": warning.message} for warning in message.warnings]
        or None,
    }
    return _without_none(content)


def _decoded(decoded: DecodedPayload | None) -> dict[str, object]:
    if decoded is None:
        return {}
    return {
        "decoded_payload": decoded.data,
        "decoded_payload_warnings": list(decoded.warnings) or None,
        "normalized_payload": list(decoded.normalized) or None,
        "decode_error": decoded.error,
        "formatter": {"id": decoded.formatter_id, "version": decoded.version},
    }


def _variables(part: PartContent | None) -> list[Mapping[str, object]] | None:
    return None if part is None else [variable.as_record() for variable in part.variables] or None


def _moment(moment_ms: int | None) -> str | None:
    return None if moment_ms is None else rfc3339(moment_ms)


def _of_report(change: ReportStored) -> Event:
    report = change.new
    content = _without_none(
        {
            "service": report.service,
            "device": report.device_as_received,
            "time": rfc3339(report.time),
            "sent_time": _moment(report.sent_time),
            "received_at": rfc3339(report.received_at),
            "recovered": report.recovered or None,
            "facts": _facts(report.facts),
            "location": None if report.location is None else report.location.as_record(),
            "extras": report.extras or None,
        }
    )
    content = _fitting(content, ("extras",))
    return _event(change, "Report received", report.id, report.received_at, {"report": content})


def _of_webhook(change: WebhookHealthChanged) -> Iterator[Event]:
    """Yield that a webhook was disabled, not what else is noted of one that is."""
    health, webhook_id = change.new.health, change.new.webhook_id
    at, failure = health.disabled_at, health.last_failure
    if at is None or (change.old is not None and change.old.health.disabled_at == at):
        return
    content = _without_none(
        {
            "id": webhook_id,
            "reason": None if failure is None else failure.reason,
            "status": None if failure is None else failure.status,
            "failing_since": _moment(health.failing_since),
        }
    )
    yield _event(change, "Webhook disabled", f"{webhook_id}-disabled-{at}", at, {"webhook": content})


def _facts(facts: Mapping[str, object]) -> dict[str, object]:
    found = {name: facts[name] for name in _FACT_MOMENTS if name in facts}
    # A moment that could not be read is the text that Sigfox wrote.
    moments = {name: rfc3339(moment) for name, moment in found.items() if isinstance(moment, int)}
    return {**facts, **moments}


def _fitting(content: dict[str, object], *expendable: Sequence[str]) -> dict[str, object]:
    """Leave out what is expendable, one after the other, and say so, until the bus takes the rest."""
    for names in expendable:
        if len(_json(content).encode()) <= _LARGEST_DETAIL_BYTES:
            break
        kept = {name: value for name, value in content.items() if name not in names}
        if len(kept) < len(content):
            content = kept | {f"{names[0]}_omitted": True}
    return content


def _event(change: Change[Any], kind: str, id_: str, at: int, content: Mapping[str, object]) -> Event:
    whole_id = f"{change.application_id}/{change.device_id}/{id_}"
    detail = {
        "version": _VERSION,
        "id": whole_id,
        "at": rfc3339(at),
        "application_id": change.application_id,
        "device_id": change.device_id,
        **content,
    }
    return Event(whole_id, kind, change.application_id, change.device_id, _json(detail))


def _json(content: object) -> str:
    return json.dumps(_plain(content), ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    """Make every number one that the bus takes."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        is_integer = -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER and value == int(value)
        return int(value) if is_integer else float(value)
    return value


def _without_none(content: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if value is not None}
