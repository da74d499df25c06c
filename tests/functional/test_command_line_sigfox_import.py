"""`sigbridge sigfox import`, `device` and `contracts`."""

from itertools import repeat

import pytest

from sigbridge.jobs import due_jobs, run_job
from sigbridge.model.job import JobKind
from sigbridge.provisioning.importing import import_from_sigfox
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.command_line import OverHttp, lines
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.sigfox_api import CONTRACT, DEVICE_TYPE, GROUP, LOGIN, PASSWORD


@pytest.fixture
def sigbridge(
    key: str, management: Management, sigfox_backend: SigfoxBackend, sigfox_api_url: str, clock: Clock
) -> OverHttp:
    """A command line whose application is connected; jobs are worked on while it waits."""
    assert sigfox_api_url
    management.put("/v1/sigfox", {"login": LOGIN, "password": PASSWORD, "group_id": GROUP})
    sigfox_backend.add_device(DEVICE_TYPE, "A1", "0123456789ABCDEF", "Boat", lat=43.456, lng=6.524)

    def work() -> None:
        for due in due_jobs(clock.now_ms):
            run_job(due, {JobKind.SIGFOX_IMPORT: import_from_sigfox}, clock.now_ms + 60_000)

    sigbridge = OverHttp(key)
    sigbridge.pastime.events = repeat(work)
    return sigbridge


def test_an_import_is_waited_for(sigbridge: OverHttp) -> None:
    result = sigbridge.run("sigfox", "import", "--wait")

    assert result.exit_code == 0, result.stderr
    assert ["state", "done"] in lines(result.stdout)
    assert ["looked", "at", "2"] in lines(result.stdout)
    assert "Sigfox lists all of the application's devices: 1\n" in result.stdout
    assert "Boat" in sigbridge.says("devices", "list")


def test_scripts_order_an_import(sigbridge: OverHttp) -> None:
    ordered = sigbridge.data("sigfox", "import")

    assert (ordered["kind"], ordered["state"]) == ("sigfox_import", "waiting")


def test_what_sigfox_knows_of_a_device_is_said_in_words(
    sigbridge: OverHttp, sigfox_backend: SigfoxBackend
) -> None:
    sigbridge.says("devices", "add", "A1")
    assert sigbridge.refuses("sigfox", "device", "A1") == (
        "What Sigfox knows of device A1 was never imported:"
        " `sigbridge sigfox device DEVICE --refresh` asks Sigfox"
    )
    sigbridge.run("sigfox", "import", "--wait")

    said = sigbridge.says("sigfox", "device", "a1", "--refresh")

    assert said.startswith("Device A1 in Sigfox, ")
    for words in (
        ["name", "Boat"],
        ["state", "ok"],
        ["heard", "not", "seen"],
        ["subscription", "ok", "(Ok)"],
        ["renewed", "yes,", "allowed"],
        ["contract", "Platinum", f"({CONTRACT})"],
        ["location", "43.456,", "6.524"],
        ["PAC", "0123456789ABCDEF"],
    ):
        assert words in lines(said)
    assert sigbridge.data("sigfox", "device", "A1")["name"] == "Boat"
    assert [each.path for each in sigfox_backend.requests][-1] == "/devices/"


def test_contracts_are_listed(sigbridge: OverHttp, sigfox_backend: SigfoxBackend) -> None:
    sigfox_backend.add_contract(GROUP, "full", "Full", max_tokens=1, bidir=False)["tokensInUse"] = 1

    table = lines(sigbridge.says("sigfox", "contracts"))

    assert table[1] == [CONTRACT, "Platinum", "yes", "1,", "no", "limit", "140", "4", "3", "days"]
    assert table[2] == ["full", "Full", "no", "1", "of", "1", "140", "not", "allowed", "3", "days"]
    assert [each["id"] for each in sigbridge.data("sigfox", "contracts")["contracts"]] == [CONTRACT, "full"]
