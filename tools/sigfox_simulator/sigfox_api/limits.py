"""The API's limits of how often it may be asked (sigfox-rest reference, 1)."""

import re
from collections import deque
from dataclasses import dataclass, field

from sigfox_simulator.sigfox_api.requests import Request

_SECOND, _MINUTE, _HOUR = 1_000, 60_000, 3_600_000


@dataclass(frozen=True, slots=True)
class _Limit:
    methods: str
    path: str
    requests: int
    within_ms: int


# A limit is one for each value of its pattern's group, where it has one.
LIMITS = {
    "all requests": _Limit("GET POST PUT DELETE", r"/.*", 6_000, _MINUTE),
    "messages of a device": _Limit("GET", r"/devices/([^/]+)/messages", 1, _SECOND),
    "list of devices": _Limit("GET", r"/devices/", 50, 10 * _SECOND),
    "change of a device": _Limit("PUT", r"/devices/((?!bulk$)[^/]+)", 1, _HOUR),
    "deletion of a device": _Limit("DELETE", r"/devices/([^/]+)", 1, _HOUR),
    "coverage": _Limit("GET POST", r"/coverages/global/predictions", 10, _MINUTE),
    "coverage of many": _Limit("POST", r"/coverages/global/predictions/bulk", 5, 5 * _MINUTE),
    "coverage job": _Limit("GET", r"/coverages/global/predictions/bulk/[^/]+", 10, _MINUTE),
    "bulk": _Limit("POST PUT", r"/devices/bulk", 5, 10 * _MINUTE),
    "transfer": _Limit("POST", r"/devices/bulk/transfer", 5, 10 * _MINUTE),
}


@dataclass(slots=True)
class RateLimits:
    """The limits that are in force, and what was asked lately.

    Attributes:
        in_force: Their names.
    """

    in_force: set[str] = field(default_factory=set)
    _taken: dict[tuple[str, str], deque[int]] = field(default_factory=dict)

    def take(self, request: Request, now_ms: int) -> bool:
        """Count a request; return whether the limits allow it."""
        lately = [
            (self._lately(name, match, now_ms), LIMITS[name].requests)
            for name in self.in_force
            if request.method in LIMITS[name].methods.split()
            and (match := re.fullmatch(LIMITS[name].path, request.path))
        ]
        if any(len(taken) >= requests for taken, requests in lately):
            return False
        for taken, _ in lately:
            taken.append(now_ms)
        return True

    def _lately(self, name: str, match: re.Match[str], now_ms: int) -> deque[int]:
        taken = self._taken.setdefault((name, "".join(match.groups())), deque())
        while taken and taken[0] <= now_ms - LIMITS[name].within_ms:
            taken.popleft()
        return taken
