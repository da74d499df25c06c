"""A simulation as it is asked for, and the plan that follows from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sigfox_simulator.customer import Action, plan_actions
from sigfox_simulator.devices import Device, make_fleet
from sigfox_simulator.fates import Patience
from sigfox_simulator.schedule import Message, Notice, plan_messages, plan_notices


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to be simulated.

    Attributes:
        devices: Size of the fleet.
        minutes: Simulated minutes during which devices transmit; repeats follow for 7 more at most.
        scale: Simulated seconds in a real one, where the bundle keeps pace.
        faults: Fraction of requests and acknowledgements that something happens to.
        seed: Decides everything that is left to chance.
        daily_quota: Answers that a device may be sent on a simulated UTC day.
        at_once: Requests under way at the same time, at most.
    """

    devices: int = 50
    minutes: float = 10
    scale: float = 10
    faults: float = 0.2
    seed: int = 0
    daily_quota: int = 4
    at_once: int = 8


@dataclass(frozen=True, slots=True)
class Target:
    """The bundle that is called.

    Attributes:
        base_url: Where its API answers.
        application_id: The application whose devices are simulated.
        key: A key of it with the rights for callbacks, for its queues, to read, and to write devices.
        patience: How long it takes to end what time ends.
        keep_time: Makes it end at once what time has ended; None where only its schedule does.
        receiver_host: Address at which the bundle can call this machine; None for none.
        sigfox_url: Address of the simulated Sigfox whose API the bundle calls; None for Sigfox's own.
    """

    base_url: str
    application_id: str
    key: str
    patience: Patience
    keep_time: Callable[[], Awaitable[None]] | None = None
    receiver_host: str | None = None
    sigfox_url: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before the first request.

    Attributes:
        fleet: The devices.
        messages: All that they transmit.
        notices: STATUS, ERROR and EVENT callbacks.
        actions: What the customer does, one list for each queue.
    """

    fleet: tuple[Device, ...]
    messages: tuple[Message, ...]
    notices: tuple[Notice, ...]
    actions: tuple[tuple[Action, ...], ...]


def make_plan(scenario: Scenario) -> Plan:
    """Plan a simulation; the same for the same scenario."""
    seed, seconds = scenario.seed, scenario.minutes * 60
    fleet = make_fleet(seed, scenario.devices)
    return Plan(
        fleet=tuple(fleet),
        messages=tuple(message for device in fleet for message in plan_messages(seed, device, seconds)),
        notices=tuple(plan_notices(seed, fleet, seconds)),
        actions=tuple(tuple(actions) for device in fleet if (actions := plan_actions(seed, device, seconds))),
    )
