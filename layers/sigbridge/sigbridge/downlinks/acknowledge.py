"""What Sigfox's acknowledgement does to the downlink that it is about.

An ACKNOWLEDGE callback names the device and a moment, neither the uplink nor the downlink (sigfox
reference, 1.5). The moment lies between the uplink and the end of its radio procedure, at most 52.5 s
later (3.3), during which the device sends nothing else: so it belongs to the last answer before it.
"""

from collections.abc import Collection, Mapping

from sigbridge.downlinks.history import record_transition
from sigbridge.downlinks.retry import end_as_sent, end_attempt, has_ended
from sigbridge.downlinks.transitions import Transition
from sigbridge.model.downlink_history import Step, StoredAttempt, uplink_moment
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.reports import reports_between
from sigbridge.store import attempts, device_states
from sigbridge.store.device_states import NoSuchDevice

_RADIO_PROCEDURE_MS = 55_000
# Sigfox tells moments in whole seconds.
_SECOND_MS = 1_000
# An acknowledgement without a time: it is sent after the device has begun to listen, and repeated for
# 7 minutes (sigfox reference, 3.3 and 2.4).
_EARLIEST_WITHOUT_TIME_MS = 15_000
_LATEST_WITHOUT_TIME_MS = 600_000

_ACKED = 0
_NO_ANSWER = 1
# sigfox reference, 1.5. All other codes, 5 (PENDING) and 10 (ROAMING_PENDING) among them, decide nothing.
_FAILURES: Mapping[int, str] = {
    _NO_ANSWER: "no_answer",
    2: "invalid_payload",
    3: "quota_exceeded",
    4: "network_error",
    6: "no_downlink_contract",
    7: "too_many_requests",
    8: "invalid_configuration",
}
_TOLD = ("info_code", "info_message", "downlink_ack", "downlink_overusage")


def apply_acknowledgement(application_id: str, device_id: str, acknowledgement: StoredReport) -> None:
    """End the attempt that an acknowledgement is about; one that matches none changes nothing.

    It may come again, late, or after later uplinks: its moment tells which answer it is about.
    """
    attempt = _acknowledged(application_id, device_id, acknowledgement)
    if attempt is not None:
        apply_to_attempt(attempt, acknowledgement)


def apply_to_attempt(attempt: StoredAttempt, acknowledgement: StoredReport) -> None:
    """End an attempt as its acknowledgement says."""
    facts = acknowledgement.facts
    code = facts["info_code"]
    told = {name: facts[name] for name in _TOLD if name in facts} | {"report": acknowledgement.id}
    at = acknowledgement.received_at
    downlink = attempt.downlink
    if code == _ACKED:
        end_as_sent(attempt, Transition(downlink, Step.SENT, at, told))
    elif isinstance(code, int) and code in _FAILURES:
        end_attempt(attempt, Transition(downlink, Step.FAILED, at, told | {"reason": _FAILURES[code]}))
    else:
        key = attempt.key
        record_transition(key.application_id, key.device_id, Transition(downlink, Step.PENDING, at, told))


def find_acknowledgement(attempt: StoredAttempt) -> StoredReport | None:
    """Find the acknowledgement of an answer among the reports of its device.

    Needed where the report was there before the history knew of the answer.
    """
    key = attempt.key
    moment = uplink_moment(attempt.steps[Step.ANSWERED]["uplink"])
    latest = moment + _LATEST_WITHOUT_TIME_MS
    for report in reports_between(key.application_id, key.device_id, moment - _SECOND_MS, latest):
        if _decides(report):
            acknowledged = _acknowledged(key.application_id, key.device_id, report)
            if acknowledged is not None and acknowledged.key == key:
                return report
    return None


def _decides(report: StoredReport) -> bool:
    code = report.facts.get("info_code")
    return report.service is Service.ACKNOWLEDGE and (code == _ACKED or code in _FAILURES)


def _acknowledged(application_id: str, device_id: str, acknowledgement: StoredReport) -> StoredAttempt | None:
    """Find the attempt that an acknowledgement is about."""
    if acknowledgement.has_time:
        first = acknowledgement.time - _RADIO_PROCEDURE_MS
        last = acknowledgement.time + _SECOND_MS - 1
    else:
        first = acknowledgement.received_at - _LATEST_WITHOUT_TIME_MS
        last = acknowledgement.received_at - _EARLIEST_WITHOUT_TIME_MS
    answered = attempts.answered_between(application_id, device_id, first, last)
    found = (attempts.find(key) for key in reversed(answered.values()))
    candidates = [attempt for attempt in found if attempt is not None]
    if not acknowledgement.has_time:
        settled = [attempt for attempt in candidates if _was_settled_by(attempt, acknowledgement)]
        candidates = settled or [attempt for attempt in candidates if not has_ended(attempt)]
    if not candidates or _is_about_a_later_answer(candidates[0], acknowledgement, answered.keys(), last):
        return None
    return candidates[0]


def _was_settled_by(attempt: StoredAttempt, acknowledgement: StoredReport) -> bool:
    return any(recorded.get("report") == acknowledgement.id for recorded in attempt.steps.values())


def _is_about_a_later_answer(
    attempt: StoredAttempt, acknowledgement: StoredReport, recorded: Collection[str], last_ms: int
) -> bool:
    """Return whether an acknowledgement is about a later uplink than the attempt's.

    "No answer" may be about one that got nothing; what has no time, about one whose downlink the history
    does not know yet. The device's state remembers both for ten minutes, longer than Sigfox repeats the
    acknowledgement.
    """
    is_no_answer = acknowledgement.facts["info_code"] == _NO_ANSWER
    if not is_no_answer and acknowledgement.has_time:
        return False
    key = attempt.key
    try:
        answers = device_states.find(key.application_id, key.device_id).answers
    except NoSuchDevice:
        return False
    uplink = attempt.steps[Step.ANSWERED]["uplink"]
    return any(
        uplink < other
        and uplink_moment(other) <= last_ms
        and (is_no_answer if downlink is None else not acknowledgement.has_time and other not in recorded)
        for other, downlink in answers.items()
    )
