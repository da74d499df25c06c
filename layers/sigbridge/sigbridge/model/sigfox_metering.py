"""What Sigfox knows of a place's coverage and of a device's traffic."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well a place is covered.

    Attributes:
        is_covered: Whether it is; None where Sigfox does not say.
        margins_db: By how much a message is louder than it must be, for the best station, the second and the
            third.
    """

    is_covered: bool | None
    margins_db: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class MessageMetrics:
    """How many messages of a device Sigfox counts; None where it does not say.

    Attributes:
        last_day, last_week, last_month: Of the last day, week and month.
    """

    last_day: int | None
    last_week: int | None
    last_month: int | None


@dataclass(frozen=True, slots=True)
class Consumption:
    """How many messages Sigfox counts for one of the spans that a device's consumption consists of.

    Attributes:
        uplinks, downlinks: All messages.
        roaming_uplinks, roaming_downlinks: Those in networks of other operators.
    """

    uplinks: int
    downlinks: int
    roaming_uplinks: int
    roaming_downlinks: int
