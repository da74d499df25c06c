"""Computing the answer to an uplink, where nothing waits for its device."""

from dataclasses import dataclass

from sigbridge.devices import DeviceCache
from sigbridge.downlinks.encoding import PayloadEncoder
from sigbridge.errors import StoreUnavailable
from sigbridge.model.downlink import Downlink, InvalidDownlink, Source
from sigbridge.model.stored_message import StoredMessage


@dataclass(frozen=True, slots=True)
class ComputedAnswer:
    """What came of computing an answer.

    Attributes:
        downlink: The answer; None where there is none.
        error: Why there is none; None where there is one, or the script wants none.
    """

    downlink: Downlink | None = None
    error: str | None = None


def compute_answer(devices: DeviceCache, message: StoredMessage, answer_by: int) -> ComputedAnswer:
    """Have the script of a device's type compute the answer to a message.

    Args:
        devices: Knows the device.
        message: What it sent.
        answer_by: When the script must be done, epoch ms.

    Raises:
        UnknownDevice: The device is not listed.
    """
    # Of most types nothing is computed: for them none of this is loaded.
    from sigbridge.formatters import answering  # noqa: PLC0415
    from sigbridge.formatters.decoding import Sent  # noqa: PLC0415

    application = devices.application
    sent = Sent(devices.device(message.device_id), message)
    try:
        payload = answering.compute_answer(application, sent, answer_by)
        if payload is None:
            return ComputedAnswer()
        filled_up = PayloadEncoder(application.id, message.device_id).fill_up(payload)
        return ComputedAnswer(Downlink(filled_up.hex(), source=Source.COMPUTED))
    except (answering.NoAnswerComputed, InvalidDownlink, StoreUnavailable) as failure:
        return ComputedAnswer(error=failure.message)
