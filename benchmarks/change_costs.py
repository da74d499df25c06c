"""What it costs to follow the changes of the table: what the function behind its stream asks of DynamoDB."""

from collections.abc import Iterator, Sequence

import boto3

from benchmarks.budget import Row
from benchmarks.consumption import Consumption, counted
from benchmarks.stopwatch import Action
from benchmarks.workload import APPLICATION, TABLE, Event, Workload
from sigbridge.clock import now_ms, rfc3339
from sigbridge.downlinks import end_what_is_due
from sigbridge.store.connections import client
from sigbridge.store.due import shard_of

_LIMIT = "one write a transition"
_MINUTE_MS = 60_000


class Changes:
    """The changes that the table's stream tells of from now on."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._streams = boto3.client("dynamodbstreams", endpoint_url=workload.endpoint_url)
        arn = client().describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
        self._iterators = [
            self._streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
            )["ShardIterator"]
            for shard in self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        ]

    def take(self) -> list[Event]:
        """Read what is new."""
        return list(self._new())

    def follow(self) -> None:
        """Follow what is new, and what comes of that."""
        while records := self.take():
            self._workload.follow(records)

    def _new(self) -> Iterator[Event]:
        for position, iterator in enumerate(self._iterators):
            answer = self._streams.get_records(ShardIterator=iterator)
            self._iterators[position] = answer.get("NextShardIterator", iterator)
            for record in answer["Records"]:
                made_at = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
                yield {**record, "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": made_at}}


def change_cost_rows(workload: Workload) -> list[Row]:
    """Count what following each transition of a downlink costs, and following a message."""
    changes = Changes(workload)
    push, bidir, report = workload.change_queue, workload.bidir, workload.report
    device = workload.device
    queued, answered, sent, failed, expired, removed, retried = (device() for _ in range(7))
    # What follows from their registration is none of it; on AWS the stream leaves out devices without a type.
    changes.follow()
    soon = rfc3339(now_ms() + _MINUTE_MS)

    def let_expire() -> None:
        end_what_is_due(shard_of(APPLICATION, expired), now_ms() + 2 * _MINUTE_MS, now_ms() + _MINUTE_MS)

    lives: dict[str, list[Action]] = {
        "queued": [push("queue_push", queued, 1)],
        "answered": [push("queue_push", answered, 1), bidir(answered)],
        "sent": [push("queue_push", sent, 1), bidir(sent), report("acknowledge", sent)],
        "failed": [push("queue_push", failed, 1), bidir(failed), report("acknowledge", failed, infoCode="4")],
        "expired": [push("queue_push", expired, 1, expires_at=soon), let_expire],
        "removed": [push("queue_push", removed, 1), push("queue_replace", removed, 0)],
    }
    retry = [
        push("queue_push", retried, 1, confirmed=True),
        bidir(retried),
        report("acknowledge", retried, infoCode="4"),
    ]
    return [
        *(_row(f"a downlink {step}", _LIMIT, 1, _cost(changes, life)) for step, life in lives.items()),
        _row(
            "a confirmed downlink failed and queued again",
            "one transaction",
            2,
            _cost(changes, retry),
            "two transitions; a transaction is one request",
        ),
        _row("a message answered, of no condition", "", 0, _cost_of_message(workload, changes)),
    ]


def _cost(changes: Changes, life: Sequence[Action]) -> Consumption:
    """Count what following the last happening of a life costs; those before it are followed first."""
    for happen in life[:-1]:
        happen()
        changes.follow()
    life[-1]()
    with counted() as consumption:
        changes.follow()
    return consumption


def _cost_of_message(workload: Workload, changes: Changes) -> Consumption:
    device_id = workload.device()
    workload.change_queue("queue_push", device_id, 1)()
    changes.follow()
    workload.bidir(device_id)()
    messages = [
        record for record in changes.take() if record["dynamodb"]["Keys"]["sk"]["S"].startswith("MSG#")
    ]
    with counted() as consumption:
        workload.follow(messages)
    return consumption


def _row(name: str, limit: str, budget: int, consumed: Consumption, note: str = "") -> Row:
    refused = f" ({consumed.refused_writes} refused)" if consumed.refused_writes else ""
    return Row(
        name=f"stream function, {name}: write requests, read requests",
        limit=limit,
        budget=f"≤ {budget}" if budget else "0",
        measured=f"{consumed.write_requests}{refused}, {consumed.read_requests}",
        passed=consumed.write_requests <= budget,
        figures={
            "write_requests": consumed.write_requests,
            "refused_writes": consumed.refused_writes,
            "read_requests": consumed.read_requests,
            **consumed.figures(),
        },
        note=note,
    )
