"""`docs/deploy-policy.json`: what CloudFormation needs for the template's resources, and SAM besides."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import boto3
import cfnlint
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from sigbridge_local.places import ROOT
from sigbridge_local.table_from_template import read_template

POLICY = json.loads((ROOT / "docs/deploy-policy.json").read_text())
SCHEMAS = Path(cfnlint.__file__).parent / "data/schemas/resources"
LONGEST_MANAGED_POLICY = 6_144

# What `sam deploy` and `sam delete` do themselves: the stack, and the bucket for the code with its own stack.
SAM = {
    *(f"cloudformation:{verb}ChangeSet" for verb in ("Create", "Delete", "Describe", "Execute")),
    *(
        f"cloudformation:{action}"
        for action in ("DeleteStack", "DescribeStackEvents", "DescribeStackResources")
    ),
    *(f"cloudformation:{action}" for action in ("DescribeStacks", "GetTemplate", "GetTemplateSummary")),
    *("cloudformation:ListStackResources", "cloudformation:TagResource"),
    *(f"s3:{action}" for action in ("CreateBucket", "GetBucketLocation", "GetObject", "GetObjectVersion")),
    *(f"s3:{action}" for action in ("ListBucket", "PutObject", "DeleteObject", "PutBucketTagging")),
    *(f"s3:Put{what}" for what in ("BucketPublicAccessBlock", "BucketVersioning", "EncryptionConfiguration")),
    *(f"s3:{verb}BucketPolicy" for verb in ("Get", "Put")),
}
# `make remove` looks for what the stack leaves behind.
REMOVAL = {"dynamodb:ListTables", "sqs:ListQueues", "ssm:DescribeParameters", "ssm:DeleteParameters"}
# "Permissions to activate logging" of an HTTP API.
ACCESS_LOG = {
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    *("logs:ListLogDeliveries", "logs:DescribeLogStreams", "logs:DescribeResourcePolicies"),
    "logs:PutResourcePolicy",
}
# What the types have that the template does not use.
UNUSED = re.compile(
    r"(kms|ec2|elasticfilesystem|kinesis|firehose|s3files):.*|s3:(?!GetObject$|GetObjectVersion$|ListBucket$).*"
    r"|iam:(.*(Group|User)Policy|.*PermissionsBoundary|CreateServiceLinkedRole)"
    r"|dynamodb:(.*(Item|Replica|Import.*|KinesisStreamingDestination|ResourcePolicy)|Query|Scan|UpdateContri.*)"
    r"|lambda:(.*CodeSigningConfig|.*ScalingConfig|PassCapacityProvider|PublishVersion"
    r"|Put(FunctionRecursion|RuntimeManagement)Config)"
    r"|logs:(.*(DataProtection|Index)Polic(y|ies)|PutBearerTokenAuthentication|PutLogGroupDeletionProtection"
    r"|DeleteResourcePolicy|(Disa|A)ssociateKmsKey|CreateLogStream|PutLogEvents)"
)
# Reading a resource asks for these whether they are used or not.
ASKED_ANYWAY = {
    "dynamodb:DescribeKinesisStreamingDestination",
    "dynamodb:GetResourcePolicy",
    "lambda:GetFunctionCodeSigningConfig",
    "lambda:GetFunctionScalingConfig",
}


class _Policies:
    """ARNs of managed policies, of which the translator wants to know."""

    def load(self) -> dict[str, str]:
        """None has to be right."""
        return {name: name for name in ("AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess")}


def deployed_types() -> set[str]:
    """The types of what CloudFormation makes of the template."""
    template = copy.deepcopy(read_template())
    for resource in template["Resources"].values():
        for source in ("CodeUri", "ContentUri"):
            if source in resource["Properties"]:
                resource["Properties"][source] = "s3://bucket/key"
    defaults = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    translator = Translator(_Policies().load(), Parser(), None, boto3.Session(region_name="eu-west-1"))
    translated: dict[str, Any] = translator.translate(template, defaults)
    return {resource["Type"] for resource in translated["Resources"].values()}


def handler_permissions(types: set[str]) -> set[str]:
    """What CloudFormation's handlers of these types may need."""
    schemas = [json.loads(file.read_text()) for file in SCHEMAS.glob("*.json")]
    known = {schema["typeName"]: schema.get("handlers", {}) for schema in schemas if "typeName" in schema}
    return {
        permission
        for name in types
        for handler, needs in known[name].items()
        if handler != "list"
        for permission in needs["permissions"]
    }


@pytest.fixture(scope="module")
def needed() -> set[str]:
    """Every action that deploying needs."""
    used = {each for each in handler_permissions(deployed_types()) if not UNUSED.fullmatch(each)}
    return used | SAM | REMOVAL | ACCESS_LOG | ASKED_ANYWAY


def test_the_policy_allows_what_deploying_needs_and_nothing_else(needed: set[str]) -> None:
    allowed = [action for statement in POLICY["Statement"] for action in statement["Action"]]

    assert sorted(set(allowed)) == sorted(needed)


def test_the_policy_fits_into_a_managed_policy() -> None:
    assert len(json.dumps(POLICY, separators=(",", ":"))) <= LONGEST_MANAGED_POLICY


def test_roles_and_policies_are_those_of_the_stack_alone() -> None:
    for statement in POLICY["Statement"]:
        if any(action.startswith("iam:") for action in statement["Action"]):
            assert all(
                re.fullmatch(r"arn:aws:iam::\*:(role|policy)/sigbridge-\*", resource)
                for resource in statement["Resource"]
            )
