"""MiniStack, the AWS emulator: one Python process, here always with IAM enforced."""

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from http import HTTPStatus

import httpx

from sigbridge_local.failures import LocalStackError
from sigbridge_local.places import EMULATOR_FILE, EMULATOR_LOG, LOCAL
from sigbridge_local.processes import Process, is_port_free, start_in_background, wait_until_ready

REGION = "eu-west-1"
_SCRATCH = LOCAL / "tmp"
_START_S = 60
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True, slots=True)
class Emulator:
    """An emulator that was started here.

    Attributes:
        process: Its process.
        port: The local port it listens on.
    """

    process: Process
    port: int

    @property
    def url(self) -> str:
        """Its address, for every AWS service."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it, with everything it held."""
        self.process.stop()
        remove_remains()


def isolated_environment() -> dict[str, str]:
    """This shell's environment without its AWS settings, so that nothing reaches AWS by accident.

    The emulator takes the key `test` as the account's root user; functions get a session of their own
    role, whose policies are enforced.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return own | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
    }


def running_emulator() -> Emulator | None:
    """The emulator that an earlier command started, if it still runs."""
    try:
        kept = json.loads(EMULATOR_FILE.read_text())
    except FileNotFoundError:
        return None
    emulator = Emulator(Process(**kept["process"]), kept["port"])
    return emulator if emulator.process.is_running() else None


def remove_remains() -> None:
    """Remove what an emulator that runs no more has left behind."""
    EMULATOR_FILE.unlink(missing_ok=True)
    shutil.rmtree(_SCRATCH, ignore_errors=True)


def start_emulator(port: int) -> Emulator:
    """Start the emulator and wait until it answers.

    Raises:
        LocalStackError: The port is taken, or it ends or stays silent.
    """
    if not is_port_free(port):
        message = (
            f"port {port} is taken: stop what listens there, or choose another with --port or SIGBRIDGE_PORT"
        )
        raise LocalStackError(message)
    remove_remains()
    _SCRATCH.mkdir(parents=True, exist_ok=True)
    process = start_in_background([sys.executable, "-m", "ministack"], _environment(port), EMULATOR_LOG)
    emulator = Emulator(process, port)
    EMULATOR_FILE.write_text(json.dumps(asdict(emulator)))
    try:
        wait_until_ready(
            emulator.process, lambda: _answers(emulator), "the AWS emulator", EMULATOR_LOG, _START_S
        )
    except BaseException:
        emulator.stop()
        raise
    return emulator


def _environment(port: int) -> dict[str, str]:
    # The emulator hands its environment on to the functions, which must see nothing of this shell's.
    own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return own | {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TMPDIR": str(_SCRATCH),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Without a Docker socket it neither starts containers nor removes any.
        "DOCKER_HOST": f"unix://{_SCRATCH / 'no-docker.sock'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _answers(emulator: Emulator) -> bool:
    try:
        answer = httpx.get(f"{emulator.url}/_ministack/health", timeout=2, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == HTTPStatus.OK
