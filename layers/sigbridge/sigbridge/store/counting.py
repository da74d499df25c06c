"""Counting what belongs to an item, in that item, so that a limit holds however many come at once.

Each of these changes is made together with the creation or the deletion of what is counted.
"""

from sigbridge.store.rows import Key, Update


def increment(owner: Key, name: str, most: int) -> Update:
    """The change that counts one more; it is refused where the owner is missing or has as many as it may."""
    return Update(
        key=owner,
        expression="SET #count = if_not_exists(#count, :zero) + :one",
        condition="attribute_exists(pk) AND (attribute_not_exists(#count) OR #count < :most)",
        names={"#count": name},
        values={":zero": 0, ":one": 1, ":most": most},
    )


def one_less(owner: Key, name: str) -> Update:
    """The change that counts one less; it is refused where the owner is missing."""
    return Update(
        key=owner,
        expression="SET #count = if_not_exists(#count, :one) - :one",
        condition="attribute_exists(pk)",
        names={"#count": name},
        values={":one": 1},
    )
