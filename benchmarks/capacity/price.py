"""What a fleet costs in a month: the bill of its messages, and what its downlinks and reports add."""

from benchmarks.capacity.fleet import Fleet
from benchmarks.capacity.load import events
from bill import month
from bill.prices import Prices
from bill.usage import CALLBACK_S, DAYS, Measured, Usage, bidirectional, downlink, uplink

_MONTH_S = DAYS * 86_400


def month_price(fleet: Fleet, prices: Prices, months_kept: float) -> float:
    """The bill for the month in which messages of so many months are stored, at list prices."""
    measured = Measured.read()
    messages = month.bill(month.Fleet(fleet.devices, fleet.messages_a_day), prices, months_kept)
    interval_s = 86_400 / fleet.messages_a_day
    asked = bidirectional(measured, interval_s) + uplink(measured, interval_s) * -1
    report = measured.callback("status report, warm") + measured.change("a message answered, of no condition")
    # A look takes its share of a function that runs anyway.
    look = Usage(seconds=CALLBACK_S, writes=3, reads=3)
    used = (
        (asked + downlink(measured)) * fleet.downlinks + report * fleet.reports + look * fleet.looks
    ) * _MONTH_S
    told = events(fleet) * fleet.destinations * _MONTH_S
    return (
        month.total(messages)
        + month.usage_cost(used, prices)
        + month.log_cost(used.requests, prices)
        + told * prices.event
    )
