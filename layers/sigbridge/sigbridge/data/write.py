"""Data set by hand or by a program. They are no messages: a device is not heard of through them."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sigbridge.applications import kept_until
from sigbridge.clock import now_ms
from sigbridge.devices import DeviceCache, find_device
from sigbridge.model.data_entry import DataEntry
from sigbridge.model.message import Variable
from sigbridge.store import entries
from sigbridge.store.entries import EntryReceipt
from sigbridge.store.parallel import in_parallel

_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value to be set.

    Attributes:
        variable: Its name, value, unit, metadata and location.
        time: Epoch ms; None for now.
        group: Its group; None for the one that all values of a request without a group get.
    """

    variable: Variable
    time: int | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class WriteReceipt:
    """What became of the values of a request.

    Attributes:
        accepted: How many are new.
        duplicates: How many were there already.
        group: The group of those that were sent without one; where there is none, of the first one.
    """

    accepted: int
    duplicates: int
    group: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """Values of one moment and group, which are stored together.

    Attributes:
        time: Epoch ms, as it was sent; None where none was.
        group: As it was sent; None where none was.
        variables: The values.
    """

    time: int | None
    group: str | None
    variables: list[Variable] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The same for the same content, and another one for any other."""
        values = [variable.as_record() for variable in self.variables]
        text = json.dumps([self.group, values], default=_number_text, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def write_data(application_id: str, device_id: str, values: Sequence[NewValue]) -> WriteReceipt:
    """Store values of a device and return when all are durable.

    Values of the same time and group are stored together. They are known again by their content where
    they have a time: storing them again changes nothing then. Without a time they are always new.

    Args:
        application_id, device_id: The device.
        values: At least one.

    Raises:
        UnknownDevice: The device is not listed.
        InactiveDevice: It is not active.
        StoreUnavailable: Not all are durable.
    """
    # It reads the device as it is now, and what it reads is what the directory remembers.
    find_device(application_id, device_id)
    directory = DeviceCache.open(application_id, [device_id])
    directory.inactive_among([device_id])
    now = now_ms()
    group = secrets.token_hex(12)
    expires_at = kept_until(directory.application, now)

    def store(entry: _Entry) -> EntryReceipt:
        moment = now if entry.time is None else entry.time
        stored = DataEntry(
            id=f"{moment:013d}#{secrets.token_hex(8) if entry.time is None else entry.digest}",
            device_id=device_id,
            time=moment,
            group=entry.group or group,
            variables=tuple(entry.variables),
        )
        return entries.add(application_id, stored, now, expires_at)

    wanted = _entries(values)
    return _receipt(wanted, in_parallel(store, wanted))


def _entries(values: Sequence[NewValue]) -> list[_Entry]:
    by_moment: dict[tuple[int | None, str | None], _Entry] = {}
    for value in values:
        entry = by_moment.setdefault((value.time, value.group), _Entry(value.time, value.group))
        entry.variables.append(value.variable)
    return list(by_moment.values())


def _receipt(wanted: Sequence[_Entry], receipts: Sequence[EntryReceipt]) -> WriteReceipt:
    stored = list(zip(wanted, receipts, strict=True))
    without_group = (receipt.group for entry, receipt in stored if entry.group is None)
    return WriteReceipt(
        accepted=sum(len(entry.variables) for entry, receipt in stored if not receipt.is_repeat),
        duplicates=sum(len(entry.variables) for entry, receipt in stored if receipt.is_repeat),
        group=next(without_group, receipts[0].group),
    )


def _number_text(number: Decimal) -> str:
    # No text of a request holds NUL.
    return f"\0{number}"
