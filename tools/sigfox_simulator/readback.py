"""What the bundle says at the end over HTTP: the lives of downlinks, messages, and data."""

import asyncio
import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Any

from sigfox_simulator.courier import Line
from sigfox_simulator.devices import Device
from sigfox_simulator.failures import SimulationError
from sigfox_simulator.management_api import ManagementApi
from sigfox_simulator.queue_api import QueueApi
from sigfox_simulator.templates import HttpRequest

_READING_ATTEMPTS = 5


class State(StrEnum):
    """What the bundle says that a downlink is."""

    QUEUED = "queued"
    ANSWERED = "answered"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    REMOVED = "removed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class DownlinkEvent:
    """One step of a life, as told.

    Attributes:
        name: What happened.
        attempt: In which attempt.
        at: When, epoch seconds.
        info_code: Of the acknowledgement, where one was the cause.
        uplink: Time (epoch seconds) and sequence number of the message that was answered.
    """

    name: str
    attempt: int
    at: float
    info_code: int | None = None
    uplink: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class DownlinkHistory:
    """One downlink, as told.

    Attributes:
        id: Its id.
        state: One of `State`, if all is well.
        attempt: The last one.
        payload: Hex.
        steps: What happened.
        outcome_unknown: Whether no more is to be heard of an answered one.
        from_downlink_data: Whether it was the `downlinkData` parameter, which is not queued.
    """

    id: str
    state: str
    attempt: int
    payload: str
    steps: tuple[DownlinkEvent, ...] = ()
    outcome_unknown: bool = False
    from_downlink_data: bool = False


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message that the bundle has stored.

    Attributes:
        time: Epoch milliseconds.
        seq_number: Its sequence number, where it has one.
        payload: Hex; empty for none.
        decoded: What the bundle makes of the payload; None for nothing.
        decode_error: Why it made nothing of it, or not all.
        recovered: Whether it was fetched from Sigfox.
    """

    time: int
    seq_number: int | None
    payload: str
    decoded: Any = None
    decode_error: str | None = None
    recovered: bool = False


@dataclass(slots=True)
class Readback:
    """Everything that the bundle says.

    Attributes:
        lives: Of the downlinks of each device.
        read_at: When those of a device were read, epoch seconds.
        messages: Of each device.
        values: Data of each device whose payloads have a meaning, by epoch ms and variable.
    """

    lives: dict[str, list[DownlinkHistory]] = field(default_factory=dict)
    read_at: dict[str, float] = field(default_factory=dict)
    messages: dict[str, list[StoredMessage]] = field(default_factory=dict)
    values: dict[str, dict[tuple[int, str], Any]] = field(default_factory=dict)


class Reader:
    """Reads the lives of downlinks, messages, and data.

    Args:
        line: The way to the bundle.
        queue_api: Its requests for downlinks.
        management: Its requests for the others.
    """

    def __init__(self, line: Line, queue_api: QueueApi, management: ManagementApi) -> None:
        self._line = line
        self._queue_api = queue_api
        self._management = management

    async def read_lives(self, devices: Sequence[Device], readback: Readback) -> None:
        """Read all downlinks of some devices, in place of what was read of them before."""
        async with asyncio.TaskGroup() as readers:
            for device in devices:
                readers.create_task(self._read_lives(device, readback))

    async def read_messages(self, devices: Sequence[Device], readback: Readback) -> None:
        """Read all messages of some devices, and the data that their payloads give."""
        async with asyncio.TaskGroup() as readers:
            for device in devices:
                readers.create_task(self._read_messages(device, readback))

    async def is_known(self, device: Device) -> bool:
        """Return whether the bundle knows a device."""
        return await self._page(self._queue_api.history(device, None)) is not None

    async def _read_lives(self, device: Device, readback: Readback) -> None:
        items = await self._all("downlinks", partial(self._queue_api.history, device))
        readback.lives[device.id] = list(map(read_life, items))
        readback.read_at[device.id] = self._line.now()

    async def _read_messages(self, device: Device, readback: Readback) -> None:
        items = await self._all("messages", partial(self._management.messages, device))
        readback.messages[device.id] = list(map(read_message, items))
        if device.payloads is None:
            return
        variables = ",".join(sorted({name for sample in device.payloads.samples for name in sample.data}))
        values = await self._all("data", partial(self._management.data, device, variables))
        readback.values[device.id] = {
            (_milliseconds(item["time"]), item["variable"]): item["value"] for item in values
        }

    async def _all(
        self, name: str, request: Callable[[str | None], HttpRequest]
    ) -> Sequence[Mapping[str, Any]]:
        items: list[Mapping[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._page(request(cursor)) or {}
            items += page.get(name, [])
            cursor = page.get("next_cursor")
            if not cursor:
                return items

    async def _page(self, request: HttpRequest) -> dict[str, Any] | None:
        for _ in range(_READING_ATTEMPTS):
            _, response = await self._line.send(request)
            if response is not None and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                break
        else:
            message = f"{request.target} can't be read: the bundle does not answer"
            raise SimulationError(message)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        if response.status_code != HTTPStatus.OK:
            message = f"{request.target} can't be read: {response.status_code} {response.text}"
            raise SimulationError(message)
        page: dict[str, Any] = response.json()
        return page


def read_life(item: Mapping[str, Any]) -> DownlinkHistory:
    """Read one downlink of a page."""
    return DownlinkHistory(
        id=item["id"],
        state=item["state"],
        attempt=item.get("attempt", 1),
        payload=base64.b64decode(item["frm_payload"]).hex(),
        steps=tuple(map(_read_step, item["history"])),
        outcome_unknown="outcome" in item,
        from_downlink_data=item.get("source") == "downlinkData",
    )


def read_message(item: Mapping[str, Any]) -> StoredMessage:
    """Read one message of a page."""
    return StoredMessage(
        time=_milliseconds(item["time"]),
        seq_number=item.get("seq_number"),
        payload=item.get("payload") or "",
        decoded=item.get("decoded_payload"),
        decode_error=item.get("decode_error"),
        recovered=item.get("recovered", False),
    )


def _read_step(item: Mapping[str, Any]) -> DownlinkEvent:
    uplink = item.get("uplink")
    return DownlinkEvent(
        name=item["state"],
        attempt=item.get("attempt", 1),
        at=_seconds(item["at"]),
        info_code=item.get("info_code"),
        uplink=None if uplink is None else (int(_seconds(uplink["time"])), int(uplink["seq_number"])),
    )


def _milliseconds(moment: str) -> int:
    return round(_seconds(moment) * 1000)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
