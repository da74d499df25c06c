"""The whole document: every route of the bundle."""

import json
import re
from collections.abc import Iterable, Mapping

from openapi.fragments import Json
from openapi.management_paths import MANAGEMENT_ERRORS, management_paths
from openapi.operation import Section
from openapi.tidying import tidied
from sigbridge import __version__

_DESCRIPTION = """\
Sigfox devices in your own AWS account: messages stored, downlinks queued and never lost or repeated.

**Keys.** Nearly every route needs a key, `sbk_...`, that belongs to one application and has rights. It goes
into `Authorization: Bearer <key>`, `Authorization: <key>`, the password of `Authorization: Basic`, or the
query variable `authorization`; the header wins. A key that was revoked passes for up to a minute.

**Errors.** Callbacks and the management API answer `{"status": false, "message": ..., "errors": [...]}`, the
downlink queue answers as The Things Stack does. What API Gateway refuses by itself - paths that lead nowhere,
requests above the throttling limits, a function that can't be had (503) - it answers as `{"message": ...}`.

**Times** are RFC 3339, in UTC.
"""
_REFERENCE = re.compile(r'"#/components/(\w+)/(\w+)"')
_SECURITY_SCHEMES = {
    "header": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sbk_<id>_<secret>",
        "description": "A key.",
    },
    "query": {
        "type": "apiKey",
        "in": "query",
        "name": "authorization",
        "description": "A key, where no header can be sent, as from Sigfox's BATCH_URL.",
    },
}
_RESOURCES = {
    "application": "The application that the key belongs to.",
    "device types": "Settings that devices of one kind share.",
    "formatters": "What makes values of payloads, in versions.",
    "webhooks": "Your own servers are told what happens.",
    "sigfox": "The connection to Sigfox's REST API, and what is done in Sigfox's backend.",
    "jobs": "Long work in the background.",
    "devices": "The devices of the application.",
    "parameters": "Configuration parameters of a device, as in TagoIO.",
    "messages": "Messages of devices, as they were received.",
    "data": "The same as variables over time, in TagoIO's form.",
    "feed": "Everything that happened in the application, by the time of writing.",
    "keys": "API keys and their rights.",
}


def openapi_document(sections: Iterable[Section]) -> Json:
    """Describe the whole API, OpenAPI 3.1.

    Args:
        sections: Everything but the management API.
    """
    paths: dict[str, dict[str, Json]] = {}
    tags: dict[str, str] = {}
    schemas: list[Mapping[str, Json]] = []
    responses: dict[str, Json] = {}
    for section in sections:
        tags[section.tag] = section.description
        for operation in section.operations:
            paths.setdefault(operation.path, {})[operation.method] = operation.to_openapi(
                section.tag, section.form
            )
        schemas += [section.schemas, section.form.schemas()]
        responses |= section.form.common_responses()
    managed, managed_schemas = management_paths()
    paths |= managed
    schemas += [managed_schemas, MANAGEMENT_ERRORS.schemas()]
    responses |= MANAGEMENT_ERRORS.common_responses()
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Sigbridge",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": ".", "description": "This server"}],
        "security": [{scheme: []} for scheme in _SECURITY_SCHEMES],
        "tags": [
            {"name": name, "description": description} for name, description in (tags | _RESOURCES).items()
        ],
        "paths": tidied(paths),
    }
    components = {"schemas": _united(schemas), "responses": tidied(responses)}
    return document | {"components": {**_used(components, document), "securitySchemes": _SECURITY_SCHEMES}}


def _used(components: Mapping[str, Mapping[str, Json]], document: Json) -> dict[str, dict[str, Json]]:
    """Return the components that are referred to, in the document or in those that are."""
    used: set[tuple[str, str]] = set()
    found = set(_REFERENCE.findall(json.dumps(document)))
    while found > used:
        used = set(found)
        for kind, name in used:
            found |= set(_REFERENCE.findall(json.dumps(components[kind][name])))
    return {
        kind: {name: component for name, component in named.items() if (kind, name) in used}
        for kind, named in components.items()
    }


def _united(schemas: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Put schemas together, of which several sections may have the same one.

    Raises:
        ValueError: Two different ones have the same name.
    """
    united: dict[str, Json] = {}
    for some in schemas:
        for name, schema in tidied({"schemas": dict(some)})["schemas"].items():
            if united.setdefault(name, schema) != schema:
                message = f"two schemas have the name {name}"
                raise ValueError(message)
    return dict(sorted(united.items()))
