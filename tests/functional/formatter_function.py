"""The function that runs scripts, in this process."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from threading import Lock
from typing import Any

from sigbridge.aws.invocation import InvocationRefused
from tests.functional.lambdas import Context, handler

THROTTLED = InvocationRefused("Rate Exceeded.")


class FormatterFunction:
    """The function `formatter`, as `sigbridge.aws.invocation.invoke` knows it.

    Attributes:
        calls: How many calls of scripts each invocation had.
        waits_ms: How long the answer of each was waited for.
        answer: What is answered in place of the function, or raised, where a test says so.
        meanwhile: What happens while the function runs.
    """

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.waits_ms: list[int] = []
        self.answer: Any = None
        self.meanwhile: Callable[[], object] = lambda: None
        self._one_at_a_time = Lock()

    def invoke(self, _name: str, sent: Mapping[str, Any], wait_ms: int = 16_000) -> Any:
        """Runs it, or does what a test wants in place of that."""
        self.calls.append(len(sent["calls"]))
        self.waits_ms.append(wait_ms)
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        run: Any = handler("formatter")
        # An instance of a function serves one invocation at a time.
        with self._one_at_a_time:
            answer = run(json.loads(json.dumps(sent)), Context("formatter"))
        return json.loads(json.dumps(answer), parse_float=Decimal)

    def forget(self) -> None:
        """Forget the invocations that there were."""
        self.calls.clear()
        self.waits_ms.clear()
