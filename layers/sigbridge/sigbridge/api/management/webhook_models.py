"""Webhooks in the JSON of the management API, which takes The Things Stack's too."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from sigbridge.api.http.models import Moment, MomentInRequest, RequestModel, ResponseModel
from sigbridge.model.webhook import MessageType, Webhook, WebhookFormat
from sigbridge.model.webhook_attempt import FailedAttempt
from sigbridge.model.webhook_health import WebhookHealth, WebhookState
from sigbridge.webhooks.posting import Outcome
from sigbridge.webhooks.registry import NewWebhook, SignedWebhook

WEBHOOK_ID_PATTERN = "^[a-z0-9](?:-?[a-z0-9]){2,}$"
WebhookId = Annotated[
    str,
    Field(
        pattern=WEBHOOK_ID_PATTERN,
        max_length=36,
        description="An id of your own; it stands in the URLs that receivers push downlinks to",
        examples=["my-server"],
    ),
]
# What The Things Stack's JSON has beside what is taken: of a webhook that was read, or of LoRaWAN.
_PASSED_OVER = frozenset(
    {"created_at", "updated_at", "health_status", "template_ids", "queue", "paused"}
    | {"join_accept", "downlink_ack", "downlink_nack", "downlink_queue_invalidated", "uplink_normalized"}
)


def _read_format(value: object) -> object:
    return WebhookFormat.TTS if value == "json" else value


def _read_mask(value: object) -> object:
    return value.get("paths", []) if isinstance(value, Mapping) else value


_BaseUrl = Annotated[
    str,
    Field(
        description="Where it is called: https, with the variables appID and devID as RFC 6570 has them",
        examples=["https://hooks.example.com/sigbridge"],
    ),
]
_Format = Annotated[WebhookFormat, BeforeValidator(_read_format)]
_Paths = Annotated[
    dict[MessageType, str],
    Field(
        description="By what it is told, the path behind the base URL; empty for the base URL itself. It is"
        " not told what is left out. The Things Stack's form is taken too: `uplink_message: {path: ...}`",
        examples=[{"uplink_message": "/up", "downlink_failed": "/failed"}],
    ),
]
_FieldMask = Annotated[
    list[str],
    BeforeValidator(_read_mask, json_schema_input_type=list[str] | dict[str, list[str]]),
    Field(description="Which fields it gets, by their paths; all where empty"),
]
_Key = Annotated[
    str, Field(description="Key that its receiver pushes downlinks with, sent to it in X-Downlink-Apikey")
]
_Body = Annotated[str, Field(description="For format custom: the body, with `{{message.payload}}`")]
_ContentType = Annotated[str, Field(description="For format custom: its media type")]


def _read_things_stack(content: object) -> object:
    """Read The Things Stack's JSON of a webhook as ours."""
    if not isinstance(content, Mapping):
        return content
    read = {name: value for name, value in content.items() if name not in _PASSED_OVER}
    ids = read.pop("ids", None)
    if isinstance(ids, Mapping) and "webhook_id" in ids:
        read.setdefault("id", ids["webhook_id"])
    named = {name: read.pop(name) for name in list(MessageType) if name in read}
    paths = {
        name: told.get("path", "") if isinstance(told, Mapping) else told
        for name, told in named.items()
        if told is not None
    }
    if paths and isinstance(read.get("paths", {}), Mapping):
        read["paths"] = {**read.get("paths", {}), **paths}
    return read


class WebhookCreate(RequestModel):
    """A new webhook."""

    id: WebhookId
    base_url: _BaseUrl | None = Field(None, description="Required, unless a template has it")
    format: _Format = WebhookFormat.TTS
    paths: _Paths | None = Field(None, description="Uplinks at the base URL, where nothing is said")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Sent with each request; their values are never shown"
    )
    field_mask: _FieldMask = Field(default_factory=list)
    downlink_api_key: _Key | None = None
    body: _Body | None = None
    content_type: _ContentType | None = None
    signing_secret: str | None = Field(
        None, description="`whsec_` and the base64 of 24 to 64 bytes; one is made where it is left out"
    )
    template_id: str | None = Field(None, description="What is not said here is this template's")
    template_fields: dict[str, str] = Field(
        default_factory=dict, description="What stands in the template for its `{fields}`"
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, content: object) -> object:
        return _read_things_stack(content)

    def given(self) -> dict[str, Any]:
        """Return the fields that were sent, by the names of `NewWebhook`."""
        names = self.model_fields_set - {"template_id", "template_fields"}
        values = {name: getattr(self, name) for name in names}
        return values | ({"field_mask": tuple(self.field_mask)} if "field_mask" in values else {})


class WebhookUpdate(RequestModel):
    """Fields to change. What is left out stays as it is."""

    base_url: _BaseUrl = Field(default_factory=str)
    format: _Format = Field(default_factory=lambda: WebhookFormat.TTS)
    paths: _Paths = Field(default_factory=dict)
    headers: dict[str, str | None] = Field(
        default_factory=dict, description="Headers to add or to change; one that is null goes"
    )
    field_mask: _FieldMask = Field(default_factory=list)
    downlink_api_key: _Key | None = Field(None, description="null for none")
    body: _Body | None = None
    content_type: _ContentType | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, content: object) -> object:
        return _read_things_stack(content)

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return values | ({"field_mask": tuple(self.field_mask)} if "field_mask" in values else {})


class FailureResponse(ResponseModel):
    """A call that failed."""

    at: Moment
    status: int | None = Field(description="Of the answer; left out where there was none")
    reason: str


class HealthResponse(ResponseModel):
    """How a webhook is doing."""

    state: WebhookState
    failures: int = Field(description="Calls that failed since the last success, about")
    failing_since: Moment | None
    last_failure: FailureResponse | None
    last_success_at: Moment | None
    missed_from: Moment | None = Field(description="From when on it will get what it was not called with")

    @classmethod
    def of(cls, health: WebhookHealth) -> "HealthResponse":
        return cls.model_validate(health, from_attributes=True)


class WebhookResponse(ResponseModel):
    """A webhook, without its secrets."""

    id: str
    base_url: str
    format: WebhookFormat
    paths: dict[MessageType, str]
    header_names: list[str] = Field(description="Headers that are sent; their values are secret")
    field_mask: list[str]
    has_downlink_api_key: bool
    body: str | None
    content_type: str | None
    public_url: str = Field(description="Where its receiver is told that this API is")
    created_at: Moment
    updated_at: Moment
    health: HealthResponse

    @classmethod
    def of(cls, webhook: Webhook, health: WebhookHealth) -> "WebhookResponse":
        return cls(**_facts(webhook, health))


class WebhookListResponse(ResponseModel):
    """All webhooks of the application, in the order of their ids; there are at most 50."""

    webhooks: list[WebhookResponse]


class SignedWebhookResponse(WebhookResponse):
    """A webhook with its signing secret, which is shown this once."""

    signing_secret: str = Field(description="What its requests are signed with. Copy it now")

    @classmethod
    def of_signed(cls, signed: SignedWebhook, health: WebhookHealth) -> "SignedWebhookResponse":
        return cls(**_facts(signed.webhook, health), signing_secret=signed.signing_secret)


class WebhookTest(RequestModel):
    """What a webhook is tried with."""

    message_type: MessageType = MessageType.UPLINK_MESSAGE


class WebhookTestResponse(ResponseModel):
    """What came of trying a webhook."""

    success: bool
    status: int | None = Field(description="Of the answer; left out where there was none")
    reason: str

    @classmethod
    def of(cls, outcome: Outcome) -> "WebhookTestResponse":
        return cls(success=outcome.is_success, status=outcome.status, reason=outcome.reason)


class WebhookReplay(RequestModel):
    """What is to be delivered again: what was written between two moments."""

    since: MomentInRequest
    until: MomentInRequest


class SecretRotation(RequestModel):
    """A new signing secret."""

    signing_secret: str | None = Field(None, description="One is made where it is left out")


class AttemptResponse(FailureResponse):
    """A call that failed, and of what."""

    message_type: MessageType
    event_id: str
    message_id: str = Field(description="The header `webhook-id` of the call, the same in all calls for this")

    @classmethod
    def of(cls, attempt: FailedAttempt) -> "AttemptResponse":
        return cls.model_validate(attempt, from_attributes=True)


class AttemptListResponse(ResponseModel):
    """The last calls that failed, the newest one first; they are kept for 14 days."""

    attempts: list[AttemptResponse]


def new_webhook(body: WebhookCreate, from_template: Mapping[str, Any]) -> NewWebhook:
    """Make what is to be made of a request and its template."""
    values = {**from_template, **body.given()}
    headers = {**from_template.get("headers", {}), **body.headers}
    return NewWebhook(**{**values, "headers": headers, "base_url": values.get("base_url") or ""})


def _facts(webhook: Webhook, health: WebhookHealth) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "base_url": webhook.base_url,
        "format": webhook.format,
        "paths": dict(webhook.paths),
        "header_names": list(webhook.header_names),
        "field_mask": list(webhook.field_mask),
        "has_downlink_api_key": webhook.has_downlink_key,
        "body": webhook.body,
        "content_type": webhook.content_type,
        "public_url": webhook.public_url,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "health": HealthResponse.of(health),
    }
