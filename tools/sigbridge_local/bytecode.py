"""Bytecode for the layer.

`sam build` leaves none, and a function can't write its own beside the layer, so that every cold start
would compile each module anew. What no function imports at its start is left out, and so are docstrings,
which nothing reads there: to keep the layer small.
"""

import py_compile
import re
import sys
from importlib.util import cache_from_source
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
_NEVER_STALE = py_compile.PycInvalidationMode.UNCHECKED_HASH
_WITHOUT_DOCSTRINGS = 2


def compile_layer(build_directory: Path) -> None:
    """Add bytecode to a built layer; it is valid without a look at the source's time.

    Raises:
        LocalStackError: There is no built layer.
    """
    layer = build_directory / "SigbridgeLayer" / "python"
    if not layer.is_dir():
        message = f"{build_directory} holds no built layer: run `sam build` first"
        raise LocalStackError(message)
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
    compile_layer(Path(sys.argv[1]))
