"""The bill of `docs/costs.md`: it is up to date, and what it assumes of bytes and queries holds."""

import json
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import Binary

from bill.deliveries import delivery_price
from bill.month import Fleet, bill, default_alarm_metrics, total
from bill.page import PAGE, with_tables
from bill.prices import FREE_ALARM_METRICS, IRELAND, VIRGINIA, Prices
from bill.usage import (
    DOWNLINK_BYTES,
    FEED_ROW_BYTES,
    LOG_BYTES,
    MESSAGE_BYTES,
    QUERIES_A_MINUTE,
    Measured,
    idle_queue_requests,
)
from sigbridge_local.table_from_template import read_template
from tests.functional.change_stream import ChangeStream
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import event
from tests.functional.played_device import Clock, PlayedDevice
from tests.functional.store_requests import store_requests

_ITEM_OVERHEAD = 100
_LINE_OVERHEAD = 26


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text()

    assert with_tables(page) == page, "run `make costs`"


def test_a_month_of_200_sensors_stays_below_six_dollars_with_a_year_of_messages() -> None:
    assert total(bill(Fleet(200), VIRGINIA, months_kept=12)) < 6


def test_without_a_feed_neither_its_writes_nor_its_storage_are_paid_for() -> None:
    fed, unfed = (bill(Fleet(200), VIRGINIA, feed_days=days) for days in (7, 0))

    differing = {line.what for line, other in zip(fed, unfed, strict=True) if line != other}
    assert differing == {"feed, writes", "feed, storage and its recovery"}
    assert all(line.dollars == 0 for line in unfed if line.what in differing)


def test_the_bill_reckons_with_the_days_that_the_template_has() -> None:
    assert bill(Fleet(200), VIRGINIA) == bill(Fleet(200), VIRGINIA, feed_days=7)


def test_a_webhook_that_is_called_with_ten_events_at_once_costs_less_than_a_third() -> None:
    alone, together = (delivery_price(Measured.read(), VIRGINIA, number) for number in (1, 10))

    assert together < alone / 3


def test_five_readers_ask_each_of_three_empty_queues_all_month() -> None:
    assert idle_queue_requests() == pytest.approx(3 * 5 * 3 * 60 * 24 * 365 / 12)


@pytest.mark.parametrize("prices", [VIRGINIA, IRELAND], ids=lambda prices: str(prices.region))
def test_most_of_a_bill_grows_with_the_messages(prices: Prices) -> None:
    few, many = (total(bill(Fleet(sensors), prices)) for sensors in (200, 2_000))

    assert 8.5 < many / few < 10


def test_all_alarms_but_two_are_free() -> None:
    assert default_alarm_metrics() == FREE_ALARM_METRICS + 2


def test_a_message_takes_no_more_of_the_table_than_is_reckoned(invoke: Invoke, stored: Stored) -> None:
    invoke("uplink", event("uplink.json"))

    [message] = stored(sk="MSG#")

    assert size(message) + _ITEM_OVERHEAD <= MESSAGE_BYTES


def test_a_row_of_the_feed_takes_no_more_of_the_table_than_is_reckoned(
    invoke: Invoke, clock: Clock, stored: Stored
) -> None:
    stream = ChangeStream(lambda: clock.now_ms)
    invoke("uplink", event("uplink.json"))
    stream.publish(stream.take())

    [row] = stored("FEED#")

    assert size(row) + _ITEM_OVERHEAD <= FEED_ROW_BYTES


def test_a_downlink_takes_no_more_of_the_table_than_is_reckoned(played: PlayedDevice, stored: Stored) -> None:
    played.push({"frm_payload": "AQIDBAUGBwg="})
    played.ask()
    played.acknowledge(0)

    items = [*stored(sk="DOWNLINK#"), *stored(sk="EVENT#")]

    assert sum(size(item) + _ITEM_OVERHEAD for item in items) <= DOWNLINK_BYTES


def test_a_line_of_the_access_log_is_no_longer_than_is_reckoned() -> None:
    http_api = read_template()["Resources"]["HttpApi"]["Properties"]
    line = http_api["AccessLogSettings"]["Format"]["Fn::Sub"]
    for name, value in {
        "${AWS::StackName}": "sigbridge",
        "$context.requestId": "UZx910qQDoEEMfw=",
        "$context.requestTime": "27/Nov/2026:00:34:39 +0000",
        "$context.httpMethod": "POST",
        "$context.routeKey": "POST /uplink",
        "$context.status": "200",
        "$context.responseLatency": "27",
        "$context.integrationLatency": "25",
        "$context.responseLength": "77",
        "$context.identity.sourceIp": "198.51.100.23",
        "$context.integrationErrorMessage": "-",
    }.items():
        line = line.replace(name, value)

    assert "$" not in line
    assert json.loads(line)
    assert len(line) + _LINE_OVERHEAD <= LOG_BYTES


def test_a_minute_in_which_nothing_is_due_asks_no_more_than_is_reckoned(played: PlayedDevice) -> None:
    with store_requests() as requests:
        played.deadline()

    assert requests.total() <= QUERIES_A_MINUTE


def size(value: Any) -> int:
    """The bytes that DynamoDB bills for a value: names and texts as they are, numbers by pairs of digits."""
    match value:
        case dict():
            return sum(len(name.encode()) + size(each) for name, each in value.items())
        case list():
            return 3 + sum(1 + size(each) for each in value)
        case Decimal():
            return len(value.as_tuple().digits) // 2 + 2
        case str():
            return len(value.encode())
        case Binary():
            return len(value.value)
        case _:
            return 1
