"""What a value takes in an item, of the 400 kB that DynamoDB allows."""

from collections.abc import Mapping
from decimal import Decimal

from sigbridge.errors import Fault
from sigbridge.model.downlink import Downlink
from sigbridge.model.message import Variable
from sigbridge.model.stored_message import ConflictingPayload
from sigbridge.store.downlink_codec import write_downlink
from sigbridge.store.message_codec import conflict_record, warning_record

_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1
_NUMBER_BYTES = 2


def stored_size(value: object) -> int:
    """Tell how many bytes a value takes at most.

    As AWS describes it: a text takes its UTF-8, a number about half a byte for each digit, a list or map
    three bytes and one more for each of its elements.
    """
    match value:
        case str():
            return len(value.encode())
        case bool() | None:
            return 1
        case int() | Decimal():
            return _NUMBER_BYTES + (len(str(value)) + 1) // 2
        case Mapping():
            names = sum(len(name.encode()) for name in value)
            return names + stored_size(list(value.values()))
        case list() | tuple():
            return _CONTAINER_BYTES + sum(stored_size(part) + _ELEMENT_BYTES for part in value)
    message = f"{type(value).__name__} is no type of stored values"
    raise TypeError(message)


def size_of_variable(variable: Variable) -> int:
    """Tell how many bytes a variable takes at most."""
    return stored_size(variable.as_record())


def size_of_warning(warning: Fault) -> int:
    """Tell how many bytes a warning takes at most."""
    return stored_size(warning_record(warning))


def size_of_conflict(conflict: ConflictingPayload) -> int:
    """Tell how many bytes a further payload of a message takes at most."""
    return stored_size(conflict_record(conflict))


def size_of_downlink(downlink: Downlink) -> int:
    """Tell how many bytes a downlink takes in the queue of its device."""
    return stored_size(write_downlink(downlink))
