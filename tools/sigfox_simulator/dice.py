"""Chance that can be repeated."""

from random import Random


def dice(*names: object) -> Random:
    """Dice of one decision: the same names throw the same, whatever was thrown before or beside."""
    return Random("/".join(map(str, names)))  # noqa: S311 - nothing secret comes of it
