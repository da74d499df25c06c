"""Payload formatters in the JSON of the management API."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from sigbridge.api.http.models import Moment, MomentInRequest, RequestModel, ResponseModel
from sigbridge.formatters import FORMATTER_ID, Formatter, FormatterKind, FormatterVersion, NewVersion

FORMATTER_ID_PATTERN = f"^{FORMATTER_ID}$"
FormatterId = Annotated[
    str,
    Field(pattern=FORMATTER_ID_PATTERN, description="An id of your own", examples=["weather-station"]),
]
_FORMAT = "temperature::int:16:little-endian humidity::uint:8"


class VersionResponse(ResponseModel):
    """A version of a formatter."""

    number: int = Field(description="From 1")
    kind: FormatterKind
    valid_from: Moment = Field(description="Time of the first messages that it is for")
    created_at: Moment

    @classmethod
    def of(cls, version: FormatterVersion) -> "VersionResponse":
        return cls.model_validate(version, from_attributes=True)


class VersionListResponse(ResponseModel):
    """The versions of a formatter, the newest one first."""

    versions: list[VersionResponse]


class FormatterResponse(ResponseModel):
    """A formatter with its newest version."""

    id: str
    name: str
    version: VersionResponse

    @classmethod
    def of(cls, formatter: Formatter) -> "FormatterResponse":
        return cls(id=formatter.id, name=formatter.name, version=VersionResponse.of(formatter.newest))


class FormatterListResponse(ResponseModel):
    """All formatters of the application, in the order of their ids; there are at most 100."""

    formatters: list[FormatterResponse]


class FormatterSourceResponse(FormatterResponse):
    """A formatter with the source of one of its versions."""

    source: str | None = Field(
        description="The script, or Sigfox's grammar; left out where a kind needs none"
    )

    @classmethod
    def with_source(cls, formatter: Formatter, version: FormatterVersion, source: str) -> Self:
        """Make the response for one of its versions."""
        return cls(
            id=formatter.id,
            name=formatter.name,
            version=VersionResponse.of(version),
            source=source or None,
        )


class FormatterPut(RequestModel):
    """What a formatter is to be."""

    kind: FormatterKind = Field(examples=[FormatterKind.SIGFOX_GRAMMAR])
    source: str | None = Field(
        None,
        description="Sigfox's custom grammar, or a script; `cayenne_lpp` has none",
        examples=[_FORMAT],
    )
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="Display name; as before, or the id, where it is left out"
    )
    valid_from: MomentInRequest | None = Field(
        None,
        description="Time of the first messages that this is for. Left out it takes the place of the newest"
        " version; that of a new formatter is for all messages, also those that came before",
    )

    @model_validator(mode="after")
    def _has_source_where_needed(self) -> Self:
        check_source_is_there(self.kind, self.source)
        return self

    def new_version(self) -> NewVersion:
        """Make what the formatter is to be."""
        return NewVersion(self.kind, self.source or "", self.name, self.valid_from)


def check_source_is_there(kind: FormatterKind, source: str | None) -> None:
    """Check that there is a source for a kind that needs one, and none for another.

    Raises:
        ValueError: That is not so.
    """
    if kind is FormatterKind.CAYENNE_LPP and source:
        message = "source: cayenne_lpp has none"
        raise ValueError(message)
    if kind is not FormatterKind.CAYENNE_LPP and not (source or "").strip():
        message = f"source: {kind} needs one"
        raise ValueError(message)
