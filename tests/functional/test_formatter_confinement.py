"""What whoever escapes from the JavaScript engine would find."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.fork_server import ForkServer
from sandbox.limits import LIMITS
from sandbox.process import Sandbox
from sandbox.protocol import Call, Function, Script

ROOT = Path(__file__).parents[2]
CALL = Call(Script("a", "demo", "for (;;);"), Function.DECODE_UPLINK, {})


def tried(how: str) -> dict[str, str]:
    """The outcome of each attempt of a child process."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.functional.confined_process", how],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'functions' / 'formatter'}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    outcomes: dict[str, str] = json.loads(done.stdout)
    return outcomes


def test_a_confined_process_reaches_no_file_no_network_no_process() -> None:
    assert set(tried("confined").values()) == {"refused"}


def test_it_is_the_confinement_that_refuses() -> None:
    allowed = {name for name, outcome in tried("free").items() if outcome == "done"}

    assert {"open a file", "open a socket", "make a pipe"} <= allowed


def environment_of(process: int) -> bytes:
    return Path(f"/proc/{process}/environ").read_bytes()


@pytest.mark.skipif(os.getuid() != 0, reason="nobody else may look")
def test_the_processes_that_run_scripts_have_an_empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "made-up-token")
    server = ForkServer()

    with Sandbox(server, {"a": CALL.script.source}, LIMITS) as sandbox:
        sandbox.run(CALL)
        started = server.process_id

    try:
        assert environment_of(started).replace(b"\0", b"") in {b"", library_path()}
    finally:
        server.close()


def library_path() -> bytes:
    value = os.environ.get("LD_LIBRARY_PATH")
    return b"" if value is None else f"LD_LIBRARY_PATH={value}".encode()
