"""What calling webhooks costs: time of the processor, and what the function asks of DynamoDB."""

import time
from statistics import median

from benchmarks.budget import Row
from benchmarks.consumption import counted
from benchmarks.publishing_costs import messages, publish, webhooks
from benchmarks.webhook_receiver import receiving
from benchmarks.workload import Workload
from sigbridge.model.webhook import WebhookFormat

_BATCH = 10
_WARMING_ROUNDS = 10
_ROUNDS = 40
_MESSAGES = (_WARMING_ROUNDS + _ROUNDS) * _BATCH
_READS = 3
_BUDGET_MS = 5


def sender_cost_rows(workload: Workload) -> list[Row]:
    """Measure deliveries in full batches, to a receiver on this machine."""
    return [_row(workload, format_) for format_ in (WebhookFormat.TTS, WebhookFormat.SIGBRIDGE)]


def _row(workload: Workload, format_: WebhookFormat) -> Row:
    changes = [change for _ in range(_MESSAGES // 100) for change in messages(workload, 100)]
    times = []
    with receiving() as url, webhooks(1, url, format_):
        queue = publish(workload, changes)
        while records := queue.hand_over(_BATCH):
            with counted() as consumption:
                start = time.process_time()
                workload.deliver(records)
                times.append((time.process_time() - start) * 1000 / _BATCH)
    each = median(times[_WARMING_ROUNDS:])
    return Row(
        name=f"sender, {format_}, {_BATCH} in a batch: processor time a delivery, read units a batch",
        limit="",
        budget=f"≤ {_BUDGET_MS} ms, ≤ {_READS}",
        measured=f"{each:.2f} ms, {consumption.read_units:g}",
        passed=each <= _BUDGET_MS and consumption.read_units <= _READS and not consumption.write_units,
        figures={"processor_ms": round(each, 2), **consumption.figures()},
        note=f"p50 of {_ROUNDS}, without TLS",
    )
