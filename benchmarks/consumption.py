"""Requests and capacity units, counted from DynamoDB's own answers on the product's clients."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.model import OperationModel

from sigbridge.store.connections import client, client_without_retries

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan"})


@dataclass(slots=True)
class Consumption:
    """What some calls cost.

    Attributes:
        attempts: Operation of each HTTP request that was sent, repeats of the SDK included.
        units: Operation and capacity units of each answer that names any; a refused conditional
            write names none.
    """

    attempts: list[str] = field(default_factory=list)
    units: list[tuple[str, float]] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many HTTP requests were sent."""
        return len(self.attempts)

    @property
    def write_requests(self) -> int:
        """How many of them were to change something."""
        return sum(operation not in _READS for operation in self.attempts)

    @property
    def refused_writes(self) -> int:
        """How many of those changed nothing, because their condition did not hold."""
        return self.write_requests - sum(operation not in _READS for operation, _ in self.units)

    @property
    def read_requests(self) -> int:
        """How many requests were to read."""
        return self.requests - self.write_requests

    @property
    def write_units(self) -> float:
        """Write capacity units in all."""
        return sum(units for operation, units in self.units if operation not in _READS)

    @property
    def read_units(self) -> float:
        """Read capacity units in all."""
        return sum(units for operation, units in self.units if operation in _READS)

    def figures(self) -> dict[str, float]:
        """The numbers by name."""
        return {
            "requests": self.requests,
            "write_units": self.write_units,
            "read_units": self.read_units,
        }

    def __str__(self) -> str:
        return f"{self.requests} / {self.write_units:g} / {self.read_units:g}"


@contextmanager
def counted() -> Iterator[Consumption]:
    """Count what the product sends to DynamoDB meanwhile; outside of it nothing is hooked."""
    consumption = Consumption()

    def ask_for_units(params: dict[str, Any], **_: object) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def note_attempt(request: AWSPreparedRequest, **_: object) -> None:
        target = request.headers["X-Amz-Target"]
        consumption.attempts.append(
            (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        )

    def note_units(parsed: Mapping[str, Any], model: OperationModel, **_: object) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        for table in consumed if isinstance(consumed, list) else [consumed]:
            consumption.units.append((model.name, table["CapacityUnits"]))

    hooks: dict[str, Callable[..., None]] = {
        "provide-client-params.dynamodb.*": ask_for_units,
        "before-send.dynamodb.*": note_attempt,
        "after-call.dynamodb.*": note_units,
    }
    clients = (client(), client_without_retries())
    for each in clients:
        for event, hook in hooks.items():
            each.meta.events.register(event, hook)
    try:
        yield consumption
    finally:
        for each in clients:
            for event, hook in hooks.items():
                each.meta.events.unregister(event, hook)
