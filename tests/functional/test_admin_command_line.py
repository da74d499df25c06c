"""The admin command line: each command, as a person and as a script sees it, and what it refuses."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from sigbridge.applications import Application, PayloadEncoding, UnknownDevices, find_application
from sigbridge.clock import now_ms
from sigbridge.credentials import Right, UnknownCredential, authenticate, issue_key, keys_of
from sigbridge.credentials.authentication import forget_cached_keys
from sigbridge.devices import Directory, register_device
from sigbridge.devices.directory import forget_cached_devices
from sigbridge.downlinks import answer_uplink
from sigbridge.settings import settings
from sigbridge.store.device_states import Asking
from sigbridge_admin.cli import app
from tests.functional.conftest import Stored

REFUSED = 1
NOT_UNDERSTOOD = 2


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended and what it printed, without colours: CI services ask for them."""

    exit_code: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Result:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, arguments, catch_exceptions=False)
    return Result(result.exit_code, _COLOURS.sub("", result.stdout), _COLOURS.sub("", result.stderr))


class Sigbridge:
    """Runs commands on one table."""

    def __init__(self, *where: str) -> None:
        self._where = where

    def says(self, *command: str) -> str:
        """What a command prints for people."""
        result = run(*self._where, *command)
        assert result.exit_code == 0, result.stderr
        assert not result.stderr
        return result.stdout

    def data(self, *command: str) -> Any:
        """What a command prints for scripts."""
        return json.loads(self.says(*command, "--json"))

    def refuses(self, *command: str, exit_code: int = REFUSED) -> str:
        """The one line that says why a command failed."""
        return one_line(run(*self._where, *command), exit_code)


def one_line(result: Result, exit_code: int = REFUSED) -> str:
    assert result.exit_code == exit_code, result.stdout + result.stderr
    assert not result.stdout
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("error: ").rstrip()


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


def test_an_application_is_shown_to_people(sigbridge: Sigbridge) -> None:
    created = sigbridge.says("applications", "create", "greenhouse", "--name", "[red]Lyon :up:")
    shown = sigbridge.says("applications", "show", "greenhouse")

    assert created == f"Application 'greenhouse' created.\n{shown}"
    assert "[red]Lyon :up:" in shown


@pytest.mark.parametrize("id_", ["Greenhouse", "ab", "a--b", "a" * 37, "-ab", ""])
def test_a_malformed_application_id_is_refused(sigbridge: Sigbridge, stored: Stored, id_: str) -> None:
    assert f"'{id_}' is no application id" in sigbridge.refuses("applications", "create", "--", id_)
    assert stored() == []


def test_an_application_is_created_once(sigbridge: Sigbridge, demo: str) -> None:
    assert sigbridge.refuses("applications", "create", demo) == "Application 'demo' exists already"


def test_settings_that_are_given_change_and_the_others_stay(sigbridge: Sigbridge, demo: str) -> None:
    first = sigbridge.data("applications", "set", demo, "--unknown-devices", "reject")
    second = sigbridge.data("applications", "set", demo, "--payload-encoding", "base64")

    assert (first["unknown_devices"], first["payload_encoding"]) == ("reject", "hex")
    assert (second["unknown_devices"], second["payload_encoding"]) == ("reject", "base64")
    assert find_application(demo).unknown_devices is UnknownDevices.REJECT
    assert find_application(demo).payload_encoding is PayloadEncoding.BASE64


def test_nothing_to_set_is_said(sigbridge: Sigbridge, demo: str) -> None:
    assert "give at least one of the options" in sigbridge.refuses("applications", "set", demo)


def test_the_quota_of_an_application_is_set(sigbridge: Sigbridge, demo: str) -> None:
    printed = sigbridge.data(
        "applications", "set", demo, "--daily-downlinks", "2", "--downlink-quota", "enforce"
    )

    assert (printed["daily_downlinks"], printed["downlink_quota"]) == (2, "enforce")
    assert find_application(demo).daily_downlinks == 2


def test_an_unknown_setting_is_refused_with_the_known_ones() -> None:
    said = NOWHERE.refuses(
        "applications", "set", "demo", "--unknown-devices", "drop", exit_code=NOT_UNDERSTOOD
    )
    assert "'register', 'reject'" in said
    assert said.endswith("(see sigbridge applications set --help)")


@pytest.mark.parametrize(
    "command",
    [
        ("applications", "show", "nowhere"),
        ("applications", "set", "nowhere", "--unknown-devices", "reject"),
        ("keys", "create", "nowhere"),
        ("keys", "list", "nowhere"),
        ("devices", "add", "nowhere", "1A2B"),
        ("downlink-data", "set", "nowhere", "1A2B", "00000000ada1b2c3"),
        ("downlink-data", "clear", "nowhere", "1A2B"),
        ("downlink-data", "show", "nowhere", "1A2B"),
    ],
    ids=" ".join,
)
def test_an_unknown_application_is_named(
    sigbridge: Sigbridge, stored: Stored, command: tuple[str, ...]
) -> None:
    assert sigbridge.refuses(*command) == "There is no application 'nowhere'"
    assert stored() == []


# keys


def test_a_created_key_authenticates(sigbridge: Sigbridge, demo: str) -> None:
    printed = sigbridge.data("keys", "create", demo, "--name", "Sigfox callbacks")

    key = authenticate(printed["key"])
    assert (key.id, key.application_id, key.name) == (printed["id"], demo, "Sigfox callbacks")
    assert key.rights == {Right.TRAFFIC_UP_WRITE}
    assert printed["rights"] == ["traffic:up:write"]
    assert printed["expires_at"] is None


def test_rights_are_given_one_by_one_or_all(sigbridge: Sigbridge, demo: str) -> None:
    some = sigbridge.data("keys", "create", demo, "--right", "traffic:read", "--right", "traffic:down:write")
    everything = sigbridge.data("keys", "create", demo, "--all-rights")

    assert authenticate(some["key"]).rights == {Right.TRAFFIC_DOWN_WRITE, Right.TRAFFIC_READ}
    assert some["rights"] == ["traffic:down:write", "traffic:read"]
    assert authenticate(everything["key"]).rights == set(Right)


def test_a_key_is_shown_to_people_once_and_in_one_piece(sigbridge: Sigbridge, demo: str) -> None:
    created = sigbridge.says("keys", "create", demo, "--name", "Sigfox callbacks")
    (token,) = [word for word in created.split() if word.startswith("sbk_")]
    secret = token.split("_")[2]

    assert authenticate(token).name == "Sigfox callbacks"
    assert created.count(secret) == 1
    assert "can't be shown again" in created
    for listed in (sigbridge.says("keys", "list", demo), json.dumps(sigbridge.data("keys", "list", demo))):
        assert authenticate(token).id in listed
        assert "Sigfox" in listed
        assert "traffic:up:write" in listed
        assert secret not in listed


def test_keys_are_listed_without_secret_or_hash(sigbridge: Sigbridge, demo: str) -> None:
    assert sigbridge.data("keys", "list", demo) == []
    assert sigbridge.says("keys", "list", demo) == "Application 'demo' has no keys.\n"
    created = sigbridge.data("keys", "create", demo, "--additional-parameter", "serial=dev.addr")

    del created["key"]
    assert sigbridge.data("keys", "list", demo) == [created]
    assert created["additional_parameter"] == "serial=dev.addr"


def test_an_expired_key_is_listed_as_such(sigbridge: Sigbridge, demo: str) -> None:
    issue_key(demo, "old", [Right.TRAFFIC_READ], valid_until=now_ms() - 1)
    assert "(expired)" in sigbridge.says("keys", "list", demo)


@pytest.mark.parametrize(
    ("written", "lifetime"),
    [("12h", timedelta(hours=12)), ("90d", timedelta(days=90)), ("8w", timedelta(weeks=8))],
)
def test_a_key_can_end_after_a_duration(
    sigbridge: Sigbridge, demo: str, written: str, lifetime: timedelta
) -> None:
    printed = sigbridge.data("keys", "create", demo, "--expires", written)

    expected = datetime.now(UTC) + lifetime
    assert abs(datetime.fromisoformat(printed["expires_at"]) - expected) < timedelta(minutes=1)
    (key,) = keys_of(demo)
    assert key.valid_until is not None
    assert abs(key.valid_until / 1000 - expected.timestamp()) < 60


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2090-01-31", "2090-01-31T00:00:00Z"),
        ("2090-01-31T12:30", "2090-01-31T12:30:00Z"),
        ("2090-01-31T12:30+02:00", "2090-01-31T10:30:00Z"),
    ],
)
def test_a_key_can_end_at_a_moment(sigbridge: Sigbridge, demo: str, written: str, moment: str) -> None:
    assert sigbridge.data("keys", "create", demo, "--expires", written)["expires_at"] == moment


@pytest.mark.parametrize("written", ["soon", "90", "90m", "-3d", "999999w", "2090-02-30", "9" * 500, ""])
def test_an_unreadable_expiry_is_refused(written: str) -> None:
    said = NOWHERE.refuses("keys", "create", "demo", f"--expires={written}", exit_code=NOT_UNDERSTOOD)
    assert "'--expires'" in said
    assert "90d" in said


@pytest.mark.parametrize("written", ["0d", "2001-01-31"])
def test_an_expiry_in_the_past_is_refused(written: str) -> None:
    said = NOWHERE.refuses("keys", "create", "demo", "--expires", written, exit_code=NOT_UNDERSTOOD)
    assert "is not in the future" in said


def test_an_unknown_right_is_refused_with_the_known_ones() -> None:
    said = NOWHERE.refuses("keys", "create", "demo", "--right", "traffic:up", exit_code=NOT_UNDERSTOOD)
    assert "'traffic:up:write'" in said


@pytest.mark.parametrize("mapping", ["serial", "serial=", "colour=blue", "serial=a;serial=b"])
def test_a_malformed_additional_parameter_is_refused(mapping: str) -> None:
    said = NOWHERE.refuses(
        "keys", "create", "demo", "--additional-parameter", mapping, exit_code=NOT_UNDERSTOOD
    )
    assert "'--additional-parameter'" in said


@pytest.mark.parametrize("whole", [False, True], ids=["by its id", "by the key itself"])
def test_a_key_is_revoked(sigbridge: Sigbridge, demo: str, *, whole: bool) -> None:
    created = sigbridge.data("keys", "create", demo)

    printed = sigbridge.data("keys", "revoke", demo, created["key" if whole else "id"])

    assert printed == {"id": created["id"], "application_id": demo, "revoked": True}
    forget_cached_keys()
    with pytest.raises(UnknownCredential):
        authenticate(created["key"])
    assert created["id"] in sigbridge.refuses("keys", "revoke", demo, created["id"])


def test_the_secret_of_a_revoked_key_is_not_repeated(sigbridge: Sigbridge, demo: str) -> None:
    token = sigbridge.data("keys", "create", demo)["key"]

    assert token.split("_")[2] not in sigbridge.says("keys", "revoke", demo, token)
    assert token.split("_")[2] not in sigbridge.refuses("keys", "revoke", demo, token)


def test_a_key_of_another_application_is_not_revoked(sigbridge: Sigbridge, demo: str) -> None:
    sigbridge.says("applications", "create", "other")
    created = sigbridge.data("keys", "create", "other")

    assert "Application 'demo' has no key" in sigbridge.refuses("keys", "revoke", demo, created["id"])
    assert authenticate(created["key"])


# devices


def test_a_device_is_added_under_its_normalised_id(sigbridge: Sigbridge, demo: str) -> None:
    printed = sigbridge.data("devices", "add", demo, "00-1a:2b", "--payload-encoding", "base64")

    assert printed == {"id": "1A2B", "application_id": demo, "payload_encoding": "base64"}
    forget_cached_devices()
    assert Directory.open(demo, ["1A2B"]).treatment_of("1A2B").payload_encoding is PayloadEncoding.BASE64


def test_a_device_that_is_listed_is_left_as_it_is(sigbridge: Sigbridge, demo: str) -> None:
    register_device(demo, "1A2B", PayloadEncoding.BASE64)

    assert sigbridge.data("devices", "add", demo, "1A2B")["payload_encoding"] == "base64"
    assert sigbridge.says("devices", "add", demo, "1A2B") == "Device 1A2B is listed in application 'demo'.\n"
    assert "listed already" in sigbridge.refuses("devices", "add", demo, "1A2B", "--payload-encoding", "hex")


@pytest.mark.parametrize("device", ["?", "", "a" * 65, "1A/2B"])
def test_a_malformed_device_id_is_refused(device: str) -> None:
    assert "'DEVICE'" in NOWHERE.refuses("devices", "add", "demo", device, exit_code=NOT_UNDERSTOOD)


# downlinkData


def test_downlink_data_is_what_the_device_gets(sigbridge: Sigbridge, demo: str) -> None:
    sigbridge.says("devices", "add", demo, "1A2B")
    assert sigbridge.data("downlink-data", "show", demo, "1A2B")["downlink_data"] is None

    printed = sigbridge.data("downlink-data", "set", demo, "1a2b", "00000000ADA1B2C3")

    assert printed == {"application_id": demo, "device_id": "1A2B", "downlink_data": "00000000ada1b2c3"}
    assert sigbridge.data("downlink-data", "show", demo, "1A2B") == printed
    assert answer_uplink(Asking(demo, "1A2B", f"{now_ms():013d}#1", now_ms())).payload == "00000000ada1b2c3"

    assert sigbridge.data("downlink-data", "clear", demo, "1A2B")["downlink_data"] is None
    assert answer_uplink(Asking(demo, "1A2B", f"{now_ms():013d}#2", now_ms())).payload is None


def test_downlink_data_is_explained_to_people(sigbridge: Sigbridge, demo: str) -> None:
    sigbridge.says("devices", "add", demo, "1A2B")
    written = sigbridge.says("downlink-data", "set", demo, "1A2B", "00000000ada1b2c3")
    shown = sigbridge.says("downlink-data", "show", demo, "1A2B")
    cleared = sigbridge.says("downlink-data", "clear", demo, "1A2B")

    assert written == shown == "Device 1A2B gets 00000000ada1b2c3 whenever its queue is empty.\n"
    assert cleared.startswith("Device 1A2B has no downlinkData")


@pytest.mark.parametrize("data", ["", "zz", "00", "00000000ada1b2c", "00000000ada1b2c300", "g" * 16])
def test_downlink_data_is_exactly_8_bytes_of_hex(data: str) -> None:
    said = NOWHERE.refuses("downlink-data", "set", "demo", "1A2B", data, exit_code=NOT_UNDERSTOOD)
    assert "must be 8 bytes, 16 hex digits" in said


@pytest.mark.parametrize("command", ["set", "clear", "show"])
def test_downlink_data_of_an_unknown_device_is_refused(sigbridge: Sigbridge, demo: str, command: str) -> None:
    data = ("00000000ada1b2c3",) if command == "set" else ()
    assert sigbridge.refuses("downlink-data", command, demo, "1A2B", *data) == "Device 1A2B is not known"


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
    assert Sigbridge().data("applications", "show", demo)["id"] == demo
    assert Sigbridge("--stack", "sigbridge").data("applications", "show", demo)["id"] == demo


@pytest.mark.usefixtures("table", "cloudformation")
def test_a_stack_that_is_not_there_or_not_ours_is_named() -> None:
    missing = Sigbridge("--stack", "sigbridge-2", "--region", "eu-west-3").refuses("keys", "list", "demo")
    stranger = Sigbridge("--stack", "other").refuses("keys", "list", "demo")

    assert missing.startswith("There is no stack 'sigbridge-2' in eu-west-3:")
    assert stranger == "Stack 'other' has no output TableName, so it is not a stack of Sigbridge"


@pytest.mark.usefixtures("table")
def test_a_table_that_is_not_there_is_named() -> None:
    said = Sigbridge("--table", "sigbridge-2").refuses("keys", "list", "demo")
    assert said == "There is no table 'sigbridge-2' in that region and account"


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
    assert Sigbridge(*where).refuses("keys", "list", "demo").startswith("No AWS credentials found")


@pytest.mark.usefixtures("without_aws_configuration")
def test_a_missing_region_is_said(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    said = Sigbridge("--table", table).refuses("keys", "list", "demo")
    assert said.startswith("No AWS region is configured")


def test_an_unknown_profile_is_named() -> None:
    said = Sigbridge("--profile", "nobody").refuses("keys", "list", "demo")
    assert said == "There is no AWS profile 'nobody'"


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


@pytest.mark.usefixtures("without_aws_configuration")
def test_the_local_stack_needs_no_aws_configuration(
    project: Path, demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    describe_local_stack(project, "https://dynamodb.eu-west-1.amazonaws.com")

    assert Sigbridge("--local").data("applications", "show", demo)["id"] == demo


def test_a_local_stack_that_is_down_is_said(project: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        describe_local_stack(project, address)
        said = Sigbridge("--local").refuses("keys", "list", "demo")

    assert said.startswith(f"Table 'sigbridge-test' at {address} can't be reached")
    assert "`make up` starts it" in said


def test_a_missing_or_broken_description_of_the_local_stack_is_said(project: Path) -> None:
    assert "`make up` starts the local stack" in Sigbridge("--local").refuses("keys", "list", "demo")
    (project / ".local" / "stack.json").write_text('{"table": 3')
    assert "does not describe a local stack" in Sigbridge("--local").refuses("keys", "list", "demo")


def test_a_command_leaves_the_process_as_it_was(demo: str, table: str, project: Path) -> None:
    describe_local_stack(project, "https://dynamodb.eu-west-1.amazonaws.com")
    before = boto3.DEFAULT_SESSION

    Sigbridge("--local").says("applications", "show", demo)

    assert boto3.DEFAULT_SESSION is before
    assert settings().table_name == table
    assert settings().dynamodb_endpoint_url is None


@pytest.mark.parametrize(
    "options",
    [("--local", "--table", "x"), ("--local", "--region", "eu-west-1"), ("--table", "x", "--stack", "y")],
    ids=" ".join,
)
def test_contradicting_options_are_refused(options: tuple[str, ...]) -> None:
    assert "--table" in Sigbridge(*options).refuses("keys", "list", "demo")


# help


COMMANDS = [
    ("applications", "create"),
    ("applications", "show"),
    ("applications", "set"),
    ("keys", "create"),
    ("keys", "list"),
    ("keys", "revoke"),
    ("devices", "add"),
    ("downlink-data", "set"),
    ("downlink-data", "clear"),
    ("downlink-data", "show"),
]


@pytest.mark.parametrize("command", [(), *COMMANDS], ids=" ".join)
def test_help_needs_no_table_and_gives_an_example(command: tuple[str, ...]) -> None:
    helped = NOWHERE.says(*command, "--help")
    assert f"$ sigbridge {' '.join(command)}".rstrip() in helped


def test_help_spells_every_right() -> None:
    helped = Sigbridge().says("keys", "create", "--help")
    assert [right for right in Right if right.value not in helped] == []


@pytest.mark.parametrize("command", [(), ("keys",)], ids=["sigbridge", "sigbridge keys"])
def test_a_missing_command_shows_help(command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.exit_code == NOT_UNDERSTOOD
    assert "Usage: sigbridge" in result.stdout + result.stderr
    assert "error" not in result.stderr


def test_an_unknown_command_points_to_help() -> None:
    assert Sigbridge().refuses("frobnicate", exit_code=NOT_UNDERSTOOD).endswith("(see sigbridge --help)")
