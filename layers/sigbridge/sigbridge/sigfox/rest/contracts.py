"""Contracts as Sigfox's API writes them (sigfox-rest reference, 3)."""

from collections.abc import Mapping
from typing import Any

from sigbridge.model.sigfox_contract import LONG_HISTORY_DAYS, SHORT_HISTORY_DAYS, Contract
from sigbridge.sigfox.rest.values import (
    boolean_of,
    moment_of,
    object_of,
    objects_of,
    required_id,
    text_of,
    whole_of,
)

_LONG_HISTORY = 1


def read_contract(document: Mapping[str, Any]) -> Contract:
    """Read an entry of `/contract-infos/`.

    Raises:
        ValueError: It has no id.
    """
    contract_id = required_id(document)
    daily_downlinks = whole_of(document.get("maxDownlinkFrames"))
    is_bidirectional = boolean_of(document.get("bidir"))
    options = {text_of(option.get("id")): option for option in objects_of(document.get("options"))}
    history = object_of(options.get("messageHistory", {}).get("parameters"))
    has_long_history = whole_of(history.get("duration")) == _LONG_HISTORY
    return Contract(
        id=contract_id,
        name=text_of(document.get("name")) or "",
        allows_downlinks=bool(daily_downlinks) if is_bidirectional is None else is_bidirectional,
        daily_uplinks=whole_of(document.get("maxUplinkFrames")),
        daily_downlinks=daily_downlinks,
        history_days=LONG_HISTORY_DAYS if has_long_history else SHORT_HISTORY_DAYS,
        has_network_metadata="networkMetadata" in options,
        has_geolocation="geolocation" in options,
        # There 0 stands for no limit.
        max_tokens=whole_of(document.get("maxTokens")) or None,
        tokens_in_use=whole_of(document.get("tokensInUse")) or 0,
        activation_ends_at=moment_of(document.get("activationEndTime")),
    )
