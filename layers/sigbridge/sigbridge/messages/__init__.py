"""Messages: what a device said, checked, stored once."""

from sigbridge.messages.ingest import MessageReceipt, Receipt, store_messages
from sigbridge.messages.listing import MessagePage, MessagesWanted, count_messages, list_messages
from sigbridge.model.message import (
    Location,
    MessagePart,
    Network,
    ReceivedMessage,
    Value,
    Variable,
    WrittenPayload,
)
from sigbridge.model.stored_message import ConflictingPayload, StoredMessage
from sigbridge.store.timeline import Order

__all__ = [
    "ConflictingPayload",
    "Location",
    "MessagePage",
    "MessagePart",
    "MessageReceipt",
    "MessagesWanted",
    "Network",
    "Order",
    "Receipt",
    "ReceivedMessage",
    "StoredMessage",
    "Value",
    "Variable",
    "WrittenPayload",
    "count_messages",
    "list_messages",
    "store_messages",
]
