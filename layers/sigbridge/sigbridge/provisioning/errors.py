"""What can go wrong between Sigbridge and Sigfox's REST API (sigfox-rest reference, 1)."""

from collections.abc import Sequence

from sigbridge.clock import rfc3339
from sigbridge.errors import DependencyRefuses, InUse, InvalidInput, NotFound, SigbridgeError, Unavailable


class NotConnected(NotFound):
    """The application has no credentials for Sigfox's API."""

    def __init__(self) -> None:
        super().__init__("The application is not connected to Sigfox: PUT /v1/sigfox connects it")


class SigfoxError(SigbridgeError):
    """Sigfox's API did not do what it was asked for."""


class SigfoxUnreachable(SigfoxError, Unavailable):
    """Sigfox's API gave no answer that can be used; the same request may succeed later."""


class SigfoxBusy(SigfoxError, Unavailable):
    """Sigfox's API takes no more requests of this kind for a while.

    Attributes:
        again_at: When to ask again, epoch ms.
    """

    def __init__(self, again_at: int) -> None:
        super().__init__(f"Sigfox's API takes no more requests of this kind until {rfc3339(again_at)}")
        self.again_at = again_at


class CredentialsRefused(SigfoxError, DependencyRefuses):
    """Sigfox's API does not know the login, or the password is another (401)."""


class SigfoxForbids(SigfoxError, DependencyRefuses):
    """The API user lacks a right (403)."""


class SigfoxNotFound(SigfoxError, NotFound):
    """Sigfox has no such thing, or none that the API user may see (404)."""


class SigfoxConflict(SigfoxError, InUse):
    """Sigfox has it already, or it is in use (409)."""


class SigfoxRefuses(SigfoxError, InvalidInput):
    """Sigfox finds something wrong in a request (400, 412).

    Attributes:
        errors: What it names, each as `field: message`.
    """

    def __init__(self, message: str, errors: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
