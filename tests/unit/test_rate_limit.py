"""How often somebody may ask for something."""

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.rate_limit import RateLimit

MINUTE_MS = 60_000
# What happens: so much time passes, then one of three callers asks.
STEPS = st.lists(st.tuples(st.integers(0, 5_000), st.sampled_from("abc")), max_size=200)


class Clock:
    now_ms = 1_763_770_827_000

    def __call__(self) -> int:
        return self.now_ms


@given(st.integers(1, 20), st.integers(1, 120), STEPS)
def test_a_caller_gets_no_more_than_a_bucket_that_fills_up(
    burst: int, per_minute: int, steps: list[tuple[int, str]]
) -> None:
    clock = Clock()
    limit = RateLimit(burst, per_minute, clock)
    # Tokens in units of 1/60000, so that all numbers are whole.
    tokens = dict.fromkeys("abc", burst * MINUTE_MS)
    for wait_ms, caller in steps:
        clock.now_ms += wait_ms
        tokens = {each: min(burst * MINUTE_MS, left + wait_ms * per_minute) for each, left in tokens.items()}
        has_token = tokens[caller] >= MINUTE_MS

        assert limit.take(caller) is has_token

        tokens[caller] -= has_token * MINUTE_MS


@given(st.integers(1, 20), st.integers(1, 60), st.integers(1, 60))
def test_a_clock_that_is_set_back_locks_nobody_out_for_longer_than_that(
    burst: int, per_minute: int, seconds: int
) -> None:
    clock = Clock()
    limit = RateLimit(burst, per_minute, clock)
    while limit.take("a"):
        pass
    clock.now_ms -= seconds * 1_000
    assert not limit.take("a")

    clock.now_ms += seconds * 1_000 + MINUTE_MS // per_minute + 1

    assert limit.take("a")


def test_callers_whose_buckets_are_full_are_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(2, 60, clock)
    for number in range(10_000):
        assert limit.take(str(number))
    assert limit.take("0")
    clock.now_ms += 1_500

    assert limit.take("one more")

    # Of the caller whose bucket is not full yet it knows what it has had.
    assert limit.take("0")
    assert not limit.take("0")
