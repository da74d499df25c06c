"""Making variables of everything that has no meaning of its own.

As TagoIO does (tagoio reference, 3 and 7), with two differences: a nested field carries the names of
all its parents, so that none collide, and 0 is a coordinate like any other.
"""

from collections.abc import Iterator, Mapping

from sigbridge.model.limits import DETAIL_NAME_LENGTH, NAME_LENGTH, checked_value, fitting_name
from sigbridge.model.message import Location, Value, Variable
from sigbridge.sigfox.values import is_absent

type Path = tuple[str, ...]


class InvalidVariable(ValueError):
    """A field that can't be kept as a variable.

    Attributes:
        path: Where it stands.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield what is not an object or array, with the names and positions that lead there."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, (*path, str(position)))
    else:
        yield path, value


def make_variable(path: Path, value: object) -> Variable | None:
    """Make the variable of a leaf; None where the value is absent.

    Raises:
        InvalidVariable: Its name is over 100 characters, its text over 6,000 bytes, or its number
            beyond what can be kept.
    """
    if is_absent(value):
        return None
    return Variable(variable_name(path), check_value(path, value))


def variable_name(path: Path) -> str:
    """Return a variable's name: lower case, after its parents' names, TagoIO's forbidden characters as `_`.

    Of a name that is too long only because of its parents the last 100 characters stay.

    Raises:
        InvalidVariable: The field's own name is over 100 characters.
    """
    if len(path[-1]) > NAME_LENGTH:
        raise InvalidVariable(path, f"its name must be at most {NAME_LENGTH} characters")
    # Cut before they are joined: thousands of leaves may stand under names of many kB.
    return fitting_name("_".join(part[-NAME_LENGTH:] for part in path))


def check_value(path: Path, value: object) -> Value:
    """Return a value that can be stored.

    Raises:
        InvalidVariable: It can't.
    """
    try:
        return checked_value(value)
    except ValueError as invalid:
        raise InvalidVariable(path, str(invalid)) from invalid


def item_variables(
    path: Path, item: Mapping[str, object], value: object, location: Location | None
) -> Iterator[Variable]:
    """Yield the variables of an item: one, or one of each leaf of its value; absent ones are left out.

    Args:
        path: Names that lead to the item, its own last.
        item: Where its unit and metadata are.
        value: Its value.
        location: Where the device was for it, where given.

    Raises:
        InvalidVariable: Something of it can't be kept.
    """
    unit = item.get("unit")
    metadata = item.get("metadata")
    details = dict(_checked_leaves(path, metadata)) if isinstance(metadata, dict) else None
    for inner, leaf in leaves(value, path):
        if not is_absent(leaf):
            yield Variable(
                name=variable_name(inner),
                value=check_value(inner, leaf),
                unit=unit if isinstance(unit, str) else None,
                metadata=details,
                location=location,
            )


def _checked_leaves(path: Path, metadata: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    for inner, value in leaves(metadata):
        if not is_absent(value):
            yield _detail_name(inner), check_value((*path, "metadata", *inner), value)


def _detail_name(path: Path) -> str:
    """Return the name of a detail, its parents' names before it.

    Raises:
        InvalidVariable: It is over 255 characters.
    """
    if sum(len(name) + 1 for name in path) > DETAIL_NAME_LENGTH + 1:
        raise InvalidVariable(path, f"names of details must be at most {DETAIL_NAME_LENGTH} characters")
    return ".".join(path) or "_"
