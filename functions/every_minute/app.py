"""Do each minute what time asks for: end downlinks, find silence, erase, begin jobs, try webhooks again."""

from sigbridge.deletion import erase_due_applications, erase_what_is_due
from sigbridge.downlinks import due_downlinks, end_what_is_due
from sigbridge.jobs import begin_due_jobs
from sigbridge.provisioning.schedule import look_after_connections
from sigbridge.status import due_looks, follow_watch_orders, look_for_silence
from sigbridge.triggers.schedule import ShardedWork, on_schedule
from sigbridge.webhooks.probing import look_after_webhooks

lambda_handler = on_schedule(
    {
        "downlinks": ShardedWork(due_downlinks, end_what_is_due),
        "watched devices": ShardedWork(due_looks, look_for_silence),
    },
    {
        # Before the jobs, of which they may order some.
        "webhooks": look_after_webhooks,
        "connections to Sigfox": look_after_connections,
        "jobs": begin_due_jobs,
        "orders to watch devices": follow_watch_orders,
        # Its devices then have an erasure of their own.
        "deleted applications": erase_due_applications,
        "deleted devices": erase_what_is_due,
    },
)
