"""The errors that The Things Stack tells about a request to its queue API."""

from collections.abc import Mapping

from sigbridge.api.http.excerpts import excerpts
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
        self.attributes: dict[str, object] = excerpts(attributes or {})
        text = message_format
        for attribute, value in self.attributes.items():
            text = text.replace(f"{{{attribute}}}", str(value))
        super().__init__(f"error:{namespace}:{name} ({text})")
        self.namespace = namespace
        self.name = name
        self.message_format = message_format
        self.cause = cause
        self.code = code

    def details(self, correlation_id: str) -> dict[str, object]:
        """Gives the ErrorDetails message; what is empty is left out."""
        content = {
            "namespace": self.namespace,
            "name": self.name,
            "message_format": self.message_format,
            "attributes": self.attributes,
            "correlation_id": correlation_id,
            "cause": None if self.cause is None else self.cause.details(correlation_id),
            "code": self.code,
        }
        return {name: value for name, value in content.items() if value}


def invalid_field(field: str, reason: str, cause: ThingsStackError | None = None) -> ThingsStackError:
    """A field that breaks its rule."""
    return ThingsStackError(
        "pkg/errors", "validation", "invalid `{field}`: {reason}", {"field": field, "reason": reason}, cause
    )
