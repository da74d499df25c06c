"""Webhooks beside their application, and their secrets under partition keys that few functions may read.

A webhook and its secrets are written in one transaction. `updated_at` differs after every change: who changes
a webhook names the one he has seen.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sigbridge.model.webhook import MessageType, SigningSecret, Webhook, WebhookFormat, WebhookSecrets
from sigbridge.store import table, transactions
from sigbridge.store.applications import application_key
from sigbridge.store.counting import increment, one_less
from sigbridge.store.failures import TransactionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Deletion, Key, NewItem, Record, Span, Update

_WEBHOOK = "WEBHOOK#"
# Sort before and after every character that an id may hold.
_BEFORE_ALL, _AFTER_ALL = "!", "~"
_PAGE = 100


class WebhookIdTaken(Exception):
    """The application has a webhook of this id; nothing was stored."""


class TooMany(Exception):
    """The application has as many webhooks as it may have, or is gone."""


class WebhookChanged(Exception):
    """The webhook was changed or deleted since it was read; nothing was changed."""


def find(application_id: str, webhook_id: str) -> Webhook | None:
    """Return a webhook as the last finished write left it."""
    record = table.get_latest(_key(application_id, webhook_id))
    return None if record is None else _read(record)


def of_application(application_id: str) -> list[Webhook]:
    """Return all webhooks of an application, in the order of their ids."""
    span = Span(f"APP#{application_id}", _WEBHOOK + _BEFORE_ALL, _WEBHOOK + _AFTER_ALL)
    return [_read(record) for record in table.newest_first(span, _PAGE)][::-1]


def find_secrets(application_id: str, webhook_id: str) -> WebhookSecrets | None:
    """Return the secrets of a webhook as the last write left them; None where there is no such one."""
    record = table.get_latest(_secret_key(application_id, webhook_id))
    return None if record is None else _read_secrets(record)


def add(webhook: Webhook, secrets: WebhookSecrets, most: int) -> None:
    """Store a new webhook with its secrets, in an application that has fewer than so many.

    Raises:
        WebhookIdTaken: There is one of this id.
        TooMany: The application has that many, or is gone.
    """
    try:
        transactions.transact(
            NewItem(_key(webhook.application_id, webhook.id), _record_of(webhook)),
            NewItem(_secret_key(webhook.application_id, webhook.id), _record_of_secrets(secrets)),
            increment(application_key(webhook.application_id), "webhooks", most),
        )
    except TransactionFailed as none:
        raise (TooMany if none.refused.keys() == {2} else WebhookIdTaken) from none


def change(seen: Webhook, wanted: Webhook, secrets: WebhookSecrets) -> Webhook:
    """Store a webhook and its secrets in place of what is stored, and return it.

    Args:
        seen: The webhook as it was read, before its secrets were.
        wanted: What it is to be.
        secrets: What its secrets are to be.

    Raises:
        WebhookChanged: It was changed or deleted since.
    """
    changed = replace(wanted, updated_at=max(wanted.updated_at, seen.updated_at + 1))
    key, secret_key = (make(seen.application_id, seen.id) for make in (_key, _secret_key))
    is_as_seen = "updated_at = :seen"
    try:
        transactions.transact(
            _overwrite(key, _record_of(changed), is_as_seen, {":seen": seen.updated_at}),
            _overwrite(secret_key, _record_of_secrets(secrets), "attribute_exists(pk)", {}),
        )
    except TransactionFailed as neither:
        raise WebhookChanged from neither
    return changed


def _overwrite(key: Key, record: Record, condition: str, values: Mapping[str, Any]) -> Update:
    return Update(
        key=key,
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in record),
        condition=condition,
        names={f"#{name}": name for name in record},
        values={**{f":{name}": value for name, value in record.items()}, **values},
    )


def remove(application_id: str, webhook_id: str) -> None:
    """Delete a webhook with its secrets.

    Raises:
        WebhookChanged: There is none of this id.
    """
    try:
        transactions.transact(
            Deletion(_key(application_id, webhook_id)),
            Deletion(_secret_key(application_id, webhook_id)),
            one_less(application_key(application_id), "webhooks"),
        )
    except TransactionFailed as none:
        raise WebhookChanged from none


def remove_all(application_id: str) -> None:
    """Delete all webhooks of an application that is deleted itself; their secrets go first, unread."""
    ids = [webhook.id for webhook in of_application(application_id)]
    table.delete_all([_secret_key(application_id, id_) for id_ in ids])
    table.delete_all([_key(application_id, id_) for id_ in ids])


def _key(application_id: str, webhook_id: str) -> Key:
    return Key(f"APP#{application_id}", f"{_WEBHOOK}{webhook_id}")


def _secret_key(application_id: str, webhook_id: str) -> Key:
    return Key(f"SECRET#{application_id}", f"{_WEBHOOK}{webhook_id}")


def _read(record: Mapping[str, Any]) -> Webhook:
    return Webhook(
        id=record["id"],
        application_id=record["application_id"],
        base_url=record["base_url"],
        format=WebhookFormat(record["format"]),
        paths={MessageType(told): path for told, path in record["paths"].items()},
        created_at=int(record["created_at"]),
        updated_at=int(record["updated_at"]),
        field_mask=tuple(record["field_mask"]),
        body=record["body"],
        content_type=record["content_type"],
        header_names=tuple(record["header_names"]),
        has_downlink_key=record["has_downlink_key"],
        public_url=record["public_url"],
    )


def _record_of(webhook: Webhook) -> Record:
    return {
        "id": webhook.id,
        "application_id": webhook.application_id,
        "base_url": webhook.base_url,
        "format": webhook.format.value,
        "paths": {told.value: path for told, path in webhook.paths.items()},
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "field_mask": list(webhook.field_mask),
        "body": webhook.body,
        "content_type": webhook.content_type,
        "header_names": list(webhook.header_names),
        "has_downlink_key": webhook.has_downlink_key,
        "public_url": webhook.public_url,
    }


def _read_secrets(record: Mapping[str, Any]) -> WebhookSecrets:
    return WebhookSecrets(
        signing=tuple(
            SigningSecret(secret["value"], whole(secret["valid_until"])) for secret in record["signing"]
        ),
        headers=record["headers"],
        downlink_api_key=record["downlink_api_key"],
    )


def _record_of_secrets(secrets: WebhookSecrets) -> Record:
    return {
        "signing": [{"value": secret.value, "valid_until": secret.valid_until} for secret in secrets.signing],
        "headers": dict(secrets.headers),
        "downlink_api_key": secrets.downlink_api_key,
    }
