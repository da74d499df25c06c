"""Requests to the management API that work as they stand once the demonstration was played."""

from collections.abc import Mapping

from openapi.fragments import EXAMPLE_DEVICE, Json

_TYPE = "cold-rooms"
_SIGFOX_TYPE = "5e74c318aa8aec41f9cc6b00"

# Variables of paths. That of a key is no id of one: only who made a key knows it.
PATH_EXAMPLES: Mapping[str, str] = {
    "device_id": EXAMPLE_DEVICE,
    "type_id": _TYPE,
    "key": "downlinkData",
    "key_id": "fzwferakeahhxxrb",
    "formatter_id": "weather-station",
    "webhook_id": "my-server",
    "job_id": "1763770827000-0a1b2c3d",
    "sigfox_type_id": "5a1b2c3d4e5f60718293a4b7",
}

# Variables of queries without which a request is refused, by the names of their operations.
QUERY_EXAMPLES: Mapping[tuple[str, str], object] = {
    ("delete_data", "variables"): ["temperature"],
    ("get_sigfox_coverage", "lat"): 48.8584,
    ("get_sigfox_coverage", "lng"): 2.2945,
    ("get_sigfox_consumption", "year"): 2026,
    ("get_sigfox_consumption", "month"): 11,
}

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
    "connect_sigfox_device_type": {"mode": "bidir", "dry_run": True},
    "recover_messages": {"since": "2026-11-22T00:00:00Z"},
    "update_sigfox_connection": {"login": "5a1b2c3d4e5f60718293a4b5", "password": "made-up-password"},
    "send_sigfox_request": {"method": "GET", "path": "/contract-infos/"},
    "create_key": {"name": "Sigfox callbacks", "rights": ["traffic:up:write"]},
    "update_key": {"name": "Sigfox callbacks"},
    "create_sigfox_devices": {
        "device_type_id": _SIGFOX_TYPE,
        "devices": [{"id": "1A2B48", "pac": "0123456789ABCDEF", "name": "Cold room 4"}],
    },
    "update_sigfox_devices": {"devices": [{"id": "1A2B48", "automatic_renewal": False}]},
    "transfer_sigfox_devices": {"ids": ["1A2B48"], "device_type_id": _SIGFOX_TYPE},
    "suspend_sigfox_devices": {"ids": ["1A2B48"]},
    "resume_sigfox_devices": {"ids": ["1A2B48"]},
    "unsubscribe_sigfox_devices": {"ids": ["1A2B48"], "at": "2030-01-31T12:00:00Z"},
    "restart_sigfox_devices": {"ids": ["1A2B48"]},
    "update_sigfox_device": {"name": "Cold room 1", "lat": 45.75, "lng": 4.85},
    "replace_sigfox_device": {"target_device_id": "1A2B48"},
}
