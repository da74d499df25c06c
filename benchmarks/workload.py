"""The product's handlers in this process, on a table of DynamoDB Local, and what calls them."""

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.model.api_key import Right
from sigbridge.store.connections import client
from sigbridge_local.dynamodb_local import dynamodb_local
from sigbridge_local.emulator import isolated_environment
from sigbridge_local.places import EVENTS, ROOT
from sigbridge_local.table_from_template import create_table

TABLE = "sigbridge-benchmark"
APPLICATION = "benchmark"

type Event = dict[str, Any]
type Call = Callable[[], dict[str, Any]]

_sequence = count(1)
_device_numbers = count(0x100000)


@dataclass(frozen=True, slots=True)
class _Context:
    function_name: str = "benchmark"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:000000000000:function:benchmark"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"


class WrongAnswerError(Exception):
    """A handler answered otherwise than the measurement needs."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A table, an application and a key, ready for traffic.

    Attributes:
        endpoint_url: Address of the engine.
        token: A key with all rights.
    """

    endpoint_url: str
    token: str

    def device(self) -> str:
        """Register one more device, which this process knows from then on."""
        device_id = unused_device()
        register_device(APPLICATION, device_id)
        return device_id

    def uplink(self, device_id: str) -> Call:
        """A Sigfox DATA/UPLINK callback of a message never sent before."""
        return self._call("uplink", self.callback_event("uplink", device_id))

    def bidir(self, device_id: str, *, ack: bool = True) -> Call:
        """A Sigfox DATA/BIDIR callback within the radio window; if it asks, there must be a downlink."""
        event = self.callback_event("bidir_downlink", device_id, ack=str(ack).lower())
        return self._call("bidir_downlink", event, 200 if ack else 204)

    def batch(self, device_ids: list[str]) -> Call:
        """A Sigfox BATCH_URL callback with one new message of each device."""
        lines = "\n".join(";".join(_essentials(device_id).values()) for device_id in device_ids)
        event = self._event("batch_uplink")
        pattern = ";".join(_essentials(""))
        event["rawQueryString"] = f"authorization={self.token}&pattern={pattern}&batch={quote(lines)}"
        return self._call("batch_uplink", event)

    def report(self, service: str, device_id: str, **facts: str) -> Call:
        """A callback of one of Sigfox's services about this moment."""
        event = self._event(f"sigfox_{service}")
        body = json.loads(event["body"]) | {"device": device_id, "time": str(int(time.time()))} | facts
        return self._call("sigfox_service", event | {"body": json.dumps(body, separators=(",", ":"))})

    def change_queue(self, function: str, device_id: str, downlinks: int, **fields: object) -> Call:
        """A push or replace request with so many downlinks, each with these fields."""
        return self._call(function, self.queue_event(function, device_id, downlinks, **fields))

    def management(self, method: str, path: str, **query: object) -> Call:
        """A request to the management API, without a body."""
        event = self._event("management_application")
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        event["requestContext"]["http"]["method"] = method
        event["rawQueryString"] = urlencode(query)
        event["queryStringParameters"] = {name: str(value) for name, value in query.items()}
        return self._call("management", event)

    def follow(self, records: list[Event]) -> None:
        """Hand records of the table's change stream to the function that follows it."""
        self._hand_over("change_stream", records)

    def publish(self, records: list[Event]) -> None:
        """Hand records of the table's change stream to the function that tells destinations of them."""
        self._hand_over("publish", records)

    def deliver(self, records: list[Event]) -> None:
        """Hand messages of the queue of webhooks to the function that calls them."""
        self._hand_over("webhook_sender", records)

    def callback_event(self, function: str, device_id: str, **changes: str) -> Event:
        """The event of a callback of a new message, as `events/` has it."""
        event = self._event(function)
        body = json.loads(event["body"]) | _essentials(device_id) | changes
        return event | {"body": json.dumps(body, separators=(",", ":"))}

    def queue_event(self, function: str, device_id: str, downlinks: int, **fields: object) -> Event:
        """The event of a push or replace request, as `events/` has it but for its downlinks."""
        event = self._event(function)
        item = {"frm_payload": "AQIDBAUGBwg=", "f_port": 15, "priority": "NORMAL"} | fields
        body = {"downlinks": [item] * downlinks}
        path = {"application_id": APPLICATION, "device_id": device_id.lower()}
        return event | {"pathParameters": path, "body": json.dumps(body, separators=(",", ":"))}

    def _hand_over(self, function: str, records: list[Event]) -> None:
        answer = _handler(function)({"Records": records}, _Context())
        if answer["batchItemFailures"]:
            message = f"{function} failed: {answer}"
            raise WrongAnswerError(message)

    def _event(self, function: str) -> Event:
        event: Event = json.loads(_event_text(EVENTS / f"{function}.json"))
        event["headers"]["authorization"] = f"Bearer {self.token}"
        return event

    def _call(self, function: str, event: Event, status: int = 200) -> Call:
        handler = _handler(function)

        def call() -> dict[str, Any]:
            answer: dict[str, Any] = handler(event, _Context())
            if answer["statusCode"] != status:
                message = f"{function} answered {answer['statusCode']}: {answer.get('body')}"
                raise WrongAnswerError(message)
            return answer

        return call


@contextmanager
def running_workload() -> Iterator[Workload]:
    """Start the engine and make table, application and key; what the handlers print is not shown."""
    with dynamodb_local() as endpoint_url:
        environment = function_environment(endpoint_url)
        os.environ.clear()
        os.environ |= environment
        create_table(client(), TABLE)
        create_application(APPLICATION)
        token = str(issue_key(APPLICATION, "benchmark", list(Right)).token)
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            yield Workload(endpoint_url, token)


def function_environment(endpoint_url: str) -> dict[str, str]:
    """The environment of a function on this engine."""
    return isolated_environment() | {
        "TABLE_NAME": TABLE,
        "DYNAMODB_ENDPOINT_URL": endpoint_url,
        "WEBHOOK_QUEUE_URL": "https://queue.example/webhook-deliveries",
        "TRUSTED_WEBHOOK_HOSTS": "127.0.0.1",
        "POWERTOOLS_SERVICE_NAME": "sigbridge",
        "POWERTOOLS_METRICS_NAMESPACE": "Sigbridge",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def unused_device() -> str:
    """An id that no device has yet."""
    return f"{next(_device_numbers):X}"


def _essentials(device_id: str) -> dict[str, str]:
    return {
        "device": device_id,
        "time": str(int(time.time())),
        "data": "b0513801a421f0019405a500",
        "seqNumber": str(next(_sequence)),
    }


@cache
def _event_text(path: Path) -> str:
    return path.read_text()


@cache
def _handler(function: str) -> Callable[[Event, _Context], dict[str, Any]]:
    name = f"benchmarks.functions.{function}"
    spec = importlib.util.spec_from_file_location(name, ROOT / "functions" / function / "app.py")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(function)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    handler: Callable[[Event, _Context], dict[str, Any]] = module.lambda_handler
    return handler
