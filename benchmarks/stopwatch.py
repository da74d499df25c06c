"""Times of actions that take turns, so that a slow moment of the machine meets all of them."""

import time
from collections.abc import Callable, Mapping
from statistics import median

type Action = Callable[[], object]
type Preparation = Callable[[], Action]


TURN = 25


def take_turns(rounds: int, contestants: Mapping[str, Preparation]) -> dict[str, list[float]]:
    """Time the contestants in turns of 25 actions; who begins changes from one round of turns to the next.

    A turn is prepared before it is timed, so that neither a preparation nor another contestant cools
    the caches: each is measured as it runs under load, when its own like came just before.

    Args:
        rounds: How many times each is measured.
        contestants: By name, what prepares one action; only the action itself is timed.

    Returns:
        Milliseconds by name, one for each action.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number, begin in enumerate(range(0, rounds, TURN)):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            actions = [contestants[name]() for _ in range(min(TURN, rounds - begin))]
            for action in actions:
                start = time.perf_counter()
                action()
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each contestant's times."""
    return {name: median(values) for name, values in times.items()}
