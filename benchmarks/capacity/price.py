"""What a fleet costs in a month: the bill of its messages, and what its downlinks and reports add."""

from benchmarks.capacity.fleet import Fleet
from bill import month
from bill.prices import Prices
from bill.usage import CALLBACK_S, DAYS, Measured, Usage, bidirectional, downlink, report, uplink

_MONTH_S = DAYS * 86_400


def month_price(fleet: Fleet, prices: Prices, months_kept: float) -> float:
    """The bill for the month in which messages of so many months are stored, at list prices."""
    measured = Measured.read()
    messages = month.bill(month.Fleet(fleet.devices, fleet.messages_a_day), prices, months_kept)
    interval_s = 86_400 / fleet.messages_a_day
    asked = bidirectional(measured, interval_s) + uplink(measured, interval_s) * -1
    # A look takes its share of a function that runs anyway.
    look = Usage(seconds=CALLBACK_S, writes=3, reads=3)
    used = (
        (asked + downlink(measured)) * fleet.downlinks + report(measured) * fleet.reports + look * fleet.looks
    ) * _MONTH_S
    told = fleet.events * fleet.destinations * _MONTH_S
    return (
        month.total(messages)
        + month.usage_cost(used, prices)
        + month.log_cost(used.requests, prices)
        + month.feed_storage_cost(used, prices, month.default_feed_days())
        + told * prices.event
    )
