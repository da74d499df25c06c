"""Storing messages: each once, however often it is delivered."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sigbridge.applications import kept_until
from sigbridge.clock import counted_moment, is_believed, now_ms
from sigbridge.devices import DeviceCache
from sigbridge.errors import Fault, InvalidInput
from sigbridge.messages.amending import Amendment, amend
from sigbridge.messages.keys import MessageKey, message_key
from sigbridge.messages.parts import FittingPart
from sigbridge.messages.payload import InvalidPayload, read_generic_payload, read_sigfox_payload
from sigbridge.model.limits import checked_value, fitting_name
from sigbridge.model.message import Network, ReceivedMessage, Variable, WrittenPayload
from sigbridge.model.stored_message import PartContent, StoredMessage
from sigbridge.store import messages as stored_messages
from sigbridge.store.parallel import in_parallel

_NOT_BELIEVED = Fault("time", "is more than a day ahead of its reception, whose time is used instead")
# Separators in an id may be many.
_SPELLING_LENGTH = 200


@dataclass(frozen=True, slots=True)
class MessageReceipt:
    """A message that is durable now.

    Attributes:
        message: What was received; its warnings name what was found out when it was stored, too.
        stored: The message as it is stored now.
        key: `<ms, 13 digits>#<seqNumber or digest>`: the same for every repeat of the message.
        moment: The earlier one of its time and its first reception, epoch ms.
        group: The group it was stored with, the first time.
        repeated: Whether this part of it was there already.
    """

    message: ReceivedMessage
    stored: StoredMessage
    key: str
    moment: int
    group: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request's messages.

    Attributes:
        messages: In the order of the request.
        group: The group that they share; for a repeated request the first one's.
        inactive: Devices whose messages were left out, as they are not active.
    """

    messages: tuple[MessageReceipt, ...]
    group: str
    inactive: frozenset[str] = frozenset()

    @property
    def accepted(self) -> int:
        """How many were new."""
        return len(self.messages) - self.duplicates

    @property
    def duplicates(self) -> int:
        """How many were there already."""
        return sum(stored.repeated for stored in self.messages)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """What the messages of a request have in common.

    Attributes:
        application_id: Whose devices they come from.
        group: Their group.
        at: When they came, epoch ms.
        kept_until: When they are forgotten, epoch seconds.
    """

    application_id: str
    group: str
    at: int
    kept_until: int


def store_messages(application_id: str, received: Sequence[ReceivedMessage]) -> Receipt:
    """Store the messages of one request and return when all of them are durable.

    All are checked before the first is written. Messages of one request share one group, unless they
    name groups of their own. Those of inactive devices are left out, so that the others are not lost.

    Args:
        application_id: Whose devices they come from.
        received: At least one message.

    Raises:
        InvalidInput: A payload is not what its network allows; nothing was stored.
        UnknownDevice: A device is not listed and the application rejects such; nothing was stored.
        InactiveDevice: All devices are inactive; nothing was stored.
        StoreUnavailable: Not all are durable; storing them again does no harm.
    """
    device_ids = [message.device_id for message in received]
    directory = DeviceCache.open(application_id, device_ids)
    received, payloads = _read_payloads(received, directory)
    inactive = directory.inactive_among(device_ids)
    directory.register_unknown(device_ids, _reported_types(received))
    group = next((message.group for message in received if message.group), None) or secrets.token_hex(12)
    arrived_at = now_ms()
    expires_at = kept_until(directory.application, arrived_at)

    def store(position: int) -> MessageReceipt:
        own_group = received[position].group or group
        arrival = _Arrival(application_id, own_group, arrived_at, expires_at)
        return _store(received[position], payloads[position], arrival, position)

    taken = [position for position, message in enumerate(received) if message.device_id not in inactive]
    stored = in_parallel(store, taken)
    return Receipt(tuple(stored), _common_group(stored, group), inactive)


def _reported_types(received: Sequence[ReceivedMessage]) -> dict[str, str]:
    told = {message.device_id: message.radio.get("device_type_id") for message in received}
    return {device_id: type_id for device_id, type_id in told.items() if isinstance(type_id, str)}


def _read_payloads(
    received: Sequence[ReceivedMessage], directory: DeviceCache
) -> tuple[list[ReceivedMessage], list[str | None]]:
    """Read the payloads of messages; what was only guessed to be one, and is none, becomes a variable.

    Raises:
        InvalidInput: One can't be read; every such one is named.
    """
    messages: list[ReceivedMessage] = []
    payloads: list[str | None] = []
    faults: list[Fault] = []
    for index, message in enumerate(received):
        written, payload = message.payload, None
        try:
            if written is not None and message.network is Network.SIGFOX:
                payload = read_sigfox_payload(written.text)
            elif written is not None:
                encoding = directory.settings_of(message.device_id).payload_encoding
                payload = read_generic_payload(written, encoding)
        except InvalidPayload as invalid:
            variable = None if written is None else _payload_as_variable(message, written)
            if variable is None:
                faults.append(Fault("payload", str(invalid), index))
            else:
                warning = Fault(variable.name, f"{invalid}; stored as a variable", index)
                message = replace(  # noqa: PLW2901 - it goes on as what it is now known to be
                    message,
                    payload=None,
                    variables=(*message.variables, variable),
                    warnings=(*message.warnings, warning),
                )
        messages.append(message)
        payloads.append(payload)
    if faults:
        raise InvalidInput.of(faults)
    return messages, payloads


def _payload_as_variable(message: ReceivedMessage, written: WrittenPayload) -> Variable | None:
    if message.network is Network.SIGFOX or not written.guessed:
        return None
    try:
        return Variable(fitting_name(written.name), checked_value(written.text))
    except ValueError:
        return None


def _store(message: ReceivedMessage, payload: str | None, arrival: _Arrival, index: int) -> MessageReceipt:
    key = _key(message, payload, arrival)
    if message.time is not None and not is_believed(message.time, arrival.at):
        message = replace(message, warnings=(*message.warnings, replace(_NOT_BELIEVED, index=index)))
    fitting = FittingPart.of(message, arrival.at)
    delivered = _as_delivered(message, payload, arrival, key, fitting.content)
    written = stored_messages.add(arrival.application_id, delivered, arrival.kept_until)
    stored = written.message
    first = not written.is_repeat and len(stored.parts) == 1
    amendment = Amendment(stored) if first else amend(arrival.application_id, delivered, stored)
    added = (replace(warning, index=index) for warning in (*fitting.left_out, *amendment.warnings))
    return MessageReceipt(
        message=replace(message, warnings=(*message.warnings, *added)),
        stored=amendment.message,
        key=stored.id,
        moment=counted_moment(key.time, stored.first_arrived_at),
        group=stored.group,
        repeated=written.is_repeat,
    )


def _key(message: ReceivedMessage, payload: str | None, arrival: _Arrival) -> MessageKey:
    key = message_key(message, payload, arrival.at, arrival.kept_until)
    if key.mark is None:
        return key
    first = stored_messages.first_id(arrival.application_id, message.device_id, key.mark, key.id, arrival.at)
    return replace(key, id=first)


def _as_delivered(
    message: ReceivedMessage, payload: str | None, arrival: _Arrival, key: MessageKey, content: PartContent
) -> StoredMessage:
    """Return the message as this delivery alone tells it."""
    return StoredMessage(
        id=key.id,
        device_id=message.device_id,
        device_as_received=message.device_as_received[:_SPELLING_LENGTH],
        network=message.network,
        time=key.time,
        group=arrival.group,
        parts={message.part: content},
        seq_number=message.seq_number,
        payload=payload,
        port=message.port,
        ack=message.ack,
        location=message.location,
        sent_time=message.time if message.time != key.time else None,
    )


def _common_group(stored: Sequence[MessageReceipt], group: str) -> str:
    groups = {message.group for message in stored}
    return groups.pop() if len(groups) == 1 else group
