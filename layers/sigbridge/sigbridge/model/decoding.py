"""What a formatter made of a message's payload."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DecodedPayload:
    """What a version of a formatter made of a payload.

    Attributes:
        formatter_id: The formatter.
        version: Number of the version.
        digest: Of its source: whatever has this digest makes the same of the payload.
        data: Named values, or TagoIO's list of them; numbers are whole or Decimals. None for nothing.
        normalized: Measurements in The Things Stack's normalized form.
        warnings: What whoever reads the values should know.
        error: Why this is not all, or nothing; None where it is all.
        failure: The kind of failure of its script, such as `timeout`; None where it did not fail, and of what
            is stored.
        is_final: Whether another try would make the same of it: not so of a time-out, of a function that is
            down, or of what another version made.
    """

    formatter_id: str
    version: int
    digest: str
    data: Mapping[str, Any] | list[Any] | None = None
    normalized: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    error: str | None = None
    failure: str | None = None
    is_final: bool = True

    @property
    def size(self) -> int:
        """About how many bytes it takes in JSON, whatever characters it holds."""
        content = (self.formatter_id, self.data, self.normalized, self.warnings, self.error)
        return len(json.dumps(content, default=str))
