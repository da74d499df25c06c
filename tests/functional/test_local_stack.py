"""The local stack's key: the same in every stack of a folder, until it is cleaned."""

import stat
from pathlib import Path

import pytest

from sigbridge.credentials import authenticate
from sigbridge.model.api_key import Right
from sigbridge.settings import Settings, using
from sigbridge_local import stack
from sigbridge_local.failures import LocalStackError
from sigbridge_local.processes import free_port
from sigbridge_local.stack import bring_up, kept_token
from tests.functional.conftest import TABLE


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key is kept; it is not there yet."""
    file = tmp_path / "identity.json"
    monkeypatch.setattr(stack, "IDENTITY_FILE", file)
    return file


def test_the_key_stays_until_it_is_forgotten(identity: Path) -> None:
    first = kept_token()

    assert kept_token() == first
    assert stat.S_IMODE(identity.stat().st_mode) == 0o600

    identity.unlink()
    assert kept_token() != first


def test_a_file_without_a_key_is_told_in_a_line(identity: Path) -> None:
    identity.write_text("{}\n")

    with pytest.raises(LocalStackError, match="holds no key: remove it"):
        kept_token()


@pytest.mark.usefixtures("identity", "table")
def test_a_new_table_takes_the_key_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "configured", lambda table, _url: using(Settings(table_name=table)))

    key = stack.create_demo_application(TABLE, "", kept_token())

    assert key == str(kept_token())
    assert authenticate(key).rights == frozenset(Right)


def test_another_system_is_told_where_the_local_stack_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sigbridge_local.emulator.EMULATOR_FILE", tmp_path / "emulator.json")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")

    with pytest.raises(LocalStackError, match=r"needs Linux .*, this is Darwin on arm64: .* container"):
        bring_up(free_port())
