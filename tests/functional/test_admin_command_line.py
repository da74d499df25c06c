"""The commands with AWS credentials, where all commands work, and their help."""

import json
import re
import shlex
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from sigbridge import __version__
from sigbridge.applications import find_application
from sigbridge.credentials import authenticate, keys_of
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge.settings import settings
from sigbridge_admin.cli import app
from tests.functional.command_line import NOT_UNDERSTOOD, URL, Sigbridge
from tests.functional.conftest import Stored
from tests.functional.lambdas import ROOT

# What is not understood never reaches a table.
NOWHERE = Sigbridge("--table", "nowhere")


@pytest.fixture
def sigbridge(table: str) -> Sigbridge:
    return Sigbridge("--table", table)


@pytest.fixture
def demo(application: Application) -> str:
    return application.id


# applications


def test_an_application_is_created_with_default_settings(sigbridge: Sigbridge) -> None:
    printed = sigbridge.data("applications", "create", "greenhouse", "--name", "Greenhouse of Lyon")

    created_at = datetime.fromisoformat(printed.pop("created_at"))
    assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=1)
    assert printed == {
        "id": "greenhouse",
        "name": "Greenhouse of Lyon",
        "unknown_devices": "register",
        "payload_encoding": "hex",
        "daily_downlinks": 4,
        "downlink_quota": "report",
    }
    assert find_application("greenhouse").name == "Greenhouse of Lyon"


@pytest.mark.parametrize("id_", ["Greenhouse", "ab", "a--b", "a" * 37, "-ab", ""])
def test_a_malformed_application_id_is_refused(sigbridge: Sigbridge, stored: Stored, id_: str) -> None:
    assert f"'{id_}' is no application id" in sigbridge.refuses("applications", "create", "--", id_)
    assert stored() == []


def test_an_application_is_shown_to_people(sigbridge: Sigbridge) -> None:
    created = sigbridge.says("applications", "create", "greenhouse", "--name", "[red]Lyon :up:")

    assert created.startswith("Application 'greenhouse' created.\n")
    assert "[red]Lyon :up:" in created
    assert "register" in created


def test_an_application_is_created_once(sigbridge: Sigbridge, demo: str) -> None:
    assert sigbridge.refuses("applications", "create", demo) == "Application 'demo' exists already"


def test_an_unknown_application_is_named(sigbridge: Sigbridge, stored: Stored) -> None:
    said = sigbridge.refuses("applications", "issue-key", "nowhere", "--name", "mine")

    assert said == ("There is no application 'nowhere': `sigbridge applications list` shows those there are")
    assert stored() == []


# the first key

ISSUE = ("applications", "issue-key")
NAMED = ("--name", "Sigfox callbacks")
FIRST_KEY = (*ISSUE, "demo", *NAMED)


def test_a_key_is_issued_where_nobody_has_one(sigbridge: Sigbridge, demo: str) -> None:
    printed = sigbridge.data(*ISSUE, demo, *NAMED)

    token = printed.pop("token")
    key = authenticate(token)
    assert (key.id, key.application_id, key.name) == (printed.pop("id"), demo, "Sigfox callbacks")
    assert key.rights == {Right.TRAFFIC_UP_WRITE}
    created_at = datetime.fromisoformat(printed.pop("created_at"))
    assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=1)
    assert printed == {
        "name": "Sigfox callbacks",
        "rights": ["traffic:up:write"],
        "additional_parameter": "",
        "ends_with": token[-5:],
    }


def test_rights_are_given_one_by_one_or_all(sigbridge: Sigbridge, demo: str) -> None:
    some = sigbridge.data(*ISSUE, demo, *NAMED, "--right", "traffic:read", "--right", "traffic:down:write")
    everything = sigbridge.data(*ISSUE, demo, *NAMED, "--all-rights")

    assert authenticate(some["token"]).rights == {Right.TRAFFIC_DOWN_WRITE, Right.TRAFFIC_READ}
    assert some["rights"] == ["traffic:down:write", "traffic:read"]
    assert authenticate(everything["token"]).rights == set(Right)


def test_a_key_is_shown_to_people_once_and_in_one_piece(sigbridge: Sigbridge, demo: str) -> None:
    created = sigbridge.says(*ISSUE, demo, *NAMED)
    (token,) = [word for word in created.split() if word.startswith("sbk_")]

    assert authenticate(token).name == "Sigfox callbacks"
    assert created.count(token.split("_")[2]) == 1
    assert "can't be shown again" in created


@pytest.mark.parametrize(
    ("written", "lifetime"),
    [("12h", timedelta(hours=12)), ("90d", timedelta(days=90)), ("8w", timedelta(weeks=8))],
)
def test_a_key_can_end_after_a_duration(
    sigbridge: Sigbridge, demo: str, written: str, lifetime: timedelta
) -> None:
    printed = sigbridge.data(*ISSUE, demo, *NAMED, "--expires", written)

    expected = datetime.now(UTC) + lifetime
    assert abs(datetime.fromisoformat(printed["valid_until"]) - expected) < timedelta(minutes=1)
    (key,) = keys_of(demo)
    assert key.valid_until is not None
    assert abs(key.valid_until / 1000 - expected.timestamp()) < 60


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2090-01-31", "2090-01-31T00:00:00.000Z"),
        ("2090-01-31T12:30", "2090-01-31T12:30:00.000Z"),
        ("2090-01-31T12:30+02:00", "2090-01-31T10:30:00.000Z"),
        ("never", None),
    ],
)
def test_a_key_can_end_at_a_moment(sigbridge: Sigbridge, demo: str, written: str, moment: str | None) -> None:
    assert sigbridge.data(*ISSUE, demo, *NAMED, "--expires", written).get("valid_until") == moment


@pytest.mark.parametrize("written", ["soon", "90", "90m", "-3d", "999999w", "2090-02-30", "9" * 500, ""])
def test_an_unreadable_expiry_is_refused(written: str) -> None:
    said = NOWHERE.refuses(*ISSUE, "demo", *NAMED, f"--expires={written}", exit_code=NOT_UNDERSTOOD)
    assert "'--expires'" in said
    assert "90d" in said


@pytest.mark.parametrize("written", ["0d", "2001-01-31"])
def test_an_expiry_in_the_past_is_refused(written: str) -> None:
    said = NOWHERE.refuses(*ISSUE, "demo", *NAMED, "--expires", written, exit_code=NOT_UNDERSTOOD)
    assert "is not in the future" in said


def test_an_unknown_right_is_refused_with_the_known_ones() -> None:
    said = NOWHERE.refuses(*ISSUE, "demo", *NAMED, "--right", "traffic:up", exit_code=NOT_UNDERSTOOD)
    assert "'traffic:up:write'" in said


@pytest.mark.parametrize("mapping", ["serial", "serial=", "colour=blue", "serial=a;serial=b"])
def test_a_malformed_additional_parameter_is_refused(mapping: str) -> None:
    said = NOWHERE.refuses(
        *ISSUE, "demo", *NAMED, "--additional-parameter", mapping, exit_code=NOT_UNDERSTOOD
    )
    assert "'--additional-parameter'" in said


# where the commands work


class CloudFormation(BaseHTTPRequestHandler):
    """Answers DescribeStacks as AWS does, for the stack `sigbridge` and a stranger named `other`."""

    table = "sigbridge-test"

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, body = 200, self._described("TableName", self.table)
        if "StackName=other" in request:
            body = self._described("BucketName", "pictures")
        elif "StackName=sigbridge&" not in f"{request}&":
            status, body = 400, self._refused("ValidationError", "Stack with id x does not exist")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    @staticmethod
    def _described(key: str, value: str) -> str:
        output = f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
        stack = f"<member><StackName>s</StackName><Outputs>{output}</Outputs></member>"
        result = f"<DescribeStacksResult><Stacks>{stack}</Stacks></DescribeStacksResult>"
        return f"<DescribeStacksResponse>{result}</DescribeStacksResponse>"

    @staticmethod
    def _refused(code: str, message: str) -> str:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        return f"<ErrorResponse>{error}</ErrorResponse>"


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), CloudFormation) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", address)
        yield
        server.shutdown()


@pytest.mark.usefixtures("cloudformation")
def test_the_stack_names_its_table(demo: str) -> None:
    assert authenticate(Sigbridge().data(*FIRST_KEY)["token"]).application_id == demo
    assert authenticate(Sigbridge("--stack", "sigbridge").data(*FIRST_KEY)["token"]).application_id == demo


@pytest.mark.usefixtures("table", "cloudformation")
def test_a_stack_that_is_not_there_or_not_ours_is_named() -> None:
    missing = Sigbridge("--stack", "sigbridge-2", "--region", "eu-west-3").refuses(*FIRST_KEY)
    stranger = Sigbridge("--stack", "other").refuses(*FIRST_KEY)

    assert missing.startswith("There is no stack 'sigbridge-2' in eu-west-3:")
    assert stranger == "Stack 'other' has no output TableName, so it is not a stack of Sigbridge"


@pytest.mark.usefixtures("table")
def test_a_table_that_is_not_there_is_named() -> None:
    said = Sigbridge("--table", "sigbridge-2").refuses(*FIRST_KEY)
    assert said.startswith("There is no table 'sigbridge-2' in that region and account: check --table")


@pytest.fixture
def without_aws_configuration(monkeypatch: pytest.MonkeyPatch, table: str) -> None:  # noqa: ARG001
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("without_aws_configuration")
@pytest.mark.parametrize("where", [("--table", "sigbridge-test"), ()], ids=["table", "stack"])
def test_missing_credentials_are_said(where: tuple[str, ...]) -> None:
    assert Sigbridge(*where).refuses(*FIRST_KEY).startswith("No AWS credentials found")


@pytest.mark.usefixtures("without_aws_configuration")
def test_a_missing_region_is_said(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    said = Sigbridge("--table", table).refuses(*FIRST_KEY)
    assert said.startswith("No AWS region is configured")


def test_an_unknown_profile_is_named() -> None:
    said = Sigbridge("--aws-profile", "nobody").refuses(*FIRST_KEY)
    assert said == "There is no AWS profile 'nobody': `aws configure list-profiles` lists those there are"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".local").mkdir()
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    return tmp_path


def describe_local_stack(project: Path, endpoint_url: str) -> None:
    stack = {
        "base_url": f"{endpoint_url}/api",
        "application_id": "demo",
        "key": "sbk_x",
        "table": "sigbridge-test",
        "aws_endpoint_url": endpoint_url,
        "region": "eu-west-1",
    }
    (project / ".local" / "stack.json").write_text(json.dumps(stack))


@pytest.mark.usefixtures("without_aws_configuration", "demo")
def test_the_local_stack_needs_no_aws_configuration(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    describe_local_stack(project, "https://dynamodb.eu-west-1.amazonaws.com")

    assert Sigbridge("--local").data(*FIRST_KEY)["name"] == "Sigfox callbacks"


def test_a_local_stack_that_is_down_is_said(project: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        describe_local_stack(project, address)
        said = Sigbridge("--local").refuses(*FIRST_KEY)

    assert said.startswith(f"Table 'sigbridge-test' at {address} can't be reached")
    assert "`make up` starts it" in said


def test_a_missing_or_broken_description_of_the_local_stack_is_said(project: Path) -> None:
    assert "`make up` starts the local stack" in Sigbridge("--local").refuses(*FIRST_KEY)
    (project / ".local" / "stack.json").write_text('{"table": 3')
    assert "does not describe a local stack" in Sigbridge("--local").refuses(*FIRST_KEY)


@pytest.mark.usefixtures("demo")
def test_a_command_leaves_the_process_as_it_was(table: str, project: Path) -> None:
    describe_local_stack(project, "https://dynamodb.eu-west-1.amazonaws.com")
    before = boto3.DEFAULT_SESSION

    Sigbridge("--local").says(*FIRST_KEY)

    assert boto3.DEFAULT_SESSION is before
    assert settings().table_name == table
    assert settings().dynamodb_endpoint_url is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--local", "--table", "x"), "--local already says where the table is: leave out --table"),
        (("--local", "--region", "eu-west-1"), "--local already says where the table is: leave out --region"),
        (("--local", "--profile", "x"), "Give --local or --profile, not both"),
        (("--table", "x", "--stack", "y"), "Give --stack or --table, not both"),
    ],
)
def test_contradicting_options_are_refused(options: tuple[str, ...], said: str) -> None:
    assert Sigbridge(*options).refuses(*FIRST_KEY) == said


# the API and the key


API_COMMAND = ("settings", "show")


@pytest.mark.parametrize(
    ("environment", "options", "missing"),
    [
        ({}, (), "SIGBRIDGE_URL and SIGBRIDGE_KEY"),
        ({}, ("--url", URL), "SIGBRIDGE_KEY"),
        ({"SIGBRIDGE_KEY": "sbk_x"}, (), "SIGBRIDGE_URL"),
        ({"SIGBRIDGE_URL": URL, "SIGBRIDGE_KEY": ""}, (), "SIGBRIDGE_KEY"),
    ],
)
def test_what_is_missing_for_a_call_is_said(
    environment: dict[str, str], options: tuple[str, ...], missing: str
) -> None:
    said = Sigbridge(*options, environment=environment).refuses(*API_COMMAND)
    assert said == f"Set {missing}, choose a profile with --profile, or use --local"


@pytest.mark.parametrize("url", ["ftp://host", "host", "http://", "https://host:x", "1:2:3", "/v1"])
def test_a_url_that_is_none_is_refused(key: str, url: str) -> None:
    said = Sigbridge("--url", url, environment={"SIGBRIDGE_KEY": key}).refuses(*API_COMMAND)
    assert said.startswith("The URL must be as the stack's output ApiUrl: https://")


@pytest.mark.parametrize("place", ["https://any:{}@host", "https://host?authorization={}", "https://host#{}"])
def test_a_key_in_the_url_is_refused_and_not_repeated(key: str, place: str) -> None:
    said = Sigbridge("--url", place.format(key), environment={"SIGBRIDGE_KEY": key}).refuses(*API_COMMAND)

    assert "SIGBRIDGE_KEY" in said
    assert "sbk_" not in said


def test_a_key_is_not_sent_where_others_can_read_it(key: str) -> None:
    environment = {"SIGBRIDGE_URL": URL.replace("https", "http"), "SIGBRIDGE_KEY": key}
    assert "must begin with https" in Sigbridge(environment=environment).refuses(*API_COMMAND)


def test_a_key_of_another_form_is_refused_and_not_repeated() -> None:
    environment = {"SIGBRIDGE_URL": URL, "SIGBRIDGE_KEY": "at72fb69a8dc714059b6"}

    said = Sigbridge(environment=environment).refuses(*API_COMMAND)

    assert said.startswith("That is not a key of Sigbridge")
    assert "at72" not in said


def test_an_api_that_can_t_be_reached_is_named_and_the_key_is_not(key: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        said = Sigbridge(environment={"SIGBRIDGE_URL": f"{address}/", "SIGBRIDGE_KEY": key}).refuses(
            *API_COMMAND
        )

    assert said.startswith(f"{address} can't be reached: ")
    assert key not in said
    assert "It is the stack's output ApiUrl" in said


def test_the_api_of_a_local_stack_that_is_down_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        describe_local_stack(project, address)
        said = Sigbridge("--local").refuses(*API_COMMAND)

    assert said.startswith(f"{address}/api can't be reached")
    assert "`make up` starts it" in said
    assert "sbk_" not in said


@pytest.mark.parametrize(
    ("command", "options", "leave_out"),
    [
        (FIRST_KEY, ("--url", URL), "--url"),
        (FIRST_KEY, ("--url", URL, "--key", "sbk_x"), "--key, --url"),
        (API_COMMAND, ("--table", "x"), "--table"),
        (API_COMMAND, ("--region", "eu-west-1", "--stack", "x"), "--region, --stack"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else part,
)
def test_options_of_other_commands_are_refused(
    command: tuple[str, ...], options: tuple[str, ...], leave_out: str
) -> None:
    said = Sigbridge(*options).refuses(*command)

    assert said.endswith(f": leave out {leave_out}")
    assert "sbk_" not in said


def test_the_variables_do_not_disturb_commands_with_aws_credentials(table: str, demo: str) -> None:
    sigbridge = Sigbridge("--table", table, environment={"SIGBRIDGE_URL": URL, "SIGBRIDGE_KEY": "sbk_x"})
    assert authenticate(sigbridge.data(*FIRST_KEY)["token"]).application_id == demo


# help


COMMANDS = [
    ("applications", "list"),
    ("applications", "create"),
    ("applications", "issue-key"),
    ("applications", "delete"),
    ("settings", "show"),
    ("settings", "set"),
    ("types", "list"),
    ("types", "show"),
    ("types", "create"),
    ("types", "set"),
    ("types", "delete"),
    ("devices", "list"),
    ("devices", "show"),
    ("devices", "add"),
    ("devices", "set"),
    ("devices", "delete"),
    ("devices", "import"),
    ("parameters", "list"),
    ("parameters", "set"),
    ("parameters", "delete"),
    ("messages",),
    ("data", "list"),
    ("data", "latest"),
    ("data", "watch"),
    ("data", "add"),
    ("data", "delete"),
    ("downlinks", "push"),
    ("downlinks", "list"),
    ("downlinks", "show"),
    ("downlinks", "replace"),
    ("downlinks", "clear"),
    ("downlinks", "delete"),
    ("profiles", "add"),
    ("profiles", "list"),
    ("profiles", "use"),
    ("profiles", "remove"),
    ("keys", "create"),
    ("keys", "list"),
    ("keys", "set"),
    ("keys", "revoke"),
]


@pytest.mark.parametrize("command", [(), *COMMANDS], ids=" ".join)
def test_help_needs_no_place_and_gives_an_example(command: tuple[str, ...]) -> None:
    helped = Sigbridge().says(*command, "--help")
    assert f"$ sigbridge {' '.join(command)}".rstrip() in helped


def documented_commands() -> list[list[str]]:
    """The commands of the page about the command line, without what the shell does with them."""
    lines = (ROOT / "docs" / "command-line.md").read_text().splitlines()
    commands = [line.removeprefix("$ sigbridge ") for line in lines if line.startswith("$ sigbridge ")]
    return [shlex.split(re.split(r" [|>] ", command)[0]) for command in commands]


@pytest.mark.parametrize("command", documented_commands(), ids=" ".join)
def test_what_is_documented_is_understood(command: list[str]) -> None:
    assert "Usage: sigbridge" in Sigbridge().says(*command, "--help")


@pytest.mark.parametrize("command", [("applications", "issue-key"), ("keys", "create")], ids=" ".join)
def test_help_spells_every_right(command: tuple[str, ...]) -> None:
    helped = Sigbridge().says(*command, "--help")
    assert [right for right in Right if right.value not in helped] == []


def test_help_says_where_a_key_is_safe() -> None:
    helped = " ".join(Sigbridge().says("--help").replace("│", " ").split())
    assert "SIGBRIDGE_KEY" in helped
    assert "others may see what stands on a command line" in helped


@pytest.mark.parametrize("command", [(), ("keys",)], ids=["sigbridge", "sigbridge keys"])
def test_a_missing_command_shows_help(command: tuple[str, ...]) -> None:
    result = Sigbridge().run(*command)
    assert result.exit_code == NOT_UNDERSTOOD
    assert "Usage: sigbridge" in result.stdout + result.stderr
    assert "error" not in result.stderr


def test_an_unknown_command_points_to_help() -> None:
    assert Sigbridge().refuses("frobnicate", exit_code=NOT_UNDERSTOOD).endswith("(see sigbridge --help)")


# the program itself


def test_the_version_is_shown() -> None:
    assert Sigbridge().says("--version") == f"sigbridge {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str) -> None:
    words = {
        "_SIGBRIDGE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "sigbridge dow",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "sigbridge dow",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    assert "downlinks" in CliRunner(env=words).invoke(app, prog_name="sigbridge").output
