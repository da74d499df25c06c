"""Messages of a device with what formatters make of their payloads, for whoever reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sigbridge.devices import DeviceCache
from sigbridge.formatters.cache import read_anew
from sigbridge.formatters.decoding import ScriptAllowance, Sent, decode, uplink_formatter_of
from sigbridge.messages import MessagePage, MessagesWanted, list_messages
from sigbridge.messages.listing import LARGEST_PAGE_BYTES
from sigbridge.messages.merging import list_application_messages
from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.stored_message import StoredMessage

# Of one request: an ill script takes half a second before it is stopped, which five may do.
MOST_SCRIPTED = 200


@dataclass(frozen=True, slots=True)
class _Sender:
    """A device and its application, as they are while one request is answered."""

    application: Application
    device: Device


class DecodedReader:
    """Reads payloads of one device for one request, by its type's formatter as that is about now."""

    def __init__(self, application_id: str, device_id: str, scripted: int = MOST_SCRIPTED) -> None:
        """Make a reader.

        Args:
            application_id, device_id: The device, which is listed.
            scripted: How many messages scripts may read; the others are as they were decoded before.
        """
        self._application_id = application_id
        self._device_id = device_id
        self._allowance = ScriptAllowance(scripted)
        self._sender: _Sender | None = None

    def decoded(self, messages: Sequence[StoredMessage]) -> list[StoredMessage]:
        """Return messages with what formatters make of their payloads.

        Raises:
            UnknownApplication, UnknownDevice: It was deleted.
            StoreUnavailable: Formatters can't be read.
        """
        if not any(message.payload for message in messages):
            return list(messages)
        if self._sender is None:
            self._sender = self._look_up()
        application, device = self._sender.application, self._sender.device
        results = decode(application, [Sent(device, message) for message in messages], self._allowance)
        return [replace(message, decoded=result) for message, result in zip(messages, results, strict=True)]

    def _look_up(self) -> _Sender:
        cache = DeviceCache.open_anew(self._application_id, [self._device_id])
        sender = _Sender(cache.application, cache.device(self._device_id))
        formatter_id = uplink_formatter_of(sender.application, sender.device)
        if formatter_id is not None:
            read_anew(self._application_id, [formatter_id])
        return sender


def list_decoded_messages(application_id: str, device_id: str, wanted: MessagesWanted) -> MessagePage:
    """Read messages of a device as `list_messages` does, with what formatters make of their payloads.

    There may be fewer where formatters make much of them.

    Raises:
        UnknownApplication, UnknownDevice: It was deleted.
        StoreUnavailable: They can't be read.
    """
    page = list_messages(application_id, device_id, wanted)
    return _fitting(DecodedReader(application_id, device_id).decoded(page.messages), page)


def list_decoded_application_messages(application_id: str, wanted: MessagesWanted) -> MessagePage:
    """Read messages of all devices of an application, with what formatters make of their payloads.

    Raises:
        UnknownApplication: It was deleted.
        TooManyDevices: It has more than are read together.
        StoreUnavailable: They can't be read.
    """
    page = list_application_messages(application_id, wanted)
    cache = DeviceCache.open_anew(application_id, {message.device_id for message in page.messages})
    sent = [Sent(cache.device(message.device_id), message) for message in page.messages]
    formatters = {uplink_formatter_of(cache.application, each.device) for each in sent}
    read_anew(application_id, [formatter_id for formatter_id in formatters if formatter_id is not None])
    results = decode(cache.application, sent, ScriptAllowance(MOST_SCRIPTED))
    decoded = [replace(each.message, decoded=result) for each, result in zip(sent, results, strict=True)]
    return _fitting(decoded, page)


def _fitting(messages: Sequence[StoredMessage], page: MessagePage) -> MessagePage:
    size = 0
    for position, message in enumerate(messages):
        if size >= LARGEST_PAGE_BYTES:
            return MessagePage(tuple(messages[:position]), is_last=False)
        size += message.told_size
    return MessagePage(tuple(messages), page.is_last)
