"""Every item says in which form it is stored, and one of a newer form is refused, not misread."""

from collections.abc import Callable
from typing import Any

import pytest

from sigbridge.errors import StoredByNewerVersion
from sigbridge.store import devices
from sigbridge.store.connections import client
from tests.functional.conftest import TABLE
from tests.functional.played_device import HOUR, PlayedDevice
from tests.functional.played_fleet import PlayedFleet
from tests.functional.test_erasure import KINDS, live

type SetVersion = Callable[[str, str, int | None], None]


def items() -> list[dict[str, Any]]:
    """All items as the table has them."""
    return client().scan(TableName=TABLE, ConsistentRead=True)["Items"]


@pytest.fixture
def set_version() -> SetVersion:
    """Writes another version into an item, or none."""

    def set_version(pk: str, sk: str, version: int | None) -> None:
        [item] = [each for each in items() if (each["pk"]["S"], each["sk"]["S"]) == (pk, sk)]
        del item["version"]
        written = item if version is None else {**item, "version": {"N": str(version)}}
        client().put_item(TableName=TABLE, Item=written)

    return set_version


def test_every_item_that_a_device_leaves_behind_has_a_version(fleet: PlayedFleet) -> None:
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add("153FA", type="tracker")
    live(fleet, "153FA")
    fleet.next_minute()

    kinds = {item["sk"]["S"].partition("#")[0] for item in items()}
    assert kinds > KINDS
    assert [item for item in items() if item.get("version") != {"N": "1"}] == []


def test_a_newer_form_is_refused_with_a_503(played: PlayedDevice, set_version: SetVersion) -> None:
    played.push()
    set_version("DEVICE#demo#153FA", "STATE", 2)

    answer = played.call("queue_list")

    assert answer.status == 503
    assert "newer version of Sigbridge" in answer.json["message"]


def test_an_item_without_a_version_has_the_first_form(played: PlayedDevice, set_version: SetVersion) -> None:
    [id_] = played.push()
    set_version("DEVICE#demo#153FA", "STATE", None)
    set_version("DEVICE#demo#153FA", "DEVICE", None)

    played.ask()

    assert played.state(id_) == "answered"


def test_a_change_of_a_newer_form_is_a_dead_letter_and_holds_nothing_up(
    played: PlayedDevice, caplog: pytest.LogCaptureFixture
) -> None:
    other = played.another("1A2B45")
    with played.stream_delayed(), other.stream_delayed():
        played.push()
        [id_] = other.push()
        records = played.stream.take_noticed()
        for record in records:
            if record["dynamodb"]["Keys"]["pk"]["S"].endswith("153FA"):
                record["dynamodb"]["NewImage"]["version"] = {"N": "2"}

        assert played.stream.hand_over(records) == []

    assert other.state(id_) == "queued"
    assert {line.exc_info[0] for line in caplog.records if line.exc_info} == {StoredByNewerVersion}


def test_what_the_list_of_devices_holds_has_a_version_too(
    fleet: PlayedFleet, set_version: SetVersion
) -> None:
    fleet.add("153FA")
    set_version("DEVICE#demo#153FA", "DEVICE", 2)

    with pytest.raises(StoredByNewerVersion):
        list(devices.after("demo", "", None, 10))
