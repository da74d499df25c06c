"""The routes that Sigfox Cloud and its like call, described."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from openapi.callback_examples import (
    BIDIR,
    BIDIR_TAGOIO,
    LINES,
    MESSAGES,
    REPORTS,
    UPLINK,
)
from openapi.callback_schemas import callback_schemas, named
from openapi.fragments import (
    EXAMPLE_APPLICATION,
    EXAMPLE_DEVICE,
    JSON,
    OTHER_EXAMPLE_DEVICE,
    Json,
    answered,
    content_of,
    in_header,
    in_path,
    in_query,
    reference,
)
from openapi.operation import Operation, Section
from openapi.refusals import ErrorFormat
from sigbridge.api.http.content_encoding import BodyTooLarge
from sigbridge.api.http.models import DEVICE_ID_SCHEMA
from sigbridge.api.http.request import UnsupportedContentType
from sigbridge.api.ingest.documents import MAX_MESSAGES
from sigbridge.api.ingest.errors import CallbackError, ingest_error
from sigbridge.credentials import Right
from sigbridge.devices import InactiveDevice, UnknownDevice
from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.field_mapping import Field
from sigbridge.reports import Service, UnknownService
from sigbridge.sigfox.callbacks import DATA_ADVANCED

_FORM = "application/x-www-form-urlencoded"

_STRING: Json = {"type": "string"}
_FIELDS = (
    in_query("device", DEVICE_ID_SCHEMA, named(Field.SERIAL), EXAMPLE_DEVICE),
    in_query("time", _STRING, named(Field.TIME), "1763770827"),
    in_query("data", _STRING, named(Field.PAYLOAD), "b0513801"),
    in_query("seqNumber", _STRING, named(Field.SEQ_NUMBER), "1508"),
    in_query("ack", _STRING, named(Field.ACK), "true"),
    in_query(
        "fields",
        {"type": "object", "additionalProperties": _STRING},
        "Whatever else the message says.",
        {"temperature": "21.5"},
    )
    | {"style": "form", "explode": True},
)
_DEVICE_HEADER = in_header("device", DEVICE_ID_SCHEMA, "The device, as TagoIO's templates name it.")
_PATTERN = in_query(
    "pattern",
    _STRING,
    "Names of the values in a batch line, separated by `;`, as in Sigfox's line pattern:"
    " `device;time;data;seqNumber`.",
)
_BATCH = in_query(
    "batch",
    _STRING,
    "Batch lines, separated by newlines; they may also come in a form's variable `batch`.",
)
_FILLED_BATCH = (
    _PATTERN | {"example": "device;time;data;seqNumber"},
    _BATCH | {"example": LINES["batch"]},
)

_KEPT: Json = {"status": True, "accepted": 1, "duplicates": 0}
_REFUSED_MESSAGES = (
    InactiveDevice(EXAMPLE_APPLICATION, EXAMPLE_DEVICE),
    UnknownDevice(EXAMPLE_APPLICATION, EXAMPLE_DEVICE),
)
_ERRORS = ErrorFormat(
    name="CallbackError",
    model=CallbackError,
    respond=ingest_error,
    always=(
        InvalidInput.of([Fault("serial", "is missing", 1)]),
        InvalidInput("Missing body information"),
    ),
    of_bodies=(
        BodyTooLarge("The body is too large"),
        UnsupportedContentType("The body must be application/json or application/x-www-form-urlencoded"),
    ),
)


def callback_operations() -> Section:
    """Describe the routes of callbacks."""
    return Section(
        tag="callbacks",
        description="What Sigfox Cloud calls, and other senders of messages. POST, PUT and GET do the same.",
        form=_ERRORS,
        operations=(*_uplinks(), *_batches(), *_bidirs(), *_services()),
        schemas=callback_schemas(),
    )


def _uplinks() -> list[Operation]:
    post = Operation(
        method="post",
        path="/uplink",
        id="create_messages",
        summary="Store messages",
        description="Stores one message, or several of any devices: all of them or none. One that was stored "
        "before is counted as duplicate. Fields of the query complete those of the body, which win. "
        "A field whose value does not fit its name is stored as a variable, and named in `warnings`. A "
        "report of one of Sigfox's services is stored as on `/sigfox/{service}`.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={200: _accepted()},
        refusals=_REFUSED_MESSAGES,
        parameters=(_DEVICE_HEADER,),
        body=_body(reference("Messages"), {"form": UPLINK}, MESSAGES),
    )
    return _by_each_method(post, _FIELDS)


def _batches() -> list[Operation]:
    post = Operation(
        method="post",
        path="/uplink/batch",
        id="create_message_batch",
        summary="Store batch lines",
        description="Stores the lines of Sigfox's BATCH_URL, or whatever `/uplink` takes. With `pattern` the "
        "lines are in the variable `batch` of a form or of the query; each is taken on its own, and those "
        f"that can't be are named in `warnings`. At most {MAX_MESSAGES} messages.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={200: _accepted()},
        refusals=_REFUSED_MESSAGES,
        parameters=(_PATTERN, _DEVICE_HEADER),
        body=_body(reference("Messages"), {"message": UPLINK, "lines": LINES}, MESSAGES),
    )
    return _by_each_method(post, _FILLED_BATCH)


def _bidirs() -> list[Operation]:
    downlink = {EXAMPLE_DEVICE: {"downlinkData": "deadbeefcafebabe"}}
    post = Operation(
        method="post",
        path="/downlink",
        id="answer_devices",
        summary="Store messages and answer devices",
        description="Stores the messages as `/uplink/batch` does, then answers each device that asks (`ack` "
        "is true or absent) with the oldest downlink of its queue, else with its `downlinkData`. A repeated "
        "callback gets the same answer. Reports of Sigfox's services ask for nothing: they are stored, and "
        "a request of nothing else is answered as on `/sigfox/{service}`.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={
            200: answered(
                "The devices that asked, as the callback writes them; where none can ask, what was stored",
                {"anyOf": [reference("DownlinkAnswers"), reference("Accepted")]},
                one=downlink,
                batch={**downlink, OTHER_EXAMPLE_DEVICE: {"noData": True}},
                report=_KEPT,
            ),
            204: {"description": "No device gets anything"},
        },
        refusals=_REFUSED_MESSAGES,
        parameters=(_PATTERN, _DEVICE_HEADER),
        body=_body(reference("Messages"), {"form": BIDIR}, {"sigfox": BIDIR, "tagoio": BIDIR_TAGOIO}),
    )
    return _by_each_method(post, (*_FIELDS, _PATTERN, _BATCH))


def _services() -> list[Operation]:
    names = [*Service, DATA_ADVANCED]
    post = Operation(
        method="post",
        path="/sigfox/{service}",
        id="create_reports",
        summary="Store a report of a Sigfox service",
        description="Stores what Sigfox reports about a downlink (`acknowledge`), about a device (`status`, "
        "`error`, `event`, `geoloc`, `repeater`), or adds to a message (`data-advanced`). Takes the forms of "
        "`/uplink/batch`.",
        right=Right.TRAFFIC_UP_WRITE,
        answers={
            200: answered(
                "It is stored; there is a `group` where it belongs to messages",
                reference("Accepted"),
                report=_KEPT,
                data_advanced=_KEPT | {"group": "bc7d65ed34c28c79bfaed356"},
            )
        },
        refusals=(UnknownService("nope", sorted(names)), *_REFUSED_MESSAGES),
        parameters=(
            in_path("service", {"enum": names}, "What the callback is; in any case.", Service.ACKNOWLEDGE),
            _PATTERN,
            _DEVICE_HEADER,
        ),
        body=_body(reference("Reports"), {"form": REPORTS["acknowledge"]}, REPORTS),
    )
    return _by_each_method(post, (*_FIELDS, _PATTERN, _BATCH))


def _by_each_method(post: Operation, query_alone: Sequence[Json]) -> list[Operation]:
    """Describe POST, PUT, and GET, which has no body but all in its query."""
    others = [parameter for parameter in post.parameters if parameter["in"] != "query"]
    return [
        post,
        replace(post, method="put", id=f"{post.id}_by_put"),
        replace(post, method="get", id=f"{post.id}_by_get", parameters=(*others, *query_alone), body=None),
    ]


def _accepted() -> Json:
    stored = _KEPT | {"group": "943f70dddd4785bd2c2755ec"}
    warnings = [{"index": 0, "field": "latitude", "message": "must be from -90 to 90"}]
    return answered(
        "They are stored", reference("Accepted"), stored=stored, warned=stored | {"warnings": warnings}
    )


def _body(schema: Json, forms: Mapping[str, Json], documents: Mapping[str, object]) -> Json:
    written = {example: {name: str(value) for name, value in form.items()} for example, form in forms.items()}
    return {
        "content": {JSON: content_of(schema, **documents), _FORM: content_of(reference("Form"), **written)}
    }
