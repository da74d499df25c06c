"""The layer and functions as `sam build` makes them for this machine."""

from pathlib import Path

from benchmarks.budget import Row
from sigbridge_local.deployment import build, host_architecture

# boto3, and what it needs.
_IN_RUNTIME = frozenset({"boto3", "botocore", "jmespath", "s3transfer"})
_BUDGET_MB = 15


def built_stack() -> Path:
    """Builds, and returns the folder that holds one folder for each function and layer.

    Raises:
        LocalStackError: It can't be built here.
    """
    return build(host_architecture()).parent


def layer_of(built: Path) -> Path:
    """The folder of the layer's packages."""
    return built / "SigbridgeLayer" / "python"


def layer_size_row(built: Path) -> Row:
    """Weigh the layer without what the runtime has."""
    layer = layer_of(built)
    megabytes = (
        sum(
            file.stat().st_size
            for file in layer.rglob("*")
            if file.is_file() and file.relative_to(layer).parts[0].partition("-")[0] not in _IN_RUNTIME
        )
        / 1_000_000
    )
    return Row(
        name="layer unzipped, without boto3",
        limit="",
        budget=f"≤ {_BUDGET_MB} MB",
        measured=f"{megabytes:.1f} MB",
        passed=megabytes <= _BUDGET_MB,
        figures={"megabytes": round(megabytes, 2)},
    )
