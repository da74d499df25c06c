"""Every form of partition key of the table and its indexes, and the items under each."""

from dataclasses import dataclass

from benchmarks.capacity.fleet import Spread


@dataclass(frozen=True, slots=True)
class Partition:
    """Partition keys of one form.

    Attributes:
        form: How they are written, `*` for what differs; of an index its name comes first.
        spread: What there is one of these keys for.
    """

    form: str
    spread: Spread


@dataclass(frozen=True, slots=True)
class Item:
    """Items whose keys have one form.

    Attributes:
        partition: Their partition keys.
        sort: How their sort keys are written, `*` for what differs.
        spread: What there is at least one of them for.
    """

    partition: Partition
    sort: str
    spread: Spread

    @property
    def form(self) -> str:
        """Both keys."""
        return f"{self.partition.form} {self.sort}"


_KEY = Partition("KEY#*", Spread.KEY)
_APPLICATIONS = Partition("APPLICATIONS", Spread.TABLE)
_APPLICATION = Partition("APP#*", Spread.APPLICATION)
_SECRETS = Partition("SECRET#*", Spread.APPLICATION)
_JOB = Partition("JOB#*", Spread.APPLICATION)
_WEBHOOK = Partition("WEBHOOK#*", Spread.APPLICATION)
_STATE_LIST = Partition("STATE#*", Spread.APPLICATION)
_DEVICE = Partition("DEVICE#*", Spread.DEVICE)
_FEED = Partition("FEED#*", Spread.APPLICATION_SHARD)

KEY = Item(_KEY, "KEY", Spread.KEY)
LISTED_APPLICATION = Item(_APPLICATIONS, "*", Spread.APPLICATION)
APPLICATION = Item(_APPLICATION, "APP", Spread.APPLICATION)
LISTED_KEY = Item(_APPLICATION, "KEY#*", Spread.KEY)
JOB = Item(_APPLICATION, "JOB#*", Spread.APPLICATION)
JOB_ERROR = Item(_JOB, "ERROR#*", Spread.APPLICATION)
JOB_ROWS = Item(_JOB, "ROWS#*", Spread.APPLICATION)
FORMATTER = Item(_APPLICATION, "FORMATTER#*", Spread.APPLICATION)
FORMATTER_VERSION = Item(_APPLICATION, "VERSION#*", Spread.APPLICATION)
WEBHOOK = Item(_APPLICATION, "WEBHOOK#*", Spread.APPLICATION)
WEBHOOK_SECRETS = Item(_SECRETS, "WEBHOOK#*", Spread.APPLICATION)
WATCH_ORDER = Item(_APPLICATION, "WATCH#*", Spread.APPLICATION)
WEBHOOK_HEALTH = Item(_APPLICATION, "WEBHOOKHEALTH#*", Spread.APPLICATION)
SIGFOX_CONNECTION = Item(_APPLICATION, "SIGFOX", Spread.APPLICATION)
RATE = Item(_APPLICATION, "RATE#*", Spread.APPLICATION)
WEBHOOK_ATTEMPT = Item(_WEBHOOK, "ATTEMPT#*", Spread.APPLICATION)
SIGFOX_LEASE = Item(_APPLICATION, "SIGFOXLEASE#*", Spread.APPLICATION)
SIGFOX_DEVICE_TYPE = Item(_APPLICATION, "SIGFOXTYPE#*", Spread.APPLICATION)
ERASURE = Item(_APPLICATION, "ERASURE#*", Spread.DEVICE)
LISTED_IN_STATE = Item(_STATE_LIST, "LISTED#*", Spread.DEVICE)
DEVICE = Item(_DEVICE, "DEVICE", Spread.DEVICE)
DEVICE_STATE = Item(_DEVICE, "STATE", Spread.DEVICE)
PARAMETER = Item(_DEVICE, "PARAM#*", Spread.DEVICE)
PUSH_KEY = Item(_DEVICE, "PUSH#*", Spread.DEVICE)
MESSAGE = Item(_DEVICE, "MSG#*", Spread.DEVICE)
SENT_MARK = Item(_DEVICE, "SENT#*", Spread.DEVICE)
DATA_ENTRY = Item(_DEVICE, "DATA#*", Spread.DEVICE)
REPORT = Item(_DEVICE, "EVENT#*", Spread.DEVICE)
ATTEMPT = Item(_DEVICE, "DOWNLINK#*", Spread.DEVICE)
CONDITION = Item(_DEVICE, "CONDITION", Spread.DEVICE)
SIGFOX_DEVICE = Item(_DEVICE, "SIGFOX", Spread.DEVICE)
ALL_OF_DEVICE = Item(_DEVICE, "*", Spread.DEVICE)
FEED_ROW = Item(_FEED, "*", Spread.APPLICATION_SHARD)

# The sort key of the index `due` is a moment: what is written at a time is beside each other, so that
# DynamoDB can't split the load of such a key.
DUE_DOWNLINKS = Partition("due DOWNLINKS#*", Spread.SHARD)
DUE_SILENCE = Partition("due SILENCE#*", Spread.SHARD)
DUE_WATCH_ORDERS = Partition("due WATCH_ORDERS", Spread.TABLE)
DUE_WEBHOOKS = Partition("due WEBHOOKS", Spread.TABLE)
DUE_SIGFOX = Partition("due SIGFOX", Spread.TABLE)
DUE_JOBS = Partition("due JOBS", Spread.TABLE)
POSTPONED_JOBS = Partition("due JOBSLATER", Spread.TABLE)
DUE_ERASURES = Partition("due ERASURES", Spread.TABLE)
DUE_APPLICATION_ERASURES = Partition("due APPLICATION_ERASURES", Spread.TABLE)
LISTED_DEVICES = Partition("devices APP#*", Spread.APPLICATION)
ANSWERED = Partition("answered DEVICE#*", Spread.DEVICE)
