"""The facts that Sigfox Cloud tells, by callback (sigfox reference, 1.2 to 1.9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sigbridge.api.ingest.structures import kept, read_object, read_objects, read_texts
from sigbridge.api.ingest.values import (
    read_boolean,
    read_code,
    read_number,
    read_text,
    read_time,
    read_whole_number,
)
from sigbridge.model.field_mapping import plain
from sigbridge.reports import Service

_LQI = frozenset({"LIMIT", "AVERAGE", "GOOD", "EXCELLENT", "NA"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A variable of Sigfox's callbacks.

    Attributes:
        name: Under which it is kept.
        read: Reads its value; raises ValueError for what it can't be.
    """

    name: str
    read: Callable[[object], object]


def _facts(readers: Mapping[str, Callable[[object], object]]) -> dict[str, Fact]:
    return {plain(name): Fact(name, read) for name, read in readers.items()}


def _read_lqi(value: object) -> str | None:
    """Sigfox writes `Good` where its documentation says `GOOD` (sigfox reference, 1.4)."""
    lqi = read_text(value)
    return lqi.upper() if lqi is not None and lqi.upper() in _LQI else lqi


def _read_duplicates(value: object) -> list[dict[str, object]] | None:
    duplicates = read_objects(value)
    return None if duplicates is None else [_read_duplicate(duplicate) for duplicate in duplicates]


def _read_duplicate(duplicate: Mapping[str, object]) -> dict[str, object]:
    facts: dict[str, object] = {}
    for name, value in duplicate.items():
        fact = _DUPLICATE_FACTS.get(plain(name), Fact(name, kept))
        try:
            facts[fact.name] = fact.read(value)
        except ValueError:
            facts[name] = kept(value)
    return {name or "_": value for name, value in facts.items() if value is not None}


def _read_kept_object(value: object) -> object:
    found = read_object(value)
    return None if found is None else kept(found)


def _read_moment(value: object) -> int | str | None:
    """Epoch ms where it can be read as a moment; how Sigfox writes these is not documented."""
    try:
        return read_time(value)
    except ValueError:
        return read_text(value)


RECEPTION_FACTS = _facts(
    {
        "rssi": read_number,
        "snr": read_number,
        "avg_snr": read_number,
        "signal": read_number,
        "avg_signal": read_number,
        "station": read_text,
        "lat": read_number,
        "lng": read_number,
        "duplicate": read_boolean,
        "long_polling": read_boolean,
        "device_type_id": read_text,
    }
)

# What one base station heard of a message.
_DUPLICATE_FACTS = _facts(
    {
        "bs_id": read_text,
        "nb_rep": read_whole_number,
        "rssi": read_number,
        "snr": read_number,
    }
)

ADVANCED_FACTS = _facts(
    {
        "lqi": _read_lqi,
        "link_quality": read_whole_number,
        "fixed_lat": read_number,
        "fixed_lng": read_number,
        "operator_name": read_text,
        "country_code": read_whole_number,
        "duplicates": _read_duplicates,
    }
)

COMPUTED_LOCATION = plain("computedLocation")
LONG_POLLING = RECEPTION_FACTS[plain("longPolling")].name

# Beside these a report may tell of the reception.
REPORT_FACTS: Mapping[Service, Mapping[str, Fact]] = {
    Service.ACKNOWLEDGE: _facts(
        {
            "info_code": read_code,
            "info_message": read_text,
            "downlink_ack": read_boolean,
            "downlink_overusage": read_boolean,
        }
    ),
    Service.STATUS: _facts(
        {
            "batt": read_number,
            "temp": read_number,
            "seq_number": read_whole_number,
        }
    ),
    Service.ERROR: _facts(
        {
            "severity": read_text,
            "info": read_text,
        }
    ),
    Service.EVENT: _facts(
        {
            "severity": read_text,
            "source_id": read_text,
            "source_type": read_text,
            "event_type": read_text,
            "device_type_id": read_text,
            "group_id": read_text,
            "device_message_time": _read_moment,
            "device_info": _read_kept_object,
            "device_expected_seqnumber": read_whole_number,
            "device_message_seqnumber": read_whole_number,
            "device_last_seqnumber": read_whole_number,
            "device_short_cause": read_text,
            "device_cause": read_text,
            "network_operator_id": read_text,
            "business_operator_id": read_text,
            "contract_id": read_text,
            "contract_ids": read_texts,
            "subscription_state": read_text,
            "expected_subscription_duration_end_time": _read_moment,
            "expected_token_end_time": _read_moment,
        }
    ),
    Service.GEOLOC: _facts(
        {
            "lat": read_number,
            "lng": read_number,
            "radius": read_number,
            "geoloc_source": read_text,
            "seq_number": read_whole_number,
        }
    ),
    Service.REPEATER: _facts(
        {
            "batt": read_number,
            "whitelist_devices": read_whole_number,
            "repeated_msg": read_whole_number,
            "unwanted_devices": read_whole_number,
            "unwanted_msg": read_whole_number,
            "wrong_msg": read_whole_number,
            "over_regul_msg": read_whole_number,
        }
    ),
}

# Without these a report says nothing.
REQUIRED_FACTS: Mapping[Service, tuple[str, ...]] = {Service.ACKNOWLEDGE: ("infoCode",)}
