"""What `template.yaml` promises: rights, retention, alarms, routes."""

from typing import Any

import pytest

from sigbridge_local.table_from_template import read_template

TEMPLATE = read_template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]

# Each function of the API: its folder, its routes, and exactly what it may do with the table.
CALLBACK = {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
BY_APPLICATION = "/api/v3/as/applications/{application_id}/devices/{device_id}/down"
BY_WEBHOOK = "/api/v3/as/applications/{application_id}/webhooks/{webhook_id}/devices/{device_id}/down"
ALL_METHODS = ("GET", "POST", "PUT")
FUNCTIONS: dict[str, tuple[str, set[str], set[str]]] = {
    "UplinkFunction": ("functions/uplink/", {f"{method} /uplink" for method in ALL_METHODS}, CALLBACK),
    "BatchUplinkFunction": (
        "functions/batch_uplink/",
        {f"{method} /uplink/batch" for method in ALL_METHODS},
        CALLBACK,
    ),
    "BidirDownlinkFunction": (
        "functions/bidir_downlink/",
        {f"{method} /downlink" for method in ALL_METHODS},
        CALLBACK,
    ),
    "QueuePushFunction": (
        "functions/queue_push/",
        {f"POST {BY_WEBHOOK}/push", f"POST {BY_APPLICATION}/push"},
        {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
    ),
    "QueueReplaceFunction": (
        "functions/queue_replace/",
        {f"POST {BY_WEBHOOK}/replace", f"POST {BY_APPLICATION}/replace"},
        {"dynamodb:GetItem", "dynamodb:UpdateItem"},
    ),
    "QueueListFunction": ("functions/queue_list/", {f"GET {BY_APPLICATION}"}, {"dynamodb:GetItem"}),
}


def of_type(kind: str) -> dict[str, Any]:
    """The resources of a type by logical id."""
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def statements(function: str) -> list[dict[str, Any]]:
    """The statements of a function's own policies."""
    policies = RESOURCES[function]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["Statement"]]


def actions(statement: dict[str, Any]) -> set[str]:
    """The actions of a statement."""
    found = statement["Action"]
    return {found} if isinstance(found, str) else set(found)


def test_every_function_is_listed_here() -> None:
    assert set(of_type("AWS::Serverless::Function")) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_exactly_what_it_needs_with_the_one_table(function: str) -> None:
    [statement] = statements(function)

    assert statement["Effect"] == "Allow"
    assert actions(statement) == FUNCTIONS[function][2]
    assert statement["Resource"] in (
        {"Fn::GetAtt": "SigbridgeTable.Arn"},
        {"Fn::GetAtt": ["SigbridgeTable", "Arn"]},
    )
    assert "Role" not in RESOURCES[function]["Properties"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_answers_its_routes_and_no_other(function: str) -> None:
    properties = RESOURCES[function]["Properties"]
    folder, routes, _ = FUNCTIONS[function]

    events = [event["Properties"] for event in properties["Events"].values()]

    assert properties["CodeUri"] == folder
    assert {f"{event['Method'].upper()} {event['Path']}" for event in events} == routes
    assert all(event["ApiId"] == {"Ref": "HttpApi"} for event in events)


def test_every_function_is_traced_and_runs_on_the_chosen_processor() -> None:
    everywhere = TEMPLATE["Globals"]["Function"]

    assert everywhere["Tracing"] == {"Ref": "Tracing"}
    assert TEMPLATE["Parameters"]["Tracing"]["Default"] == "Active"
    assert everywhere["Runtime"] == "python3.13"
    assert everywhere["Architectures"] == [{"Ref": "Architecture"}]
    assert everywhere["Timeout"] <= 10


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_to_a_group_of_its_own_that_forgets(function: str) -> None:
    group = RESOURCES[function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    users = [
        name
        for name in FUNCTIONS
        if RESOURCES[name]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": group}
    ]

    assert RESOURCES[group]["Type"] == "AWS::Logs::LogGroup"
    assert users == [function]


def test_every_log_group_has_the_retention_of_the_parameter() -> None:
    groups = of_type("AWS::Logs::LogGroup")

    assert len(groups) == len(FUNCTIONS) + 1
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_has_no_query_string() -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]

    assert "$context.path" in settings["Format"]
    assert "query" not in settings["Format"].lower()
    # These name the path as it was requested, its query included.
    assert "$context.requestOverride" not in settings["Format"]


def alarms_on(metric: str, function: str) -> list[dict[str, Any]]:
    """The properties of the alarms on a metric of a function."""
    dimensions = [{"Name": "FunctionName", "Value": {"Ref": function}}]
    return [
        alarm["Properties"]
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if (alarm["Properties"]["MetricName"], alarm["Properties"]["Dimensions"]) == (metric, dimensions)
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_an_alarm_on_its_first_error_and_throttle(metric: str, function: str) -> None:
    [alarm] = alarms_on(metric, function)

    assert (alarm["Namespace"], alarm["Statistic"]) == ("AWS/Lambda", "Sum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_an_alarm_warns_before_sigfox_stops_waiting_for_an_answer() -> None:
    [alarm] = alarms_on("Duration", "BidirDownlinkFunction")

    assert alarm["ExtendedStatistic"] == "p99"
    assert 5_000 <= alarm["Threshold"] < 10_000


def test_an_alarm_sounds_when_the_api_answers_5xx() -> None:
    alarms = [a["Properties"] for a in of_type("AWS::CloudWatch::Alarm").values()]

    [alarm] = [alarm for alarm in alarms if alarm["MetricName"] == "5xx"]

    assert alarm["Namespace"] == "AWS/ApiGateway"
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]


def test_the_table_outlives_the_stack_and_can_be_restored() -> None:
    [table] = of_type("AWS::DynamoDB::Table").values()
    properties = table["Properties"]

    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert properties["SSESpecification"]["SSEEnabled"] is True
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_api_is_throttled() -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["DefaultRouteSettings"]

    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRateLimit"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurstLimit"}


@pytest.mark.parametrize(
    ("parameter", "default"),
    [
        ("Architecture", "arm64"),
        ("RetentionDays", 365),
        ("QueueCapacity", 100),
        ("RadioWindowSeconds", 30),
        ("LogLevel", "INFO"),
        ("DynamodbEndpointUrl", ""),
    ],
)
def test_a_parameter_has_the_default_that_the_code_has(parameter: str, default: object) -> None:
    assert TEMPLATE["Parameters"][parameter]["Default"] == default


@pytest.mark.parametrize("output", ["UplinkUrl", "BatchUplinkUrl", "DownlinkUrl", "ApiUrl"])
def test_the_urls_to_paste_into_sigfox_are_outputs(output: str) -> None:
    assert TEMPLATE["Outputs"][output]["Description"]
