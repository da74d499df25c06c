"""DynamoDB Local, AWS's own engine, as a second opinion beside the emulator's."""

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from sigbridge_local.emulator import REGION, isolated_environment
from sigbridge_local.failures import LocalStackError, UnavailableError
from sigbridge_local.places import LOCAL
from sigbridge_local.processes import free_port, run_logged, start_in_background, wait_until_ready
from sigbridge_local.progress import step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The npm package that carries the jar; its own code is not used.
PACKAGE, VERSION = "amplify-dynamodb-simulator", "2.9.30"
_HOME = LOCAL / f"dynamodb-local-{VERSION}"
_LOG = LOCAL / "dynamodb-local.log"
_COMMAND = (
    *("java", "-Xmx512m", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"),
    *("-inMemory", "-sharedDb", "-disableTelemetry"),
)
_START_S = 60


def why_unavailable() -> str | None:
    """Why DynamoDB Local can't run here, or None when it can."""
    if shutil.which("java") is None:
        return "DynamoDB Local is unavailable because java (17 or later) was not found on PATH"
    if not _HOME.is_dir() and shutil.which("npm") is None:
        return "DynamoDB Local is unavailable because npm, which fetches it, was not found on PATH"
    return None


@contextmanager
def dynamodb_local() -> Iterator[str]:
    """Run DynamoDB Local in memory on a free port and yield its address.

    Raises:
        UnavailableError: java or npm is missing, or npm could not fetch it.
        LocalStackError: It does not start.
    """
    reason = why_unavailable()
    if reason is not None:
        raise UnavailableError(reason)
    _fetch()
    port = free_port()
    process = start_in_background(
        [*_COMMAND, "-port", str(port)],
        isolated_environment(),
        _LOG,
        cwd=_HOME,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(process, partial(_answers, local_client(url)), "DynamoDB Local", _LOG, _START_S)
        yield url
    finally:
        process.stop()


def local_client(endpoint_url: str) -> "DynamoDBClient":
    """A client of a local DynamoDB: it asks once, and waits for as long as a busy machine takes."""
    session = boto3.Session("test", "test", region_name=REGION)
    config = Config(connect_timeout=1, read_timeout=30, retries={"total_max_attempts": 1}, proxies={})
    return session.client("dynamodb", endpoint_url=endpoint_url, config=config)


def _fetch() -> None:
    """Fetch DynamoDB Local if it is not there, whoever else does so at the same time."""
    if _HOME.is_dir():
        return
    LOCAL.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=LOCAL, prefix="npm-") as directory:
        incoming = Path(directory)
        command = ["npm", "pack", "--silent", "--pack-destination", directory, f"{PACKAGE}@{VERSION}"]
        try:
            with step("fetching DynamoDB Local, 56 MB, once"):
                run_logged(command, isolated_environment(), LOCAL / "npm.log", "npm could not fetch it")
        except LocalStackError as failure:
            message = f"DynamoDB Local is unavailable because {failure}"
            raise UnavailableError(message) from failure
        _unpack(next(incoming.glob("*.tgz")), incoming)
        try:
            (incoming / "package" / "emulator").rename(_HOME)
        except OSError:
            if not _HOME.is_dir():
                raise


def _unpack(archive: Path, directory: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(directory, filter="data")


def _answers(client: "DynamoDBClient") -> bool:
    try:
        client.list_tables()
    except BotoCoreError:
        return False
    return True
