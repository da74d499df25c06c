"""What the simulator plans before the first request: devices, messages, the customer's doings."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.devices import sigfox_device_id
from sigfox_simulator.customer import Kind, plan_actions
from sigfox_simulator.devices import MAX_PAYLOAD_BYTES, SEQUENCE_NUMBERS, Device, make_fleet
from sigfox_simulator.scenario import Scenario, make_plan
from sigfox_simulator.schedule import RADIO_PROCEDURE_S, plan_messages, plan_notices
from sigfox_simulator.services import Service
from sigfox_simulator.templates import CONFIGURATIONS

seeds = st.integers(0, 10**6)
devices = seeds.map(lambda seed: make_fleet(seed, 15)).flatmap(st.sampled_from)
lengths = st.floats(60, 3600)


@given(seeds)
def test_a_fleet_has_different_devices_of_every_configuration(seed: int) -> None:
    fleet = make_fleet(seed, 40)

    assert len({device.id for device in fleet}) == 40
    assert {device.configuration.name for device in fleet} == {each.name for each in CONFIGURATIONS}
    assert all(device.id == sigfox_device_id(device.spelling) for device in fleet)
    assert all(len(device.spelling) <= 8 for device in fleet)


def test_ids_are_spelt_in_all_the_ways_that_sigfox_spells_them() -> None:
    spellings = [device.spelling for device in make_fleet(1, 500)]

    assert {len(spelling) for spelling in spellings} == {4, 5, 6, 7, 8}
    assert any(spelling != spelling.upper() for spelling in spellings)
    assert any(spelling.startswith("0") for spelling in spellings)


@given(seeds, devices, lengths)
def test_a_device_does_not_transmit_during_its_own_radio_procedure(
    seed: int, device: Device, seconds: float
) -> None:
    messages = plan_messages(seed, device, seconds)

    assert all(0 <= message.at < seconds for message in messages)
    for earlier, later in pairwise(messages):
        assert earlier.next_at == later.at
        assert later.at - earlier.at > RADIO_PROCEDURE_S
    assert not messages or messages[-1].next_at is None


@given(seeds, devices, lengths)
def test_sequence_numbers_count_up_and_wrap_after_12_bits(seed: int, device: Device, seconds: float) -> None:
    numbers = [message.seq_number for message in plan_messages(seed, device, seconds)]

    assert all(0 <= number < SEQUENCE_NUMBERS for number in numbers)
    assert all(later == (earlier + 1) % SEQUENCE_NUMBERS for earlier, later in pairwise(numbers))


def test_some_sequence_numbers_wrap_during_a_simulation() -> None:
    plan = make_plan(Scenario(devices=50))

    assert any(message.seq_number == 0 for message in plan.messages)


@given(seeds, devices)
def test_payloads_are_hex_of_at_most_12_bytes(seed: int, device: Device) -> None:
    for message in plan_messages(seed, device, 600):
        assert len(bytes.fromhex(message.payload)) <= MAX_PAYLOAD_BYTES


@given(seeds, devices)
def test_only_bidirectional_devices_ask_and_all_of_those_that_cannot_say_no(
    seed: int, device: Device
) -> None:
    messages = plan_messages(seed, device, 3600)

    if not device.bidirectional:
        assert not any(message.asks for message in messages)
    elif not device.configuration.tells_ack:
        assert all(message.asks for message in messages)
    else:
        assert {message.asks for message in messages} == {True, False}


@given(seeds)
def test_the_same_seed_plans_the_same(seed: int) -> None:
    scenario = Scenario(devices=8, minutes=5, seed=seed)

    assert make_plan(scenario) == make_plan(scenario)
    assert make_plan(scenario) != make_plan(Scenario(devices=8, minutes=5, seed=seed + 1))


def test_a_simulation_of_2000_devices_and_10_minutes_is_about_20000_messages() -> None:
    count = len(make_plan(Scenario(devices=2000, minutes=10)).messages)

    assert 18_000 <= count <= 22_000


def test_batched_devices_send_at_the_same_time_so_that_there_is_something_to_gather() -> None:
    fleet = [device for device in make_fleet(1, 100) if device.batched]
    seconds = [int(message.at) for device in fleet for message in plan_messages(1, device, 60)]

    assert len(seconds) == len(fleet) > 10
    assert set(seconds) <= {1, 2, 3}


def test_there_are_status_error_and_event_callbacks() -> None:
    notices = plan_notices(1, make_fleet(1, 100), 600)

    assert {notice.service for notice in notices} == {Service.STATUS, Service.ERROR, Service.EVENT}
    assert all(0 <= notice.at < 600 for notice in notices)


@given(seeds, devices)
def test_the_customer_first_pushes_and_only_after_the_device_was_heard_of(seed: int, device: Device) -> None:
    actions = plan_actions(seed, device, 3600)

    assert device.bidirectional or actions == []
    if actions:
        assert actions[0].kind is Kind.PUSH
        assert actions[0].at > device.phase_s
    for earlier, later in pairwise(actions):
        assert earlier.at < later.at
        assert earlier.number + 1 == later.number


def test_the_customer_does_everything_that_the_queue_allows() -> None:
    actions = [action for actions in make_plan(Scenario(devices=100)).actions for action in actions]
    wishes = [wish for action in actions for wish in action.wishes]

    assert {action.kind for action in actions} == set(Kind)
    assert any(action.repeated for action in actions)
    assert any(wish.confirmed and wish.max_attempts == 1 for wish in wishes)
    assert any(wish.confirmed and wish.max_attempts is None for wish in wishes)
    assert any(wish.lifetime_s for wish in wishes)
    assert not any(wish.max_attempts for wish in wishes if not wish.confirmed)
