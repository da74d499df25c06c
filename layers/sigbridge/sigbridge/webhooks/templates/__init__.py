"""Templates of webhooks for services that are often called, in the form of The Things Stack's."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sigbridge.errors import Fault, InvalidInput, NotFound
from sigbridge.model.webhook import MessageType, WebhookFormat

_FIELD = re.compile(r"\{([a-z_]+)\}")


class UnknownTemplate(NotFound):
    """There is no template of that id."""

    def __init__(self, template_id: str) -> None:
        super().__init__(f"There is no webhook template '{template_id}'")


class TemplateField(BaseModel):
    """What a user says to make a webhook of a template."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    description: str
    secret: bool = False
    default_value: str = ""
    optional: bool = False


class WebhookTemplate(BaseModel):
    """A webhook in whose texts `{fields}` stand for what a user says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template_id: str
    name: str
    description: str
    fields: Annotated[list[TemplateField], Field(default_factory=list)]
    format: WebhookFormat
    headers: Annotated[dict[str, str], Field(default_factory=dict)]
    create_downlink_api_key: bool = False
    base_url: str
    paths: dict[MessageType, str]
    field_mask: Annotated[list[str], Field(default_factory=list)]
    body: str | None = None
    content_type: str | None = None


def _read() -> Mapping[str, WebhookTemplate]:
    files = sorted(Path(__file__).parent.glob("*.json"))
    found = [WebhookTemplate.model_validate_json(file.read_text()) for file in files]
    return {template.template_id: template for template in found}


TEMPLATES = _read()


def filled(template_id: str, values: Mapping[str, str]) -> dict[str, Any]:
    """Return what a template says of a webhook, by the names of `NewWebhook`.

    Args:
        template_id: The template.
        values: Of its fields, by their ids.

    Raises:
        UnknownTemplate: There is none of that id.
        InvalidInput: A field is missing or not known.
    """
    template = TEMPLATES.get(template_id)
    if template is None:
        raise UnknownTemplate(template_id)
    known = {field.id: field for field in template.fields}
    faults = [Fault(f"template_fields.{name}", "is not known here") for name in values if name not in known]
    chosen = {name: values.get(name) or field.default_value for name, field in known.items()}
    faults += [
        Fault(f"template_fields.{name}", "is missing")
        for name, value in chosen.items()
        if not value and not known[name].optional
    ]
    if faults:
        raise InvalidInput.of(faults)

    def fill(text: str) -> str:
        return _FIELD.sub(lambda found: chosen.get(found[1], found[0]), text)

    return {
        "base_url": fill(template.base_url),
        "format": template.format,
        "paths": {message_type: fill(path) for message_type, path in template.paths.items()},
        "headers": {name: value for name, text in template.headers.items() if (value := fill(text))},
        "field_mask": tuple(template.field_mask),
        "body": template.body,
        "content_type": template.content_type,
    }
