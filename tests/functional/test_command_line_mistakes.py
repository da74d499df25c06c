"""Mistakes on the command line: each gets one line that says what to do instead, and changes nothing."""

from pathlib import Path

import pytest

from sigbridge_admin.api import Surroundings
from sigbridge_admin.formatter_library import library
from tests.functional.command_line import NOT_UNDERSTOOD, REFUSED, URL, Lambdas, Sigbridge

KEY = f"sbk_{'a' * 16}_{'b' * 52}"

WITH_A_KEY = [
    (
        "frobnicate",
        NOT_UNDERSTOOD,
        "No such command 'frobnicate' (see sigbridge --help)",
    ),
    (
        "devices lst",
        NOT_UNDERSTOOD,
        "No such command 'lst'. Did you mean 'list', 'set'? (see sigbridge devices --help)",
    ),
    (
        "devices show",
        NOT_UNDERSTOOD,
        "Missing argument 'DEVICE' (see sigbridge devices show --help)",
    ),
    (
        "devices show ?",
        NOT_UNDERSTOOD,
        (
            "Invalid value for 'DEVICE': must be 1 to 64 letters, digits, dots or underscores "
            "(`-`, `:` and spaces are ignored) (see sigbridge devices show --help)"
        ),
    ),
    (
        "devices list --sate ok",
        NOT_UNDERSTOOD,
        "No such option: --sate (Possible options: --state, --type) (see sigbridge devices list --help)",
    ),
    (
        "devices list --state dead",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--state': unknown value 'dead', choose from 'off_contract', "
            "'out_of_sequence', 'silent', 'over_quota', 'never_heard', 'ok' "
            "(see sigbridge devices list --help)"
        ),
    ),
    (
        "devices list --limit 500",
        NOT_UNDERSTOOD,
        "Invalid value for '--limit': write at most 100 (see sigbridge devices list --help)",
    ),
    (
        "devices add 1A --tag site",
        NOT_UNDERSTOOD,
        "Invalid value for '--tag': 'site' is not a tag: write key:value (see sigbridge devices add --help)",
    ),
    (
        "devices import /nowhere.csv",
        REFUSED,
        "/nowhere.csv can't be read: No such file or directory",
    ),
    (
        "keys create",
        NOT_UNDERSTOOD,
        "Missing option '--name' (see sigbridge keys create --help)",
    ),
    (
        "keys create --name x --right traffic:reed",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--right': unknown value 'traffic:reed', choose from "
            "'traffic:up:write', 'traffic:down:write', 'traffic:read', 'devices:read', "
            "'devices:write', 'keys:write', 'settings:write', 'webhooks:write', 'sigfox:write'"
            " (see sigbridge keys create --help)"
        ),
    ),
    (
        "keys create --name x --expires soon",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--expires': 'soon' is neither a duration (12h, 90d, 8w) nor a date"
            " (2030-01-31, 2030-01-31T12:00Z) (see sigbridge keys create --help)"
        ),
    ),
    (
        "keys create --name x --expires 2001-01-31",
        NOT_UNDERSTOOD,
        "Invalid value for '--expires': '2001-01-31' is not in the future (see sigbridge keys create --help)",
    ),
    (
        "keys set k3",
        REFUSED,
        "Nothing to set: give at least one option, --help lists them",
    ),
    (
        "webhooks show",
        NOT_UNDERSTOOD,
        "Missing argument 'ID' (see sigbridge webhooks show --help)",
    ),
    (
        "webhooks add my-server --path /up",
        NOT_UNDERSTOOD,
        "Invalid value for '--path': '/up' is not NAME=VALUE (see sigbridge webhooks add --help)",
    ),
    (
        "webhooks add my-server --format xml",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--format': unknown value 'xml', choose from 'tts', 'sigbridge', "
            "'cloudevents', 'tagoio', 'influxdb', 'custom' (see sigbridge webhooks add --help)"
        ),
    ),
    (
        "webhooks add my-server --from /nowhere.json",
        REFUSED,
        "/nowhere.json can't be read: No such file or directory",
    ),
    (
        "webhooks change my-server",
        REFUSED,
        "Nothing to set: give at least one option, --help lists them",
    ),
    (
        "webhooks attempts my-server --limit 0",
        NOT_UNDERSTOOD,
        "Invalid value for '--limit': write at least 1 (see sigbridge webhooks attempts --help)",
    ),
    (
        "webhooks replay my-server --since yesterday --until 2026-11-22",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--since': 'yesterday' is no date: write 2026-11-01 or 2026-11-01T12:00Z"
            " (see sigbridge webhooks replay --help)"
        ),
    ),
    (
        "webhooks replay my-server --since 2026-11-22",
        NOT_UNDERSTOOD,
        "Missing option '--until' (see sigbridge webhooks replay --help)",
    ),
    (
        "--table x webhooks redeliver",
        REFUSED,
        "This command works on a stack in AWS, with AWS credentials: leave out --table",
    ),
    (
        "feed --limit 0",
        NOT_UNDERSTOOD,
        "Invalid value for '--limit': write at least 1 (see sigbridge feed --help)",
    ),
    (
        "feed --follw",
        NOT_UNDERSTOOD,
        "No such option: --follw (Possible options: --follow) (see sigbridge feed --help)",
    ),
    (
        "settings set",
        REFUSED,
        "Nothing to set: give at least one option, --help lists them",
    ),
    (
        "settings set --daily-downlinks many",
        NOT_UNDERSTOOD,
        "Invalid value for '--daily-downlinks': write a whole number (see sigbridge settings set --help)",
    ),
    (
        "settings set --unknown-devices drop",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--unknown-devices': unknown value 'drop', choose from 'register', "
            "'reject' (see sigbridge settings set --help)"
        ),
    ),
    (
        "types create t --downlink-data zz",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--downlink-data': downlinkData must be 8 bytes, 16 hex digits (see"
            " sigbridge types create --help)"
        ),
    ),
    (
        "types create t --keep-alive soon",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--keep-alive': 'soon' is neither a number of seconds nor a "
            "duration (26h, 8d, 2w) (see sigbridge types create --help)"
        ),
    ),
    (
        "data delete 1A2B",
        REFUSED,
        "Give at least one of --start, --end and --variables: they choose what is deleted",
    ),
    (
        "data list 1A2B --csv --json",
        REFUSED,
        "Give --json or --csv, not both",
    ),
    (
        "data list 1A2B --query mean",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--query': unknown value 'mean', choose from 'last_item', "
            "'first_item', 'count', 'min', 'max', 'avg', 'sum' (see sigbridge data list --help)"
        ),
    ),
    (
        "data watch",
        NOT_UNDERSTOOD,
        "Missing argument 'DEVICE' (see sigbridge data watch --help)",
    ),
    (
        "data latest 1A2B --type x",
        REFUSED,
        "Name devices, or choose them by --type, --tag, --state and --prefix, not both",
    ),
    (
        "downlinks push 1A2B",
        REFUSED,
        "Give the payload either as HEX, such as 0102030405060708, or with --base64, or with --file",
    ),
    (
        "downlinks push 1A2B zz",
        NOT_UNDERSTOOD,
        (
            "Invalid value for 'HEX': 'zz' is not hexadecimal: write 8 bytes as 16 digits, "
            "0102030405060708 (see sigbridge downlinks push --help)"
        ),
    ),
    (
        "downlinks push 1A2B 010203040506070809",
        NOT_UNDERSTOOD,
        (
            "Invalid value for 'HEX': '010203040506070809' is 9 bytes; a downlink has exactly 8 "
            "(see sigbridge downlinks push --help)"
        ),
    ),
    (
        "downlinks push 1A2B --base64 ?",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--base64': '?' is not base64: 8 bytes look like AQIDBAUGBwg= (see "
            "sigbridge downlinks push --help)"
        ),
    ),
    (
        "downlinks push 1A2B 0102030405060708 --file x",
        REFUSED,
        "Give the payload either as HEX, such as 0102030405060708, or with --base64, or with --file",
    ),
    (
        "downlinks push 1A2B --file /nowhere",
        REFUSED,
        "/nowhere can't be read: No such file or directory",
    ),
    (
        "downlinks push 1A2B 0102030405060708 --expires soon",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--expires': 'soon' is neither a duration (12h, 90d, 8w) nor a date"
            " (2030-01-31, 2030-01-31T12:00Z) (see sigbridge downlinks push --help)"
        ),
    ),
    (
        "downlinks delete 1A2B",
        NOT_UNDERSTOOD,
        "Missing argument 'ID' (see sigbridge downlinks delete --help)",
    ),
    (
        "devices add 1A --inactve",
        NOT_UNDERSTOOD,
        "No such option: --inactve (Possible options: --inactive, --name) (see sigbridge devices add --help)",
    ),
    (
        "types set t --unset colour",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--unset': unknown value 'colour', choose from 'payload-encoding', "
            "'downlink-data', 'daily-downlinks', 'downlink-quota', 'keep-alive', 'uplink-formatter', "
            "'downlink-formatter' (see sigbridge types set --help)"
        ),
    ),
    (
        "formatters put climate",
        REFUSED,
        "Give either a FILE, or --example NAME, or --kind cayenne_lpp, which needs no file",
    ),
    (
        "formatters put climate climate.js --example sensit-v3",
        REFUSED,
        "Give either a FILE, or --example NAME, or --kind cayenne_lpp, which needs no file",
    ),
    (
        "formatters put climate --kind javascript",
        REFUSED,
        "Give either a FILE, or --example NAME, or --kind cayenne_lpp, which needs no file",
    ),
    (
        "formatters put climate --example sensit-v3 --kind javascript",
        REFUSED,
        "Give either a FILE, or --example NAME, or --kind cayenne_lpp, which needs no file",
    ),
    ("formatters put climate /nowhere.js", REFUSED, "/nowhere.js can't be read: No such file or directory"),
    (
        "formatters put climate climate.lua",
        REFUSED,
        "climate.lua ends neither in .js nor in .txt: say with --kind how it is written",
    ),
    (
        "formatters put climate climate.js --kind python",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--kind': unknown value 'python', choose from 'sigfox_grammar', "
            "'cayenne_lpp', 'javascript' (see sigbridge formatters put --help)"
        ),
    ),
    (
        "formatters put climate climate.js --valid-from 8d",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--valid-from': '8d' is no date: write 2026-11-01 or 2026-11-01T12:00Z (see "
            "sigbridge formatters put --help)"
        ),
    ),
    (
        "formatters put climate --example sensit-v9",
        REFUSED,
        "There is no example 'sensit-v9': choose from " + ", ".join(each.id for each in library()),
    ),
    (
        "formatters show climate --version 0",
        NOT_UNDERSTOOD,
        "Invalid value for '--version': write at least 1 (see sigbridge formatters show --help)",
    ),
    (
        "formatters test climate",
        REFUSED,
        "Give --payload HEX, or --data JSON for encodeDownlink",
    ),
    (
        "formatters test --payload 00",
        REFUSED,
        "Give either a FILE, or --example NAME, or --kind cayenne_lpp, which needs no file",
    ),
    (
        "formatters test climate.js --payload 00",
        REFUSED,
        "climate.js can't be read: No such file or directory",
    ),
    (
        "formatters test climate --payload 00 --kind javascript",
        REFUSED,
        "'climate' is a formatter of the application: leave out --example and --kind",
    ),
    (
        "formatters test --example sensit-v3 --payload 00 --version 1",
        REFUSED,
        "--version is that of a formatter of the application: give its ID",
    ),
    (
        "formatters test climate --payload 0g",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--payload': '0g' is not hexadecimal: write two digits for each byte, such as "
            "17012c (see sigbridge formatters test --help)"
        ),
    ),
    (
        "formatters test climate --data [1]",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--data': '[1]' is no JSON object, such as {\"interval\": 15} (see sigbridge "
            "formatters test --help)"
        ),
    ),
    (
        "formatters test climate --payload 00 --function check",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--function': unknown value 'check', choose from 'decodeUplink', "
            "'encodeDownlink', 'decodeDownlink', 'normalizeUplink', 'answerUplink' (see sigbridge formatters "
            "test --help)"
        ),
    ),
    (
        "data watch 1A --every 0",
        NOT_UNDERSTOOD,
        "Invalid value for '--every': write at least 1 (see sigbridge data watch --help)",
    ),
    (
        "keys create --name x --additional-parameter colour=blue",
        NOT_UNDERSTOOD,
        (
            "Invalid value for '--additional-parameter': Additional Parameter: 'colour=blue' is "
            "not one of serial, payload, port, time, seqNumber, ack, latitude, longitude, '=' and "
            "a name, each field once (see sigbridge keys create --help)"
        ),
    ),
]

WITHOUT_A_PLACE = [
    (
        "devices list",
        REFUSED,
        "Set SIGBRIDGE_URL and SIGBRIDGE_KEY, choose a profile with --profile, or use --local",
    ),
    (
        "--local devices list",
        REFUSED,
        "There is no .local/stack.json here or in a directory above: `make up` starts the local stack",
    ),
    (
        "--profile prod devices list",
        REFUSED,
        "There is no profile 'prod': `sigbridge profiles add prod` adds it",
    ),
    (
        "--url host devices list",
        REFUSED,
        "Set SIGBRIDGE_KEY, choose a profile with --profile, or use --local",
    ),
    (
        "--stack x devices list",
        REFUSED,
        "This command works over HTTP, with a key: leave out --stack",
    ),
    (
        "--url x applications list",
        REFUSED,
        "This command works with AWS credentials: leave out --url",
    ),
    (
        "--local --profile x devices list",
        REFUSED,
        "Give --local or --profile, not both",
    ),
    (
        "--stack x --table y applications list",
        REFUSED,
        "Give --stack or --table, not both",
    ),
    (
        "profiles add prod",
        REFUSED,
        "Give --url for commands with a key; --stack, --region or --aws-profile for `applications`",
    ),
    (
        "profiles use",
        REFUSED,
        "Give the name of a profile, or --none",
    ),
    (
        "profiles remove prod",
        REFUSED,
        "There is no profile 'prod': `sigbridge profiles add prod` adds it",
    ),
    (
        "profiles add prod --url ftp://x --key y",
        REFUSED,
        "The URL must be as the stack's output ApiUrl: https://<id>.execute-api.<region>.amazonaws.com",
    ),
    (
        f"profiles add prod --url {URL} --key y",
        REFUSED,
        (
            "That is not a key of Sigbridge, which looks like sbk_<16 characters>_<52 characters>:"
            " copy it whole, or make another one with `sigbridge applications issue-key`"
        ),
    ),
    (
        "--key x profiles list",
        REFUSED,
        "`profiles` works on this machine alone, and its options stand behind its name: leave out --key",
    ),
    (
        f"--key sbk_x --url {URL} devices list",
        REFUSED,
        (
            "That is not a key of Sigbridge, which looks like sbk_<16 characters>_<52 characters>:"
            " copy it whole, or make another one with `sigbridge applications issue-key`"
        ),
    ),
    (
        f"--url http://api.example --key {KEY} devices list",
        REFUSED,
        "The URL must begin with https, or others could read the key on its way",
    ),
]


@pytest.mark.parametrize(("command", "exit_code", "message"), WITH_A_KEY, ids=lambda part: str(part)[:40])
def test_a_mistake_is_answered_with_what_to_do(command: str, exit_code: int, message: str) -> None:
    lambdas = Lambdas()
    environment = {"SIGBRIDGE_URL": URL, "SIGBRIDGE_KEY": KEY}
    sigbridge = Sigbridge(environment=environment, surroundings=Surroundings(lambdas))

    assert sigbridge.refuses(*command.split(), exit_code=exit_code) == message
    assert not lambdas.requests


@pytest.mark.parametrize(
    ("command", "exit_code", "message"), WITHOUT_A_PLACE, ids=lambda part: str(part)[:40]
)
def test_a_mistake_about_where_is_answered_with_what_to_do(
    command: str, exit_code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Sigbridge().refuses(*command.split(), exit_code=exit_code) == message
