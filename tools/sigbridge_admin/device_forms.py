"""Devices as the API describes them, and how they are shown to people."""

from datetime import datetime

from pydantic import BaseModel

from sigbridge_admin.presentation import NONE, readable_moment


class _Tag(BaseModel):
    key: str
    value: str


class Device(BaseModel):
    """A device and what was set of it."""

    id: str
    name: str
    type: str | None = None
    tags: list[_Tag]
    active: bool
    payload_encoding: str | None = None
    created_at: datetime


class _LastMessage(BaseModel):
    time: datetime
    seq_number: int | None = None
    payload: str | None = None


class _Battery(BaseModel):
    at: datetime
    volts: float

    def __str__(self) -> str:
        return f"{self.volts:g} V"


class _Temperature(BaseModel):
    at: datetime
    celsius: float


class _Link(BaseModel):
    at: datetime
    lqi: str | None = None
    operator_name: str | None = None


class _Location(BaseModel):
    at: datetime
    latitude: float
    longitude: float
    radius: float | None = None


class _Quota(BaseModel):
    limit: int
    used: int


class _InFlight(BaseModel):
    id: str
    payload: str
    attempt: int


class ListedDevice(Device):
    """A device in a list; None is what is not known, or not in the response."""

    state: str
    since: datetime | None = None
    last_message: _LastMessage | None = None
    battery: _Battery | None = None
    queue_length: int | None = None

    @property
    def state_in_words(self) -> str:
        """How it is doing."""
        return self.state.replace("_", " ")


class DeviceDetail(ListedDevice):
    """A device with all that is known of it."""

    conditions: list[str]
    temperature: _Temperature | None = None
    link: _Link | None = None
    location: _Location | None = None
    quota: _Quota
    in_flight: list[_InFlight]


def device_row(device: ListedDevice) -> dict[str, str]:
    """Write a row of the list of devices."""
    state = device.state_in_words
    message = device.last_message
    return {
        "id": device.id,
        "name": device.name or NONE,
        "type": device.type or NONE,
        "tags": tags_in_words(device),
        "state": state if device.active else f"{state}, inactive",
        "since": NONE if device.since is None else readable_moment(device.since),
        "last message": NONE if message is None else readable_moment(message.time),
        "battery": NONE if device.battery is None else str(device.battery),
        "queue": str(device.queue_length) if device.queue_length else NONE,
    }


def device_facts(device: Device) -> dict[str, str]:
    """Write what was set of a device."""
    return {
        "id": device.id,
        "name": device.name or NONE,
        "type": device.type or NONE,
        "tags": tags_in_words(device),
        "active": "yes" if device.active else "no",
        "payload encoding": device.payload_encoding or "that of its type, or of the application",
        "created": readable_moment(device.created_at),
    }


def status_facts(device: DeviceDetail) -> dict[str, str]:
    """Write how a device is doing; what is not known is left out."""
    since = f" since {readable_moment(device.since)}" if device.since else ""
    facts = {"state": device.state_in_words + since}
    if len(device.conditions) > 1:
        facts["conditions"] = ", ".join(device.conditions).replace("_", " ")
    if message := device.last_message:
        number = "" if message.seq_number is None else f", number {message.seq_number}"
        payload = f": {message.payload}" if message.payload else ""
        facts["last message"] = f"{readable_moment(message.time)}{number}{payload}"
    if battery := device.battery:
        facts["battery"] = _known(str(battery), battery.at)
    if temperature := device.temperature:
        facts["temperature"] = _known(f"{temperature.celsius:g} °C", temperature.at)
    if link := device.link:
        facts["link"] = _known(", ".join(filter(None, (link.lqi, link.operator_name))) or "heard", link.at)
    if location := device.location:
        radius = "" if location.radius is None else f" within {location.radius:g} m"
        facts["location"] = _known(f"{location.latitude}, {location.longitude}{radius}", location.at)
    facts["downlinks today"] = f"{device.quota.used} of {device.quota.limit}"
    facts["queue"] = "empty" if not device.queue_length else f"{device.queue_length} waiting"
    if device.in_flight:
        facts["in flight"] = "\n".join(
            f"{each.payload} (attempt {each.attempt})" for each in device.in_flight
        )
    return facts


def _known(what: str, at: datetime) -> str:
    return f"{what} ({readable_moment(at)})"


def tags_in_words(device: Device) -> str:
    """Write tags below each other."""
    return "\n".join(f"{tag.key}:{tag.value}" for tag in device.tags) or NONE
