"""Data items as TagoIO has them (tagoio reference, 7), requests and responses."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    RootModel,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sigbridge.api.http.models import Moment, Number, RequestModel, ResponseModel
from sigbridge.api.management.json_object import JsonObject
from sigbridge.data import AggregateValue, DataItem, NewValue
from sigbridge.messages import Location, Value, Variable
from sigbridge.model.limits import NAME_LENGTH, checked_metadata, checked_name, checked_value, is_storable
from sigbridge.tagoio.dates import read_moment

MOST_VALUES = 1_000
_MOST_DEGREES = {"latitude": 90, "longitude": 180}


class PointResponse(ResponseModel):
    """A place on Earth, in GeoJSON."""

    type: Literal["Point"] = "Point"
    coordinates: list[Number] = Field(
        description="Longitude and latitude", min_length=2, max_length=2, examples=[[5.71, 45.19]]
    )

    @classmethod
    def of(cls, location: Location) -> "PointResponse":
        return cls(coordinates=[location.longitude, location.latitude])


class DataItemResponse(ResponseModel):
    """A value of a variable at a moment."""

    id: str = Field(description="24 hex digits, the same each time", examples=["0b5e6a1c9d3f4e2a7c8b9d0e"])
    device: str
    variable: str
    value: str | bool | Number
    unit: str | None
    group: str
    time: Moment
    location: PointResponse | None
    metadata: JsonObject | None

    @classmethod
    def of(cls, item: DataItem) -> "DataItemResponse":
        return cls(
            id=item.id,
            device=item.device_id,
            variable=item.variable,
            value=item.value,
            unit=item.unit,
            group=item.group,
            time=item.time,
            location=None if item.location is None else PointResponse.of(item.location),
            metadata=None if item.metadata is None else dict(item.metadata),
        )


class AggregateResponse(ResponseModel):
    """What was made of the values of a variable."""

    variable: str
    value: Number
    time: Moment | None = Field(
        description="When the interval begins; without an interval when the range does, if it says so"
    )

    @classmethod
    def of(cls, value: AggregateValue) -> "AggregateResponse":
        # A range without a beginning begins with 1970.
        return cls(variable=value.variable, value=value.value, time=value.time or None)


class DataListResponse(ResponseModel):
    """Data items of a device, or what was made of them."""

    data: list[DataItemResponse] | list[AggregateResponse]
    next_cursor: str | None = Field(None, description="Of the next page; left out where there are no more")
    outdated: int | None = Field(
        None,
        description="With a query that makes numbers: how many messages the script of their device's type has"
        " not read yet; left out where there are none",
    )


class DataCreateResponse(ResponseModel):
    """What became of the data that were set."""

    status: bool = True
    accepted: int = Field(description="How many are new")
    duplicates: int = Field(description="How many were there already")
    group: str = Field(description="The group of those that were sent without one, else of the first one")


class DataDeleteResponse(ResponseModel):
    """What was removed."""

    removed: int = Field(description="How many data items")
    complete: bool = Field(description="Whether that was all; if not, repeat the request with `next_cursor`")
    next_cursor: str | None = None


def _read_time(value: object) -> int:
    is_text = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    moment = read_moment(str(value).strip()) if is_text else None
    if moment is None:
        message = "must be ISO 8601, epoch seconds (10 digits) or epoch milliseconds (13 digits)"
        raise ValueError(message)
    return moment


def _read_location(value: object) -> Location:
    """Read `{"lat", "lng"}`, or a point of GeoJSON."""
    match value:
        case {"lat": latitude, "lng": longitude, **rest} if not rest:
            pass
        case {"type": "Point", "coordinates": [longitude, latitude], **rest} if not rest:
            pass
        case _:
            message = 'must be {"lat", "lng"}, or {"type": "Point", "coordinates": [longitude, latitude]}'
            raise ValueError(message)
    return Location(_degrees("latitude", latitude), _degrees("longitude", longitude))


def _degrees(name: str, value: object) -> Decimal:
    most = _MOST_DEGREES[name]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        degrees = Decimal(value)
        if is_storable(degrees) and abs(degrees) <= most:
            return degrees
    message = f"must have a {name} from -{most} to {most}"
    raise ValueError(message)


_NUMBER_SCHEMA = {"type": "number"}
_Value = Annotated[
    Value,
    PlainValidator(checked_value),
    WithJsonSchema({"anyOf": [{"type": kind} for kind in ("string", "number", "boolean")]}),
]
_Time = Annotated[
    int,
    BeforeValidator(_read_time),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}]}),
]
_Location = Annotated[
    Location,
    PlainValidator(_read_location),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"lat": _NUMBER_SCHEMA, "lng": _NUMBER_SCHEMA},
                    "required": ["lat", "lng"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": "Point"},
                        "coordinates": {
                            "type": "array",
                            "items": _NUMBER_SCHEMA,
                            "minItems": 2,
                            "maxItems": 2,
                        },
                    },
                    "required": ["type", "coordinates"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
_Metadata = Annotated[
    Mapping[str, object], PlainValidator(checked_metadata), WithJsonSchema({"type": "object"})
]


class DataItemCreate(RequestModel):
    """A value to be set."""

    variable: Annotated[
        str,
        AfterValidator(checked_name),
        Field(
            description=f"Name, stored in lower case: at most {NAME_LENGTH} characters, no white space and"
            " none of * ? ! < > . - = $",
            examples=["temperature"],
            json_schema_extra={"minLength": 1, "maxLength": NAME_LENGTH, "pattern": r"^[^*?!<>.\-=$\s]+$"},
        ),
    ]
    value: _Value | None = Field(None, description="Text of at most 6,000 bytes, number or boolean")
    unit: Annotated[str | None, Field(max_length=25)] = None
    time: _Time | None = Field(None, description="When; now where it is left out")
    group: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    location: _Location | None = Field(None, description="Where; latitude and longitude are the value then")
    metadata: _Metadata | None = Field(None, description="Details, at most 10,000 bytes of JSON")

    @model_validator(mode="after")
    def _has_a_value(self) -> Self:
        if self.value is None and self.location is None:
            message = "must have a value or a location"
            raise ValueError(message)
        return self

    def new_value(self) -> NewValue:
        value: Value = "" if self.location is None else self.location.as_text()
        if self.value is not None:
            value = self.value
        variable = Variable(self.variable, value, self.unit, self.metadata, self.location)
        return NewValue(variable, self.time, self.group)


class DataCreate(RootModel[list[DataItemCreate]]):
    """Values to be set: one, or an array."""

    root: Annotated[list[DataItemCreate], Field(min_length=1, max_length=MOST_VALUES)]

    @model_validator(mode="before")
    @classmethod
    def _as_array(cls, body: object) -> object:
        return [body] if isinstance(body, dict) else body

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described = handler(core_schema)
        schema = handler.resolve_ref_schema(described)
        array = {name: schema.pop(name) for name in ("type", "items", "minItems", "maxItems")}
        schema["anyOf"] = [array["items"], array]
        return described

    def new_values(self) -> list[NewValue]:
        return [value.new_value() for value in self.root]
