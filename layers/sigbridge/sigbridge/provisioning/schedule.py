"""What is done again and again for applications that are connected to Sigfox, and what is ordered of it."""

from collections.abc import Sequence
from contextlib import suppress

from sigbridge.clock import DAY_MS, now_ms
from sigbridge.errors import Fault, InvalidInput
from sigbridge.jobs import Job, JobKind, TooManyJobs, list_jobs, order_job
from sigbridge.model.sigfox_connection import ConnectionState
from sigbridge.provisioning.connection import open_client
from sigbridge.store import sigfox_connections as stored
from sigbridge.store.due import DueItem
from sigbridge.store.parallel import RunResult, run_each

_HOUR_MS = 3_600_000


def order_recovery(
    application_id: str,
    since: int | None = None,
    device_type_ids: Sequence[str] = (),
    *,
    all_messages: bool = False,
) -> Job:
    """Have what Sigfox could not deliver recovered, as a job.

    Args:
        application_id: Whose devices it is about.
        since: From when on, epoch ms; None for since the last time.
        device_type_ids: Sigfox's device types whose messages are compared with those that are stored, beside
            those of which callbacks are found.
        all_messages: Whether those of all device types of the group are.

    Raises:
        NotConnected: The application is not connected.
        CredentialsRefused: Sigfox has refused its credentials.
        InvalidInput: It is to begin in the future.
        TooManyJobs: It has ten jobs that have not ended.
    """
    # Nothing is asked of it here.
    open_client(application_id)
    if since is not None and since > now_ms():
        raise InvalidInput.of([Fault("since", "is in the future")])
    arguments = {"since": since, "device_types": list(device_type_ids), "all_messages": all_messages}
    return order_job(application_id, JobKind.SIGFOX_RECOVERY, arguments)


def look_after_connections(now: int, _until_ms: int) -> RunResult[DueItem]:
    """Order what is due of each connection: a recovery each hour, a check of the callbacks each day.

    Where one has not ended yet, no other is ordered. Where Sigfox refuses the credentials, nothing is.

    Args:
        now: The present moment, epoch ms.
    """
    return run_each(lambda item: _look_after(stored.application_named(item), now), stored.due_until(now))


def _look_after(application_id: str, now: int) -> None:
    connection = stored.find(application_id)
    if connection is None:
        return
    if connection.state is not ConnectionState.REFUSED:
        # In an hour there may be room for them.
        with suppress(TooManyJobs):
            _order(application_id, now)
    stored.look_again(connection, (now // _HOUR_MS + 1) * _HOUR_MS)


def _order(application_id: str, now: int) -> None:
    jobs = list_jobs(application_id)
    unfinished = {job.kind for job in jobs if not job.state.is_end}
    # A minute that comes some seconds earlier than yesterday's is that of the day all the same.
    checked = {job.kind for job in jobs if job.created_at > now - DAY_MS + _HOUR_MS // 2}
    if JobKind.SIGFOX_RECOVERY not in unfinished:
        order_job(application_id, JobKind.SIGFOX_RECOVERY, {})
    if JobKind.SIGFOX_CHECK not in unfinished | checked:
        order_job(application_id, JobKind.SIGFOX_CHECK, {})
