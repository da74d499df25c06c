"""What `sam build` leaves to be done for the layer: parts that nothing imports go, bytecode comes.

A function can't write bytecode beside the layer, so that every cold start would compile each module anew.
What no function imports at its start has none, and no bytecode has docstrings, which nothing reads there: to
keep the layer small.
"""

import py_compile
import re
import shutil
import sys
from importlib.util import cache_from_source
from itertools import chain
from pathlib import Path

from sigbridge_local.failures import LocalStackError

_LEFT_OUT = re.compile(
    r"/pydantic/(v1|color|deprecated|experimental|mypy|networks|validate_call_decorator"
    r"|_internal/(_decorators_v1|_serializers|_validate_call))|/annotated_types/test_cases"
    r"|/cachetools/(_|func)|/aws_lambda_powertools/(event_handler|metrics/provider/datadog"
    r"|logging/(buffer/handler|formatters/datadog|utils)|tracing/base"
    r"|utilities/data_classes/(active_mq|api_gateway_authorizer|appsync|cognito|iot|rabbit|s3_object)"
    r"|utilities/(?!__init__|data_classes|jmespath_utils|typing))"
)
# What is for type checkers and auditors; Powertools' other utilities, and what pydantic has for models of its
# first version: nothing here has those.
_UNUSED = (
    "*.dist-info/sboms",
    "pydantic/mypy.py",
    "pydantic_core/*.pyi",
    "pydantic/v1",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            *("auth_alpha", "batch", "circuit_breaker", "data_masking", "feature_flags", "idempotency"),
            *("kafka", "parameters", "parser", "streaming", "validation"),
        )
    ),
)
_NEVER_STALE = py_compile.PycInvalidationMode.UNCHECKED_HASH
_WITHOUT_DOCSTRINGS = 2


def finish_layer(build_directory: Path) -> None:
    """Take what nothing imports out of a built layer, and add bytecode, valid whatever its source's time.

    Raises:
        LocalStackError: There is no built layer.
    """
    layer = build_directory / "SigbridgeLayer" / "python"
    if not layer.is_dir():
        message = f"{build_directory} holds no built layer: run `sam build` first"
        raise LocalStackError(message)
    for unused in chain.from_iterable(map(layer.glob, _UNUSED)):
        shutil.rmtree(unused) if unused.is_dir() else unused.unlink()
    for module in layer.rglob("*.py"):
        if _LEFT_OUT.search(str(module)):
            continue
        # Under the name that Python looks for where nothing asks it to optimise.
        py_compile.compile(
            str(module),
            cfile=cache_from_source(str(module), optimization=""),
            dfile=str(module.relative_to(layer)),
            doraise=True,
            optimize=_WITHOUT_DOCSTRINGS,
            invalidation_mode=_NEVER_STALE,
        )


if __name__ == "__main__":
    finish_layer(Path(sys.argv[1]))
