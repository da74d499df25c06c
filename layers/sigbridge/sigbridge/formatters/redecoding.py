"""Reading stored messages anew by a formatter that was changed, as a job.

What scripts make of payloads is stored with the messages. Whoever reads one that is outdated has it mended:
nobody needs this to see what is right. It spares readers the time, and brings sums up to date.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

from sigbridge.applications import find_application
from sigbridge.devices import devices_after, devices_named, find_device
from sigbridge.errors import Fault, FormatterUnavailable, InvalidInput, NothingToDo
from sigbridge.formatters.cache import read_anew
from sigbridge.formatters.decoding import Results, Sent, read_payloads, uplink_formatter_of
from sigbridge.formatters.registry import UnknownFormatter, find_formatter
from sigbridge.formatters.scripts import NOT_RUN
from sigbridge.jobs import Job, StepDone
from sigbridge.messages import MessagesWanted, list_messages
from sigbridge.model.application import Application
from sigbridge.model.decoding import DecodedPayload
from sigbridge.model.device import Device
from sigbridge.model.formatter import Formatter, FormatterKind
from sigbridge.store.parallel import in_parallel
from sigbridge.store.timeline import Order

# Of one step, which must end within a minute: scripts have ten seconds for its messages.
_MOST_MESSAGES = 200
_MOST_DEVICES_READ = 100
_MOST_DEVICES_LISTED = 1_000
_LISTED_AT_ONCE = 100
# The last one that RFC 3339 can write.
_END_OF_TIME = 253_402_300_799_999


@dataclass(frozen=True, slots=True)
class Redecoding:
    """Which messages are to be read anew.

    Attributes:
        formatter_id: Those that this formatter is for,
        since, until: of these times, epoch ms, both included; None for no bound,
        device_id: of this device; None for all,
        type_id: of devices of this type; None for all.
    """

    formatter_id: str
    since: int | None = None
    until: int | None = None
    device_id: str | None = None
    type_id: str | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Read the arguments of a job."""
        known = job.arguments
        since, until = known.get("since"), known.get("until")
        return cls(
            known["formatter"],
            None if since is None else int(since),
            None if until is None else int(until),
            known.get("device"),
            known.get("type"),
        )

    def as_arguments(self) -> Mapping[str, Any]:
        """Return the arguments of a job."""
        content = {
            "formatter": self.formatter_id,
            "since": self.since,
            "until": self.until,
            "device": self.device_id,
            "type": self.type_id,
        }
        return {name: value for name, value in content.items() if value is not None}

    def messages(self, order: Order, limit: int, after: str | None = None) -> MessagesWanted:
        """Return which messages of a device are wanted."""
        first = 0 if self.since is None else self.since
        last = _END_OF_TIME if self.until is None else self.until
        return MessagesWanted(first, last, order, limit, after)

    def wants(self, application: Application, device: Device) -> bool:
        """Return whether the messages of a device are read by the formatter, and wanted."""
        is_for_it = uplink_formatter_of(application, device) == self.formatter_id
        return is_for_it and self.type_id in {None, device.type}


def check_redecoding(application_id: str, wanted: Redecoding) -> tuple[Application, Formatter]:
    """Return the application and the formatter of what is wanted, if there is something to be done.

    Raises:
        UnknownFormatter, UnknownDevice: It names one that is not there.
        InvalidInput: It ends before it begins, or names a type or a device that the formatter is not for.
        NothingToDo: Nothing is stored of what the formatter makes.
    """
    formatter = find_formatter(application_id, wanted.formatter_id)
    if wanted.since is not None and wanted.until is not None and wanted.since > wanted.until:
        raise InvalidInput.of([Fault("until", "must not be before since")])
    application = find_application(application_id)
    types = application.device_types
    users = [id_ for id_ in sorted(types) if types[id_].uplink_formatter == formatter.id]
    if not any(version.kind is FormatterKind.JAVASCRIPT for version in formatter.versions):
        message = (
            f"Formatter '{formatter.id}' is no script: messages are read by it anew each time,"
            " nothing is stored, and its newest version counts already"
        )
        raise NothingToDo(message)
    if not users:
        message = f"No device type has '{formatter.id}' as its uplink_formatter: it reads no messages"
        raise NothingToDo(message)
    if wanted.type_id is not None and wanted.type_id not in users:
        raise InvalidInput.of(
            [Fault("type", f"must be a device type with this formatter: {', '.join(users)}")]
        )
    if wanted.device_id is not None:
        device = find_device(application_id, wanted.device_id)
        if not wanted.wants(application, device):
            raise InvalidInput.of([Fault("device", "is not of a device type with this formatter")])
    return application, formatter


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a job is.

    Attributes:
        device_id: The device that it has come to, in the order of their ids.
        message_id: The last message of it that is done; None where all are.
    """

    device_id: str
    message_id: str | None

    @classmethod
    def read(cls, cursor: str | None) -> Self | None:
        return None if cursor is None else cls(*json.loads(cursor))

    def as_cursor(self) -> str:
        return json.dumps([self.device_id, self.message_id])


@dataclass(frozen=True, slots=True)
class _Page:
    """What is to be done in a step.

    Attributes:
        sent: The messages.
        end: Where the next step goes on; None where nothing follows.
    """

    sent: list[Sent]
    end: _Place | None


def redecode(job: Job) -> StepDone:
    """Do a step of a job that reads messages anew, and store what differs.

    Raises:
        UnknownApplication, UnknownFormatter: It was deleted.
        FormatterUnavailable: Scripts can't be run now.
        StoreUnavailable: What was stored already is found by the next try.
    """
    wanted = Redecoding.of(job)
    application = find_application(job.application_id)
    # What is remembered may be older than the order.
    if not read_anew(job.application_id, [wanted.formatter_id]):
        message = f"There is no formatter '{wanted.formatter_id}'"
        raise UnknownFormatter(message)
    page = _next_page(application, wanted, _Place.read(job.cursor))
    results = read_payloads([(application, sent) for sent in page.sent])
    in_parallel(lambda store: store(), list(results.stores.values()))
    return _done(page, results)


def _done(page: _Page, results: Results) -> StepDone:
    done, end = len(page.sent), page.end
    untried = next(filter(lambda each: _is_untried(each[1]), enumerate(results.decoded)), None)
    if untried is not None:
        done, reason = untried
        if done == 0:
            raise FormatterUnavailable((reason and reason.error) or "Scripts can't be run now")
        last = page.sent[done - 1].message
        end = _Place(last.device_id, last.id)
    errors = (decoded.error for decoded in results.decoded[:done] if decoded is not None)
    return StepDone(
        None if end is None else end.as_cursor(),
        looked_at=done,
        changed=len(results.stores),
        problems=tuple(error for error in errors if error is not None),
    )


def _is_untried(decoded: DecodedPayload | None) -> bool:
    """Tell whether no script was asked, since there was no time or no function to ask."""
    return decoded is not None and decoded.failure in NOT_RUN


def _next_page(application: Application, wanted: Redecoding, place: _Place | None) -> _Page:
    """Read the messages that follow a place, of as many devices as a step is for."""
    sent: list[Sent] = []
    read = 0
    for listed, device in enumerate(_devices_left(application.id, wanted, place), 1):
        if wanted.wants(application, device):
            after = place.message_id if place is not None and place.device_id == device.id else None
            messages = wanted.messages(Order.ASCENDING, _MOST_MESSAGES - len(sent), after)
            page = list_messages(application.id, device.id, messages)
            sent += [Sent(device, message) for message in page.messages]
            read += 1
            if not page.is_last:
                return _Page(sent, _Place(device.id, page.messages[-1].id))
        place = _Place(device.id, None)
        if len(sent) == _MOST_MESSAGES or read == _MOST_DEVICES_READ or listed == _MOST_DEVICES_LISTED:
            return _Page(sent, place)
    return _Page(sent, None)


def _devices_left(application_id: str, wanted: Redecoding, place: _Place | None) -> Iterator[Device]:
    """Yield the devices that may be wanted in the order of their ids, from a place on."""
    if place is None:
        return devices_of(application_id, wanted)
    begun = [] if place.message_id is None else devices_named(application_id, [place.device_id])
    if wanted.device_id is not None:
        return iter(begun)
    return chain(begun, devices_after(application_id, "", place.device_id, _LISTED_AT_ONCE))


def devices_of(application_id: str, wanted: Redecoding) -> Iterator[Device]:
    """Yield all devices that may be wanted in the order of their ids, read page by page."""
    if wanted.device_id is not None:
        return iter(devices_named(application_id, [wanted.device_id]))
    return devices_after(application_id, "", None, _LISTED_AT_ONCE)
