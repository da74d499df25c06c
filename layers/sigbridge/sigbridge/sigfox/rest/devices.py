"""Devices as Sigfox's API writes them (sigfox-rest reference, 3)."""

import re
from collections.abc import Mapping
from typing import Any

from sigbridge.model.device_id import is_sigfox_id, sigfox_device_id
from sigbridge.model.device_type import DEVICE_TYPE_ID
from sigbridge.model.sigfox_device import (
    ComState,
    Place,
    RenewalStatus,
    SigfoxDevice,
    SigfoxDeviceState,
    SubscriptionToken,
    TokenState,
)
from sigbridge.sigfox.rest.values import (
    boolean_of,
    moment_of,
    name_of_code,
    number_of,
    object_of,
    required_id,
    text_of,
    whole_of,
)
from sigbridge.sigfox.values import LINK_QUALITIES

_TYPE_ID = re.compile(DEVICE_TYPE_ID, re.ASCII)
# Each in the order of its codes there.
_STATES = tuple(SigfoxDeviceState)
_COM_STATES = tuple(ComState)
_TOKEN_STATES = tuple(TokenState)
_RENEWAL_STATUSES = tuple(RenewalStatus)
_MOST_LAT, _MOST_LNG = 90, 180


def read_sigfox_device(document: Mapping[str, Any], now_ms: int) -> SigfoxDevice:
    """Read an entry of `/devices/`, or `/devices/{id}`.

    Args:
        document: What Sigfox says.
        now_ms: When it said that, epoch ms.

    Raises:
        ValueError: It has no id, or one that can't be a Sigfox device's.
    """
    device_id = sigfox_device_id(required_id(document))
    if not is_sigfox_id(device_id):
        message = "Sigfox names a device by what is no hex number of at most 8 digits"
        raise ValueError(message)
    name = text_of(document.get("name")) or ""
    return SigfoxDevice(
        id=device_id,
        name=name,
        device_type_id=_read_type_id(document),
        group_id=_id_in(document.get("group")),
        contract_id=_id_in(document.get("contract")),
        pac=text_of(document.get("pac")),
        place=_read_place(object_of(document.get("location"))),
        state=name_of_code(document.get("state"), _STATES),
        com_state=name_of_code(document.get("comState"), _COM_STATES),
        token=_read_token(object_of(document.get("token"))),
        automatic_renewal=boolean_of(document.get("automaticRenewal")),
        automatic_renewal_status=name_of_code(document.get("automaticRenewalStatus"), _RENEWAL_STATUSES),
        is_prototype=boolean_of(document.get("prototype")),
        is_activable=boolean_of(document.get("activable")),
        last_com=moment_of(document.get("lastCom")),
        link_quality=name_of_code(document.get("lqi"), LINK_QUALITIES),
        seq_number=whole_of(document.get("sequenceNumber")),
        created_at=moment_of(document.get("creationTime")),
        activated_at=moment_of(document.get("activationTime")),
        unsubscribed_at=moment_of(document.get("unsubscriptionTime")),
        imported_at=now_ms,
        name_at_import=name,
    )


def _read_type_id(document: Mapping[str, Any]) -> str | None:
    type_id = _id_in(document.get("deviceType"))
    return type_id if type_id is not None and _TYPE_ID.fullmatch(type_id) else None


def _id_in(value: object) -> str | None:
    return text_of(object_of(value).get("id"))


def _read_place(document: Mapping[str, Any]) -> Place | None:
    lat, lng = number_of(document.get("lat")), number_of(document.get("lng"))
    if lat is None or lng is None or abs(lat) > _MOST_LAT or abs(lng) > _MOST_LNG:
        return None
    # Nobody entered one.
    return None if lat == lng == 0 else Place(lat, lng)


def _read_token(document: Mapping[str, Any]) -> SubscriptionToken | None:
    token = SubscriptionToken(
        state=name_of_code(document.get("state"), _TOKEN_STATES),
        detail=text_of(document.get("detailMessage")),
        ends_at=moment_of(document.get("end")),
        free_messages=whole_of(document.get("freeMessages")),
        free_messages_sent=whole_of(document.get("freeMessagesSent")),
    )
    return None if token == SubscriptionToken() else token
