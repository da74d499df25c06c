"""Sigfox's backend as the REST API shows it, with faults on command."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sigfox_simulator.sigfox_api import (  # noqa: F401 - they register their routes
    bulk,
    callbacks,
    coverage,
    device_types,
    devices,
    groups,
    messages,
)
from sigfox_simulator.sigfox_api.delivery import (
    CallbackRequest,
    Deliver,
    callbacks_of_acknowledgement,
    callbacks_of_message,
    record_message,
    record_undelivered,
)
from sigfox_simulator.sigfox_api.drift import drifted
from sigfox_simulator.sigfox_api.faults import Fault, Faults
from sigfox_simulator.sigfox_api.limits import LIMITS, RateLimits
from sigfox_simulator.sigfox_api.requests import Answer, Json, Refused, Request
from sigfox_simulator.sigfox_api.routing import answer_of
from sigfox_simulator.sigfox_api.state import Message, SigfoxState


@dataclass(slots=True)
class SigfoxBackend(SigfoxState):
    """Everything that Sigfox knows, and everything that was asked of it.

    Attributes:
        users: Logins of the API's users with their passwords.
        groups_of_users: The group of a user who sees no other groups than this one and those below it.
        requests: What was asked so far, in this order, refused or not.
        drifting: Whether answers are other than the API's description says.
        deliver: Calls a callback and returns the status that it was answered; with None nothing is called,
            and nothing is undelivered.
        judge: Says what is wrong with a request, by the API's description.
        violations: What it has said.
    """

    users: dict[str, str] = field(default_factory=lambda: {"login": "password"})
    groups_of_users: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    drifting: bool = False
    deliver: Deliver | None = None
    judge: Callable[[Request], list[str]] | None = None
    violations: list[str] = field(default_factory=list)
    _faults: Faults = field(default_factory=Faults)
    _limits: RateLimits = field(default_factory=RateLimits)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def page_size(self) -> int:
        """How many entries a page of a list has at most."""
        return self.pages.size

    @page_size.setter
    def page_size(self, size: int) -> None:
        self.pages.size = size

    @property
    def next_host(self) -> str | None:
        """Another host in the URLs of next pages."""
        return self.pages.next_host

    @next_host.setter
    def next_host(self, host: str | None) -> None:
        self.pages.next_host = host

    def fail_next(
        self,
        status: int,
        method: str | None = None,
        path: str | None = None,
        times: int = 1,
        *,
        before: bool = True,
        skip: int = 0,
    ) -> None:
        """Have the next requests of a method and a path (as `/devices/*`) fail.

        Args:
            status: What they are answered; 0 for a connection that is closed.
            method: None for any.
            path: None for any.
            times: How many fail.
            before: Whether they fail before they are carried out; else the answer is lost.
            skip: How many go well first.
        """
        self._faults.ordered.append(Fault(status, method, path, skip, times, before))

    def crash_after(self, requests: int) -> None:
        """Carry out so many requests, lose the last one's answer, and answer none from then on."""
        self._faults.crash_in = requests

    def forbid(self, path: str, method: str | None = None) -> None:
        """Answer 403 to requests of a path, as `/groups/G2*`, and of a method, None for any."""
        self._faults.forbidden.append((method, path))

    def mend(self) -> None:
        """Have nothing go wrong any more."""
        self._faults = Faults()

    def limit(self, *names: str) -> None:
        """Put some of the `LIMITS` in force; all of them where none is named."""
        unknown = set(names) - LIMITS.keys()
        if unknown:
            message = f"no such limits: {sorted(unknown)}"
            raise ValueError(message)
        self._limits = RateLimits(set(names or LIMITS))

    def answer(self, request: Request, user: tuple[str, str] | None) -> Answer:
        """Answer a request of a user, given by login and password."""
        with self._lock:
            self.requests.append(request)
            fault = self._faults.next(request)
            if fault is not None and fault.before:
                return fault.answer
            answer = self._answer(request, user)
            return fault.answer if fault is not None else answer

    def transmit(
        self,
        device_id: str,
        data: str,
        time: int | None = None,
        seq_number: int | None = None,
        *,
        ack: bool = False,
        deliver: Deliver | None = None,
    ) -> list[CallbackRequest]:
        """Have a device send a message, and return the callbacks that Sigfox calls for it.

        Args:
            device_id: Which device.
            data: Payload in hexadecimal.
            time: When it was received, epoch s; None for now.
            seq_number: None for the one after the last.
            ack: Whether the device asks for a downlink.
            deliver: Calls the callbacks, in place of the backend's own.
        """
        with self._lock:
            message = record_message(self, device_id, data, time, seq_number, ack=ack)
            requests = callbacks_of_message(self, message)
        self._deliver(requests, message, deliver)
        return requests

    def acknowledge(
        self, device_id: str, info_code: int = 0, deliver: Deliver | None = None
    ) -> list[CallbackRequest]:
        """Say what became of the downlink for a device's last message; return the callbacks for it."""
        with self._lock:
            id_ = self.device(device_id)["id"]
            message = next(each for each in reversed(self.messages) if each.device_id == id_)
            requests = callbacks_of_acknowledgement(self, message, info_code)
        self._deliver(requests, message, deliver)
        return requests

    def lose(self, request: CallbackRequest, status: int = 0, message: str = "Connection refused") -> None:
        """Note that a callback could not be delivered."""
        with self._lock:
            record_undelivered(self, request, status, message)

    def undelivered(self, device_id: str | None = None) -> list[Json]:
        """Return what could not be delivered, of one device or of all, oldest first."""
        id_ = self.device(device_id)["id"] if device_id else None
        return [each.shown for each in self.lost if id_ in {None, each.device_id}]

    def _answer(self, request: Request, user: tuple[str, str] | None) -> Answer:
        if user is None or self.users.get(user[0]) != user[1]:
            return Answer(401)
        if not self._limits.take(request, self.now_ms()):
            return Answer(429, {"message": "Too many requests"})
        if self._faults.forbids(request):
            return Answer(403, {"message": "Access denied"})
        if self.judge is not None:
            self.violations += self.judge(request)
        try:
            answer = self._as_seen_by(user[0], request, answer_of(self, request))
        except Refused as refused:
            return refused.answer
        return Answer(answer.status, drifted(answer.body), answer.headers) if self.drifting else answer

    def _as_seen_by(self, login: str, request: Request, answer: Answer) -> Answer:
        """Return an answer about groups without those that the user does not see."""
        group_id = self.groups_of_users.get(login)
        if group_id is None or not request.path.startswith("/groups/"):
            return answer
        seen = self.groups_within([group_id], deep=True)
        if request.path == "/groups/":
            listed = [group for group in answer.body["data"] if group["id"] in seen]
            return Answer(answer.status, answer.body | {"data": listed})
        return answer if request.path.split("/")[2] in seen else Answer(403, {"message": "Access denied"})

    def _deliver(self, requests: list[CallbackRequest], message: Message, deliver: Deliver | None) -> None:
        deliver = deliver or self.deliver
        if deliver is None:
            return
        for request in requests:
            try:
                status = deliver(request)
            except OSError as failure:
                self.lose(request, 0, str(failure))
                status = 0
            else:
                if not 200 <= status < 300:
                    self.lose(request, status, f"HTTP status {status}")
            result = {"status": status, "info": "", "cbDef": request.url, "time": message.time_ms}
            message.shown["rinfos"][0]["cbStatus"].append(result)
