"""The counters that `docs/operations.md` lists."""

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

metrics = Metrics()


def count(metric: str, occurrences: int = 1) -> None:
    """Add to a counter; nothing is written for zero."""
    if occurrences:
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=occurrences)


def measure_seconds(metric: str, seconds: float) -> None:
    """Add a time to those that a metric is of."""
    metrics.add_metric(name=metric, unit=MetricUnit.Seconds, value=seconds)


def flush_counts() -> None:
    """Write what was counted and measured, if anything was."""
    if metrics.metric_set:
        metrics.flush_metrics()
