"""What the ingest routes answer, and count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NotRequired, TypedDict

from sigbridge.api.http.errors import faults_besides, first_faults
from sigbridge.api.http.response import Response
from sigbridge.api.ingest.errors import IndexedFault, indexed_fault
from sigbridge.downlinks import Reply
from sigbridge.errors import Fault
from sigbridge.messages import MessagePart, Receipt
from sigbridge.reports import ReportsReceipt
from sigbridge.telemetry import count, logger

_LOGGED_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class CallbackReceipt:
    """What became of what a callback said.

    Attributes:
        messages: Its messages, perhaps none.
        reports: Its reports, perhaps none.
        refused: What of a batch could not be taken.
    """

    messages: Receipt
    reports: ReportsReceipt
    refused: tuple[Fault, ...] = ()

    @property
    def can_ask(self) -> bool:
        """Whether there is a message of which the device may wait for a downlink."""
        return any(stored.message.part is MessagePart.UPLINK for stored in self.messages.messages)

    @property
    def warnings(self) -> list[Fault]:
        """What was not understood or not taken, in the order of the request."""
        stored = [stored.message.warnings for stored in self.messages.messages]
        reported = [receipt.report.warnings for receipt in self.reports.reports]
        return sorted(chain(self.refused, *stored, *reported), key=lambda warning: warning.index)


class Accepted(TypedDict):
    """What was stored.

    Attributes:
        accepted: How many were new.
        duplicates: How many were there before.
        group: TagoIO's group of the messages.
        inactive: Devices whose messages were left out, as they are not active.
        warnings: What was not understood, or not taken; the first 100 of them.
        more_warnings: How many more there are.
    """

    status: Literal[True]
    accepted: int
    duplicates: int
    group: NotRequired[str]
    inactive: NotRequired[list[str]]
    warnings: NotRequired[list[IndexedFault]]
    more_warnings: NotRequired[int]


class DownlinkData(TypedDict):
    """The downlink of a device.

    Attributes:
        downlinkData: 16 hex digits.
    """

    downlinkData: str


class NoData(TypedDict):
    """Nothing for a device."""

    noData: Literal[True]


# By the device as the callback spelt it.
type DownlinkAnswers = Mapping[str, DownlinkData | NoData]


def receipt_response(receipt: CallbackReceipt) -> Response:
    """Return the response to a callback: how much was new, how much was there, and the group of its messages.

    Devices whose messages were left out, as they are not active, are named as `inactive`; what was not
    understood, or could not be taken of a batch, as `warnings`.
    """
    report_warnings(receipt)
    messages, reports = receipt.messages, receipt.reports
    content: Accepted = {
        "status": True,
        "accepted": messages.accepted + reports.accepted,
        "duplicates": messages.duplicates + reports.duplicates,
    }
    if messages.group:
        content["group"] = messages.group
    if messages.inactive:
        content["inactive"] = sorted(messages.inactive)
    if receipt.warnings:
        content["warnings"] = first_faults(receipt.warnings, indexed_fault)
    if more := faults_besides(receipt.warnings):
        content["more_warnings"] = more
    return Response.json(200, content)


def downlinks_response(replies: Sequence[Reply]) -> Response:
    """Return the response to a BIDIR callback (sigfox reference, 3.1).

    Every device that asked is named as its callback spelt it; 204 without a body where none gets data.
    """
    count("LateBidir", sum(reply.late for reply in replies))
    count("DownlinkFailures", sum(reply.failure is not None for reply in replies))
    _report_script_errors(replies)
    if all(reply.answer.payload is None for reply in replies):
        return Response(204)
    answers: DownlinkAnswers = {
        reply.message.device_as_received: (
            {"noData": True} if reply.answer.payload is None else {"downlinkData": reply.answer.payload}
        )
        for reply in replies
    }
    return Response.json(200, answers)


def _report_script_errors(replies: Sequence[Reply]) -> None:
    failed = [reply for reply in replies if reply.script_error is not None]
    count("Warnings", len(failed))
    for reply in failed[:_LOGGED_WARNINGS]:
        logger.warning("no answer computed", device=reply.message.device_id, reason=reply.script_error)


def report_warnings(receipt: CallbackReceipt) -> None:
    """Count and log what a callback brought that was not understood or not taken."""
    count("Warnings", len(receipt.warnings))
    for fault in receipt.warnings[:_LOGGED_WARNINGS]:
        logger.warning(fault.message, field=fault.field, index=fault.index)
