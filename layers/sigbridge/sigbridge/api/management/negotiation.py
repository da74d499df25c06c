"""Answer as JSON or as CSV (RFC 4180), as the caller wants them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler import Response as ResolvedResponse
from pydantic import BaseModel

from sigbridge.api.http.request import Request

NEXT_CURSOR = "X-Next-Cursor"
OUTDATED = "X-Outdated"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)


class MediaType(StrEnum):
    """Media types of a response."""

    JSON = "application/json"
    CSV = "text/csv"


# The best one for each range of media types that a caller may name.
_MEDIA_TYPES = {
    "application/json": MediaType.JSON,
    "application/*": MediaType.JSON,
    "*/*": MediaType.JSON,
    "text/csv": MediaType.CSV,
    "text/*": MediaType.CSV,
}


def negotiate(accept: str) -> MediaType:
    """Return the media type that a header `Accept` likes best; JSON where it names none that there is."""
    liked: list[tuple[float, MediaType]] = []
    for media_range in accept.lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        weight = next((_weight(each) for each in parameters if each.startswith("q=")), 1.0)
        if name in _MEDIA_TYPES and weight > 0:
            liked.append((weight, _MEDIA_TYPES[name]))
    return max(liked, key=lambda each: each[0], default=(1.0, MediaType.JSON))[1]


def _weight(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0


def _media_type_of(request: ResolvedRequest) -> MediaType:
    received: Request = request.context["request"]
    return negotiate(received.headers.get("accept", ""))


NegotiatedType = Annotated[MediaType, Depends(_media_type_of)]


def json_response(content: BaseModel) -> ResolvedResponse[str]:
    """Answer in JSON."""
    return ResolvedResponse(200, MediaType.JSON.value, content.model_dump_json())


def csv_response(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    next_cursor: str | None,
    outdated: int | None = None,
) -> ResolvedResponse[str]:
    """Answer in CSV, with a line of column names; what stands beside the rows in JSON is in headers."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    beside = {NEXT_CURSOR: next_cursor, OUTDATED: outdated}
    headers = {name: str(value) for name, value in beside.items() if value is not None}
    return ResolvedResponse(200, f"{MediaType.CSV}; charset=utf-8", text.getvalue(), headers)


def negotiated_responses(model: type[BaseModel]) -> dict[int, Any]:
    """Describe such an answer for OpenAPI."""
    cursor = {"description": "Of CSV: cursor of the next page, if there is one", "schema": {"type": "string"}}
    return {
        200: {
            "description": "OK",
            "headers": {NEXT_CURSOR: cursor},
            "content": {
                MediaType.JSON.value: {"model": model},
                MediaType.CSV.value: {"schema": {"type": "string"}},
            },
        }
    }


def _cell(value: object) -> object:
    """Return a value as a cell; a text that a spreadsheet would run as a formula follows an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    is_formula = isinstance(value, str) and value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
