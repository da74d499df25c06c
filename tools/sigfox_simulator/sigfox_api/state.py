"""What Sigfox knows: groups, contracts, device types, callbacks, devices, messages, undelivered callbacks."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sigfox_simulator.sigfox_api.paging import Pages
from sigfox_simulator.sigfox_api.requests import Json, not_found

DAY_MS = 86_400_000


@dataclass(slots=True)
class Message:
    """A message of a device, as the lists of messages have it.

    Attributes:
        device_id: Its device.
        device_type_id: The device type that the device belonged to.
        time_ms: When it was received, epoch ms.
        shown: What the lists say of it; `ackRequired` and `rinfos` only to those who ask for them.
    """

    device_id: str
    device_type_id: str
    time_ms: int
    shown: Json


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A callback that could not be delivered.

    Attributes:
        device_id: Its device.
        device_type_id: That one's device type.
        callback_id: The callback.
        time_ms: When its message was received, epoch ms.
        shown: What every list says of it; they name the device in different ways.
    """

    device_id: str
    device_type_id: str
    callback_id: str
    time_ms: int
    shown: Json


@dataclass(slots=True)
class SigfoxState:
    """All of it, each resource in the JSON form that the API gives.

    Attributes:
        now_ms: The clock, epoch ms.
        job_polls: How often a job is asked for until it is done.
        pages: How lists are cut.
    """

    now_ms: Callable[[], int]
    job_polls: int = 2
    pages: Pages = field(default_factory=Pages)
    groups: dict[str, Json] = field(default_factory=dict)
    contracts: dict[str, Json] = field(default_factory=dict)
    device_types: dict[str, Json] = field(default_factory=dict)
    devices: dict[str, Json] = field(default_factory=dict)
    unregistered: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, "Job"] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    lost: list[Undelivered] = field(default_factory=list)
    callbacks_of: dict[str, dict[str, Json]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_id(self) -> str:
        """Return an id that nothing has yet: 24 hexadecimal digits, as Sigfox makes them."""
        return f"{next(self._ids):024x}"

    def add_group(self, id_: str, name: str, parent: str | None = None) -> Json:
        """Add a group, below another one or at the top."""
        above = self.groups[parent] if parent else None
        path = [*above["path"], reference(above)] if above else []
        self.groups[id_] = {
            "id": id_,
            "name": name,
            "nameCI": name.lower(),
            "description": "",
            "type": 2,
            "timezone": "Europe/Paris",
            "path": path,
            "creationTime": self.now_ms(),
            "createdBy": "simulator",
            "leaf": True,
        }
        if above:
            above["leaf"] = False
        return self.groups[id_]

    def add_contract(
        self,
        group_id: str,
        id_: str,
        name: str,
        *,
        bidir: bool = True,
        max_downlink_frames: int = 4,
        max_tokens: int = 0,
        history: int = 0,
        options: Sequence[str] = (),
    ) -> Json:
        """Add a contract of a group; `history` is 0 for 3 days and 1 for 30."""
        now_ms = self.now_ms()
        self.contracts[id_] = {
            "id": id_,
            "contractId": id_,
            "name": name,
            "group": reference(self.groups[group_id]),
            "bidir": bidir,
            "highPriorityDownlink": False,
            "maxUplinkFrames": 140,
            "maxDownlinkFrames": max_downlink_frames if bidir else 0,
            "maxTokens": max_tokens,
            "tokensInUse": 0,
            "tokensUsed": 0,
            "tokenDuration": 12,
            "automaticRenewal": True,
            "renewalDuration": 12,
            "pricingModel": 2,
            "subscriptionPlan": 0,
            "timezone": "Europe/Paris",
            "creationTime": now_ms,
            "startTime": now_ms,
            "activationEndTime": 0,
            "communicationEndTime": 0,
            "options": [
                {"id": "messageHistory", "parameters": {"duration": history}},
                *({"id": option, "parameters": {}} for option in options),
            ],
        }
        return self.contracts[id_]

    def add_device_type(
        self,
        group_id: str,
        id_: str,
        name: str,
        contract_id: str,
        downlink_mode: int = 0,
        keep_alive: int = 0,
    ) -> Json:
        """Add a device type of a group, with a contract."""
        contract = reference(self.contracts[contract_id])
        self.device_types[id_] = {
            "id": id_,
            "name": name,
            "description": "",
            "downlinkMode": downlink_mode,
            "payloadType": 2,
            "payloadConfig": "",
            "keepAlive": keep_alive,
            "automaticRenewal": True,
            "group": reference(self.groups[group_id]),
            "contract": contract,
            "contracts": [contract],
            "detachedContracts": [],
            "creationTime": self.now_ms(),
            "createdBy": "simulator",
        } | ({"downlinkDataString": "{tapId}0000{rssi}"} if downlink_mode == 0 else {})
        self.callbacks_of[id_] = {}
        return self.device_types[id_]

    def add_callback(self, device_type_id: str, callback: Json) -> Json:
        """Add a callback to a device type as it is, unchecked."""
        id_ = callback.get("id") or self.new_id()
        added = {"id": id_, "dead": False, "downlinkHook": False} | callback
        self.callbacks_of[device_type_id][id_] = added
        return added

    def callbacks(self, device_type_id: str) -> list[Json]:
        """Return the callbacks of a device type, in the order they were made in."""
        return list(self.callbacks_of[device_type_id].values())

    def add_device(
        self,
        device_type_id: str,
        id_: str,
        pac: str,
        name: str = "",
        lat: float | None = None,
        lng: float | None = None,
    ) -> Json:
        """Add a device of a device type."""
        device_type = self.device_types[device_type_id]
        now_ms = self.now_ms()
        padded = padded_id(id_)
        device: Json = {
            "id": padded,
            "name": name or f"Device {padded}",
            "satelliteCapable": False,
            "repeater": False,
            "messageModulo": 4096,
            "group": device_type["group"],
            "modemCertificate": {"id": "5d2f1b0ce833d9173b45f201", "key": "M_000A_1B2C_01"},
            "prototype": False,
            "pac": pac,
            "sequenceNumber": 0,
            "trashSequenceNumber": 0,
            "lastCom": 0,
            "lqi": 4,
            "activationTime": now_ms,
            "creationTime": now_ms,
            "createdBy": "simulator",
            "lastEditionTime": now_ms,
            "state": 0,
            "comState": 5,
            "token": {"state": 0, "detailMessage": "Ok", "end": now_ms + 365 * DAY_MS},
            "automaticRenewal": True,
            "automaticRenewalStatus": 0,
            "activable": True,
        }
        device["token"] |= {"freeMessages": 0, "freeMessagesSent": 0}
        if lat is not None and lng is not None:
            device["location"] = {"lat": lat, "lng": lng}
        self.devices[padded] = device
        self.move_device(device, device_type)
        self.unregistered.pop(padded, None)
        return device

    def add_unregistered(self, id_: str, pac: str) -> None:
        """Add a device that was made and is registered nowhere."""
        self.unregistered[padded_id(id_)] = pac

    def device(self, id_: str) -> Json:
        """Return a device, by its id in any form.

        Raises:
            Refused: There is none.
        """
        return found(self.devices, padded_id(id_), "Device")

    def move_device(self, device: Json, device_type: Json) -> None:
        """Make a device one of a device type, and of its contract, if that has a token for it."""
        contract = self.contracts[device_type["contracts"][0]["id"]]
        self.release_token(device)
        device |= {"deviceType": reference(device_type), "group": device_type["group"]}
        if contract["maxTokens"] and contract["tokensInUse"] >= contract["maxTokens"]:
            device |= {"state": 2}
            device["token"] |= {"state": 1, "detailMessage": "Off contract"}
            return
        device["contract"] = reference(contract)
        contract["tokensInUse"] += 1
        contract["tokensUsed"] += 1

    def release_token(self, device: Json) -> None:
        """Take a device out of its contract."""
        if contract := device.pop("contract", None):
            self.contracts[contract["id"]]["tokensInUse"] -= 1

    def groups_within(self, ids: Sequence[str], *, deep: bool) -> set[str]:
        """Return groups, with those below them if wanted."""
        below = {
            id_
            for id_, group in self.groups.items()
            if deep and any(above["id"] in ids for above in group["path"])
        }
        return below | (set(ids) & self.groups.keys())


@dataclass(slots=True)
class Job:
    """Something that takes Sigfox a while.

    Attributes:
        kind: Under which path it is asked for.
        total: How many things it is about.
        carry_out: Does it, and returns what failed.
        polls_left: How often it is asked for until it is done.
        errors: What failed; None until it is done.
    """

    kind: str
    total: int
    carry_out: Callable[[], list[Json]]
    polls_left: int
    errors: list[Json] | None = None


def padded_id(id_: str) -> str:
    """Return a device id as the API writes it: four hexadecimal digits at least."""
    return id_.upper().lstrip("0").zfill(4)


def callback_id_form(id_: str) -> str:
    """Return a device id as callbacks write it: without zeros in front."""
    return id_.lstrip("0") or "0"


def reference(resource: Json) -> Json:
    """Return what other resources say of this one."""
    return {name: resource[name] for name in ("id", "name", "type") if name in resource}


def found(resources: dict[str, Json], id_: str, what: str) -> Json:
    """Return a resource.

    Raises:
        Refused: There is none.
    """
    if id_ not in resources:
        raise not_found(what)
    return resources[id_]
