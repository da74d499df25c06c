"""How long things are kept: as the application says, else the stack."""

import pytest

from sigbridge.applications import SettingsChange, change_application
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.store import table
from sigbridge.store.rows import Key
from tests.functional.conftest import Stored
from tests.functional.played_device import DAY, PlayedDevice


def kept_for(played: PlayedDevice, stored: Stored, sk: str) -> list[int]:
    """For how many days from now items of a kind are kept."""
    return [round((int(item["expires_at"]) - played.clock.seconds) / DAY) for item in stored("DEVICE#", sk)]


def live(played: PlayedDevice) -> None:
    """A downlink is handed out, and not acknowledged; another one is pushed and deleted."""
    played.push()
    played.ask()
    [id_] = played.push()
    played.delete(id_)


@pytest.mark.parametrize("days", [None, 1, 1000])
def test_everything_that_is_received_is_kept_as_long_as_the_application_says(
    days: int | None, played: PlayedDevice, stored: Stored
) -> None:
    change_application("demo", SettingsChange(retention_days=days))
    forget_cached_devices()

    live(played)
    played.acknowledge(1)

    wanted = days or 365
    assert kept_for(played, stored, "DOWNLINK#") == [wanted] * 2
    assert kept_for(played, stored, "EVENT#") == [wanted]


def test_what_waits_in_the_queue_is_kept_until_it_does_not(played: PlayedDevice, stored: Stored) -> None:
    played.push()

    [attempt] = stored(sk="DOWNLINK#")
    assert "expires_at" not in attempt


def test_what_time_ends_is_kept_as_long_as_the_application_says(played: PlayedDevice, stored: Stored) -> None:
    change_application("demo", SettingsChange(retention_days=7))
    forget_cached_devices()
    played.push_confirmed(max_attempts=2)
    played.ask()

    played.give_up()

    [given_up] = [item for item in stored(sk="DOWNLINK#") if item["sk"].endswith("#01")]
    assert (int(given_up["expires_at"]) - played.clock.seconds) // DAY == 7


def test_the_history_of_an_application_that_is_gone_is_kept_as_the_stack_says(
    played: PlayedDevice, stored: Stored
) -> None:
    change_application("demo", SettingsChange(retention_days=7))
    with played.stream_delayed():
        live(played)
        table.delete_all([Key("APP#demo", "APP")])
        forget_cached_devices()

    assert kept_for(played, stored, "DOWNLINK#") == [365] * 2
