"""The documents of a request: one for each message, whatever form the body has.

Forms: a JSON object, a JSON array of objects, TagoIO's array of `{variable, value}` items, a URL-encoded
form, batch lines with a pattern, or the query alone.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sigbridge.api.http.json_body import read_lenient_json
from sigbridge.api.http.request import Request, UnsupportedContentType, read_urlencoded
from sigbridge.api.ingest.senml import read_senml
from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.field_mapping import plain
from sigbridge.sigfox.values import is_absent

MAX_MESSAGES = 1000
MAX_MESSAGE_BYTES = 100_000
MISSING_BODY = "Missing body information"

_FORM = "application/x-www-form-urlencoded"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Siblings:
    """The fields of an array, which all messages that are made of its items share.

    Attributes:
        fields: By name.
    """

    fields: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Their names by how they are compared: made once, not for each message."""
        return {plain(name): name for name in self.fields}


_NO_SIBLINGS = Siblings()


@dataclass(frozen=True, slots=True)
class Document:
    """What a request says of one message.

    Attributes:
        fields: The message's own fields.
        fallback: Fields of the query, which hold where the message itself says nothing.
        items: TagoIO's items, where the message came as such; `fields` has their plain values.
        siblings: Fields of the array that the items stand in; one of them may name the device of all.
        warnings: What of it was not understood, so far.
    """

    fields: Mapping[str, object]
    fallback: Mapping[str, str]
    items: Sequence[Mapping[str, object]] = ()
    siblings: Siblings = _NO_SIBLINGS
    warnings: tuple[Fault, ...] = ()

    @property
    def places(self) -> tuple[Mapping[str, object], ...]:
        """Where to look for a field, the message itself first."""
        return (self.fields, self.fallback) if self.fallback else (self.fields,)

    @property
    def content(self) -> dict[str, object]:
        """All fields; those of the query where the message itself says nothing."""
        fallback = self.fallback
        own = {
            name: value for name, value in self.fields.items() if name not in fallback or not is_absent(value)
        }
        return {**fallback, **own}

    @property
    def size(self) -> int:
        """Bytes of the message, written as JSON."""
        return len(json.dumps([self.fields, self.items], default=str, ensure_ascii=False).encode())


@dataclass(frozen=True, slots=True)
class RequestContent:
    """The documents of a request, by their positions in it.

    Attributes:
        documents: What could be taken apart, at least one.
        refused: Lines of a batch that could not.
        is_batch: Whether they are lines of Sigfox's batch, which do not depend on each other: Sigfox has
            nobody else to send the good ones to.
    """

    documents: Mapping[int, Document]
    refused: tuple[Fault, ...] = ()
    is_batch: bool = False


def read_form(request: Request) -> dict[str, str]:
    """Read the body of a request as a URL-encoded form.

    Raises:
        InvalidInput: It is none.
    """
    try:
        text = request.body.decode()
    except UnicodeDecodeError as failure:
        message = "The body is not UTF-8"
        raise InvalidInput(message) from failure
    return read_urlencoded(text, "body")


def is_form(request: Request) -> bool:
    """Return whether the body of a request says that it is a form."""
    return request.content_type == _FORM


def read_body(request: Request, query: Mapping[str, str]) -> list[Document]:
    """Read the documents of a body, or of the query where there is no body.

    A body that begins as JSON is read as JSON, whatever Sigfox's default content type says of it.

    Raises:
        InvalidInput: There is no body information, the body can't be read, or an array holds something else
            than objects.
        UnsupportedContentType: The body is neither JSON nor a form.
        BodyTooLarge: It is over the limit.
    """
    body = request.body.strip().removeprefix(_BYTE_ORDER_MARK)
    if not body.strip(b"\0"):
        return [from_query(query)]
    is_json = request.content_type.endswith(("/json", "+json"))
    if not is_json and body.lstrip().startswith((b"{", b"[")):
        is_json = request.content_type in {"", _FORM}
    if is_json:
        return _read_json(body, query)
    if is_form(request):
        return [Document(read_form(request), query)]
    message = "The body must be application/json or application/x-www-form-urlencoded"
    raise UnsupportedContentType(message)


def bounded(request: Request, documents: Sequence[Document]) -> dict[int, Document]:
    """Return documents their positions, and refuse too many or too large ones.

    Raises:
        InvalidInput: There are more than 1,000, or one is over 100,000 bytes.
    """
    if len(documents) > MAX_MESSAGES:
        message = f"A request can have at most {MAX_MESSAGES} messages, this one {len(documents)}"
        raise InvalidInput(message)
    if len(request.body) + len(request.query_string) > MAX_MESSAGE_BYTES:
        too_large = [index for index, document in enumerate(documents) if document.size > MAX_MESSAGE_BYTES]
        if too_large:
            reason = f"a message must be at most {MAX_MESSAGE_BYTES} bytes"
            raise InvalidInput.of([Fault("body", reason, index) for index in too_large])
    return dict(enumerate(documents))


def from_query(query: Mapping[str, str]) -> Document:
    """Return the document of a request that has no body.

    Raises:
        InvalidInput: It has no query variables either.
    """
    if not query:
        raise InvalidInput(MISSING_BODY)
    return Document(query, {})


def _read_json(body: bytes, query: Mapping[str, str]) -> list[Document]:
    content, warnings = read_lenient_json(body)
    if content is None or content == {}:
        return [from_query(query)]
    if isinstance(content, dict):
        return [Document(content, query, warnings=tuple(warnings))]
    if isinstance(content, list):
        return _from_array(content, query, warnings)
    message = "The body must be an object or an array of objects"
    raise InvalidInput(message)


def _from_array(
    content: Sequence[object], query: Mapping[str, str], warnings: Sequence[Fault]
) -> list[Document]:
    if not content:
        raise InvalidInput(MISSING_BODY)
    content = read_senml(content) or content
    own_warnings = defaultdict[int, list[Fault]](list)
    for warning in warnings:
        own_warnings[warning.index].append(warning)
    documents: list[Document] = []
    strangers: list[Fault] = []
    for index, item in enumerate(content):
        if isinstance(item, dict):
            documents.append(Document(item, query, warnings=tuple(own_warnings.get(index, ()))))
        else:
            strangers.append(Fault("body", "each item of the array must be an object", index))
    if strangers:
        raise InvalidInput.of(strangers)
    return documents
