"""Work on a job step by step, until it ends or time does."""

from sigbridge.api.ingest.recovered import replay_callback
from sigbridge.formatters.redecoding import redecode
from sigbridge.jobs import JobKind
from sigbridge.provisioning.changing import change_devices
from sigbridge.provisioning.checking import check
from sigbridge.provisioning.importing import import_from_sigfox
from sigbridge.provisioning.recovering import recovery_step
from sigbridge.triggers.jobs import on_due_job
from sigbridge.webhooks.replaying import replay

lambda_handler = on_due_job(
    {
        JobKind.REDECODE: redecode,
        JobKind.REPLAY: replay,
        JobKind.SIGFOX_IMPORT: import_from_sigfox,
        JobKind.SIGFOX_CHANGE: change_devices,
        JobKind.SIGFOX_RECOVERY: recovery_step(replay_callback),
        JobKind.SIGFOX_CHECK: check,
    }
)
