"""Which function answers a request."""

import re
from collections.abc import Callable

from sigfox_simulator.sigfox_api.requests import Answer, Json, Refused, Request
from sigfox_simulator.sigfox_api.state import SigfoxState

type Handler = Callable[..., Answer | Json]

_ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Have a function answer the requests of a method and a path, as `/devices/{id}`.

    It is called with the state, the request and each part of the path that has a name.
    """
    pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", path))

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, pattern, handler))
        return handler

    return register


def answer_of(state: SigfoxState, request: Request) -> Answer:
    """Do what a request asks for.

    Raises:
        Refused: It is not done.
    """
    matching = [
        (method, handler, match.groups())
        for method, pattern, handler in _ROUTES
        if (match := pattern.fullmatch(request.path))
    ]
    if not matching:
        raise Refused(404, "No such resource")
    # What a path names itself comes before what it has for an id: `bulk` is no device.
    for method, handler, parts in sorted(matching, key=lambda each: len(each[2])):
        if method == request.method:
            done = handler(state, request, *parts)
            return done if isinstance(done, Answer) else Answer(200, done)
    raise Refused(405, "Method not allowed")
