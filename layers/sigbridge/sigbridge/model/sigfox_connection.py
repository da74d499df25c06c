"""How an application is connected to Sigfox's REST API."""

from dataclasses import dataclass
from enum import StrEnum


class ConnectionState(StrEnum):
    """What came of the last request to Sigfox's API.

    CONNECTED: It was answered.
    REFUSED: The credentials are refused: nothing is asked until they are given anew.
    UNREACHABLE: There was no answer that can be used; it is asked again.
    """

    CONNECTED = "connected"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SigfoxConnection:
    """A connection, without its password.

    Attributes:
        application_id: Whose it is.
        login: Id of the API user.
        group_id: Id of the group whose device types and devices are managed.
        base_url: The bundle's own base URL, which callbacks call; without a slash at its end.
        connected_at: When it was made, epoch ms.
        state: How it is doing.
        state_since: Epoch ms.
        reason: Why it is refused or unreachable; "" where it is connected.
        last_success_at: Epoch ms; None for never.
        recovered_until: Until when Sigfox was asked what it could not deliver, epoch ms; None for never.
    """

    application_id: str
    login: str
    group_id: str
    base_url: str
    connected_at: int
    state: ConnectionState
    state_since: int
    reason: str = ""
    last_success_at: int | None = None
    recovered_until: int | None = None
