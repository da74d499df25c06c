"""The table's change stream, handed to the function that follows it as Lambda does."""

import base64
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from sigbridge.settings import settings
from sigbridge.store.connections import client
from sigbridge.store.stream import read_change
from sigbridge.stream.handlers import handle
from tests.functional.lambdas import Context, handler

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

type StreamRecord = dict[str, Any]


@cache
def _streams_client(endpoint_url: str | None) -> "DynamoDBStreamsClient":
    return boto3.client("dynamodbstreams", endpoint_url=endpoint_url)


class ChangeStream:
    """Reads the stream of the present table, and hands new records to the function `change_stream`.

    Attributes:
        seen: All records that were read, the first one first.
        clock: Tells the moment (epoch ms) of changes, instead of the engine; None for the engine's.
    """

    def __init__(self, clock: Callable[[], int] | None = None) -> None:
        self.seen: list[StreamRecord] = []
        self.clock = clock
        self._streams = _streams_client(settings().dynamodb_endpoint_url)
        self._arn: str = client().describe_table(TableName=settings().table_name)["Table"]["LatestStreamArn"]
        # A shard is open for hours; a table of these tests is not.
        described = self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]
        self._shard_ids = [shard["ShardId"] for shard in described["Shards"]]
        self._last_read: dict[str, str] = {}
        self._noticed: list[StreamRecord] = []

    def notice(self) -> None:
        """Reads what is new, dates it to the present moment, and leaves it to be followed."""
        self._noticed += self.take()

    def take_noticed(self) -> list[StreamRecord]:
        """Gives what was noticed and not followed, and what is new."""
        self.notice()
        noticed, self._noticed = self._noticed, []
        return noticed

    def take(self) -> list[StreamRecord]:
        """Reads what is new."""
        new = list(self._new())
        self.seen += new
        return new

    def follow(self) -> list[StreamRecord]:
        """Follows what is new, and what comes of that, until nothing comes any more."""
        followed: list[StreamRecord] = []
        while records := self.take_noticed():
            for change in filter(None, map(read_change, records)):
                handle(change)
            followed += records
        return followed

    def hand_over(self, records: list[StreamRecord]) -> list[str]:
        """Invokes the function with these records; returns the sequence numbers of those that failed."""
        return invoke_with("change_stream", records)

    def publish(self, records: list[StreamRecord]) -> list[str]:
        """Invokes the stream's other function, `publish`, in the same way."""
        return invoke_with("publish", records)

    def _new(self) -> Iterator[StreamRecord]:
        for shard_id in self._shard_ids:
            iterator: str | None = self._iterator(shard_id)
            while iterator is not None:
                answer = self._streams.get_records(ShardIterator=iterator)
                if not answer["Records"]:
                    break
                iterator = answer.get("NextShardIterator")
                self._last_read[shard_id] = answer["Records"][-1]["dynamodb"]["SequenceNumber"]
                records: Iterator[StreamRecord] = map(self._as_lambda_gets_it, answer["Records"])
                # The filters of `template.yaml` let nothing of the feed through.
                records = (record for record in records if not _is_of_feed(record))
                # moto tells of an upsert twice: first of an item that has a key and nothing else.
                yield from (record for record in records if not _is_bare(record, "NewImage"))

    def _iterator(self, shard_id: str) -> str:
        """Gives a new one each time: moto's know nothing of what comes after a refused transaction."""
        last_read = self._last_read.get(shard_id)
        begin: Any = {"ShardIteratorType": "TRIM_HORIZON"}
        if last_read is not None:
            begin = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last_read}
        return self._streams.get_shard_iterator(StreamArn=self._arn, ShardId=shard_id, **begin)[
            "ShardIterator"
        ]

    def _as_lambda_gets_it(self, record: Any) -> StreamRecord:
        as_json: StreamRecord = json.loads(json.dumps(record, default=_in_json))
        if self.clock is not None:
            as_json["dynamodb"]["ApproximateCreationDateTime"] = self.clock() // 1000
        if _is_bare(as_json, "OldImage"):
            del as_json["dynamodb"]["OldImage"]
        return as_json | {"eventSourceARN": self._arn}


def invoke_with(function: str, records: list[dict[str, Any]]) -> list[str]:
    """Invokes a function with records of a stream or queue; returns what it wants to be handed over again."""
    lambda_handler: Any = handler(function)
    answer = lambda_handler({"Records": records}, Context(function))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _in_json(value: Any) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()


def _is_of_feed(record: StreamRecord) -> bool:
    pk: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return pk.startswith("FEED#")


def _is_bare(record: StreamRecord, image: str) -> bool:
    return set(record["dynamodb"].get(image, ())) == {"pk", "sk"}
