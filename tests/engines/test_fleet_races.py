"""Deletions, registrations, reports, messages and readers at once, on engines that many callers can reach."""

import time
from collections import Counter
from collections.abc import Callable

import pytest

from sigbridge.clock import now_ms
from sigbridge.deletion import erase_device
from sigbridge.devices import UnknownDevice, register_device, set_parameter
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.errors import SigbridgeError
from sigbridge.messages import store_messages
from sigbridge.model.message import Network, ReceivedMessage
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.status import Status, devices_in_state, record_report, states_among, status_of
from sigbridge.store.rows import Span
from sigbridge.store.table import in_order
from tests.engines.test_races import CALLERS, DEVICE, at_once

pytestmark = pytest.mark.usefixtures("key")

ROUNDS = 10


def outcome(action: Callable[[], object]) -> str:
    """How an action ends: with the name of an error, or well."""
    try:
        action()
    except SigbridgeError as error:
        return type(error).__name__
    return "done"


def sorts() -> set[str]:
    """The sort keys of what is stored of the device."""
    return {record["sk"] for record in in_order(Span(f"DEVICE#demo#{DEVICE}", "!", "~"))}


def erase() -> None:
    erase_device("demo", DEVICE)


def register() -> None:
    register_device("demo", DEVICE)


def test_of_deletions_at_once_one_deletes() -> None:
    for _ in range(ROUNDS):
        register()

        outcomes = at_once([lambda: outcome(erase)] * CALLERS)

        assert Counter(outcomes) == {"done": 1, "UnknownDevice": CALLERS - 1}
        assert sorts() == set()


def test_a_device_registered_while_it_is_deleted_has_a_state_if_it_is_listed() -> None:
    for _ in range(ROUNDS):
        outcomes = at_once([lambda: outcome(erase), lambda: outcome(register)] * (CALLERS // 2))

        assert set(outcomes) <= {"done", "UnknownDevice"}
        assert sorts() in ({"DEVICE", "STATE", "CONDITION"}, {"DEVICE", "STATE"}, set())


def test_parameters_set_while_the_device_is_deleted_go_with_it() -> None:
    def setting(number: int) -> Callable[[], str]:
        return lambda: outcome(lambda: set_parameter("demo", DEVICE, f"p{number}", "1"))

    for _ in range(ROUNDS):
        register()
        set_parameter("demo", DEVICE, "p0", "0")

        outcomes = at_once([*map(setting, range(CALLERS - 1)), lambda: outcome(erase)])

        if outcomes[-1] == "done":
            assert sorts() == set()
        else:
            # The deletion met changes again and again.
            assert outcomes[-1] == "StoreUnavailable"
            erase()
        with pytest.raises(UnknownDevice):
            set_parameter("demo", DEVICE, "p0", "1")


def out_of_contract(at: int) -> None:
    """Notes a report of that moment."""
    facts = {"event_type": "OFF_CONTRACT"}
    record_report("demo", DEVICE, StoredReport(Service.EVENT, f"{at}#0", DEVICE, DEVICE, at, True, at, facts))


def speak(at: int) -> None:
    """Stores a message of that moment."""
    message = ReceivedMessage(
        network=Network.SIGFOX, device_id=DEVICE, device_as_received=DEVICE, time=at, seq_number=at % 4096
    )
    store_messages("demo", [message])


def test_lists_agree_with_conditions_whatever_happens_at_once() -> None:
    register()
    forget_cached_devices()
    start = now_ms()
    for number in range(2 * ROUNDS):
        first, second = start + 10 * number, start + 10 * number + 5
        report_at, message_at = (first, second) if number % 2 else (second, first)
        acts: list[Callable[[], object]] = [
            lambda at=report_at: out_of_contract(at),  # type: ignore[misc]
            lambda at=message_at: speak(at),  # type: ignore[misc]
            *[lambda: states_among("demo", DEVICE, DEVICE)] * 3,
            *[lambda: devices_in_state("demo", Status.OFF_CONTRACT, None, 10)] * 3,
        ]

        at_once(acts)

        expected = Status.OK if number % 2 else Status.OFF_CONTRACT
        assert status_of("demo", DEVICE, now_ms()).state is expected
        # The list is read eventually consistent.
        time.sleep(0.01)
        listed = states_among("demo", DEVICE, DEVICE)
        assert {told.state for told in listed.values()} == {expected} - {Status.OK}
