"""Whatever is asked, the API answers as its description says, and never with a server error."""

import json
from http import HTTPStatus

import httpx
import requests
import schemathesis
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.config import SchemathesisConfig

from sigbridge.api.openapi.routes import DOCUMENT
from sigbridge_local.stack import Stack
from tests.contract.closed_answers import with_closed_answers
from tests.contract.conftest import Tenant
from tests.contract.resources import Resources

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20261122,
        # How long it takes to make up a request is not what is tested.
        "suppress-health-check": ["all"],
        "generation": {"max-examples": 15, "deterministic": True, "with-security-parameters": False},
        "phases": {"coverage": {"enabled": False}, "stateful": {"enabled": False}},
    }
)
_REPEATS = 3
API = schemathesis.openapi.from_dict(with_closed_answers(json.loads(DOCUMENT.read_text())), config=CONFIG)


def test_the_stack_serves_the_description_that_it_is_held_against(local_stack: Stack) -> None:
    served = httpx.get(f"{local_stack.base_url}/openapi.json", timeout=30, trust_env=False)

    assert served.json() == json.loads(DOCUMENT.read_text())


def test_the_stack_serves_the_page(local_stack: Stack) -> None:
    served = httpx.get(f"{local_stack.base_url}/docs", timeout=30, trust_env=False)

    assert served.status_code == 200
    assert served.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Content-Security-Policy" in served.headers
    assert served.text.startswith("<!DOCTYPE html>")


@API.parametrize()
def test_an_answer_is_as_described(
    case: schemathesis.Case, tenant: Tenant, resources: Resources, session: requests.Session
) -> None:
    resources.aim(case)

    response = case.call(base_url=tenant.base_url, session=session)
    for _ in range(_REPEATS):
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            # The emulator answered the store's client too late: who gets a 503 asks again.
            response = case.call(base_url=tenant.base_url, session=session)

    case.validate_response(response, checks=CHECKS)
