"""The devices of the application `demo`, managed over HTTP, with everything that happens by itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sigbridge.devices.device_cache import forget_cached_devices
from tests.functional.change_stream import ChangeStream, StreamRecord
from tests.functional.lambdas import Answer, Context, event, handler
from tests.functional.management import Management
from tests.functional.played_device import Clock, Invoke


class PlayedFleet:
    """Devices, their user, Sigfox Cloud, and what runs in the background.

    Whatever happens is followed at once by the function `change_stream`, except where a test delays that.
    Nothing is remembered between two calls, as if each reached another instance of its function.

    Attributes:
        clock: Moved by tests.
        stream: The table's.
    """

    def __init__(self, management: Management, invoke: Invoke, clock: Clock) -> None:
        self.clock = clock
        self.stream = ChangeStream(lambda: clock.now_ms)
        self._management = management
        self._invoke = invoke
        self._seq_number = 0
        self._delayed = False
        self.happened()

    def happened(self) -> None:
        """Lets the change stream know of what happened, and follow it unless it is delayed."""
        forget_cached_devices()
        self.stream.notice()
        if not self._delayed:
            while records := self.stream.take_noticed():
                self.follow(records)

    def follow(self, records: list[StreamRecord]) -> None:
        """Lets the function follow these changes."""
        assert self.stream.hand_over(records) == []

    @contextmanager
    def stream_delayed(self) -> Iterator[None]:
        """Nothing follows from anything before the block ends."""
        self._delayed = True
        yield
        self._delayed = False
        self.happened()

    def request(self, method: str, path: str, body: object = None, **query: object) -> Answer:
        """The user calls the management API."""
        answer = self._management.request(method, path, query, body)
        self.happened()
        return answer

    def done(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """The user calls the management API, and gets what is wanted."""
        answer = self.request(method, path, body, **query)
        assert answer.status < 300, answer.text
        return answer.json if answer.text else None

    def add_type(self, type_id: str = "tracker", **content: object) -> None:
        """The user adds a device type."""
        self.done("POST", "/v1/device-types", {"id": type_id, "name": type_id, **content})

    def change_type(self, type_id: str = "tracker", **content: object) -> None:
        """The user changes a device type."""
        self.done("PATCH", f"/v1/device-types/{type_id}", content)

    def add(self, *device_ids: str, **content: object) -> None:
        """The user adds devices that sent a message a second ago, and looks at the list."""
        self.add_unheard(*device_ids, **content)
        for device_id in device_ids:
            self.say(device_id, at=self.clock.seconds - 1)
        self.in_state("never_heard")

    def add_unheard(self, *device_ids: str, **content: object) -> None:
        """The user adds devices."""
        for device_id in device_ids:
            self.done("POST", "/v1/devices", {"id": device_id, **content})

    def change(self, device_id: str, **content: object) -> None:
        """The user changes a device."""
        self.done("PATCH", f"/v1/devices/{device_id}", content)

    def delete(self, device_id: str) -> Answer:
        """The user deletes a device."""
        return self.request("DELETE", f"/v1/devices/{device_id}")

    def say(self, device_id: str, at: int | None = None, **content: object) -> Answer:
        """A device sends a message, at this moment (epoch s) if no other one is given."""
        self._seq_number += 1
        moment = self.clock.seconds if at is None else at
        body = {"device": device_id, "time": moment, "data": "17", "seqNumber": self._seq_number, **content}
        answer = self._invoke("uplink", event("uplink.json", body=body))
        self.happened()
        return answer

    def report(self, service: str, device_id: str, **content: object) -> Answer:
        """Sigfox reports on a device, of this moment."""
        body = {"device": device_id, "time": self.clock.seconds, **content}
        answer = self._invoke("sigfox_service", event(f"sigfox_{service}.json", body=body))
        assert answer.status == 200
        self.happened()
        return answer

    def call(self, function: str, device_id: str, **changes: Any) -> Answer:
        """Calls a function of a device's own routes, which names a Sigfox device by all of its digits."""
        changes["path"] = {"device_id": device_id.lower().rjust(8, "0")} | changes.get("path", {})
        answer = self._invoke(function, event(f"{function}.json", **changes))
        self.happened()
        return answer

    def ask(self, *devices: Mapping[str, Any] | str) -> Answer:
        """Devices ask for a downlink, in one callback."""
        uplinks = [
            {"device": device, "time": self.clock.seconds, "data": "00", "seqNumber": 1, "ack": True}
            if isinstance(device, str)
            else device
            for device in devices
        ]
        body = uplinks[0] if len(uplinks) == 1 else uplinks
        answer = self._invoke("bidir_downlink", event("bidir_downlink.json", body=body))
        self.happened()
        return answer

    def next_minute(self, remaining_ms: int = 55_000) -> None:
        """The function runs that does once a minute what nobody waits for."""
        lambda_handler: Any = handler("every_minute")
        assert lambda_handler({}, Context("every_minute", remaining_ms=remaining_ms)) is None
        self.happened()

    def wait(self, seconds: float) -> None:
        """Lets time pass, and the function run that is due by then."""
        self.clock.wait(seconds)
        self.next_minute()

    def show(self, device_id: str) -> dict[str, Any]:
        """The user reads a device."""
        shown: dict[str, Any] = self.done("GET", f"/v1/devices/{device_id}")
        return shown

    def state(self, device_id: str) -> str:
        """The user reads how a device is doing."""
        return str(self.show(device_id)["state"])

    def in_state(self, state: str) -> dict[str, str]:
        """The user lists the devices that are in a state: since when, by their ids."""
        listed = self.done("GET", "/v1/devices", state=state)["devices"]
        assert {device["state"] for device in listed} <= {state}
        return {device["id"]: device.get("since", "") for device in listed}

    def states(self) -> dict[str, str]:
        """The user lists all devices: their states by their ids."""
        listed = self.done("GET", "/v1/devices")["devices"]
        return {device["id"]: device["state"] for device in listed}
