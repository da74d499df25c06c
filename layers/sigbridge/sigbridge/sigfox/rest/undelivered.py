"""Callbacks that Sigfox could not deliver (sigfox-rest reference, 4).

The lists of a group, a device type and a device name the same things differently. Headers hold a key: of them
only what a callback is read by goes further.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus, urlsplit

from sigbridge.model.token import Token
from sigbridge.sigfox.rest.values import moment_of, text_of

_AUTHORIZATION = "authorization"


@dataclass(frozen=True, slots=True)
class UndeliveredCallback:
    """A callback that Sigfox could not deliver, without its key.

    Attributes:
        device_type_id: Sigfox's device type; None where it names none.
        time: Epoch ms of the whole second that it is about; None where that can't be read.
        url: Where Sigfox called, without a query.
        query: The URL's query, still encoded.
        content_type: Of the body; "" where there is none.
        body: As it was sent.
        device_header: The header `device`; None where there is none.
        key_id: The public id of the key that it carried; None where it carried none of ours.
    """

    device_type_id: str | None
    time: int | None
    url: str
    query: str = field(repr=False)
    content_type: str
    body: str = field(repr=False)
    device_header: str | None
    key_id: str | None


def read_undelivered(entry: object) -> UndeliveredCallback | None:
    """Read an entry of a list of callbacks that were not delivered; None for an e-mail."""
    if not isinstance(entry, Mapping) or not isinstance(callback := entry.get("callback"), Mapping):
        return None
    if not isinstance(url := callback.get("url"), str):
        return None
    headers = _headers(callback)
    address, _, query = url.strip().partition("?")
    return UndeliveredCallback(
        device_type_id=_text(entry, "deviceType", "deviceTypeId"),
        time=_second(entry.get("time")),
        url=address,
        query=_without_key(query),
        content_type=_text(callback, "contentType") or headers.get("content-type", ""),
        body=_body(callback.get("body")),
        device_header=headers.get("device"),
        key_id=_key_id(headers.get(_AUTHORIZATION, ""), query),
    )


def is_below(base_url: str, url: str) -> bool:
    """Return whether a URL is one of those that begin with a base URL: same scheme, same host, path below."""
    try:
        base, other = urlsplit(base_url), urlsplit(url)
        same_place = (base.scheme, base.hostname, base.port) == (other.scheme, other.hostname, other.port)
    except ValueError:
        return False
    return same_place and other.path.startswith(f"{base.path}/")


def _headers(callback: Mapping[str, object]) -> dict[str, str]:
    # The reference says `headers`, one of its examples `header`.
    found = callback.get("headers") or callback.get("header")
    if not isinstance(found, Mapping):
        return {}
    return {str(name).strip().lower(): str(value) for name, value in found.items()}


def _body(body: object) -> str:
    if body is None or isinstance(body, str):
        return body or ""
    return json.dumps(body, ensure_ascii=False)


def _text(content: Mapping[str, object], *names: str) -> str | None:
    return next(filter(None, (text_of(content.get(name)) for name in names)), None)


def _second(time: object) -> int | None:
    """Read a moment; Sigfox's callbacks tell whole seconds."""
    moment = moment_of(time)
    return None if moment is None else moment // 1000 * 1000


def _without_key(query: str) -> str:
    pairs = query.split("&")
    return "&".join(
        pair for pair in pairs if unquote_plus(pair.partition("=")[0]).strip().lower() != _AUTHORIZATION
    )


def _key_id(authorization: str, query: str) -> str | None:
    for text in (authorization, _decoded(authorization.rpartition(" ")[2]), unquote(query)):
        token = Token.find(text)
        if token is not None:
            return token.id
    return None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
