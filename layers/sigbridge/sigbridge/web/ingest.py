"""What the ingest routes answer, and count."""

from collections.abc import Sequence

from sigbridge.downlinks import Reply
from sigbridge.messages import Part, Receipt
from sigbridge.reports import ReportReceipt
from sigbridge.web.response import Response
from sigbridge.web.telemetry import count

_COUNTERS = {
    Part.UPLINK: ("Uplinks", "DuplicateUplinks"),
    Part.ADVANCED: ("AdvancedData", "DuplicateAdvancedData"),
}


def messages_accepted(receipt: Receipt) -> Response:
    """Answers an uplink: how many messages were new, how many were there already, and their group.

    Devices whose messages were left out, as they are not active, are named as `inactive`.
    """
    count_messages(receipt)
    content: dict[str, object] = {
        "status": True,
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "group": receipt.group,
    }
    if receipt.inactive:
        content["inactive"] = sorted(receipt.inactive)
    return Response.json(200, content)


def downlinks_answered(replies: Sequence[Reply]) -> Response:
    """Answers a BIDIR callback (sigfox reference, 3.1).

    Every device that asked is named as its callback spelt it; 204 without a body where none gets data.
    """
    count("DownlinksAnswered", sum(r.answer.payload is not None and not r.answer.repeated for r in replies))
    count("DownlinksHeldBack", sum(reply.answer.held_back for reply in replies))
    count("LateBidir", sum(reply.late for reply in replies))
    count("DownlinkFailures", sum(reply.failure is not None for reply in replies))
    if all(reply.answer.payload is None for reply in replies):
        return Response(204)
    return Response.json(
        200,
        {
            reply.message.device_as_received: (
                {"noData": True} if reply.answer.payload is None else {"downlinkData": reply.answer.payload}
            )
            for reply in replies
        },
    )


def reports_kept(receipt: ReportReceipt) -> Response:
    """Answers a report: how many were new, and how many were there already."""
    count("Reports", receipt.accepted)
    count("DuplicateReports", receipt.duplicates)
    count("OverQuota", sum(kept.report.tells_overrun and not kept.repeated for kept in receipt.reports))
    return Response.json(
        200, {"status": True, "accepted": receipt.accepted, "duplicates": receipt.duplicates}
    )


def count_messages(receipt: Receipt) -> None:
    """Counts what a request brought: uplinks, and what DATA_ADVANCED callbacks add to them."""
    for part, (new, repeated) in _COUNTERS.items():
        of_part = [stored for stored in receipt.messages if stored.message.part is part]
        repeats = sum(stored.repeated for stored in of_part)
        count(new, len(of_part) - repeats)
        count(repeated, repeats)
