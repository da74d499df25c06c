"""A device of the application `demo` as its user and Sigfox Cloud see it, with a clock that tests move."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from sigbridge.devices import register_device
from tests.functional.change_stream import ChangeStream, StreamRecord
from tests.functional.lambdas import Answer, Context, Event, event, handler

PAYLOAD = "AQIDBAUGBwg="
HEX = "0102030405060708"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
# When Sigfox acknowledges, seconds after the uplink (sigfox reference, 3.3).
ACKNOWLEDGED_AFTER = 35
# The wait for an acknowledgement ends, seconds after the answer.
GIVEN_UP_AFTER = 601
# It must be of today, because tables forget what their time to live is over for; ten o'clock in UTC.
START_MS = (int(time.time()) // DAY * DAY + 10 * HOUR) * 1000

type Callback = Mapping[str, Any]
type Invoke = Callable[[str, Event], Answer]


class Clock:
    """The clock of the whole program, in place of the module `time`.

    Attributes:
        now_ms: The present moment, epoch ms.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ms = START_MS
        monkeypatch.setattr("sigbridge.clock.time", self)

    def time_ns(self) -> int:
        return self.now_ms * 1_000_000

    @property
    def seconds(self) -> int:
        """The present moment as Sigfox tells it, epoch s."""
        return self.now_ms // 1000

    def wait(self, seconds: float) -> None:
        """Lets time pass."""
        self.now_ms += int(seconds * 1000)

    def wait_until(self, moment: int) -> None:
        """Lets time pass until a moment (epoch s), unless that is over already."""
        self.now_ms = max(self.now_ms, moment * 1000)


class PlayedDevice:
    """One device, its user, and Sigfox Cloud.

    Whatever happens is followed at once by the function `change_stream`, except where a test delays that.

    Attributes:
        id: Normalised device id.
        clock: Moved by tests.
        stream: The table's.
        last_uplink: The last BIDIR callback.
    """

    def __init__(self, invoke: Invoke, clock: Clock, stream: ChangeStream, id_: str = "153FA") -> None:
        self.id = id_
        self.clock = clock
        self.stream = stream
        self.last_uplink: Callback = {}
        self._invoke = invoke
        self._seq_number = 0
        self._delayed = False
        register_device("demo", id_)
        self.happened()

    def another(self, id_: str) -> "PlayedDevice":
        """A second device of the same application and table."""
        return PlayedDevice(self._invoke, self.clock, self.stream, id_)

    def call(self, function: str, **changes: Any) -> Answer:
        """Calls a function of the device's own routes."""
        changes["path"] = {"device_id": self.id.lower()} | changes.get("path", {})
        answer = self._invoke(function, event(f"{function}.json", **changes))
        self.happened()
        return answer

    def happened(self) -> None:
        """Lets the change stream know of what happened, and follow it unless it is delayed."""
        self.stream.notice()
        if not self._delayed:
            self.follow()

    @contextmanager
    def stream_delayed(self) -> Iterator[None]:
        """Nothing follows from anything before the block ends."""
        self._delayed = True
        yield
        self._delayed = False
        self.follow()

    def follow(self) -> list[StreamRecord]:
        """Follows what is new, and what comes of that, through the function itself."""
        followed: list[StreamRecord] = []
        while records := self.stream.take_noticed():
            assert self.stream.hand_over(records) == []
            followed += records
        return followed

    def push(self, *items: Mapping[str, Any], **changes: Any) -> list[str]:
        """The user pushes downlinks, one plain one if nothing is said, and is told their ids."""
        body = {"downlinks": [{"frm_payload": PAYLOAD} | dict(item) for item in items or ({},)]}
        answer = self.call("queue_push", body=body, **changes)
        assert answer.status == 200
        return answer.headers["X-Downlink-Ids"].split(",")

    def push_confirmed(self, max_attempts: int | None = None) -> str:
        """The user pushes a confirmed downlink."""
        retry = {} if max_attempts is None else {"confirmed_retry": {"max_attempts": max_attempts}}
        [id_] = self.push({"confirmed": True, **retry})
        return id_

    def push_expiring(self, seconds: float, **item: Any) -> str:
        """The user pushes a downlink that expires so many seconds from now."""
        moment = self.clock.now_ms + int(seconds * 1000)
        expires_at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(moment // 1000))}.{moment % 1000:03d}Z"
        [id_] = self.push({"expires_at": expires_at, **item})
        return id_

    def replace(self, *items: Mapping[str, Any]) -> list[str]:
        """The user puts these in place of the queue, and is told their ids."""
        body = {"downlinks": [{"frm_payload": PAYLOAD} | dict(item) for item in items]}
        answer = self.call("queue_replace", body=body)
        assert answer.status == 200
        return answer.headers.get("X-Downlink-Ids", "").split(",") if items else []

    def clear(self) -> None:
        """The user clears the queue."""
        self.replace()

    def delete(self, downlink_id: str) -> Answer:
        """The user deletes one downlink."""
        return self.call("queue_delete", path={"downlink_id": downlink_id})

    def uplink(self) -> Callback:
        """The device asks: the BIDIR callback of a new uplink of this moment."""
        self._seq_number += 1
        return {
            "device": self.id,
            "time": self.clock.seconds,
            "data": "00",
            "seqNumber": self._seq_number,
            "ack": True,
        }

    def ask(self, uplink: Callback | None = None) -> str | None:
        """Sigfox delivers a BIDIR callback, a new one if none is given; the device gets this."""
        self.last_uplink = uplink or self.uplink()
        answer = self._invoke("bidir_downlink", event("bidir_downlink.json", body=self.last_uplink))
        self.happened()
        if answer.status == 204:
            return None
        assert answer.status == 200
        payload: str = answer.json[self.id]["downlinkData"]
        return payload

    def acknowledge(
        self, code: int, uplink: Callback | None = None, *, has_time: bool = True, **facts: object
    ) -> None:
        """Sigfox acknowledges the answer to an uplink, the last one if none is given.

        It does so 35 s after the uplink; the clock is moved to then, unless that moment is over already.
        """
        moment = (uplink or self.last_uplink)["time"] + ACKNOWLEDGED_AFTER
        self.clock.wait_until(moment)
        self.report({"time": moment if has_time else None, "infoCode": code, **facts})

    def report(self, content: Mapping[str, object], service: str = "acknowledge") -> None:
        """Sigfox sends a callback of type SERVICE about the device."""
        body = {name: value for name, value in {"device": self.id, **content}.items() if value is not None}
        answer = self._invoke("sigfox_service", event(f"sigfox_{service}.json", body=body))
        assert answer.status == 200
        self.happened()

    def deadline(self) -> None:
        """The function runs that ends, once a minute, what time ends."""
        lambda_handler: Any = handler("every_minute")
        assert lambda_handler({}, Context("every_minute")) is None
        self.happened()

    def give_up(self) -> None:
        """No acknowledgement comes: time passes until the answer's outcome is given up."""
        self.clock.wait(GIVEN_UP_AFTER)
        self.deadline()

    def show(self, downlink_id: str) -> dict[str, Any]:
        """The user reads one downlink."""
        answer = self.call("downlink_show", path={"downlink_id": downlink_id})
        assert answer.status == 200
        shown: dict[str, Any] = answer.json
        return shown

    def state(self, downlink_id: str) -> str:
        """The user reads what a downlink is now."""
        return str(self.show(downlink_id)["state"])

    def steps(self, downlink_id: str) -> list[str]:
        """The user reads what happened to a downlink; each step with its attempt, but for the first one."""
        history = self.show(downlink_id)["history"]
        return [
            step["state"] if step["attempt"] == 1 else f"{step['state']} {step['attempt']}"
            for step in history
        ]

    def queue(self) -> list[str]:
        """The user lists the ids of what is queued."""
        return [item["id"] for item in self.call("queue_list").json.get("downlinks", [])]

    def listed(self, **query: str) -> Any:
        """The user lists the downlinks of the device."""
        answer = self.call("downlink_history", query=query)
        assert answer.status == 200
        return answer.json
