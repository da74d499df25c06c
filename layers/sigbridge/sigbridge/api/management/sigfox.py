"""`/v1/sigfox`: how the application is connected to Sigfox's REST API, and any request to that."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field, SecretStr, field_validator

from sigbridge.api.http.models import Moment, RequestModel, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import SigfoxWriter
from sigbridge.api.management.resolver import refuses, takes_keys
from sigbridge.api.management.sigfox_change_models import SIGFOX_ID
from sigbridge.model.limits import with_plain_numbers
from sigbridge.model.sigfox_connection import ConnectionState, SigfoxConnection
from sigbridge.provisioning.api_client import Credentials
from sigbridge.provisioning.connection import connect, disconnect, find_connection
from sigbridge.provisioning.errors import CredentialsRefused, NotConnected, SigfoxConflict
from sigbridge.provisioning.requests import Method, send_request

routes = new_routes()

REFUSED = CredentialsRefused("Sigfox's API refuses the credentials")
NOT_CONNECTED = NotConnected()
CONFLICT = SigfoxConflict("Sigfox has it already, or it is in use")


class SigfoxConnect(RequestModel):
    """Credentials of an API user, as Sigfox's portal shows them."""

    login: str = Field(
        min_length=1, max_length=100, pattern=r"^[^:\s]+$", examples=["5a1b2c3d4e5f60718293a4b5"]
    )
    # With the login, in JSON, it must fit into a parameter: 4 kB.
    password: SecretStr = Field(min_length=1, max_length=300)
    group_id: str | None = Field(
        None,
        pattern=SIGFOX_ID,
        description="Whose device types and devices are managed; may be left out where the API user sees one",
    )


class SigfoxConnectionResponse(ResponseModel):
    """How an application is connected; the password is never shown."""

    login: str
    group_id: str
    base_url: str = Field(description="Where Sigfox is to call")
    state: ConnectionState
    state_since: Moment
    reason: str | None = Field(description="Why it is refused or unreachable")
    connected_at: Moment
    last_success_at: Moment | None = Field(description="When Sigfox answered last, to the minute")
    recovered_until: Moment | None = Field(
        description="Until when Sigfox was asked what it could not deliver"
    )

    @classmethod
    def of(cls, connection: SigfoxConnection) -> Self:
        return cls(
            login=connection.login,
            group_id=connection.group_id,
            base_url=connection.base_url,
            state=connection.state,
            state_since=connection.state_since,
            reason=connection.reason or None,
            connected_at=connection.connected_at,
            last_success_at=connection.last_success_at,
            recovered_until=connection.recovered_until,
        )


class SigfoxRequest(RequestModel):
    """A request to Sigfox's API."""

    method: Method
    path: str = Field(max_length=500, description="Below `/v2`", examples=["/contract-infos/"])
    query: dict[str, str] = Field(default={}, max_length=50)
    body: Any = Field(None, description="JSON")

    @field_validator("body")
    @classmethod
    def _plain(cls, body: Any) -> Any:
        return with_plain_numbers(body)


class SigfoxRequestResponse(ResponseModel):
    """What Sigfox's API answered, whatever its status."""

    status: int
    body: Any = Field(description="JSON; without keys of Sigbridge, and without the password")


@routes.put("/v1/sigfox", summary="Connect to Sigfox", tags=["sigfox"])
@refuses(REFUSED)
def update_sigfox_connection(
    key: SigfoxWriter, request: ResolvedRequest, body: Annotated[SigfoxConnect, Body()]
) -> SigfoxConnectionResponse:
    """Check the credentials of an API user at Sigfox's and keep them, in place of those that there are.

    They are kept as a SecureString of the parameter store, and shown to nobody. Callbacks will call the host
    that this request came to.
    """
    received: Any = request.context["request"]
    credentials = Credentials(body.login, body.password.get_secret_value())
    return SigfoxConnectionResponse.of(
        connect(key.application_id, credentials, body.group_id, received.base_url)
    )


@routes.get("/v1/sigfox", summary="Show the connection to Sigfox", tags=["sigfox"])
@refuses(NOT_CONNECTED)
def get_sigfox_connection(key: SigfoxWriter) -> SigfoxConnectionResponse:
    """How the application is connected, and what came of the last request."""
    return SigfoxConnectionResponse.of(find_connection(key.application_id))


@routes.delete("/v1/sigfox", summary="Disconnect from Sigfox", tags=["sigfox"], status_code=204)
def delete_sigfox_connection(key: SigfoxWriter) -> Response[None]:
    """Forget the credentials. Nothing is changed in Sigfox: callbacks go on."""
    disconnect(key.application_id)
    return Response(204)


@routes.post("/v1/sigfox/requests", summary="Send a request to Sigfox", tags=["sigfox"])
@refuses(NOT_CONNECTED, REFUSED)
@takes_keys
def send_sigfox_request(key: SigfoxWriter, body: Annotated[SigfoxRequest, Body()]) -> SigfoxRequestResponse:
    """Call any resource of Sigfox's API with the credentials that are kept.

    What Sigfox answers is a result (200), a refusal too. What is changed so is not known here before the next
    import.
    """
    answer = send_request(key.application_id, body.method, body.path, body.query, body.body)
    return SigfoxRequestResponse(status=answer.status, body=answer.body)
