"""How webhooks are doing: an item each beside their application, in the index `due` while time asks for it.

Who changes one has read it: a change of what is not as it was read any more is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.errors import StoreUnavailable
from sigbridge.model.webhook_health import Failure, WebhookHealth, WebhookState
from sigbridge.store import due, table
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Deletion, Key, Record, Update

SORT_PREFIX = "WEBHOOKHEALTH#"
_DUE_LIST = "WEBHOOKS"
# Of changes at the same moment one goes first; each of the others reads again.
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class StoredHealth:
    """How a webhook is doing, as it was read.

    Attributes:
        application_id, webhook_id: The webhook.
        health: How it is doing.
        revision: How often it was changed.
    """

    application_id: str
    webhook_id: str
    health: WebhookHealth
    revision: int = 0


class HealthChanged(Exception):
    """It is not as it was read any more; nothing was changed."""


def find(application_id: str, webhook_id: str) -> StoredHealth:
    """Read how a webhook is doing, as the last finished write left it; unless it is known, it is well."""
    record = table.get_latest(_key(application_id, webhook_id))
    if record is None:
        return StoredHealth(application_id, webhook_id, WebhookHealth())
    return read_stored_health(record)


def replace(seen: StoredHealth, health: WebhookHealth) -> None:
    """Write how a webhook is doing.

    Raises:
        HealthChanged: It was changed since it was read.
    """
    attributes = _record_of(health)
    present = {name: value for name, value in attributes.items() if value is not None}
    absent = [name for name, value in attributes.items() if value is None]
    assignments = [f"#{name} = :{name}" for name in present]
    expression = f"SET revision = :revision, {', '.join(assignments)}"
    if absent:
        expression += f" REMOVE {', '.join(f'#{name}' for name in absent)}"
    change = Update(
        key=_key(seen.application_id, seen.webhook_id),
        expression=_in_due_list(expression, health),
        condition="revision = :seen" if seen.revision else "attribute_not_exists(revision)",
        names={f"#{name}": name for name in attributes},
        values={f":{name}": value for name, value in present.items()}
        | {":revision": seen.revision + 1}
        | ({":seen": seen.revision} if seen.revision else {})
        | ({} if health.due_at is None else {":due_list": _DUE_LIST, ":due_at": health.due_at}),
    )
    try:
        table.update(change)
    except ConditionFailed as failed:
        raise HealthChanged from failed


def _in_due_list(expression: str, health: WebhookHealth) -> str:
    if health.due_at is None:
        separator = "," if " REMOVE " in expression else " REMOVE"
        return f"{expression}{separator} due_list, due_at"
    return expression.replace("SET ", "SET due_list = :due_list, due_at = :due_at, ", 1)


def change(
    application_id: str, webhook_id: str, transition: Callable[[WebhookHealth], WebhookHealth]
) -> WebhookHealth:
    """Change how a webhook is doing by what it is, and return what it is then; nothing new writes nothing.

    Raises:
        StoreUnavailable: Others changed it all the time; nothing was changed.
    """
    for _ in range(_ATTEMPTS):
        seen = find(application_id, webhook_id)
        wanted = transition(seen.health)
        if wanted == seen.health:
            return wanted
        try:
            replace(seen, wanted)
        except HealthChanged:
            continue
        return wanted
    raise StoreUnavailable


def due_until(now_ms: int) -> Iterator[DueItem]:
    """Yield the webhooks that are to be tried by now, and those that missed something."""
    return due.due_until(_DUE_LIST, now_ms)


def webhook_named(item: DueItem) -> tuple[str, str]:
    """Return the application and the id of a webhook that is due."""
    return _webhook_of(item.key.pk, item.key.sk)


def known_webhooks(application_id: str) -> list[str]:
    """Return the ids of the webhooks of an application of which is known how they are doing."""
    items = table.query_prefix(f"APP#{application_id}", SORT_PREFIX)
    return [_webhook_of(item["pk"], item["sk"])[1] for item in items]


def remove(application_id: str, webhook_id: str) -> None:
    """Forget how a webhook is doing."""
    table.delete(Deletion(_key(application_id, webhook_id), condition=""))


def read_stored_health(record: Mapping[str, Any]) -> StoredHealth:
    """Read the stored item, or its image in the change stream."""
    health = WebhookHealth(
        state=WebhookState(record["state"]),
        failures=int(record["failures"]),
        failing_since=whole(record.get("failing_since")),
        last_failure=_read_failure(record.get("last_failure")),
        last_success_at=whole(record.get("last_success_at")),
        missed_from=whole(record.get("missed_from")),
        probe_at=whole(record.get("probe_at")),
        probes=int(record["probes"]),
        disabled_at=whole(record.get("disabled_at")),
    )
    return StoredHealth(*_webhook_of(record["pk"], record["sk"]), health, int(record["revision"]))


def _read_failure(record: Mapping[str, Any] | None) -> Failure | None:
    if record is None:
        return None
    return Failure(int(record["at"]), record["reason"], whole(record.get("status")))


def _record_of(health: WebhookHealth) -> Record:
    failure = health.last_failure
    return {
        "state": health.state.value,
        "failures": health.failures,
        "failing_since": health.failing_since,
        "last_failure": None
        if failure is None
        else {"at": failure.at, "reason": failure.reason, "status": failure.status},
        "last_success_at": health.last_success_at,
        "missed_from": health.missed_from,
        "probe_at": health.probe_at,
        "probes": health.probes,
        "disabled_at": health.disabled_at,
    }


def _key(application_id: str, webhook_id: str) -> Key:
    return Key(f"APP#{application_id}", SORT_PREFIX + webhook_id)


def _webhook_of(pk: str, sk: str) -> tuple[str, str]:
    return pk.removeprefix("APP#"), sk.removeprefix(SORT_PREFIX)
