"""What the JSON bodies of the management API have in common."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sigbridge.clock import iso_ms, rfc3339
from sigbridge.devices import normalize_device_id
from sigbridge.model.limits import plain_number

_NULL = {"type": "null"}
# What can name a device: letters, digits, dots and underscores, besides separators.
DEVICE_ID_SCHEMA = {"type": "string", "pattern": "^[-: ]*([0-9A-Za-z._][-: ]*){1,64}$"}


class RequestModel(BaseModel):
    """A request's body: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseModel(BaseModel):
    """A response's body: what is not known is left out."""

    model_config = ConfigDict(frozen=True)

    @model_serializer(mode="wrap")
    def _leave_out_none(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of a response: a field that may be None may be missing, and is never null."""
        described = handler({name: value for name, value in core_schema.items() if name != "serialization"})
        schema = handler.resolve_ref_schema(described)
        fields = schema.get("properties", {})
        missing = {name for name, field in fields.items() if _NULL in field.get("anyOf", ())}
        for name in missing:
            fields[name] = without_null(fields[name])
        schema["required"] = [name for name in fields if name not in missing]
        return described


def without_null(field: JsonSchemaValue) -> JsonSchemaValue:
    """Return the schema of what may be null as it is where it is not."""
    rest = {name: value for name, value in field.items() if name not in {"anyOf", "default"}}
    kinds = [kind for kind in field["anyOf"] if kind != _NULL]
    return {**kinds[0], **rest} if len(kinds) == 1 else {"anyOf": kinds, **rest}


Number = Annotated[Decimal, PlainSerializer(plain_number, return_type=int | float, when_used="json")]

# Epoch ms inside, RFC 3339 outside.
Moment = Annotated[
    int,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time"}),
]


def _read_moment(value: object) -> int:
    moment = iso_ms(value) if isinstance(value, str) else None
    if moment is None:
        message = "must be a time in RFC 3339, like 2030-01-31T12:00:00Z"
        raise ValueError(message)
    return moment


# RFC 3339 outside, epoch ms inside.
MomentInRequest = Annotated[
    int,
    BeforeValidator(_read_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2030-01-31T12:00:00Z"]}),
]

# A device's id as a path or body spells it.
DeviceId = Annotated[str, AfterValidator(normalize_device_id), WithJsonSchema(DEVICE_ID_SCHEMA)]
