"""Messages that come as TagoIO's items."""

from collections.abc import Sequence

from sigbridge.api.ingest.documents import Document, Siblings
from sigbridge.model.field_mapping import Field, plain
from sigbridge.model.field_names import COMMON_NAMES
from sigbridge.tagoio.items import Item, messages_of, values_of

# TagoIO's exported items have an `id` of their own.
_DEVICE_NAMES = frozenset(COMMON_NAMES[Field.SERIAL]) - {"id"}


def gather_items(documents: Sequence[Document]) -> list[Document]:
    """Put TagoIO's items together as messages; other documents stay."""
    if not all(is_item(document.fields) for document in documents):
        return list(documents)
    items = [document.fields for document in documents]
    siblings = Siblings(values_of(reversed(items)))
    warnings = tuple(warning for document in documents for warning in document.warnings)
    messages: list[Document] = []
    for own in messages_of(items).values():
        messages.append(Document(values_of(own), documents[0].fallback, own, siblings, warnings))
        warnings = ()
    return messages


def is_item(content: Item) -> bool:
    """Return whether an object is TagoIO's item, and not one of a sender who has a field named `variable`."""
    return isinstance(content.get("variable"), str) and not any(
        plain(name) in _DEVICE_NAMES for name in content
    )
