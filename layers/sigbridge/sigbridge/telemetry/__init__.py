"""Log lines and metrics, with no key and no long text of a sender in them."""

from sigbridge.telemetry.logs import logger
from sigbridge.telemetry.metrics import count, flush_counts, measure_seconds, metrics

__all__ = ["count", "flush_counts", "logger", "measure_seconds", "metrics"]
