"""`/v1/formatters`: what makes values of the payloads of devices, in versions."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from sigbridge import formatters
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import DevicesReader, DevicesWriter
from sigbridge.api.management.formatter_models import (
    FORMATTER_ID_PATTERN,
    FormatterListResponse,
    FormatterPut,
    FormatterResponse,
    FormatterSourceResponse,
    VersionListResponse,
    VersionResponse,
)
from sigbridge.api.management.formatter_trial_models import FormatterTrial, FormatterTrialResponse
from sigbridge.api.management.resolver import refuses
from sigbridge.errors import FormatterUnavailable
from sigbridge.formatters import (
    FormatterInUse,
    InvalidSource,
    SourceUnchecked,
    UnknownFormatter,
    UnknownVersion,
    find_formatter,
    find_source,
    put_formatter,
    version_of,
)
from sigbridge.formatters.trial import TooManyTrials, try_formatter

routes = new_routes()

_FormatterInPath = Annotated[str, Path(pattern=FORMATTER_ID_PATTERN, description="Id of the formatter")]
_Version = Annotated[int | None, Query(ge=1, description="Number of the version; the newest where left out")]
_NO_SUCH = UnknownFormatter("There is no formatter 'weather-station'")
_NO_SUCH_VERSION = UnknownVersion("Formatter 'weather-station' has no version 7")
_WRONG = InvalidSource("SyntaxError: unexpected token in expression: '}'", 3, 9)
_UNCHECKED = SourceUnchecked("The script could not be checked, try again: Rate Exceeded.")
_NOT_RUN = FormatterUnavailable("The script could not be run, try again: Rate Exceeded.")
_TOO_MANY_TRIALS = TooManyTrials("A key may try 60 formatters a minute: wait a few seconds")
_IN_USE = FormatterInUse("Formatter 'weather-station' is used by the device types tracker")


@routes.get("/v1/formatters", summary="List formatters", tags=["formatters"])
def list_formatters(key: DevicesReader) -> FormatterListResponse:
    """All formatters of the application, each with its newest version, in the order of their ids."""
    listed = [FormatterResponse.of(each) for each in formatters.list_formatters(key.application_id)]
    return FormatterListResponse(formatters=listed)


@routes.post("/v1/formatters/test", summary="Try a formatter", tags=["formatters"])
@refuses(_NO_SUCH, _NO_SUCH_VERSION, _TOO_MANY_TRIALS, _NOT_RUN)
def test_formatter(key: DevicesReader, body: Annotated[FormatterTrial, Body()]) -> FormatterTrialResponse:
    """Try a formatter that need not be stored; nothing is stored or sent.

    What is wrong with it is a result (200) with `errors`. `normalizeUplink` takes `data`, or a `payload` that
    `decodeUplink` reads first. A key may try 10 at once and 60 a minute, about: each process of the function
    counts by itself.
    """
    return FormatterTrialResponse.of(try_formatter(key.application_id, key.id, body.trial()))


@routes.get("/v1/formatters/<formatter_id>", summary="Show a formatter", tags=["formatters"])
@refuses(_NO_SUCH, _NO_SUCH_VERSION)
def get_formatter(
    key: DevicesReader, formatter_id: _FormatterInPath, version: _Version = None
) -> FormatterSourceResponse:
    """A formatter with the source of its newest version, or of the one that is asked for."""
    formatter = find_formatter(key.application_id, formatter_id)
    wanted = formatter.newest if version is None else version_of(formatter, version)
    source = find_source(key.application_id, formatter_id, wanted)
    return FormatterSourceResponse.with_source(formatter, wanted, source)


@routes.get("/v1/formatters/<formatter_id>/versions", summary="List versions", tags=["formatters"])
@refuses(_NO_SUCH)
def list_versions(key: DevicesReader, formatter_id: _FormatterInPath) -> VersionListResponse:
    """All versions of a formatter, the newest one first; there are at most 200."""
    formatter = find_formatter(key.application_id, formatter_id)
    return VersionListResponse(versions=[VersionResponse.of(each) for each in reversed(formatter.versions)])


@routes.put(
    "/v1/formatters/<formatter_id>",
    summary="Put a formatter",
    tags=["formatters"],
    responses={
        200: {"description": "It has a new version, or had this one"},
        201: {"description": "It is new"},
    },
)
@refuses(_WRONG, _UNCHECKED)
def update_formatter(
    key: DevicesWriter, formatter_id: _FormatterInPath, body: Annotated[FormatterPut, Body()]
) -> tuple[FormatterResponse, int]:
    """Make a formatter (201), or give it a new version (200). Versions never change.

    The source is checked: what is wrong with it is told with its line and column, and nothing is stored.
    Device types name it as `uplink_formatter` or `downlink_formatter`. Running functions follow within a
    minute.
    """
    put = put_formatter(key.application_id, formatter_id, body.new_version())
    return FormatterResponse.of(put.formatter), 201 if put.is_new else 200


@routes.delete(
    "/v1/formatters/<formatter_id>", summary="Delete a formatter", tags=["formatters"], status_code=204
)
@refuses(_NO_SUCH, _IN_USE)
def delete_formatter(key: DevicesWriter, formatter_id: _FormatterInPath) -> Response[None]:
    """Delete a formatter and its versions. One that a device type names is not deleted."""
    formatters.delete_formatter(key.application_id, formatter_id)
    return Response(204)
