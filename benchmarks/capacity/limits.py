"""What AWS allows, as its documentation of November 2026 has it, and what a stack allows itself."""

from dataclasses import dataclass

from bill.usage import CALLBACK_S
from sigbridge_local.table_from_template import read_template

_FULL_BATCH_S = 0.1
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
_API = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"


@dataclass(frozen=True, slots=True)
class Limit:
    """How much there may be of something.

    Attributes:
        what: Of what.
        value: How much, a second where nothing else is said.
        source: Who says so: an address of AWS's documentation, a parameter of the template, or an assumption.
        remedy: What raises it; "" for nothing.
    """

    what: str
    value: float
    source: str
    remedy: str = ""


def default(parameter: str) -> float:
    """The default of a parameter of the template."""
    return float(read_template()["Parameters"][parameter]["Default"])


KEY_WRITES = Limit("write units of a partition key", 1_000, f"{_DYNAMODB}/warm-throughput-scenarios.html")
KEY_READS = Limit("read units of a partition key", 3_000, f"{_DYNAMODB}/warm-throughput-scenarios.html")
TABLE_WRITES = Limit(
    "write units of the table",
    40_000,
    f"{_DYNAMODB}/ServiceQuotas.html",
    "quota: table-level write throughput",
)
TABLE_READS = Limit(
    "read units of the table", 40_000, f"{_DYNAMODB}/ServiceQuotas.html", "quota: table-level read throughput"
)
NEW_TABLE_WRITES = Limit(
    "write units of a new table, on demand; from then on twice the last peak within 30 minutes",
    4_000,
    f"{_DYNAMODB}/on-demand-capacity-mode.html",
    "warm throughput",
)
NEW_TABLE_READS = Limit(
    "read units of a new table, on demand; likewise",
    12_000,
    f"{_DYNAMODB}/on-demand-capacity-mode.html",
    "warm throughput",
)
ROUTE_REQUESTS = Limit(
    "requests of one route",
    default("ThrottlingRateLimit"),
    "template: ThrottlingRateLimit",
    "ThrottlingRateLimit",
)
ACCOUNT_REQUESTS = Limit(
    "requests of all APIs of the account", 10_000, _API, "quota: throttle rate of API Gateway"
)
CONCURRENCY = Limit(
    "functions running at a time",
    1_000,
    f"{_LAMBDA}/gettingstarted-limits.html",
    "quota: concurrent executions",
)
INSTANCES_IN_10_S = Limit("new instances of one function in 10 s", 1_000, f"{_LAMBDA}/scaling-behavior.html")
SHARD_RECORDS = Limit(
    "changes of one shard that are followed, one after the other",
    default("ParallelizationFactor") / CALLBACK_S,
    f"template: ParallelizationFactor; assumed: {CALLBACK_S * 1000:g} ms each",
    "ParallelizationFactor, up to 10",
)
# A full batch takes 25 ms of a processor and makes one request (`make bench`), with 512 MB 90 ms.
SHARD_EVENTS = Limit(
    "changes of one shard that destinations are told of, a hundred at a time",
    default("ParallelizationFactor") * 100 / _FULL_BATCH_S,
    f"template: ParallelizationFactor; computed: {_FULL_BATCH_S * 1000:g} ms a hundred",
    "ParallelizationFactor, up to 10",
)
# Lambda stops the function after 55 s, and it keeps 10 s for what is under way then.
LOOKS = Limit(
    "items of one shard that are due, looked at by one run a minute",
    45 / 60 / CALLBACK_S,
    f"assumed: 45 s of a minute, {CALLBACK_S * 1000:g} ms each",
    "MemorySize of the function",
)
EVENTS = Limit(
    "requests to EventBridge",
    10_000,
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html",
    "quota: PutEvents",
)
STREAM_READERS = Limit(
    "readers of a shard",
    2,
    "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html",
)
PARTITION_GIGABYTES = Limit(
    "GB of a partition, each of which is a shard of the stream",
    10,
    "https://aws.amazon.com/blogs/database/part-3-scaling-dynamodb-how-partitions-hot-keys-and-split-for-heat-impact-performance/",
)
