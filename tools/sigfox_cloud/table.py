"""Messages read from a local bundle's own table: there is no HTTP for that yet."""

from collections.abc import Iterable
from typing import Any

from sigbridge.errors import StoreUnavailable
from sigbridge.store.table import query_prefix
from sigbridge_local.stack import Stack, configured
from sigfox_cloud.failures import SimulationError
from sigfox_cloud.readback import StoredMessage

_ATTEMPTS = 5


def messages_in(stack: Stack, device_ids: Iterable[str]) -> dict[str, list[StoredMessage]]:
    """Reads all messages of some devices.

    Raises:
        SimulationError: The table does not answer.
    """
    with configured(stack.table, stack.aws_endpoint_url):
        return {device_id: _messages(stack.application_id, device_id) for device_id in device_ids}


def _messages(application_id: str, device_id: str) -> list[StoredMessage]:
    for _ in range(_ATTEMPTS):
        try:
            return [_read(record) for record in query_prefix(f"DEVICE#{application_id}#{device_id}", "MSG#")]
        except StoreUnavailable:
            continue
    message = "the local table does not answer"
    raise SimulationError(message)


def _read(record: dict[str, Any]) -> StoredMessage:
    seq_number = record.get("seq_number")
    return StoredMessage(
        time=int(record["sk"].split("#")[1]),
        seq_number=None if seq_number is None else int(seq_number),
        payload=record.get("payload", ""),
    )
