"""The queue API, which has The Things Stack's paths and bodies, for one device."""

from collections.abc import Iterator, Sequence
from uuid import uuid4

from sigbridge_admin.api import Api, Json, Query
from sigbridge_admin.api_errors import NotAllowed
from sigbridge_admin.failures import AdminError


class Queue:
    """The downlinks of one device."""

    def __init__(self, api: Api, device_id: str) -> None:
        self.device_id = device_id
        self._api = api

    def push(self, downlinks: Sequence[Json], idempotency_key: str | None) -> list[str]:
        """Append downlinks and return their ids.

        However often the request has to be sent, they are queued once.
        """
        return self._send(downlinks, "push", {"Idempotency-Key": idempotency_key or str(uuid4())})

    def replace(self, downlinks: Sequence[Json]) -> list[str]:
        """Put downlinks in place of those that wait, none to clear the queue, and return their ids."""
        return self._send(downlinks, "replace", {})

    def waiting(self) -> list[Json]:
        """List what waits, the next one first."""
        queued: list[Json] = self._api.document("GET", self._path("down")).get("downlinks", [])
        return queued

    def history(self, query: Query) -> Iterator[Json]:
        """Read what became of all downlinks, the newest first, page by page."""
        for page in self._api.pages_at(self._path("downlinks"), query):
            yield {"downlinks": []} | page

    def find(self, downlink_id: str) -> Json:
        """Read what became of one downlink."""
        return self._api.document("GET", self._path("down", downlink_id))

    def latest(self) -> str:
        """Return the id of the downlink that was queued last: of those that wait, else of all.

        Raises:
            AdminError: There was none.
        """
        waiting = self.waiting()
        for downlink in waiting[-1:] or next(self.history({"limit": 1}))["downlinks"]:
            return str(downlink["id"])
        message = (
            f"No downlink was ever queued for device {self.device_id}: `sigbridge downlinks push` queues one"
        )
        raise AdminError(message)

    def delete(self, downlink_id: str) -> None:
        """Delete one that waits."""
        self._api.send("DELETE", self._path("down", downlink_id))

    def _send(self, downlinks: Sequence[Json], how: str, headers: dict[str, str]) -> list[str]:
        body = {"downlinks": list(downlinks)}
        response = self._api.send("POST", self._path("down", how), json=body, headers=headers)
        return [each for each in response.headers.get("X-Downlink-Ids", "").split(",") if each]

    def _path(self, *steps: str) -> tuple[str, ...]:
        try:
            application_id = self._api.application_id
        except NotAllowed as refused:
            message = (
                "The key may not see which application it belongs to, which is part of the queue's address:"
                " use a key with devices:read as well"
            )
            raise AdminError(message) from refused
        device = self.device_id.lower()
        return ("api", "v3", "as", "applications", application_id, "devices", device, *steps)
