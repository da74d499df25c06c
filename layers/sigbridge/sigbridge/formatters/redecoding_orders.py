"""Orders to read stored messages anew, each with what it will take.

How many messages a device has is counted nowhere: that would cost a write for each. So some devices are
looked at, at both ends of what they sent, and the others are taken to have as many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil
from statistics import fmean

from sigbridge.formatters.redecoding import Redecoding, check_redecoding, devices_of
from sigbridge.jobs import Job, JobKind, order_job
from sigbridge.messages import MessagesWanted, StoredMessage, list_messages
from sigbridge.model.prices import GIGABYTE_SECOND_USD, READ_UNIT_USD, WRITE_UNIT_USD
from sigbridge.store.parallel import in_parallel
from sigbridge.store.timeline import Order

# A list of so many takes a few seconds to read.
_MOST_LISTED = 50_000
_DEVICES_LOOKED_AT = 10
_MESSAGES_LOOKED_AT = 50
_READ_UNIT_BYTES, _WRITE_UNIT_BYTES = 8_192, 1_024
# Of a message that no script has read yet, what one makes of it; of a device, its entry in the list.
_DECODED_BYTES, _LISTED_BYTES = 300, 300
# What a step of 200 messages reads and writes besides: the application, the formatter, the job.
_READS_A_STEP, _WRITES_A_STEP, _MESSAGES_A_STEP = 4, 6, 200
# Its parameters, and the first look at its messages.
_READS_A_DEVICE = 1
# Not measured on AWS: 10 ms of two functions of 512 MB together.
_GIGABYTE_SECONDS_A_MESSAGE = 0.010 * 0.5


@dataclass(frozen=True, slots=True)
class RedecodingEstimate:
    """What it takes to read messages anew.

    Attributes:
        devices: How many devices the formatter is for.
        messages: How many messages they have, about.
        read_units: How many read units it takes, about.
        write_units: How many write units it takes, if every message has to be written; it takes none for
            those that are up to date.
        cost_usd: What both and the functions cost then, at the list prices of us-east-1.
        is_complete: Whether all devices were counted; of more than 50,000 only the first are.
    """

    devices: int
    messages: int
    read_units: int
    write_units: int
    cost_usd: float
    is_complete: bool


@dataclass(frozen=True, slots=True)
class OrderedRedecoding:
    """A job that reads messages anew.

    Attributes:
        job: The job.
        estimate: What it takes.
    """

    job: Job
    estimate: RedecodingEstimate


@dataclass(frozen=True, slots=True)
class _Sample:
    """What is known of a device that was looked at.

    Attributes:
        messages: How many messages it has, about.
        seen: Some of them.
    """

    messages: float
    seen: Sequence[StoredMessage]


def order_redecoding(application_id: str, wanted: Redecoding) -> OrderedRedecoding:
    """Have messages read anew; it begins within a minute.

    Raises:
        TooManyJobs: The application has as many as it may have.
        SigbridgeError: Whatever `check_redecoding` raises.
    """
    estimate = estimate_redecoding(application_id, wanted)
    job = order_job(application_id, JobKind.REDECODE, wanted.as_arguments(), total=estimate.messages)
    return OrderedRedecoding(job, estimate)


def estimate_redecoding(application_id: str, wanted: Redecoding) -> RedecodingEstimate:
    """Find out what it takes to read messages anew.

    Raises:
        SigbridgeError: Whatever `check_redecoding` raises.
    """
    application, _ = check_redecoding(application_id, wanted)
    ids: list[str] = []
    listed = 0
    for device in islice(devices_of(application_id, wanted), _MOST_LISTED):
        listed += 1
        if wanted.wants(application, device):
            ids.append(device.id)
    samples = in_parallel(lambda id_: _sample(application_id, id_, wanted), _spread(ids))
    messages = round(len(ids) * fmean(sample.messages for sample in samples)) if samples else 0
    seen = [message for sample in samples for message in sample.seen]
    steps = messages // _MESSAGES_A_STEP + 1
    reads = (
        messages * _mean([message.size for message in seen]) / _READ_UNIT_BYTES
        + listed * _LISTED_BYTES / _READ_UNIT_BYTES
        + len(ids) * _READS_A_DEVICE
        + steps * _READS_A_STEP
    )
    writes = messages * _mean([_write_units(message) for message in seen]) + steps * _WRITES_A_STEP
    cost = (
        reads * READ_UNIT_USD
        + writes * WRITE_UNIT_USD
        + messages * _GIGABYTE_SECONDS_A_MESSAGE * GIGABYTE_SECOND_USD
    )
    return RedecodingEstimate(
        devices=len(ids),
        messages=messages,
        read_units=ceil(reads),
        write_units=ceil(writes),
        cost_usd=round(cost, 4),
        is_complete=listed < _MOST_LISTED,
    )


def _spread(ids: Sequence[str]) -> list[str]:
    """Return some of these devices, far from each other."""
    count = min(len(ids), _DEVICES_LOOKED_AT)
    return [ids[number * len(ids) // count] for number in range(count)]


def _mean(figures: Sequence[float]) -> float:
    return fmean(figures) if figures else 0


def _write_units(message: StoredMessage) -> int:
    size = message.size + (_DECODED_BYTES if message.decoded is None else 0)
    return ceil(size / _WRITE_UNIT_BYTES) if message.payload else 0


def _sample(application_id: str, device_id: str, wanted: Redecoding) -> _Sample:
    def look(order: Order) -> tuple[Sequence[StoredMessage], bool]:
        messages: MessagesWanted = wanted.messages(order, _MESSAGES_LOOKED_AT)
        page = list_messages(application_id, device_id, messages)
        return page.messages, page.is_last

    newest, are_all = look(Order.DESCENDING)
    if are_all:
        return _Sample(len(newest), newest)
    oldest, _ = look(Order.ASCENDING)
    seen = [*newest, *oldest]
    seen_ms = newest[0].time - newest[-1].time + oldest[-1].time - oldest[0].time
    between = len(seen) - 2
    # All of a moment: there may be any number of them.
    count = (newest[0].time - oldest[0].time) * between / seen_ms + 1 if seen_ms else len(seen)
    return _Sample(count, seen)
