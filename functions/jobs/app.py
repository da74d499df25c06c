"""Work on a job step by step, until it ends or time does."""

from sigbridge.formatters.redecoding import redecode
from sigbridge.jobs import JobKind
from sigbridge.triggers.jobs import on_due_job
from sigbridge.webhooks.replaying import replay

lambda_handler = on_due_job({JobKind.REDECODE: redecode, JobKind.REPLAY: replay})
