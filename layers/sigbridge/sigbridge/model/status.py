"""How a device is doing, in one word."""

from enum import StrEnum


class Status(StrEnum):
    """How a device is doing, the most serious first.

    OFF_CONTRACT: Sigfox refuses its messages, since its contract has ended or is used up.
    OUT_OF_SEQUENCE: Sigfox drops its messages, since their sequence numbers jumped too far. A smaller gap
        (`INVALID_SEQ_NUMBER`) is no such state: the message was accepted.
    SILENT: nothing was heard of it for longer than its device type allows.
    OVER_QUOTA: it gets no more downlinks today.
    NEVER_HEARD: it was added by hand, and neither a message nor a report of it came since.
    OK: none of these.
    """

    OFF_CONTRACT = "off_contract"
    OUT_OF_SEQUENCE = "out_of_sequence"
    SILENT = "silent"
    OVER_QUOTA = "over_quota"
    NEVER_HEARD = "never_heard"
    OK = "ok"
