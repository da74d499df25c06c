"""The simulator's checks: nothing to find in a sound bundle, every flaw found in a broken one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigfox_simulator.failures import SimulationError
from sigfox_simulator.scenario import Scenario
from sigfox_simulator.violations import Invariant
from tests.simulator.fake_bundle import FakeBundle, FakeWall, Flaw, simulated

BROKEN_BY = {
    Flaw.LOSES_DOWNLINKS: {Invariant.I3, Invariant.I4},
    Flaw.REPEATS_DOWNLINKS: {Invariant.I1},
    Flaw.ANSWERS_ANEW: {Invariant.I2},
    Flaw.REORDERS: {Invariant.I3},
    Flaw.STARVES_DEVICES: {Invariant.I3},
    Flaw.RETRIES_LAST: {Invariant.I3},
    Flaw.RETRIES_SENT: {Invariant.I1},
    Flaw.RETRIES_FOR_EVER: {Invariant.I1},
    Flaw.RETRIES_AT_ONCE: {Invariant.I1},
    Flaw.CLEARS_NOTHING: {Invariant.I4},
    Flaw.DELETES_NOTHING: {Invariant.I4},
    Flaw.REFUSES_TO_DELETE: {Invariant.I4},
    Flaw.IGNORES_EXPIRY: {Invariant.I4},
    Flaw.PUSHES_TWICE: {Invariant.I4},
    Flaw.INVENTS_DOWNLINKS: {Invariant.I4},
    Flaw.CUTS_PAYLOADS: {Invariant.I5},
    Flaw.ANSWERS_UNASKED: {Invariant.I6},
    Flaw.ANSWERS_STRANGERS: {Invariant.I6},
    Flaw.ANSWERS_LATE: {Invariant.I7},
    Flaw.STORES_TWICE: {Invariant.I8},
    Flaw.COUNTS_REPEATS: {Invariant.I8},
    Flaw.STORES_NOTHING: {Invariant.I9},
    Flaw.STORES_WRONG: {Invariant.I9},
    Flaw.STORES_MORE: {Invariant.I8},
    Flaw.TAKES_ALL_FOR_SENT: {Invariant.I4},
    Flaw.FORGETS_ACKNOWLEDGEMENTS: {Invariant.I4},
    Flaw.CONFUSES_UPLINKS: {Invariant.I4},
    Flaw.TELLS_TWICE: {Invariant.I4},
    Flaw.REFUSES_FORMS: {Invariant.ANSWERS},
    Flaw.LOSES_IDS: {Invariant.ANSWERS},
    Flaw.DECODES_WRONG: {Invariant.DECODED},
    Flaw.DECODES_NOTHING: {Invariant.DECODED},
    Flaw.LOSES_VALUES: {Invariant.DECODED},
}


@given(st.integers(0, 10**6), st.floats(0, 0.8), st.integers(1, 12), st.integers(1, 12))
def test_a_sound_bundle_breaks_no_promise(seed: int, faults: float, devices: int, minutes: int) -> None:
    scenario = Scenario(devices=devices, minutes=minutes, seed=seed, faults=faults)
    account = simulated(FakeBundle(FakeWall()), scenario).account

    assert account.violations == ()
    assert account.messages_missing == 0
    assert account.messages_stored == account.messages_accepted <= account.messages_sent
    assert account.downlinks_accepted == sum(account.downlinks.values()) + account.outcome_unknown


def test_every_flaw_is_listed() -> None:
    assert BROKEN_BY.keys() == set(Flaw)
    # The fake bundle has no webhooks and no outage: test_webhooks.py and test_outage_account.py break those.
    assert set().union(*BROKEN_BY.values()) == set(Invariant) - {Invariant.WEBHOOKS, Invariant.OUTAGE}


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_is_found(flaw: Flaw) -> None:
    found: set[Invariant] = set()
    for seed in range(12):
        scenario = Scenario(devices=12, seed=seed, faults=0.4)
        account = simulated(FakeBundle(FakeWall(), flaw), scenario).account
        found |= {violation.invariant for violation in account.violations}
        if BROKEN_BY[flaw] <= found:
            return
    pytest.fail(f"a bundle that {flaw} was found to break {sorted(found)}")


def test_one_lost_message_is_counted_as_missing() -> None:
    bundle = FakeBundle(FakeWall(), Flaw.STORES_NOTHING)
    account = simulated(bundle, Scenario(devices=10, faults=0)).account

    missing = [violation for violation in account.violations if violation.invariant is Invariant.I9]
    assert account.messages_missing == len(missing) > 0
    assert account.messages_stored == account.messages_accepted - len(missing)


def test_a_simulation_touches_everything_that_there_is_to_check() -> None:
    account = simulated(FakeBundle(FakeWall()), Scenario(devices=120, seed=1, faults=0.5)).account

    assert set(account.downlinks) >= {"sent", "failed", "expired", "removed", "superseded", "queued"}
    assert account.outcome_unknown > 0
    assert account.retries > 0
    assert account.late > 0


def test_the_same_seed_twice_on_one_bundle_is_refused() -> None:
    bundle = FakeBundle(FakeWall())
    simulated(bundle, Scenario(devices=5, seed=3))

    with pytest.raises(SimulationError, match="choose another seed than 3"):
        simulated(bundle, Scenario(devices=5, seed=3))
