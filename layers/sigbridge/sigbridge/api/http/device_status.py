"""How a device is doing, in the same form for the queue API and the management API."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sigbridge.api.http.models import Moment, Number, ResponseModel
from sigbridge.downlinks import Quota
from sigbridge.status import DeviceStatus, LastMessage, ObservationKind, Status


class LastMessageResponse(ResponseModel):
    """The newest message."""

    time: Moment
    seq_number: int | None = None
    payload: str | None = Field(None, description="Lower-case hex")

    @classmethod
    def of(cls, message: LastMessage) -> "LastMessageResponse":
        return cls.model_validate(message, from_attributes=True)


class ObservationResponse(ResponseModel):
    """Something that is known of a device since a moment."""

    at: Moment


class BatteryResponse(ObservationResponse):
    """What a STATUS or REPEATER callback said of the battery."""

    volts: Number


class TemperatureResponse(ObservationResponse):
    """What a STATUS callback said of the temperature."""

    celsius: Number


class LinkResponse(ObservationResponse):
    """How well the device is heard, as a DATA_ADVANCED callback said."""

    lqi: str | None = None
    link_quality: int | None = None
    operator_name: str | None = None
    country_code: int | None = None


class LocationResponse(ObservationResponse):
    """Where the device was; degrees and metres."""

    latitude: Number
    longitude: Number
    radius: Number | None = None
    source: int | None = Field(None, description="Sigfox's code of how it was found")
    status: int | None = Field(None, description="Sigfox's code of how well it was found")


class SilenceResponse(ObservationResponse):
    """Sigfox misses the device."""

    info: str | None = None
    since: Moment | None = None


class NetworkWarningResponse(ObservationResponse):
    """Sigfox warns that messages may be lost."""

    info: str | None = None


class SequenceResponse(ObservationResponse):
    """A gap in the sequence numbers."""

    event_type: str
    expected: int | None = None
    last: int | None = None
    received: int | None = None


class ContractResponse(ObservationResponse):
    """The end or the renewal of the device's contract."""

    event_type: str
    cause: str | None = None
    short_cause: str | None = None
    contract_id: str | None = None
    subscription_state: str | None = None


class QuotaResponse(ResponseModel):
    """The device's downlinks of today (UTC)."""

    limit: int = Field(description="How many it may have in a day")
    used: int = Field(description="How many it had today")
    overrun_at: Moment | None = Field(None, description="When Sigfox said last that there were too many")


class DeviceStatusResponse(ResponseModel):
    """How a device is doing. What is not known is left out."""

    state: Status = Field(description="The most serious of its states, or `ok`")
    since: Moment | None = None
    conditions: list[Status] = Field(description="All that hold, the most serious first")
    last_message: LastMessageResponse | None = None
    over_quota: bool
    battery: BatteryResponse | None = None
    temperature: TemperatureResponse | None = None
    link: LinkResponse | None = None
    location: LocationResponse | None = None
    silence: SilenceResponse | None = None
    network: NetworkWarningResponse | None = None
    sequence: SequenceResponse | None = None
    contract: ContractResponse | None = None
    quota: QuotaResponse


def device_status_fields(condition: DeviceStatus, quota: Quota) -> Mapping[str, Any]:
    """Return the fields of `DeviceStatusResponse`.

    Args:
        condition: What is known of the device.
        quota: Its downlinks of today.
    """
    if quota.exceeded_at is not None:
        condition = condition.with_state(Status.OVER_QUOTA, quota.exceeded_at)
    overrun = condition.known.get(ObservationKind.QUOTA)
    known = {
        kind.value: {"at": knowledge.at, **knowledge.facts}
        for kind, knowledge in condition.known.items()
        if kind is not ObservationKind.QUOTA
    }
    last_message = condition.last_message
    return {
        "state": condition.state,
        "since": condition.since,
        "conditions": list(condition.states),
        "last_message": None if last_message is None else LastMessageResponse.of(last_message),
        "over_quota": Status.OVER_QUOTA in condition.states,
        "quota": QuotaResponse(
            limit=quota.limit, used=quota.used, overrun_at=None if overrun is None else overrun.at
        ),
        **known,
    }
