"""What callbacks say, as JSON Schemas: facts by their types (`sigfox.facts`), other fields by their names."""

from collections.abc import Mapping

from pydantic.alias_generators import to_camel

from openapi.fragments import Json, reference, schemas_of
from sigbridge.api.http.models import DEVICE_ID_SCHEMA
from sigbridge.api.ingest.documents import MAX_MESSAGES
from sigbridge.api.ingest.responses import Accepted, DownlinkAnswers
from sigbridge.model.field_mapping import Field
from sigbridge.model.field_names import COMMON_NAMES
from sigbridge.reports import Service
from sigbridge.sigfox.facts import (
    ADVANCED_FACTS,
    RECEPTION_FACTS,
    REPORT_FACTS,
    REQUIRED_FACTS,
    Fact,
    ValueType,
)

# As `sigfox.values` reads them: quoted or not, and absent as null or an empty text.
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
        {"type": "integer", "minimum": 10**15, "maximum": 10**16 - 1},
        {"type": "integer", "minimum": 10**18, "maximum": 10**19 - 1},
        {"type": "string", "pattern": "^([0-9]{10}|[0-9]{13}|[0-9]{16}|[0-9]{19})?$"},
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "},
        {"type": "null"},
    ]
}
_HEX: Json = {"type": ["string", "null"], "pattern": "^([0-9A-Fa-f]{2}){0,12}$"}
_SCHEMAS: Mapping[ValueType, Json] = {
    ValueType.BOOLEAN: _BOOLEAN,
    ValueType.CODE: _CODE,
    ValueType.LINK_QUALITY: _TEXT,
    ValueType.MOMENT: {"type": ["string", "number", "null"]},
    ValueType.NUMBER: _NUMBER,
    ValueType.OBJECT: {"type": ["object", "string", "array", "null"]},
    ValueType.RECEPTIONS: {"type": ["array", "string", "null"]},
    ValueType.TEXT: _TEXT,
    ValueType.TEXTS: {"type": ["array", "string", "null"], "items": _TEXT},
    ValueType.WHOLE_NUMBER: _WHOLE_NUMBER,
}


def named(field: Field) -> str:
    """Say under which names a field is found; they are compared without case, `_` and `-`."""
    return f"The field {field}: " + ", ".join(f"`{name}`" for name in COMMON_NAMES[field])


def callback_schemas() -> dict[str, Json]:
    message = {
        "device": {
            "anyOf": [DEVICE_ID_SCHEMA, {"type": "integer", "minimum": 0}],
            "description": named(Field.SERIAL),
        },
        "time": {
            **_TIME,
            "description": named(Field.TIME)
            + ". Epoch s, ms, µs or ns by its digits, ISO 8601, or RFC 1123.",
        },
        "data": {**_HEX, "description": named(Field.PAYLOAD) + ". At most 12 bytes."},
        "seqNumber": {**_WHOLE_NUMBER, "description": named(Field.SEQ_NUMBER)},
        "ack": {**_BOOLEAN, "description": "Whether the device waits for a downlink; absent counts as true."},
    }
    advanced = {**_facts(ADVANCED_FACTS), "computedLocation": _SCHEMAS[ValueType.OBJECT]}
    return {
        "Messages": _one_or_several(
            "Each item of an array is a message. Of TagoIO's items those of one group and moment are one.",
            reference("SigfoxMessage"),
            reference("OtherMessage"),
            reference("TagoIoItem"),
        ),
        "SigfoxMessage": {
            "type": "object",
            "description": "Sigfox's DATA callbacks, in any template. Everything else becomes a variable, "
            "and so does what is not of the kind that its name suggests.",
            "properties": {**message, **_facts(RECEPTION_FACTS), **advanced},
        },
        "OtherMessage": {
            "type": "object",
            "description": "Any object that names its device. The key's Additional Parameter may say where "
            "its fields are; the forms of many network servers are known.",
            "properties": {
                "serial": message["device"],
                "payload": {
                    "type": ["string", "null"],
                    "description": "Hex or base64, as the device is set or as it must be; at most 10 kB.",
                },
                "port": {**_WHOLE_NUMBER, "description": named(Field.PORT)},
                "time": message["time"],
            },
        },
        "TagoIoItem": {
            "type": "object",
            "description": "One value of TagoIO's templates, with its place and moment, if it has them. No "
            "item names its device beside `variable`: one of the array does, or the header `device`.",
            "properties": {
                "variable": {"type": "string"},
                "value": {},
                "unit": {"type": "string"},
                "serie": {"type": ["string", "integer"]},
                "group": {"type": ["string", "integer"]},
                "time": _TIME,
                "location": {
                    "type": "object",
                    "description": "Latitude and longitude (`lat` and `lng`), or a GeoJSON point.",
                },
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
        **schemas_of(Accepted),
        **schemas_of(DownlinkAnswers),
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
    return {to_camel(fact.name): _SCHEMAS[fact.type] for fact in facts.values()}
