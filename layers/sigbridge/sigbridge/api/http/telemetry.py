"""Log lines and metrics of a request."""

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from sigbridge.api.http.excerpts import excerpt, excerpts
from sigbridge.credentials import redact

_LONGEST_TRACEBACK = 10_000


def _write_line(line: dict[str, Any]) -> str:
    """Writes a line of the log: without keys, with excerpts of long texts, and more of a traceback."""
    content = excerpts(line)
    if line.get("exception"):
        content["exception"] = str(line["exception"])[:_LONGEST_TRACEBACK]
    return redact(json.dumps(content, default=_write_other, ensure_ascii=False, separators=(",", ":")))


def _write_other(value: object) -> str:
    return excerpt(str(value))


logger = Logger(json_serializer=_write_line)
metrics = Metrics()


def count(metric: str, occurrences: int = 1) -> None:
    """Adds to one of the counters that `docs/operations.md` lists; nothing is written for zero."""
    if occurrences:
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=occurrences)


def flush_counts() -> None:
    """Writes what was counted, if anything was."""
    if metrics.metric_set:
        metrics.flush_metrics()
