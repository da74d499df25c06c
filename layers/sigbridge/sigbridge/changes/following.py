"""What follows from a change. Each consequence may happen again, and then changes nothing."""

from collections import Counter

from sigbridge.changes.announcements import announcements, steps_made
from sigbridge.changes.change import Change, Kind
from sigbridge.conditions import note_message, note_report
from sigbridge.downlinks import quota_of, record_transition, settle, transitions
from sigbridge.reports import Service, read_stored_report
from sigbridge.settings import settings
from sigbridge.store import event_bus
from sigbridge.store.device_states import read_state


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
    return _occurrences(change)


def announce(change: Change) -> None:
    """Announces a change on the event bus, if there is one.

    Raises:
        BusUnavailable: It may not be announced; announcing it again does no harm.
        BusRefused: It is not, and trying again is of no use.
    """
    bus = settings().event_bus_name
    if bus is not None:
        event_bus.publish(bus, announcements(change))


def _follow_state(change: Change) -> None:
    old = None if change.old is None else read_state(change.old)
    for transition in transitions(old, read_state(change.new), change.at):
        record_transition(change.application_id, change.device_id, transition)


def _follow_report(change: Change) -> None:
    report = read_stored_report(change.new)
    note_report(change.application_id, change.device_id, report)
    if report.service is Service.ACKNOWLEDGE:
        settle(change.application_id, change.device_id, report)


def _occurrences(change: Change) -> Counter[str]:
    occurrences = Counter[str]()
    for step in steps_made(change):
        if step.uplink is None:
            occurrences[f"Downlinks{step.step.capitalize()}"] += 1
        else:
            # The answer itself was counted when it was given.
            quota = quota_of(change.application_id, change.device_id, step.uplink.time)
            occurrences["DownlinksOverQuota"] += quota.is_exceeded
    return occurrences
