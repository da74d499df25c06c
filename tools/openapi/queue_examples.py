"""Downlinks as examples, written by the code that writes them for callers."""

from openapi.fragments import Json
from sigbridge.downlinks import Attempt, Downlink, DownlinkHistory, Step
from sigbridge.things_stack.history import downlink_life, downlink_page
from sigbridge.things_stack.queue import queue

DOWNLINK_ID = "01a201c48ee90001f5d42f36"
_PAYLOAD = "0102030405060708"
_SENT = Downlink(_PAYLOAD, DOWNLINK_ID)
_UPLINK_AT = _SENT.made_at + 19_415
_LIFE = DownlinkHistory.of(
    [
        Attempt(
            _SENT,
            {
                Step.QUEUED: {"at": _SENT.made_at},
                Step.ANSWERED: {"at": _UPLINK_AT, "uplink": f"{_UPLINK_AT}#101"},
                Step.SENT: {"at": _UPLINK_AT + 24_522, "info_code": 0},
            },
        )
    ]
)

QUEUES: Json = {
    "waiting": queue([Downlink(_PAYLOAD, DOWNLINK_ID, f_port=1, confirmed=True)]),
    "empty": queue([]),
}
LIVES: Json = {"sent": downlink_life(_LIFE)}
PAGES: Json = {"page": downlink_page([_LIFE], DOWNLINK_ID), "none": downlink_page([], None)}
