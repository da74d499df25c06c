"""`/v1/sigfox/recover`: what Sigfox could not deliver is fetched."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from sigbridge.api.http.models import MomentInRequest, RequestModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import SigfoxWriter
from sigbridge.api.management.jobs import JobResponse
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.sigfox import NOT_CONNECTED, REFUSED
from sigbridge.api.management.sigfox_change_models import SigfoxTypeId
from sigbridge.jobs import TooManyJobs
from sigbridge.provisioning.schedule import order_recovery

routes = new_routes()


class RecoverRequest(RequestModel):
    """What is to be recovered; where nothing is said, what the next hour would."""

    since: MomentInRequest | None = Field(
        None, description="From when on; since the last time where nothing is said"
    )
    device_types: list[SigfoxTypeId] = Field(
        [],
        max_length=100,
        description="Sigfox's device types whose messages are compared with those that are stored, beside"
        " those of which callbacks are found",
    )
    all_messages: bool = Field(False, description="Compare the messages of all device types of the group")


@routes.post(
    "/v1/sigfox/recover",
    summary="Recover what Sigfox could not deliver",
    tags=["sigfox"],
    status_code=202,
)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def recover_messages(key: SigfoxWriter, body: Annotated[RecoverRequest, Body()]) -> tuple[JobResponse, int]:
    """Fetch what Sigfox could not deliver, as a job; it is done each hour, too.

    Callbacks that Sigfox could not deliver are read as if they had come; nothing is answered. Then Sigfox's
    lists of messages fill the gaps of those device types. What is stored already stays as it is. The notes of
    the job say how much of what was found.
    """
    job = order_recovery(key.application_id, body.since, body.device_types, all_messages=body.all_messages)
    return JobResponse.of(job), 202
