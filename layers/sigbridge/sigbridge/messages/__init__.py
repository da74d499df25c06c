"""Messages: what a device said, checked, stored once."""

from sigbridge.messages.inbox import Receipt, StoredMessage, store_messages
from sigbridge.messages.listing import MessagePage, MessagesWanted, list_messages
from sigbridge.model.message import Location, Network, Part, ReceivedMessage, Value, Variable, WrittenPayload
from sigbridge.model.stored_message import ConflictingPayload, RecordedMessage
from sigbridge.store.timeline import Order

__all__ = [
    "ConflictingPayload",
    "Location",
    "MessagePage",
    "MessagesWanted",
    "Network",
    "Order",
    "Part",
    "Receipt",
    "ReceivedMessage",
    "RecordedMessage",
    "StoredMessage",
    "Value",
    "Variable",
    "WrittenPayload",
    "list_messages",
    "store_messages",
]
