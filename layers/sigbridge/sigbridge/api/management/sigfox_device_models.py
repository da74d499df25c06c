"""Responses about what Sigfox knows of devices, and about its contracts."""

from typing import Self

from pydantic import Field

from sigbridge.api.http.models import Moment, Number, ResponseModel
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device import (
    ComState,
    Place,
    RenewalStatus,
    SigfoxDevice,
    SigfoxDeviceState,
    SubscriptionToken,
    TokenState,
)


def _one_of(names: type[SigfoxDeviceState] | type[ComState] | type[TokenState] | type[RenewalStatus]) -> str:
    return f"One of {', '.join(f'`{name}`' for name in names)}; a code that is not known is `unknown (9)`"


class SigfoxContractResponse(ResponseModel):
    """A contract with Sigfox."""

    id: str
    name: str
    allows_downlinks: bool = Field(description="Whether its devices may be sent something")
    daily_uplinks: int | None = Field(description="How many messages a device may send in a day")
    daily_downlinks: int | None = Field(description="How many downlinks a device gets in a day")
    history_days: int = Field(description="How far back Sigfox keeps messages")
    has_network_metadata: bool = Field(description="Whether Sigfox says which base stations heard a message")
    has_geolocation: bool = Field(description="Whether Sigfox computes where devices are")
    max_tokens: int | None = Field(description="How many devices it takes; left out for no limit")
    tokens_in_use: int = Field(description="How many devices it has")
    free_slots: int | None = Field(description="How many more it takes; left out for no limit")
    activation_ends_at: Moment | None = Field(description="Until when it takes devices")
    takes_devices: bool = Field(description="Whether a device can begin a subscription under it now")

    @classmethod
    def of(cls, contract: Contract, now_ms: int) -> Self:
        return cls(
            id=contract.id,
            name=contract.name,
            allows_downlinks=contract.allows_downlinks,
            daily_uplinks=contract.daily_uplinks,
            daily_downlinks=contract.daily_downlinks,
            history_days=contract.history_days,
            has_network_metadata=contract.has_network_metadata,
            has_geolocation=contract.has_geolocation,
            max_tokens=contract.max_tokens,
            tokens_in_use=contract.tokens_in_use,
            free_slots=contract.free_slots,
            activation_ends_at=contract.activation_ends_at,
            takes_devices=contract.takes_devices(now_ms),
        )


class SigfoxContractListResponse(ResponseModel):
    """Contracts, as Sigfox has them now."""

    contracts: list[SigfoxContractResponse]


class SigfoxLocationResponse(ResponseModel):
    """A place, in degrees."""

    lat: Number
    lng: Number

    @classmethod
    def of(cls, place: Place) -> Self:
        return cls(lat=place.lat, lng=place.lng)


class SigfoxTokenResponse(ResponseModel):
    """The subscription of a device. What is left out Sigfox does not say."""

    state: str | None = Field(description=_one_of(TokenState))
    detail: str | None = Field(description="What Sigfox says of it")
    ends_at: Moment | None
    free_messages: int | None = Field(description="Messages that it has left before the subscription begins")
    free_messages_sent: int | None

    @classmethod
    def of(cls, token: SubscriptionToken) -> Self:
        return cls(
            state=token.state,
            detail=token.detail,
            ends_at=token.ends_at,
            free_messages=token.free_messages,
            free_messages_sent=token.free_messages_sent,
        )


class SigfoxDeviceContractResponse(ResponseModel):
    """What the contract of a device allows, as of the last import."""

    id: str
    name: str
    allows_downlinks: bool
    daily_uplinks: int | None
    daily_downlinks: int | None
    history_days: int

    @classmethod
    def of(cls, contract: Contract) -> Self:
        return cls(
            id=contract.id,
            name=contract.name,
            allows_downlinks=contract.allows_downlinks,
            daily_uplinks=contract.daily_uplinks,
            daily_downlinks=contract.daily_downlinks,
            history_days=contract.history_days,
        )


class SigfoxDeviceResponse(ResponseModel):
    """What Sigfox knows of a device. What is left out it does not say."""

    id: str = Field(examples=["1A2B45"])
    name: str
    device_type_id: str | None
    group_id: str | None
    pac: str | None = Field(description="Its porting authorization code; only for keys with `sigfox:write`")
    location: SigfoxLocationResponse | None = Field(description="Where it is, as somebody entered it there")
    state: str | None = Field(description=_one_of(SigfoxDeviceState))
    com_state: str | None = Field(description=f"How Sigfox hears it. {_one_of(ComState)}")
    token: SigfoxTokenResponse | None
    automatic_renewal: bool | None = Field(description="Whether its subscription is to be renewed")
    automatic_renewal_status: str | None = Field(description=_one_of(RenewalStatus))
    is_prototype: bool | None
    is_activable: bool | None = Field(description="Whether it may begin a subscription")
    last_com: Moment | None = Field(description="When Sigfox heard it last")
    lqi: str | None = Field(description="How well: LIMIT, AVERAGE, GOOD, EXCELLENT or NA")
    seq_number: int | None = Field(description="Number of its last message")
    created_at: Moment | None = Field(description="When it was registered in Sigfox")
    activated_at: Moment | None = Field(description="When its subscription began")
    unsubscribed_at: Moment | None = Field(description="When its subscription was or is ended")
    contract: SigfoxDeviceContractResponse | None
    imported_at: Moment = Field(description="When Sigfox said so")

    @classmethod
    def of(cls, device: SigfoxDevice, contract: Contract | None) -> Self:
        return cls(
            id=device.id,
            name=device.name,
            device_type_id=device.device_type_id,
            group_id=device.group_id,
            pac=device.pac,
            location=None if device.place is None else SigfoxLocationResponse.of(device.place),
            state=device.state,
            com_state=device.com_state,
            token=None if device.token is None else SigfoxTokenResponse.of(device.token),
            automatic_renewal=device.automatic_renewal,
            automatic_renewal_status=device.automatic_renewal_status,
            is_prototype=device.is_prototype,
            is_activable=device.is_activable,
            last_com=device.last_com,
            lqi=device.link_quality,
            seq_number=device.seq_number,
            created_at=device.created_at,
            activated_at=device.activated_at,
            unsubscribed_at=device.unsubscribed_at,
            contract=None if contract is None else SigfoxDeviceContractResponse.of(contract),
            imported_at=device.imported_at,
        )

    def without_pac(self) -> Self:
        """Return it for who may not take the device over."""
        return self.model_copy(update={"pac": None})
