"""Downlinks: a queue per device, and the answer to a device that asks."""

from sigbridge.downlinks.answering import Answer, answer_uplink, recall_answer
from sigbridge.downlinks.bidir import Reply, reply_to_messages
from sigbridge.downlinks.downlink import (
    DOWNLINK_BYTES,
    Downlink,
    InvalidDownlinkData,
    Priority,
    read_downlink_data,
)
from sigbridge.downlinks.queue import (
    downlink_data,
    push_downlinks,
    push_downlinks_once,
    queued_downlinks,
    replace_downlinks,
    set_downlink_data,
)
from sigbridge.downlinks.refusals import QueueFull

__all__ = [
    "DOWNLINK_BYTES",
    "Answer",
    "Downlink",
    "InvalidDownlinkData",
    "Priority",
    "QueueFull",
    "Reply",
    "answer_uplink",
    "downlink_data",
    "push_downlinks",
    "push_downlinks_once",
    "queued_downlinks",
    "read_downlink_data",
    "recall_answer",
    "replace_downlinks",
    "reply_to_messages",
    "set_downlink_data",
]
