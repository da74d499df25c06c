"""The facts in the callbacks of Sigfox Cloud (sigfox reference, 1.2 to 1.9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from sigbridge.model.field_mapping import plain
from sigbridge.model.service import Service


class ValueType(Enum):
    """What the value of a variable can be.

    CODE: A whole number, with or without a sign.
    LINK_QUALITY: LIMIT, AVERAGE, GOOD, EXCELLENT or NA.
    MOMENT: How Sigfox writes these is not documented.
    RECEPTIONS: What each base station heard of a message.
    """

    BOOLEAN = auto()
    CODE = auto()
    LINK_QUALITY = auto()
    MOMENT = auto()
    NUMBER = auto()
    OBJECT = auto()
    RECEPTIONS = auto()
    TEXT = auto()
    TEXTS = auto()
    WHOLE_NUMBER = auto()


@dataclass(frozen=True, slots=True)
class Fact:
    """A variable of Sigfox's callbacks.

    Attributes:
        name: Under which it is kept.
        type: What its value can be.
    """

    name: str
    type: ValueType


def _facts(types: Mapping[str, ValueType]) -> Mapping[str, Fact]:
    """Return the facts by their names as they are compared."""
    return {plain(name): Fact(name, value_type) for name, value_type in types.items()}


RECEPTION_FACTS = _facts(
    {
        "rssi": ValueType.NUMBER,
        "snr": ValueType.NUMBER,
        "avg_snr": ValueType.NUMBER,
        "signal": ValueType.NUMBER,
        "avg_signal": ValueType.NUMBER,
        "station": ValueType.TEXT,
        "lat": ValueType.NUMBER,
        "lng": ValueType.NUMBER,
        "duplicate": ValueType.BOOLEAN,
        "long_polling": ValueType.BOOLEAN,
        "device_type_id": ValueType.TEXT,
    }
)

# What one base station heard of a message.
DUPLICATE_FACTS = _facts(
    {
        "bs_id": ValueType.TEXT,
        "nb_rep": ValueType.WHOLE_NUMBER,
        "rssi": ValueType.NUMBER,
        "snr": ValueType.NUMBER,
    }
)

ADVANCED_FACTS = _facts(
    {
        "lqi": ValueType.LINK_QUALITY,
        "link_quality": ValueType.WHOLE_NUMBER,
        "fixed_lat": ValueType.NUMBER,
        "fixed_lng": ValueType.NUMBER,
        "operator_name": ValueType.TEXT,
        "country_code": ValueType.WHOLE_NUMBER,
        "duplicates": ValueType.RECEPTIONS,
    }
)

COMPUTED_LOCATION = plain("computedLocation")
LONG_POLLING = RECEPTION_FACTS[plain("longPolling")].name

# Beside these a report may have those of the reception.
REPORT_FACTS: Mapping[Service, Mapping[str, Fact]] = {
    Service.ACKNOWLEDGE: _facts(
        {
            "info_code": ValueType.CODE,
            "info_message": ValueType.TEXT,
            "downlink_ack": ValueType.BOOLEAN,
            "downlink_overusage": ValueType.BOOLEAN,
        }
    ),
    Service.STATUS: _facts(
        {
            "batt": ValueType.NUMBER,
            "temp": ValueType.NUMBER,
            "seq_number": ValueType.WHOLE_NUMBER,
        }
    ),
    Service.ERROR: _facts(
        {
            "severity": ValueType.TEXT,
            "info": ValueType.TEXT,
        }
    ),
    Service.EVENT: _facts(
        {
            "severity": ValueType.TEXT,
            "source_id": ValueType.TEXT,
            "source_type": ValueType.TEXT,
            "event_type": ValueType.TEXT,
            "device_type_id": ValueType.TEXT,
            "group_id": ValueType.TEXT,
            "device_message_time": ValueType.MOMENT,
            "device_info": ValueType.OBJECT,
            "device_expected_seqnumber": ValueType.WHOLE_NUMBER,
            "device_message_seqnumber": ValueType.WHOLE_NUMBER,
            "device_last_seqnumber": ValueType.WHOLE_NUMBER,
            "device_short_cause": ValueType.TEXT,
            "device_cause": ValueType.TEXT,
            "network_operator_id": ValueType.TEXT,
            "business_operator_id": ValueType.TEXT,
            "contract_id": ValueType.TEXT,
            "contract_ids": ValueType.TEXTS,
            "subscription_state": ValueType.TEXT,
            "expected_subscription_duration_end_time": ValueType.MOMENT,
            "expected_token_end_time": ValueType.MOMENT,
        }
    ),
    Service.GEOLOC: _facts(
        {
            "lat": ValueType.NUMBER,
            "lng": ValueType.NUMBER,
            "radius": ValueType.NUMBER,
            "geoloc_source": ValueType.TEXT,
            "seq_number": ValueType.WHOLE_NUMBER,
        }
    ),
    Service.REPEATER: _facts(
        {
            "batt": ValueType.NUMBER,
            "whitelist_devices": ValueType.WHOLE_NUMBER,
            "repeated_msg": ValueType.WHOLE_NUMBER,
            "unwanted_devices": ValueType.WHOLE_NUMBER,
            "unwanted_msg": ValueType.WHOLE_NUMBER,
            "wrong_msg": ValueType.WHOLE_NUMBER,
            "over_regul_msg": ValueType.WHOLE_NUMBER,
        }
    ),
}

# Without these a report says nothing.
REQUIRED_FACTS: Mapping[Service, tuple[str, ...]] = {Service.ACKNOWLEDGE: ("infoCode",)}
