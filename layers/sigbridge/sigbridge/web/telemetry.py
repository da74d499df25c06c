"""Log lines and metrics of a request."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()


def count(metric: str, occurrences: int = 1) -> None:
    """Adds to one of the counters that `docs/operations.md` lists; nothing is written for zero."""
    if occurrences:
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=occurrences)


def flush_counts() -> None:
    """Writes what was counted, if anything was."""
    if metrics.metric_set:
        metrics.flush_metrics()
