"""What goes wrong on command."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sigfox_simulator.sigfox_api.requests import Answer, Request

NO_ANSWER = Answer(0)


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with some requests.

    Attributes:
        status: What they are answered; 0 for nothing.
        method: Of which method they are; None for any.
        path: Which path they have, as `/devices/*`; None for any.
        skip: How many of them go well first.
        times: With how many it goes wrong.
        before: Whether it goes wrong before they are carried out.
    """

    status: int
    method: str | None = None
    path: str | None = None
    skip: int = 0
    times: int = 1
    before: bool = True

    def hits(self, request: Request) -> bool:
        """Return whether it goes wrong with this request, which counts as one of them."""
        if not self.times or not is_of(request, self.method, self.path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    @property
    def answer(self) -> Answer:
        """What is answered instead."""
        has_body = self.status not in {0, 401}
        return Answer(self.status, {"message": "Failed on command"} if has_body else None)


@dataclass(slots=True)
class Faults:
    """All that goes wrong.

    Attributes:
        ordered: What was ordered, in this order.
        forbidden: Methods and paths that are answered 403.
        crash_in: After how many requests the server is gone; None for never.
    """

    ordered: list[Fault] = field(default_factory=list)
    forbidden: list[tuple[str | None, str]] = field(default_factory=list)
    crash_in: int | None = None

    def next(self, request: Request) -> Fault | None:
        """Return what goes wrong with a request."""
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in <= 0:
                return Fault(0, before=self.crash_in < 0)
        return next((fault for fault in self.ordered if fault.hits(request)), None)

    def forbids(self, request: Request) -> bool:
        """Return whether the API user lacks the right for a request."""
        return any(is_of(request, method, path) for method, path in self.forbidden)


def is_of(request: Request, method: str | None, path: str | None) -> bool:
    """Return whether a request has a method and a path, as `/devices/*`."""
    return method in {None, request.method} and (path is None or fnmatchcase(request.path, path))
