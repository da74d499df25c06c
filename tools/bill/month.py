"""The bill of a month, line by line."""

from dataclasses import dataclass

from bill.prices import FREE_ALARM_METRICS, FREE_METRICS, FREE_QUEUE_REQUESTS, Prices
from bill.usage import (
    ANSWER_BYTES,
    CALLBACK_S,
    DAYS,
    LOG_BYTES,
    MEMORY_GB,
    MINUTES,
    Measured,
    Usage,
    every_minute,
    fed,
    idle_queue_requests,
    uplink,
)
from sigbridge_local.table_from_template import read_template

_GIGABYTE = 1e9
_YEAR_IN_MONTHS = 12
# A key is read again each minute by each instance of a function; a fleet of this kind keeps about two.
_KEY_READS = 2 * MINUTES * 0.5


@dataclass(frozen=True, slots=True)
class Fleet:
    """Sensors that send plain uplinks.

    Attributes:
        sensors: How many there are.
        messages_a_day: Of each.
    """

    sensors: float
    messages_a_day: float = 140

    @property
    def messages(self) -> float:
        """In a month."""
        return self.sensors * self.messages_a_day * DAYS

    @property
    def interval_s(self) -> float:
        """Between two messages of a sensor."""
        return 86_400 / self.messages_a_day


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bill.

    Attributes:
        what: What is paid for.
        how: How much of it there is.
        dollars: What that costs.
    """

    what: str
    how: str
    dollars: float


def bill(
    fleet: Fleet, prices: Prices, months_kept: float = _YEAR_IN_MONTHS, feed_days: float | None = None
) -> list[Line]:
    """Write the bill of a fleet for the month in which messages of so many months are stored.

    Args:
        fleet: The fleet.
        prices: What its region charges.
        months_kept: How many months of messages are stored.
        feed_days: How long the feed has what happened, 0 for no feed; None for the template's default.
    """
    measured = Measured.read()
    traffic = uplink(measured, fleet.interval_s) * fleet.messages
    clock = every_minute()
    return [
        *usage_lines(traffic, prices),
        Line(
            "every minute's look for what is due",
            f"{clock.invocations:,.0f} invocations of {clock.seconds / clock.invocations * 1000:.0f} ms",
            usage_cost(clock, prices),
        ),
        *_telling_lines(fleet.messages, prices, default_feed_days() if feed_days is None else feed_days),
        *_storage_lines(traffic, prices, months_kept),
        Line(
            "access log",
            f"{LOG_BYTES} bytes each, kept for a month",
            log_cost(traffic.requests, prices),
        ),
        Line(
            "data sent",
            f"{ANSWER_BYTES} bytes each",
            traffic.requests * ANSWER_BYTES / _GIGABYTE * prices.sent_gigabyte,
        ),
        *_watching_lines(prices),
    ]


def total(lines: list[Line]) -> float:
    """Add up a bill."""
    return sum(line.dollars for line in lines)


def usage_lines(used: Usage, prices: Prices) -> list[Line]:
    """The lines of requests."""
    return [
        Line("HTTP API", f"{used.requests:,.0f} requests", used.requests * prices.http_request),
        Line("Lambda, invocations", f"{used.invocations:,.0f}", used.invocations * prices.invocation),
        Line(
            "Lambda, duration",
            f"{used.seconds / used.invocations * 1000:.0f} ms of 512 MB each (assumed)",
            used.seconds * MEMORY_GB * prices.gigabyte_second,
        ),
        Line(
            "DynamoDB, writes", f"{used.writes / used.requests:g} unit each", used.writes * prices.write_unit
        ),
        Line(
            "DynamoDB, reads",
            f"{used.reads / used.requests:g} unit each, and the key once a minute",
            (used.reads + _KEY_READS) * prices.read_unit,
        ),
    ]


def usage_cost(used: Usage, prices: Prices) -> float:
    """What requests cost, without what they leave behind."""
    return (
        used.requests * prices.http_request
        + used.invocations * prices.invocation
        + used.seconds * MEMORY_GB * prices.gigabyte_second
        + used.writes * prices.write_unit
        + used.reads * prices.read_unit
    )


def log_cost(requests: float, prices: Prices) -> float:
    """What the lines of the access log cost, kept for a month."""
    return requests * LOG_BYTES / _GIGABYTE * (prices.logged_gigabyte + prices.kept_gigabyte)


def _storage_lines(traffic: Usage, prices: Prices, months_kept: float) -> list[Line]:
    gigabytes = traffic.stored * months_kept / _GIGABYTE
    return [
        Line("DynamoDB, storage", f"{gigabytes:.2f} GB", gigabytes * prices.stored_gigabyte),
        Line(
            "DynamoDB, point-in-time recovery", f"{gigabytes:.2f} GB", gigabytes * prices.recoverable_gigabyte
        ),
    ]


def _telling_lines(events: float, prices: Prices, feed_days: float) -> list[Line]:
    row = fed(Measured.read())
    invoked = Usage(0, 1, CALLBACK_S) * events
    rows = events if feed_days else 0
    return [
        Line(
            "the function that tells of what happened",
            f"{events:,.0f} invocations of {CALLBACK_S * 1000:.0f} ms (assumed)",
            usage_cost(invoked, prices),
        ),
        Line("feed, writes", f"{row.writes if feed_days else 0:g} unit each", usage_cost(row * rows, prices)),
        Line(
            "feed, storage and its recovery",
            f"{fed_gigabytes(row * rows, feed_days):.2f} GB, of {feed_days:g} days",
            feed_storage_cost(row * rows, prices, feed_days),
        ),
    ]


def feed_storage_cost(used: Usage, prices: Prices, feed_days: float) -> float:
    """What it costs to keep the feed of a month's traffic for so many days."""
    return fed_gigabytes(used, feed_days) * (prices.stored_gigabyte + prices.recoverable_gigabyte)


def fed_gigabytes(used: Usage, feed_days: float) -> float:
    """What the feed holds at a time, of a month's traffic."""
    return used.fed * feed_days / DAYS / _GIGABYTE


def default_feed_days() -> float:
    """How long the feed has what happened where nobody says otherwise."""
    return float(read_template()["Parameters"]["FeedDays"]["Default"])


def _watching_lines(prices: Prices) -> list[Line]:
    alarms = default_alarm_metrics()
    asked = idle_queue_requests()
    return [
        Line(
            "asking empty queues",
            f"{asked:,.0f} requests to SQS; a million are free for good",
            max(0, asked - FREE_QUEUE_REQUESTS) * prices.queue_request,
        ),
        Line(
            "alarms",
            f"{alarms}; {FREE_ALARM_METRICS} are free for good",
            max(0, alarms - FREE_ALARM_METRICS) * prices.alarm_metric,
        ),
        Line(
            "metrics",
            f"none that routine traffic writes; {FREE_METRICS} are free for good",
            0.0,
        ),
        Line("change stream, KMS, X-Ray, schedule", "not used by plain uplinks, or free", 0.0),
    ]


def default_alarm_metrics() -> int:
    """How many metrics the template's alarms look at, without an event bus."""
    resources = read_template()["Resources"].values()
    return sum(one["Type"] == "AWS::CloudWatch::Alarm" and "Condition" not in one for one in resources)
