"""`/v1/webhooks`: where the user's own servers are told what happens."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import TrafficReader, WebhooksWriter
from sigbridge.api.management.jobs import JobResponse
from sigbridge.api.management.resolver import refuses, takes_keys
from sigbridge.api.management.webhook_models import (
    WEBHOOK_ID_PATTERN,
    AttemptListResponse,
    AttemptResponse,
    HealthResponse,
    SecretRotation,
    SignedWebhookResponse,
    WebhookCreate,
    WebhookListResponse,
    WebhookReplay,
    WebhookResponse,
    WebhookTest,
    WebhookTestResponse,
    WebhookUpdate,
    new_webhook,
)
from sigbridge.jobs import TooManyJobs
from sigbridge.webhooks import attempts, health, registry
from sigbridge.webhooks.registry import (
    TooManyWebhooks,
    UnknownWebhook,
    WebhookExists,
    find_webhook,
)
from sigbridge.webhooks.replay_orders import order_replay
from sigbridge.webhooks.templates import TEMPLATES, UnknownTemplate, WebhookTemplate, filled
from sigbridge.webhooks.trial import TooManyWebhookTrials, try_webhook

routes = new_routes()

_WebhookInPath = Annotated[str, Path(pattern=WEBHOOK_ID_PATTERN, description="Id of the webhook")]
_Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most")]
_NO_SUCH = UnknownWebhook("my-server")


@routes.get("/v1/webhooks", summary="List webhooks", tags=["webhooks"])
def list_webhooks(key: TrafficReader) -> WebhookListResponse:
    """All webhooks of the application, in the order of their ids, without their secrets."""
    listed = registry.list_webhooks(key.application_id)
    return WebhookListResponse(
        webhooks=[
            WebhookResponse.of(each, health.find_health(key.application_id, each.id)) for each in listed
        ]
    )


@routes.get("/v1/webhook-templates", summary="List templates of webhooks", tags=["webhooks"])
def list_webhook_templates(_key: TrafficReader) -> dict[str, list[WebhookTemplate]]:
    """Templates for services that are often called, which `template_id` of a new webhook names."""
    return {"templates": list(TEMPLATES.values())}


@routes.post("/v1/webhooks", summary="Create a webhook", tags=["webhooks"], status_code=201)
@refuses(WebhookExists("my-server"), TooManyWebhooks(), UnknownTemplate("slack"))
@takes_keys
def create_webhook(
    key: WebhooksWriter, request: ResolvedRequest, body: Annotated[WebhookCreate, Body()]
) -> tuple[SignedWebhookResponse, int]:
    """Create a webhook, and show the secret that its requests are signed with this once.

    An application has at most 50. Within a minute it is called.
    """
    template = {} if body.template_id is None else filled(body.template_id, body.template_fields)
    made = registry.create_webhook(key.application_id, new_webhook(body, template), _public_url(request))
    return SignedWebhookResponse.of_signed(made, health.find_health(key.application_id, body.id)), 201


@routes.get("/v1/webhooks/<webhook_id>", summary="Show a webhook", tags=["webhooks"])
@refuses(_NO_SUCH)
def get_webhook(key: TrafficReader, webhook_id: _WebhookInPath) -> WebhookResponse:
    """A webhook, and how it is doing."""
    webhook = find_webhook(key.application_id, webhook_id)
    return WebhookResponse.of(webhook, health.find_health(key.application_id, webhook_id))


@routes.patch("/v1/webhooks/<webhook_id>", summary="Change a webhook", tags=["webhooks"])
@refuses(_NO_SUCH)
@takes_keys
def update_webhook(
    key: WebhooksWriter,
    request: ResolvedRequest,
    webhook_id: _WebhookInPath,
    body: Annotated[WebhookUpdate, Body()],
) -> WebhookResponse:
    """Change the fields that are sent; what is delivered again goes where it then says.

    Headers are added to those that there are, because nobody can read these; one that is null goes.
    """
    changed = registry.change_webhook(key.application_id, webhook_id, body.changes(), _public_url(request))
    return WebhookResponse.of(changed, health.find_health(key.application_id, webhook_id))


@routes.delete("/v1/webhooks/<webhook_id>", summary="Delete a webhook", tags=["webhooks"], status_code=204)
@refuses(_NO_SUCH)
def delete_webhook(key: WebhooksWriter, webhook_id: _WebhookInPath) -> Response[None]:
    """Delete a webhook with its secrets. What waits for it is dropped."""
    registry.delete_webhook(key.application_id, webhook_id)
    return Response(204)


@routes.post("/v1/webhooks/<webhook_id>/pause", summary="Pause a webhook", tags=["webhooks"])
@refuses(_NO_SUCH)
def pause_webhook(key: WebhooksWriter, webhook_id: _WebhookInPath) -> HealthResponse:
    """Stop calling a webhook. What happens meanwhile is delivered when it is resumed."""
    find_webhook(key.application_id, webhook_id)
    return HealthResponse.of(health.pause(key.application_id, webhook_id))


@routes.post("/v1/webhooks/<webhook_id>/resume", summary="Resume a webhook", tags=["webhooks"])
@refuses(_NO_SUCH)
def resume_webhook(key: WebhooksWriter, webhook_id: _WebhookInPath) -> HealthResponse:
    """Call a webhook again that was paused or disabled; within a minute it begins to get what it missed."""
    find_webhook(key.application_id, webhook_id)
    return HealthResponse.of(health.resume(key.application_id, webhook_id))


@routes.post("/v1/webhooks/<webhook_id>/test", summary="Try a webhook", tags=["webhooks"])
@refuses(_NO_SUCH, TooManyWebhookTrials())
def test_webhook(
    key: WebhooksWriter, webhook_id: _WebhookInPath, body: Annotated[WebhookTest, Body()]
) -> WebhookTestResponse:
    """Call a webhook once with something made up, of device TEST; what its server says is a result (200).

    A key may try 5 at once and 20 a minute, about.
    """
    return WebhookTestResponse.of(try_webhook(key.application_id, key.id, webhook_id, body.message_type))


@routes.post("/v1/webhooks/<webhook_id>/replay", summary="Deliver again", tags=["webhooks"], status_code=202)
@refuses(_NO_SUCH, TooManyJobs())
def replay_webhook(
    key: WebhooksWriter, webhook_id: _WebhookInPath, body: Annotated[WebhookReplay, Body()]
) -> tuple[JobResponse, int]:
    """Have a webhook told again what happened between two moments, as a job."""
    find_webhook(key.application_id, webhook_id)
    return JobResponse.of(order_replay(key.application_id, webhook_id, body.since, body.until)), 202


@routes.get("/v1/webhooks/<webhook_id>/attempts", summary="List failed calls", tags=["webhooks"])
@refuses(_NO_SUCH)
def list_webhook_attempts(
    key: TrafficReader, webhook_id: _WebhookInPath, limit: _Limit = 100
) -> AttemptListResponse:
    """The last calls that failed, the newest one first: one a second at most, kept for 14 days."""
    find_webhook(key.application_id, webhook_id)
    found = attempts.list_attempts(key.application_id, webhook_id, limit)
    return AttemptListResponse(attempts=[AttemptResponse.of(each) for each in found])


@routes.post("/v1/webhooks/<webhook_id>/rotate-secret", summary="Rotate the secret", tags=["webhooks"])
@refuses(_NO_SUCH)
def rotate_webhook_secret(
    key: WebhooksWriter, webhook_id: _WebhookInPath, body: Annotated[SecretRotation, Body()]
) -> SignedWebhookResponse:
    """Sign with a new secret, which is shown this once; for 24 hours the one before signs as well."""
    rotated = registry.rotate_secret(key.application_id, webhook_id, body.signing_secret)
    return SignedWebhookResponse.of_signed(rotated, health.find_health(key.application_id, webhook_id))


def _public_url(request: ResolvedRequest) -> str:
    received: Any = request.context["request"]
    return str(received.base_url)
