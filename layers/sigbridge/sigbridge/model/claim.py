"""An uplink's claim to a downlink."""

from dataclasses import dataclass

from sigbridge.model.downlink import Downlink


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """An uplink that asks for a downlink.

    Attributes:
        application_id, device_id: Whose queue it asks.
        uplink: Its key.
        now_ms: The present moment.
        downlink_data: What it is answered with where nothing is queued, if its device has no
            `downlinkData` of its own; "" for that of the device.
        computed: What was computed for it, which comes before `downlink_data`; None for nothing.
        only_what_waits: Whether it is not answered yet where no downlink is queued and the device has no
            `downlinkData` of its own.
    """

    application_id: str
    device_id: str
    uplink: str
    now_ms: int
    downlink_data: str = ""
    computed: Downlink | None = None
    only_what_waits: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What an uplink is answered with.

    Attributes:
        downlink: From the queue, of the `downlinkData`, or computed; None for nothing.
        is_repeat: Whether the same uplink was answered so before.
        is_declined: Whether it gets nothing since it may not have anything.
    """

    downlink: Downlink | None
    is_repeat: bool = False
    is_declined: bool = False
