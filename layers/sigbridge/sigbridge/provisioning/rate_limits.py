"""How often Sigfox's API may be asked for what (sigfox-rest reference, 1).

Other paths have no limit that is known, and what has none is not counted.
"""

import re
from dataclasses import dataclass

from sigbridge.store import rate_limits as stored

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class RequestLimit:
    """How often requests of a kind may be made.

    Attributes:
        name: Of the kind.
        methods: Their methods.
        path: What their paths look like; if it has a group, what that finds has a limit of its own.
        most: How many there may be in any span of time.
        span_ms: How long that is.
        burst: How many may follow each other at once; the others are spread over the span.
    """

    name: str
    methods: frozenset[str]
    path: re.Pattern[str]
    most: int
    span_ms: int
    burst: int = 1

    @property
    def interval_ms(self) -> int:
        """How long it takes until one more may be made."""
        return -(-self.span_ms // (self.most - self.burst + 1))


def _limit(name: str, methods: str, path: str, most: int, span_ms: int, burst: int = 1) -> RequestLimit:
    return RequestLimit(name, frozenset(methods.split()), re.compile(path, re.ASCII), most, span_ms, burst)


_DEVICE = r"/devices/(?!bulk\b)([^/]+)/?"
REQUEST_LIMITS = (
    _limit("messages", "GET", r"/devices/[^/]+/messages/?", 1, 1_000),
    _limit("devices", "GET", r"/devices/?", 50, 10_000, burst=10),
    _limit("change-device", "PUT", _DEVICE, 1, 60 * _MINUTE_MS),
    _limit("delete-device", "DELETE", _DEVICE, 1, 60 * _MINUTE_MS),
    _limit("coverage", "GET POST", r"/coverages/global/predictions/?", 10, _MINUTE_MS, burst=5),
    _limit("coverage-bulk", "POST", r"/coverages/global/predictions/bulk/?", 5, 5 * _MINUTE_MS, burst=3),
    _limit("coverage-job", "GET", r"/coverages/global/predictions/bulk/[^/]+/?", 10, _MINUTE_MS, burst=5),
    _limit("devices-bulk", "POST PUT", r"/devices/bulk/?", 5, 10 * _MINUTE_MS, burst=3),
    _limit("devices-transfer", "POST", r"/devices/bulk/transfer/?", 5, 10 * _MINUTE_MS, burst=3),
)


def next_turn(application_id: str, method: str, path: str, now_ms: int) -> int | None:
    """Take the turn for a request; return None where it may be made now, else when it may, epoch ms."""
    for limit in REQUEST_LIMITS:
        found = limit.path.fullmatch(path)
        if found is not None and method in limit.methods:
            name = "#".join([limit.name, *found.groups()])
            return stored.take_turn(application_id, name, limit.burst, limit.interval_ms, now_ms)
    return None
