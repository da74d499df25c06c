"""List prices in USD, without free tiers, apart from those that never end: CloudWatch's ten alarms and ten
metrics, and SQS's million requests.

As they were known in November 2026. What counts are AWS's pages: <https://aws.amazon.com/api-gateway/pricing/>,
and likewise `lambda`, `dynamodb`, `cloudwatch`, `xray`, `eventbridge`, `sqs`, and `ec2` for data transfer.
"""

from dataclasses import dataclass

from sigbridge.model.prices import GIGABYTE_SECOND_USD, READ_UNIT_USD, WRITE_UNIT_USD


@dataclass(frozen=True, slots=True)
class Prices:
    """What one region charges.

    Attributes:
        region: Its name.
        http_request: A request of an HTTP API.
        invocation: An invocation of a Lambda function.
        gigabyte_second: A second of a function with 1 GB, arm64.
        write_unit: DynamoDB, on demand.
        read_unit: DynamoDB, on demand.
        stored_gigabyte: DynamoDB, a month.
        recoverable_gigabyte: Point-in-time recovery, a month.
        logged_gigabyte: CloudWatch Logs, ingested.
        kept_gigabyte: CloudWatch Logs, a month.
        alarm_metric: CloudWatch, a month.
        metric: CloudWatch, a month in which each hour has data.
        sent_gigabyte: Data to the internet.
        trace: X-Ray.
        event: EventBridge.
        queue_request: A request to SQS, of 64 kB at most.
        fair_queue_request: What one costs more whose messages have a group.
    """

    region: str
    http_request: float
    invocation: float
    gigabyte_second: float
    write_unit: float
    read_unit: float
    stored_gigabyte: float
    recoverable_gigabyte: float
    logged_gigabyte: float
    kept_gigabyte: float
    alarm_metric: float = 0.10
    metric: float = 0.30
    sent_gigabyte: float = 0.09
    trace: float = 5.00e-6
    event: float = 1.00e-6
    queue_request: float = 0.40e-6
    fair_queue_request: float = 0.10e-6


VIRGINIA = Prices(
    region="us-east-1",
    http_request=1.00e-6,
    invocation=0.20e-6,
    gigabyte_second=GIGABYTE_SECOND_USD,
    write_unit=WRITE_UNIT_USD,
    read_unit=READ_UNIT_USD,
    stored_gigabyte=0.25,
    recoverable_gigabyte=0.20,
    logged_gigabyte=0.50,
    kept_gigabyte=0.03,
)
IRELAND = Prices(
    region="eu-west-1",
    http_request=1.11e-6,
    invocation=0.20e-6,
    gigabyte_second=0.0000133334,
    write_unit=0.705e-6,
    read_unit=0.141e-6,
    stored_gigabyte=0.283,
    recoverable_gigabyte=0.226,
    logged_gigabyte=0.57,
    kept_gigabyte=0.03,
)
FREE_ALARM_METRICS = 10
FREE_METRICS = 10
FREE_QUEUE_REQUESTS = 1_000_000
