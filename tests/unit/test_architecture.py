"""The rooms of the package and which way their doors open (docs/decisions/0001)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "layers" / "sigbridge" / "sigbridge"

# Each ring may import from itself and from the rings behind it.
RINGS = (
    ("functions",),
    ("callbacks",),
    ("web",),
    ("changes", "erasure"),
    ("downlinks",),
    ("conditions",),
    ("reports",),
    ("data",),
    ("messages",),
    ("devices", "credentials"),
    ("applications",),
    ("store",),
    ("errors", "settings", "clock"),
)
RING_OF = {room: position for position, rooms in enumerate(RINGS) for room in rooms}


def modules() -> list[Path]:
    return [*sorted(PACKAGE.rglob("*.py")), *sorted((PROJECT / "functions").rglob("*.py"))]


def room_of(module: Path) -> str:
    if module.is_relative_to(PACKAGE):
        return module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "functions"


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield node.module or ""


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_room_imports_only_from_itself_and_from_further_in(module: Path) -> None:
    room = room_of(module)
    if room == "__init__":
        return
    for name in imports(module):
        package, _, rest = name.partition(".")
        if package == "sigbridge" and rest:
            other = rest.split(".")[0]
            assert other == room or RING_OF[other] > RING_OF[room], f"{room} imports {name}"


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_only_the_store_knows_boto3(module: Path) -> None:
    if room_of(module) != "store":
        assert not {"boto3", "botocore"} & {name.partition(".")[0] for name in imports(module)}


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_only_the_settings_read_the_environment(module: Path) -> None:
    if room_of(module) != "settings":
        assert "os" not in set(imports(module))
