"""The lines of Sigfox's batch callbacks (sigfox reference, 2.2)."""

import re
from collections.abc import Mapping

from sigbridge.api.http.request import Request, UnsupportedContentType
from sigbridge.api.ingest.documents import MISSING_BODY, Document, RequestContent, bounded, is_form, read_form
from sigbridge.errors import Fault, InvalidInput

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


def read_lines(request: Request, pattern: str, query: Mapping[str, str]) -> RequestContent:
    """Read the lines of a batch. One that does not fit the pattern is refused, the others are read.

    Args:
        request: The lines are in its form body, else in its query: in `batch`, `data`, or the only variable.
        pattern: Names with ";" between them, and at the end where lines end so.
        query: What is no control of the request.

    Raises:
        InvalidInput: The pattern can't be read, there are no lines, none of them fits, or they are too many.
        UnsupportedContentType: The body is no form.
        BodyTooLarge: It is over the limit.
    """
    names = [name.strip().strip("{}").removeprefix("customData#") for name in pattern.rstrip(";").split(";")]
    if not all(names) or len(set(names)) < len(names):
        message = "pattern: must be different names with ';' between them, as in device;time;data"
        raise InvalidInput(message)
    batch, fallback = _find_batch(request, query)
    lines = [line.strip() for line in _LINE_BREAK.split(batch) if line.strip()]
    if not lines:
        raise InvalidInput(MISSING_BODY)
    entries: list[Document | None] = []
    for line in lines:
        messages = _split_line(line, len(names), closed=pattern.endswith(";"))
        entries += [Document(dict(zip(names, values, strict=True)), fallback) for values in messages] or [
            None
        ]
    reason = f"must have {len(names)} values as the pattern says"
    refused = tuple(Fault("batch", reason, index) for index, entry in enumerate(entries) if entry is None)
    if len(refused) == len(entries):
        raise InvalidInput.of(refused)
    documents = [entry for entry in entries if entry is not None]
    positions = [index for index, entry in enumerate(entries) if entry is not None]
    by_position = dict(zip(positions, bounded(request, documents).values(), strict=True))
    return RequestContent(by_position, refused, is_batch=True)


def _find_batch(request: Request, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    if request.body.strip():
        if not is_form(request):
            message = "Batch lines must come in the query or in an application/x-www-form-urlencoded body"
            raise UnsupportedContentType(message)
        places: list[Mapping[str, str]] = [read_form(request), query]
    else:
        places = [query]
    for place in places:
        for name in ("batch", "data", *_only_variable(place)):
            if name in place:
                return place[name], {key: value for key, value in query.items() if key != name}
    raise InvalidInput(MISSING_BODY)


def _only_variable(place: Mapping[str, str]) -> list[str]:
    names = list(place)
    return names if len(names) == 1 else []


def _split_line(line: str, length: int, *, closed: bool) -> list[list[str]]:
    """Split a line into messages, each of which ends with ";" where the pattern does; none if it can't be.

    What is known of the separator between lines is thin (sigfox reference, 2.2), so several
    messages on one line are taken apart too.
    """
    values = line.split(";")
    if values[-1] == "" and (closed or len(values) % length):
        values.pop()
    if len(values) % length:
        return []
    return [values[start : start + length] for start in range(0, len(values), length)]
