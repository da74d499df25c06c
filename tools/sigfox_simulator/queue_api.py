"""Requests of the queue API, The Things Stack's and the bundle's additions to it."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sigfox_simulator.devices import Device
from sigfox_simulator.management_api import ManagementApi
from sigfox_simulator.templates import HttpRequest

_PAGE = 100


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A downlink as it is pushed.

    Attributes:
        payload: 16 hex digits.
        confirmed: Whether it is to be tried again until it is acknowledged.
        max_attempts: How often at most; None to leave it to the bundle.
        expires_at: Epoch seconds; None for never.
    """

    payload: str
    confirmed: bool = False
    max_attempts: int | None = None
    expires_at: float | None = None

    @property
    def json(self) -> dict[str, Any]:
        """Its JSON form."""
        item: dict[str, Any] = {"frm_payload": base64.b64encode(bytes.fromhex(self.payload)).decode()}
        if self.confirmed:
            item["confirmed"] = True
        if self.max_attempts is not None:
            item["confirmed_retry"] = {"max_attempts": self.max_attempts}
        if self.expires_at is not None:
            item["expires_at"] = datetime.fromtimestamp(self.expires_at, UTC).isoformat(
                timespec="milliseconds"
            )
        return item


@dataclass(frozen=True, slots=True)
class QueueApi:
    """Makes requests to the queues of an application.

    Attributes:
        application_id: The application.
        key: A key of it that may read, and write downlinks.
    """

    application_id: str
    key: str

    def push(
        self, device: Device, items: Sequence[QueueItem], idempotency_key: str | None = None
    ) -> HttpRequest:
        """Append downlinks to a queue."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return self._change(device, "down/push", items, headers)

    def replace(self, device: Device, items: Sequence[QueueItem]) -> HttpRequest:
        """Put downlinks in place of a queue; none clears it."""
        return self._change(device, "down/replace", items, {})

    def delete(self, device: Device, downlink_id: str) -> HttpRequest:
        """Take one downlink out of a queue."""
        return self._request("DELETE", device, f"down/{downlink_id}")

    def list(self, device: Device) -> HttpRequest:
        """List what is queued."""
        return self._request("GET", device, "down")

    def history(self, device: Device, cursor: str | None) -> HttpRequest:
        """Read a page of the lives of a device's downlinks."""
        return self._request("GET", device, f"downlinks?{_page(_PAGE, cursor)}")

    def _change(
        self, device: Device, operation: str, items: Sequence[QueueItem], headers: dict[str, str]
    ) -> HttpRequest:
        body = json.dumps({"downlinks": [item.json for item in items]}).encode()
        return self._request("POST", device, operation, headers | {"Content-Type": "application/json"}, body)

    def _request(
        self,
        method: str,
        device: Device,
        operation: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpRequest:
        path = f"/api/v3/as/applications/{self.application_id}/devices/{device.id_in_paths}/{operation}"
        authorization = {"Authorization": f"Bearer {self.key}"}
        return HttpRequest(method, path, authorization | (headers or {}), body)


def _page(limit: int, cursor: str | None) -> str:
    return f"limit={limit}" if cursor is None else f"limit={limit}&cursor={cursor}"


def effectless_requests(queue_api: QueueApi, management: ManagementApi, unknown: Device) -> list[HttpRequest]:
    """A request for each route of the bundle that is refused without changing anything."""
    headers = {"Authorization": queue_api.key, "Content-Type": "application/json"}
    callbacks = ("/uplink", "/uplink/batch", "/downlink", "/sigfox/status")
    return [
        *(HttpRequest("POST", path, headers, b"{}") for path in callbacks),
        queue_api.push(unknown, [QueueItem("00" * 8)]),
        queue_api.replace(unknown, [QueueItem("00" * 8)]),
        queue_api.delete(unknown, "0" * 24),
        queue_api.list(unknown),
        queue_api.history(unknown, None),
        management.messages(unknown, None),
    ]
