"""Where a webhook is called: The Things Stack's templates of RFC 6570 (the-things-stack reference, 3.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook

VARIABLES = ("appID", "applicationID", "devID", "deviceID")
_OF_LORAWAN = frozenset({"appEUI", "joinEUI", "devEUI", "devAddr"})

_RESERVED = ":/?#[]@!$&'()*+,;="
_EXPRESSION = re.compile(r"\{([^{}]*)\}")
_INSIDE = re.compile(r"([+#./;?&]?)([A-Za-z0-9_.,:*%]+)")
_VARIABLE = re.compile(r"([A-Za-z0-9_.%]+)(?:\*|:([1-9][0-9]{0,3}))?")
# Anything else must be percent-encoded in a URL.
_LITERALS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_HOST = re.compile(r"[^/?#]*://[^/?#]*")


@dataclass(frozen=True, slots=True)
class _Operator:
    """How an expression is written (RFC 6570, appendix A).

    Attributes:
        first: What stands before the first value.
        separator: What stands between two.
        is_named: Whether the names of the variables are written.
        if_empty: What follows the name where the value is empty.
        allowed: Characters that are not encoded, besides the unreserved ones.
    """

    first: str = ""
    separator: str = ","
    is_named: bool = False
    if_empty: str = ""
    allowed: str = ""


_OPERATORS: Mapping[str, _Operator] = {
    "": _Operator(),
    "+": _Operator(allowed=_RESERVED),
    "#": _Operator("#", allowed=_RESERVED),
    ".": _Operator(".", "."),
    "/": _Operator("/", "/"),
    ";": _Operator(";", ";", is_named=True),
    "?": _Operator("?", "&", is_named=True, if_empty="="),
    "&": _Operator("&", "&", is_named=True, if_empty="="),
}


def target_url(webhook: Webhook, message_type: MessageType, event: Event) -> str:
    """Return the URL that a webhook is called under: its base URL and the path of what it is told.

    They are joined by one slash, as The Things Stack does; the base URL keeps its path and its query.
    """
    application, device = event.application_id, event.device_id.lower()
    values = dict(zip(VARIABLES, (application, application, device, device), strict=True))
    base, path = (expand(text, values) for text in (webhook.base_url, webhook.paths[message_type]))
    return _joined(base, path)


def check_template(text: str) -> None:
    """Refuse a base URL or path that no URL can be made of.

    Raises:
        ValueError: It names a variable that Sigfox devices don't have, or is no template.
    """
    host = _HOST.match(text)
    if host is not None and "{" in host[0]:
        message = "variables may stand in the path and the query only"
        raise ValueError(message)
    literals = _EXPRESSION.sub("", text)
    if "{" in literals or "}" in literals:
        message = "every `{` needs its `}`, and none may stand in another"
        raise ValueError(message)
    if not _LITERALS.fullmatch(literals):
        message = "must be written as in a URL: what is not ASCII, and spaces, percent-encoded"
        raise ValueError(message)
    for match in _EXPRESSION.finditer(text):
        _check_expression(match[1])


def _check_expression(expression: str) -> None:
    parts = _INSIDE.fullmatch(expression)
    variables = [] if parts is None else [_VARIABLE.fullmatch(part) for part in parts[2].split(",")]
    if not variables or None in variables:
        message = f"`{{{expression[:40]}}}` is no expression of RFC 6570"
        raise ValueError(message)
    for variable in variables:
        if variable is not None:
            _check_variable(variable[1])


def _check_variable(name: str) -> None:
    if name in _OF_LORAWAN:
        message = f"`{name}` is LoRaWAN's, and Sigfox devices have none; use `devID` or `deviceID`"
        raise ValueError(message)
    if name not in VARIABLES:
        message = f"there is no variable `{name[:40]}`; choose from {', '.join(VARIABLES)}"
        raise ValueError(message)


def expand(template: str, values: Mapping[str, str]) -> str:
    """Expand a template that was checked."""
    return _EXPRESSION.sub(lambda match: _expanded(match[1], values), template)


def _expanded(expression: str, values: Mapping[str, str]) -> str:
    operator = _OPERATORS.get(expression[0], _OPERATORS[""])
    variables = expression if operator is _OPERATORS[""] else expression[1:]
    written = [_value(part, operator, values) for part in variables.split(",")]
    return operator.first + operator.separator.join(written)


def _value(part: str, operator: _Operator, values: Mapping[str, str]) -> str:
    name, _, length = part.rstrip("*").partition(":")
    text = values[name][: int(length)] if length else values[name]
    encoded = quote(text, safe=operator.allowed)
    if not operator.is_named:
        return encoded
    return f"{name}={encoded}" if encoded else name + operator.if_empty


def _joined(base: str, path: str) -> str:
    if not path:
        return base
    base_path, base_query = _split(base)
    path, query = _split(path)
    if path:
        base_path = base_path.rstrip("/") + "/" + path.lstrip("/")
    whole_query = "&".join(part for part in (base_query, query) if part)
    return f"{base_path}?{whole_query}" if whole_query else base_path


def _split(url: str) -> tuple[str, str]:
    """Split a URL or path in its path and its query; `{&a}` begins the one that follows another."""
    path, _, query = url.partition("?")
    if path.startswith("&"):
        return "", url[1:]
    return path, query
