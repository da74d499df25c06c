"""What follows from a change. Each consequence may happen again, and then changes nothing."""

from collections import Counter

from sigbridge.applications import UnknownApplication
from sigbridge.clock import counted_moment
from sigbridge.downlinks import QUEUE_FULL, quota_of, record_transition, settle, transitions
from sigbridge.integrations.announcements import steps_made
from sigbridge.model.service import Service
from sigbridge.status import (
    note_message,
    note_over_quota,
    note_report,
    watch_changed_device,
    watch_changed_types,
)
from sigbridge.store.device_states import read_state
from sigbridge.store.report_codec import read_stored_report
from sigbridge.store.stream import Change, Kind


def follow(change: Change) -> Counter[str]:
    """Does what follows from a change, and tells what is to be counted.

    Raises:
        StoreUnavailable: Not all of it is done; the change is to be followed again.
    """
    match change.kind:
        case Kind.STATE:
            _follow_state(change)
        case Kind.REPORT if change.old is None:
            _follow_report(change)
        case Kind.MESSAGE:
            note_message(change.application_id, change.device_id, change.new)
        case Kind.DEVICE:
            watch_changed_device(change.application_id, change.old, change.new)
        case Kind.APPLICATION:
            watch_changed_types(change.application_id, change.old, change.new)
    return _follow_steps(change)


def _follow_state(change: Change) -> None:
    old = None if change.old is None else read_state(change.old)
    for transition in transitions(old, read_state(change.new), change.at):
        record_transition(change.application_id, change.device_id, transition)


def _follow_report(change: Change) -> None:
    report = read_stored_report(change.new)
    note_report(change.application_id, change.device_id, report)
    if report.service is Service.ACKNOWLEDGE:
        settle(change.application_id, change.device_id, report)


def _follow_steps(change: Change) -> Counter[str]:
    occurrences = Counter[str]()
    for step in steps_made(change):
        if step.uplink is None:
            occurrences[f"Downlinks{step.step.capitalize()}"] += 1
            occurrences["DownlinksNotRetried"] += step.details.get("reason") == QUEUE_FULL
        else:
            # The answer itself was counted when it was given.
            occurrences["DownlinksOverQuota"] += _follow_answer(
                change, counted_moment(step.uplink.time, step.at)
            )
    return occurrences


def _follow_answer(change: Change, moment_ms: int) -> bool:
    """Notes if the answer to an uplink of a moment was more than the device may have, and tells so."""
    try:
        quota = quota_of(change.application_id, change.device_id, moment_ms)
    except UnknownApplication:
        return False
    if quota.exceeded_at is not None:
        note_over_quota(change.application_id, change.device_id, quota.exceeded_at)
    return quota.is_beyond(moment_ms)
