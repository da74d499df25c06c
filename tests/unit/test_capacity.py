"""The model of capacity: no key is hot in steady traffic, and what the model says follows from the fleet."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from benchmarks.capacity import load
from benchmarks.capacity.access_patterns import ACCESS_PATTERNS, Access, AccessPattern, IndexWrite
from benchmarks.capacity.bursts import API, Burst, bursts, carried
from benchmarks.capacity.fleet import Fleet, Occasion, Spread
from benchmarks.capacity.key_design import APPLICATION, DEVICE, LISTED_DEVICES
from benchmarks.capacity.limits import KEY_WRITES, ROUTE_REQUESTS
from benchmarks.capacity.load import item_loads, key_loads, passed_limits, shards
from benchmarks.capacity.page import PAGE, with_tables
from benchmarks.capacity.price import month_price
from benchmarks.capacity.rows import MOST_READS, MOST_WRITES, capacity_rows
from benchmarks.report import RESULTS

from bill.month import Fleet as Sensors
from bill.month import bill, total
from bill.prices import VIRGINIA

TEN_MILLION = Fleet(10_000_000, applications=2)
MEASURED: Mapping[str, Mapping[str, float]] = {
    row["name"].partition(":")[0]: row["figures"] for row in json.loads(RESULTS.read_text())["rows"]
}


def hot_keys(fleet: Fleet) -> set[str]:
    """The forms of keys that take more than a key may in steady traffic."""
    return {
        partition.form
        for partition, load in key_loads(fleet).items()
        if load.writes > MOST_WRITES or load.reads > MOST_READS
    }


@pytest.mark.parametrize("acknowledged", [0, 1])
def test_no_key_is_hot_with_ten_million_devices(acknowledged: int) -> None:
    fleet = replace(TEN_MILLION, messages_a_day=140, downlinks_a_day=4, acknowledged=acknowledged)

    assert hot_keys(fleet) == set()


def test_only_the_feed_is_hot_with_ten_million_devices_in_one_application() -> None:
    assert hot_keys(replace(TEN_MILLION, applications=1)) == {"FEED#*"}


def test_the_feed_of_an_application_takes_six_million_devices() -> None:
    assert hot_keys(Fleet(6_000_000)) == set()


@pytest.mark.parametrize(
    ("access", "hot"),
    [
        pytest.param(
            Access("GetItem", APPLICATION, reads=0.5), "APP#*", id="an item of the application is read"
        ),
        pytest.param(Access("UpdateItem", APPLICATION, writes=1), "APP#*", id="or counts messages"),
        pytest.param(
            Access("UpdateItem", DEVICE, writes=1, indexes=(IndexWrite(LISTED_DEVICES),)),
            "devices APP#*",
            id="a list of the application is written",
        ),
    ],
)
def test_what_each_message_asks_of_a_key_that_all_share_makes_it_hot(
    access: Access, hot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = AccessPattern("new", Occasion.MESSAGE, (access,))
    monkeypatch.setattr(load, "ACCESS_PATTERNS", (*ACCESS_PATTERNS, added))

    assert hot_keys(TEN_MILLION) == {hot}


@pytest.mark.parametrize(
    "pattern", [one for one in ACCESS_PATTERNS if one.measured], ids=lambda pattern: str(pattern.name)
)
def test_a_patterns_units_are_those_that_were_counted(pattern: AccessPattern) -> None:
    figures = MEASURED[pattern.measured]

    written = sum(access.writes + sum(write.units for write in access.indexes) for access in pattern.accesses)
    read = sum(access.reads for access in pattern.accesses)

    assert (written, read) == (figures["write_units"], figures["read_units"])


def test_a_device_that_is_looked_up_costs_what_was_counted() -> None:
    [look_up] = [one for one in ACCESS_PATTERNS if one.occasion is Occasion.UNREMEMBERED]
    contact = MEASURED["first contact of a second device, its application remembered"]

    assert sum(access.reads for access in look_up.accesses) == contact["read_units"]


def test_no_item_is_hot_by_itself() -> None:
    loads = item_loads(TEN_MILLION)

    assert loads[APPLICATION].reads < 20
    assert loads[DEVICE].reads < 1


def test_a_fleet_of_several_applications_has_so_many_keys_for_its_load() -> None:
    one, ten = (key_loads(Fleet(1_000_000, applications=number)) for number in (1, 10))

    [application] = [partition for partition in one if partition.form == "APP#*"]
    assert ten[application].reads == pytest.approx(one[application].reads / 10)


def test_devices_that_send_each_minute_are_remembered_for_some_of_their_messages() -> None:
    often, seldom = Fleet(1_000, messages_a_day=4_320), Fleet(1_000, messages_a_day=144)

    assert often.rates[Occasion.UNREMEMBERED] / often.requests < 0.4
    assert seldom.rates[Occasion.UNREMEMBERED] / seldom.requests >= 1


def test_every_spread_is_counted() -> None:
    assert all(TEN_MILLION.count(spread) >= 1 for spread in Spread)


def test_the_first_limit_of_plain_traffic_is_the_templates_own() -> None:
    (first, devices), *_ = passed_limits(Fleet(1, watched=0, downlinks_a_day=0, reports_a_day=0))

    assert first.limit is ROUTE_REQUESTS
    assert devices == pytest.approx(ROUTE_REQUESTS.value * 86_400 / 140, rel=0.001)


def test_a_limit_is_passed_with_more_devices_than_it_is_reached_with() -> None:
    for demand, devices in passed_limits(TEN_MILLION):
        more = Fleet(devices * 1.01)
        assert demand.of(more) > demand.limit.value, demand


def test_a_key_is_held_against_what_aws_gives_it() -> None:
    reached = {(demand.what, demand.limit): devices for demand, devices in passed_limits(TEN_MILLION)}

    assert 20_000_000 < reached["due SILENCE#*", KEY_WRITES] < 40_000_000


def test_a_destination_makes_more_functions_run_and_costs_more() -> None:
    silent, told = Fleet(1_000_000), Fleet(1_000_000, destinations=1)

    assert month_price(told, VIRGINIA, 1) > month_price(silent, VIRGINIA, 1)


def test_the_stream_has_a_shard_for_each_partition() -> None:
    assert shards(Fleet(1_000)) == 4
    assert shards(Fleet(1_000_000), months=12) == pytest.approx(2_044)


def test_a_fleet_that_only_sends_costs_what_the_bill_says() -> None:
    fleet = Fleet(2_000, downlinks_a_day=0, reports_a_day=0, watched=0)

    assert month_price(fleet, VIRGINIA, 12) == pytest.approx(total(bill(Sensors(2_000), VIRGINIA, 12)))


def test_a_burst_waits_for_its_slowest_part() -> None:
    burst = Burst("all at once", {"fast": 1, "slow": 60})

    assert (burst.slowest, burst.lasts_s) == ("slow", 60)


def test_a_burst_of_twice_the_devices_takes_twice_as_long() -> None:
    for few, many in zip(bursts(500_000), bursts(1_000_000), strict=True):
        assert many.lasts_s == pytest.approx(2 * few.lasts_s)


def test_an_import_of_all_waits_for_the_list_of_those_never_heard() -> None:
    [imported] = [burst for burst in bursts(1_000_000) if burst.what == "all are imported"]

    seconds = imported.seconds
    assert seconds["STATE#*, write units"] == imported.lasts_s == 2_000
    assert seconds["devices APP#*, write units"] == 1_000
    assert not API & seconds.keys()


def test_callbacks_are_heard_at_four_deliveries() -> None:
    assert carried(1_000_000, 500) == 120_000
    assert carried(1_000, 500) == 1_000


def test_the_most_loaded_keys_are_lines_of_the_budget_table() -> None:
    assert [row.passed for row in capacity_rows()] == [True, True, True, True]


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text()

    assert with_tables(page) == page, "run `make costs`"
