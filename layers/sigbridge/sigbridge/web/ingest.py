"""What the ingest routes answer, and count."""

from collections.abc import Sequence

from sigbridge.downlinks import Reply
from sigbridge.messages import Receipt
from sigbridge.web.response import Response
from sigbridge.web.telemetry import count


def messages_accepted(receipt: Receipt) -> Response:
    """Answers an uplink: how many messages were new, how many were there already, and their group."""
    count_messages(receipt)
    return Response.json(
        200,
        {
            "status": True,
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "group": receipt.group,
        },
    )


def downlinks_answered(replies: Sequence[Reply]) -> Response:
    """Answers a BIDIR callback (sigfox reference, 3.1).

    Every device that asked is named as its callback spelt it; 204 without a body where none gets data.
    """
    count("DownlinksAnswered", sum(r.answer.payload is not None and not r.answer.repeated for r in replies))
    count("LateBidir", sum(reply.late for reply in replies))
    count("DownlinkFailures", sum(reply.failed for reply in replies))
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


def count_messages(receipt: Receipt) -> None:
    """Counts what a request brought."""
    count("Uplinks", receipt.accepted)
    count("DuplicateUplinks", receipt.duplicates)
