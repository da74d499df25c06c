"""`sam build` and `sam deploy` against the emulator, and what it leaves undone."""

import json
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from sigbridge_local.emulator import REGION, Emulator, isolated_environment
from sigbridge_local.failures import LocalStackError
from sigbridge_local.layer import finish_layer
from sigbridge_local.places import LOCAL, TEMPLATE
from sigbridge_local.processes import run_logged
from sigbridge_local.progress import step

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import CorsTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FilterCriteriaTypeDef

STACK_NAME = "sigbridge"
_ACCOUNT = "000000000000"
SAM = (sys.executable, "-m", "samcli")
# The account's own event bus, so that events can be heard here too; any page may be tried out, and webhooks
# may call this machine.
_PARAMETERS = {"EventBusName": "default", "CorsOrigins": "*", "TrustedWebhookHosts": "127.0.0.1 localhost"}
# The emulator gives the API the id that the second tag says, so that its address stays.
_TAGS = ("application=sigbridge", f"ms-custom-id={STACK_NAME}")
_ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
# On AWS the right to send a message is that to send ten at once too; the emulator wants it named.
_SEND_MESSAGE = re.compile(r"^( *- sqs:SendMessage)$", re.MULTILINE)
# OpenAPI's word for all methods of a path.
_ANY_METHOD = "x-amazon-apigateway-any-method"
_FUNCTION_OF_URI = re.compile(r"functions/\$\{(\w+)\.Arn\}/invocations")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was deployed.

    Attributes:
        base_url: Where its API answers.
        table: Name of its table.
    """

    base_url: str
    table: str


@dataclass(frozen=True, slots=True)
class Route:
    """A route that the template wants.

    Attributes:
        key: Method and path.
        function: Logical id of the function behind it.
    """

    key: str
    function: str


def host_architecture() -> str:
    """The template's `Architecture` that fits this machine, on which the emulator runs the functions.

    Raises:
        LocalStackError: The functions' binary packages, made for Lambda, don't run here.
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    if platform.system() != "Linux" or architecture is None:
        this = f"{platform.system()} on {platform.machine()}"
        message = (
            f"the local stack needs Linux on x86_64 or arm64, this is {this}: take WSL on Windows, a Linux"
            " container or virtual machine on macOS; `make deploy` needs neither"
        )
        raise LocalStackError(message)
    return architecture


def build(architecture: str) -> Path:
    """Run `sam build` into `.local/build-<architecture>` and return the built template.

    Raises:
        LocalStackError: It failed.
    """
    directory = LOCAL / f"build-{architecture}"
    command = [*SAM, "build", "--template-file", str(TEMPLATE), "--build-dir", str(directory)]
    command += ["--cached", "--cache-dir", str(LOCAL / "build-cache" / architecture)]
    command += ["--parameter-overrides", f"Architecture={architecture}"]
    run_logged(command, isolated_environment(), LOCAL / "build.log", "sam build failed")
    finish_layer(directory)
    template = directory / "template.yaml"
    template.write_text(_SEND_MESSAGE.sub(r"\1\n\1Batch", template.read_text()))
    return template


def deploy(emulator: Emulator, architecture: str, parameters: Mapping[str, str] | None = None) -> Deployment:
    """Build the stack for this machine and deploy it.

    Args:
        emulator: Where to.
        architecture: The processor of this machine.
        parameters: Parameters of the template, where they are not to have their defaults.

    Raises:
        LocalStackError: A step failed.
    """
    with step(f"sam build for {architecture}"):
        template = build(architecture)
    with step("sam deploy"):
        command = [*SAM, "deploy", "--template-file", str(template), "--stack-name", STACK_NAME]
        command += ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
        command += ["--tags", *_TAGS]
        given = _PARAMETERS | {"Architecture": architecture} | dict(parameters or {})
        command += ["--parameter-overrides", *(f'{name}="{value}"' for name, value in given.items())]
        environment = isolated_environment() | {"AWS_ENDPOINT_URL": emulator.url, "SAM_CLI_POLL_DELAY": "0.3"}
        run_logged(command, environment, LOCAL / "deploy.log", "sam deploy failed")
    with step("API routes"):
        return _complete(emulator, cors_origins=given["CorsOrigins"])


def _complete(emulator: Emulator, cors_origins: str) -> Deployment:
    """Add the API's routes and CORS, and filters and concurrencies that the emulator can read.

    It leaves out what SAM puts into the API's OpenAPI body.
    """
    session = boto3.Session("test", "test", region_name=REGION)
    cloudformation = session.client("cloudformation", endpoint_url=emulator.url)
    api_gateway = session.client("apigatewayv2", endpoint_url=emulator.url)
    template = cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Processed")["TemplateBody"]
    resources: Mapping[str, Any] = template["Resources"]
    physical_ids = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    }
    api_id = physical_ids["HttpApi"]
    open_api = resources["HttpApi"]["Properties"]["Body"]
    _create_routes(api_gateway, api_id, routes_of(open_api), physical_ids)
    functions = session.client("lambda", endpoint_url=emulator.url)
    _relax_filters(functions)
    _number_concurrency(functions)
    if cors_origins:
        api_gateway.update_api(ApiId=api_id, CorsConfiguration=cors_of(open_api, cors_origins))
    return Deployment(
        base_url=f"{emulator.url}/_aws/execute-api/{api_id}/$default",
        table=physical_ids["SigbridgeTable"],
    )


def _relax_filters(functions: "LambdaClient") -> None:
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        filters = mapping.get("FilterCriteria", {}).get("Filters", [])
        if filters:
            patterns = [json.dumps(relaxed(json.loads(each["Pattern"]))) for each in filters]
            criteria: FilterCriteriaTypeDef = {"Filters": [{"Pattern": pattern} for pattern in patterns]}
            functions.update_event_source_mapping(UUID=mapping["UUID"], FilterCriteria=criteria)


def _number_concurrency(functions: "LambdaClient") -> None:
    """Give queues their concurrency as a number: CloudFormation's parameters are texts to the emulator."""
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if scaling := mapping.get("ScalingConfig"):
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)


def relaxed(pattern: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter pattern without what it wants to be absent.

    Within an absent attribute the emulator finds nothing absent, as Lambda does. More passes without: changes
    from which nothing follows.
    """
    inner = {name: relaxed(part) if isinstance(part, dict) else part for name, part in pattern.items()}
    return {name: part for name, part in inner.items() if part not in ({}, [{"exists": False}])}


def routes_of(open_api: Mapping[str, Any]) -> list[Route]:
    """List the routes of an HTTP API's OpenAPI body, as SAM writes it."""
    return list(_routes(open_api))


def _routes(open_api: Mapping[str, Any]) -> Iterator[Route]:
    for path, methods in open_api["paths"].items():
        for method, operation in methods.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            function = _FUNCTION_OF_URI.search(uri)
            if function is None:
                message = f"the route {method.upper()} {path} leads to no function: {uri}"
                raise LocalStackError(message)
            yield Route(f"{'ANY' if method == _ANY_METHOD else method.upper()} {path}", function[1])


def cors_of(open_api: Mapping[str, Any], origins: str) -> "CorsTypeDef":
    """Return the CORS that an HTTP API's OpenAPI body, as SAM writes it, has for these origins."""
    _condition, cors, _otherwise = open_api["x-amazon-apigateway-cors"]["Fn::If"]
    return {
        "AllowOrigins": origins.split(","),
        "AllowMethods": cors["allowMethods"],
        "AllowHeaders": cors["allowHeaders"],
        "ExposeHeaders": cors["exposeHeaders"],
        "MaxAge": cors["maxAge"],
    }


def _create_routes(
    api_gateway: "ApiGatewayV2Client", api_id: str, routes: list[Route], physical_ids: Mapping[str, str]
) -> None:
    integrations = {
        function: api_gateway.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=f"arn:aws:lambda:{REGION}:{_ACCOUNT}:function:{physical_ids[function]}",
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        for function in {route.function for route in routes}
    }
    for route in routes:
        target = f"integrations/{integrations[route.function]}"
        api_gateway.create_route(ApiId=api_id, RouteKey=route.key, Target=target)
