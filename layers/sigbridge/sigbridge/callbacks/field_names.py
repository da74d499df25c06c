"""Under which names senders write the fields of a message where their key does not say it.

The list is published in docs/api.md. A key's Additional Parameter comes before it.
"""

from collections.abc import Mapping

from sigbridge.credentials.field_mapping import Field

# Compared without case, "_" and "-"; earlier names win.
COMMON_NAMES: Mapping[Field, tuple[str, ...]] = {
    Field.SERIAL: (
        "serial",
        "device",
        "deveui",
        "deviceeui",
        "hardwareserial",
        "serialnumber",
        "deviceid",
        "epid",
        "imei",
        "id",
    ),
    Field.PAYLOAD: ("data", "payload", "payloadraw", "payloadhex", "ulpayload", "frmpayload"),
    Field.PORT: ("port", "fport"),
    Field.TIME: ("time", "timestamp"),
    Field.SEQ_NUMBER: ("seqnumber", "seqno"),
    Field.ACK: ("ack",),
}


# Objects in which network servers tell the device's id, as ChirpStack and The Things Stack do.
DEVICE_OBJECTS = ("deviceinfo", "enddeviceids")
