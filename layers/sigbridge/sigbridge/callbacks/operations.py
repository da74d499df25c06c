"""The routes that Sigfox Cloud and its like call, described for people (`web.openapi`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pydantic.alias_generators import to_camel

from sigbridge.callbacks.documents import MAX_MESSAGES
from sigbridge.callbacks.field_names import COMMON_NAMES
from sigbridge.callbacks.services import DATA_ADVANCED
from sigbridge.callbacks.sigfox import ADVANCED_FACTS, RECEPTION_FACTS, REPORT_FACTS, REQUIRED_FACTS, Fact
from sigbridge.callbacks.structures import read_texts
from sigbridge.callbacks.values import (
    read_boolean,
    read_code,
    read_number,
    read_text,
    read_whole_number,
)
from sigbridge.credentials import Right
from sigbridge.credentials.field_mapping import Field
from sigbridge.devices import InactiveDevice, UnknownDevice
from sigbridge.errors import Fault, InvalidInput
from sigbridge.reports import Service, UnknownService
from sigbridge.web.content_encoding import BodyTooLarge
from sigbridge.web.errors import MOST_FAULTS, ingest_error
from sigbridge.web.openapi.fragments import (
    DEVICE_ID,
    EXAMPLE_APPLICATION,
    EXAMPLE_DEVICE,
    JSON,
    Json,
    answered,
    content_of,
    in_header,
    in_path,
    in_query,
    reference,
)
from sigbridge.web.openapi.operation import Operation, Part
from sigbridge.web.openapi.refusals import ErrorForm
from sigbridge.web.request import UnsupportedContentType

_FORM = "application/x-www-form-urlencoded"

# As `callbacks.values` reads them: quoted or not, and absent as null or an empty text.
_TEXT: Json = {"type": ["string", "integer", "null"]}
_NUMBER: Json = {"type": ["number", "string", "null"]}
_WHOLE_NUMBER: Json = {
    "anyOf": [{"type": ["integer", "null"], "minimum": 0}, {"type": "string", "pattern": "^[0-9]{0,15}$"}]
}
_CODE: Json = {"anyOf": [{"type": ["integer", "null"]}, {"type": "string", "pattern": "^-?[0-9]{0,15}$"}]}
_BOOLEAN: Json = {"enum": [True, False, "true", "false", 1, 0, "1", "0", "", None]}
_TIME: Json = {
    "anyOf": [
        {"type": "integer", "minimum": 1_000_000_000, "maximum": 9_999_999_999},
        {"type": "integer", "minimum": 1_000_000_000_000, "maximum": 9_999_999_999_999},
        {"type": "string", "pattern": "^([0-9]{10}|[0-9]{13})?$"},
        {"type": "string", "format": "date-time"},
        {"type": "null"},
    ]
}
_HEX: Json = {"type": ["string", "null"], "pattern": "^([0-9A-Fa-f]{2}){0,12}$"}
_OF_ANY_KIND: Json = {"type": ["string", "integer", "array", "object", "null"]}
_SCHEMAS: Mapping[Callable[[object], object], Json] = {
    read_boolean: _BOOLEAN,
    read_code: _CODE,
    read_number: _NUMBER,
    read_text: _TEXT,
    read_texts: {"type": ["array", "string", "null"], "items": _TEXT},
    read_whole_number: _WHOLE_NUMBER,
}


def _named(field: Field) -> str:
    """Says under which names a field is found; they are compared without case, `_` and `-`."""
    return f"The field {field}: " + ", ".join(f"`{name}`" for name in COMMON_NAMES[field])


_STRING: Json = {"type": "string"}
_FIELDS = (
    in_query("device", DEVICE_ID, _named(Field.SERIAL), EXAMPLE_DEVICE),
    in_query("time", _STRING, _named(Field.TIME), "1763770827"),
    in_query("data", _STRING, _named(Field.PAYLOAD), "b0513801"),
    in_query("seqNumber", _STRING, _named(Field.SEQ_NUMBER), "1508"),
    in_query("ack", _STRING, _named(Field.ACK), "true"),
    in_query(
        "fields",
        {"type": "object", "additionalProperties": _STRING},
        "Whatever else the message says.",
        {"temperature": "21.5"},
    )
    | {"style": "form", "explode": True},
)
_DEVICE_HEADER = in_header("device", DEVICE_ID, "The device, as TagoIO's templates name it.", EXAMPLE_DEVICE)
_PATTERN = in_query(
    "pattern",
    _STRING,
    "Names of the values in a batch line, with `;` between them, as in Sigfox's line pattern.",
    "device;time;data;seqNumber",
)
_BATCH = in_query(
    "batch",
    _STRING,
    "Batch lines, with a newline between them; they may also come in a form's variable `batch`.",
    "1A2B45;1763770827;b0513801;1508\n153FA;1763770827;3794a018;2",
)

_UPLINK: Json = {
    "device": "1A2B45",
    "data": "b0513801a421f0019405a500",
    "time": "1763770827",
    "duplicate": "false",
    "snr": "18.86",
    "station": "1D44",
    "rssi": "-123.00",
    "seqNumber": "1508",
    "ack": "false",
}
_GENERIC: Json = {"serial": "AA-BB-01-CC-02", "payload": "0011AA", "port": 10, "temperature": 21.5}
_TAGOIO: list[Json] = [
    {"variable": "device", "value": "1A2B45", "serie": "1763770827"},
    {"variable": "data", "value": "0109611395000df9011eb9", "serie": "1763770827"},
    {"variable": "seqNumber", "value": "5", "serie": "1763770827"},
]
_BIDIR: Json = {
    "device": EXAMPLE_DEVICE,
    "time": "1763770827",
    "data": "3794a01820348220590d000f",
    "seqNumber": "2",
    "ack": "true",
    "longPolling": "true",
}
_MESSAGES: Mapping[str, object] = {
    "sigfox": _UPLINK,
    "generic": _GENERIC,
    "several": [_GENERIC, {"serial": "AA-BB-01-CC-03", "temperature": -3}],
    "tagoio": _TAGOIO,
}
_LINES = {"batch": "1A2B45;1763770827;b0513801;1508\n153FA;1763770827;3794a018;2"}

_REPORTS: Mapping[Service, Json] = {
    Service.ACKNOWLEDGE: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770862",
        "infoCode": "0",
        "infoMessage": "Acked",
        "downlinkAck": "true",
        "downlinkOverusage": "false",
    },
    Service.STATUS: {
        "device": EXAMPLE_DEVICE,
        "time": 1763770827,
        "seqNumber": 17,
        "batt": "3.05",
        "temp": "21.50",
    },
    Service.ERROR: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770827",
        "info": "No message received since 2025-11-20 15:36:21",
        "severity": "ERROR",
    },
    Service.EVENT: {
        "time": "1763770827",
        "severity": "WARN",
        "sourceId": EXAMPLE_DEVICE,
        "sourceType": "DEVICE",
        "eventType": "OUT_OF_SEQUENCE",
        "deviceLastSeqnumber": "25",
        "deviceMessageSeqnumber": "18",
    },
    Service.GEOLOC: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770827",
        "lat": "45.19",
        "lng": "5.71",
        "radius": "2447",
        "geolocSource": "2",
    },
    Service.REPEATER: {
        "device": EXAMPLE_DEVICE,
        "time": "1763770827",
        "batt": "3.05",
        "repeatedMsg": "120",
        "wrongMsg": "1",
    },
}
_ADVANCED: Json = {
    "device": "1A2B45",
    "time": 1763770827,
    "data": "b0513801a421f0019405a500",
    "seqNumber": 1508,
    "lqi": "Good",
    "linkQuality": "2",
    "operatorName": "SIGFOX_France",
    "countryCode": "250",
    "duplicates": [{"bsId": "1D44", "nbRep": 3, "rssi": -123.0, "snr": 18.86}],
    "computedLocation": {"lat": 45.19, "lng": 5.71, "radius": 2447, "source": 2, "status": 1},
}

_REFUSED_MESSAGES = (
    InactiveDevice(EXAMPLE_APPLICATION, EXAMPLE_DEVICE),
    UnknownDevice(EXAMPLE_APPLICATION, EXAMPLE_DEVICE),
)
_ERRORS = ErrorForm(
    name="CallbackError",
    schema={
        "type": "object",
        "properties": {
            "status": {"const": False},
            "message": {"type": "string"},
            "errors": {
                "type": "array",
                "description": "Every field at fault, where fields are; the first 100 of them.",
                "items": {
                    "type": "object",
                    "properties": {
                        "index": {"type": "integer", "description": "The message's position, from 0."},
                        "field": {"type": "string", "description": "As the sender spelt it."},
                        "message": {"type": "string"},
                    },
                    "required": ["index", "field", "message"],
                    "additionalProperties": False,
                },
                "maxItems": MOST_FAULTS,
            },
            "more_errors": {"type": "integer", "description": "How many fields more are at fault."},
        },
        "required": ["status", "message"],
        "additionalProperties": False,
    },
    tell=ingest_error,
    always=(
        InvalidInput.of([Fault("serial", "is missing", 1)]),
        InvalidInput("Missing body information"),
    ),
    of_bodies=(
        BodyTooLarge("The body is too large"),
        UnsupportedContentType("The body must be application/json or application/x-www-form-urlencoded"),
    ),
)


def callback_operations() -> Part:
    """Describes the routes of callbacks."""
    return Part(
        tag="callbacks",
        description="What Sigfox Cloud calls, and other senders of messages. POST, PUT and GET do the same.",
        form=_ERRORS,
        operations=(*_uplinks(), *_batches(), *_bidirs(), *_services()),
        schemas=_schemas(),
    )


def _uplinks() -> list[Operation]:
    post = Operation(
        method="post",
        path="/uplink",
        id="store_messages",
        summary="Store messages",
        description="Stores one message, or several of any devices: all of them or none. One that was stored "
        "before is counted as duplicate. Fields of the query complete those of the body, which win.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={200: _accepted()},
        refusals=_REFUSED_MESSAGES,
        parameters=(_DEVICE_HEADER,),
        body=_body(reference("Messages"), form=_UPLINK, **_MESSAGES),
    )
    return _by_each_method(post, _FIELDS)


def _batches() -> list[Operation]:
    post = Operation(
        method="post",
        path="/uplink/batch",
        id="store_batch",
        summary="Store batch lines",
        description="Stores the lines of Sigfox's BATCH_URL, or whatever `/uplink` takes. With `pattern` the "
        "lines are in the variable `batch` of a form or of the query. "
        f"At most {MAX_MESSAGES} messages.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={200: _accepted()},
        refusals=_REFUSED_MESSAGES,
        parameters=(_PATTERN, _DEVICE_HEADER),
        body=_body(reference("Messages"), form=_LINES, **_MESSAGES),
    )
    return _by_each_method(post, (_PATTERN, _BATCH))


def _bidirs() -> list[Operation]:
    downlink = {EXAMPLE_DEVICE: {"downlinkData": "deadbeefcafebabe"}}
    post = Operation(
        method="post",
        path="/downlink",
        id="answer_devices",
        summary="Store messages and answer devices",
        description="Stores the messages as `/uplink/batch` does, then answers each device that asks (`ack` "
        "is true or absent) with the oldest downlink of its queue, else with its `downlinkData`. A repeated "
        "callback gets the same answer.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={
            200: answered(
                "The devices that asked",
                reference("DownlinkAnswers"),
                one=downlink,
                batch={**downlink, "1A2B45": {"noData": True}},
            ),
            204: {"description": "No device gets anything"},
        },
        refusals=_REFUSED_MESSAGES,
        parameters=(_PATTERN, _DEVICE_HEADER),
        body=_body(reference("Messages"), form=_BIDIR, sigfox=_BIDIR, tagoio=_TAGOIO),
    )
    return _by_each_method(post, (*_FIELDS, _PATTERN, _BATCH))


def _services() -> list[Operation]:
    names = [*Service, DATA_ADVANCED]
    examples = {service.value: report for service, report in _REPORTS.items()} | {"data_advanced": _ADVANCED}
    kept = {"status": True, "accepted": 1, "duplicates": 0}
    post = Operation(
        method="post",
        path="/sigfox/{service}",
        id="keep_reports",
        summary="Keep what a service of Sigfox reports",
        description="Keeps what Sigfox says of a downlink (`acknowledge`), of a device (`status`, `error`, "
        "`event`, `geoloc`, `repeater`), or adds to a message (`data-advanced`). Takes the forms of "
        "`/uplink/batch`.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={
            200: answered(
                "It is kept; there is a `group` where it belongs to messages",
                reference("Accepted"),
                report=kept,
                data_advanced=kept | {"group": "bc7d65ed34c28c79bfaed356"},
            )
        },
        refusals=(UnknownService("nope", sorted(names)), *_REFUSED_MESSAGES),
        parameters=(
            in_path("service", {"enum": names}, "What the callback is; in any case.", Service.ACKNOWLEDGE),
            _PATTERN,
            _DEVICE_HEADER,
        ),
        body=_body(reference("Reports"), form=_REPORTS[Service.ACKNOWLEDGE], **examples),
    )
    return _by_each_method(post, (*_FIELDS, _PATTERN, _BATCH))


def _by_each_method(post: Operation, query_alone: Sequence[Json]) -> list[Operation]:
    """Describes POST, PUT, and GET, which has no body but all in its query."""
    others = [parameter for parameter in post.parameters if parameter["in"] != "query"]
    return [
        post,
        replace(post, method="put", id=f"{post.id}_by_put"),
        replace(post, method="get", id=f"{post.id}_by_get", parameters=(*others, *query_alone), body=None),
    ]


def _accepted() -> Json:
    answer = {"status": True, "accepted": 1, "duplicates": 0, "group": "943f70dddd4785bd2c2755ec"}
    return answered("They are stored", reference("Accepted"), stored=answer)


def _body(schema: Json, form: Json, **examples: object) -> Json:
    written = {name: str(value) for name, value in form.items()}
    return {
        "content": {JSON: content_of(schema, **examples), _FORM: content_of(reference("Form"), form=written)}
    }


def _schemas() -> dict[str, Json]:
    message = {
        "device": {
            "anyOf": [DEVICE_ID, {"type": "integer", "minimum": 0}],
            "description": _named(Field.SERIAL),
        },
        "time": {**_TIME, "description": _named(Field.TIME) + ". Epoch seconds or ms, or ISO 8601."},
        "data": {**_HEX, "description": _named(Field.PAYLOAD) + ". At most 12 bytes."},
        "seqNumber": {**_WHOLE_NUMBER, "description": _named(Field.SEQ_NUMBER)},
        "ack": {**_BOOLEAN, "description": "Whether the device waits for a downlink; absent counts as true."},
    }
    advanced = {**_facts(ADVANCED_FACTS), "computedLocation": {"type": ["object", "string", "array", "null"]}}
    return {
        "Messages": _one_or_several(
            "Each item of an array is a message, except TagoIO's items: an array of them is one.",
            reference("SigfoxMessage"),
            reference("OtherMessage"),
            reference("TagoIoItem"),
        ),
        "SigfoxMessage": {
            "type": "object",
            "description": "Sigfox's DATA callbacks, in any template. Everything else becomes a variable.",
            "properties": {**message, **_facts(RECEPTION_FACTS), **advanced},
        },
        "OtherMessage": {
            "type": "object",
            "description": "Any object that names its device. The key's Additional Parameter may say where.",
            "properties": {
                "serial": message["device"],
                "payload": {
                    "type": ["string", "null"],
                    "description": "Hex or base64, as the device is set; at most 10,000 bytes.",
                },
                "port": {**_WHOLE_NUMBER, "description": _named(Field.PORT)},
                "time": message["time"],
            },
        },
        "TagoIoItem": {
            "type": "object",
            "description": "One value of TagoIO's templates.",
            "properties": {
                "variable": {"type": "string"},
                "value": {"type": ["string", "number", "boolean", "null"]},
                "unit": {"type": "string"},
                "serie": {"type": ["string", "integer"]},
                "group": {"type": ["string", "integer"]},
                "time": _TIME,
                "location": {"type": "object"},
                "metadata": {"type": "object"},
            },
            "required": ["variable"],
        },
        "Reports": _one_or_several(
            "Each item of an array is a report.",
            *(reference(_schema_of(service)) for service in Service),
            reference("SigfoxMessage"),
        ),
        **{
            _schema_of(service): _report(service, {"device": message["device"], "time": message["time"]})
            for service in Service
        },
        "Form": {"type": "object", "additionalProperties": {"type": "string"}},
        "Accepted": {
            "type": "object",
            "properties": {
                "status": {"const": True},
                "accepted": {"type": "integer", "minimum": 0, "description": "How many were new."},
                "duplicates": {"type": "integer", "minimum": 0, "description": "How many were there before."},
                "group": {"type": "string", "description": "TagoIO's group of the messages."},
                "inactive": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "Devices whose messages were left out, as they are not active.",
                },
            },
            "required": ["status", "accepted", "duplicates"],
            "additionalProperties": False,
        },
        "DownlinkAnswers": {
            "type": "object",
            "description": "By the device as the callback spelt it.",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "downlinkData": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                    "noData": {"const": True},
                },
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
            },
        },
    }


def _one_or_several(description: str, *kinds: Json) -> Json:
    one: Json = {"anyOf": list(kinds)}
    return {
        "description": description,
        "anyOf": [*kinds, {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_MESSAGES}],
    }


def _schema_of(service: Service) -> str:
    return f"Sigfox{service.capitalize()}"


def _report(service: Service, properties: Mapping[str, Json]) -> Json:
    schema: Json = {
        "type": "object",
        "description": f"Sigfox's {service.upper()} callback.",
        "properties": {**properties, **_facts(REPORT_FACTS[service])},
    }
    required = REQUIRED_FACTS.get(service)
    return schema | ({"required": list(required)} if required else {})


def _facts(facts: Mapping[str, Fact]) -> dict[str, Json]:
    return {to_camel(fact.name): _SCHEMAS.get(fact.read, _OF_ANY_KIND) for fact in facts.values()}
