"""How many messages Sigfox counts, as its REST API tells it (sigfox-rest reference, 1)."""

from collections.abc import Mapping
from typing import Any

from sigbridge.model.sigfox_metering import Consumption, MessageMetrics
from sigbridge.sigfox.rest.values import objects_of, whole_of


def read_metrics(answer: Mapping[str, Any]) -> MessageMetrics:
    """Read a device's message metrics."""
    return MessageMetrics(*(whole_of(answer.get(name)) for name in ("lastDay", "lastWeek", "lastMonth")))


def read_consumption(answer: Mapping[str, Any]) -> list[Consumption]:
    """Read a device's consumption of a month, a day each; a number that is missing is none."""
    names = ("frameCount", "downlinkFrameCount", "roamingFrameCount", "roamingDownlinkFrameCount")
    days = objects_of(answer.get("deviceConsumptions"))
    return [Consumption(*(whole_of(day.get(name)) or 0 for name in names)) for day in days]
