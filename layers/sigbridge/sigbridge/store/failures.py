"""What the store can't do: DynamoDB's failures, turned into the domain's."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as ConnectionFailed

from sigbridge.errors import SigbridgeError, StoreThrottled, StoreUnavailable
from sigbridge.store.rows import Record, found_record

_REFUSED_FOR_THROUGHPUT = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
)

# What DynamoDB refuses and will refuse again: a request that is not valid, or not allowed.
StoreRefused = ClientError


class ConditionFailed(Exception):
    """A conditional write found the item in another state.

    Attributes:
        existing: The item as it is, or None where there is none.
    """

    def __init__(self, existing: Record | None) -> None:
        super().__init__("condition failed")
        self.existing = existing


class TransactionFailed(Exception):
    """Writes that were to be made together were not: some of them found their items in another state.

    Attributes:
        refused: Positions of those writes, with the items they found; None for one that is not there.
    """

    def __init__(self, refused: Mapping[int, Record | None]) -> None:
        super().__init__("not together")
        self.refused = refused


class NeverTogether(Exception):
    """Writes that were to be made together never can be.

    One of them is not valid, or makes its item too large.
    """


class WriteConflict(StoreUnavailable):
    """A write met a transaction on the same item and was refused."""


class TransactionRefused(Exception):
    """A transaction did not happen.

    Attributes:
        reasons: DynamoDB's reason for each of its writes, in their order.
    """

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("transaction refused")
        self.reasons = reasons


# Failures that no repetition mends: an item that can't be read, or is not what was expected of it; a number
# that can't be calculated with; what nests too deep; what the domain or the store refuses. To be caught after
# `Unavailable`, which passes.
LASTING_FAILURES: tuple[type[Exception], ...] = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NeverTogether,
    RecursionError,
    SigbridgeError,
    StoreRefused,
    TypeError,
    ValueError,
)


@contextmanager
def failures_translated() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailed, HTTPClientError) as failure:
        raise StoreUnavailable from failure
    except ClientError as failure:
        code = failure.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            item: Any = failure.response.get("Item")
            raise ConditionFailed(found_record(item)) from failure
        if code == "TransactionCanceledException":
            raise TransactionRefused(failure.response.get("CancellationReasons", [])) from failure
        if code == "TransactionConflictException":
            raise WriteConflict from failure
        if code in _REFUSED_FOR_THROUGHPUT:
            raise StoreThrottled from failure
        status = failure.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500 or code == "TransactionInProgressException":
            raise StoreUnavailable from failure
        raise
