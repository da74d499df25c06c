"""How far a job that changes devices in Sigfox is."""

import json
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from sigbridge.model.job import Job
from sigbridge.model.sigfox_change import DeviceChange, SigfoxOrder
from sigbridge.store.job_rows import ROWS_AN_ITEM

# So few are changed by a request each: that is sooner done than a bulk job, and says more of each.
_MOST_SINGLY = {DeviceChange.REGISTER: 10, DeviceChange.EDIT: 1, DeviceChange.UNSUBSCRIBE: 1}


class Phase(StrEnum):
    """What is to be done next with the devices of an item.

    SINGLY: The next one is changed by a request of its own.
    SEND: They are sent in one request, which begins a job of Sigfox's.
    CHECK: That request may have been sent before; what came of it is looked up, device by device.
    POLL: Sigfox's job is asked for.
    EXPLAIN: It is done, and refuses devices that Sigfox may have already: those are looked up.
    """

    SINGLY = "singly"
    SEND = "send"
    CHECK = "check"
    POLL = "poll"
    EXPLAIN = "explain"


@dataclass(frozen=True, slots=True)
class ChangePlace:
    """Where a job goes on.

    Attributes:
        change: What is done; of a registration also the transfer of those that Sigfox has elsewhere.
        item: Which of the job's items of rows.
        phase: What is to be done next.
        position: With which of the devices that are looked up or changed one by one.
        attempt: The attempt to send them, from 1.
        sigfox_job: Id of Sigfox's job.
        only: Ids of the devices of the item that are concerned; None for all.
        undone: Ids of those that a request which may have been sent has not changed.
        elsewhere: Ids of those that are to be transferred.
    """

    change: DeviceChange
    item: int
    phase: Phase
    position: int = 0
    attempt: int = 1
    sigfox_job: str | None = None
    only: tuple[str, ...] | None = None
    undone: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @classmethod
    def of(cls, job: Job, order: SigfoxOrder) -> Self:
        """Return where a job is."""
        return cls._first(job, order, 0) if job.cursor is None else cls._read(job.cursor)

    def following(self, job: Job, order: SigfoxOrder) -> Self | None:
        """Return where the job goes on when the devices of this place are changed; None for nowhere."""
        if self.change is DeviceChange.REGISTER and self.elsewhere:
            return type(self)(DeviceChange.TRANSFER, self.item, Phase.SEND, only=self.elsewhere)
        item = self.item + 1
        return None if item * ROWS_AN_ITEM >= _rows(job) else self._first(job, order, item)

    def as_cursor(self) -> str:
        """Write it as the cursor of a job."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return json.dumps({name: value for name, (value, default) in values.items() if value != default})

    @classmethod
    def _read(cls, cursor: str) -> Self:
        known: dict[str, Any] = json.loads(cursor)
        lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        return cls(
            **{**known, **lists, "change": DeviceChange(known["change"]), "phase": Phase(known["phase"])}
        )

    @classmethod
    def _first(cls, job: Job, order: SigfoxOrder, item: int) -> Self:
        is_singly = order.singly or _rows(job) <= _MOST_SINGLY.get(order.change, 0)
        return cls(order.change, item, Phase.SINGLY if is_singly else Phase.SEND)


def _rows(job: Job) -> int:
    return job.progress.total or 0
