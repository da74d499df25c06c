"""What a function's first request waits for, in fresh processes.

The processes see what a function sees: Python, boto3 (which the runtime brings) and the layer.
Packages for development are out of sight, because boto3 imports some of them where it finds them.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from benchmarks.budget import Row, ratio_row
from benchmarks.layer import layer_of
from benchmarks.stopwatch import medians
from benchmarks.workload import Event, Workload, function_environment

_ROUNDS = 9
_BUDGET = 1.5
_FUNCTIONS = {
    "uplink": "UplinkFunction",
    "bidir_downlink": "BidirDownlinkFunction",
    "queue_push": "QueuePushFunction",
}

_BOTO3 = """
import boto3, os
boto3.client("dynamodb", endpoint_url=os.environ["DYNAMODB_ENDPOINT_URL"])
"""
_BOTO3_WITH_REQUEST = """
import boto3, os
client = boto3.client("dynamodb", endpoint_url=os.environ["DYNAMODB_ENDPOINT_URL"])
client.get_item(TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": "none"}, "sk": {"S": "none"}})
"""
_FUNCTION = """
import app
answer = app.lambda_handler(event, context)
assert answer["statusCode"] in (200, 204), answer
"""
_TIMED = """
import json, sys, time
from types import SimpleNamespace
event, context = json.loads(sys.argv[1]), SimpleNamespace(
    function_name="f", memory_limit_in_mb=512, invoked_function_arn="a", aws_request_id="r"
)
start = time.perf_counter()
{work}
print((time.perf_counter() - start) * 1000, file=sys.stderr)
"""


def cold_start_rows(workload: Workload, built: Path) -> list[Row]:
    """Time import and first request of the functions over import of boto3 and making its client."""
    environment = function_environment(workload.endpoint_url)
    times: dict[str, list[float]] = {name: [] for name in ("boto3", "boto3 with a request", *_FUNCTIONS)}
    with _runtime_packages() as runtime:
        paths = [layer_of(built), runtime]
        for _ in range(_ROUNDS):
            times["boto3"].append(_time(_BOTO3, {}, paths, environment))
            times["boto3 with a request"].append(_time(_BOTO3_WITH_REQUEST, {}, paths, environment))
            for function, folder in _FUNCTIONS.items():
                event = _first_event(workload, function)
                times[function].append(_time(_FUNCTION, event, [built / folder, *paths], environment))
    p50 = medians(times)
    return [_row(function, p50) for function in _FUNCTIONS]


def _row(function: str, p50: Mapping[str, float]) -> Row:
    return ratio_row(
        f"cold start of {function} over boto3 and its client",
        p50[function] / p50["boto3"],
        _BUDGET,
        {
            "function_ms": p50[function],
            "boto3_ms": p50["boto3"],
            "boto3_with_a_request_ms": p50["boto3 with a request"],
        },
        note="from the first import to the first answer, with its reads of key and device and its writes; "
        f"boto3 sends nothing; p50 of {_ROUNDS} fresh processes each in turns; Python's own start left out",
    )


def _first_event(workload: Workload, function: str) -> Event:
    device_id = workload.device()
    if function == "queue_push":
        return workload.queue_event(function, device_id, 1)
    return workload.callback_event(function, device_id)


def _time(work: str, event: Event, paths: Sequence[Path], environment: Mapping[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-S", "-c", _TIMED.format(work=work), json.dumps(event)],
        env={
            **environment,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            # Lambda's folders are read-only: bytecode that was not deployed is never kept.
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stderr.strip().splitlines()[-1])


@contextmanager
def _runtime_packages() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as scratch:
        for name in _required_by("boto3"):
            for package in _packages(distribution(name)):
                (Path(scratch) / package.name).symlink_to(package)
        yield Path(scratch)


def _required_by(name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        requirements = (Requirement(text) for text in distribution(current).requires or [])
        waiting += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def _packages(installed: Distribution) -> set[Path]:
    site = Path(str(installed.locate_file("")))
    tops = {Path(str(file)).parts[0] for file in installed.files or []}
    return {site / top for top in tops if top not in {"..", "__pycache__"}}
