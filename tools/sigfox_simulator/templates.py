"""Callback configurations as people make them: texts with `{variables}`, substituted as plain text.

Sources: sigfox reference 1 and 2; the forms seen in real bodies: quoted, unquoted, TagoIO's array,
form, query, batch lines.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote_plus

from sigfox_simulator.services import Service

type Variables = Mapping[str, str]

_VARIABLE = re.compile(r"\{(\w+)\}")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class HttpRequest(NamedTuple):
    """A request without host.

    Attributes:
        method: HTTP method.
        target: Path and query.
        headers: Headers, the key among them where it is not in the query.
        body: The body, perhaps empty.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """One callback's texts.

    Attributes:
        body: Body, or "" for none.
        query: Query of the URL, or "" for none.
        method: HTTP method.
        content_type: Of the body.
        headers: Custom headers.
    """

    body: str = ""
    query: str = ""
    method: str = "POST"
    content_type: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def fill(self, path: str, variables: Variables, key: str) -> HttpRequest:
        """Make the request of one event; the key goes into the Authorization header."""
        is_form = self.content_type == _FORM
        body = substituted(self.body, variables, quote_plus if is_form else str)
        query = substituted(self.query, variables, quote_plus)
        headers = {name: substituted(value, variables) for name, value in self.headers.items()}
        headers["Authorization"] = key
        if body:
            headers["Content-Type"] = self.content_type
        return HttpRequest(self.method, f"{path}?{query}" if query else path, headers, body.encode())


@dataclass(frozen=True, slots=True)
class BatchTemplate:
    """BATCH_URL: the messages of one second in one request, which can carry no header (reference, 2.2).

    Attributes:
        line_pattern: Text of one message's line.
        in_query: Whether the lines are in the URL, not in a form.
    """

    line_pattern: str
    in_query: bool = False

    def fill(self, path: str, lines: Sequence[Variables], key: str) -> HttpRequest:
        """Make the request of some events; the key goes into the query."""
        pattern = quote_plus(_VARIABLE.sub(r"\1", self.line_pattern))
        batch = quote_plus("\n".join(substituted(self.line_pattern, line) for line in lines))
        query = f"authorization={quote_plus(key)}&pattern={pattern}"
        if self.in_query:
            return HttpRequest("POST", f"{path}?{query}&batch={batch}", {}, b"")
        return HttpRequest("POST", f"{path}?{query}", {"Content-Type": _FORM}, f"batch={batch}".encode())


@dataclass(frozen=True, slots=True)
class Configuration:
    """The callbacks of a device type.

    Attributes:
        name: What it is called here.
        uplink, bidir: DATA/UPLINK and DATA/BIDIR; a device type has one of them.
        data_advanced: SERVICE/DATA_ADVANCED, always JSON (reference, 1.4).
        acknowledge: SERVICE/ACKNOWLEDGE.
        others: SERVICE/STATUS, ERROR and EVENT.
        tells_ack: Whether the BIDIR template says if the device asks; TagoIO's does not.
    """

    name: str
    uplink: Template | BatchTemplate
    bidir: Template | BatchTemplate
    data_advanced: Template
    acknowledge: Template
    others: Mapping[Service, Template]
    tells_ack: bool = True

    def of_messages(self, service: Service) -> Template | BatchTemplate:
        """The callback that brings messages: DATA/BIDIR or DATA/UPLINK."""
        return self.bidir if service is Service.BIDIR else self.uplink

    def of_service(self, service: Service) -> Template:
        """The callback for anything but the messages themselves."""
        match service:
            case Service.DATA_ADVANCED:
                return self.data_advanced
            case Service.ACKNOWLEDGE:
                return self.acknowledge
            case _:
                return self.others[service]


def substituted(text: str, variables: Variables, encode: Callable[[str], str] = str) -> str:
    """Put values in place of a text's variables; those that there are none for become `null`."""
    return _VARIABLE.sub(lambda found: encode(variables.get(found[1], "null")), text)


def _quoted(*names: str) -> Template:
    return Template("{" + ",".join(f'"{name}":"{{{name}}}"' for name in names) + "}")


def _unquoted(texts: Sequence[str], numbers: Sequence[str]) -> Template:
    members = [f'"{name}":"{{{name}}}"' for name in texts] + [f'"{name}":{{{name}}}' for name in numbers]
    return Template("{" + ",".join(members) + "}")


def _form(*names: str) -> Template:
    return Template("&".join(f"{name}={{{name}}}" for name in names), content_type=_FORM)


def _query(**names: str) -> Template:
    return Template(query="&".join(f"{name}={{{value}}}" for name, value in names.items()), method="GET")


def _tagoio(*names: str, location: bool = False) -> Template:
    items = [f'{{"variable":"{name}","value":"{{{name}}}","serie":"{{time}}"}}' for name in names]
    if location:
        items.append('{"variable":"location","location":{computedLocation},"serie":"{time}"}')
    return Template("[" + ",".join(items) + "]", headers={"device": "{device}"})


_RADIO = ("rssi", "snr", "station")
_ADVANCED = Template(
    '{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},"lqi":"{lqi}",'
    '"linkQuality":"{linkQuality}","fixedLat":"{fixedLat}","fixedLng":"{fixedLng}",'
    '"operatorName":"{operatorName}","countryCode":"{countryCode}","deviceTypeId":"{deviceTypeId}",'
    '"duplicates":{duplicates},"computedLocation":{computedLocation}}'
)
_ACKNOWLEDGED = ("device", "time", "infoCode", "infoMessage", "downlinkAck", "downlinkOverusage")
_QUOTED_OTHERS = {
    Service.STATUS: _quoted("device", "time", "seqNumber", "batt", "temp"),
    Service.ERROR: _quoted("device", "time", "info", "severity"),
    Service.EVENT: _quoted(
        *("time", "severity", "sourceId", "sourceType", "eventType", "deviceTypeId"),
        *("deviceExpectedSeqnumber", "deviceMessageSeqnumber"),
    ),
}
_UNQUOTED_OTHERS = _QUOTED_OTHERS | {
    Service.STATUS: _unquoted(("device",), ("time", "seqNumber", "batt", "temp")),
}
_UNQUOTED_ACKNOWLEDGE = _unquoted(
    ("device", "infoMessage"), ("time", "infoCode", "downlinkAck", "downlinkOverusage")
)

CONFIGURATIONS = (
    Configuration(
        "quoted",
        uplink=_quoted("device", "time", "data", "seqNumber", "deviceTypeId", *_RADIO),
        bidir=_quoted(
            "device",
            "data",
            "time",
            "duplicate",
            *_RADIO,
            "avgSnr",
            "lat",
            "lng",
            "seqNumber",
            "ack",
            "longPolling",
        ),
        data_advanced=_ADVANCED,
        acknowledge=_quoted(*_ACKNOWLEDGED),
        others=_QUOTED_OTHERS,
    ),
    Configuration(
        "unquoted",
        uplink=_unquoted(("device", "data", "station"), ("time", "seqNumber", "rssi", "snr")),
        bidir=_unquoted(("device", "data"), ("time", "seqNumber", "ack", "longPolling", "rssi")),
        data_advanced=_ADVANCED,
        acknowledge=_UNQUOTED_ACKNOWLEDGE,
        others=_UNQUOTED_OTHERS,
    ),
    Configuration(
        "TagoIO",
        uplink=_tagoio("device", "data", "seqNumber"),
        bidir=_tagoio("device", "data", "seqNumber"),
        data_advanced=_tagoio("device", "data", "seqNumber", location=True),
        acknowledge=_quoted(*_ACKNOWLEDGED),
        others=_QUOTED_OTHERS,
        tells_ack=False,
    ),
    Configuration(
        "form",
        uplink=_form("device", "time", "data", "seqNumber", *_RADIO),
        bidir=_form("device", "time", "data", "seqNumber", "ack", "longPolling", *_RADIO),
        data_advanced=_ADVANCED,
        acknowledge=_form(*_ACKNOWLEDGED),
        others=_QUOTED_OTHERS,
    ),
    Configuration(
        "query",
        uplink=_query(id="device", time="time", data="data", seqNumber="seqNumber", rssi="rssi"),
        bidir=_query(id="device", time="time", data="data", seqNumber="seqNumber", ack="ack"),
        data_advanced=_ADVANCED,
        acknowledge=_query(**{name: name for name in _ACKNOWLEDGED}),
        others=_UNQUOTED_OTHERS,
    ),
    Configuration(
        "batch in a form",
        uplink=BatchTemplate("{device};{time};{data};{seqNumber};{rssi}"),
        bidir=BatchTemplate(
            "{device};{time};{duplicate};{snr};{station};{data};{avgSnr};{lat};{lng};{rssi};{seqNumber};{ack};{longPolling}"
        ),
        data_advanced=_ADVANCED,
        acknowledge=_UNQUOTED_ACKNOWLEDGE,
        others=_UNQUOTED_OTHERS,
    ),
    Configuration(
        "batch in the query",
        uplink=BatchTemplate("{device};{time};{data};{seqNumber};", in_query=True),
        bidir=BatchTemplate("{device};{time};{data};{seqNumber};{ack};", in_query=True),
        data_advanced=_ADVANCED,
        acknowledge=_quoted(*_ACKNOWLEDGED),
        others=_QUOTED_OTHERS,
    ),
)
