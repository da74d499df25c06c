"""`make env`: which Python 3.13 it takes, and what it says where there is none."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sigbridge_local.places import ROOT

HAS_3_13 = f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} "$@"\necho "python3.13 $*" >>"$LOG"\nexit 9\n'
# A shim of pyenv, for a version that is not chosen, and a Debian package without its venv module.
UNUSABLE = "#!/bin/sh\nexit 127\n"
SYSTEM_COMMANDS = (
    "bash",
    "dirname",
    "env",
    "grep",
    "mktemp",
    "rm",
    "sed",
    "tr",
    "uname",
    "sh",
    "mkdir",
    "cp",
)


class Machine:
    """A copy of the project's files that the script needs, and a PATH with nothing but stand-ins."""

    def __init__(self, directory: Path) -> None:
        self.project = directory / "project"
        self.path = directory / "bin"
        self.log = directory / "log"
        (self.project / "tools").mkdir(parents=True)
        self.path.mkdir()
        self.log.touch()
        shutil.copy(ROOT / "tools/environment", self.project / "tools")
        shutil.copy(ROOT / "requirements.lock", self.project)
        for name in SYSTEM_COMMANDS:
            (self.path / name).symlink_to(shutil.which(name) or name)

    def install(self, name: str, script: str) -> Path:
        """Puts a program on PATH."""
        program = self.path / name
        program.write_text(script)
        program.chmod(0o755)
        return program

    def install_uv(self, *, finds: Path | None = None, fetches: Path | None = None) -> None:
        """Puts a uv on PATH that knows a Python 3.13, or can fetch one."""
        found, fetched = (f"echo {python}" if python else "exit 2" for python in (finds, fetches))
        install = "exit 0" if fetches else "exit 2"
        self.install(
            "uv",
            f"""#!/bin/sh
echo "uv $*" >>"$LOG"
case "$1 $2" in
  "--version ") exit 0 ;;
  "python install") {install} ;;
  "python find") if [ "$UV_PYTHON_PREFERENCE" = only-managed ]; then {fetched}; else {found}; fi ;;
esac
""",
        )

    def make(self) -> subprocess.CompletedProcess[str]:
        """Runs the script. The stand-ins for Python 3.13 end it where it creates .venv."""
        return subprocess.run(  # noqa: S603 - our own script
            [self.project / "tools/environment"],
            env={"PATH": str(self.path), "LOG": str(self.log), "HOME": str(self.project)},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        """What was asked of the stand-ins."""
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without Python and without uv."""
    return Machine(tmp_path)


def elsewhere(machine: Machine) -> Path:
    """A Python 3.13 that is not on PATH."""
    python = machine.project / "python3.13"
    python.write_text(HAS_3_13)
    python.chmod(0o755)
    return python


def test_python_3_13_on_path_is_taken(machine: Machine) -> None:
    machine.install("python3.13", HAS_3_13)
    machine.install_uv()

    assert machine.make().returncode == 9
    assert machine.calls == ["python3.13 -m venv --clear .venv"]


@pytest.mark.parametrize("shim", [None, UNUSABLE], ids=["not there", "not usable"])
def test_a_python_3_13_that_uv_knows_is_taken(machine: Machine, shim: str | None) -> None:
    machine.install("python3", UNUSABLE)
    if shim:
        machine.install("python3.13", shim)
    python = elsewhere(machine)
    machine.install_uv(finds=python)

    done = machine.make()

    assert done.returncode == 9
    assert f"using {python}" in done.stdout
    assert machine.calls[-1] == "python3.13 -m venv --clear .venv"
    assert not any("install" in call for call in machine.calls)


def test_python_3_13_is_fetched_where_uv_knows_none(machine: Machine) -> None:
    machine.install_uv(fetches=elsewhere(machine))

    done = machine.make()

    assert "fetching Python 3.13" in done.stdout
    assert "uv python install 3.13" in machine.calls
    assert machine.calls[-1] == "python3.13 -m venv --clear .venv"


def test_a_fetch_that_fails_says_what_to_install(machine: Machine) -> None:
    machine.install_uv()

    done = machine.make()

    assert done.returncode == 1
    assert done.stderr.startswith("error: Python 3.13 could not be fetched; uv gets it from GitHub\n")


def test_any_python3_gets_the_uv_of_the_lock_file(machine: Machine) -> None:
    python = elsewhere(machine)
    machine.install(
        "python3",
        f"""#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "pip $*" >>"$LOG"\\ngrep -c sha256 "${{8}}" >>"$LOG"\\n' >"$3/bin/python"
printf '#!/bin/sh\\necho {python}\\n' >"$3/bin/uv"
{shutil.which("chmod")} +x "$3/bin/python" "$3/bin/uv"
""",
    )

    done = machine.make()

    assert (done.returncode, f"using {python}" in done.stdout) == (9, True)
    [pip, hashes, venv] = machine.calls
    assert "--require-hashes" in pip
    assert int(hashes) > 1
    assert venv == "python3.13 -m venv --clear .venv"


@pytest.mark.parametrize(
    ("system", "hint"),
    [("Darwin", "brew install python@3.13"), ("Linux", "install uv, https://docs.astral.sh/uv/")],
)
def test_where_nothing_helps_it_says_what_to_install(machine: Machine, system: str, hint: str) -> None:
    (machine.path / "uname").unlink()
    machine.install("uname", f"#!/bin/sh\necho {system}\n")

    done = machine.make()

    assert done.returncode == 1
    assert done.stderr.startswith("error: Python 3.13 is needed; there is neither python3.13, nor uv")
    assert hint in done.stderr
