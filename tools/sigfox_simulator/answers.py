"""What the bundle answered to BIDIR callbacks, message by message (reference, 3.1)."""

import json
from collections import defaultdict
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sigfox_simulator.services import Service
from sigfox_simulator.truth import Delivery, DeviceTruth, MessageKey, Span, Transmission


@dataclass(frozen=True, slots=True)
class Answer:
    """The bundle's answer to one delivery of one message.

    Attributes:
        transmission: The message.
        span: The delivery.
        data: What is to be transmitted, as it was written; None for nothing.
    """

    transmission: Transmission
    span: Span
    data: str | None


@dataclass(frozen=True, slots=True)
class HandOut:
    """A payload handed to one message; deliveries that repeat it are no further ones.

    Attributes:
        transmission: The message.
        payload: Its data, lower case.
        span: From the first delivery that may have reached the bundle, answered or not, to the first answer.
    """

    transmission: Transmission
    payload: str
    span: Span


def answers_in(delivery: Delivery) -> list[Answer]:
    """Read the answer to each message of a BIDIR delivery; none of one that was not answered 2xx."""
    if not delivery.accepted:
        return []
    told = told_devices(delivery)
    return [
        Answer(transmission, delivery.span, _data(told.get(transmission.message.device.spelling)))
        for transmission in delivery.transmissions
    ]


def told_devices(delivery: Delivery) -> dict[str, Any]:
    """The members of an answer's JSON object, by device; none where it is no such thing."""
    if delivery.status != HTTPStatus.OK:
        return {}
    try:
        content = json.loads(delivery.content)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def answers_by_message(truth: DeviceTruth) -> dict[MessageKey, list[Answer]]:
    """All answers to each BIDIR message of a device, the first one first."""
    answers: dict[MessageKey, list[Answer]] = defaultdict(list)
    for delivery in truth.deliveries_of(Service.BIDIR):
        for answer in answers_in(delivery):
            if answer.transmission.message.device.id == truth.device.id:
                answers[answer.transmission.key].append(answer)
    return {key: sorted(found, key=lambda answer: answer.span.received) for key, found in answers.items()}


def first_sent_by_message(truth: DeviceTruth) -> dict[MessageKey, float]:
    """When the first BIDIR delivery of each message was sent, whatever came of it."""
    sent: dict[MessageKey, float] = {}
    for delivery in truth.deliveries_of(Service.BIDIR):
        for transmission in delivery.transmissions:
            sent[transmission.key] = min(delivery.span.sent, sent.get(transmission.key, delivery.span.sent))
    return sent


def hand_outs_by_payload(truth: DeviceTruth) -> dict[str, list[HandOut]]:
    """To which messages of a device each payload went, the first message first."""
    first_sent = first_sent_by_message(truth)
    hand_outs: dict[str, list[HandOut]] = defaultdict(list)
    for answers in answers_by_message(truth).values():
        firsts: dict[str, HandOut] = {}
        for answer in answers:
            if answer.data is not None:
                payload = answer.data.lower()
                span = Span(first_sent[answer.transmission.key], answer.span.received)
                firsts.setdefault(payload, HandOut(answer.transmission, payload, span))
        for payload, hand_out in firsts.items():
            hand_outs[payload].append(hand_out)
    return {
        payload: sorted(found, key=lambda hand_out: hand_out.span.received)
        for payload, found in hand_outs.items()
    }


def _data(told: Any) -> str | None:
    data = told.get("downlinkData") if isinstance(told, dict) else None
    return None if data is None else str(data)
