"""What Sigfox knows of coverage, and of how much a device sends, beside what is stored."""

from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from sigbridge.api.http.models import Number, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import SigfoxWriter
from sigbridge.api.management.messages import DeviceInPath
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.sigfox import NOT_CONNECTED, REFUSED
from sigbridge.devices import find_device
from sigbridge.model.sigfox_metering import Consumption, MessageMetrics
from sigbridge.provisioning.metering import device_metrics, device_month, predict_coverage

routes = new_routes()

_Latitude = Annotated[float, Query(ge=-90, le=90, description="Degrees")]
_Longitude = Annotated[float, Query(ge=-180, le=180, description="Degrees")]
_Radius = Annotated[
    int | None, Query(ge=0, le=100_000, description="Metres around the place that are averaged")
]
_Year = Annotated[int, Query(ge=2010, le=2100)]
_Month = Annotated[int, Query(ge=1, le=12)]


class CoverageResponse(ResponseModel):
    """How well a place is covered."""

    covered: bool | None = Field(description="Left out where Sigfox does not say")
    margins_db: list[Number] = Field(
        description="How much louder than needed a message is: at the best station, the second, the third"
    )


class MessageCountsResponse(ResponseModel):
    """How many messages there are; a number that is not known is left out."""

    last_day: int | None
    last_week: int | None
    last_month: int | None

    @classmethod
    def of(cls, metrics: MessageMetrics) -> Self:
        return cls.model_validate(metrics, from_attributes=True)


class DeviceMetricsResponse(ResponseModel):
    """How many messages of a device there are, until now."""

    sigfox: MessageCountsResponse
    stored: MessageCountsResponse = Field(description="Of the last 24 hours, 7 days and 30 days")


class ConsumptionResponse(ResponseModel):
    """How many messages Sigfox counts."""

    uplinks: int
    downlinks: int
    roaming_uplinks: int = Field(description="In networks of other operators")
    roaming_downlinks: int

    @classmethod
    def of(cls, consumption: Consumption) -> Self:
        return cls.model_validate(consumption, from_attributes=True)


class MonthResponse(ResponseModel):
    """What a device sent and got in a month, in UTC."""

    sigfox: list[ConsumptionResponse] = Field(description="A day each, as Sigfox lists them")
    stored_uplinks: int | None = Field(
        description="How many messages are stored of the month; left out where they are more than 5,000"
    )


@routes.get("/v1/sigfox/coverage", summary="Ask how well a place is covered", tags=["sigfox"])
@refuses(NOT_CONNECTED, REFUSED)
def get_sigfox_coverage(
    key: SigfoxWriter, lat: _Latitude, lng: _Longitude, radius: _Radius = None
) -> CoverageResponse:
    """What Sigfox predicts for a place outdoors. It may be asked for 10 places a minute."""
    found = predict_coverage(key.application_id, lat, lng, radius)
    return CoverageResponse(covered=found.is_covered, margins_db=list(found.margins_db))


@routes.get("/v1/devices/<device_id>/sigfox/metrics", summary="Count a device's messages", tags=["sigfox"])
@refuses(NOT_CONNECTED, REFUSED)
def get_sigfox_metrics(key: SigfoxWriter, device_id: DeviceInPath) -> DeviceMetricsResponse:
    """How many messages Sigfox had of the device, and how many are stored here."""
    find_device(key.application_id, device_id)
    found = device_metrics(key.application_id, device_id)
    return DeviceMetricsResponse(
        sigfox=MessageCountsResponse.of(found.at_sigfox), stored=MessageCountsResponse.of(found.stored)
    )


@routes.get(
    "/v1/devices/<device_id>/sigfox/consumption", summary="Show a device's consumption", tags=["sigfox"]
)
@refuses(NOT_CONNECTED, REFUSED)
def get_sigfox_consumption(
    key: SigfoxWriter, device_id: DeviceInPath, year: _Year, month: _Month
) -> MonthResponse:
    """What Sigfox counts of the device for a month, and how many messages of it are stored here."""
    find_device(key.application_id, device_id)
    found = device_month(key.application_id, device_id, year, month)
    return MonthResponse(
        sigfox=[ConsumptionResponse.of(day) for day in found.days], stored_uplinks=found.stored_uplinks
    )
