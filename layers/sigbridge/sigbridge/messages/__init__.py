"""Messages: what a device said, checked, stored once."""

from sigbridge.messages.inbox import Receipt, StoredMessage, store_messages
from sigbridge.messages.message import Location, Network, Part, ReceivedMessage, Variable

__all__ = [
    "Location",
    "Network",
    "Part",
    "Receipt",
    "ReceivedMessage",
    "StoredMessage",
    "Variable",
    "store_messages",
]
