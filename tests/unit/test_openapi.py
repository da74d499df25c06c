"""The description of the API: it is current, valid, whole, and its examples are true."""

import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.api_gateway import Router
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from openapi.description import description_text
from sigbridge import __version__
from sigbridge.api import management
from sigbridge.api.openapi.routes import DOCUMENT
from sigbridge.credentials import Right
from tests.unit.test_events import routes

type Json = dict[str, Any]

EVERY_V1_PATH = "ANY /v1/{proxy+}"
DESCRIBED: Json = json.loads(DOCUMENT.read_text())
ALWAYS = {"400", "401", "403", "429", "503"}


def resolved(fragment: Json) -> Json:
    """What a reference stands for, or the fragment itself."""
    if "$ref" not in fragment:
        return fragment
    _, _, kind, name = fragment["$ref"].split("/")
    found: Json = DESCRIBED["components"][kind][name]
    return found


def operations() -> Iterator[tuple[str, Json]]:
    for path, methods in DESCRIBED["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


OPERATIONS = dict(operations())
WITH_KEY = {route: operation for route, operation in OPERATIONS.items() if operation.get("security") != []}
each_operation = pytest.mark.parametrize("route", OPERATIONS)
each_with_key = pytest.mark.parametrize("route", WITH_KEY)


def answers(route: str) -> dict[str, Json]:
    return {status: resolved(answer) for status, answer in OPERATIONS[route]["responses"].items()}


def contents(route: str) -> Iterator[tuple[str, Json]]:
    """Everything of an operation that has a schema and may have examples."""
    operation = OPERATIONS[route]
    for parameter in operation.get("parameters", ()):
        yield parameter["name"], parameter
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield media_type, content
    for status, answer in answers(route).items():
        for media_type, content in answer.get("content", {}).items():
            yield f"{status} {media_type}", content
        for name, header in answer.get("headers", {}).items():
            yield f"{status} {name}", header


def examples_of(content: Json) -> dict[str, object]:
    named = {name: example["value"] for name, example in content.get("examples", {}).items()}
    return named | ({"example": content["example"]} if "example" in content else {})


def management_routes() -> set[str]:
    """The routes of the modules in `api/management`."""
    modules = [
        import_module(f"{management.__name__}.{m.name}") for m in pkgutil.iter_modules(management.__path__)
    ]
    routers = [module.routes for module in modules if isinstance(getattr(module, "routes", None), Router)]
    found = [(route[1], route[0]) for router in routers for route in router._routes]
    return {
        f"{method} {re.sub('<(.*?)>', r'{\1}', path)}"
        for methods, path in found
        for method in ([methods] if isinstance(methods, str) else methods)
    }


def test_what_is_committed_is_current() -> None:
    assert DOCUMENT.read_text() == description_text(), "the description is not current: run `make openapi`"


def test_it_is_valid_openapi_3_1() -> None:
    assert DESCRIBED["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(DESCRIBED).iter_errors()] == []


def test_it_says_what_it_describes() -> None:
    assert (DESCRIBED["info"]["title"], DESCRIBED["info"]["version"]) == ("Sigbridge", __version__)
    assert DESCRIBED["servers"][0]["url"] == "."
    assert DESCRIBED["security"] == [{"header": []}, {"query": []}]


def test_every_route_of_the_template_is_described_and_no_other() -> None:
    of_template = routes()

    assert EVERY_V1_PATH in of_template
    assert set(OPERATIONS) == of_template - {EVERY_V1_PATH} | management_routes()


def test_only_the_description_itself_needs_no_key() -> None:
    assert set(OPERATIONS) - set(WITH_KEY) == {"GET /openapi.json", "GET /docs"}


def test_operations_have_different_and_readable_ids() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(set(ids)) == len(ids)
    assert [id_ for id_ in ids if not re.fullmatch("[a-z]+(_[a-z]+)*", id_)] == []


# What is done with a resource otherwise.
_ACTS = (
    "/connect",
    "/import",
    "/redecode",
    "/test",
    "/pause",
    "/resume",
    "/replay",
    "/rotate-secret",
    "/requests",
    *("/import", "/redecode", "/test", "/pause", "/resume", "/replay", "/rotate-secret", "/requests"),
    *("/transfer", "/suspend", "/unsubscribe", "/restart", "/disengage", "/replace"),
    "/recover",
)


def test_operations_on_resources_have_one_verb_for_one_act() -> None:
    acts = {
        "GET": {"get", "list"},
        "POST": {"create"},
        "PUT": {"update"},
        "PATCH": {"update"},
        "DELETE": {"delete"},
    }
    verbs = {
        route: operation["operationId"].split("_")[0]
        for route, operation in OPERATIONS.items()
        if "/v1/" in route and not route.endswith(_ACTS)
    }

    assert {route: verb for route, verb in verbs.items() if verb not in acts[route.split()[0]]} == {}


@each_operation
def test_an_operation_says_what_it_does_and_belongs_somewhere(route: str) -> None:
    operation = OPERATIONS[route]

    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DESCRIBED["tags"]}


@each_with_key
def test_an_operation_says_which_right_it_needs(route: str) -> None:
    description = OPERATIONS[route]["description"]
    [named] = re.findall(r"Needs a key with the rights? (`.*`)\.$", description)

    rights = named.replace("`", "").split(" and ")
    assert set(rights) <= set(Right)
    assert ("the rights `" in description) == (len(rights) > 1)


def test_an_operation_names_all_the_rights_that_it_needs() -> None:
    description = OPERATIONS["POST /v1/sigfox/devices/suspend"]["description"]

    assert description.endswith("Needs a key with the rights `sigfox:write` and `devices:write`.")


def test_every_tag_has_operations_and_says_what_they_are_for() -> None:
    assert [tag["name"] for tag in DESCRIBED["tags"] if not tag["description"]] == []
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert {tag["name"] for tag in DESCRIBED["tags"]} == used


@each_operation
def test_an_operation_has_one_success_at_least(route: str) -> None:
    successes = {status: answer for status, answer in answers(route).items() if status.startswith("2")}

    assert successes
    for status, answer in successes.items():
        has_body = status != "204" and "/webhooks/{webhook_id}/devices/" not in route
        assert ("content" in answer) == has_body
        assert all("schema" in content for content in answer.get("content", {}).values())


@each_operation
def test_every_error_has_a_schema_and_an_example(route: str) -> None:
    errors = {status: answer for status, answer in answers(route).items() if status >= "400"}

    for answer in errors.values():
        assert list(answer["content"]) == ["application/json"]
        [content] = answer["content"].values()
        assert content["schema"]
        assert content["examples"]


@each_with_key
def test_every_operation_with_a_key_can_fail_in_these_ways(route: str) -> None:
    told = answers(route)

    assert told.keys() >= ALWAYS
    assert "404" in told or "{" not in route
    assert "422" not in told
    assert told["401"]["headers"]["WWW-Authenticate"]["required"]
    assert told["503"]["headers"]["Retry-After"]["required"]


@pytest.mark.parametrize(
    "route", [route for route in WITH_KEY if not route.split(" ")[1].startswith("/api/v3")]
)
def test_bodies_can_be_too_large_or_of_a_wrong_type(route: str) -> None:
    has_body = "requestBody" in OPERATIONS[route]

    assert ({"413", "415"} <= answers(route).keys()) == has_body


def test_push_and_replace_name_the_new_downlinks() -> None:
    changes = [route for route in OPERATIONS if route.endswith(("/down/push", "/down/replace"))]

    assert len(changes) == 4
    assert all("X-Downlink-Ids" in answers(route)["200"]["headers"] for route in changes)


@each_operation
def test_examples_fit_their_schemas(route: str) -> None:
    for where, content in contents(route):
        schema = {**content["schema"], "components": DESCRIBED["components"]}
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        for name, example in examples_of(content).items():
            assert [f"{where}, {name}: {error.message}" for error in validator.iter_errors(example)] == []


def test_nothing_is_left_of_the_generator_and_of_notes_to_its_readers() -> None:
    schemas = DESCRIBED["components"]["schemas"]

    assert not {"HTTPValidationError", "ValidationError", "ResponseValidationError"} & schemas.keys()
    assert [name for name in schemas if name.endswith(("Told", "Asked"))] == []
    text = json.dumps(DESCRIBED["paths"]) + json.dumps(DESCRIBED["components"])
    assert re.findall(r'"title"|Raises:|Args:|\b(?:sigfox|tagoio|the-things-stack) reference', text) == []


def test_every_schema_and_answer_is_used() -> None:
    text = json.dumps(DESCRIBED)

    unused = [
        f"{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in DESCRIBED["components"][kind]
        if f'"#/components/{kind}/{name}"' not in text
    ]
    assert unused == []


def test_what_is_left_out_of_an_answer_is_neither_required_nor_null() -> None:
    application = DESCRIBED["components"]["schemas"]["ApplicationResponse"]

    assert "retention_days" not in application["required"]
    assert application["properties"]["retention_days"]["type"] == "integer"
    assert application["properties"]["created_at"] == {"type": "string", "format": "date-time"}
