"""What a measurement is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the budget table.

    Attributes:
        name: What was measured.
        limit: What nobody could be better than.
        budget: What is allowed.
        measured: What it is.
        passed: Whether it is within the budget.
        figures: The numbers behind `measured`.
        note: How it was counted, where that is not plain.
    """

    name: str
    limit: str
    budget: str
    measured: str
    passed: bool
    figures: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


def ratio_row(
    name: str, ratio: float, budget: float, figures: Mapping[str, float], limit: str = "1.0x", note: str = ""
) -> Row:
    """Hold a ratio of two times against the largest one that is allowed."""
    return Row(
        name=name,
        limit=limit,
        budget=f"≤ {budget:g}x",
        measured=f"{ratio:.2f}x",
        passed=ratio <= budget,
        figures={"ratio": round(ratio, 4)} | {name: round(value, 4) for name, value in figures.items()},
        note=note,
    )
