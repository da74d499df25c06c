"""One request of the demonstration, and what is to come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Scene:
    """One request and what is to come of it.

    Attributes:
        title: What happens, for people.
        method: HTTP method.
        path: Path below the base URL.
        expected: Tells whether the answer is right.
        body: JSON body, if there is one.
        query: Query parameters, if there are any; the key goes along with them.
        settles_within_s: How long the request is repeated until its answer is right.
        base_url: Where the path is; None for the stack's API.
        after: A function that is invoked first: what on AWS a schedule does every minute.
    """

    title: str
    method: str
    path: str
    expected: Callable[[httpx.Response], bool]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    settles_within_s: float = 0
    base_url: str | None = None
    after: str | None = None
