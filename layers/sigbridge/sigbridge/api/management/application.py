"""`/v1/application`: the application that the key belongs to."""

from typing import Annotated, cast

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from sigbridge.api.http.models import Moment, RequestModel, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import DevicesReader, SettingsWriter
from sigbridge.applications import (
    Application,
    DownlinkQuota,
    PayloadEncoding,
    SettingsChange,
    UnknownDevices,
    change_application,
    find_application,
)
from sigbridge.model.settings import LONGEST_NAME, MOST_DAILY_DOWNLINKS

routes = new_routes()


class ApplicationResponse(ResponseModel):
    """An application and its settings."""

    id: str
    name: str
    created_at: Moment
    unknown_devices: UnknownDevices
    payload_encoding: PayloadEncoding
    daily_downlinks: int
    downlink_quota: DownlinkQuota
    retention_days: int | None = Field(description="As the stack says where it is left out")

    @classmethod
    def of(cls, application: Application) -> "ApplicationResponse":
        return cls.model_validate(application, from_attributes=True)


class ApplicationUpdate(RequestModel):
    """Settings to change; what is left out stays as it is."""

    # What is not sent is not looked at: these are no defaults, and the schema has none.
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] = Field(default_factory=str)
    unknown_devices: UnknownDevices = Field(default_factory=lambda: UnknownDevices.REGISTER)
    payload_encoding: PayloadEncoding = Field(default_factory=lambda: PayloadEncoding.HEX)
    daily_downlinks: Annotated[int, Field(strict=True, ge=0, le=MOST_DAILY_DOWNLINKS)] = Field(
        default_factory=int
    )
    downlink_quota: DownlinkQuota = Field(default_factory=lambda: DownlinkQuota.REPORT)
    retention_days: Annotated[int, Field(strict=True, ge=1, le=3650)] | None = Field(
        None, description="Days that what is received from now on is stored; null for the stack's default"
    )


@routes.get("/v1/application", summary="Show the application", tags=["application"])
def get_application(key: DevicesReader) -> ApplicationResponse:
    """The application that the key belongs to, and its settings."""
    return ApplicationResponse.of(find_application(key.application_id))


@routes.patch("/v1/application", summary="Change its settings", tags=["application"])
def update_application(
    key: SettingsWriter, settings: Annotated[ApplicationUpdate, Body()]
) -> ApplicationResponse:
    """Change settings of the application. Running functions follow within a minute."""
    change = cast("SettingsChange", settings.model_dump(exclude_unset=True))
    return ApplicationResponse.of(change_application(key.application_id, change))
