"""The log: lines of JSON without keys."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from sigbridge.credentials import redact
from sigbridge.telemetry.excerpts import excerpt, excerpts

_LONGEST_TRACEBACK = 10_000


def _write_line(line: dict[str, Any]) -> str:
    """Write a line without keys, with excerpts of long texts, and with more of a traceback."""
    content = excerpts(line)
    if line.get("exception"):
        content["exception"] = str(line["exception"])[:_LONGEST_TRACEBACK]
    return redact(json.dumps(content, default=_write_other, ensure_ascii=False, separators=(",", ":")))


def _write_other(value: object) -> str:
    return excerpt(str(value))


# Lambda takes the level of a line from it alone when it can read its time.
logger = Logger(json_serializer=_write_line, use_rfc3339=True)
