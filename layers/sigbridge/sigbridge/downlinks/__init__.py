"""Downlinks: a queue per device, the answer to a device that asks, and what became of each downlink."""

from sigbridge.downlinks.acknowledge import apply_acknowledgement
from sigbridge.downlinks.bidir import Reply, reply_to_messages
from sigbridge.downlinks.claim import Answer, answer_uplink, recall_answer
from sigbridge.downlinks.deadlines import due_downlinks, end_what_is_due
from sigbridge.downlinks.encoding import PayloadEncoder
from sigbridge.downlinks.errors import DownlinkNotQueued, DownlinkTooLarge, QueueFull, UnknownDownlink
from sigbridge.downlinks.history import (
    HistoryPage,
    downlink_history,
    downlink_history_of,
    record_transition,
    recorded_steps,
)
from sigbridge.downlinks.in_flight import InFlight, WaitingDownlinks, waiting_downlinks
from sigbridge.downlinks.queue import (
    check_capacity,
    check_size,
    delete_downlink,
    push_downlinks,
    push_downlinks_once,
    queued_downlinks,
    replace_downlinks,
)
from sigbridge.downlinks.quota import Quota, quota_of
from sigbridge.downlinks.retry import QUEUE_FULL
from sigbridge.downlinks.transitions import Transition, transitions
from sigbridge.model.downlink import Downlink, InvalidDownlink, Priority, Source
from sigbridge.model.downlink_history import (
    AnsweredUplink,
    Attempt,
    DownlinkEvent,
    DownlinkHistory,
    DownlinkState,
    Step,
)

__all__ = [
    "QUEUE_FULL",
    "Answer",
    "AnsweredUplink",
    "Attempt",
    "Downlink",
    "DownlinkEvent",
    "DownlinkHistory",
    "DownlinkNotQueued",
    "DownlinkState",
    "DownlinkTooLarge",
    "HistoryPage",
    "InFlight",
    "InvalidDownlink",
    "PayloadEncoder",
    "Priority",
    "QueueFull",
    "Quota",
    "Reply",
    "Source",
    "Step",
    "Transition",
    "UnknownDownlink",
    "WaitingDownlinks",
    "answer_uplink",
    "apply_acknowledgement",
    "check_capacity",
    "check_size",
    "delete_downlink",
    "downlink_history",
    "downlink_history_of",
    "due_downlinks",
    "end_what_is_due",
    "push_downlinks",
    "push_downlinks_once",
    "queued_downlinks",
    "quota_of",
    "recall_answer",
    "record_transition",
    "recorded_steps",
    "replace_downlinks",
    "reply_to_messages",
    "transitions",
    "waiting_downlinks",
]
