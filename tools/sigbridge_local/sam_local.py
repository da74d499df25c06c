"""Every function once in Docker, as `sam local invoke` runs it, against a local table."""

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sigbridge.devices import register_device
from sigbridge.model.device_id import sigfox_device_id
from sigbridge_local.deployment import SAM, build, host_architecture
from sigbridge_local.dynamodb_local import dynamodb_local, local_client
from sigbridge_local.emulator import isolated_environment
from sigbridge_local.failures import LocalStackError, UnavailableError
from sigbridge_local.places import EVENTS, LOCAL, ROOT, shown
from sigbridge_local.processes import last_words
from sigbridge_local.progress import console, step
from sigbridge_local.stack import DEMO_APPLICATION, configured, create_demo_application
from sigbridge_local.table_from_template import create_table

# `sam local` resolves a `!Ref` to the logical id.
_TABLE = "SigbridgeTable"
# This machine as seen from a container; SAM takes `--docker-network host` but starts it on the bridge.
_HOST = "host.docker.internal"
_KEY_IN_EVENTS = re.compile(r"sbk_demo\w*\.*")
_INVOCATION_S = 300


@dataclass(frozen=True, slots=True)
class Invocation:
    """One function, its event and what it must return.

    Attributes:
        function: Logical id.
        event: Name of the file in `events/`, without suffix.
        expected: Tells whether what it returned is right.
    """

    function: str
    event: str
    expected: Callable[[Any], bool]


def _answers(is_right: Callable[[dict[str, Any]], bool] = lambda _: True) -> Callable[[Any], bool]:
    """Expect the answer 200 of the API with the right body."""

    def expected(result: Any) -> bool:
        return (
            isinstance(result, dict)
            and result.get("statusCode") == HTTPStatus.OK
            and is_right(json.loads(result.get("body") or "{}"))
        )

    return expected


INVOCATIONS = (
    Invocation("UplinkFunction", "uplink", _answers(lambda body: body["accepted"] >= 1)),
    Invocation("BatchUplinkFunction", "batch_uplink", _answers(lambda body: body["accepted"] >= 1)),
    Invocation("QueuePushFunction", "queue_push", _answers()),
    Invocation("QueueListFunction", "queue_list", _answers(lambda body: body["downlinks"] != [])),
    Invocation("BidirDownlinkFunction", "bidir_downlink", _answers(lambda body: body != {})),
    Invocation("SigfoxServiceFunction", "sigfox_acknowledge", _answers()),
    Invocation("ChangeStreamFunction", "change_stream", lambda result: result == {"batchItemFailures": []}),
    Invocation("EveryMinuteFunction", "every_minute", lambda result: result is None),
    Invocation(
        "FormatterFunction",
        "formatter",
        lambda result: result["results"][0]["data"] == {"temperature": 21.5},
    ),
    Invocation("DeviceApiFunction", "downlink_history", _answers(lambda body: body["downlinks"] != [])),
    Invocation("DeviceApiFunction", "device_state", _answers()),
    Invocation("ManagementFunction", "management_application", _answers(lambda body: body["id"] == "demo")),
    # Again, for what shows and deletes a downlink that waits.
    Invocation("QueuePushFunction", "queue_push", _answers()),
    Invocation("DeviceApiFunction", "downlink_show", _answers(lambda body: body != {})),
    Invocation("DeviceApiFunction", "queue_delete", _answers()),
    Invocation("QueueReplaceFunction", "queue_replace", _answers()),
)


def invoke_all() -> None:
    """Builds, starts a local table, and invokes every function once.

    Raises:
        UnavailableError: Docker, the Lambda image or DynamoDB Local is missing.
        LocalStackError: A function gave another answer than it should.
    """
    architecture = host_architecture()
    _require_docker(architecture)
    with step(f"sam build for {architecture}"):
        template = build(architecture)
    with dynamodb_local() as url, tempfile.TemporaryDirectory(dir=LOCAL) as scratch:
        with step("table, application, key and device"):
            create_table(local_client(url), _TABLE)
            key = create_demo_application(_TABLE, url)
            with configured(_TABLE, url):
                device_id = _event("queue_push")["pathParameters"]["device_id"]
                register_device(DEMO_APPLICATION, sigfox_device_id(device_id))
        overrides = [f"Architecture={architecture}", f"DynamodbEndpointUrl={url.replace('127.0.0.1', _HOST)}"]
        pushed = ""
        for invocation in INVOCATIONS:
            event = Path(scratch) / f"{invocation.event}.json"
            content = prepared(_event(invocation.event), key, int(time.time()), pushed)
            event.write_text(json.dumps(content))
            with step(f"sam local invoke {invocation.function}"):
                result = _invoke(template, invocation.function, event, overrides)
            console.print(f"  {_shown(result)}", markup=False)
            if not invocation.expected(result):
                message = f"{invocation.function} gave a wrong answer to events/{invocation.event}.json"
                raise LocalStackError(message)
            pushed = _pushed(result) or pushed


def prepared(event: dict[str, Any], key: str, now_s: int, downlink_id: str) -> dict[str, Any]:
    """An event as it would come now.

    Args:
        event: The event of the file.
        key: A key that exists, in place of the file's.
        now_s: The present time, in place of the one in a Sigfox body.
        downlink_id: A downlink that exists, in place of the one that the path names, if it does.
    """
    text = _KEY_IN_EVENTS.sub(key, json.dumps(event))
    named = event.get("pathParameters", {}).get("downlink_id")
    result: dict[str, Any] = json.loads(text.replace(named, downlink_id) if named else text)
    try:
        body = json.loads(result.get("body") or "")
    except ValueError:
        return result
    if isinstance(body, dict) and "time" in body:
        body["time"] = type(body["time"])(now_s)
        result["body"] = json.dumps(body)
    return result


def _pushed(result: Any) -> str:
    """The first of the downlinks that an answer says were pushed, or ""."""
    headers = (result or {}).get("headers") or {}
    ids: str = {name.lower(): value for name, value in headers.items()}.get("x-downlink-ids", "")
    return ids.split(",", maxsplit=1)[0].strip()


def _shown(result: Any) -> str:
    """What a function returned, for people."""
    if isinstance(result, dict) and "statusCode" in result:
        return f"{result['statusCode']} {result.get('body') or ''}"
    return json.dumps(result)


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def _require_docker(architecture: str) -> None:
    image = f"public.ecr.aws/lambda/python:3.13-{architecture}"
    if shutil.which("docker") is None:
        message = "docker was not found on PATH"
        raise UnavailableError(message)
    if not _succeeds("docker", "info"):
        message = "the Docker daemon does not answer"
        raise UnavailableError(message)
    if not _succeeds("docker", "image", "inspect", image):
        message = f"the Lambda image is missing, `docker pull {image}` fetches it"
        raise UnavailableError(message)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _invoke(template: Path, function: str, event: Path, overrides: list[str]) -> Any:
    log = LOCAL / "sam-local.log"
    command = [*SAM, "local", "invoke", function, "--template-file", str(template), "--event", str(event)]
    command += [
        "--skip-pull-image",
        "--add-host",
        f"{_HOST}:host-gateway",
        "--parameter-overrides",
        *overrides,
    ]
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=isolated_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            timeout=_INVOCATION_S,
            check=False,
        )
    try:
        result = json.loads(done.stdout)
    except ValueError as failure:
        said = done.stdout.decode().strip() or last_words(log)
        message = f"{function} gave no answer: {said} (see {shown(log)})"
        raise LocalStackError(message) from failure
    if isinstance(result, dict) and "errorMessage" in result:
        message = f"{function} failed: {result['errorMessage']} (see {shown(log)})"
        raise LocalStackError(message)
    return result
