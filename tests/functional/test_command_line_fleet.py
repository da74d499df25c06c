"""The last values of many devices, watching many, and how a list shows them."""

import csv
import json
from io import StringIO

import httpx
import pytest

from sigbridge.devices import register_device
from tests.functional.command_line import REFUSED, OverHttp, lines
from tests.functional.management import Management

TIME = "2026-11-22T09:30:00.000Z"


@pytest.fixture
def sigbridge(key: str, management: Management) -> OverHttp:
    """Three devices; two have a type and sent something, one is silent."""
    sigbridge = OverHttp(key)
    sigbridge.says("types", "create", "tracker")
    for device_id, site in (("A1", "Lyon"), ("B2", "Paris")):
        sigbridge.says("devices", "add", device_id, "--type", "tracker", "--tag", f"site:{site}")
    sigbridge.says("devices", "add", "C3")
    for device_id, temperature in (("A1", 20), ("B2", 21.5)):
        items = [
            {"variable": "temperature", "value": temperature, "unit": "°C", "time": TIME},
            {"variable": "temperature", "value": 0, "time": "2026-11-21T09:30:00Z"},
            {"variable": "door", "value": True, "time": TIME},
        ]
        assert management.post(f"/v1/devices/{device_id}/data", items).status == 201
    sigbridge.lambdas.requests.clear()
    return sigbridge


# latest


def test_the_last_values_of_all_devices_are_shown(sigbridge: OverHttp) -> None:
    assert lines(sigbridge.says("data", "latest"))[1:] == [
        ["A1", "door", "true", "2026-11-22", "09:30:00"],
        ["A1", "temperature", "20", "°C", "2026-11-22", "09:30:00"],
        ["B2", "door", "true", "2026-11-22", "09:30:00"],
        ["B2", "temperature", "21.5", "°C", "2026-11-22", "09:30:00"],
    ]


@pytest.mark.parametrize(
    ("options", "devices"),
    [
        ((), ["A1", "B2"]),
        (("B2", "a1"), ["B2", "A1"]),
        (("--type", "tracker"), ["A1", "B2"]),
        (("--tag", "site:Lyon"), ["A1"]),
        (("--prefix", "B"), ["B2"]),
        (("C3",), []),
    ],
)
def test_devices_are_named_or_chosen(
    sigbridge: OverHttp, options: tuple[str, ...], devices: list[str]
) -> None:
    latest = sigbridge.data("data", "latest", *options, "--variables", "temperature")["data"]
    assert [item["device"] for item in latest] == devices


def test_the_last_values_are_a_spreadsheet(sigbridge: OverHttp) -> None:
    text = sigbridge.says("data", "latest", "--variables", "temperature", "--csv")

    assert list(csv.DictReader(StringIO(text))) == [
        {"device": device, "variable": "temperature", "value": value, "unit": "°C", "time": TIME}
        for device, value in (("A1", "20"), ("B2", "21.5"))
    ]


def test_nothing_to_show_is_said(sigbridge: OverHttp) -> None:
    assert sigbridge.says("data", "latest", "C3") == "There are no such data.\n"
    assert sigbridge.says("data", "latest", "--prefix", "F") == "There are no such devices.\n"


def test_devices_on_every_page_are_asked_for(sigbridge: OverHttp) -> None:
    for number in range(120):
        register_device("demo", f"D{number:03d}")

    sigbridge.says("data", "latest")

    asked = {request.url.path for request in sigbridge.lambdas.requests}
    assert {"/v1/devices/A1/data", "/v1/devices/D119/data"} < asked
    assert len(asked) == 124


# watch


def test_many_devices_are_watched(sigbridge: OverHttp, management: Management) -> None:
    def comes() -> None:
        sigbridge.lambdas.interruptions = []
        item = {"variable": "temperature", "value": 23}
        for device_id in ("B2", "A1"):
            sigbridge.lambdas.answer(
                httpx.Request(
                    "POST",
                    f"https://api/v1/devices/{device_id}/data",
                    json=item,
                    headers={"Authorization": f"Bearer {management.key}"},
                )
            )

    sigbridge.pastime.events = iter([comes, lambda: None])

    result = sigbridge.run("data", "watch", "A1", "B2", "A1", "--variables", "temperature", "--qty", "1")

    assert result.exit_code == 0, result.stderr
    assert [(row[2], row[4]) for row in lines(result.stdout)] == [
        ("A1", "20"),
        ("B2", "21.5"),
        ("A1", "23"),
        ("B2", "23"),
    ]


def test_an_item_of_a_watch_names_its_device_for_scripts(sigbridge: OverHttp) -> None:
    sigbridge.pastime.events = iter([])
    result = sigbridge.run("data", "watch", "A1", "B2", "--variables", "door", "--json")
    assert [json.loads(line)["device"] for line in result.stdout.splitlines()] == ["A1", "B2"]


# types and lists


def test_a_type_that_devices_have_is_deleted_after_a_yes(sigbridge: OverHttp) -> None:
    kept = sigbridge.run("types", "delete", "tracker", typed="n\n")
    deleted = sigbridge.run("types", "delete", "tracker", typed="y\n")

    assert kept.exit_code == REFUSED
    assert "There are 2 devices of type 'tracker'. Delete it?" in kept.stderr
    assert "Device type 'tracker' deleted." in deleted.stdout


@pytest.mark.parametrize(
    ("count", "said"), [(1, "There is 1 device of"), (101, "There are 100 devices or more")]
)
def test_devices_of_a_type_are_counted(sigbridge: OverHttp, count: int, said: str) -> None:
    sigbridge.says("types", "create", "cold")
    rows = "\n".join(f"D{number},cold" for number in range(count))
    sigbridge.run("devices", "import", "-", typed=f"id,type\n{rows}\n")

    assert said in sigbridge.run("types", "delete", "cold").stderr


def test_a_list_shows_how_devices_are_doing_as_far_as_the_api_says(sigbridge: OverHttp) -> None:
    device = {"name": "", "tags": [], "active": True, "created_at": TIME}
    devices = [
        device
        | {
            "id": "A1",
            "state": "over_quota",
            "last_message": {"time": TIME},
            "battery": {"at": TIME, "volts": 3.05},
            "queue_length": 2,
        },
        device | {"id": "B2", "state": "never_heard"},
    ]
    sigbridge.lambdas.interruptions = [lambda _request: httpx.Response(200, json={"devices": devices})]

    said = sigbridge.says("devices", "list")

    assert lines(said)[1:] == [
        ["A1", "over", "quota", "2026-11-22", "09:30", "UTC", "3.05", "V", "2"],
        ["B2", "never", "heard", "-", "-", "-"],
    ]
