"""What follows from a change: its kind says which handlers.

Each may be called again for the same change, in any order of items, and then changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sigbridge.applications import UnknownApplication
from sigbridge.clock import counted_moment
from sigbridge.downlinks import (
    QUEUE_FULL,
    DownlinkEvent,
    Step,
    apply_acknowledgement,
    quota_of,
    record_transition,
    recorded_steps,
    transitions,
)
from sigbridge.reports import Service
from sigbridge.status import (
    record_message,
    record_over_quota,
    record_report,
    watch_changed_device,
    watch_changed_types,
)
from sigbridge.store.stream import (
    ApplicationChanged,
    AttemptChanged,
    Change,
    DeviceChanged,
    MessageStored,
    ReportStored,
    StateChanged,
    WebhookHealthChanged,
)

type Handler = Callable[[Any], Counter[str] | None]


def record_transitions(change: StateChanged) -> None:
    """Write what happened to downlinks into their histories."""
    for transition in transitions(change.old, change.new, change.at):
        record_transition(change.application_id, change.device_id, transition)


def update_status_from_report(change: ReportStored) -> None:
    """Note what a new report tells of its device."""
    if change.old is None:
        record_report(change.application_id, change.device_id, change.new)


def acknowledge_downlink(change: ReportStored) -> None:
    """Settle the downlink that a new report acknowledges."""
    if change.old is None and change.new.service is Service.ACKNOWLEDGE:
        apply_acknowledgement(change.application_id, change.device_id, change.new)


def update_status_from_message(change: MessageStored) -> None:
    """Note what a message tells of its device's link and location."""
    record_message(change.application_id, change.device_id, change.new)


def watch_device(change: DeviceChanged) -> None:
    """Begin or end to watch a device whose type changed."""
    watch_changed_device(change.application_id, change.old, change.new)


def watch_devices_of_types(change: ApplicationChanged) -> None:
    """Have the devices of a type watched as it now says."""
    watch_changed_types(change.application_id, change.old, change.new)


def count_failures(change: AttemptChanged) -> Counter[str]:
    """Count the downlinks that failed."""
    failed = [step for step in recorded_steps(change.old, change.new) if step.step is Step.FAILED]
    not_retried = [step for step in failed if step.details.get("reason") == QUEUE_FULL]
    return Counter(DownlinksFailed=len(failed), DownlinksNotRetried=len(not_retried))


def check_quota(change: AttemptChanged) -> Counter[str]:
    """Note and count the answers beyond what the device may have a day."""
    steps = recorded_steps(change.old, change.new)
    return Counter(DownlinksOverQuota=sum(_is_over_quota(change, step) for step in steps))


def _is_over_quota(change: AttemptChanged, step: DownlinkEvent) -> bool:
    if step.uplink is None:
        return False
    moment_ms = counted_moment(step.uplink.time, step.at)
    try:
        quota = quota_of(change.application_id, change.device_id, moment_ms)
    except UnknownApplication:
        return False
    if quota.exceeded_at is not None:
        record_over_quota(change.application_id, change.device_id, quota.exceeded_at)
    return quota.is_beyond(moment_ms)


HANDLERS: Mapping[type[Change[Any]], tuple[Handler, ...]] = {
    StateChanged: (record_transitions,),
    ReportStored: (update_status_from_report, acknowledge_downlink),
    MessageStored: (update_status_from_message,),
    DeviceChanged: (watch_device,),
    ApplicationChanged: (watch_devices_of_types,),
    AttemptChanged: (count_failures, check_quota),
    WebhookHealthChanged: (),
}


def handle(change: Change[Any]) -> Counter[str]:
    """Do what follows from a change, and return what is to be counted.

    Raises:
        StoreUnavailable: Not all of it is done; the change is to be handled again.
    """
    counts = Counter[str]()
    for handler in HANDLERS[type(change)]:
        counts += handler(change) or Counter()
    return counts
