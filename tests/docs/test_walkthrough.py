"""What a new user does, page after page: each command is run, and prints what the page shows.

It begins with a clone, as the README does, and ends with nothing left, as `remove.md` does. An emulator
of AWS stands in for the account.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigbridge_local.processes import free_port
from sigfox_simulator.sigfox_api.example import PASSWORD
from tests.docs.pages import Step, steps_of
from tests.docs.shell import Shell
from tests.docs.shown import is_as_shown

PROJECT = Path(__file__).parents[2]
# In the order of a reader; each builds on what those before it did.
PAGES = (
    "README.md",
    "docs/first-day.md",
    "docs/coming-from-the-things-stack.md",
    "docs/coming-from-tagoio.md",
    "docs/remove.md",
)
# There is no AWS account: the stack that `make run` deployed stands in.
NOT_HERE = {"make deploy REGION=eu-west-1"}
# A program that stays in front is started as if in another terminal, until it says that it is ready.
IN_FRONT = {
    "make run": "make run >run.log 2>&1 &"
    " until grep -q 'Ctrl-C stops it' run.log || ! kill -0 $!; do sleep 0.2; done; cat run.log",
}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The reader's shell, in a home directory that is empty."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    # Without a terminal curl would show its progress.
    (home / ".curlrc").write_text("silent\nshow-error\n")
    environment = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "SIGBRIDGE_PORT": str(port),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "COLUMNS": "120",
    }
    left_out = {"MAKEFLAGS", "MAKELEVEL", "SIGBRIDGE_LOCAL", "VIRTUAL_ENV"}
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    stack = home / "sigbridge" / ".local" / "stack.json"
    base_url = f"""$(python3 -c 'import json; print(json.load(open("{stack}"))["base_url"])')"""
    replacements = {
        "<address of this repository>": str(PROJECT),
        "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com": base_url,
        # What nobody sees who types it.
        "●●●●●●●●": PASSWORD,
        # No such name, and nothing is sent to it before a message comes.
        "https://erp.example.com": "http://localhost:9",
    }
    with Shell(home, inherited | environment, replacements) as shell:
        yield shell
        shell.run(f"cd {home}/sigbridge && test -f Makefile && test -d .venv && make down")


@pytest.mark.parametrize("page", PAGES)
def test_each_command_prints_what_the_page_shows(page: str, shell: Shell) -> None:
    for step in steps_of(PROJECT / page):
        if step.command not in NOT_HERE:
            take(step, shell)


def take(step: Step, shell: Shell) -> None:
    """Run a step's command: it must print what its page shows, and fail only where that is an error."""
    command = IN_FRONT.get(step.command, step.command)
    code, printed = shell.run(command, step.shown)
    story = f"{step.where}\n$ {step.command}\n{printed}\n----- shown is:\n{step.shown}"
    assert is_as_shown(printed, step.shown), story
    assert code == 0 or "error:" in step.shown, f"exit code {code}: {story}"


def test_what_is_not_run_here_is_on_some_page() -> None:
    commands = {step.command for page in PAGES for step in steps_of(PROJECT / page)}
    assert {*NOT_HERE, *IN_FRONT} <= commands
