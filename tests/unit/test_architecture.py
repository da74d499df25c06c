"""The rooms of the package and which way their doors open (docs/decisions/0001 and 0024)."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "layers" / "sigbridge" / "sigbridge"
# The function that runs scripts stands apart: it has no layer.
FORMATTER = PROJECT / "functions" / "formatter"

GROUND = {"clock", "errors", "model"}
# What each room may import, besides itself. The rooms of the APIs import none of each other but api.http.
DOORS: Mapping[str, set[str]] = {
    "functions": GROUND
    | {"api.http", "api.ingest", "api.things_stack", "api.management", "api.openapi", "triggers"}
    | {"stream", "integrations", "webhooks", "deletion", "status", "downlinks", "credentials"}
    | {"formatters", "jobs", "provisioning"},
    "api.ingest": GROUND
    | {"api.http", "feed", "downlinks", "reports", "messages", "devices", "credentials", "applications"}
    | {"telemetry", "sigfox", "tagoio", "provisioning"},
    "api.things_stack": GROUND
    | {"api.http", "events", "status", "downlinks", "messages", "devices", "credentials", "applications"}
    | {"formatters", "things_stack", "webhooks", "store"},
    "api.management": GROUND
    | {"api.http", "webhooks", "feed", "deletion", "status", "data", "downlinks", "messages"}
    | {"devices", "credentials", "applications", "formatters", "jobs", "tagoio", "provisioning"},
    "api.openapi": {"api.http"},
    "api.http": GROUND
    | {"status", "downlinks", "reports", "messages", "devices", "credentials", "applications"}
    | {"telemetry"},
    "triggers": GROUND | {"stream", "integrations", "webhooks", "jobs", "aws", "telemetry"},
    "stream": GROUND
    | {"integrations", "events", "status", "downlinks", "reports", "devices", "applications", "formatters"}
    | {"aws", "store", "settings"},
    "integrations": GROUND | {"webhooks", "feed", "aws", "store", "settings"},
    "webhooks": GROUND
    | {"events", "feed", "jobs", "downlinks", "reports", "messages", "devices", "applications", "formatters"}
    | {"things_stack", "tagoio", "aws", "store", "settings"},
    "provisioning": GROUND
    | {"jobs", "reports", "messages", "devices", "credentials", "applications", "sigfox", "telemetry"}
    | {"aws", "store", "settings"},
    "feed": GROUND | {"devices", "applications", "store", "settings"},
    "events": GROUND | {"downlinks", "reports", "messages", "store"},
    "deletion": GROUND | {"provisioning", "status", "devices", "applications", "store"},
    "status": GROUND | {"reports", "messages", "devices", "applications", "store"},
    "jobs": GROUND | {"aws", "store", "settings"},
    "data": GROUND | {"formatters", "messages", "devices", "applications", "store"},
    "formatters": GROUND
    | {"jobs", "messages", "devices", "applications", "aws", "store", "tagoio", "sigfox", "settings"},
    "things_stack": GROUND,
    "tagoio": GROUND | {"sigfox"},
    "sigfox": GROUND,
    "downlinks": GROUND
    | {"reports", "messages", "devices", "applications", "formatters", "store", "settings"},
    "reports": GROUND | {"messages", "devices", "applications", "store"},
    "messages": GROUND | {"devices", "applications", "store"},
    "devices": GROUND | {"applications", "store"},
    "credentials": GROUND | {"applications", "store"},
    "applications": GROUND | {"store", "settings"},
    "store": GROUND | {"settings"},
    "telemetry": {"credentials"},
    "aws": {"errors"},
    "model": {"clock", "errors"},
    "settings": set(),
    "clock": set(),
    "errors": set(),
}
AWS_CLIENTS = {"boto3", "botocore"}
ROOMS_OF_AWS_CLIENTS = {"store", "aws"}
# What a Lambda function finds beside the standard library: the layer, and what the runtime brings.
AT_RUN_TIME = {
    *sys.stdlib_module_names,
    *AWS_CLIENTS,
    "aws_lambda_powertools",
    "cachetools",
    "pydantic",
    "pydantic_core",
    "sigbridge",
    # Comes with boto3.
    "urllib3",
}


@cache
def modules() -> list[Path]:
    functions = sorted((PROJECT / "functions").rglob("*.py"))
    return [
        *sorted(PACKAGE.rglob("*.py")),
        *(function for function in functions if not function.is_relative_to(FORMATTER)),
    ]


def name_of(module: Path) -> str:
    return str(module.relative_to(PROJECT))


def room_of(dotted: str) -> str:
    """The room of a name inside `sigbridge`: its first word, its first two inside `api`."""
    first, *rest = dotted.split(".")
    return ".".join([first, *rest[:1]]) if first == "api" else first


def room_of_module(module: Path) -> str:
    if not module.is_relative_to(PACKAGE):
        return "functions"
    return room_of(".".join(module.relative_to(PACKAGE).with_suffix("").parts))


@cache
def nodes(module: Path) -> Sequence[ast.AST]:
    return [*ast.walk(ast.parse(module.read_text()))]


def imports(module: Path) -> Iterator[str]:
    """What a module imports, by whole names, apart from what only the type checker sees."""
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_imported(module: Path) -> Iterator[tuple[str, str]]:
    """The names that a module imports from `sigbridge`, each with its room."""
    for name in imports(module):
        package, _, inside = name.partition(".")
        if package == "sigbridge" and not inside.startswith("__"):
            yield name, room_of(inside)


def test_every_room_says_what_it_may_import() -> None:
    rooms = {room_of_module(module) for module in modules()}

    assert rooms - {"__init__", "api.__init__"} == set(DOORS)


def test_no_door_leads_back() -> None:
    assert len([*TopologicalSorter(DOORS).static_order()]) == len(DOORS)


def test_a_room_imports_only_what_it_may() -> None:
    assert [
        f"{name_of(module)} imports {name}"
        for module in modules()
        for name, room in rooms_imported(module)
        if room not in DOORS.get(room_of_module(module), set()) | {room_of_module(module)}
    ] == []


def test_only_the_store_and_aws_know_boto3() -> None:
    assert [
        f"{name_of(module)} imports {name}"
        for module in modules()
        if room_of_module(module) not in ROOMS_OF_AWS_CLIENTS
        for name in imports(module)
        if name.partition(".")[0] in AWS_CLIENTS
    ] == []


def test_nothing_is_imported_that_is_not_there_at_run_time() -> None:
    assert [
        f"{name_of(module)} imports {name}"
        for module in modules()
        for name in imports(module)
        if name.partition(".")[0] not in AT_RUN_TIME and not name.startswith("mypy_boto3_")
    ] == []


def test_what_runs_scripts_knows_nothing_of_the_rest() -> None:
    found = {name.partition(".")[0] for module in FORMATTER.rglob("*.py") for name in imports(module)}

    assert found - sys.stdlib_module_names == {"sandbox", "_quickjs"}
    # These need shared memory, which Lambda does not have.
    assert "multiprocessing" not in found


def test_the_engine_is_loaded_only_where_scripts_run() -> None:
    loading = [module.name for module in FORMATTER.rglob("*.py") if "_quickjs" in [*imports(module)]]

    assert loading == ["engine.py"]


def test_only_the_settings_read_the_environment() -> None:
    assert [
        f"{name_of(module)} imports {name}"
        for module in modules()
        if room_of_module(module) != "settings"
        for name in imports(module)
        if name.partition(".")[0] == "os"
    ] == []


DYNAMODB_NAMES = frozenset({"ClientError", "ConditionFailed", "TransactionFailed", "Record"})
# Modules of the store whose functions take or give items as the table has them.
INNER_MODULES = {
    *("connections", "rewriting", "rows", "table", "transactions", "write_once"),
    *(path.stem for path in (PACKAGE / "store").glob("*_codec.py")),
}
DYNAMODB_MODULES = frozenset(f"sigbridge.store.{name}" for name in INNER_MODULES)
DYNAMODB_KEYS = re.compile(
    r"pk|sk|(APP|DATA|DEVICE|DOWNLINK|EVENT|KEY|MSG|PARAM|SECRET|STATE|WEBHOOK)#.*", re.ASCII
)


def words_of_dynamodb(module: Path) -> Iterator[str]:
    for node in nodes(module):
        if isinstance(node, ast.ImportFrom) and node.module in DYNAMODB_MODULES:
            yield f"imports {', '.join(alias.name for alias in node.names)}"
        elif isinstance(node, ast.ImportFrom) and node.module == "sigbridge.store":
            names = (alias.name for alias in node.names)
            yield from (f"imports {name}" for name in names if f"{node.module}.{name}" in DYNAMODB_MODULES)
        elif isinstance(node, ast.Name) and node.id in DYNAMODB_NAMES:
            yield node.id
        elif isinstance(node, ast.Constant) and DYNAMODB_KEYS.fullmatch(str(node.value)):
            yield str(node.value)


def test_the_words_of_dynamodb_stay_in_the_store() -> None:
    assert [
        f"{name_of(module)}: {word}"
        for module in sorted(PACKAGE.rglob("*.py"))
        if room_of_module(module) not in {"store", "aws"}
        for word in sorted(set(words_of_dynamodb(module)))
    ] == []


def test_the_model_is_plain_python() -> None:
    assert [
        f"{name_of(module)} imports {name}"
        for module in sorted((PACKAGE / "model").glob("*.py"))
        for name in imports(module)
        if name.partition(".")[0] == "pydantic"
    ] == []


MOST_LINES = 350


def test_no_module_of_the_layer_is_too_long_to_read() -> None:
    lines = {name_of(module): len(module.read_text().splitlines()) for module in PACKAGE.rglob("*.py")}

    assert {module: count for module, count in lines.items() if count > MOST_LINES} == {}


@pytest.mark.parametrize(
    "function", ["uplink", "batch_uplink", "bidir_downlink", "sigfox_service", "queue_push"]
)
def test_who_is_waited_for_loads_nothing_of_sigfox_s_api(function: str) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(PROJECT / "functions" / function)!r})
import app
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    imported = set(done.stdout.split())

    assert "sigbridge.store.table" in imported
    asks = ("sigbridge.provisioning", "sigbridge.sigfox.rest", "sigbridge.jobs", "sigbridge.aws.parameters")
    assert not {name for name in imported if name.startswith(asks)}
