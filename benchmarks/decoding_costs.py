"""What decoding a batch of messages before they are told costs: what `publish` asks of DynamoDB for it."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from benchmarks.budget import Row
from benchmarks.change_costs import Changes
from benchmarks.consumption import counted
from benchmarks.workload import APPLICATION, Workload, unused_device
from sigbridge.applications import create_device_type
from sigbridge.devices import Device, create_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.formatters import FormatterKind, NewVersion, put_formatter, scripts
from sigbridge.model.device_type import DeviceType
from sigbridge.store.stream import read_change
from sigbridge.stream.decoding import decode_changes

_BATCH = 100
_SOURCES = {
    FormatterKind.SIGFOX_GRAMMAR: "first::uint:8 second::uint:16",
    FormatterKind.CAYENNE_LPP: "",
    FormatterKind.JAVASCRIPT: "function decodeUplink(input) { return { data: { first: input.bytes[0] } }; }",
}


def decoding_cost_rows(workload: Workload) -> list[Row]:
    """Count what decoding a hundred messages of as many devices costs, by kind."""
    with patch.object(scripts, "invoke", _answer):
        return [_row(workload, kind) for kind in _SOURCES]


def _row(workload: Workload, kind: FormatterKind) -> Row:
    put_formatter(APPLICATION, kind.value, NewVersion(kind, _SOURCES[kind]))
    create_device_type(APPLICATION, DeviceType(kind.value, kind.value, uplink_formatter=kind.value))
    devices = [unused_device() for _ in range(_BATCH)]
    for device_id in devices:
        create_device(APPLICATION, Device(device_id, type=kind.value))
    forget_cached_devices()
    stream = Changes(workload)
    workload.batch(devices)()
    read = [read_change(record) for record in stream.take()]
    changes = [change for change in read if change is not None]
    with counted() as consumption:
        decode_changes(changes)
    budget = _BATCH if kind is FormatterKind.JAVASCRIPT else 0
    return Row(
        name=f"publish, {_BATCH} messages decoded by {kind}: write units, read units",
        limit="one write each of what a script made" if budget else "nothing is stored",
        budget=f"≤ {budget}",
        measured=f"{consumption.write_units:g}, {consumption.read_units:g}",
        passed=consumption.write_units <= budget,
        figures=consumption.figures(),
        note="of devices that the process knew already; the function that runs scripts is played",
    )


def _answer(_function_name: str, event: Mapping[str, Any], **_waiting: int) -> Mapping[str, Any]:
    """Answer as the function that runs scripts does, without running any."""
    results: list[Mapping[str, Any]] = [
        {
            "data": {"functions": ["decodeUplink"]} if call["function"] == "check" else {"first": 1},
            "warnings": [],
            "errors": [],
            "normalized": [],
            "logs": [],
            "cpu_ms": 0.1,
        }
        for call in event["calls"]
    ]
    return {"version": 1, "results": results}
