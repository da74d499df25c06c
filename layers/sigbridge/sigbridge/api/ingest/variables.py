"""Making variables of everything that has no meaning of its own.

As TagoIO does (tagoio reference, 3 and 7), with two differences: a nested field carries the names of
all its parents, so that none collide, and 0 is a coordinate like any other.
"""

from collections.abc import Iterator

from sigbridge.messages import Value, Variable
from sigbridge.model.limits import NAME_LENGTH, checked_value, fitting_name
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
