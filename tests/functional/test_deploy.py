"""`make deploy`: what is built is what the stack runs on."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, UnauthorizedSSOTokenError
from moto import mock_aws

from sigbridge_deploy.architecture import architecture_to_build_for
from sigbridge_deploy.cli import main
from sigbridge_local.table_from_template import read_template

PROJECT = Path(__file__).parents[2]
PARAMETER = read_template()["Parameters"]["Architecture"]
TOPIC = {"Topic": {"Type": "AWS::SNS::Topic"}}


def client_error(code: str, message: str = "No.") -> ClientError:
    """An answer of AWS that refuses."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    """An AWS account without stacks."""
    with mock_aws():
        yield


def deploy(architecture: str, region: str = "eu-west-1") -> None:
    """Makes a stack `sigbridge` that has the template's parameter for the processor."""
    template = {"Parameters": {"Architecture": PARAMETER}, "Resources": TOPIC}
    boto3.client("cloudformation", region_name=region).create_stack(
        StackName="sigbridge",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Architecture", "ParameterValue": architecture}],
    )


@pytest.mark.parametrize("architecture", PARAMETER["AllowedValues"])
def test_a_stack_is_built_for_the_processor_that_it_has(architecture: str) -> None:
    deploy(architecture)

    assert architecture_to_build_for("sigbridge", None) == architecture


def test_a_new_stack_is_built_for_the_default() -> None:
    deploy("x86_64", region="us-east-1")

    assert architecture_to_build_for("sigbridge", None) == "arm64"
    assert architecture_to_build_for("staging", "us-east-1") == "arm64"


def test_a_stack_whose_first_change_set_was_declined_is_a_new_one() -> None:
    boto3.client("cloudformation").create_change_set(
        StackName="sigbridge",
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": TOPIC}),
    )

    assert architecture_to_build_for("sigbridge", None) == "arm64"


def failure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What the command says where it fails."""
    monkeypatch.setattr("sys.argv", ["sigbridge_deploy", "architecture", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert (ended.value.code, told.out, told.err.count("\n")) == (1, "", 1)
    return told.err


def test_another_stack_of_that_name_is_left_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    template = json.dumps({"Resources": TOPIC})
    boto3.client("cloudformation").create_stack(StackName="shop", TemplateBody=template)

    assert "not a stack of Sigbridge" in failure(capsys, monkeypatch, "--stack", "shop")


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (("AWS_DEFAULT_REGION",), "error: No AWS region is configured: add REGION="),
        (
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
            "error: No AWS credentials found",
        ),
    ],
)
def test_what_is_not_configured_is_told_in_a_line(
    missing: tuple[str, ...],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in missing:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)

    assert failure(capsys, monkeypatch).startswith(told)


def test_a_profile_that_does_not_exist_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    assert failure(capsys, monkeypatch).startswith("error: There is no AWS profile 'nobody': ")


SESSION_OVER = "The AWS session is over: sign in again, for instance with `aws sso login`"
NOT_ALLOWED = "User x is not authorized to perform: cloudformation:DescribeStacks"
NO_SUCH_PLACE = "https://cloudformation.eu-wst-1.amazonaws.com/"
NOT_KNOWN = "AWS does not know these credentials"


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (client_error("ExpiredToken"), SESSION_OVER),
        (UnauthorizedSSOTokenError(), SESSION_OVER),
        (
            client_error("InvalidClientTokenId"),
            f"{NOT_KNOWN} (InvalidClientTokenId): run `aws configure`, or set AWS_PROFILE",
        ),
        (
            client_error("AccessDenied", f"{NOT_ALLOWED}."),
            f"AWS does not allow it: {NOT_ALLOWED}; docs/operations.md lists what deploying needs",
        ),
        (
            EndpointConnectionError(endpoint_url=NO_SUCH_PLACE),
            f"AWS can't be reached at {NO_SUCH_PLACE}: check the region and your connection",
        ),
    ],
    ids=["expired", "expired single sign-on", "unknown credentials", "not allowed", "no such region"],
)
def test_what_aws_refuses_is_told_in_a_line_before_anything_is_built(
    refusal: Exception,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_arguments: object) -> None:
        raise refusal

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)

    assert failure(capsys, monkeypatch, "--wanted", "arm64") == f"error: {told}\n"


def test_nothing_is_built_where_aws_refuses(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        make_deploy(tmp_path, stack_runs_on="; exit 1")

    assert (tmp_path / "log").read_text().splitlines() == [
        "python -m sigbridge_deploy architecture --stack sigbridge"
    ]


def make_deploy(tmp_path: Path, *arguments: str, stack_runs_on: str = "x86_64") -> list[str]:
    """Runs `make deploy` with stand-ins for `sam` and `python`; returns the commands that they got."""
    log = tmp_path / "log"
    for name, answers in (("sam", ""), ("python", f'[ "$2" = sigbridge_deploy ] && echo {stack_runs_on}')):
        command = tmp_path / name
        command.write_text(f'#!/bin/sh\necho "{name} $*" >>{log}\n{answers}\ntrue\n')
        command.chmod(0o755)
    (tmp_path / "environment").touch()
    surroundings = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command_line = ["make", "-C", str(PROJECT), "deploy", "USE=", f"ENV={tmp_path}/environment", *arguments]
    subprocess.run(command_line, env=surroundings, check=True, capture_output=True)  # noqa: S603 - our own Makefile
    return log.read_text().splitlines()


def test_make_deploy_builds_and_deploys_for_the_processor_of_the_stack(tmp_path: Path) -> None:
    given = "--parameter-overrides Architecture=x86_64"

    assert make_deploy(tmp_path, "REGION=eu-west-3", "STACK=staging", "PARAMETERS=RetentionDays=90") == [
        "python -m sigbridge_deploy architecture --stack staging --region eu-west-3",
        "sam build --parameter-overrides Architecture=x86_64",
        "python -m sigbridge_local.layer .aws-sam/build",
        f"sam deploy --stack-name staging --region eu-west-3 {given} RetentionDays=90",
    ]


def test_make_deploy_takes_another_processor_where_it_is_told_to(tmp_path: Path) -> None:
    assert make_deploy(tmp_path, "ARCHITECTURE=arm64", stack_runs_on="arm64") == [
        "python -m sigbridge_deploy architecture --stack sigbridge --wanted arm64",
        "sam build --parameter-overrides Architecture=arm64",
        "python -m sigbridge_local.layer .aws-sam/build",
        "sam deploy --stack-name sigbridge --parameter-overrides Architecture=arm64",
    ]
