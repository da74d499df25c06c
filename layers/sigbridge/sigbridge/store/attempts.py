"""Attempts to bring a downlink to its device: the history of downlinks.

An attempt is one item, `DOWNLINK#<downlink id>#<number, 2 digits>`. Every step of its life is an
attribute of its own, written once: a step that is recorded again changes nothing. Attempts wait in
two indexes while there is something to find them for:

* `due`: attempts with something to end at a moment, by that moment (`due_at`);
* `answered`: attempts that were handed to an uplink, by that uplink (`uplink`).
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.model.downlink import Downlink
from sigbridge.model.downlink_history import Attempt, AttemptKey, Step, StoredAttempt
from sigbridge.model.due import Backlogs
from sigbridge.store import device_states, due, table, transactions
from sigbridge.store.device_states import QueueHasNoRoom, read_state
from sigbridge.store.downlink_codec import read_downlink, write_downlink
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed, NeverTogether, TransactionFailed
from sigbridge.store.rows import Key, Record, Span, Update

_SORT = "DOWNLINK#"
# Ids are hex, so this sorts after every one of them.
_AFTER_ALL_IDS = "g"
# Sorts after what follows the moment in an uplink's key.
_AFTER_EVERY_NUMBER = "~"
_DUE_KIND = "DOWNLINKS"
_PAGE = 50


@dataclass(frozen=True, slots=True)
class StepWrite:
    """One step in the life of an attempt.

    Attributes:
        name: The step.
        details: What is to be known of it.
        downlink: The downlink; the first step that is recorded keeps it.
        kept_until: Epoch seconds after which the attempt is forgotten, unless another step follows;
            None for the first step, since the downlink may wait for ever.
        uplink: Key of the uplink that the downlink was handed to, by the step that says so.
        due_at: Epoch ms at which the attempt is to be looked at again. None for not any more; for the
            first step, for what a later one that came before it has said.
    """

    name: Step
    details: Mapping[str, Any]
    downlink: Downlink
    kept_until: int | None = None
    uplink: str | None = None
    due_at: int | None = None

    @property
    def is_first(self) -> bool:
        """Whether another step can't come before it, unless it is recorded late."""
        return self.kept_until is None


class StepRecorded(Exception):
    """This step was recorded before, or an end that excludes it; nothing was changed."""


class QueueWasReplaced(Exception):
    """The queue was replaced since the downlink was handed out; nothing was changed."""


def record_step(key: AttemptKey, step: StepWrite) -> None:
    """Record a step of an attempt, and the attempt itself if this is the first that is heard of it.

    Raises:
        StepRecorded: It was recorded before.
    """
    try:
        table.update(_recording(key, step, "attribute_not_exists(#step)"))
    except ConditionFailed as failed:
        raise StepRecorded from failed


def try_again(key: AttemptKey, step: StepWrite, first_step: StepWrite, generation: int) -> None:
    """End an attempt with a step and put its downlink at the head of the queue for the next attempt.

    All of it happens or nothing, so that a downlink is put back once however often this is tried.

    Args:
        key: The attempt that ends.
        step: How it ends.
        first_step: The first step of the next attempt, with the downlink as it is to be queued.
        generation: How often the queue had been replaced when the downlink was handed out.

    Raises:
        StepRecorded: It ended before, or its acknowledgement came.
        QueueWasReplaced: The queue was replaced since, so that nothing is to come back.
        QueueHasNoRoom: The queue holds all that it can.
    """
    following = replace(key, number=key.number + 1)
    not_over = "attribute_not_exists(#step) AND attribute_not_exists(sent)"
    try:
        transactions.transact(
            device_states.putting_back(key.application_id, key.device_id, first_step.downlink, generation),
            _recording(key, step, not_over),
            _recording(following, first_step, "attribute_not_exists(pk)"),
        )
    except NeverTogether as refusal:
        raise QueueHasNoRoom from refusal
    except TransactionFailed as refusal:
        if refusal.refused.keys() & {1, 2}:
            raise StepRecorded from refusal
        state = refusal.refused[0]
        is_replaced = state is None or read_state(state).generation != generation
        raise (QueueWasReplaced if is_replaced else QueueHasNoRoom) from refusal


def _recording(key: AttemptKey, step: StepWrite, condition: str) -> Update:
    assignments = ["#step = :details", "downlink = if_not_exists(downlink, :downlink)"]
    values: dict[str, Any] = {":details": dict(step.details), ":downlink": write_downlink(step.downlink)}
    if not step.is_first:
        assignments.append("expires_at = :until")
        values[":until"] = step.kept_until
    if step.uplink is not None:
        assignments.append("uplink = :uplink")
        values[":uplink"] = step.uplink
    if step.due_at is not None:
        late = step.is_first
        assignments += [
            f"due_list = {'if_not_exists(due_list, :due_list)' if late else ':due_list'}",
            f"due_at = {'if_not_exists(due_at, :due_at)' if late else ':due_at'}",
        ]
        due_list = due.list_of_device(_DUE_KIND, key.application_id, key.device_id)
        values |= {":due_list": due_list, ":due_at": step.due_at}
    expression = "SET " + ", ".join(assignments)
    if step.due_at is None and not step.is_first:
        expression += " REMOVE due_list, due_at"
    return Update(_key(key), expression, condition, values, {"#step": step.name.value})


def wait_no_more(key: AttemptKey) -> None:
    """Take an attempt off the list of those to be looked at again; one that is gone is off it."""
    with suppress(ConditionFailed):
        table.update(Update(_key(key), "REMOVE due_list, due_at", "attribute_exists(pk)", {}))


def find(key: AttemptKey) -> StoredAttempt | None:
    """Read one attempt as the last finished write left it."""
    record = table.get_latest(_key(key))
    return None if record is None else read_attempt(record)


def attempts_of(application_id: str, device_id: str, downlink_id: str) -> list[StoredAttempt]:
    """Read the attempts of a downlink, the last one first."""
    sort = f"{_SORT}{downlink_id}#"
    span = Span(_partition(application_id, device_id), sort, f"{sort}99")
    return [read_attempt(record) for record in table.newest_first(span, _PAGE)]


def newest_first(application_id: str, device_id: str, before: str | None) -> Iterator[StoredAttempt]:
    """Yield the attempts of a device, those of the downlink made last first.

    Args:
        application_id, device_id: The device.
        before: Id of a downlink: only downlinks made before it; None for all.
    """
    last = _AFTER_ALL_IDS if before is None else before
    span = Span(_partition(application_id, device_id), _SORT, f"{_SORT}{last}")
    return (read_attempt(record) for record in table.newest_first(span, _PAGE))


def answered_between(
    application_id: str, device_id: str, first_ms: int, last_ms: int
) -> dict[str, AttemptKey]:
    """Find the attempts that were handed to uplinks of these moments (epoch ms, both included).

    The index may lag behind the table by about a second.

    Returns:
        The attempts by the keys of the uplinks, in their order.
    """
    found = _answered_between(application_id, device_id, first_ms, last_ms)
    return {record["uplink"]: _attempt_key(record["pk"], record["sk"]) for record in found}


def answers_between(application_id: str, device_id: str, first_ms: int, last_ms: int) -> dict[str, int]:
    """Do as `answered_between`, but give the moments of the answers, epoch ms."""
    found = _answered_between(application_id, device_id, first_ms, last_ms)
    return {record["uplink"]: int(record["answered"]["at"]) for record in found}


def _answered_between(application_id: str, device_id: str, first_ms: int, last_ms: int) -> Iterator[Record]:
    first, last = f"{first_ms:013d}", f"{last_ms:013d}{_AFTER_EVERY_NUMBER}"
    span = Span(_partition(application_id, device_id), first, last, index="answered", sk_name="uplink")
    return table.in_order(span)


def backlogs(now_ms: int) -> Backlogs:
    """Ask how many attempts are to be looked at again by now."""
    return due.backlogs(_DUE_KIND, now_ms)


def due_until(shard: int, now_ms: int) -> Iterator[DueItem]:
    """Yield the attempts of a shard that are to be looked at again by now, the oldest wait first."""
    return due.due_until(due.list_of_shard(_DUE_KIND, shard), now_ms)


def due_attempt(item: DueItem) -> AttemptKey:
    """Return the attempt that is due."""
    return _attempt_key(item.key.pk, item.key.sk)


def read_attempt(record: Mapping[str, Any]) -> StoredAttempt:
    """Read the stored item, or its image in the change stream."""
    steps = {Step(name): details for name, details in record.items() if isinstance(details, dict)}
    attempt = Attempt(read_downlink(record["downlink"]), steps)
    return StoredAttempt(_attempt_key(record["pk"], record["sk"]), attempt)


def _key(key: AttemptKey) -> Key:
    return Key(_partition(key.application_id, key.device_id), f"{_SORT}{key.downlink_id}#{key.number:02d}")


def _attempt_key(pk: str, sk: str) -> AttemptKey:
    _, application_id, device_id = pk.split("#")
    _, downlink_id, number = sk.split("#")
    return AttemptKey(application_id, device_id, downlink_id, int(number))


def _partition(application_id: str, device_id: str) -> str:
    return f"DEVICE#{application_id}#{device_id}"
