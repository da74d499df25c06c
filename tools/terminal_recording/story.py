"""What the recording shows: a message, and the life of a downlink, on the local stack."""

import json
import os
import subprocess
import time
from pathlib import Path

from rich.text import Text

from sigbridge_local.places import ROOT
from sigbridge_local.stack import require_stack
from terminal_recording.animation import Line, animated_svg

_WIDTH = 104
_DEVICE = "1A2B45"
_FILE = ROOT / "docs" / "first-downlink.svg"
_HEADERS = '-H "$AUTH" -H "$JSON"'
# How long readers get for a command before its output comes, and for the output.
_READ_COMMAND_S, _READ_OUTPUT_S = 0.8, 1.8


def record(file: Path = _FILE) -> None:
    """Run the commands against the local stack that is up, and write the recording.

    Raises:
        LocalStackError: No stack is up.
        subprocess.CalledProcessError: A command failed.
    """
    stack = require_stack()
    environment = {
        **os.environ,
        "API": stack.base_url,
        "AUTH": f"Authorization: {stack.key}",
        "JSON": "Content-Type: application/json",
        "COLUMNS": str(_WIDTH),
    }
    lines: list[Line] = []
    moment = 0.3
    for remark, command in commands(int(time.time())):
        lines += _shown(f"# {remark}", "bright_black", moment) + _shown(f"$ {command}", "bold", moment)
        moment += _READ_COMMAND_S
        printed = subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, check=True
        ).stdout
        lines += _shown(f"{printed.rstrip()}\n\n", "green", moment)
        moment += _READ_OUTPUT_S
    file.write_text(animated_svg(lines, _WIDTH), encoding="utf-8")


def commands(now: int) -> list[tuple[str, str]]:
    """Return the commands, each with a remark, at a moment in epoch seconds."""
    message = {"device": _DEVICE, "time": now - 60, "data": "17012c", "seqNumber": 100}
    asking = {"device": _DEVICE, "time": now, "data": "17012d", "seqNumber": 101, "ack": True}
    acknowledged = {"device": _DEVICE, "time": now, "infoCode": 0, "infoMessage": "Acked"}
    return [
        ("A device sends 17012c, and Sigfox calls", _callback("uplink", message)),
        (
            "You queue 8 bytes for it",
            f"sigbridge --local downlinks push {_DEVICE} 0102030405060708 --confirmed",
        ),
        ("It asks for a downlink", _callback("downlink", asking)),
        ("Sigfox: a base station has sent it", _callback("sigfox/acknowledge", acknowledged)),
        ("What became of it?", f"sigbridge --local downlinks show {_DEVICE} --wait"),
    ]


def _callback(path: str, body: dict[str, object]) -> str:
    return f"curl -s $API/{path} {_HEADERS} \\\n  -d '{json.dumps(body, separators=(',', ':'))}'"


def _shown(text: str, style: str, at: float) -> list[Line]:
    return [Line(Text(line.rstrip(), style), at) for line in text.splitlines()]
