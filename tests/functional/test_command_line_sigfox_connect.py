"""`sigbridge sigfox connect`, `types` and `drift`."""

import json

import pytest

from sigbridge.jobs import JobKind, list_jobs
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.command_line import OverHttp, lines
from tests.functional.sigfox_api import CONTRACT, DEVICE_TYPE, GROUP, LOGIN, PASSWORD


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


@pytest.fixture
def sigfox(sigfox_backend: SigfoxBackend, sigfox_api_url: str) -> SigfoxBackend:  # noqa: ARG001 - serves it
    sigfox_backend.device_types[DEVICE_TYPE]["downlinkMode"] = 2
    return sigfox_backend


def login(sigbridge: OverHttp) -> None:
    given = sigbridge.run("sigfox", "login", "--login", LOGIN, "--password-stdin", typed=f"{PASSWORD}\n")
    assert given.exit_code == 0, given.stderr


def changes(sigfox: SigfoxBackend) -> int:
    return sum(each.method != "GET" for each in sigfox.requests)


def test_one_command_connects_everything(sigbridge: OverHttp, sigfox: SigfoxBackend) -> None:
    said = sigbridge.run("sigfox", "connect", typed=f"{LOGIN}\n{PASSWORD}\n")

    assert said.exit_code == 0, said.stderr
    assert said.stderr.startswith("Application 'demo' (")
    assert PASSWORD not in said.stdout + said.stderr
    assert len(sigfox.callbacks(DEVICE_TYPE)) == 4
    plan = [line[:2] for line in lines(said.stdout)[3:9]]
    assert plan == [
        ["create", "BIDIR"],
        ["select", "BIDIR"],
        ["set", "mode"],
        ["create", "ACKNOWLEDGE"],
        ["create", "DATA_ADVANCED"],
        ["create", "ERROR"],
    ]
    assert lines(said.stdout)[3][2] == "/downlink"
    assert "Device type Weather stations is connected as bidir: 6 changes.\n" in said.stdout
    ordered = {job.kind: job.id for job in list_jobs("demo")}
    assert said.stdout.count("Ordered: ") == len(ordered) == 2
    for kind, what in {JobKind.SIGFOX_IMPORT: "import", JobKind.SIGFOX_RECOVERY: "recovery"}.items():
        assert f"Ordered: {what} from Sigfox (`sigbridge jobs show {ordered[kind]} --wait`).\n" in said.stdout
    assert "/sigfox/event" in said.stdout

    again = sigbridge.says("sigfox", "connect")
    assert "nothing to change" in again
    assert "Ordered" not in again
    assert "/sigfox/event" not in again
    assert changes(sigfox) == 6


def test_a_dry_run_changes_nothing(sigbridge: OverHttp, sigfox: SigfoxBackend) -> None:
    login(sigbridge)

    assert "BIDIR" in sigbridge.says("sigfox", "connect", "--dry-run")
    [planned] = sigbridge.data("sigfox", "connect", "--dry-run", "--mode", "uplink")["device_types"]
    assert (planned["mode"], planned["steps"][0]["callback"]) == ("uplink", "UPLINK")
    assert changes(sigfox) == 0


def test_what_would_stop_is_named_before_anything_is_changed(
    sigbridge: OverHttp, sigfox: SigfoxBackend
) -> None:
    sigfox.add_device_type(GROUP, "direct", "Direct", CONTRACT, downlink_mode=0)
    login(sigbridge)

    refused = sigbridge.run("sigfox", "connect", "--all")

    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert "Direct: The downlink mode is DIRECT" in refused.stderr
    assert changes(sigfox) == 0
    assert "connected as bidir" in sigbridge.says("sigfox", "connect", "--all", "--force")


def test_several_types_are_connected_after_a_question_or_by_their_names(
    sigbridge: OverHttp, sigfox: SigfoxBackend
) -> None:
    sigfox.add_device_type(GROUP, "meters", "Meters", CONTRACT, downlink_mode=2)
    login(sigbridge)

    unanswered = sigbridge.run("sigfox", "connect")
    assert (unanswered.exit_code, changes(sigfox)) == (1, 0)
    assert "Meters" in unanswered.stdout
    assert "give their ids or --all in scripts" in unanswered.stderr
    assert sigbridge.refuses("sigfox", "connect", "none").startswith("The group has no device type 'none'")
    sigbridge.says("sigfox", "connect", "meters", "--mode", "uplink")

    types = {line[0]: line for line in lines(sigbridge.says("sigfox", "types"))[1:]}
    assert "uplink" in types["meters"]
    assert len(sigfox.callbacks("meters")) == 3
    assert sigbridge.run("sigfox", "connect", typed="y\n").exit_code == 0
    assert len(sigfox.callbacks(DEVICE_TYPE)) == 4
    assert len(sigfox.callbacks("meters")) == 3


def test_what_stopped_sigfox_is_said_and_the_same_command_goes_on(
    sigbridge: OverHttp, sigfox: SigfoxBackend
) -> None:
    login(sigbridge)
    sigfox.forbid(f"/device-types/{DEVICE_TYPE}", "PUT")

    stopped = sigbridge.run("sigfox", "connect")

    assert stopped.exit_code == 1
    assert "lacks a right" in stopped.stderr
    assert "run the same command again" in stopped.stderr
    sigfox.mend()
    assert "4 changes" in sigbridge.says("sigfox", "connect")


def test_drift_is_shown_without_keys(sigbridge: OverHttp, sigfox: SigfoxBackend) -> None:
    login(sigbridge)
    assert "No device type is connected" in sigbridge.says("sigfox", "drift")
    assert "`sigbridge sigfox connect` connects it" in sigbridge.refuses("sigfox", "drift", DEVICE_TYPE)
    sigbridge.says("sigfox", "connect")
    assert "is as it was connected" in sigbridge.says("sigfox", "drift")
    [bidir, *_] = sigfox.callbacks(DEVICE_TYPE)
    key = bidir["headers"]["Authorization"]
    bidir["headers"]["Authorization"] = key[:-1]
    bidir["sendSni"] = False

    said = sigbridge.says("sigfox", "drift", DEVICE_TYPE)

    assert [line[:3] for line in lines(said)[2:]] == [
        ["BIDIR", "sendSni", "false"],
        ["BIDIR", "headers.Authorization", "not"],
    ]
    assert key[:-1] not in said + json.dumps(sigbridge.data("sigfox", "drift"))


def test_an_application_that_is_not_connected_is_told_how_to(sigbridge: OverHttp) -> None:
    assert "`sigbridge sigfox connect`" in sigbridge.refuses("sigfox", "types")
