"""Reading the payloads of messages before they are told.

Nothing of it keeps a message from being told: what can't be read now is told without values, and read when
somebody asks for the message.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.applications import UnknownApplication
from sigbridge.devices import DeviceCache, UnknownDevice
from sigbridge.formatters.decoding import Sent, decode_all
from sigbridge.model.application import Application
from sigbridge.model.decoding import DecodedPayload
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.stream import Change, MessageStored

_SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class UnreadPayloads:
    """Payloads of a batch that a version of a formatter could not read.

    Attributes:
        application_id, formatter_id, version: The version.
        messages: How many messages they are of.
        suspended: How many of these it was not asked about, since it took too long too often.
        error: What it says of the first one.
    """

    application_id: str
    formatter_id: str
    version: int
    messages: int
    suspended: int
    error: str


@dataclass(frozen=True, slots=True)
class DecodedChanges:
    """Changes, the messages among them with what formatters make of their payloads.

    Attributes:
        changes: All of them, in their order.
        unread: What formatters could not read.
        undecoded: Why nothing was read; None where that was tried.
    """

    changes: Sequence[Change[Any]]
    unread: tuple[UnreadPayloads, ...] = ()
    undecoded: Exception | None = None

    @property
    def counts(self) -> Counter[str]:
        """What is to be counted of it."""
        return Counter(
            Warnings=sum(unread.messages for unread in self.unread),
            LeftUndone=sum(unread.suspended for unread in self.unread),
        )


def decode_changes(changes: Sequence[Change[Any]]) -> DecodedChanges:
    """Have formatters read the payloads of messages among changes, all of them in one go.

    Scripts that read the same payload before are not asked again.
    """
    try:
        decoded = _decoded(changes)
    except LASTING_FAILURES as reason:
        return DecodedChanges(changes, undecoded=reason)
    return DecodedChanges(
        [
            replace(change, new=replace(change.new, decoded=decoded[position]))
            if position in decoded
            else change
            for position, change in enumerate(changes)
        ],
        tuple(_unread((changes[position], result) for position, result in decoded.items())),
    )


def _decoded(changes: Sequence[Change[Any]]) -> Mapping[int, DecodedPayload]:
    """Return what formatters make of messages, by the places of their changes."""
    messages = {
        position: change
        for position, change in enumerate(changes)
        if isinstance(change, MessageStored) and change.new.payload
    }
    sent = _senders(messages)
    results = decode_all([*sent.values()])
    return {position: result for position, result in zip(sent, results, strict=True) if result is not None}


def _senders(messages: Mapping[int, MessageStored]) -> Mapping[int, tuple[Application, Sent]]:
    """Return messages with their applications and devices, but for those that were deleted."""
    sent: dict[int, tuple[Application, Sent]] = {}
    for application_id in dict.fromkeys(change.application_id for change in messages.values()):
        own = {
            position: change
            for position, change in messages.items()
            if change.application_id == application_id
        }
        cache = _opened(application_id, {change.device_id for change in own.values()})
        if cache is None:
            continue
        for position, change in own.items():
            try:
                device = cache.device(change.device_id)
            except UnknownDevice:
                continue
            sent[position] = cache.application, Sent(device, change.new)
    return sent


def _opened(application_id: str, device_ids: Iterable[str]) -> DeviceCache | None:
    """Look devices up that may have a formatter; None where none has."""
    try:
        application = DeviceCache.open(application_id, ()).application
        if not any(of_type.uplink_formatter for of_type in application.device_types.values()):
            return None
        return DeviceCache.open(application_id, device_ids)
    except UnknownApplication:
        return None


def _unread(results: Iterable[tuple[Change[Any], DecodedPayload]]) -> Iterable[UnreadPayloads]:
    """Tell for each version what it could not read."""
    failed: dict[tuple[str, str, int], list[DecodedPayload]] = {}
    for change, decoded in results:
        if decoded.error is not None:
            key = change.application_id, decoded.formatter_id, decoded.version
            failed.setdefault(key, []).append(decoded)
    for key, errors in failed.items():
        suspended = sum(decoded.failure == _SUSPENDED for decoded in errors)
        yield UnreadPayloads(*key, len(errors), suspended, str(errors[0].error))
