"""Requests of the management API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sigfox_simulator.devices import Device
from sigfox_simulator.payload_formats import PayloadFormat
from sigfox_simulator.templates import HttpRequest

_PAGE_OF_MESSAGES = 1000
_PAGE_OF_DATA = 1000
_PAGE_OF_EVENTS = 200


@dataclass(frozen=True, slots=True)
class ManagementApi:
    """Makes requests about the devices of an application.

    Attributes:
        key: A key of it that may read, and write devices and webhooks.
    """

    key: str

    def put_formatter(self, payloads: PayloadFormat) -> HttpRequest:
        """Put the formatter that reads some payloads."""
        return self._change("PUT", f"/v1/formatters/{payloads.id}", payloads.formatter)

    def create_type(self, payloads: PayloadFormat) -> HttpRequest:
        """Create a device type whose payloads are read by its formatter."""
        return self._change("POST", "/v1/device-types", {"id": payloads.id, "uplink_formatter": payloads.id})

    def create_device(self, device: Device, payloads: PayloadFormat) -> HttpRequest:
        """Register a device of that type."""
        return self._change("POST", "/v1/devices", {"id": device.id, "type": payloads.id})

    def messages(self, device: Device, cursor: str | None) -> HttpRequest:
        """Read a page of a device's messages."""
        return self._read(f"/v1/devices/{device.id}/messages", {"limit": _PAGE_OF_MESSAGES}, cursor)

    def data(self, device: Device, variables: str, cursor: str | None) -> HttpRequest:
        """Read a page of the values of a device's variables, whose names are separated by commas."""
        query = {"variables": variables, "qty": _PAGE_OF_DATA}
        return self._read(f"/v1/devices/{device.id}/data", query, cursor)

    def create_webhook(self, webhook: Mapping[str, object]) -> HttpRequest:
        """Create a webhook."""
        return self._change("POST", "/v1/webhooks", webhook)

    def delete_webhook(self, webhook_id: str) -> HttpRequest:
        """Delete a webhook."""
        return HttpRequest("DELETE", f"/v1/webhooks/{webhook_id}", self._authorization, b"")

    def connect_to_sigfox(self, credentials: Mapping[str, str]) -> HttpRequest:
        """Connect the application to Sigfox's API."""
        return self._change("PUT", "/v1/sigfox", credentials)

    def connect_sigfox_type(self, type_id: str) -> HttpRequest:
        """Have the bundle make the callbacks of a device type in Sigfox."""
        return self._change("POST", f"/v1/sigfox/device-types/{type_id}/connect", {"mode": "bidir"})

    def recover(self) -> HttpRequest:
        """Have the bundle fetch what Sigfox could not deliver."""
        return self._change("POST", "/v1/sigfox/recover", {})

    def job(self, job_id: str) -> HttpRequest:
        """Read how far a job is."""
        return HttpRequest("GET", f"/v1/jobs/{job_id}", self._authorization, b"")

    def feed(self, kinds: str, cursor: str | None) -> HttpRequest:
        """Read a page of what happened, the newest first."""
        return self._read("/v1/feed", {"limit": _PAGE_OF_EVENTS, "kinds": kinds}, cursor)

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def _change(self, method: str, path: str, content: object) -> HttpRequest:
        headers = self._authorization | {"Content-Type": "application/json"}
        return HttpRequest(method, path, headers, json.dumps(content).encode())

    def _read(self, path: str, query: dict[str, object], cursor: str | None) -> HttpRequest:
        asked = query if cursor is None else query | {"cursor": cursor}
        return HttpRequest("GET", f"{path}?{urlencode(asked)}", self._authorization, b"")
