"""Device types as Sigfox's API writes them (sigfox-rest reference, 2)."""

import re
from collections.abc import Mapping
from typing import Any

from sigbridge.model.device_type import DEVICE_TYPE_ID
from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device_type import DownlinkMode, SigfoxDeviceType
from sigbridge.sigfox.rest.values import object_of, objects_of, required_id, text_of, whole_of

_TYPE_ID = re.compile(DEVICE_TYPE_ID, re.ASCII)
_DOWNLINK_MODES = (DownlinkMode.DIRECT, DownlinkMode.CALLBACK, DownlinkMode.NONE, DownlinkMode.MANAGED)


def downlink_mode_edit(mode: DownlinkMode) -> dict[str, object]:
    """Make the body of `PUT /device-types/{id}` that sets how devices are answered."""
    return {"downlinkMode": _DOWNLINK_MODES.index(mode)}


def read_device_type(
    document: Mapping[str, Any], contracts: Mapping[str, Contract], now_ms: int
) -> SigfoxDeviceType:
    """Read an entry of `/device-types/`, or `/device-types/{id}`.

    Args:
        document: What Sigfox says.
        contracts: The contracts of the group, by their ids; what it names else is left out.
        now_ms: When it said that, epoch ms.

    Raises:
        ValueError: It has no id, or one that can't be a device type's.
    """
    type_id = required_id(document)
    if not _TYPE_ID.fullmatch(type_id):
        message = "Sigfox names a device type by what can't be an id"
        raise ValueError(message)
    named = [*objects_of(document.get("contracts")), object_of(document.get("contract"))]
    contract_ids = dict.fromkeys(text_of(each.get("id")) for each in named)
    mode = whole_of(document.get("downlinkMode"))
    return SigfoxDeviceType(
        id=type_id,
        name=text_of(document.get("name")) or "",
        group_id=text_of(object_of(document.get("group")).get("id")),
        downlink_mode=_DOWNLINK_MODES[mode] if mode is not None and mode < len(_DOWNLINK_MODES) else None,
        # There 0 stands for never.
        keep_alive_seconds=whole_of(document.get("keepAlive")) or None,
        contracts=tuple(contracts[id_] for id_ in contract_ids if id_ is not None and id_ in contracts),
        imported_at=now_ms,
    )
