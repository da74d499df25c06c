"""A fleet of devices, and how often each occasion for a request comes with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from bill.usage import CALLBACK_S
from sigbridge.model.due import SHARDS

_DAY_S = 86_400
# How long an instance of a function remembers a key, a device and an application.
REMEMBERED_S = 60


class Spread(StrEnum):
    """What there is one of for each item or partition key of a form."""

    TABLE = auto()
    KEY = auto()
    APPLICATION = auto()
    DEVICE = auto()
    SHARD = auto()
    APPLICATION_SHARD = auto()


class Occasion(StrEnum):
    """What DynamoDB is asked for.

    MESSAGE: a message is stored.
    UNREMEMBERED: a function is concerned with a device that it does not remember.
    ASKED: a device asks for a downlink.
    DOWNLINK: a downlink is pushed, queued and handed out.
    ACKNOWLEDGED: Sigfox acknowledges a downlink.
    UNACKNOWLEDGED: the time in which it could is over.
    REPORT: another service of Sigfox tells of a device.
    EVENT: something has happened that destinations are told of.
    LOOK: a watched device is looked at, once in its keep-alive time.
    INSTANCE_MINUTE: an instance of a function has forgotten keys and applications.
    MINUTE: a minute has passed.
    SHARD_MINUTE: the same, once for each shard of what is due.
    REGISTRATION, STATE_TOLD: once for a device, or in an outage; not in steady traffic.
    CREATION: a device is registered before its first message, one by one or by an import.
    EXCEPTION: what routine traffic does not bring: odd times, repeats with more in them, confirmed downlinks
        that fail, erasures.
    REQUEST: people and programs use the management API or a queue's other routes.
    """

    MESSAGE = auto()
    UNREMEMBERED = auto()
    ASKED = auto()
    DOWNLINK = auto()
    ACKNOWLEDGED = auto()
    UNACKNOWLEDGED = auto()
    REPORT = auto()
    EVENT = auto()
    LOOK = auto()
    INSTANCE_MINUTE = auto()
    MINUTE = auto()
    SHARD_MINUTE = auto()
    REGISTRATION = auto()
    CREATION = auto()
    STATE_TOLD = auto()
    EXCEPTION = auto()
    REQUEST = auto()


@dataclass(frozen=True, slots=True)
class Fleet:
    """Devices in steady traffic, evenly over the day.

    Attributes:
        devices: How many there are.
        messages_a_day: Of each.
        downlinks_a_day: Of each; as many of its messages ask for one.
        acknowledged: Share of the downlinks of which Sigfox tells what became of them.
        reports_a_day: STATUS, ERROR and the like, of each.
        watched: Share of the devices whose type has a keep-alive time.
        keep_alive_s: That time.
        applications: Over how many the devices are spread evenly.
        destinations: How many are told of everything, an event bus or a webhook each.
    """

    devices: float
    messages_a_day: float = 140
    downlinks_a_day: float = 4
    acknowledged: float = 1
    reports_a_day: float = 1
    watched: float = 1
    keep_alive_s: float = 3_600
    applications: float = 1
    destinations: float = 0

    def count(self, spread: Spread) -> float:
        """How many keys or items there are of a form."""
        numbers = {
            Spread.TABLE: 1.0,
            Spread.KEY: 1.0,
            Spread.APPLICATION: self.applications,
            Spread.DEVICE: self.devices,
            Spread.SHARD: SHARDS,
            Spread.APPLICATION_SHARD: self.applications * SHARDS,
        }
        return numbers[spread]

    @property
    def messages(self) -> float:
        """Messages a second."""
        return self.devices * self.messages_a_day / _DAY_S

    @property
    def downlinks(self) -> float:
        """Downlinks a second."""
        return self.devices * self.downlinks_a_day / _DAY_S

    @property
    def acknowledgements(self) -> float:
        """Acknowledgements a second."""
        return self.downlinks * self.acknowledged

    @property
    def reports(self) -> float:
        """Reports of other services a second."""
        return self.devices * self.reports_a_day / _DAY_S

    @property
    def callbacks(self) -> float:
        """Callbacks of Sigfox a second."""
        return self.messages + self.acknowledgements + self.reports

    @property
    def requests(self) -> float:
        """Requests to the API a second: callbacks and pushes."""
        return self.callbacks + self.downlinks

    @property
    def events(self) -> float:
        """What destinations are told of a second: messages, reports and the steps of downlinks."""
        return self.messages + 3 * self.downlinks + self.acknowledgements + self.reports

    @property
    def looks(self) -> float:
        """How many items a second the function `every_minute` has to look at."""
        return self.rates[Occasion.LOOK] + self.rates[Occasion.UNACKNOWLEDGED]

    @property
    def instances(self) -> float:
        """How many instances of functions are busy with callbacks and pushes at a time."""
        return max(1.0, self.requests * CALLBACK_S)

    @property
    def rates(self) -> Mapping[Occasion, float]:
        """How often each occasion comes, a second; what does not belong to steady traffic never."""
        forgotten = min(1, _DAY_S / self.messages_a_day / REMEMBERED_S)
        return dict.fromkeys(Occasion, 0.0) | {
            Occasion.MESSAGE: self.messages,
            # The quota is looked up for each downlink that was handed out.
            Occasion.UNREMEMBERED: (self.callbacks + self.downlinks) * forgotten,
            Occasion.ASKED: self.downlinks,
            Occasion.DOWNLINK: self.downlinks,
            Occasion.ACKNOWLEDGED: self.acknowledgements,
            Occasion.UNACKNOWLEDGED: self.downlinks - self.acknowledgements,
            Occasion.REPORT: self.reports,
            Occasion.EVENT: self.events,
            Occasion.LOOK: self.devices * self.watched / self.keep_alive_s,
            Occasion.INSTANCE_MINUTE: self.instances / REMEMBERED_S,
            Occasion.MINUTE: 1 / 60,
            Occasion.SHARD_MINUTE: SHARDS / 60,
        }
