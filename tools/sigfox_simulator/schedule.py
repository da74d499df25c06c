"""What happens on the radio and when: the plan of all messages, made before the first is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from sigfox_simulator.devices import SEQUENCE_NUMBERS, Device, make_payload
from sigfox_simulator.dice import dice
from sigfox_simulator.services import Service

# Waits 20 s after its transmission, then listens 25 s (reference, 3.3).
RADIO_PROCEDURE_S = 45
_ASKING = 0.6
_STATUS, _ERROR, _EVENT = 0.3, 0.1, 0.1
_OPERATORS = (("SIGFOX_France", "250"), ("SIGFOX_Japan_KCCS", "392"), ("SIGFOX_Netherlands_Aerea", "528"))
_FOUND = '"radius":2447,"source":2,"status":1'
_LINK_QUALITIES = ("Limit", "Average", "Good", "Excellent")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a device.

    Attributes:
        device: Whose it is.
        number: Its place in the device's messages, from 0.
        at: When it is transmitted, in simulated seconds.
        next_at: When the device transmits the next one; None for the last.
        seq_number: Its sequence number.
        payload: Hex.
        asks: Whether it asks for a downlink.
        radio: Sigfox's variables about its reception.
    """

    device: Device
    number: int
    at: float
    next_at: float | None
    seq_number: int
    payload: str
    asks: bool
    radio: Mapping[str, str] = field(repr=False, compare=False)

    @property
    def service(self) -> Service:
        """The callback that brings it."""
        return self.device.service


@dataclass(frozen=True, slots=True)
class Notice:
    """A STATUS, ERROR or EVENT callback.

    Attributes:
        device: Of whom it tells.
        service: What it is.
        at: When it is called, in simulated seconds.
        variables: Its variables besides device and time.
    """

    device: Device
    service: Service
    at: float
    variables: Mapping[str, str]


def plan_messages(seed: int, device: Device, seconds: float) -> list[Message]:
    """Plan all messages of a device; none falls into its own radio procedure."""
    moments = list(_moments(seed, device, seconds))
    return [
        _message(seed, device, number, at, next(iter(moments[number + 1 :]), None))
        for number, at in enumerate(moments)
    ]


def plan_notices(seed: int, fleet: Sequence[Device], seconds: float) -> list[Notice]:
    """Plan the STATUS, ERROR and EVENT callbacks: of some devices one of each."""
    return [notice for device in fleet for notice in _notices(seed, device, seconds)]


def _moments(seed: int, device: Device, seconds: float) -> Iterator[float]:
    throw = dice(seed, device.id, "rhythm")
    at = device.phase_s
    for turn in count(1):
        if at >= seconds:
            return
        yield at
        if device.batched:
            at = device.phase_s + turn * device.rhythm_s
        else:
            at += max(device.rhythm_s * throw.uniform(0.9, 1.1), RADIO_PROCEDURE_S + 1)


def _message(seed: int, device: Device, number: int, at: float, next_at: float | None) -> Message:
    throw = dice(seed, device.id, "message", number)
    asks = device.bidirectional and (throw.random() < _ASKING or not device.configuration.tells_ack)
    operator, country = throw.choice(_OPERATORS)
    quality = throw.randrange(len(_LINK_QUALITIES))
    latitude, longitude = throw.uniform(-60, 60), throw.uniform(-180, 180)
    station, rssi, snr = f"{throw.randrange(0x10000):04X}", throw.uniform(-140, -80), throw.uniform(5, 30)
    return Message(
        device=device,
        number=number,
        at=at,
        next_at=next_at,
        seq_number=(device.first_seq_number + number) % SEQUENCE_NUMBERS,
        payload=make_payload(device, number, throw),
        asks=asks,
        radio={
            "rssi": f"{rssi:.2f}",
            "snr": f"{snr:.2f}",
            "avgSnr": "N/A" if number < 15 else f"{snr:.2f}",
            "station": station,
            "lat": f"{latitude:.0f}",
            "lng": f"{longitude:.0f}",
            "duplicate": "false",
            "longPolling": "false",
            "deviceTypeId": device.type_id,
            "lqi": _LINK_QUALITIES[quality],
            "linkQuality": str(quality),
            "fixedLat": "0.0",
            "fixedLng": "0.0",
            "operatorName": operator,
            "countryCode": country,
            "duplicates": f'[{{"bsId":"{station}","nbRep":3,"rssi":{rssi:.2f},"snr":{snr:.2f}}}]',
            "computedLocation": f'{{"lat":{latitude:.4f},"lng":{longitude:.4f},{_FOUND}}}',
        },
    )


def _notices(seed: int, device: Device, seconds: float) -> Iterator[Notice]:
    throw = dice(seed, device.id, "notices")
    if throw.random() < _STATUS:
        number = str(throw.randrange(SEQUENCE_NUMBERS))
        battery = {"seqNumber": number, "batt": f"{throw.uniform(2, 3.6):.2f}", "temp": "21.50"}
        yield Notice(device, Service.STATUS, throw.uniform(0, seconds), battery)
    if throw.random() < _ERROR:
        silence = {"info": "No message received since 2025-11-20 15:36:21", "severity": "ERROR"}
        yield Notice(device, Service.ERROR, throw.uniform(0, seconds), silence)
    if throw.random() < _EVENT:
        event = {
            "severity": "WARN",
            "sourceId": device.spelling,
            "sourceType": "DEVICE",
            "eventType": "INVALID_SEQ_NUMBER",
            "deviceTypeId": device.type_id,
            "deviceExpectedSeqnumber": "18",
            "deviceMessageSeqnumber": "25",
        }
        yield Notice(device, Service.EVENT, throw.uniform(0, seconds), event)
