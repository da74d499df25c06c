"""The errors that The Things Stack tells about a request to its queue API."""

import uuid
from collections.abc import Mapping
from typing import Any

from sigbridge.errors import SigbridgeError

INVALID_ARGUMENT = 3


class ThingsStackError(SigbridgeError):
    """An error under The Things Stack's own name for it.

    Attributes:
        name: Such as `application_downlink_too_long`.
    """

    def __init__(
        self,
        namespace: str,
        name: str,
        message_format: str,
        attributes: Mapping[str, object] | None = None,
        cause: "ThingsStackError | None" = None,
        code: int = INVALID_ARGUMENT,
    ) -> None:
        super().__init__(message_format)
        self.namespace = namespace
        self.name = name
        self.attributes = dict(attributes or {})
        self.cause = cause
        self.code = code

    def details(self) -> dict[str, Any]:
        """Gives the ErrorDetails message; what is empty is left out."""
        content = {
            "namespace": self.namespace,
            "name": self.name,
            "message_format": self.message,
            "attributes": self.attributes,
            "correlation_id": uuid.uuid4().hex,
            "cause": None if self.cause is None else self.cause.details(),
            "code": self.code,
        }
        return {name: value for name, value in content.items() if value}


def invalid_field(field: str, reason: str, cause: ThingsStackError | None = None) -> ThingsStackError:
    """A field that breaks its rule."""
    return ThingsStackError(
        "pkg/errors", "validation", "invalid `{field}`: {reason}", {"field": field, "reason": reason}, cause
    )
