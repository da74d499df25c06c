"""`/v1/formatters/{id}/redecode`: stored messages are read anew."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from sigbridge.api.http.models import DeviceId, MomentInRequest, RequestModel, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import DevicesWriter
from sigbridge.api.management.formatter_models import FORMATTER_ID_PATTERN
from sigbridge.api.management.jobs import JobResponse
from sigbridge.api.management.resolver import refuses
from sigbridge.errors import NothingToDo
from sigbridge.formatters import UnknownFormatter
from sigbridge.formatters.redecoding import Redecoding
from sigbridge.formatters.redecoding_orders import (
    RedecodingEstimate,
    estimate_redecoding,
    order_redecoding,
)
from sigbridge.jobs import TooManyJobs

routes = new_routes()

_FormatterInPath = Annotated[str, Path(pattern=FORMATTER_ID_PATTERN, description="Id of the formatter")]
_NO_SUCH = UnknownFormatter("There is no formatter 'weather-station'")
_NOTHING = NothingToDo(
    "Formatter 'weather-station' is no script: messages are read by it anew each time, nothing is stored, and"
    " its newest version counts already"
)


class RedecodeRequest(RequestModel):
    """Which messages are to be read anew; all that the formatter is for where nothing is said."""

    since: MomentInRequest | None = Field(None, description="Time of the first of them")
    until: MomentInRequest | None = Field(None, description="Time of the last of them")
    device: DeviceId | None = Field(None, description="Only those of this device")
    type: str | None = Field(None, description="Only those of devices of this type")
    dry_run: bool = Field(False, description="Only say what it takes, and do nothing")

    def redecoding(self, formatter_id: str) -> Redecoding:
        """Make what is wanted of a formatter."""
        return Redecoding(formatter_id, self.since, self.until, self.device, self.type)


class RedecodingEstimateResponse(ResponseModel):
    """What it takes to read messages anew."""

    devices: int = Field(description="How many devices the formatter is for")
    messages: int = Field(description="How many messages they have, about: ten devices are looked at")
    read_units: int = Field(description="DynamoDB's read units, about")
    write_units: int = Field(
        description="DynamoDB's write units if every message has to be written: those up to date have not"
    )
    cost_usd: float = Field(
        description="Of both and of the functions, if every message has to be written, at the list prices of"
        " us-east-1; other regions are dearer, by half at most"
    )
    is_complete: bool = Field(
        description="Whether all devices were counted: of more than 50,000 only the first are"
    )

    @classmethod
    def of(cls, estimate: RedecodingEstimate) -> "RedecodingEstimateResponse":
        return cls.model_validate(estimate, from_attributes=True)


class RedecodeResponse(ResponseModel):
    """What was ordered."""

    job: JobResponse | None = Field(description="Left out of a dry run")
    estimate: RedecodingEstimateResponse


@routes.post(
    "/v1/formatters/<formatter_id>/redecode",
    summary="Read messages anew",
    tags=["formatters"],
    responses={200: {"description": "What it would take"}, 202: {"description": "It begins within a minute"}},
)
@refuses(_NO_SUCH, _NOTHING, TooManyJobs())
def redecode_messages(
    key: DevicesWriter, formatter_id: _FormatterInPath, body: Annotated[RedecodeRequest, Body()]
) -> tuple[RedecodeResponse, int]:
    """Have stored messages read anew by a script, as a job (202), or only be told what that takes (200).

    Messages are read as their time and the versions of the formatter say, and only what differs is written.
    Whoever reads messages meanwhile sees what is right, too.
    """
    wanted = body.redecoding(formatter_id)
    if body.dry_run:
        estimate = estimate_redecoding(key.application_id, wanted)
        return RedecodeResponse(job=None, estimate=RedecodingEstimateResponse.of(estimate)), 200
    ordered = order_redecoding(key.application_id, wanted)
    estimated = RedecodingEstimateResponse.of(ordered.estimate)
    return RedecodeResponse(job=JobResponse.of(ordered.job), estimate=estimated), 202
