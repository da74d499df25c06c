"""Callbacks of a device type, as Sigfox's API has them and is sent them (sigfox-rest reference, 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sigbridge.sigfox.rest.body_template import write_template
from sigbridge.sigfox.rest.values import boolean_of, object_of, whole_of

type Json = dict[str, Any]

CHANNEL = "URL"
METHOD = "POST"
CONTENT_TYPE = "application/json"
AUTHORIZATION = "Authorization"
_PORTS = {"http": 80, "https": 443}


class CallbackKind(StrEnum):
    """The callbacks that Sigbridge makes, or mends; by Sigfox's names.

    Events are set up on a page of their own, which the API does not have.
    """

    UPLINK = "UPLINK"
    BIDIR = "BIDIR"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    DATA_ADVANCED = "DATA_ADVANCED"
    ERROR = "ERROR"
    STATUS = "STATUS"


@dataclass(frozen=True, slots=True)
class CallbackForm:
    """What a kind of callback is like.

    Attributes:
        type, subtype: Sigfox's codes.
        path: Our route.
        fields: The names in its body, each with what stands there.
    """

    type: int
    subtype: int
    path: str
    fields: Mapping[str, str]


FORMS: Mapping[CallbackKind, CallbackForm] = {
    CallbackKind.BIDIR: CallbackForm(
        0,
        3,
        "/downlink",
        {
            "device": '"{device}"',
            "time": "{time}",
            "data": '"{data}"',
            "seqNumber": "{seqNumber}",
            "ack": "{ack}",
            "longPolling": "{longPolling}",
        },
    ),
    CallbackKind.UPLINK: CallbackForm(
        0,
        2,
        "/uplink",
        {
            "device": '"{device}"',
            "time": "{time}",
            "data": '"{data}"',
            "seqNumber": "{seqNumber}",
            "deviceTypeId": '"{deviceTypeId}"',
        },
    ),
    CallbackKind.DATA_ADVANCED: CallbackForm(
        1,
        6,
        "/sigfox/data-advanced",
        {
            "device": '"{device}"',
            "time": "{time}",
            "data": '"{data}"',
            "seqNumber": "{seqNumber}",
            "lqi": '"{lqi}"',
            "linkQuality": '"{linkQuality}"',
            "fixedLat": '"{fixedLat}"',
            "fixedLng": '"{fixedLng}"',
            "operatorName": '"{operatorName}"',
            "countryCode": '"{countryCode}"',
            "deviceTypeId": '"{deviceTypeId}"',
            "duplicates": "{duplicates}",
            "computedLocation": "{computedLocation}",
        },
    ),
    CallbackKind.ACKNOWLEDGE: CallbackForm(
        1,
        4,
        "/sigfox/acknowledge",
        {
            "device": '"{device}"',
            "time": "{time}",
            "infoCode": "{infoCode}",
            "infoMessage": '"{infoMessage}"',
            "downlinkAck": "{downlinkAck}",
            "downlinkOverusage": "{downlinkOverusage}",
        },
    ),
    CallbackKind.ERROR: CallbackForm(
        2,
        7,
        "/sigfox/error",
        {"device": '"{device}"', "time": '"{time}"', "info": '"{info}"', "severity": '"{severity}"'},
    ),
    CallbackKind.STATUS: CallbackForm(
        1,
        0,
        "/sigfox/status",
        {
            "device": '"{device}"',
            "time": "{time}",
            "seqNumber": "{seqNumber}",
            "batt": "{batt}",
            "temp": "{temp}",
        },
    ),
}
# What Sigfox's description asks for, without saying which: a program sends 7, which may be refused.
OTHER_ERROR_SUBTYPE = 0
_ERROR = FORMS[CallbackKind.ERROR].type


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as Sigfox has it.

    Attributes:
        id: Sigfox's.
        channel: URL, BATCH_URL or EMAIL.
        type, subtype: Sigfox's codes; None where there are none.
        url, method, body, content_type, send_sni: What is sent where; empty for an e-mail.
        headers: Sent along; they hold keys.
        is_enabled: Whether it is called.
        is_selected: Whether it is asked for downlinks.
    """

    id: str
    channel: str
    type: int | None
    subtype: int | None
    is_enabled: bool
    url: str = ""
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    send_sni: bool = False
    body: str = ""
    content_type: str = ""
    is_selected: bool = False

    @property
    def kind(self) -> CallbackKind | None:
        """Which of the kinds that Sigbridge makes it is."""
        if self.channel != CHANNEL:
            return None
        return next((kind for kind, form in FORMS.items() if self._has_codes_of(form)), None)

    @property
    def authorization(self) -> str | None:
        """The header that holds the key."""
        return next(
            (value for name, value in self.headers.items() if name.lower() == AUTHORIZATION.lower()), None
        )

    @property
    def address(self) -> str:
        """Where it calls, without the query, which may hold a secret."""
        parts = _split(self.url)
        if parts is None:
            return "an e-mail address" if self.channel == "EMAIL" else "an unknown address"
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def calls(self, base_url: str) -> bool:
        """Return whether it calls a route below a base URL, in clear or not."""
        theirs, ours = _split(self.url), _split(base_url)
        if theirs is None or ours is None:
            return False
        return _host(theirs) == _host(ours) and theirs.path.startswith(f"{ours.path.rstrip('/')}/")

    def _has_codes_of(self, form: CallbackForm) -> bool:
        return self.type == form.type and (self.type == _ERROR or self.subtype == form.subtype)


def read_callback(entry: Mapping[str, Any]) -> Callback:
    """Read a callback, whatever Sigfox has left out, and numbers that are texts."""
    headers = object_of(entry.get("headers"))
    return Callback(
        id=_text(entry.get("id")),
        channel=_text(entry.get("channel")),
        type=whole_of(entry.get("callbackType")),
        subtype=whole_of(entry.get("callbackSubtype")),
        is_enabled=boolean_of(entry.get("enabled")) or False,
        url=_text(entry.get("url")),
        method=_text(entry.get("httpMethod")),
        headers={name: _text(value) for name, value in headers.items()},
        send_sni=boolean_of(entry.get("sendSni")) or False,
        body=_text(entry.get("bodyTemplate")),
        content_type=_text(entry.get("contentType")),
        is_selected=boolean_of(entry.get("downlinkHook")) or False,
    )


def creation(kind: CallbackKind, url: str, fields: Mapping[str, str], key: str) -> Json:
    """Make the request that creates a callback.

    Args:
        kind: What it is.
        url: Where it calls.
        fields: The names in its body, each with what stands there.
        key: What its `Authorization` header holds.
    """
    return _common(kind, url, fields) | {
        "callbackSubtype": FORMS[kind].subtype,
        "headers": {AUTHORIZATION: key},
        "contentType": CONTENT_TYPE,
    }


def repair(
    current: Callback, kind: CallbackKind, url: str, fields: Mapping[str, str], key: str | None
) -> Json:
    """Make the request that puts a callback right.

    The description knows no `contentType` in it, though Sigfox takes it: it is sent where it is wrong alone.

    Args:
        current: As it is.
        kind: What it is.
        url: Where it is to call.
        fields: The names in its body, each with what is to stand there.
        key: What its `Authorization` header is to hold; None to leave its headers.
    """
    subtype = current.subtype if kind is CallbackKind.ERROR else None
    wanted = _common(kind, url, fields) | {
        "callbackSubtype": FORMS[kind].subtype if subtype is None else subtype
    }
    if not has_our_content_type(current):
        wanted["contentType"] = CONTENT_TYPE
    if key is not None:
        others = {name: value for name, value in current.headers.items() if name.lower() != "authorization"}
        wanted["headers"] = others | {AUTHORIZATION: key}
    return wanted


def has_our_content_type(callback: Callback) -> bool:
    """Return whether a callback's body is sent as JSON."""
    return callback.content_type.partition(";")[0].strip().lower() == CONTENT_TYPE


def _common(kind: CallbackKind, url: str, fields: Mapping[str, str]) -> Json:
    return {
        "channel": CHANNEL,
        "callbackType": FORMS[kind].type,
        "enabled": True,
        "url": url,
        "httpMethod": METHOD,
        "sendSni": True,
        "bodyTemplate": write_template(fields),
    }


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and (parts.port or parts.scheme in _PORTS) else None
    except ValueError:
        return None


def _host(parts: SplitResult) -> tuple[str | None, int | None]:
    # A callback that calls our host in clear is ours all the same.
    standard = parts.port in {None, *_PORTS.values()}
    return parts.hostname, None if standard else parts.port


def _text(value: object) -> str:
    return "" if value is None else str(value)
