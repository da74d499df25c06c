"""Data set by hand or by a program: the variables of one moment and group."""

from dataclasses import dataclass

from sigbridge.model.message import Variable

_OVERHEAD = 100


@dataclass(frozen=True, slots=True)
class DataEntry:
    """Variables that were set together.

    Attributes:
        id: `<ms, 13 digits>#<digest>`, unique among the entries of its device.
        device_id: Normalised device id.
        time: Epoch ms.
        group: Their group.
        variables: At least one.
    """

    id: str
    device_id: str
    time: int
    group: str
    variables: tuple[Variable, ...]

    @property
    def size(self) -> int:
        """About how many bytes it takes in the store."""
        return _OVERHEAD + sum(variable.size for variable in self.variables)
