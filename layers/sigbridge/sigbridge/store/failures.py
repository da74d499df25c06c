"""Failures that no repetition mends."""

from sigbridge.errors import SigbridgeError
from sigbridge.store.table import NeverTogether, StoreRefused

__all__ = ["LASTING_FAILURES", "StoreRefused"]

# An item that can't be read, or is not what was expected of it; a number that can't be calculated with;
# what nests too deep; what the domain or the store refuses. `StoreUnavailable`, which passes, is to be
# caught before these.
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
