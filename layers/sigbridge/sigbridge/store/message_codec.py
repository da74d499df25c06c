"""Messages as the table has them, and as the model has them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sigbridge.errors import Fault
from sigbridge.model.message import Location, Network, Variable
from sigbridge.model.stored_message import ConflictingPayload, RecordedMessage

SORT_PREFIX = "MSG#"


def read_message(record: Mapping[str, Any]) -> RecordedMessage:
    """Read the plain values of a stored item, keys included."""
    location = record.get("location")
    return RecordedMessage(
        id=record["sk"].removeprefix(SORT_PREFIX),
        device_id=record["pk"].split("#", 2)[2],
        device_as_received=record["device"],
        network=Network(record["network"]),
        time=int(record["time"]),
        group=record["group"],
        seq_number=_whole(record.get("seq_number")),
        payload=record.get("payload"),
        port=_whole(record.get("port")),
        ack=record.get("ack"),
        received_at=_whole(record.get("received_at")),
        advanced_at=_whole(record.get("advanced_at")),
        radio=record.get("radio", {}),
        advanced=record.get("advanced", {}),
        location=None if location is None else Location.from_record(location),
        variables=_read_variables(record),
        sent_time=_whole(record.get("sent_time")),
        amended_at=_whole(record.get("amended_at")),
        conflicts=tuple(map(_read_conflict, record.get("conflicts", ()))),
        warnings=_read_warnings(record),
    )


def received_first(record: Mapping[str, Any]) -> int:
    """Tell when the first part of a stored message came, epoch ms."""
    return min(int(record[arrival]) for arrival in ("received_at", "advanced_at") if arrival in record)


def _read_conflict(record: Mapping[str, Any]) -> ConflictingPayload:
    return ConflictingPayload(record["payload"], int(record["received_at"]))


def _read_warnings(record: Mapping[str, Any]) -> tuple[Fault, ...]:
    told = [*record.get("warnings", ()), *record.get("advanced_warnings", ())]
    return tuple(dict.fromkeys(Fault(warning["field"], warning["message"]) for warning in told))


def _read_variables(record: Mapping[str, Any]) -> tuple[Variable, ...]:
    own = [Variable.from_record(variable) for variable in record.get("variables", ())]
    if "advanced_variables" not in record:
        return tuple(own)
    told = {repr(variable) for variable in own}
    added = [Variable.from_record(variable) for variable in record["advanced_variables"]]
    return (*own, *(variable for variable in added if repr(variable) not in told))


def _whole(number: Decimal | None) -> int | None:
    return None if number is None else int(number)
