"""The services of Sigfox Cloud that report on a device (sigfox reference, 1.5 to 1.9)."""

from collections.abc import Iterable
from enum import StrEnum

from sigbridge.errors import SigbridgeError

_QUOTED_LENGTH = 40


class Service(StrEnum):
    """What a report is about.

    ACKNOWLEDGE: what became of a downlink.
    STATUS: voltage and temperature, which a device tells about once a day, out of band. Sigfox ends this
        service in April 2027 and has nothing in its place.
    ERROR: a device that is silent, or a base station that is out of order.
    EVENT: what Sigfox Cloud notices, such as a gap in the sequence numbers or the end of a contract.
    GEOLOC: a computed position; Sigfox made DATA_ADVANCED of it in 2019, old callbacks still run.
    REPEATER: what a repeater did; an old service too.
    """

    ACKNOWLEDGE = "acknowledge"
    STATUS = "status"
    ERROR = "error"
    EVENT = "event"
    GEOLOC = "geoloc"
    REPEATER = "repeater"


class UnknownService(SigbridgeError):
    """Sigfox has no service of this name.

    Attributes:
        service: The name, as far as it is worth quoting.
    """

    def __init__(self, service: str, known: Iterable[str]) -> None:
        self.service = service[:_QUOTED_LENGTH]
        super().__init__(f"There is no service '{self.service}'; choose from {', '.join(known)}")
