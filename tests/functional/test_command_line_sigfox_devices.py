"""`sigbridge sigfox register`, `rename` and what else is done with devices in Sigfox."""

from itertools import repeat
from pathlib import Path

import pytest

from sigbridge.devices import register_device
from sigbridge.jobs import JobKind, due_jobs, run_job
from sigbridge.provisioning.changing import change_devices
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.command_line import NOT_UNDERSTOOD, REFUSED, OverHttp, lines
from tests.functional.played_device import Clock
from tests.functional.sigfox_api import DEVICE_TYPE
from tests.functional.sigfox_jobs import OTHER_TYPE, PAC

pytestmark = pytest.mark.usefixtures("connected")


@pytest.fixture
def sigbridge(key: str, clock: Clock, sigfox_backend: SigfoxBackend) -> OverHttp:
    """Two devices that Sigfox has; jobs are worked on while the command waits."""
    for id_ in ("A1", "A2"):
        sigfox_backend.add_device(DEVICE_TYPE, id_, PAC)
        register_device("demo", id_)

    def work() -> None:
        for due in due_jobs(clock.now_ms):
            run_job(due, {JobKind.SIGFOX_CHANGE: change_devices}, clock.now_ms + 60_000)
        clock.wait(60)

    sigbridge = OverHttp(key)
    sigbridge.pastime.events = repeat(work)
    return sigbridge


def test_devices_of_a_table_are_registered_and_a_bad_pac_is_named(
    sigbridge: OverHttp, sigfox_backend: SigfoxBackend, tmp_path: Path
) -> None:
    for id_ in ("B1", "B2"):
        sigfox_backend.add_unregistered(id_, "0000000000000123")
    table = tmp_path / "devices.csv"
    table.write_text(
        "\ufeffid;pac;name;lat;lng;automatic_renewal\n"
        "00B1;0000000000000123;Barn;45.5;4.75;false\n"
        "B2;1111111111111111;;;;\n"
    )

    said = sigbridge.says("sigfox", "register", str(table), "--type", DEVICE_TYPE)

    assert ["changed", "1"] in lines(said)
    assert ["failed", "1"] in lines(said)
    device = sigfox_backend.device("B1")
    assert (device["name"], device["location"], device["automaticRenewal"]) == (
        "Barn",
        {"lat": 45.5, "lng": 4.75},
        False,
    )
    job = said.split("sigbridge jobs errors ")[1].split("`")[0]
    assert "Invalid PAC" in sigbridge.says("jobs", "errors", job)


def test_a_single_device_is_registered(sigbridge: OverHttp, sigfox_backend: SigfoxBackend) -> None:
    sigfox_backend.add_unregistered("B1", PAC)
    command = ("sigfox", "register", "--id", "b-1", "--pac", PAC, "--name", "Barn", "--type", DEVICE_TYPE)

    assert sigbridge.data(*command)["progress"]["changed"] == 1
    assert sigfox_backend.device("B1")["name"] == "Barn"


def test_devices_of_json_are_registered(sigbridge: OverHttp, sigfox_backend: SigfoxBackend) -> None:
    sigfox_backend.add_unregistered("B1", PAC)
    typed = f'[{{"id": "B1", "pac": "{PAC}"}}]'

    result = sigbridge.run("sigfox", "register", "-", "--type", DEVICE_TYPE, typed=typed)

    assert result.exit_code == 0, result.stderr
    assert sigfox_backend.device("B1")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("register", "--type", "t"), "Give a file, or --id and --pac"),
        (("register", "--type", "t", "--id", "B1"), "Give a file, or --id and --pac"),
        (("register", "-", "--type", "t"), "unknown column 'serial'"),
        (("register", "no-such.csv", "--type", "t"), "no-such.csv"),
        (("rename", "FFFF", "x"), "FFFF"),
        (("replace", "A1", "--by", "FF", "--yes"), "not found"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_line(
    command: tuple[str, ...], why: str, sigbridge: OverHttp
) -> None:
    result = sigbridge.run("sigfox", *command, typed="serial,pac\nB1,0\n")

    assert result.exit_code == REFUSED
    assert why in result.stderr


@pytest.mark.parametrize(
    "command", [("renewal", "maybe", "A1"), ("suspend",), ("unsubscribe", "A1", "--at", "x")]
)
def test_what_is_not_understood(command: tuple[str, ...], sigbridge: OverHttp) -> None:
    assert sigbridge.run("sigfox", *command).exit_code == NOT_UNDERSTOOD


def test_devices_are_renamed_and_their_renewal_is_set(
    sigbridge: OverHttp, sigfox_backend: SigfoxBackend
) -> None:
    sigfox_backend.limit()
    assert sigbridge.says("sigfox", "rename", "A1", "Barn") == "Device A1 is changed in Sigfox.\n"
    assert sigfox_backend.device("A1")["name"] == "Barn"
    assert "it follows as a job" in sigbridge.says("sigfox", "renewal", "off", "A1")
    assert sigbridge.data("sigfox", "renewal", "off", "A1", "A2")["progress"]["changed"] == 2
    assert sigfox_backend.device("A2")["automaticRenewal"] is False


def test_devices_are_suspended_resumed_and_more(sigbridge: OverHttp, sigfox_backend: SigfoxBackend) -> None:
    device = sigfox_backend.device("A1")
    refused = sigbridge.run("sigfox", "suspend", "A1", typed="n\n")
    assert (refused.exit_code, device["state"]) == (REFUSED, 0)
    assert "Suspend device A1?" in refused.stderr

    sigbridge.says("sigfox", "suspend", "A1", "A2", "--yes")
    assert device["state"] == 6
    sigbridge.says("sigfox", "resume", "A1", "A2")
    assert device["state"] == 0
    sigbridge.says("sigfox", "unsubscribe", "A1", "--at", "2030-01-31", "--yes")
    assert device["unsubscriptionTime"] == 1_896_048_000_000
    sigbridge.says("sigfox", "restart", "A1", "--yes")
    assert "unsubscriptionTime" not in device
    sigbridge.says("sigfox", "transfer", "A1", "--type", OTHER_TYPE)
    assert device["deviceType"]["id"] == OTHER_TYPE
    device["sequenceNumber"] = 7
    assert "Sigfox takes" in sigbridge.says("sigfox", "disengage", "A1")
    assert device["sequenceNumber"] == 0
    assert "takes the place" in sigbridge.says("sigfox", "replace", "A1", "--by", "A2", "--yes")
    assert sigfox_backend.device("A2")["deviceType"]["id"] == OTHER_TYPE


def test_an_import_can_register_in_sigfox_too(sigbridge: OverHttp, sigfox_backend: SigfoxBackend) -> None:
    sigbridge.says("types", "create", DEVICE_TYPE)
    sigfox_backend.add_unregistered("B1", PAC)
    table = f"id,type,pac\nB1,{DEVICE_TYPE},{PAC}\n"

    said = sigbridge.run("devices", "import", "-", "--sigfox", typed=table)

    assert said.exit_code == 0, said.stderr
    job = said.stdout.split("sigbridge jobs show ")[1].split(" ")[0]
    sigbridge.says("jobs", "show", job, "--wait")
    assert sigfox_backend.device("B1")
