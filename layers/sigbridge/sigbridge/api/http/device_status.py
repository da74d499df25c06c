"""How a device is doing: what the queue API and the management API tell alike."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sigbridge.api.http.models import Moment, Number, Told
from sigbridge.downlinks import Quota
from sigbridge.status import Condition, Kind, LastMessage, State


class LastMessageTold(Told):
    """The newest message."""

    time: Moment
    seq_number: int | None = None
    payload: str | None = Field(None, description="Lower-case hex")

    @classmethod
    def of(cls, message: LastMessage) -> "LastMessageTold":
        """Tells of a message."""
        return cls.model_validate(message, from_attributes=True)


class KnownTold(Told):
    """Something that is known of a device since a moment."""

    at: Moment


class BatteryTold(KnownTold):
    """What a STATUS or REPEATER callback said of the battery."""

    volts: Number


class TemperatureTold(KnownTold):
    """What a STATUS callback said of the temperature."""

    celsius: Number


class LinkTold(KnownTold):
    """How well the device is heard, as a DATA_ADVANCED callback said."""

    lqi: str | None = None
    link_quality: int | None = None
    operator_name: str | None = None
    country_code: int | None = None


class LocationTold(KnownTold):
    """Where the device was; degrees and metres."""

    latitude: Number
    longitude: Number
    radius: Number | None = None
    source: int | None = Field(None, description="Sigfox's code of how it was found")
    status: int | None = Field(None, description="Sigfox's code of how well it was found")


class SilenceTold(KnownTold):
    """Sigfox misses the device."""

    info: str | None = None
    since: Moment | None = None


class NetworkWarningTold(KnownTold):
    """Sigfox warns that messages may be lost."""

    info: str | None = None


class SequenceTold(KnownTold):
    """A gap in the sequence numbers."""

    event_type: str
    expected: int | None = None
    last: int | None = None
    received: int | None = None


class ContractTold(KnownTold):
    """The end or the renewal of the device's contract."""

    event_type: str
    cause: str | None = None
    short_cause: str | None = None
    contract_id: str | None = None
    subscription_state: str | None = None


class QuotaTold(Told):
    """The device's downlinks of today (UTC)."""

    limit: int = Field(description="How many it may have in a day")
    used: int = Field(description="How many it had today")
    overrun_at: Moment | None = Field(None, description="When Sigfox said last that there were too many")


class ConditionTold(Told):
    """How a device is doing. What is not known is left out."""

    state: State = Field(description="The most serious of its conditions, or `ok`")
    since: Moment | None = None
    conditions: list[State] = Field(description="All that hold, the most serious first")
    last_message: LastMessageTold | None = None
    over_quota: bool
    battery: BatteryTold | None = None
    temperature: TemperatureTold | None = None
    link: LinkTold | None = None
    location: LocationTold | None = None
    silence: SilenceTold | None = None
    network: NetworkWarningTold | None = None
    sequence: SequenceTold | None = None
    contract: ContractTold | None = None
    quota: QuotaTold


def condition_told(condition: Condition, quota: Quota) -> Mapping[str, Any]:
    """Gives the fields of `ConditionTold`.

    Args:
        condition: What is known of the device.
        quota: Its downlinks of today.
    """
    if quota.exceeded_at is not None:
        condition = condition.with_state(State.OVER_QUOTA, quota.exceeded_at)
    overrun = condition.known.get(Kind.QUOTA)
    known = {
        kind.value: {"at": knowledge.at, **knowledge.facts}
        for kind, knowledge in condition.known.items()
        if kind is not Kind.QUOTA
    }
    last_message = condition.last_message
    return {
        "state": condition.state,
        "since": condition.since,
        "conditions": list(condition.states),
        "last_message": None if last_message is None else LastMessageTold.of(last_message),
        "over_quota": State.OVER_QUOTA in condition.states,
        "quota": QuotaTold(
            limit=quota.limit, used=quota.used, overrun_at=None if overrun is None else overrun.at
        ),
        **known,
    }
