"""The documents of a request: one for each message, whatever form the body has.

Forms: a JSON object, a JSON array of objects, TagoIO's array of `{variable, value}` items (one
message), a URL-encoded form, batch lines with a pattern, or the query alone.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sigbridge.errors import Fault, InvalidInput
from sigbridge.web.json_body import read_json
from sigbridge.web.request import Request, UnsupportedContentType, read_urlencoded

MAX_MESSAGES = 1000
MAX_MESSAGE_BYTES = 100_000
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_MISSING_BODY = "Missing body information"


@dataclass(frozen=True, slots=True)
class Document:
    """What a request says of one message.

    Attributes:
        fields: The message's own fields.
        fallback: Fields of the query, which hold where the message itself says nothing.
        items: TagoIO's items, where the message came as such; `fields` has their plain values.
    """

    fields: Mapping[str, object]
    fallback: Mapping[str, str]
    items: Sequence[Mapping[str, object]] = field(default=())

    @property
    def places(self) -> tuple[Mapping[str, object], ...]:
        """Where to look for a field, the message itself first."""
        return (self.fields, self.fallback) if self.fallback else (self.fields,)

    @property
    def size(self) -> int:
        """Bytes of the message, written as JSON."""
        return len(json.dumps([self.fields, self.items], default=str, ensure_ascii=False).encode())


def read_documents(request: Request) -> list[Document]:
    """Reads the documents of a request that has no batch lines, at least one.

    Raises:
        InvalidInput: There is no body information, the body can't be read, an array holds something
            else than objects, there are more than 1,000 messages, or one is over 100,000 bytes.
        UnsupportedContentType: The body is neither JSON nor a form.
        BodyTooLarge: It is over the limit.
    """
    return _bounded(request, _read_body(request, _variables(request, "authorization")))


def read_batch_documents(request: Request) -> list[Document]:
    """Reads the documents of a batch: lines where the query gives their pattern, else as any request.

    Raises:
        InvalidInput: As `read_documents`, or a line does not fit the pattern.
        UnsupportedContentType: The body is of another type.
        BodyTooLarge: It is over the limit.
    """
    pattern = request.query.get("pattern")
    if pattern is None:
        return read_documents(request)
    query = _variables(request, "authorization", "pattern", "batch")
    return _bounded(request, _read_lines(request, pattern, query))


def _variables(request: Request, *controls: str) -> dict[str, str]:
    return {name: value for name, value in request.query.items() if name not in controls}


def _bounded(request: Request, documents: list[Document]) -> list[Document]:
    if len(documents) > MAX_MESSAGES:
        message = f"A request holds at most {MAX_MESSAGES} messages, this one {len(documents)}"
        raise InvalidInput(message)
    if len(request.body) + len(request.query_string) > MAX_MESSAGE_BYTES:
        too_large = [index for index, document in enumerate(documents) if document.size > MAX_MESSAGE_BYTES]
        if too_large:
            reason = f"a message must be at most {MAX_MESSAGE_BYTES} bytes"
            raise InvalidInput.of([Fault("body", reason, index) for index in too_large])
    return documents


def _read_body(request: Request, query: Mapping[str, str]) -> list[Document]:
    if not request.body.strip():
        return [_from_query(query)]
    if request.content_type == "application/x-www-form-urlencoded":
        return [Document(_read_form(request), query)]
    if request.content_type != "application/json":
        message = "The body must be application/json or application/x-www-form-urlencoded"
        raise UnsupportedContentType(message)
    content = read_json(request.body)
    if content is None or content == {}:
        return [_from_query(query)]
    if isinstance(content, dict):
        return [_from_items([content], query) if _is_item(content) else Document(content, query)]
    if isinstance(content, list):
        return _from_array(content, query)
    message = "The body must be an object or an array of objects"
    raise InvalidInput(message)


def _from_query(query: Mapping[str, str]) -> Document:
    if not query:
        raise InvalidInput(_MISSING_BODY)
    return Document(query, {})


def _from_array(content: Sequence[object], query: Mapping[str, str]) -> list[Document]:
    if not content:
        raise InvalidInput(_MISSING_BODY)
    objects = [item for item in content if isinstance(item, dict)]
    if len(objects) < len(content):
        strangers = [index for index, item in enumerate(content) if not isinstance(item, dict)]
        raise InvalidInput.of(
            [Fault("body", "each item of the array must be an object", i) for i in strangers]
        )
    if all(_is_item(item) for item in objects):
        return [_from_items(objects, query)]
    return [Document(item, query) for item in objects]


def _is_item(content: Mapping[str, object]) -> bool:
    return isinstance(content.get("variable"), str)


def _from_items(items: Sequence[Mapping[str, object]], query: Mapping[str, str]) -> Document:
    fields = {str(item["variable"]): item.get("value") for item in items}
    return Document(fields, query, items)


def _read_form(request: Request) -> dict[str, str]:
    try:
        text = request.body.decode()
    except UnicodeDecodeError as failure:
        message = "The body is not UTF-8"
        raise InvalidInput(message) from failure
    return read_urlencoded(text, "body")


def _read_lines(request: Request, pattern: str, query: Mapping[str, str]) -> list[Document]:
    names = [name.strip().strip("{}").removeprefix("customData#") for name in pattern.rstrip(";").split(";")]
    if not all(names) or len(set(names)) < len(names):
        message = "pattern: must be different names with ';' between them, as in device;time;data"
        raise InvalidInput(message)
    is_closed = pattern.endswith(";")
    batch, fallback = _find_batch(request, query)
    lines = [line for line in _LINE_BREAK.split(batch) if line.strip()]
    if not lines:
        raise InvalidInput(_MISSING_BODY)
    documents: list[Document] = []
    faults: list[Fault] = []
    for line in lines:
        messages = _split_line(line.strip(), len(names), is_closed=is_closed)
        if messages is None:
            reason = f"must have {len(names)} values as the pattern says"
            faults.append(Fault("batch", reason, len(documents) + len(faults)))
            continue
        documents += [Document(dict(zip(names, values, strict=True)), fallback) for values in messages]
    if faults:
        raise InvalidInput.of(faults)
    return documents


def _find_batch(request: Request, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Finds the lines in the form body, else in the query: in `batch`, `data`, or the only variable there."""
    if request.body.strip():
        if request.content_type != "application/x-www-form-urlencoded":
            message = "Batch lines must come in the query or in an application/x-www-form-urlencoded body"
            raise UnsupportedContentType(message)
        places: list[Mapping[str, str]] = [_read_form(request), request.query]
    else:
        places = [request.query]
    for place in places:
        for name in ("batch", "data", *_only_variable(place)):
            if name in place:
                return place[name], {key: value for key, value in query.items() if key != name}
    raise InvalidInput(_MISSING_BODY)


def _only_variable(place: Mapping[str, str]) -> list[str]:
    names = [name for name in place if name not in {"authorization", "pattern"}]
    return names if len(names) == 1 else []


def _split_line(line: str, length: int, *, is_closed: bool) -> list[list[str]] | None:
    """Splits a line into messages, each of which ends with ';' where the pattern does.

    What is known of the separator between lines is thin (sigfox reference, 2.2), so several
    messages on one line are taken apart too.
    """
    values = line.split(";")
    if values[-1] == "" and (is_closed or len(values) % length):
        values.pop()
    if len(values) % length:
        return None
    return [values[start : start + length] for start in range(0, len(values), length)]
