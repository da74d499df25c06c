"""`sigbridge profiles`: what is remembered, and who may read it."""

import json
from pathlib import Path

import pytest

from sigbridge.credentials import authenticate
from sigbridge_admin.api import Surroundings
from tests.functional.command_line import URL, Lambdas, Sigbridge, at_home, lines

KEY = f"sbk_{'a' * 16}_{'b' * 52}"


@pytest.fixture
def sigbridge(tmp_path: Path) -> Sigbridge:
    return Sigbridge(environment=at_home(tmp_path))


def file(home: Path) -> Path:
    [found] = home.rglob("profiles.json")
    return found


def test_a_profile_goes_through_its_life(sigbridge: Sigbridge) -> None:
    assert sigbridge.says("profiles", "list").startswith("There are no profiles: `sigbridge profiles add")
    with_key = ("--url", f"{URL}/", "--key", KEY)
    added = sigbridge.says("profiles", "add", "prod", *with_key, "--region", "eu-west-3")
    sigbridge.says("profiles", "add", "ops", "--stack", "sigbridge-2", "--aws-profile", "work")

    assert added.startswith("Profile 'prod' added.")
    assert sigbridge.says("profiles", "use", "prod") == "Profile 'prod' is in use.\n"
    assert sigbridge.data("profiles", "list") == {
        "in_use": "prod",
        "profiles": {
            "ops": {"stack": "sigbridge-2", "aws_profile": "work", "key_id": None},
            "prod": {"url": URL, "region": "eu-west-3", "key_id": "a" * 16},
        },
    }
    listed = lines(sigbridge.says("profiles", "list"))
    assert listed[1] == ["ops", "-", "-", "-", "sigbridge-2", "-", "work"]
    assert listed[2] == ["prod", "yes", URL, "a" * 16, "-", "eu-west-3", "-"]

    assert sigbridge.says("profiles", "remove", "prod").startswith("Profile 'prod' removed.")
    assert sigbridge.data("profiles", "list")["in_use"] is None
    sigbridge.says("profiles", "use", "ops")
    assert sigbridge.says("profiles", "use", "--none") == "No profile is in use.\n"


def test_a_key_is_read_from_the_standard_input(sigbridge: Sigbridge, tmp_path: Path) -> None:
    result = sigbridge.run("profiles", "add", "prod", "--url", URL, typed=f"{KEY}\n")

    assert result.exit_code == 0
    everything = result.stdout + result.stderr + sigbridge.says("profiles", "list")
    assert "b" * 52 not in everything
    assert json.loads(file(tmp_path).read_text())["profiles"]["prod"]["key"] == KEY


def test_only_the_user_can_read_the_file(sigbridge: Sigbridge, tmp_path: Path) -> None:
    sigbridge.says("profiles", "add", "prod", "--url", URL, "--key", KEY)

    found = file(tmp_path)

    assert found.stat().st_mode & 0o777 == 0o600
    assert found.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in found.parent.iterdir()] == ["profiles.json"]


def test_the_profile_in_use_is_used_and_named(tmp_path: Path, key: str) -> None:
    sigbridge = Sigbridge(environment=at_home(tmp_path), surroundings=Surroundings(Lambdas()))
    sigbridge.says("profiles", "add", "prod", "--url", URL, "--key", key)
    sigbridge.says("profiles", "use", "prod")

    result = sigbridge.run("devices", "add", "1A2B")

    assert result.exit_code == 0
    assert result.stderr == "Application 'demo' (profile 'prod')\n"


def test_a_profile_says_where_the_table_is(tmp_path: Path, table: str) -> None:
    sigbridge = Sigbridge(environment=at_home(tmp_path))
    sigbridge.says("profiles", "add", "prod", "--table", table, "--region", "eu-west-3")

    created = sigbridge.run("--profile", "prod", "applications", "create", "greenhouse")
    issued = sigbridge.run(
        *("--profile", "prod", "--region", "eu-west-1", "applications", "issue-key", "greenhouse"),
        *("--name", "mine", "--json"),
    )

    # moto has this table in one region only.
    assert "There is no table" in created.stderr
    assert issued.exit_code == 1
    assert "There is no application 'greenhouse'" in issued.stderr


def test_a_profile_without_a_key_says_what_is_missing(sigbridge: Sigbridge) -> None:
    sigbridge.says("profiles", "add", "ops", "--stack", "sigbridge-2")

    said = sigbridge.refuses("--profile", "ops", "devices", "list")

    assert said == (
        "Profile 'ops' has no URL and no key: set SIGBRIDGE_URL and SIGBRIDGE_KEY, or add another profile"
    )


@pytest.mark.parametrize("content", ["", "[]", '{"profiles": {"prod": 3}}'])
def test_a_spoiled_file_is_named(sigbridge: Sigbridge, tmp_path: Path, content: str) -> None:
    sigbridge.says("profiles", "add", "prod", "--url", URL, "--key", KEY)
    file(tmp_path).write_text(content)

    said = sigbridge.refuses("devices", "list")

    assert said.startswith(f"{file(tmp_path)} can't be read as profiles: ")


def test_the_key_of_a_profile_is_taken_as_it_was_given(tmp_path: Path, key: str) -> None:
    sigbridge = Sigbridge(environment=at_home(tmp_path), surroundings=Surroundings(Lambdas()))
    sigbridge.says("profiles", "add", "prod", "--url", URL, "--key", f" {key} ")

    assert sigbridge.data("--profile", "prod", "settings", "show")["id"] == authenticate(key).application_id
