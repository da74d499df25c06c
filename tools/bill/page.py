"""The tables of `docs/costs.md`, each between two marks."""

from collections.abc import Mapping

from bill.deliveries import delivery_price
from bill.month import Fleet, bill, default_feed_days, feed_storage_cost, log_cost, total, usage_cost
from bill.prices import IRELAND, VIRGINIA
from bill.sizes import memory, window
from bill.tables import dollars, filled, table
from bill.usage import CALLBACK_S, DAYS, Measured, bidirectional, downlink, fed, report, uplink
from sigbridge_local.places import ROOT

PAGE = ROOT / "docs/costs.md"
_MILLION = 1_000_000
WORKED = Fleet(200)
_FLEETS: Mapping[str, Fleet] = {
    "20": Fleet(20),
    "200": WORKED,
    "2,000": Fleet(2_000),
    "a million messages a month": Fleet(_MILLION / 140 / DAYS),
}


def write_page() -> None:
    """Write the tables anew."""
    PAGE.write_text(with_tables(PAGE.read_text()))


def with_tables(page: str) -> str:
    """Return a page with its tables as they are now."""
    return filled(page, _TABLES)


def by_fleet() -> str:
    """A row for each fleet."""
    rows = (
        [
            name,
            f"{fleet.messages:,.0f}",
            *(
                dollars(total(bill(fleet, prices, months)))
                for prices in (VIRGINIA, IRELAND)
                for months in (1, 12)
            ),
        ]
        for name, fleet in _FLEETS.items()
    )
    return table(["sensors", "messages a month", *_heads()], rows)


def worked() -> str:
    """The lines of the worked bill."""
    virginia, ireland = (bill(WORKED, prices) for prices in (VIRGINIA, IRELAND))
    rows = [
        [line.what, line.how, dollars(line.dollars), dollars(other.dollars)]
        for line, other in zip(virginia, ireland, strict=True)
    ]
    sums = ["**together**", "", f"**{dollars(total(virginia))}**", f"**{dollars(total(ireland))}**"]
    return table(["", "", VIRGINIA.region, IRELAND.region], [*rows, sums])


def with_and_without_feed() -> str:
    """What a million messages cost by how long the feed has them."""
    million = _FLEETS["a million messages a month"]
    rows = (
        [
            name,
            *(
                dollars(total(bill(million, prices, months, days)))
                for prices in (VIRGINIA, IRELAND)
                for months in (1, 12)
            ),
        ]
        for name, days in {"with the feed, `FeedDays=7`": None, "without, `FeedDays=0`": 0}.items()
    )
    return table(["a million messages a month", *_heads()], rows)


def _heads() -> list[str]:
    whens = ("first month", "after a year")
    return [f"{prices.region}, {when}" for prices in (VIRGINIA, IRELAND) for when in whens]


def extras() -> str:
    """What a million of each thing costs more."""
    measured = Measured.read()
    plain = uplink(measured, WORKED.interval_s)
    asking = bidirectional(measured, WORKED.interval_s) + plain * -1
    row = fed(measured)
    feed = usage_cost(row, VIRGINIA) + feed_storage_cost(row, VIRGINIA, default_feed_days())
    per_million = {
        "a BIDIR callback in place of an uplink": (
            usage_cost(asking, VIRGINIA),
            "a claim, and the function behind the stream",
        ),
        "a downlink, from push to acknowledgement": (
            usage_cost(downlink(measured), VIRGINIA) + log_cost(2, VIRGINIA),
            "two requests, history, the functions behind the stream",
        ),
        "a report (STATUS, ERROR, DATA_ADVANCED)": (
            usage_cost(report(measured), VIRGINIA) + log_cost(1, VIRGINIA),
            "a request of its own, and the functions behind the stream",
        ),
        "an event on a bus": (VIRGINIA.event, "EventBridge"),
        "an event in the feed (in the bill already)": (
            feed,
            f"a write unit, less where several come together, and storage for {default_feed_days():g} days",
        ),
        "a call of a webhook, one by one": (
            delivery_price(measured, VIRGINIA, 1),
            "three requests to SQS, an invocation that waits 200 ms (assumed), three reads, 3 kB sent",
        ),
        "a call of a webhook, ten in a batch": (
            delivery_price(measured, VIRGINIA, 10),
            "a tenth of all but the data sent and the processor's time",
        ),
        "a message that a script decodes": (
            VIRGINIA.write_unit
            + VIRGINIA.read_unit
            + VIRGINIA.invocation
            + CALLBACK_S * 0.5 * VIRGINIA.gigabyte_second,
            "its result is stored, and an invocation that others share when they come together",
        ),
        "a trace (`Tracing=Active`)": (
            VIRGINIA.trace,
            "X-Ray: one for each request where fewer than one a second come",
        ),
    }
    rows = ([what, how, dollars(amount * _MILLION)] for what, (amount, how) in per_million.items())
    return table(["a million of", "", "more"], rows)


def prices() -> str:
    """The prices that all is reckoned with."""
    fields = {
        "HTTP API, a million requests": ("http_request", _MILLION),
        "Lambda, a million invocations": ("invocation", _MILLION),
        "Lambda, a million GB-seconds, arm64": ("gigabyte_second", _MILLION),
        "DynamoDB, a million write units": ("write_unit", _MILLION),
        "DynamoDB, a million read units": ("read_unit", _MILLION),
        "DynamoDB, a GB for a month": ("stored_gigabyte", 1),
        "point-in-time recovery, a GB for a month": ("recoverable_gigabyte", 1),
        "logs, a GB": ("logged_gigabyte", 1),
        "logs, a GB for a month": ("kept_gigabyte", 1),
        "an alarm on one metric, beyond ten": ("alarm_metric", 1),
        "a metric with data in each hour, beyond ten": ("metric", 1),
        "data to the internet, a GB": ("sent_gigabyte", 1),
        "X-Ray, a million traces": ("trace", _MILLION),
        "EventBridge, a million events": ("event", _MILLION),
        "SQS, a million requests": ("queue_request", _MILLION),
        "the same with groups of messages (fair queue), more": ("fair_queue_request", _MILLION),
    }
    rows = (
        [what, *(f"{getattr(region, name) * times:.4g}" for region in (VIRGINIA, IRELAND))]
        for what, (name, times) in fields.items()
    )
    return table(["USD", VIRGINIA.region, IRELAND.region], rows)


_TABLES = {
    "by_fleet": by_fleet,
    "worked": worked,
    "with_and_without_feed": with_and_without_feed,
    "extras": extras,
    "memory": memory,
    "window": window,
    "prices": prices,
}
