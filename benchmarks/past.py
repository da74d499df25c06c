"""Devices, and their messages, as years of use leave them in the table."""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from benchmarks.workload import APPLICATION, TABLE, Workload, unused_device
from sigbridge.store.connections import client

_BATCH_WRITE = 25
_EVERY_MS = 600_000


def give_past(workload: Workload, device_id: str, messages: int) -> None:
    """Let a device have so many messages, one each ten minutes, the newest from now."""
    workload.uplink(device_id)()
    newest = _first_of(f"DEVICE#{APPLICATION}#{device_id}", "MSG#")
    now_ms = int(newest["time"]["N"])

    def earlier() -> Iterator[dict[str, Any]]:
        for number in range(1, messages):
            moment = now_ms - number * _EVERY_MS
            yield {**newest, "sk": {"S": f"MSG#{moment:013d}#{number}"}, "time": {"N": str(moment)}}

    _write(earlier())


def list_devices(workload: Workload, devices: int) -> None:
    """Let the application list so many devices more."""
    facts = _first_of(f"DEVICE#{APPLICATION}#{workload.device()}", "DEVICE")

    def others() -> Iterator[dict[str, Any]]:
        for device_id in (unused_device() for _ in range(devices)):
            yield {**facts, "pk": {"S": f"DEVICE#{APPLICATION}#{device_id}"}, "id": {"S": device_id}}

    _write(others())


def _first_of(pk: str, prefix: str) -> dict[str, Any]:
    found = client().query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
        Limit=1,
    )
    return dict(found["Items"][0])


def _write(items: Iterable[dict[str, Any]]) -> None:
    for some in batched(items, _BATCH_WRITE, strict=False):
        requests: Any = {TABLE: [{"PutRequest": {"Item": item}} for item in some]}
        if client().batch_write_item(RequestItems=requests)["UnprocessedItems"]:
            message = "the engine left items unwritten"
            raise RuntimeError(message)
