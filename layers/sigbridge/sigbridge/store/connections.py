"""The clients through which the store talks to DynamoDB, and their connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from sigbridge import clock
from sigbridge.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Sigfox waits 10 s for an answer. A BIDIR callback of a known device makes two requests: two tries
# of at most 2 s each leave room for both.
_COMMON = Config(
    connect_timeout=1,
    read_timeout=1,
    max_pool_connections=32,
    tcp_keepalive=True,
    # Parameters are built and typed here, so botocore need not look at each of them again.
    parameter_validation=False,
    # botocore composes its own user agent anew for every request: a fifth of a request's time.
    user_agent="sigbridge",
)
_TWO_TRIES = Config(retries={"total_max_attempts": 2, "mode": "standard"}).merge(_COMMON)
_ONE_TRY = Config(retries={"total_max_attempts": 1, "mode": "standard"}).merge(_COMMON)

# Longer than a request can be under way, and shorter than any server keeps a connection that is idle.
_FRESH_FOR_MS = 5_000


@cache
def client() -> "DynamoDBClient":
    """The DynamoDB client of this process; its connections outlive a request."""
    return _connected(_TWO_TRIES)


@cache
def client_without_retries() -> "DynamoDBClient":
    """A client that sends each request once, for changes that must not happen twice."""
    made = _connected(_ONE_TRY)
    made.meta.events.register("before-send.dynamodb", _Freshness(made).before_send)
    return made


def forget_clients() -> None:
    """Make the next request open new connections, to where the settings then say."""
    client.cache_clear()
    client_without_retries.cache_clear()


@contextmanager
def using_session(session: boto3.Session) -> Iterator[None]:
    """Make the store's requests with this session's credentials and region, until the block ends."""
    before = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = session
    forget_clients()
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before
        forget_clients()


def _connected(config: Config) -> "DynamoDBClient":
    return boto3.client("dynamodb", endpoint_url=settings().dynamodb_endpoint_url, config=config)


class _Freshness:
    """Closes a client's connections where they were idle for long.

    Lambda freezes a function between its invocations, and who is frozen does not hear that the other end
    closes a connection. A request over such a one gets no answer, and whether it was carried out can't be
    known. A client that tries twice then opens a new connection; one that must not would fail for nothing.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._lock = Lock()
        self._used_at = clock.now_ms()

    def before_send(self, **_details: object) -> None:
        with self._lock:
            now = clock.now_ms()
            # By the clock on the wall: others may stand still while a function is frozen.
            if not 0 <= now - self._used_at < _FRESH_FOR_MS:
                self._client.close()
            self._used_at = now
