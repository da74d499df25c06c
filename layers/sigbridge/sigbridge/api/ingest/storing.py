"""Storing what a request says; of a batch all that can be taken."""

from collections.abc import Mapping
from dataclasses import replace

from sigbridge.api.ingest.reader import Received
from sigbridge.api.ingest.responses import CallbackReceipt
from sigbridge.devices import UnknownDevice
from sigbridge.errors import Fault, InvalidInput
from sigbridge.messages import Receipt, ReceivedMessage, store_messages
from sigbridge.reports import ReceivedReport, ReportsReceipt, store_reports


def store_received(application_id: str, received: Received) -> CallbackReceipt:
    """Store the messages and reports of a request, and return when all of them are durable.

    Lines of Sigfox's batch do not depend on each other: what can't be taken of them is named in the receipt.

    Raises:
        InvalidInput, UnknownDevice, InactiveDevice: As `store_messages`. Of a batch: none of its lines can be
            taken.
        StoreUnavailable: Not all are durable; storing them again does no harm.
    """
    try:
        return _store(application_id, received)
    except (InvalidInput, UnknownDevice) as refusal:
        faults = _faults(refusal, received)
        left = _without(received, {fault.index for fault in faults})
        if received.is_batch and faults and (left.messages or left.reports):
            return store_received(application_id, replace(left, refused=(*left.refused, *faults)))
        if isinstance(refusal, InvalidInput):
            raise InvalidInput.of(faults) from refusal
        raise


def _store(application_id: str, received: Received) -> CallbackReceipt:
    messages, reports = Receipt((), ""), ReportsReceipt(())
    if received.messages:
        messages = store_messages(application_id, list(received.messages.values()))
    if received.reports:
        reports = store_reports(application_id, list(received.reports.values()))
    return CallbackReceipt(messages, reports, received.refused)


def _faults(refusal: InvalidInput | UnknownDevice, received: Received) -> list[Fault]:
    """Name the items that were refused, by their positions in the request."""
    if isinstance(refusal, InvalidInput):
        positions = list(received.messages)
        return [replace(fault, index=positions[fault.index]) for fault in refusal.faults]
    items: Mapping[int, ReceivedMessage | ReceivedReport] = {**received.messages, **received.reports}
    return [
        Fault("serial", f"Device {item.device_id} is not known", index)
        for index, item in items.items()
        if item.device_id in refusal.device_ids
    ]


def _without(received: Received, indexes: set[int]) -> Received:
    return replace(
        received,
        messages={index: item for index, item in received.messages.items() if index not in indexes},
        reports={index: item for index, item in received.reports.items() if index not in indexes},
    )
