"""Trials of payload formatters in the JSON of the management API."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from sigbridge.api.http.models import DeviceId, Number, RequestModel, ResponseModel
from sigbridge.api.management.formatter_models import FormatterId, check_source_is_there
from sigbridge.api.management.json_object import JsonObject
from sigbridge.api.management.messages import PlaceResponse, VariableResponse
from sigbridge.formatters import FormatterKind
from sigbridge.formatters.trial import Draft, StoredVersion, Trial, TrialResult, TriedFunction
from sigbridge.model.downlink import LARGEST_PORT

_MOST_DIGITS = 1_024
_TAKE_DATA = frozenset({TriedFunction.ENCODE_DOWNLINK, TriedFunction.NORMALIZE_UPLINK})
_TAKE_PAYLOAD = frozenset(TriedFunction) - {TriedFunction.ENCODE_DOWNLINK}


class FormatterTrial(RequestModel):
    """A formatter, as it is written here or as it is stored, and what it is tried on."""

    kind: FormatterKind | None = Field(
        None, description="How the formatter is written that is tried; not with `formatter`"
    )
    source: str | None = Field(
        None,
        description="Sigfox's custom grammar, or a script; `cayenne_lpp` has none",
        examples=["function decodeUplink(input) { return { data: { first: input.bytes[0] } }; }"],
    )
    format: str | None = Field(None, description="Another name of `source`")
    formatter: FormatterId | None = Field(
        None, description="Id of a formatter of the application, in place of `kind` and `source`"
    )
    version: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        None, description="Number of the version of `formatter`; the newest where it is left out"
    )
    payload: Annotated[str, Field(pattern="^([0-9A-Fa-f]{2})+$", max_length=_MOST_DIGITS)] | None = Field(
        None, description="What is read, in hex", examples=["17012c"]
    )
    data: dict[str, Any] | None = Field(
        None,
        description="What `encodeDownlink` is to write, or `normalizeUplink` to normalize, in place of"
        " `payload`",
        examples=[{"interval": 15}],
    )
    port: Annotated[int, Field(strict=True, ge=0, le=LARGEST_PORT)] | None = None
    device: DeviceId | None = Field(
        None,
        description="A device whose type, tags and parameters a script is told; a made-up one where left out",
    )
    function: TriedFunction = TriedFunction.DECODE_UPLINK

    @model_validator(mode="after")
    def _names_one_formatter(self) -> Self:
        if self.source is not None and self.format is not None:
            message = "format: is another name of source: give one of them"
            raise ValueError(message)
        if self.formatter is None and self.kind is None:
            message = "kind: is missing, and so is formatter"
            raise ValueError(message)
        if self.formatter is None and self.version is not None:
            message = "version: is that of a formatter, which is missing"
            raise ValueError(message)
        if self.formatter is not None and (self.kind or self._source is not None):
            message = "formatter: stands in place of kind and source"
            raise ValueError(message)
        if self.kind is not None:
            check_source_is_there(self.kind, self._source)
        return self

    @model_validator(mode="after")
    def _has_what_the_function_takes(self) -> Self:
        takes_data, takes_payload = self.function in _TAKE_DATA, self.function in _TAKE_PAYLOAD
        if self.payload is not None and (not takes_payload or self.data is not None):
            message = "payload: " + ("give data or payload" if takes_payload else "encodeDownlink takes data")
            raise ValueError(message)
        if self.data is not None and not takes_data:
            message = f"data: {self.function} takes a payload"
            raise ValueError(message)
        if self.payload is None and self.data is None:
            message = ("payload" if takes_payload else "data") + ": is missing"
            raise ValueError(message)
        return self

    @property
    def _source(self) -> str | None:
        return self.format if self.source is None else self.source

    def trial(self) -> Trial:
        """Make the trial."""
        return Trial(
            formatter=Draft(self.kind, self._source or "")
            if self.kind is not None
            else StoredVersion(self.formatter or "", self.version),
            function=self.function,
            payload=bytes.fromhex(self.payload or ""),
            data=self.data,
            port=self.port,
            device_id=self.device,
        )


class FormatterTrialResponse(ResponseModel):
    """What came of a trial."""

    data: JsonObject | list[JsonObject] | None = Field(
        description="What was made of the payload: named values, or TagoIO's list of them; of a downlink its"
        " `bytes` and `fPort`; left out where there is nothing",
        examples=[{"temperature": 21.5}],
    )
    warnings: list[str] = Field(description="What is to be known of it")
    errors: list[str] = Field(
        description="Why there are no data, or not all",
        examples=[["line 1, column 40: ReferenceError: bites is not defined"]],
    )
    line: int | None = Field(description="Where in the source the error is, from 1, where that is known")
    column: int | None = Field(description="Where in that line, from 1")
    normalized: list[JsonObject] = Field(
        description="Measurements of The Things Stack's normalized payload",
        examples=[[{"air": {"temperature": 21.5}}]],
    )
    variables: list[VariableResponse] = Field(description="What an uplink's data items would be")
    location: PlaceResponse | None = Field(description="Where the uplink says that the device is")
    logs: list[str] = Field(description="What the script wrote to its console")
    cpu_ms: Number | None = Field(description="Processor time; left out where it is not known")

    @classmethod
    def of(cls, result: TrialResult) -> "FormatterTrialResponse":
        return cls(
            data=result.data,
            warnings=list(result.warnings),
            errors=list(result.errors),
            line=result.line,
            column=result.column,
            normalized=list(map(dict, result.normalized)),
            variables=[VariableResponse.of(each.variable) for each in result.variables],
            location=None if result.location is None else PlaceResponse.of(result.location),
            logs=list(result.logs),
            cpu_ms=result.cpu_ms,
        )
