"""What reports and messages let one know of a device's condition."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sigbridge.clock import counted_moment, iso_ms
from sigbridge.model.observation import Observation, ObservationKind
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.model.stored_message import StoredMessage

BREAK_IN_SEQUENCE = "INVALID_SEQ_NUMBER"
OUT_OF_SEQUENCE = "OUT_OF_SEQUENCE"
OFF_CONTRACT = "OFF_CONTRACT"
RENEWALS = frozenset({"TOKEN_RENEWAL", "ON_CONTRACT"})

_SEQUENCE_FACTS = {
    "device_expected_seqnumber": "expected",
    "device_last_seqnumber": "last",
    "device_message_seqnumber": "received",
}
_CONTRACT_FACTS = {
    "device_cause": "cause",
    "device_short_cause": "short_cause",
    "contract_id": "contract_id",
    "subscription_state": "subscription_state",
}
_LINK_FACTS = {name: name for name in ("lqi", "link_quality", "operator_name", "country_code")}
_SINCE = re.compile(r"no message received since (\S+(?: \S+)?)", re.IGNORECASE)


def observations_of_report(report: StoredReport) -> dict[ObservationKind, Observation]:
    """Tell what a report lets one know; nothing, for most events."""
    moment = counted_moment(report.time, report.received_at)
    facts = {kind: _present(known) for kind, known in _of_report(report)}
    found = {kind: Observation(moment, known) for kind, known in facts.items() if known}
    if report.tells_overrun:
        found[ObservationKind.QUOTA] = Observation(moment)
    return found


def observations_of_message(message: StoredMessage) -> dict[ObservationKind, Observation]:
    """Tell what a stored message lets one know: how it was received, and where the device was."""
    facts = {
        ObservationKind.LINK: _named({**message.radio, **message.advanced}, _LINK_FACTS),
        ObservationKind.LOCATION: {} if message.location is None else message.location.as_record(),
    }
    moment = counted_moment(message.time, message.first_arrived_at)
    return {kind: Observation(moment, known) for kind, known in facts.items() if known}


def _of_report(report: StoredReport) -> Iterator[tuple[ObservationKind, Mapping[str, Any]]]:
    facts = report.facts
    if report.service in {Service.STATUS, Service.REPEATER}:
        yield ObservationKind.BATTERY, {"volts": facts.get("batt")}
        yield ObservationKind.TEMPERATURE, {"celsius": facts.get("temp")}
    elif report.service is Service.ERROR:
        yield from _of_error(facts)
    elif report.service is Service.EVENT:
        yield from _of_event(facts)
    if report.location is not None:
        yield ObservationKind.LOCATION, report.location.as_record()


def _of_error(facts: Mapping[str, object]) -> Iterator[tuple[ObservationKind, Mapping[str, Any]]]:
    info = str(facts.get("info", ""))
    severity = str(facts.get("severity", "")).upper()
    silence = _SINCE.match(info)
    if silence is not None:
        yield ObservationKind.SILENCE, {"info": info, "since": iso_ms(silence[1].rstrip("."))}
    elif severity == "ERROR":
        yield ObservationKind.SILENCE, {"info": info}
    elif severity == "WARN":
        yield ObservationKind.NETWORK, {"info": info}


def _of_event(facts: Mapping[str, object]) -> Iterator[tuple[ObservationKind, Mapping[str, Any]]]:
    event_type = str(facts.get("event_type", "")).upper()
    if event_type in {BREAK_IN_SEQUENCE, OUT_OF_SEQUENCE}:
        yield ObservationKind.SEQUENCE, {"event_type": event_type, **_named(facts, _SEQUENCE_FACTS)}
    elif event_type == OFF_CONTRACT or event_type in RENEWALS:
        yield ObservationKind.CONTRACT, {"event_type": event_type, **_named(facts, _CONTRACT_FACTS)}


def _named(facts: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {new: facts[name] for name, new in names.items() if name in facts}


def _present(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
