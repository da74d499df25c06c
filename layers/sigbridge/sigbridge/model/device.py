"""A device of an application."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sigbridge.model.settings import PayloadEncoding


@dataclass(frozen=True, slots=True)
class Device:
    """A device of an application.

    Attributes:
        id: Normalised device id.
        payload_encoding: How its generic payloads are written; None as its type or the application says.
        registered_at: Epoch ms.
        name: Display name, or "".
        type: Id of its device type, which need not be listed; None for none.
        reported_type: The `deviceTypeId` that Sigfox named last; None for none.
        tags: The user's own words about it.
        active: Whether messages are taken from it.
    """

    id: str
    payload_encoding: PayloadEncoding | None = None
    registered_at: int = 0
    name: str = ""
    type: str | None = None
    reported_type: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    active: bool = True
