"""Every access to the table: what each occasion reads and writes, and for how many units.

Units are those of small items, as `make bench` counts them; `measured` names the row that they agree with.
The functional tests refuse a request of the product that is missing here.
"""

from dataclasses import dataclass

from benchmarks.capacity import key_design as key
from benchmarks.capacity.fleet import Occasion
from benchmarks.capacity.key_design import Item, Partition


@dataclass(frozen=True, slots=True)
class IndexWrite:
    """What a write of an item costs in an index.

    Attributes:
        partition: The key of the index.
        units: Write units.
    """

    partition: Partition
    units: float = 1


@dataclass(frozen=True, slots=True)
class Access:
    """An item that a request reads or writes.

    Attributes:
        operation: DynamoDB's name of the request, and of the part of it where it has several kinds.
        item: The item, or of a query of an index the key.
        reads, writes: Units, of the table or of the index that is queried.
        indexes: What is written in indexes beside it.
    """

    operation: str
    item: Item | Partition
    reads: float = 0
    writes: float = 0
    indexes: tuple[IndexWrite, ...] = ()

    @property
    def partition(self) -> Partition:
        """The key that is read or written."""
        return self.item if isinstance(self.item, Partition) else self.item.partition

    @property
    def form(self) -> str:
        """How the tests write it: a request to delete does not tell which indexes the item was in."""
        indexes = dict.fromkeys(write.partition.form.partition(" ")[0] for write in self.indexes)
        told = [] if "Delete" in self.operation else list(indexes)
        return " +".join([f"{self.operation} {self.item.form}", *told])


@dataclass(frozen=True, slots=True)
class AccessPattern:
    """What an occasion reads and writes.

    Attributes:
        name: What is done.
        occasion: When.
        accesses: The items.
        measured: The row of `make bench` that counts the same units; "" for none.
    """

    name: str
    occasion: Occasion
    accesses: tuple[Access, ...]
    measured: str = ""


def _eventual(item: Item) -> Access:
    return Access("BatchGetItem", item, reads=0.5)


def _get(item: Item, reads: float = 1) -> Access:
    return Access("GetItem", item, reads=reads)


def _query(item: Item | Partition, reads: float = 0.5) -> Access:
    return Access("Query", item, reads=reads)


def _put(item: Item, *indexes: IndexWrite) -> Access:
    return Access("PutItem", item, writes=1, indexes=indexes)


def _update(item: Item, *indexes: IndexWrite) -> Access:
    return Access("UpdateItem", item, writes=1, indexes=indexes)


def _delete(item: Item, *indexes: IndexWrite) -> Access:
    return Access("DeleteItem", item, writes=1, indexes=indexes)


def _together(kind: str, item: Item, *indexes: IndexWrite) -> Access:
    return Access(f"TransactWriteItems {kind}", item, writes=2, indexes=indexes)


_DUE_DOWNLINK = IndexWrite(key.DUE_DOWNLINKS)
# Another moment is another place in the index: the old entry goes, a new one comes.
_NEXT_LOOK = IndexWrite(key.DUE_SILENCE, 2)
_FIRST_LOOK = IndexWrite(key.DUE_SILENCE)
# An application's list of devices: it has a copy of what each is.
_LISTED = IndexWrite(key.LISTED_DEVICES)
# A key is about 100 bytes, and a half unit reads 4 kB of them.
_DUE_KEY = 0.5 / 40

STEADY = (
    AccessPattern("store a message", Occasion.MESSAGE, (_put(key.MESSAGE),), measured="warm uplink"),
    AccessPattern(
        "look up a device",
        Occasion.UNREMEMBERED,
        (_eventual(key.DEVICE),),
    ),
    AccessPattern("claim a downlink", Occasion.ASKED, (_update(key.DEVICE_STATE),)),
    AccessPattern(
        "push a downlink",
        Occasion.DOWNLINK,
        (_update(key.DEVICE_STATE),),
        measured="push of 1 item on an empty queue",
    ),
    AccessPattern(
        "record that a downlink was queued",
        Occasion.DOWNLINK,
        (_update(key.ATTEMPT),),
    ),
    AccessPattern(
        "record that a downlink was answered, and count the day's",
        Occasion.DOWNLINK,
        (_update(key.ATTEMPT, _DUE_DOWNLINK, IndexWrite(key.ANSWERED)), _query(key.ANSWERED)),
        measured="stream function, a downlink answered",
    ),
    AccessPattern(
        "store an acknowledgement", Occasion.ACKNOWLEDGED, (_put(key.REPORT),), measured="acknowledge, warm"
    ),
    AccessPattern(
        "record what became of a downlink",
        Occasion.ACKNOWLEDGED,
        (_query(key.ANSWERED), _get(key.ATTEMPT), _update(key.ATTEMPT, _DUE_DOWNLINK)),
        measured="stream function, a downlink sent",
    ),
    AccessPattern(
        "end the wait for an acknowledgement",
        Occasion.UNACKNOWLEDGED,
        (
            _query(key.DUE_DOWNLINKS, _DUE_KEY),
            _get(key.ATTEMPT),
            _query(key.REPORT),
            _update(key.ATTEMPT, _DUE_DOWNLINK),
        ),
    ),
    AccessPattern("store a report", Occasion.REPORT, (_put(key.REPORT),), measured="status report, warm"),
    AccessPattern("note what a report tells of a device", Occasion.REPORT, (_update(key.CONDITION),)),
    # Those of a shard that come together share a row; here none does.
    AccessPattern(
        "write an event into the feed",
        Occasion.EVENT,
        (Access("BatchWriteItem Put", key.FEED_ROW, writes=1),),
        measured="publish, one message, 0 webhooks",
    ),
    AccessPattern(
        "look at a watched device",
        Occasion.LOOK,
        (
            _query(key.DUE_SILENCE, _DUE_KEY),
            _get(key.CONDITION),
            _query(key.MESSAGE, 1),
            _get(key.DEVICE),
            _update(key.CONDITION, _NEXT_LOOK),
        ),
    ),
    AccessPattern(
        "read keys and applications again",
        Occasion.INSTANCE_MINUTE,
        (_get(key.KEY, 0.5), _eventual(key.APPLICATION)),
    ),
    AccessPattern(
        "ask a shard what is due",
        Occasion.SHARD_MINUTE,
        (_query(key.DUE_DOWNLINKS), _query(key.DUE_SILENCE)),
    ),
    AccessPattern(
        "ask what is due",
        Occasion.MINUTE,
        (
            _query(key.DUE_WATCH_ORDERS),
            _query(key.DUE_ERASURES),
            _query(key.DUE_APPLICATION_ERASURES),
            _query(key.DUE_JOBS),
            _query(key.POSTPONED_JOBS),
            _query(key.DUE_WEBHOOKS),
            _query(key.DUE_SIGFOX),
            _get(key.APPLICATION),
        ),
    ),
)

_ONCE = (
    AccessPattern(
        "register a device",
        Occasion.REGISTRATION,
        (_together("Put", key.DEVICE, _LISTED), _together("Update", key.DEVICE_STATE)),
    ),
    AccessPattern(
        "list a device as never heard", Occasion.CREATION, (_together("Update", key.LISTED_IN_STATE),)
    ),
    AccessPattern("begin to watch a device", Occasion.REGISTRATION, (_update(key.CONDITION, _FIRST_LOOK),)),
    AccessPattern(
        "enter a device in the list of a state", Occasion.STATE_TOLD, (_update(key.LISTED_IN_STATE),)
    ),
)

_EXCEPTIONS = (
    AccessPattern("note the day of a key's use", Occasion.EXCEPTION, (_update(key.KEY),)),
    AccessPattern(
        "note that Sigfox names another type",
        Occasion.EXCEPTION,
        (_update(key.DEVICE, _LISTED),),
    ),
    AccessPattern(
        "store a message whose time is not believed", Occasion.EXCEPTION, (_update(key.SENT_MARK),)
    ),
    AccessPattern(
        "add to a stored message",
        Occasion.EXCEPTION,
        (_update(key.MESSAGE), _update(key.DATA_ENTRY), _query(key.DATA_ENTRY)),
    ),
    AccessPattern("store data set by hand", Occasion.EXCEPTION, (_put(key.DATA_ENTRY),)),
    AccessPattern("read a device's state for a claim", Occasion.EXCEPTION, (_get(key.DEVICE_STATE),)),
    AccessPattern("read the other attempts of a downlink", Occasion.EXCEPTION, (_query(key.ATTEMPT, 1),)),
    AccessPattern("take a downlink out of a queue", Occasion.EXCEPTION, (_update(key.DEVICE_STATE),)),
    AccessPattern(
        "record that a downlink expired",
        Occasion.EXCEPTION,
        (_update(key.ATTEMPT, _DUE_DOWNLINK),),
        measured="stream function, a downlink expired",
    ),
    AccessPattern(
        "queue a confirmed downlink again",
        Occasion.EXCEPTION,
        (
            _together("Update", key.DEVICE_STATE),
            _together("Update", key.ATTEMPT, _DUE_DOWNLINK),
            _together("Update", key.ATTEMPT),
        ),
    ),
    AccessPattern(
        "follow an order to watch a type's devices",
        Occasion.EXCEPTION,
        (
            _update(key.WATCH_ORDER, IndexWrite(key.DUE_WATCH_ORDERS, 2)),
            _update(key.WATCH_ORDER),
            _get(key.WATCH_ORDER),
            _delete(key.WATCH_ORDER, IndexWrite(key.DUE_WATCH_ORDERS)),
        ),
    ),
    AccessPattern(
        "delete a device",
        Occasion.EXCEPTION,
        (
            _query(key.ALL_OF_DEVICE),
            _query(key.PARAMETER, 1),
            _together("Delete", key.DEVICE, _LISTED),
            _together("Delete", key.DEVICE_STATE),
            _together("Delete", key.CONDITION, IndexWrite(key.DUE_SILENCE)),
            _together("Delete", key.PARAMETER),
            _together("Put", key.ERASURE, IndexWrite(key.DUE_ERASURES)),
        ),
    ),
    AccessPattern(
        "delete and erase an application",
        Occasion.EXCEPTION,
        (
            _together("Delete", key.APPLICATION),
            _together("Update", key.LISTED_APPLICATION, IndexWrite(key.DUE_APPLICATION_ERASURES)),
            _get(key.LISTED_APPLICATION),
            _query(key.WATCH_ORDER, 1),
            Access("BatchWriteItem Delete", key.KEY, writes=1),
            Access("BatchWriteItem Delete", key.LISTED_KEY, writes=1),
            _update(key.LISTED_APPLICATION, IndexWrite(key.DUE_APPLICATION_ERASURES, 2)),
            _delete(key.LISTED_APPLICATION, IndexWrite(key.DUE_APPLICATION_ERASURES)),
        ),
    ),
    AccessPattern(
        "erase a deleted device",
        Occasion.EXCEPTION,
        (
            Access("BatchWriteItem Delete", key.ALL_OF_DEVICE, writes=1),
            Access("BatchWriteItem Delete", key.LISTED_IN_STATE, writes=1),
            _delete(key.CONDITION),
            _update(key.ERASURE, IndexWrite(key.DUE_ERASURES, 2)),
            _delete(key.ERASURE, IndexWrite(key.DUE_ERASURES)),
        ),
    ),
)

_WEBHOOKS = (
    AccessPattern(
        "call a webhook, once for all of a batch",
        Occasion.EXCEPTION,
        (_get(key.WEBHOOK), _get(key.WEBHOOK_SECRETS), _get(key.WEBHOOK_HEALTH)),
    ),
    AccessPattern(
        "note how a webhook is doing, at most once a minute",
        Occasion.EXCEPTION,
        (_get(key.WEBHOOK_HEALTH), _update(key.WEBHOOK_HEALTH, IndexWrite(key.DUE_WEBHOOKS, 2))),
    ),
    AccessPattern(
        "note that a call failed, at most once a second", Occasion.EXCEPTION, (_put(key.WEBHOOK_ATTEMPT),)
    ),
    AccessPattern(
        "show and delete what is known of a webhook's calls",
        Occasion.REQUEST,
        (
            _query(key.WEBHOOK_ATTEMPT),
            _query(key.WEBHOOK_HEALTH),
            _delete(key.WEBHOOK_HEALTH, IndexWrite(key.DUE_WEBHOOKS)),
            Access("BatchWriteItem Delete", key.WEBHOOK_ATTEMPT, writes=1),
        ),
    ),
)

_REQUESTS = (
    AccessPattern(
        "push a downlink under a key",
        Occasion.REQUEST,
        (_together("Update", key.PUSH_KEY), _together("Update", key.DEVICE_STATE)),
    ),
    AccessPattern("ask whether a device was never heard", Occasion.REQUEST, (_get(key.LISTED_IN_STATE),)),
    AccessPattern(
        "list devices, with their states",
        Occasion.REQUEST,
        (
            _query(key.LISTED_DEVICES),
            _query(key.LISTED_IN_STATE),
            Access("BatchGetItem", key.CONDITION, reads=1),
            _eventual(key.DEVICE_STATE),
            _delete(key.LISTED_IN_STATE),
        ),
    ),
    AccessPattern(
        "create and change an application",
        Occasion.REQUEST,
        (
            _together("Put", key.APPLICATION),
            _together("Put", key.LISTED_APPLICATION),
            _query(key.LISTED_APPLICATION, 1),
            _put(key.APPLICATION),
            _update(key.APPLICATION),
        ),
    ),
    AccessPattern(
        "create, list and revoke keys",
        Occasion.REQUEST,
        (
            _together("Put", key.KEY),
            _together("Put", key.LISTED_KEY),
            _together("Update", key.APPLICATION),
            _query(key.LISTED_KEY, 1),
            Access("BatchGetItem", key.KEY, reads=1),
            _together("Delete", key.KEY),
            _together("Delete", key.LISTED_KEY),
        ),
    ),
    AccessPattern(
        "order, follow and cancel a job",
        Occasion.REQUEST,
        (
            _put(key.JOB, IndexWrite(key.DUE_JOBS)),
            _get(key.JOB),
            _query(key.JOB, 1),
            _update(key.JOB, IndexWrite(key.DUE_JOBS, 2)),
            _update(key.JOB, IndexWrite(key.POSTPONED_JOBS, 2)),
            Access("BatchWriteItem Delete", key.JOB, writes=1),
        ),
    ),
    AccessPattern(
        "tell a job what to work on, and what it failed at",
        Occasion.REQUEST,
        (
            Access("BatchWriteItem Put", key.JOB_ROWS, writes=1),
            _get(key.JOB_ROWS),
            _query(key.JOB_ROWS),
            _update(key.JOB_ROWS),
            Access("BatchWriteItem Delete", key.JOB_ROWS, writes=1),
            Access("BatchWriteItem Put", key.JOB_ERROR, writes=1),
            _query(key.JOB_ERROR),
            Access("BatchWriteItem Delete", key.JOB_ERROR, writes=1),
        ),
    ),
    AccessPattern(
        "read a message anew",
        Occasion.REQUEST,
        (_query(key.LISTED_DEVICES), _query(key.PARAMETER), _query(key.MESSAGE), _update(key.MESSAGE)),
    ),
    AccessPattern(
        "put, show and delete formatters",
        Occasion.REQUEST,
        (
            _query(key.FORMATTER, 1),
            _get(key.FORMATTER),
            _get(key.FORMATTER_VERSION, 0.5),
            _update(key.FORMATTER),
            _together("Put", key.FORMATTER),
            _together("Update", key.FORMATTER),
            _together("Put", key.FORMATTER_VERSION),
            _delete(key.FORMATTER),
            Access("BatchWriteItem Delete", key.FORMATTER, writes=1),
            Access("BatchWriteItem Delete", key.FORMATTER_VERSION, writes=1),
        ),
    ),
    AccessPattern(
        "create, show, change and delete webhooks",
        Occasion.REQUEST,
        (
            _query(key.WEBHOOK, 1),
            _get(key.WEBHOOK),
            _get(key.WEBHOOK_SECRETS),
            *(
                _together(kind, item)
                for kind in ("Put", "Update", "Delete")
                for item in (key.WEBHOOK, key.WEBHOOK_SECRETS)
            ),
            Access("BatchWriteItem Delete", key.WEBHOOK, writes=1),
            Access("BatchWriteItem Delete", key.WEBHOOK_SECRETS, writes=1),
        ),
    ),
    AccessPattern(
        "read a payload by a script",
        Occasion.REQUEST,
        (
            _eventual(key.FORMATTER),
            _get(key.FORMATTER_VERSION, 0.5),
            _query(key.PARAMETER),
            _update(key.MESSAGE),
        ),
    ),
    AccessPattern(
        "try a formatter",
        Occasion.REQUEST,
        (_get(key.FORMATTER), _get(key.FORMATTER_VERSION, 0.5), _get(key.DEVICE), _query(key.PARAMETER)),
    ),
    AccessPattern(
        "encode a downlink",
        Occasion.REQUEST,
        (_eventual(key.FORMATTER), _get(key.FORMATTER_VERSION, 0.5), _query(key.PARAMETER)),
    ),
    AccessPattern(
        "create, change and delete parameters",
        Occasion.REQUEST,
        (
            _together("Put", key.PARAMETER),
            _together("Update", key.DEVICE),
            _update(key.PARAMETER),
            _together("Update", key.PARAMETER),
        ),
    ),
)

_SIGFOX = (
    AccessPattern(
        "import a device from Sigfox",
        Occasion.REQUEST,
        (
            _eventual(key.DEVICE),
            _eventual(key.SIGFOX_DEVICE),
            Access("BatchWriteItem Put", key.SIGFOX_DEVICE, writes=1),
        ),
    ),
    AccessPattern(
        "show and change what Sigfox knows of a device",
        Occasion.REQUEST,
        (_get(key.SIGFOX_DEVICE), _update(key.SIGFOX_DEVICE)),
    ),
    AccessPattern(
        "import, connect and show Sigfox's device types",
        Occasion.REQUEST,
        (
            _get(key.SIGFOX_DEVICE_TYPE),
            _query(key.SIGFOX_DEVICE_TYPE, 1),
            _update(key.SIGFOX_DEVICE_TYPE),
            Access("BatchWriteItem Delete", key.SIGFOX_DEVICE_TYPE, writes=1),
        ),
    ),
    AccessPattern(
        "connect a device type in Sigfox",
        Occasion.REQUEST,
        (_update(key.SIGFOX_LEASE), _delete(key.SIGFOX_LEASE)),
    ),
    AccessPattern(
        "connect to Sigfox, show how it goes, and disconnect",
        Occasion.REQUEST,
        (
            _get(key.SIGFOX_CONNECTION),
            _update(key.SIGFOX_CONNECTION, IndexWrite(key.DUE_SIGFOX, 2)),
            _delete(key.SIGFOX_CONNECTION, IndexWrite(key.DUE_SIGFOX)),
        ),
    ),
    AccessPattern(
        "note how a connection to Sigfox goes, at most once a minute",
        Occasion.REQUEST,
        (_update(key.SIGFOX_CONNECTION),),
    ),
    AccessPattern(
        "find which messages of Sigfox's lists are stored",
        Occasion.REQUEST,
        (Access("BatchGetItem", key.MESSAGE, reads=1),),
    ),
    AccessPattern(
        "take a turn at what Sigfox limits",
        Occasion.REQUEST,
        (_update(key.RATE), _query(key.RATE, 1), Access("BatchWriteItem Delete", key.RATE, writes=1)),
    ),
)

_FEED = (
    AccessPattern("write a refused callback into the feed", Occasion.EXCEPTION, (_put(key.FEED_ROW),)),
    AccessPattern("read the feed", Occasion.REQUEST, (_query(key.FEED_ROW),)),
    AccessPattern(
        "erase the feed of a deleted application",
        Occasion.EXCEPTION,
        (Access("BatchWriteItem Delete", key.FEED_ROW, writes=1),),
    ),
)

ACCESS_PATTERNS = (*STEADY, *_ONCE, *_EXCEPTIONS, *_WEBHOOKS, *_REQUESTS, *_SIGFOX, *_FEED)

# What the tests write of an access, or of the key of an index that one writes.
KNOWN_FORMS = frozenset(
    form
    for pattern in ACCESS_PATTERNS
    for access in pattern.accesses
    for form in (access.form, *(write.partition.form for write in access.indexes))
)
