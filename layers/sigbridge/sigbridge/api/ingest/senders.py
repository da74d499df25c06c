"""Known senders: network servers and clouds whose uplinks are read by their documented form.

A row says how one sender's uplink (or position report) is known and where its fields stand; nothing of
it is guessed. What the same sender posts besides (joins, acknowledgements, sent downlinks) fits no row
and is read as anybody's. Samples and sources: docs/reference/network-servers.md.
"""

from collections.abc import Mapping

from sigbridge.api.ingest.sender import (
    Sender,
    StatedEncoding,
    decoded,
    fields,
    path,
    paths,
    position,
    texts,
)
from sigbridge.api.ingest.senml import SENML_DEVICE
from sigbridge.applications import PayloadEncoding
from sigbridge.messages import Network

_HEX = PayloadEncoding.HEX
_BASE64 = PayloadEncoding.BASE64

# What fits two rows is the upper one's.
KNOWN_SENDERS: tuple[Sender, ...] = (
    Sender(
        "The Things Stack v3",
        marks=paths("uplink_message end_device_ids"),
        fields=fields(
            serial="end_device_ids.dev_eui end_device_ids.device_id",
            payload="uplink_message.frm_payload",
            port="uplink_message.f_port",
            time="received_at uplink_message.received_at",
            counter="uplink_message.f_cnt",
        ),
        encoding=_BASE64,
        positions=decoded("uplink_message.decoded_payload")
        + position("uplink_message.locations.frm-payload", "latitude longitude accuracy")
        + position("uplink_message.locations.user", "latitude longitude accuracy"),
    ),
    Sender(
        "The Things Stack v3 (location solved)",
        marks=paths("location_solved.location end_device_ids"),
        fields=fields(serial="end_device_ids.dev_eui end_device_ids.device_id", time="received_at"),
        encoding=_BASE64,
        positions=position("location_solved.location", "latitude longitude accuracy"),
    ),
    Sender(
        "The Things Network v2",
        marks=paths("hardware_serial app_id dev_id payload_raw"),
        fields=fields(
            serial="hardware_serial dev_id",
            payload="payload_raw",
            port="port",
            time="metadata.time",
            counter="counter",
        ),
        encoding=_BASE64,
        positions=decoded("payload_fields") + position("metadata", "latitude longitude"),
    ),
    Sender(
        "ChirpStack v4",
        marks=paths("rxInfo deviceInfo.devEui"),
        fields=fields(serial="deviceInfo.devEui", payload="data", port="fPort", time="time", counter="fCnt"),
        encoding=_BASE64,
        positions=decoded("object"),
    ),
    Sender(
        "ChirpStack v3",
        marks=paths("rxInfo devEUI data"),
        fields=fields(
            serial="devEUI",
            payload="data",
            port="fPort port",
            time="time rxInfo.0.time publishedAt",
            counter="fCnt",
        ),
        encoding=_BASE64,
        positions=decoded("object"),
    ),
    Sender(
        "Helium Console",
        marks=paths("hotspots dev_eui payload"),
        texts=texts("type", "uplink"),
        fields=fields(serial="dev_eui", payload="payload", port="port", time="reported_at", counter="fcnt"),
        encoding=_BASE64,
        positions=decoded("decoded.payload"),
    ),
    Sender(
        "LORIOT",
        marks=paths("EUI cmd ts"),
        texts=texts("cmd", "rx|gw"),
        fields=fields(serial="EUI", payload="data", port="port", time="ts", counter="fcnt"),
        encoding=_HEX,
    ),
    Sender(
        "Actility ThingPark",
        marks=paths("DevEUI_uplink.DevEUI"),
        fields=fields(
            serial="DevEUI_uplink.DevEUI",
            payload="DevEUI_uplink.payload_hex",
            port="DevEUI_uplink.FPort",
            time="DevEUI_uplink.Time",
            counter="DevEUI_uplink.FCntUp",
        ),
        encoding=_HEX,
        positions=decoded("DevEUI_uplink.payload") + position("DevEUI_uplink", "DevLAT DevLON DevLocRadius"),
    ),
    Sender(
        "Actility ThingPark (location)",
        marks=paths("DevEUI_location.DevEUI"),
        fields=fields(serial="DevEUI_location.DevEUI", time="DevEUI_location.Time"),
        encoding=_HEX,
        positions=position("DevEUI_location", "DevLAT DevLON DevLocRadius"),
    ),
    Sender(
        "MachineQ",
        marks=paths("payload_hex DevEUI GatewayID FCntUp"),
        fields=fields(serial="DevEUI", payload="payload_hex", port="FPort", time="Time", counter="FCntUp"),
        encoding=_HEX,
        positions=decoded("decoded_payload"),
    ),
    Sender(
        "Actility ThingPark (flat)",
        marks=paths("payload_hex DevEUI FCntUp"),
        fields=fields(serial="DevEUI", payload="payload_hex", port="FPort", time="Time", counter="FCntUp"),
        encoding=_HEX,
        positions=decoded("payload") + position("", "DevLAT DevLON DevLocRadius"),
    ),
    Sender(
        "Everynet",
        marks=paths("params meta.device type"),
        texts=texts("type", "uplink"),
        fields=fields(
            serial="meta.device",
            payload="params.payload",
            port="params.port",
            time="meta.time params.rx_time",
            counter="params.counter_up",
        ),
        encoding=_BASE64,
    ),
    Sender(
        "Kerlink Wanesy",
        marks=paths("endDevice.devEui payload fCntUp"),
        fields=fields(
            serial="endDevice.devEui",
            payload="payload",
            port="fPort",
            time="recvTime gwRecvTime",
            counter="fCntUp",
        ),
        encoding=StatedEncoding(path("encodingType"), {"hexa": _HEX, "base64": _BASE64}, otherwise=_HEX),
        positions=position("endDevice", "latitude longitude"),
    ),
    Sender(
        "OrbiWise",
        marks=paths("dataFrame deveui"),
        fields=fields(serial="deveui", payload="dataFrame", port="port", time="timestamp", counter="fcnt"),
        encoding=StatedEncoding(path("data_format"), {"hex": _HEX, "base64": _BASE64}, otherwise=_BASE64),
    ),
    Sender(
        "Firefly",
        marks=paths("frame_counter device.eui payload"),
        fields=fields(
            serial="device.eui",
            payload="payload",
            port="port",
            time="received_at inserted_at",
            counter="frame_counter",
        ),
        encoding=_HEX,
        positions=decoded("parsed"),
    ),
    Sender(
        "Firefly (packets)",
        marks=paths("gwrx device_eui payload"),
        fields=fields(
            serial="device_eui", payload="payload", port="port", time="received_at", counter="fcnt"
        ),
        encoding=_HEX,
        positions=decoded("parsed"),
    ),
    Sender(
        "KPN Things",
        marks=paths("bn"),
        texts=texts("bn", SENML_DEVICE.pattern),
        fields=fields(serial="bn", payload="payload", port="port", time="bt", counter="FCntUp"),
        encoding=_HEX,
        positions=position("", "latitude longitude radius"),
    ),
    Sender(
        "Netmore",
        marks=paths("sensorType devEui fCntUp"),
        fields=fields(
            serial="devEui", payload="payload Payload", port="fPort", time="timestamp", counter="fCntUp"
        ),
        encoding=_HEX,
    ),
    Sender(
        "Proximus EnCo",
        marks=paths("Fcntup DevEUI payload"),
        fields=fields(serial="DevEUI", payload="payload", port="FPort", time="timestamp", counter="Fcntup"),
        encoding=_HEX,
        positions=position("", "latitude longitude"),
    ),
    Sender(
        "Orange Live Objects",
        marks=paths("streamId metadata.network.lora.devEUI value"),
        texts=texts("metadata.network.lora.messageType", "(UN)?CONFIRMED_DATA_UP"),
        fields=fields(
            serial="metadata.network.lora.devEUI",
            payload="value.payload",
            port="metadata.network.lora.port",
            time="timestamp created",
            counter="metadata.network.lora.fcnt",
        ),
        encoding=_HEX,
        positions=decoded("value")
        + position("location", "lat lon accuracy")
        + position("metadata.network.lora.location", "lat lon accuracy"),
    ),
    Sender(
        "Senet",
        marks=paths("pdu devEui seqno"),
        fields=fields(serial="devEui", payload="pdu", port="port", time="gwRxTime txtime", counter="seqno"),
        encoding=_HEX,
    ),
    Sender(
        "Tektelic",
        marks=paths("payloadMetaData.deviceMetaData.deviceEUI payload"),
        fields=fields(
            serial="payloadMetaData.deviceMetaData.deviceEUI",
            payload="payload.payload_hex payload.bytes",
            port="payloadMetaData.fport",
            time="payloadMetaData.gatewayMetaDataList.0.rxInfo.time",
            counter="payloadMetaData.fcount",
        ),
        encoding=_HEX,
        positions=decoded("payload"),
    ),
    Sender(
        "Objenious SPOT",
        marks=paths("payload_cleartext device_properties.deveui"),
        texts=texts("type", "uplink"),
        fields=fields(
            serial="device_properties.deveui",
            payload="payload_cleartext",
            port="protocol_data.port",
            time="timestamp",
            counter="count",
        ),
        encoding=_HEX,
        positions=position("", "lat lng geolocation_precision"),
    ),
    Sender(
        "MultiTech Conduit",
        marks=paths("mhdr deveui data"),
        fields=fields(serial="deveui", payload="data", port="port", time="time", counter="fcnt"),
        encoding=_BASE64,
    ),
    Sender(
        "AWS IoT Core for LoRaWAN",
        marks=paths("WirelessMetadata.LoRaWAN PayloadData"),
        fields=fields(
            serial="WirelessMetadata.LoRaWAN.DevEui WirelessDeviceId",
            payload="PayloadData",
            port="WirelessMetadata.LoRaWAN.FPort WirelessMetadata.LoRaWAN.Fport",
            time="WirelessMetadata.LoRaWAN.Timestamp",
            counter="WirelessMetadata.LoRaWAN.FCnt",
        ),
        encoding=_BASE64,
    ),
    Sender(
        "Sigfox API v2",
        marks=paths("rinfos device.id data time"),
        fields=fields(serial="device.id", payload="data", time="time", counter="seqNumber"),
        encoding=_HEX,
        positions=position("computedLocation.0", "lat lng radius"),
        network=Network.SIGFOX,
    ),
)

_FIRST_NAMES = frozenset(sender.marks[0][0] for sender in KNOWN_SENDERS)


def recognize(content: Mapping[str, object]) -> Sender | None:
    """Recognize the sender of an uplink; None for what is anybody's."""
    if _FIRST_NAMES.isdisjoint(content):
        return None
    return next((sender for sender in KNOWN_SENDERS if sender.wrote(content)), None)
