"""What `template.yaml` promises: rights, retention, alarms, routes, and what runs by itself."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pytest
from ministack.services.lambda_svc import _apply_filter_criteria

from sandbox.limits import LIMITS
from sigbridge.aws.queue import wait_s
from sigbridge.settings import Settings
from sigbridge.store.device_states import MOST_QUEUED
from sigbridge_local.deployment import relaxed
from sigbridge_local.table_from_template import read_template

TEMPLATE = read_template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]

CALLBACK = frozenset({"GetItem", "BatchGetItem", "PutItem", "UpdateItem"})
STREAM = frozenset({"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"})
QUERY = frozenset({"dynamodb:Query"})
SCRIPTS = "FormatterFunction.Arn"
INVOKE = frozenset({"lambda:InvokeFunction"})
UPDATE = frozenset({"UpdateItem"})
OF_KEYS_ONLY = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["KEY#*"]}}
DUE, ANSWERED = "${SigbridgeTable.Arn}/index/due", "${SigbridgeTable.Arn}/index/answered"
LISTED = "${SigbridgeTable.Arn}/index/devices"
DEAD_LETTERS = "ChangeStreamDeadLetters.Arn"
SEND = frozenset({"sqs:SendMessage"})
RETRIES = (
    SEND
    | {f"sqs:{action}Message" for action in ("Receive", "Delete")}
    | {"sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}
)
DELIVERIES = "WebhookDeliveries.Arn"
CREDENTIALS = (
    "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/sigbridge/${AWS::StackName}/*"
)
BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"
DEVICE = "/api/v3/as/applications/{application_id}/devices/{device_id}"
BY_APPLICATION = f"{DEVICE}/down"
BY_WEBHOOK = "/api/v3/as/applications/{application_id}/webhooks/{webhook_id}/devices/{device_id}/down"
ALL_METHODS = ("GET", "POST", "PUT")


@dataclass(frozen=True, slots=True)
class Promised:
    """What the template is to say of a function.

    Attributes:
        folder: Name of its folder.
        routes: Routes that it answers.
        table: Exactly what it may do with the table.
        others: Exactly what it may do with anything else, by resource.
        keys: Exactly what it may do with the table's items of keys, and with no other item.
    """

    folder: str
    routes: frozenset[str]
    table: frozenset[str]
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


def callback(folder: str, path: str) -> Promised:
    """What is promised of a function that Sigfox Cloud calls."""
    return Promised(folder, frozenset(f"{method} {path}" for method in ALL_METHODS), CALLBACK)


FUNCTIONS: dict[str, Promised] = {
    "UplinkFunction": callback("uplink", "/uplink"),
    "BatchUplinkFunction": callback("batch_uplink", "/uplink/batch"),
    "BidirDownlinkFunction": Promised(
        "bidir_downlink",
        frozenset(f"{method} /downlink" for method in ALL_METHODS),
        CALLBACK | {"Query"},
        {ANSWERED: QUERY, SCRIPTS: INVOKE},
    ),
    "SigfoxServiceFunction": callback("sigfox_service", "/sigfox/{service}"),
    "QueuePushFunction": Promised(
        "queue_push",
        frozenset({f"POST {BY_WEBHOOK}/push", f"POST {BY_APPLICATION}/push"}),
        frozenset({"BatchGetItem", "GetItem", "Query", "UpdateItem"}),
        {SCRIPTS: INVOKE},
    ),
    "QueueReplaceFunction": Promised(
        "queue_replace",
        frozenset({f"POST {BY_WEBHOOK}/replace", f"POST {BY_APPLICATION}/replace"}),
        frozenset({"BatchGetItem", "GetItem", "Query", "UpdateItem"}),
        {SCRIPTS: INVOKE},
    ),
    "QueueListFunction": Promised(
        "queue_list", frozenset({f"GET {BY_APPLICATION}"}), frozenset({"GetItem"}), keys=UPDATE
    ),
    "DeviceApiFunction": Promised(
        "device_api",
        frozenset(
            {
                f"DELETE {BY_APPLICATION}/{{downlink_id}}",
                f"GET {BY_APPLICATION}/{{downlink_id}}",
                f"GET {DEVICE}/downlinks",
                f"GET {DEVICE}/state",
                f"GET {DEVICE}/packages/storage/{{type}}",
                "GET /api/v3/as/applications/{application_id}/packages/storage/{type}",
            }
        ),
        frozenset({"BatchGetItem", "GetItem", "Query", "UpdateItem"}),
        {ANSWERED: QUERY, LISTED: QUERY, SCRIPTS: INVOKE},
    ),
    "ManagementFunction": Promised(
        "management",
        frozenset({"ANY /v1/{proxy+}", "GET /openapi.json", "GET /docs"}),
        frozenset(
            {"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
        ),
        {
            ANSWERED: QUERY,
            LISTED: QUERY,
            SCRIPTS: INVOKE,
            CREDENTIALS: frozenset(f"ssm:{action}Parameter" for action in ("Get", "Put", "Delete")),
        },
    ),
    "ChangeStreamFunction": Promised(
        "change_stream",
        frozenset(),
        frozenset({"BatchGetItem", "GetItem", "Query", "UpdateItem"}),
        {
            ANSWERED: QUERY,
            "SigbridgeTable.StreamArn": frozenset(f"dynamodb:{action}" for action in STREAM),
            "ChangeStreamRetries.Arn": RETRIES,
            DEAD_LETTERS: SEND,
        },
    ),
    "PublishFunction": Promised(
        "publish",
        frozenset(),
        frozenset({"BatchGetItem", "GetItem", "Query", "UpdateItem", "BatchWriteItem"}),
        {
            SCRIPTS: INVOKE,
            DELIVERIES: SEND,
            "SigbridgeTable.StreamArn": frozenset(f"dynamodb:{action}" for action in STREAM),
            BUS: frozenset({"events:PutEvents"}),
            "PublishRetries.Arn": RETRIES,
            "PublishDeadLetters.Arn": SEND,
            DEAD_LETTERS: SEND,
        },
    ),
    "EveryMinuteFunction": Promised(
        "every_minute",
        frozenset(),
        frozenset(
            {"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
        ),
        {
            DUE: QUERY,
            ANSWERED: QUERY,
            LISTED: QUERY,
            "JobsFunction.Arn": INVOKE,
            DELIVERIES: SEND,
            CREDENTIALS: frozenset({"ssm:DeleteParameter"}),
        },
    ),
    "JobsFunction": Promised(
        "jobs",
        frozenset(),
        frozenset(
            {"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
        ),
        {
            ANSWERED: QUERY,
            LISTED: QUERY,
            SCRIPTS: INVOKE,
            DELIVERIES: SEND | {"sqs:GetQueueAttributes"},
            CREDENTIALS: frozenset({"ssm:GetParameter"}),
        },
    ),
    "WebhookSenderFunction": Promised(
        "webhook_sender",
        frozenset(),
        frozenset({"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"}),
        {DELIVERIES: RETRIES - SEND},
    ),
    # What it runs is not trusted: it may do nothing.
    "FormatterFunction": Promised("formatter", frozenset(), frozenset()),
}
BEHIND_THE_API = [name for name, promised in FUNCTIONS.items() if promised.routes]
CALLED_BY_FUNCTIONS = ["FormatterFunction", "JobsFunction"]
IN_THE_BACKGROUND = [
    name for name, promised in FUNCTIONS.items() if not promised.routes and name not in CALLED_BY_FUNCTIONS
]


def of_type(kind: str) -> dict[str, Any]:
    """The resources of a type by logical id."""
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def rights(function: str) -> dict[str, frozenset[str]]:
    """What a function may do, by resource."""
    found: dict[str, frozenset[str]] = {}
    policies = [policy for policy in RESOURCES[function]["Properties"]["Policies"] if "Ref" not in policy]
    for statement in (_in_force(statement) for policy in policies for statement in policy["Statement"]):
        assert statement.keys() - {"Condition"} == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        [resource] = statement["Resource"].values()
        if "Condition" in statement:
            assert statement["Condition"] == OF_KEYS_ONLY
            resource = f"{resource}, keys only"
        assert resource not in found
        found[resource] = frozenset(statement["Action"])
    return found


def _in_force(statement: Any) -> Any:
    """A statement as it is in a stack that has everything."""
    match statement:
        case {"Fn::If": ["HasEventBus", allowed, {"Ref": "AWS::NoValue"}]}:
            return allowed
    return statement


def test_every_function_is_listed_here() -> None:
    assert set(of_type("AWS::Serverless::Function")) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_exactly_what_it_needs(function: str) -> None:
    promised = FUNCTIONS[function]
    promises = {"SigbridgeTable.Arn": promised.table, "SigbridgeTable.Arn, keys only": promised.keys}
    table = {
        resource: frozenset(f"dynamodb:{action}" for action in actions)
        for resource, actions in promises.items()
        if actions
    }

    assert rights(function) == table | dict(promised.others)
    assert "Role" not in RESOURCES[function]["Properties"]


def denied(policy: str) -> dict[str, Any]:
    """The one statement of a managed policy, which has no name that two stacks would fight for."""
    properties = RESOURCES[policy]["Properties"]
    assert "ManagedPolicyName" not in properties
    [statement] = properties["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    return dict(statement)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_makes_a_log_group_anew_that_nobody_would_ever_empty(function: str) -> None:
    statement = denied("NoNewLogGroups")

    assert (statement["Action"], statement["Resource"]) == ("logs:CreateLogGroup", "*")
    assert {"Ref": "NoNewLogGroups"} in RESOURCES[function]["Properties"]["Policies"]


def test_the_secrets_of_webhooks_are_read_by_who_sets_webhooks_up_and_who_calls_them_alone() -> None:
    statement = denied("NoSecrets")
    readers = {
        function
        for function, promised in FUNCTIONS.items()
        if promised.table and {"Ref": "NoSecrets"} not in RESOURCES[function]["Properties"]["Policies"]
    }
    reads_and_writes = {f"{verb}Item" for verb in ("Get", "BatchGet", "Put", "Update")} | {"Query"}

    assert readers == {"ManagementFunction", "WebhookSenderFunction"}
    assert set(statement["Action"]) == {f"dynamodb:{action}" for action in reads_and_writes}
    assert statement["Resource"] == {"Fn::GetAtt": "SigbridgeTable.Arn"}
    assert statement["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["SECRET#*"]}}


@pytest.mark.parametrize("function", BEHIND_THE_API)
def test_a_function_that_lets_keys_in_may_note_their_use(function: str) -> None:
    assert "UpdateItem" in FUNCTIONS[function].table | FUNCTIONS[function].keys


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_answers_its_routes_and_no_other(function: str) -> None:
    properties = RESOURCES[function]["Properties"]

    events = [
        event["Properties"] for event in properties.get("Events", {}).values() if event["Type"] == "HttpApi"
    ]

    assert properties["CodeUri"] == f"functions/{FUNCTIONS[function].folder}/"
    assert {f"{event['Method'].upper()} {event['Path']}" for event in events} == FUNCTIONS[function].routes
    assert all(event["ApiId"] == {"Ref": "HttpApi"} for event in events)


@pytest.mark.parametrize("function", [name for name in BEHIND_THE_API if name != "ManagementFunction"])
def test_a_function_that_sigfox_calls_ends_before_it_stops_waiting(function: str) -> None:
    assert "Timeout" not in RESOURCES[function]["Properties"]
    assert TEMPLATE["Globals"]["Function"]["Timeout"] <= 10


def test_some_functions_run_by_themselves() -> None:
    assert IN_THE_BACKGROUND == [
        "ChangeStreamFunction",
        "PublishFunction",
        "EveryMinuteFunction",
        "WebhookSenderFunction",
    ]


@pytest.mark.parametrize("function", CALLED_BY_FUNCTIONS)
def test_a_function_that_others_call_can_be_reached_by_nobody_else(function: str) -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping").values()

    assert not {"Events", "FunctionUrlConfig"} & set(RESOURCES[function]["Properties"])
    assert {"Ref": function} not in [mapping["Properties"]["FunctionName"] for mapping in mappings]
    assert of_type("AWS::Lambda::Permission") == of_type("AWS::Lambda::Url") == {}


def test_what_runs_scripts_shares_neither_layer_nor_variables_with_the_rest_and_writes_no_traces() -> None:
    formatter = RESOURCES["FormatterFunction"]

    assert set(formatter["IgnoreGlobals"]) == {"Layers", "Environment", "Tracing"}
    assert not {"Layers", "Environment", "Tracing"} & set(formatter["Properties"])
    # All calls of an invocation, the last of them killed, and the answer written.
    assert formatter["Properties"]["Timeout"] >= LIMITS.invocation_s + LIMITS.wall_s + 5


def test_the_largest_queue_that_can_be_chosen_leaves_room_for_what_is_tried_again() -> None:
    assert TEMPLATE["Parameters"]["QueueCapacity"]["MaxValue"] <= MOST_QUEUED - 32


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_a_reader_of_the_stream_writes_where_lambda_writes_what_it_gave_up(reader: str) -> None:
    variables = RESOURCES[f"{reader}Function"]["Properties"]["Environment"]["Variables"]
    given_up = mapping(reader)["DestinationConfig"]["OnFailure"]
    assert given_up == {"Destination": {"Fn::GetAtt": f"{variables['DEAD_LETTERS_URL']['Ref']}.Arn"}}


def test_every_function_is_traced_as_chosen_and_runs_on_the_chosen_processor() -> None:
    everywhere = TEMPLATE["Globals"]["Function"]

    assert everywhere["Tracing"] == {"Ref": "Tracing"}
    assert TEMPLATE["Parameters"]["Tracing"]["Default"] == "PassThrough"
    assert everywhere["Runtime"] == "python3.13"
    assert everywhere["Architectures"] == [{"Ref": "Architecture"}]


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


def test_lambda_logs_what_failed_and_not_each_request() -> None:
    everywhere = TEMPLATE["Globals"]["Function"]

    assert everywhere["LoggingConfig"] == {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    # Lambda writes lines of the level INFO and above, which is what it takes metrics for.
    assert "DEBUG" not in TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"]


def test_every_log_group_has_the_retention_of_the_parameter() -> None:
    groups = of_type("AWS::Logs::LogGroup")

    assert len(groups) == len(FUNCTIONS) + 1
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_has_neither_path_nor_query_string_which_may_hold_a_key() -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]

    line = settings["Format"]["Fn::Sub"]

    assert "$context.routeKey" in line
    assert "$context.path" not in line
    assert "query" not in line.lower()
    # These name the path as it was requested, its query included.
    assert "$context.requestOverride" not in line


def counted_callbacks() -> dict[str, dict[str, Any]]:
    """The properties of the filters that count callbacks in the access log, by the metric's name."""
    filters = [resource["Properties"] for resource in of_type("AWS::Logs::MetricFilter").values()]
    return {each["MetricTransformations"][0]["MetricName"]: each for each in filters}


@pytest.mark.parametrize(
    ("route", "status", "metric"),
    [
        ("POST /uplink", 429, "RefusedCallbacks"),
        ("GET /uplink/batch", 400, "RefusedCallbacks"),
        ("PUT /downlink", 413, "RefusedCallbacks"),
        ("POST /sigfox/{service}", 422, "RefusedCallbacks"),
        ("POST /uplink", 401, "UnauthorizedCallbacks"),
        ("POST /downlink", 403, "UnauthorizedCallbacks"),
        ("POST /uplink", 500, "FailedCallbacks"),
        ("POST /sigfox/{service}", 503, "FailedCallbacks"),
        ("POST /uplink", 200, None),
        ("POST /downlink", 204, None),
        (f"POST {BY_APPLICATION}/push", 429, None),
        (f"POST {BY_WEBHOOK}/push", 503, None),
        ("ANY /v1/{proxy+}", 401, None),
        ("GET /docs", 429, None),
        ("-", 404, None),
    ],
)
def test_a_callback_that_was_not_taken_is_counted_by_what_it_got(
    route: str, status: int, metric: str | None
) -> None:
    access_log = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]["Fn::Sub"]
    values = {"$context.routeKey": route, "$context.status": str(status), "${AWS::StackName}": "sigbridge"}
    for name, value in values.items():
        access_log = access_log.replace(f'"{name}"', json.dumps(value))
    line = json.loads(access_log)

    counting = {name for name, each in counted_callbacks().items() if is_matched(line, each["FilterPattern"])}

    assert counting == ({metric} if metric else set())


def is_matched(line: Mapping[str, str], pattern: str) -> bool:
    """Whether CloudWatch Logs counts a line: alternatives of comparisons, all joined by &&."""
    comparison = re.compile(r'\$\.(\w+) (=|!=) "([^"]*)"')
    return all(
        any(
            fnmatchcase(line[name], value) is (operator == "=")
            for name, operator, value in comparison.findall(alternatives)
        )
        for alternatives in pattern.split("&&")
    )


@pytest.mark.parametrize(
    ("metric", "alarm", "at_most"),
    [
        ("FailedCallbacks", "CallbacksFailedAlarm", 0),
        ("RefusedCallbacks", "CallbacksRefusedAlarm", 0),
        # One message that is refused comes four times in 7 minutes; a stranger who looks in comes once.
        ("UnauthorizedCallbacks", "CallbacksUnauthorizedAlarm", 3),
    ],
)
def test_an_alarm_sounds_when_callbacks_were_not_taken(metric: str, alarm: str, at_most: int) -> None:
    counts = counted_callbacks()[metric]
    [transformation] = counts["MetricTransformations"]
    properties = RESOURCES[alarm]["Properties"]

    assert counts["LogGroupName"] == {"Ref": "ApiLogGroup"}
    assert transformation["Dimensions"] == [{"Key": "service", "Value": "$.service"}]
    assert transformation["MetricValue"] == "1"
    assert (properties["Namespace"], properties["MetricName"]) == (
        transformation["MetricNamespace"],
        transformation["MetricName"],
    )
    assert properties["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    assert (properties["Statistic"], properties["ComparisonOperator"]) == ("Sum", "GreaterThanThreshold")
    assert properties["Threshold"] <= at_most


def alarms() -> Iterator[dict[str, Any]]:
    """The properties of all alarms."""
    return (alarm["Properties"] for alarm in of_type("AWS::CloudWatch::Alarm").values())


def of_function(function: str) -> list[dict[str, Any]]:
    """The dimensions of Lambda's metrics of a function."""
    return [{"Name": "FunctionName", "Value": {"Ref": function}}]


def alarms_on(metric: str, function: str) -> list[dict[str, Any]]:
    """The properties of the alarms on one metric of one function."""
    return [
        alarm
        for alarm in alarms()
        if (alarm.get("MetricName"), alarm.get("Dimensions")) == (metric, of_function(function))
    ]


def test_the_alarms_without_a_bus_are_two_more_than_an_account_has_for_nothing() -> None:
    everywhere = [alarm for alarm in of_type("AWS::CloudWatch::Alarm").values() if "Condition" not in alarm]

    assert len(everywhere) <= 12
    # An alarm on several metrics is billed for each of them.
    assert all("Metrics" not in alarm["Properties"] for alarm in everywhere)


def test_an_alarm_sounds_when_what_is_due_is_not_looked_at() -> None:
    [alarm] = alarms_on("Errors", "EveryMinuteFunction")

    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Sum",
        "GreaterThanThreshold",
        0,
    )


def test_an_alarm_sounds_when_the_table_throttles() -> None:
    alarm = RESOURCES["TableThrottledAlarm"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/DynamoDB", "WriteThrottleEvents")
    assert alarm["Dimensions"] == [{"Name": "TableName", "Value": {"Ref": "SigbridgeTable"}}]


def test_an_alarm_sounds_when_the_api_answers_5xx() -> None:
    [alarm] = [alarm for alarm in alarms() if alarm.get("MetricName") == "5xx"]

    assert alarm["Namespace"] == "AWS/ApiGateway"
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]


@pytest.mark.parametrize("alarm", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_says_what_it_means_and_tells_the_topic(alarm: str) -> None:
    properties = RESOURCES[alarm]["Properties"]
    told = {"Fn::If": ["NotifiesTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}

    # What happened, and what to do.
    assert len(properties["AlarmDescription"]) > 100
    assert len(properties["AlarmDescription"]) <= 1024
    assert properties["AlarmDescription"].count(". ") >= 1
    assert properties["AlarmActions"] == properties["OKActions"] == told
    assert properties["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_an_alarm_warns_when_a_reader_of_the_stream_lags_behind(reader: str) -> None:
    [alarm] = alarms_on("IteratorAge", f"{reader}Function")

    assert alarm["Statistic"] == "Maximum"
    assert alarm["Threshold"] <= 5 * 60 * 1000
    assert alarm["Threshold"] < mapping(reader)["MaximumRecordAgeInSeconds"] * 1000 / 10


def test_an_alarm_warns_when_the_bus_has_taken_nothing_for_a_while() -> None:
    alarm = RESOURCES["EventsWaitingAlarm"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateAgeOfOldestMessage")
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": "PublishRetries.QueueName"}}]
    assert alarm["Threshold"] <= 15 * 60


@pytest.mark.parametrize(
    ("name", "alarm_name"),
    [("ChangeStreamDeadLetters", "ChangesGivenUpAlarm"), ("PublishDeadLetters", "EventsGivenUpAlarm")],
)
def test_an_alarm_sounds_at_the_first_dead_letter(name: str, alarm_name: str) -> None:
    alarm = RESOURCES[alarm_name]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": f"{name}.QueueName"}}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def mapping(reader: str = "ChangeStream") -> dict[str, Any]:
    """The properties of the mapping from the table's change stream to one of its readers."""
    properties: dict[str, Any] = RESOURCES[f"{reader}Mapping"]["Properties"]
    return properties


def test_the_tables_stream_has_the_two_readers_that_dynamodb_bears_and_no_third() -> None:
    stream = {"Fn::GetAtt": "SigbridgeTable.StreamArn"}
    readers = {
        name: resource["Properties"]["FunctionName"]
        for name, resource in of_type("AWS::Lambda::EventSourceMapping").items()
        if resource["Properties"]["EventSourceArn"] == stream
    }

    assert readers == {
        "ChangeStreamMapping": {"Ref": "ChangeStreamFunction"},
        "PublishMapping": {"Ref": "PublishFunction"},
    }


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_a_reader_of_the_stream_gets_every_change_from_the_first_on(reader: str) -> None:
    assert mapping(reader)["StartingPosition"] == "TRIM_HORIZON"
    assert mapping(reader)["BatchSize"] == 100
    assert mapping(reader)["ParallelizationFactor"] == {"Ref": "ParallelizationFactor"}
    assert TEMPLATE["Parameters"]["ParallelizationFactor"]["Default"] == 1


def test_changes_are_handled_within_a_second_and_told_at_once() -> None:
    assert mapping("ChangeStream")["MaximumBatchingWindowInSeconds"] <= 1
    assert mapping("Publish")["MaximumBatchingWindowInSeconds"] == 0


def test_a_stack_without_an_event_bus_has_no_alarm_for_it() -> None:
    conditional = {
        name: resource["Condition"] for name, resource in RESOURCES.items() if "Condition" in resource
    }

    assert conditional == {"EventsWaitingAlarm": "HasEventBus"}
    unset = {"Fn::Equals": [{"Ref": "EventBusName"}, ""]}
    assert TEMPLATE["Conditions"]["HasEventBus"] == {"Fn::Not": [unset]}


def stream_record(
    sk: str, image: dict[str, Any], event_name: str = "INSERT", old: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A record of the stream, as far as filters look at it; what was removed has only an old image."""
    keys = {"pk": {"S": "DEVICE#demo#153FA"}, "sk": {"S": sk}}
    images = {"OldImage" if event_name == "REMOVE" else "NewImage": keys | image}
    if event_name == "MODIFY":
        images["OldImage"] = keys | (old or {})
    return {"eventName": event_name, "dynamodb": {"Keys": keys} | images}


def change_of_message(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A record of a message that was changed."""
    return stream_record("MSG#1763770733000#1", new, "MODIFY", old)


DECODED = {"decoded": {"S": "{}"}}
DECODED_ANEW = {"decoded": {"S": '{"version":2}'}}
ADVANCED = {"advanced_at": {"N": "1763770733000"}}
LOCATED = {"location": {"M": {"latitude": {"N": "45.2"}, "longitude": {"N": "5.7"}}}}


CHANGES = [
    (stream_record("STATE", {}), True, False),
    (stream_record("STATE", {}, "REMOVE"), False, False),
    (stream_record("EVENT#1763770733000#01", {}), True, True),
    (stream_record("EVENT#1763770733000#01", {}, "REMOVE"), False, False),
    (stream_record("DOWNLINK#01#01", {}, "MODIFY"), True, True),
    (stream_record("MSG#1763770733000#1", {}), False, True),
    (stream_record("MSG#1763770733000#1", ADVANCED, "MODIFY"), True, True),
    (stream_record("MSG#1763770733000#1", LOCATED), True, True),
    (stream_record("MSG#1763770733000#1", ADVANCED, "REMOVE"), False, False),
    (stream_record("MSG#1763770733000#1", DECODED, "REMOVE"), False, False),
    # What a script made of a message is stored, for the first time or anew.
    (change_of_message({}, DECODED), False, False),
    (change_of_message(ADVANCED, ADVANCED | DECODED), False, False),
    (change_of_message(LOCATED, LOCATED | DECODED), False, False),
    (change_of_message(DECODED, DECODED_ANEW), False, False),
    (change_of_message(ADVANCED | LOCATED | DECODED, ADVANCED | LOCATED | DECODED_ANEW), False, False),
    # DATA_ADVANCED comes after that, or the uplink or a further delivery, which take it away.
    (change_of_message(DECODED, ADVANCED | DECODED), True, True),
    (change_of_message(ADVANCED | DECODED, ADVANCED), True, True),
    (change_of_message(DECODED, LOCATED), True, True),
    (change_of_message(DECODED, {}), False, True),
    (stream_record("CONDITION", {}), False, False),
    (stream_record("PUSH#01", {}), False, False),
    (stream_record("KEY", {}), False, False),
    (stream_record("DEVICE", {"type": {"NULL": True}}), False, False),
    (stream_record("DEVICE", {"type": {"S": "tracker"}}), True, False),
    (stream_record("DEVICE", {"type": {"S": "tracker"}}, "REMOVE"), False, False),
    (stream_record("APP", {}, "MODIFY"), True, False),
    (stream_record("LISTED#STATE", {}), False, False),
    (stream_record("ERASURE#153FA#1763770733000", {}), False, False),
    (stream_record("WATCH#tracker", {}), False, False),
]


@pytest.mark.parametrize(("record", "handled", "published"), CHANGES)
def test_a_reader_of_the_stream_gets_what_concerns_it_and_nothing_else(
    record: dict[str, Any], *, handled: bool, published: bool
) -> None:
    assert bool(apply_filters([record], mapping("ChangeStream"))) is handled
    assert bool(apply_filters([record], mapping("Publish"))) is published


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_the_local_stack_hands_over_all_that_lambda_does(reader: str) -> None:
    filters = [
        {"Pattern": json.dumps(relaxed(json.loads(choice["Pattern"])))}
        for choice in mapping(reader)["FilterCriteria"]["Filters"]
    ]
    records = [record for record, _, _ in CHANGES]

    handed_over = _apply_filter_criteria(records, {"FilterCriteria": {"Filters": filters}})

    assert not any('exists": false' in each["Pattern"] for each in filters)
    assert all(record in handed_over for record in apply_filters(records, mapping(reader)))
    assert not any(record["eventName"] == "REMOVE" for record in handed_over)


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_the_stream_is_filtered_as_lambda_documents_it(reader: str) -> None:
    patterns = [json.loads(choice["Pattern"]) for choice in mapping(reader)["FilterCriteria"]["Filters"]]

    # "DynamoDB event source mappings only support filtering on the dynamodb key", with five filters at most.
    assert [set(pattern) for pattern in patterns] == [{"dynamodb"}] * len(patterns)
    assert all({"Keys", "NewImage"} <= set(pattern["dynamodb"]) for pattern in patterns)
    assert all(set(pattern["dynamodb"]) <= {"Keys", "NewImage", "OldImage"} for pattern in patterns)
    assert len(patterns) <= 5
    # "The Exists operator only works on leaf nodes": of an attribute that is its value, under its type.
    assert all(path[-1] in {"S", "N"} for pattern in patterns for path in leaves(pattern))


def leaves(part: dict[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """The values of a document by the names that lead to them."""
    found: dict[tuple[str, ...], Any] = {}
    for name, inner in part.items():
        found |= leaves(inner, (*path, name)) if isinstance(inner, dict) else {(*path, name): inner}
    return found


def apply_filters(records: list[dict[str, Any]], properties: dict[str, Any]) -> list[dict[str, Any]]:
    """The records that an event source mapping lets pass, by the rules of AWS's Event Ruler.

    It looks at a document as a list of names and values: what is within something absent is absent too.
    """
    patterns = [leaves(json.loads(each["Pattern"])) for each in properties["FilterCriteria"]["Filters"]]
    return [
        record
        for record in records
        if any(
            all(is_allowed(leaves(record).get(path), choices) for path, choices in pattern.items())
            for pattern in patterns
        )
    ]


def is_allowed(value: str | None, choices: list[Any]) -> bool:
    """Whether a value, None for an absent one, is among the choices of a pattern."""
    return any(
        (value is not None) is choice["exists"]
        if isinstance(choice, dict) and "exists" in choice
        else value is not None and value.startswith(choice["prefix"])
        if isinstance(choice, dict)
        else value == choice
        for choice in choices
    )


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_a_change_that_fails_is_retried_for_hours_and_given_up_while_it_can_still_be_read(
    reader: str,
) -> None:
    kept_in_the_stream_s = 24 * 3600

    assert mapping(reader)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping(reader)["BisectBatchOnFunctionError"] is True
    # No number of attempts ends it, its age does.
    assert mapping(reader)["MaximumRetryAttempts"] == -1
    assert mapping(reader)["MaximumRecordAgeInSeconds"] <= kept_in_the_stream_s / 2
    assert mapping(reader)["DestinationConfig"] == {
        "OnFailure": {"Destination": {"Fn::GetAtt": DEAD_LETTERS}}
    }


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_what_waits_in_a_retry_queue_is_tried_for_half_a_day_and_then_a_dead_letter(reader: str) -> None:
    retries = RESOURCES[f"{reader}Retries"]["Properties"]
    function = RESOURCES[f"{reader}Function"]["Properties"]
    times = retries["RedrivePolicy"]["maxReceiveCount"]

    assert function["Environment"]["Variables"]["RETRY_QUEUE_URL"] == {"Ref": f"{reader}Retries"}
    assert retries["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": f"{reader}DeadLetters.Arn"}
    assert 12 * 3600 <= sum(wait_s(time) for time in range(1, times)) < 24 * 3600
    assert retries["MessageRetentionPeriod"] > 2 * 24 * 3600
    # "set the source queue's visibility timeout to at least six times the configuration timeout"
    assert retries["VisibilityTimeout"] >= 6 * function["Timeout"]


@pytest.mark.parametrize("reader", ["ChangeStream", "Publish"])
def test_a_retry_queue_is_worked_off_by_few_executions_message_by_message(reader: str) -> None:
    retries = RESOURCES[f"{reader}RetryMapping"]["Properties"]

    assert retries["FunctionName"] == {"Ref": f"{reader}Function"}
    assert retries["EventSourceArn"] == {"Fn::GetAtt": f"{reader}Retries.Arn"}
    assert retries["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert retries["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_change_of_the_largest_item_fits_into_the_retry_queue() -> None:
    largest_item = 400_000

    assert RESOURCES["ChangeStreamRetries"]["Properties"]["MaximumMessageSize"] >= 2 * largest_item


@pytest.mark.parametrize("name", ["ChangeStreamDeadLetters", "PublishDeadLetters"])
def test_a_dead_letter_is_kept_as_long_as_can_be(name: str) -> None:
    queue = RESOURCES[name]

    assert queue["DeletionPolicy"] == queue["UpdateReplacePolicy"] == "Retain"
    assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("queue", of_type("AWS::SQS::Queue"))
def test_a_queue_is_encrypted(queue: str) -> None:
    assert RESOURCES[queue]["Properties"]["SqsManagedSseEnabled"] is True
    assert RESOURCES[queue]["Properties"]["Tags"] == [{"Key": "application", "Value": "sigbridge"}]


def test_what_is_due_is_looked_after_every_minute_by_one_run_at_a_time() -> None:
    properties = RESOURCES["EveryMinuteFunction"]["Properties"]
    [schedule] = properties["Events"].values()

    assert schedule["Type"] == "Schedule"
    assert schedule["Properties"]["Schedule"] == "rate(1 minute)"
    assert schedule["Properties"]["Description"]
    assert properties["Timeout"] < 60
    assert properties["EventInvokeConfig"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


def test_what_is_due_is_looked_after_by_a_function_that_may_invoke_itself_and_no_other() -> None:
    [policy] = of_type("AWS::IAM::Policy").values()

    assert policy["Properties"]["Roles"] == [{"Ref": "EveryMinuteFunctionRole"}]
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": {"Fn::GetAtt": "EveryMinuteFunction.Arn"},
        }
    ]


def test_jobs_have_the_longest_time_there_is_and_are_begun_each_minute() -> None:
    properties = RESOURCES["JobsFunction"]["Properties"]

    assert properties["Timeout"] == 15 * 60
    assert properties["EventInvokeConfig"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    begins = RESOURCES["EveryMinuteFunction"]["Properties"]["Environment"]["Variables"]
    assert begins["JOBS_FUNCTION"] == {"Ref": "JobsFunction"}


def test_the_table_outlives_the_stack_and_can_be_restored() -> None:
    [table] = of_type("AWS::DynamoDB::Table").values()
    properties = table["Properties"]

    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    # DynamoDB's own key: it is never asked of KMS, which has its price.
    assert "SSESpecification" not in properties
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_indexes_hold_little_and_only_of_items_that_want_to_be_found() -> None:
    properties = RESOURCES["SigbridgeTable"]["Properties"]
    facts = ["registered_at", "payload_encoding", "name", "type", "reported_type", "tags", "active"]
    types = {item["AttributeName"]: item["AttributeType"] for item in properties["AttributeDefinitions"]}
    indexes = {
        index["IndexName"]: [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
        for index in properties["GlobalSecondaryIndexes"]
    }

    assert indexes == {
        "due": [("due_list", "HASH"), ("due_at", "RANGE")],
        "answered": [("pk", "HASH"), ("uplink", "RANGE")],
        "devices": [("listed_in", "HASH"), ("id", "RANGE")],
    }
    texts = dict.fromkeys(("pk", "sk", "due_list", "uplink", "listed_in", "id"), "S")
    assert types == texts | {"due_at": "N"}
    assert [index["Projection"] for index in properties["GlobalSecondaryIndexes"]] == [
        {"ProjectionType": "KEYS_ONLY"},
        {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["answered"]},
        {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*facts, "version"]},
    ]


def test_the_api_is_throttled() -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["DefaultRouteSettings"]

    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRateLimit"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurstLimit"}


def test_a_burst_elsewhere_can_be_kept_from_starving_callbacks() -> None:
    reserving = {
        name
        for name in FUNCTIONS
        if RESOURCES[name]["Properties"].get("ReservedConcurrentExecutions")
        == {"Fn::If": ["ReservesCallbacks", {"Ref": "CallbackConcurrency"}, {"Ref": "AWS::NoValue"}]}
    }
    unset = {"Fn::Equals": [{"Ref": "CallbackConcurrency"}, 0]}

    callbacks = {"UplinkFunction", "BatchUplinkFunction", "BidirDownlinkFunction", "SigfoxServiceFunction"}
    assert reserving == callbacks
    # AWS refuses to reserve anything unless 100 stay unreserved; a new account has 10 in all.
    assert TEMPLATE["Parameters"]["CallbackConcurrency"]["Default"] == 0
    assert TEMPLATE["Conditions"]["ReservesCallbacks"] == {"Fn::Not": [unset]}


def test_the_code_has_the_defaults_of_the_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = TEMPLATE["Parameters"]
    for name, value in TEMPLATE["Globals"]["Function"]["Environment"]["Variables"].items():
        parameter = parameters.get(value["Ref"]) if isinstance(value, dict) else None
        if parameter is not None:
            monkeypatch.setenv(name, str(parameter["Default"]))
    monkeypatch.setenv("TABLE_NAME", "a-table")
    # Only some functions have it: the path that the tests keep credentials under is no parameter.
    monkeypatch.delenv("CREDENTIALS_PATH")

    assert Settings.from_environment() == Settings("a-table")


@pytest.mark.parametrize(
    ("parameter", "setting"),
    [
        ("RetentionDays", Settings("").retention_days),
        ("QueueCapacity", Settings("").queue_capacity),
        ("RadioWindowSeconds", Settings("").radio_window_ms // 1000),
        ("AcknowledgeWaitSeconds", Settings("").acknowledge_wait_ms // 1000),
        ("EventBusName", Settings("").event_bus_name or ""),
        ("DynamodbEndpointUrl", Settings("").dynamodb_endpoint_url or ""),
        ("Architecture", "arm64"),
        ("LogLevel", "INFO"),
    ],
)
def test_a_parameter_has_the_default_that_the_code_has(parameter: str, setting: object) -> None:
    assert TEMPLATE["Parameters"][parameter]["Default"] == setting


def test_every_parameter_is_shown_in_a_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [parameter for group in groups for parameter in group["Parameters"]]

    assert sorted(shown) == sorted(TEMPLATE["Parameters"])


@pytest.mark.parametrize(
    "output", ["UplinkUrl", "BatchUplinkUrl", "DownlinkUrl", "SigfoxServiceUrl", "ApiUrl"]
)
def test_the_urls_to_paste_into_sigfox_are_outputs(output: str) -> None:
    assert TEMPLATE["Outputs"][output]["Description"]


@pytest.mark.parametrize("name", ["ChangeStreamDeadLetters", "PublishDeadLetters", "WebhookDeadLetters"])
def test_a_queue_of_dead_letters_is_an_output(name: str) -> None:
    assert TEMPLATE["Outputs"][f"{name}Url"]["Value"] == {"Ref": name}


@pytest.mark.parametrize("metric", ["DownlinksNotRetried", "LeftUndone"])
def test_an_alarm_sounds_when_something_was_given_up_that_no_queue_holds(metric: str) -> None:
    [alarm] = [alarm for alarm in alarms() if alarm.get("MetricName") == metric]

    assert (
        alarm["Namespace"]
        == TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    )
    assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("route", ["GET /docs", "GET /openapi.json"])
def test_what_anybody_may_call_gets_little_of_what_all_share(route: str) -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["RouteSettings"][route]

    assert settings == {"ThrottlingRateLimit": 2, "ThrottlingBurstLimit": 5}
    assert "ReservedConcurrentExecutions" not in RESOURCES["ManagementFunction"]["Properties"]


def test_browsers_are_answered_only_where_their_pages_are_named() -> None:
    condition, cors, otherwise = RESOURCES["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"]

    assert TEMPLATE["Parameters"]["CorsOrigins"]["Default"] == ""
    assert TEMPLATE["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "CorsOrigins"}, ""]}]}
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert cors["AllowOrigins"] == {"Fn::Split": [",", {"Ref": "CorsOrigins"}]}
    assert {"authorization", "content-type", "idempotency-key"} <= set(cors["AllowHeaders"])
    assert {"x-downlink-ids", "x-next-cursor"} <= set(cors["ExposeHeaders"])
    assert "AllowCredentials" not in cors


@pytest.mark.parametrize(
    ("origins", "is_taken"),
    [
        ("", True),
        ("*", True),
        ("https://dash.example.com", True),
        ("https://dash.example.com,http://localhost:3000", True),
        ("https://*", True),
        ("dash.example.com", False),
        ("https://dash.example.com/", False),
        ("https://dash.example.com, https://other.example.com", False),
        ("*,https://dash.example.com", False),
    ],
)
def test_origins_are_written_as_browsers_send_them(origins: str, is_taken: bool) -> None:
    pattern = TEMPLATE["Parameters"]["CorsOrigins"]["AllowedPattern"]

    assert (re.fullmatch(pattern, origins) is not None) is is_taken
