"""Times of the handlers over the least that could do their job."""

from collections.abc import Callable, Mapping
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

import boto3

from benchmarks.budget import Row, ratio_row
from benchmarks.stopwatch import TURN, Action, medians, take_turns
from benchmarks.workload import APPLICATION, TABLE, Call, Workload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WARMING_ROUNDS = 150
_ROUNDS = 400
_BATCH_ROUNDS = 9
# So many that each asks a few times in ten minutes, as devices do, and that most are not new.
_FLEET = 100

_put_numbers = count(1)


def handler_time_rows(workload: Workload) -> list[Row]:
    """Time uplink and BIDIR beside a bare `put_item` of the item that each of them stores."""
    bare = boto3.client("dynamodb", endpoint_url=workload.endpoint_url)
    device = workload.device()
    uplink_item = _stored_by(workload.uplink(device), bare, device)
    devices = [workload.device() for _ in range(_FLEET)]
    fleet, also_fleet = cycle(devices), cycle(devices)
    bidir_device = next(fleet)
    bidir_item = _stored_by(_bidir_with_downlink(workload, bidir_device), bare, bidir_device)
    contestants = {
        "bare put of the uplink": lambda: _put(bare, uplink_item),
        "uplink": lambda: workload.uplink(device),
        "bare put of the BIDIR": lambda: _put(bare, bidir_item | _of_device(next(also_fleet))),
        "BIDIR": lambda: _bidir_with_downlink(workload, next(fleet)),
    }
    take_turns(_WARMING_ROUNDS, contestants)
    p50 = medians(take_turns(_ROUNDS, contestants))
    note = f"p50 of {_ROUNDS} each, in turns of {TURN}"
    return [
        _over_bare_put("uplink", p50["uplink"], p50["bare put of the uplink"], 1.35, "1.0x", note),
        _over_bare_put("BIDIR", p50["BIDIR"], p50["bare put of the BIDIR"], 2.4, "2.0x", note),
    ]


def batch_time_row(workload: Workload, device_ids: list[str]) -> Row:
    """Time a batch beside as many single uplinks of the same devices."""

    def prepare_singles() -> Action:
        return _all_of([workload.uplink(device_id) for device_id in device_ids])

    contestants: Mapping[str, Callable[[], Action]] = {
        "singles": prepare_singles,
        "batch": lambda: workload.batch(device_ids),
    }
    take_turns(1, contestants)
    p50 = medians(take_turns(_BATCH_ROUNDS, contestants))
    return ratio_row(
        f"batch of {len(device_ids)}: time over {len(device_ids)} single uplinks",
        p50["batch"] / p50["singles"],
        0.5,
        {"batch_ms": p50["batch"], "singles_ms": p50["singles"]},
        limit="",
        note=f"p50 of {_BATCH_ROUNDS} each",
    )


def _over_bare_put(name: str, handler_ms: float, bare_ms: float, budget: float, limit: str, note: str) -> Row:
    return ratio_row(
        f"{name}: handler time over a bare put_item of the same item",
        handler_ms / bare_ms,
        budget,
        {"handler_ms": handler_ms, "bare_put_ms": bare_ms},
        limit,
        note,
    )


def _of_device(device_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"DEVICE#{APPLICATION}#{device_id}"}}


def _bidir_with_downlink(workload: Workload, device_id: str) -> Call:
    workload.change_queue("queue_push", device_id, 1)()
    return workload.bidir(device_id)


def _stored_by(call: Call, bare: "DynamoDBClient", device_id: str) -> dict[str, Any]:
    call()
    newest = bare.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues={
            ":pk": _of_device(device_id)["pk"],
            ":prefix": {"S": "MSG#"},
        },
        ScanIndexForward=False,
        Limit=1,
    )
    return dict(newest["Items"][0])


def _put(bare: "DynamoDBClient", item: Mapping[str, Any]) -> Action:
    copy = {**item, "sk": {"S": f"{item['sk']['S']}#{next(_put_numbers)}"}}
    return lambda: bare.put_item(TableName=TABLE, Item=copy)


def _all_of(calls: list[Call]) -> Action:
    def run() -> None:
        for call in calls:
            call()

    return run
