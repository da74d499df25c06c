"""Which fields the content of a webhook can have, by their paths.

`*` stands for whatever names there are below.
"""

from collections.abc import Iterator, Mapping, Sequence

from sigbridge.model.webhook import MessageType, WebhookFormat

type _Names = Sequence[str]

_DOWNLINK: _Names = (
    *("id", "f_port", "frm_payload", "decoded_payload.*", "confirmed", "priority", "correlation_ids"),
    *("confirmed_retry.attempt", "confirmed_retry.max_attempts", "expires_at"),
)
_STEP_IN_DOWNLINK: _Names = (
    *("uplink.time", "uplink.seq_number", "cause"),
    *("info_code", "info_message", "downlink_ack", "downlink_overusage"),
)
# Of LoRaWAN, so that field masks made for The Things Stack can be taken over.
_LORAWAN_DOWNLINK: _Names = ("session_key_id", "f_cnt", "class_b_c.*")
_TTS_CONTENTS: Mapping[str, _Names] = {
    MessageType.UPLINK_MESSAGE: (
        *("f_port", "f_cnt", "frm_payload", "decoded_payload.*", "decoded_payload_warnings"),
        *("normalized_payload", "rx_metadata", "received_at", "locations.*"),
        *("session_key_id", "settings.*", "confirmed", "consumed_airtime", "version_ids.*"),
        *("network_ids.*", "attributes.*", "app_s_key.*", "last_a_f_cnt_down"),
    ),
    MessageType.LOCATION_SOLVED: (
        *("service", "attributes.*"),
        *(f"location.{name}" for name in ("latitude", "longitude", "altitude", "accuracy", "source")),
    ),
    MessageType.SERVICE_DATA: ("service", "data.*"),
    MessageType.DOWNLINK_FAILED: (
        *(f"downlink.{name}" for name in (*_DOWNLINK, *_LORAWAN_DOWNLINK)),
        *(f"error.{name}" for name in ("namespace", "name", "message_format", "attributes.*")),
        *(f"error.{name}" for name in ("correlation_id", "code", "cause.*", "details")),
    ),
    **dict.fromkeys(("downlink_ack", "downlink_nack", "downlink_queue_invalidated"), ("*",)),
    **dict.fromkeys(("join_accept", "uplink_normalized"), ("*",)),
}
_TTS: _Names = (
    "end_device_ids.application_ids.application_id",
    *(f"end_device_ids.{name}" for name in ("device_id", "dev_eui", "join_eui", "dev_addr")),
    *("correlation_ids", "received_at", "simulated"),
    *(f"{type_}.{name}" for type_, names in _TTS_CONTENTS.items() for name in names),
    *(
        f"{type_}.{name}"
        for type_ in MessageType
        if type_ not in _TTS_CONTENTS
        for name in (*_DOWNLINK, *_STEP_IN_DOWNLINK, *_LORAWAN_DOWNLINK)
    ),
)

_RECEPTION: _Names = (
    *("rssi", "snr", "avg_snr", "signal", "avg_signal", "station", "lat", "lng", "duplicate"),
    *("long_polling", "device_type_id"),
)
_RADIO: _Names = (
    *_RECEPTION,
    *("lqi", "link_quality", "fixed_lat", "fixed_lng", "operator_name", "country_code", "duplicates"),
    *("geoloc_source", "place_ids"),
)
_REPORT_FACTS: _Names = (
    *_RECEPTION,
    *("info_code", "info_message", "downlink_ack", "downlink_overusage", "batt", "temp", "seq_number"),
    *("severity", "info", "source_id", "source_type", "event_type", "group_id", "device_message_time"),
    *("device_info.*", "device_expected_seqnumber", "device_message_seqnumber", "device_last_seqnumber"),
    *("device_short_cause", "device_cause", "network_operator_id", "business_operator_id", "contract_id"),
    *("contract_ids", "subscription_state", "expected_subscription_duration_end_time"),
    *("expected_token_end_time", "geoloc_source", "radius", "whitelist_devices", "repeated_msg"),
    *("unwanted_devices", "unwanted_msg", "wrong_msg", "over_regul_msg"),
)
_LOCATION: _Names = tuple(
    f"location.{name}" for name in ("latitude", "longitude", "radius", "source", "status")
)
_EVENT_CONTENTS: Mapping[str, _Names] = {
    "message": (
        *("device", "network", "time", "sent_time", "received_at", "advanced_at", "amended_at", "group"),
        "recovered",
        *("seq_number", "payload", "decoded_payload.*", "decoded_payload_warnings", "normalized_payload"),
        *("decode_error", "formatter.id", "formatter.version", "decoded_payload_omitted", "port", "ack"),
        *(f"{part}.{name}" for part in ("radio", "advanced") for name in _RADIO),
        *_LOCATION,
        *("variables", "advanced_variables", "variables_omitted", "conflicts", "warnings"),
    ),
    "report": (
        *("service", "device", "time", "sent_time", "received_at", "recovered", "extras.*"),
        "extras_omitted",
        *(f"facts.{name}" for name in _REPORT_FACTS),
        *_LOCATION,
    ),
    "downlink": (
        *("id", "source", "frm_payload", "decoded_payload.*", "f_port", "priority", "confirmed"),
        *("confirmed_retry.max_attempts", "correlation_ids", "queued_at", "expires_at"),
    ),
    "step": ("state", "attempt", "at", "reason", *_STEP_IN_DOWNLINK),
}
_EVENT: _Names = (
    *("kind", "message_type", "version", "id", "at", "application_id", "device_id"),
    *(f"{part}.{name}" for part, names in _EVENT_CONTENTS.items() for name in names),
)

FIELD_PATHS: Mapping[WebhookFormat, _Names] = {
    WebhookFormat.TTS: _TTS,
    WebhookFormat.SIGBRIDGE: _EVENT,
    WebhookFormat.CLOUDEVENTS: _EVENT,
}


def is_field_path(path: Sequence[str], known: _Names) -> bool:
    """Return whether a path leads to a known field, or to an object that has known fields."""
    return any(_agrees(path, pattern) for pattern in _split(known))


def _split(known: _Names) -> Iterator[list[str]]:
    for pattern in known:
        yield pattern.split(".")


def _agrees(path: Sequence[str], pattern: Sequence[str]) -> bool:
    if pattern[-1] == "*" and len(path) >= len(pattern):
        return list(path[: len(pattern) - 1]) == list(pattern[:-1])
    return list(path) == list(pattern[: len(path)])
