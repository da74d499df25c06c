"""Several writes that happen together, or not at all."""

import time
from typing import Any

from sigbridge.errors import StoreThrottled, StoreUnavailable
from sigbridge.store.connections import client
from sigbridge.store.failures import NeverTogether, TransactionFailed, TransactionRefused, failures_translated
from sigbridge.store.rows import (
    Deletion,
    NewItem,
    Update,
    Write,
    delete_arguments,
    found_record,
    put_arguments,
    update_arguments,
)

# A transaction that meets another write of the same item is refused, not queued.
_ATTEMPTS = 5
_PAUSE_S = 0.05

# Why DynamoDB refuses a write of a transaction, and will refuse it again: its item would be too large,
# most often.
_LASTING_REASONS = frozenset({"ItemCollectionSizeLimitExceeded", "ValidationError"})
_REFUSED_FOR_THROUGHPUT = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


def transact(*writes: Write) -> None:
    """Make several conditional writes, all or none, in one request; each costs twice its write units.

    Raises:
        TransactionFailed: A condition did not hold; nothing was written.
        NeverTogether: One of them can't be made, now or later; nothing was written.
        StoreThrottled: The last attempt was refused for throughput; nothing was written.
    """
    items = [_transaction_item(write) for write in writes]
    failure = StoreUnavailable
    for attempt in range(_ATTEMPTS):
        time.sleep(attempt * _PAUSE_S)
        try:
            with failures_translated():
                client().transact_write_items(TransactItems=items)
        except TransactionRefused as refusal:
            refused = {
                position: found_record(reason.get("Item"))
                for position, reason in enumerate(refusal.reasons)
                if reason["Code"] == "ConditionalCheckFailed"
            }
            if refused:
                raise TransactionFailed(refused) from refusal
            if any(reason["Code"] in _LASTING_REASONS for reason in refusal.reasons):
                raise NeverTogether from refusal
            is_throttled = any(reason["Code"] in _REFUSED_FOR_THROUGHPUT for reason in refusal.reasons)
            failure = StoreThrottled if is_throttled else StoreUnavailable
        else:
            return
    raise failure


def _transaction_item(write: Write) -> Any:
    match write:
        case NewItem():
            return {"Put": put_arguments(write)}
        case Update():
            return {"Update": update_arguments(write)}
        case Deletion():
            return {"Delete": delete_arguments(write)}
