"""Requests to the management API that work as they stand once the demonstration was played."""

from collections.abc import Mapping

from openapi.fragments import EXAMPLE_DEVICE, Json

_TYPE = "cold-rooms"

# Variables of paths. That of a key is no id of one: only who made a key knows it.
PATH_EXAMPLES: Mapping[str, str] = {
    "device_id": EXAMPLE_DEVICE,
    "type_id": _TYPE,
    "key": "downlinkData",
    "key_id": "fzwferakeahhxxrb",
    "formatter_id": "weather-station",
    "webhook_id": "my-server",
    "job_id": "1763770827000-0a1b2c3d",
}

# Variables of queries without which a request is refused, by the names of their operations.
QUERY_EXAMPLES: Mapping[tuple[str, str], object] = {("delete_data", "variables"): ["temperature"]}

# Bodies by the names of their operations.
BODY_EXAMPLES: Mapping[str, Json] = {
    "update_formatter": {"kind": "sigfox_grammar", "source": "temperature::int:16:little-endian"},
    "test_formatter": {
        "kind": "sigfox_grammar",
        "source": "temperature::int:16:/10 humidity::uint:8:/2",
        "payload": "00d754",
    },
    "redecode_messages": {"since": "2026-01-01T00:00:00Z", "dry_run": True},
    "update_application": {"name": "Demonstration", "daily_downlinks": 4},
    "create_device_type": {"id": _TYPE, "name": "Cold rooms", "keep_alive_seconds": 93_600},
    "update_device_type": {"pad_downlinks": True},
    "create_device": {"id": "1A2B47", "name": "Cold room 3", "tags": [{"key": "site", "value": "Lyon"}]},
    "update_device": {"name": "Cold room 1", "tags": [{"key": "site", "value": "Lyon"}]},
    "create_data": {"variable": "temperature", "value": 4.5, "unit": "°C"},
    "update_parameter": {"value": "00000000ada1b2c3"},
    "create_webhook": {
        "id": "my-server",
        "base_url": "https://hooks.example.com/sigbridge",
        "paths": {"uplink_message": "/up", "downlink_failed": "/failed"},
        "headers": {"Authorization": "Bearer made-up"},
    },
    "update_webhook": {"paths": {"uplink_message": "/up/{devID}"}},
    "test_webhook": {"message_type": "uplink_message"},
    "replay_webhook": {"since": "2026-11-22T00:00:00Z", "until": "2026-11-22T12:00:00Z"},
    "rotate_webhook_secret": {},
    "create_key": {"name": "Sigfox callbacks", "rights": ["traffic:up:write"]},
    "update_key": {"name": "Sigfox callbacks"},
}
