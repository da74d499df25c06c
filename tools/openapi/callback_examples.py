"""What senders write, as examples of the routes that they call (`api.ingest.operations`)."""

from collections.abc import Mapping

from openapi.fragments import EXAMPLE_DEVICE, Json
from sigbridge.reports import Service

UPLINK: Json = {
    "device": "1A2B45",
    "data": "b0513801a421f0019405a500",
    "time": "1763770827",
    "duplicate": "false",
    "snr": "18.86",
    "station": "1D44",
    "rssi": "-123.00",
    "seqNumber": "1508",
    "ack": "false",
}
GENERIC: Json = {"serial": "AA-BB-01-CC-02", "payload": "0011AA", "port": 10, "temperature": 21.5}
TAGOIO: list[Json] = [
    {"variable": "device", "value": "1A2B45", "serie": "1763770827"},
    {"variable": "data", "value": "0109611395000df9011eb9", "serie": "1763770827"},
    {"variable": "seqNumber", "value": "5", "serie": "1763770827"},
]
BIDIR: Json = {
    "device": EXAMPLE_DEVICE,
    "time": "1763770827",
    "data": "3794a01820348220590d000f",
    "seqNumber": "2",
    "ack": "true",
    "longPolling": "true",
}
MESSAGES: Mapping[str, object] = {
    "sigfox": UPLINK,
    "generic": GENERIC,
    "several": [GENERIC, {"serial": "AA-BB-01-CC-03", "temperature": -3}],
    "tagoio": TAGOIO,
}
LINES = {"batch": "1A2B45;1763770827;b0513801;1508\n153FA;1763770827;3794a018;2"}

REPORTS: Mapping[Service, Json] = {
    Service.ACKNOWLEDGE: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770862",
        "infoCode": "0",
        "infoMessage": "Acked",
        "downlinkAck": "true",
        "downlinkOverusage": "false",
    },
    Service.STATUS: {
        "device": EXAMPLE_DEVICE,
        "time": 1763770827,
        "seqNumber": 17,
        "batt": "3.05",
        "temp": "21.50",
    },
    Service.ERROR: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770827",
        "info": "No message received since 2025-11-20 15:36:21",
        "severity": "ERROR",
    },
    Service.EVENT: {
        "time": "1763770827",
        "severity": "WARN",
        "sourceId": EXAMPLE_DEVICE,
        "sourceType": "DEVICE",
        "eventType": "OUT_OF_SEQUENCE",
        "deviceLastSeqnumber": "25",
        "deviceMessageSeqnumber": "18",
    },
    Service.GEOLOC: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770827",
        "lat": "45.19",
        "lng": "5.71",
        "radius": "2447",
        "geolocSource": "2",
    },
    Service.REPEATER: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770827",
        "batt": "3.05",
        "repeatedMsg": "120",
        "wrongMsg": "1",
    },
}
ADVANCED: Json = {
    "device": "1A2B45",
    "time": 1763770827,
    "data": "b0513801a421f0019405a500",
    "seqNumber": 1508,
    "lqi": "Good",
    "linkQuality": "2",
    "operatorName": "SIGFOX_France",
    "countryCode": "250",
    "duplicates": [{"bsId": "1D44", "nbRep": 3, "rssi": -123.0, "snr": 18.86}],
    "computedLocation": {"lat": 45.19, "lng": 5.71, "radius": 2447, "source": 2, "status": 1},
}
