"""Times of actions that take turns, so that a slow moment of the machine meets all of them."""

import time
from collections.abc import Callable, Mapping
from statistics import median

type Action = Callable[[], object]
type Preparation = Callable[[], Action]


def take_turns(rounds: int, contestants: Mapping[str, Preparation]) -> dict[str, list[float]]:
    """Times each contestant once a round; who begins changes from round to round.

    Args:
        rounds: How many times each is measured.
        contestants: By name, what prepares one action; only the action itself is timed.

    Returns:
        Milliseconds by name, one for each round.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            action = contestants[name]()
            start = time.perf_counter()
            action()
            times[name].append((time.perf_counter() - start) * 1000)
    return times


def medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each contestant's times."""
    return {name: median(values) for name, values in times.items()}
