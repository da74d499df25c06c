"""The one place where configuration is read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator of a stack decides; each field is a parameter of `template.yaml`.

    Attributes:
        table_name: Name of the DynamoDB table.
        dynamodb_endpoint_url: Another address of DynamoDB, for local runs; None for AWS.
        retention_days: How long a message is kept after it was received.
        queue_capacity: How many downlinks one device's queue holds.
        radio_window_ms: How long after its `time` a BIDIR callback may still claim a downlink.
        acknowledge_wait_ms: How long a confirmed downlink, once answered, waits for its acknowledgement
            before it is tried again.
        event_bus_name: EventBridge bus that is told of messages, reports and each step of a downlink; None
            for silence.
        dead_letters_url: SQS queue that is told of changes that can't be handled; None for the log alone.
        retry_queue_url: SQS queue of what is to be tried again after a while: events that a destination did
            not take, or changes that the store refused for throughput.
        undelivered_url: SQS queue of the events that were given up.
        formatter_function: Name of the function that runs JavaScript; "" for functions that ask for none.
        jobs_function: Name of the function that works on jobs; "" for functions that have none done.
        feed_days: How long the feed has what happened; 0 for no feed.
        webhook_queue_url: SQS queue of what webhooks are to be told; "" for functions that tell none.
        webhook_concurrency: How many instances of the function that calls webhooks run at a time.
        trusted_webhook_hosts: Hosts that webhooks may call in clear, wherever they are; for local runs.
        api_host: Host of this API, which webhooks must not call; "" where that is not known.
        sigfox_api_url: Base URL of Sigfox's REST API.
        credentials_path: Path in the parameter store under which applications' credentials for Sigfox lie; ""
            for functions that use none.
    """

    table_name: str
    dynamodb_endpoint_url: str | None = None
    retention_days: int = 365
    queue_capacity: int = 100
    radio_window_ms: int = 30_000
    acknowledge_wait_ms: int = 600_000
    event_bus_name: str | None = None
    dead_letters_url: str | None = None
    retry_queue_url: str = ""
    undelivered_url: str = ""
    formatter_function: str = ""
    jobs_function: str = ""
    feed_days: int = 7
    webhook_queue_url: str = ""
    webhook_concurrency: int = 5
    trusted_webhook_hosts: tuple[str, ...] = ()
    api_host: str = ""
    sigfox_api_url: str = "https://api.sigfox.com/v2"
    credentials_path: str = ""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the variables that `template.yaml` declares.

        Raises:
            KeyError: `TABLE_NAME` is not set.
        """
        return cls(
            table_name=os.environ["TABLE_NAME"],
            dynamodb_endpoint_url=os.environ.get("DYNAMODB_ENDPOINT_URL") or None,
            retention_days=int(os.environ.get("RETENTION_DAYS", "365")),
            queue_capacity=int(os.environ.get("QUEUE_CAPACITY", "100")),
            radio_window_ms=int(os.environ.get("RADIO_WINDOW_SECONDS", "30")) * 1000,
            acknowledge_wait_ms=int(os.environ.get("ACKNOWLEDGE_WAIT_SECONDS", "600")) * 1000,
            event_bus_name=os.environ.get("EVENT_BUS_NAME") or None,
            dead_letters_url=os.environ.get("DEAD_LETTERS_URL") or None,
            retry_queue_url=os.environ.get("RETRY_QUEUE_URL", ""),
            undelivered_url=os.environ.get("UNDELIVERED_URL", ""),
            formatter_function=os.environ.get("FORMATTER_FUNCTION", ""),
            jobs_function=os.environ.get("JOBS_FUNCTION", ""),
            feed_days=int(os.environ.get("FEED_DAYS", "7")),
            webhook_queue_url=os.environ.get("WEBHOOK_QUEUE_URL", ""),
            webhook_concurrency=int(os.environ.get("WEBHOOK_CONCURRENCY", "5")),
            trusted_webhook_hosts=tuple(os.environ.get("TRUSTED_WEBHOOK_HOSTS", "").split()),
            api_host=os.environ.get("API_HOST", ""),
            sigfox_api_url=os.environ.get("SIGFOX_API_URL", "https://api.sigfox.com/v2"),
            credentials_path=os.environ.get("CREDENTIALS_PATH", ""),
        )


_given: list[Settings] = []


@cache
def settings() -> Settings:
    """The settings of this process: those given with `using`, else the environment's, read once."""
    return _given[-1] if _given else Settings.from_environment()


@contextmanager
def using(given: Settings) -> Iterator[None]:
    """Make these the settings of the whole process, until the block ends.

    A client of the store keeps the address it was made with: whoever changes that address forgets
    the clients too.
    """
    _given.append(given)
    settings.cache_clear()
    try:
        yield
    finally:
        _given.pop()
        settings.cache_clear()
