"""Every command that changes something says first which application it changes, and where that is."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.formatters import FormatterKind, NewVersion, put_formatter
from sigbridge.model.api_key import Right
from sigbridge_admin.api import Surroundings
from sigbridge_admin.cli import app
from tests.functional.command_line import URL, OverHttp, Sigbridge
from tests.functional.formatter_function import FormatterFunction
from tests.functional.sigfox_api import LOGIN

PAYLOAD = "0102030405060708"
ID = "01a201c48ee90001f5d42f36"
KEY_ID = "k3v7qmz2hw5ty4ab"
JOB_ID = "1763770827000-0a1b2c3d"

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
# What each changes, or that it changes nothing.
CHANGES = [
    "settings set --name Greenhouse",
    "types create sensor",
    "types set tracker --name Trackers",
    "types delete tracker --yes",
    "devices add 1A2C",
    "devices set 1A2B --name Room",
    "devices delete 1A2B --yes",
    "devices import -",
    "parameters set 1A2B interval 900",
    "parameters delete 1A2B interval",
    "data add 1A2B temperature 21",
    "data delete 1A2B --variables note --yes",
    f"downlinks push 1A2B {PAYLOAD}",
    f"downlinks replace 1A2B {PAYLOAD}",
    "downlinks clear 1A2B --yes",
    f"downlinks delete 1A2B {ID}",
    "keys create --name Dashboard",
    f"keys set {KEY_ID} --name Dashboard",
    f"keys revoke {KEY_ID}",
    "formatters put climate --example sensit-v3",
    "formatters redecode climate --no-wait --yes",
    "formatters delete climate --yes",
    f"jobs cancel {JOB_ID}",
    "sigfox register --id 1A2B --pac 0123456789ABCDEF --type t",
    "sigfox rename 1A2B Barn",
    "sigfox renewal off 1A2B",
    "sigfox transfer 1A2B --type t",
    "sigfox suspend 1A2B --yes",
    "sigfox resume 1A2B",
    "sigfox unsubscribe 1A2B --yes",
    "sigfox restart 1A2B --yes",
    "sigfox disengage 1A2B",
    "sigfox replace 1A2B --by 1A2C --yes",
    "webhooks add my-server --template custom-json --field url=https://93.184.216.34",
    "webhooks change other --path uplink_message=/up",
    "webhooks pause other",
    "webhooks resume other",
    "webhooks rotate-secret other",
    f"webhooks replay other --since {TODAY} --until {TODAY}",
    "webhooks delete other --yes",
    "sigfox import",
    "sigfox recover --since 2d",
    f"sigfox login --login {LOGIN} --password-stdin",
    "sigfox logout --yes",
    "sigfox api PUT /device-types/type1 --body {}",
]
READS = [
    "feed",
    "settings show",
    "types list",
    "types show tracker",
    "devices list",
    "devices show 1A2B",
    "parameters list 1A2B",
    "messages 1A2B",
    "data list 1A2B",
    "data latest",
    "data watch 1A2B",
    "downlinks list 1A2B",
    f"downlinks show 1A2B {ID}",
    "keys list",
    "formatters list",
    "formatters show climate",
    "formatters versions climate",
    "jobs list",
    f"jobs errors {JOB_ID}",
    f"jobs show {JOB_ID}",
    "webhooks list",
    "webhooks show other",
    "webhooks attempts other",
    "webhooks templates",
    "sigfox types",
    "sigfox drift",
    "sigfox show",
    "sigfox coverage 0 0",
    "sigfox consumption 1A2B",
    "sigfox device 1A2B",
    "sigfox contracts",
]
WITH_AWS_CREDENTIALS = {
    "applications list": False,
    "applications create greenhouse": True,
    "applications issue-key demo --name mine": True,
    "applications delete demo --yes": True,
}
# They change nothing, though a formatter is sent to be tried.
TRIES = {"formatters test", "webhooks test"}
# They ask Sigfox before they change something: the tests of these have it.
IN_SIGFOX = {"sigfox connect"}
# It works on a stack, for all its applications.
OF_A_STACK = {"webhooks redeliver"}
ON_THIS_MACHINE = {
    *("profiles add", "profiles list", "profiles use", "profiles remove"),
    "formatters examples",
}


@pytest.fixture
def sigbridge(key: str, formatter_function: FormatterFunction, sigfox_api_url: str) -> OverHttp:
    assert formatter_function
    assert sigfox_api_url
    register_device("demo", "1A2B")
    sigbridge = OverHttp(key)
    sigbridge.pastime.events = iter([])
    put_formatter("demo", "climate", NewVersion(FormatterKind.JAVASCRIPT, "function decodeUplink() {}"))
    sigbridge.says("types", "create", "tracker", "--uplink-formatter", "climate")
    sigbridge.says("webhooks", "add", "other", "--url", "https://93.184.216.34")
    sigbridge.lambdas.requests.clear()
    return sigbridge


def all_commands() -> set[str]:
    root: Any = typer.main.get_command(app)
    names = set()
    for name, command in root.commands.items():
        inner = getattr(command, "commands", None)
        names |= {f"{name} {each}" for each in inner} if inner else {name}
    return names


def name_of(command: str) -> str:
    words = command.split()
    return words[0] if words[0] == "messages" else " ".join(words[:2])


def test_no_command_is_left_out() -> None:
    named = {name_of(command) for command in (*CHANGES, *READS, *WITH_AWS_CREDENTIALS)}
    assert named | TRIES | IN_SIGFOX | OF_A_STACK | ON_THIS_MACHINE == all_commands()


@pytest.mark.parametrize("command", CHANGES)
def test_a_command_that_changes_something_names_the_application(sigbridge: OverHttp, command: str) -> None:
    result = sigbridge.run(*command.split(), typed="id\n1A2D\n")

    first, *others = result.stderr.splitlines()
    assert first == f"Application 'demo' ({URL})"
    assert "Application" not in "".join(others).replace("Application 'demo' has no key", "")
    assert {request.method for request in sigbridge.lambdas.requests} > {"GET"}


@pytest.mark.parametrize("command", READS)
def test_a_command_that_reads_names_none(sigbridge: OverHttp, command: str) -> None:
    result = sigbridge.run(*command.split())

    assert "Application" not in result.stderr
    assert {request.method for request in sigbridge.lambdas.requests} == {"GET"}


@pytest.mark.parametrize(("command", "names"), WITH_AWS_CREDENTIALS.items())
@pytest.mark.usefixtures("key")
def test_so_does_one_with_aws_credentials(table: str, command: str, names: bool) -> None:
    result = Sigbridge("--table", table, "--region", "eu-west-1").run(*command.split(), "--json")

    assert result.exit_code == 0
    application_id = "greenhouse" if "greenhouse" in command else "demo"
    named = f"Application '{application_id}' (table '{table}' in eu-west-1)\n"
    assert result.stderr == (named if names else "")


def test_the_application_is_named_before_the_question(sigbridge: OverHttp) -> None:
    result = sigbridge.run("devices", "delete", "1A2B", typed="n\n")
    assert result.stderr.startswith(f"Application 'demo' ({URL})\nDelete device 1A2B ")


def test_where_the_key_may_not_see_it_the_key_is_named(sigbridge: OverHttp) -> None:
    assert sigbridge
    issued = issue_key("demo", "sender", [Right.TRAFFIC_UP_WRITE])

    result = OverHttp(str(issued.token)).run("data", "add", "1A2B", "temperature", "21")

    assert result.exit_code == 0
    assert result.stderr == f"Application of key {issued.key.id} ({URL})\n"


def test_the_local_stack_is_named(
    sigbridge: OverHttp, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = {
        "base_url": "http://127.0.0.1:4566",
        "key": key,
        "table": "t",
        "aws_endpoint_url": "http://127.0.0.1:4566",
        "region": "eu-west-1",
    }
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack))
    monkeypatch.chdir(tmp_path)

    local = Sigbridge("--local", surroundings=Surroundings(sigbridge.lambdas))

    assert local.run("devices", "add", "1A2E").stderr == "Application 'demo' (the local stack)\n"


# applications with AWS credentials


@pytest.fixture
def with_aws(table: str, key: str) -> Sigbridge:  # noqa: ARG001
    register_device("demo", "1A2B")
    return Sigbridge("--table", table)


def test_applications_are_listed(with_aws: Sigbridge) -> None:
    create_application("greenhouse", "Greenhouse of Lyon")

    listed = [line.split() for line in with_aws.says("applications", "list").splitlines()]

    assert [(row[0], row[-1]) for row in listed[1:]] == [("demo", "1"), ("greenhouse", "0")]
    documents = with_aws.data("applications", "list")["applications"]
    assert [each["name"] for each in documents] == ["demo", "Greenhouse of Lyon"]


def test_no_applications_say_how_to_make_one(table: str) -> None:
    said = Sigbridge("--table", table).says("applications", "list")
    assert said == "There are no applications: `sigbridge applications create ID` makes one.\n"


def test_an_application_is_deleted_when_its_id_is_typed(with_aws: Sigbridge) -> None:
    def ids() -> list[str]:
        return [each["id"] for each in with_aws.data("applications", "list")["applications"]]

    kept = [with_aws.run("applications", "delete", "demo", typed=typed) for typed in ("y\n", "", "\ndemo2\n")]

    assert all(result.exit_code == 1 for result in kept)
    assert all("all keys and 1 device of 'demo' with all their data" in result.stderr for result in kept)
    assert all("Nothing was changed: type the id" in result.stderr for result in kept)
    assert ids() == ["demo"]
    deleted = with_aws.run("applications", "delete", "demo", typed="demo\n")
    assert "Application 'demo' deleted. Its keys are refused within a minute" in deleted.stdout
    assert ids() == []
    assert "is still being erased" in with_aws.refuses("applications", "create", "demo")
