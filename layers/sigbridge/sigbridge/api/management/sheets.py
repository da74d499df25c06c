"""Answers as JSON or as CSV (RFC 4180), as the caller wants them."""

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

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)


class Form(StrEnum):
    """Forms of an answer, by their media types."""

    JSON = "application/json"
    CSV = "text/csv"


# The best form for each range of media types that a caller may name.
_FORMS = {
    "application/json": Form.JSON,
    "application/*": Form.JSON,
    "*/*": Form.JSON,
    "text/csv": Form.CSV,
    "text/*": Form.CSV,
}


def wanted_form(accept: str) -> Form:
    """Reads from a header `Accept` which form the caller likes best; JSON where it names none that is had."""
    liked: list[tuple[float, Form]] = []
    for media_range in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in media_range.split(";"))
        weight = next((_weight(each) for each in parameters if each.startswith("q=")), 1.0)
        if media_type in _FORMS and weight > 0:
            liked.append((weight, _FORMS[media_type]))
    return max(liked, key=lambda each: each[0], default=(1.0, Form.JSON))[1]


def _weight(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0


def _form_of(request: ResolvedRequest) -> Form:
    received: Request = request.context["request"]
    return wanted_form(received.headers.get("accept", ""))


WantedForm = Annotated[Form, Depends(_form_of)]


def json_answer(content: BaseModel) -> ResolvedResponse[str]:
    """Answers in JSON."""
    return ResolvedResponse(200, Form.JSON.value, content.model_dump_json())


def csv_answer(
    columns: Sequence[str], rows: Iterable[Sequence[object]], next_cursor: str | None
) -> ResolvedResponse[str]:
    """Answers in CSV, with a line of column names; the cursor of the next page is in a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {} if next_cursor is None else {NEXT_CURSOR: next_cursor}
    return ResolvedResponse(200, f"{Form.CSV}; charset=utf-8", text.getvalue(), headers)


def described_forms(model: type[BaseModel]) -> dict[int, Any]:
    """Describes such an answer for OpenAPI."""
    cursor = {"description": "Of CSV: cursor of the next page, if there is one", "schema": {"type": "string"}}
    return {
        200: {
            "description": "OK",
            "headers": {NEXT_CURSOR: cursor},
            "content": {
                Form.JSON.value: {"model": model},
                Form.CSV.value: {"schema": {"type": "string"}},
            },
        }
    }


def _cell(value: object) -> object:
    """Gives a value as a cell; a text that a spreadsheet would run as a formula follows an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    is_formula = isinstance(value, str) and value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
