"""Run the JavaScript of payload formatters, for the other functions of the stack."""

from typing import Any

from sandbox.batch import run_batch
from sandbox.fork_server import ForkServer, forbid_inspection
from sandbox.protocol import Request, answer

forbid_inspection()
# Lambda gives the start of a function a whole processor, and an invocation a third of one.
_FORK_SERVER = ForkServer()


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Run the calls of an event, whose form `sandbox.protocol` says."""
    return answer(run_batch(Request.from_event(event), _FORK_SERVER))
