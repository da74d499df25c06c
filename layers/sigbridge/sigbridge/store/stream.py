"""A change of one item, as the table's stream tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigbridge.store.rows import Record, to_record


class Kind(StrEnum):
    """Kinds of items whose changes have consequences, by the beginnings of their sort keys."""

    APPLICATION = "APP"
    DEVICE = "DEVICE#"
    STATE = "STATE"
    MESSAGE = "MSG#"
    REPORT = "EVENT#"
    ATTEMPT = "DOWNLINK#"


# Items beside their application; all others are beside their device.
_OF_APPLICATIONS = frozenset({Kind.APPLICATION, Kind.DEVICE})


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one item of a device, or of an application.

    Attributes:
        id: The same however often the stream tells of it.
        application_id, device_id: The device; "" for none.
        kind: Of the item.
        old: The item before; None for a new one.
        new: The item after.
        at: When, epoch ms; DynamoDB tells it to the second.
    """

    id: str
    application_id: str
    device_id: str
    kind: Kind
    old: Record | None
    new: Record
    at: int


def read_change(record: Mapping[str, Any]) -> Change | None:
    """Reads a record of the stream; None for a change that has no consequences.

    Args:
        record: As Lambda hands it over: `eventID` and `dynamodb` with its images.
    """
    content = record["dynamodb"]
    if "NewImage" not in content:
        return None
    new = to_record(content["NewImage"])
    kind = next((kind for kind in Kind if new["sk"].startswith(kind)), None)
    if kind is None:
        return None
    device_id = new["sk"].removeprefix(kind) if kind in _OF_APPLICATIONS else new["pk"].split("#")[2]
    return Change(
        id=record["eventID"],
        application_id=new["pk"].split("#")[1],
        device_id=device_id,
        kind=kind,
        old=to_record(content["OldImage"]) if "OldImage" in content else None,
        new=new,
        at=int(content["ApproximateCreationDateTime"]) * 1000,
    )
