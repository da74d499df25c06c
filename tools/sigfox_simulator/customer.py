"""The bundle's customer, who queues downlinks and at times thinks better of it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

import httpx

from sigfox_simulator.answers import hand_outs_by_payload
from sigfox_simulator.clock import Clock
from sigfox_simulator.courier import Line
from sigfox_simulator.devices import Device
from sigfox_simulator.dice import dice
from sigfox_simulator.fates import CLOCKS_DIFFER_S
from sigfox_simulator.queue_api import QueueApi, QueueItem
from sigfox_simulator.services import Service
from sigfox_simulator.truth import DeviceTruth, Downlink, Ending, Listing, Refusal, Removal, Span, Truth

_EVERY_S = 70
_CONFIRMED, _MAX_ATTEMPTS = 0.4, (None, 1, 2, 3)
_EXPIRING, _LIFETIMES_S = 0.2, (3, 10, 30, 3600)
_REPEATED = 0.2
_ITEMS = (1, 1, 1, 2, 3)
# The history, which knows a downlink that has left the queue, may lag behind.
_IN_QUEUE_NO_MORE = frozenset({HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND})


class Kind(StrEnum):
    """What the customer does."""

    PUSH = "push"
    REPLACE = "replace"
    CLEAR = "clear"
    DELETE = "delete"
    LIST = "list"


_KINDS = (Kind.PUSH, Kind.REPLACE, Kind.CLEAR, Kind.DELETE, Kind.LIST)
_WEIGHTS = (20, 1, 1, 2, 6)


@dataclass(frozen=True, slots=True)
class Wish:
    """A downlink that the customer will want to be sent.

    Attributes:
        confirmed: Whether it is to be tried again until it is acknowledged.
        max_attempts: How often at most.
        lifetime_s: Real seconds until it expires, for that is the clock by which it does.
    """

    confirmed: bool
    max_attempts: int | None
    lifetime_s: float | None


@dataclass(frozen=True, slots=True)
class Action:
    """Something the customer will do.

    Attributes:
        device: To whose queue.
        number: Its place in what is done to this queue, from 0.
        kind: What.
        at: When, in simulated seconds.
        wishes: The downlinks of a push or replacement.
        repeated: Whether a push is sent twice under one `Idempotency-Key`, as if its answer was lost.
        choice: From 0 to 1, decides which downlink is deleted.
    """

    device: Device
    number: int
    kind: Kind
    at: float
    wishes: tuple[Wish, ...]
    repeated: bool
    choice: float


def plan_actions(seed: int, device: Device, seconds: float) -> list[Action]:
    """Plan everything that is done to the queue of a device; nothing where it has none."""
    return list(_actions(seed, device, seconds)) if device.bidirectional else []


def _actions(seed: int, device: Device, seconds: float) -> Iterator[Action]:
    throw = dice(seed, device.id, "customer")
    # Only a device that has been heard of has a queue.
    at = device.phase_s + throw.uniform(5, _EVERY_S)
    number = 0
    while at < seconds:
        kind = throw.choices(_KINDS, _WEIGHTS)[0] if number else Kind.PUSH
        wishes = tuple(
            Wish(
                confirmed=(confirmed := throw.random() < _CONFIRMED),
                max_attempts=throw.choice(_MAX_ATTEMPTS) if confirmed else None,
                lifetime_s=throw.choice(_LIFETIMES_S) if throw.random() < _EXPIRING else None,
            )
            for _ in range(throw.choice(_ITEMS))
        )
        yield Action(device, number, kind, at, wishes, throw.random() < _REPEATED, throw.random())
        at += throw.uniform(0.3, 1.7) * _EVERY_S
        number += 1


class Customer:
    """Does what was planned, one thing after the other at each queue.

    Args:
        line: The way to the bundle.
        queue_api: Its requests.
        clock: Simulated time.
        truth: Where everything is written down.
        nonce: Makes payloads and `Idempotency-Key`s this simulation's own.
    """

    def __init__(self, line: Line, queue_api: QueueApi, clock: Clock, truth: Truth, nonce: int) -> None:
        self._line = line
        self._queue_api = queue_api
        self._clock = clock
        self._truth = truth
        self._nonce = nonce
        self._payloads = 0

    async def work(self, actions: Sequence[Action]) -> None:
        """Do everything that was planned for one queue."""
        for action in actions:
            await self._clock.until(action.at)
            match action.kind:
                case Kind.PUSH:
                    await self._push(action)
                case Kind.REPLACE:
                    await self._replace(action, Ending.REPLACED, self._items(action))
                case Kind.CLEAR:
                    await self._replace(action, Ending.CLEARED, [])
                case Kind.DELETE:
                    await self._delete(action)
                case Kind.LIST:
                    await self._list(action)

    async def _push(self, action: Action) -> None:
        device, items = action.device, self._items(action)
        key = f"{self._nonce:08x}-{device.id}-{action.number}" if action.repeated else None
        request = self._queue_api.push(device, items, key)
        answers = [await self._line.send(request)]
        if action.repeated:
            answers += await asyncio.gather(self._line.send(request), self._line.send(request))
        span, response = next((a for a in answers if a[1] is not None and a[1].is_success), answers[0])
        if not self._is_clear(device, "push", span, response, items):
            return
        self._accept(device, items, response, Span(answers[0][0].sent, span.received))
        if action.repeated:
            ids = tuple(_ids(other) for _, other in answers if other is not None and other.is_success)
            self._truth.of(device).repeated_pushes.append(ids)

    async def _replace(self, action: Action, ending: Ending, items: Sequence[QueueItem]) -> None:
        device = action.device
        span, response = await self._line.send(self._queue_api.replace(device, items))
        if not self._is_clear(device, ending, span, response, items):
            return
        truth = self._truth.of(device)
        truth.removals.append(Removal(ending, device, span, len(truth.downlinks)))
        self._accept(device, items, response, span)

    async def _delete(self, action: Action) -> None:
        device, truth = action.device, self._truth.of(action.device)
        waiting = _waiting(truth)
        if not waiting:
            return
        downlink = waiting[int(action.choice * len(waiting))]
        span, response = await self._line.send(self._queue_api.delete(device, downlink.id))
        removal = Removal(Ending.DELETED, device, span, downlink.order + 1, downlink.id)
        if response is not None and response.status_code in _IN_QUEUE_NO_MORE:
            truth.refused_deletions.append(removal)
        elif self._is_clear(device, f"delete {downlink.id}", span, response, ()):
            truth.removals.append(removal)

    async def _list(self, action: Action) -> None:
        device = action.device
        span, response = await self._line.send(self._queue_api.list(device))
        if self._is_clear(device, "list", span, response, ()) and response is not None:
            ids = tuple(item["id"] for item in response.json().get("downlinks", ()))
            self._truth.of(device).listings.append(Listing(span, ids))

    def _items(self, action: Action) -> list[QueueItem]:
        return [self._item(wish) for wish in action.wishes]

    def _item(self, wish: Wish) -> QueueItem:
        self._payloads += 1
        expires_at = None if wish.lifetime_s is None else round(self._line.now() + wish.lifetime_s, 3)
        payload = f"{self._nonce:08x}{self._payloads:08x}"
        return QueueItem(payload, wish.confirmed, wish.max_attempts, expires_at)

    def _accept(
        self, device: Device, items: Sequence[QueueItem], response: httpx.Response | None, span: Span
    ) -> None:
        ids = () if response is None else _ids(response)
        if len(ids) != len(items):
            what = f"{len(items)} downlinks for {device.id} got the ids {', '.join(ids) or 'none'}"
            self._truth.refusals.append(Refusal(what, HTTPStatus.OK, b""))
            self._be_unclear(device, items)
            return
        downlinks = self._truth.of(device).downlinks
        for id_, item in zip(ids, items, strict=True):
            order = len(downlinks)
            downlinks.append(
                Downlink(
                    *(id_, device, item.payload, order, span),
                    *(item.confirmed, item.max_attempts, item.expires_at),
                )
            )

    def _is_clear(
        self,
        device: Device,
        what: str,
        span: Span,
        response: httpx.Response | None,
        items: Sequence[QueueItem],
    ) -> bool:
        """Return whether a change happened; note what was refused wrongly, and what may have happened."""
        if response is not None and response.is_success:
            return True
        if response is None or response.is_server_error:
            self._be_unclear(device, items)
        elif not self._is_rightly_refused(device, span, response, items):
            self._truth.refusals.append(
                Refusal(f"{what} for {device.id}", response.status_code, response.content)
            )
        return False

    def _is_rightly_refused(
        self, device: Device, span: Span, response: httpx.Response, items: Sequence[QueueItem]
    ) -> bool:
        """Return whether the queue was full, an item expired on its way, or the device is not known yet."""
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return True
        if response.status_code == HTTPStatus.BAD_REQUEST:
            lifetimes = [item.expires_at for item in items if item.expires_at is not None]
            return any(expires_at <= span.received + CLOCKS_DIFFER_S for expires_at in lifetimes)
        heard_of = any(
            delivery.accepted and delivery.span.is_before(span)
            for delivery in self._truth.of(device).deliveries_of(Service.BIDIR)
        )
        return response.status_code == HTTPStatus.NOT_FOUND and not heard_of

    def _be_unclear(self, device: Device, items: Sequence[QueueItem]) -> None:
        truth = self._truth.of(device)
        truth.unclear = True
        truth.unclear_payloads.update(item.payload for item in items)


def _waiting(truth: DeviceTruth) -> list[Downlink]:
    """What the customer can take for queued, though it may just have been handed out."""
    handed_out = hand_outs_by_payload(truth)
    return [
        downlink
        for downlink in truth.downlinks
        if downlink.payload not in handed_out
        and not any(removal.concerns(downlink) for removal in truth.removals)
    ]


def _ids(response: httpx.Response) -> tuple[str, ...]:
    named = response.headers.get("X-Downlink-Ids", "")
    return tuple(id_.strip() for id_ in named.split(",") if id_.strip())
