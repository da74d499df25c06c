"""What a webhook must be like to be stored."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.webhook import Webhook, WebhookFormat, WebhookSecrets
from sigbridge.webhooks.field_mask import check_field_mask
from sigbridge.webhooks.formats.custom import check_body
from sigbridge.webhooks.signing import check_secret
from sigbridge.webhooks.targets import TargetRefused, check_url, resolve
from sigbridge.webhooks.urls import check_template

_LONGEST_URL = 2_000
_LONGEST_PATH = 64
_MOST_HEADERS = 50
_LONGEST_NAME = 64
_LONGEST_VALUE = 4_096
_LONGEST_KEY = 128
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t -~]*")
# What the connection, the format and the signature say themselves.
_RESERVED = frozenset(
    {"host", "connection", "content-length", "content-type", "transfer-encoding", "te", "trailer", "upgrade"}
    | {"expect", "keep-alive", "x-tts-domain", "x-sigbridge-webhook"}
)
_RESERVED_PREFIXES = ("webhook-", "x-downlink-", "proxy-")


def check_webhook(webhook: Webhook, secrets: WebhookSecrets) -> None:
    """Refuse a webhook that could never be called as it is.

    Raises:
        InvalidInput: It names each field that is wrong.
    """
    faults = [*_faults(webhook, secrets)]
    if faults:
        raise InvalidInput.of(faults)


def check_host(webhook: Webhook) -> None:
    """Refuse a webhook whose host has no address that may be called. It is looked up again at each call.

    Raises:
        InvalidInput: It has none.
    """
    target = check_url(webhook.base_url, _host(webhook))
    try:
        resolve(target.host, target.port)
    except TargetRefused as refusal:
        raise InvalidInput.of([Fault("base_url", refusal.message)]) from refusal


def _faults(webhook: Webhook, secrets: WebhookSecrets) -> Iterator[Fault]:
    yield from _faults_of_urls(webhook)
    yield from _fault("field_mask", lambda: check_field_mask(webhook.format, webhook.field_mask))
    yield from _faults_of_body(webhook)
    yield from _faults_of_headers(secrets)
    yield from _fault("signing_secret", lambda: check_secret(secrets.signing[0].value))
    key = secrets.downlink_api_key
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and _VALUE.fullmatch(key)):
        yield Fault("downlink_api_key", f"must be 1 to {_LONGEST_KEY} visible characters of ASCII")


def _faults_of_urls(webhook: Webhook) -> Iterator[Fault]:
    if len(webhook.base_url) > _LONGEST_URL:
        yield Fault("base_url", f"must have at most {_LONGEST_URL} characters")
        return
    yield from _fault("base_url", lambda: _check_base_url(webhook))
    if not webhook.paths:
        yield Fault("paths", "must have a path for one message type at least")
    for message_type, path in webhook.paths.items():
        field = f"paths.{message_type}"
        if len(path) > _LONGEST_PATH:
            yield Fault(field, f"must have at most {_LONGEST_PATH} characters")
        else:
            yield from _fault(field, lambda path=path: check_template(path))  # type: ignore[misc]


def _check_base_url(webhook: Webhook) -> None:
    check_template(webhook.base_url)
    check_url(webhook.base_url, _host(webhook))


def _host(webhook: Webhook) -> str:
    return urlsplit(webhook.public_url).netloc


def _faults_of_body(webhook: Webhook) -> Iterator[Fault]:
    if webhook.format is not WebhookFormat.CUSTOM:
        for field, value in (("body", webhook.body), ("content_type", webhook.content_type)):
            if value is not None:
                yield Fault(field, "is for the format custom only")
    elif not webhook.body:
        yield Fault("body", "is missing: the format custom needs one")
    else:
        body, content_type = webhook.body, webhook.content_type or ""
        yield from _fault("body", lambda: check_body(content_type, body))


def _faults_of_headers(secrets: WebhookSecrets) -> Iterator[Fault]:
    if len(secrets.headers) > _MOST_HEADERS:
        yield Fault("headers", f"must be at most {_MOST_HEADERS}")
        return
    known = set[str]()
    for name, value in secrets.headers.items():
        field = Fault.at(("headers", name[:_LONGEST_NAME]), "").field
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            yield Fault(field, f"must be the name of a header, at most {_LONGEST_NAME} characters")
        elif name.lower() in _RESERVED or name.lower().startswith(_RESERVED_PREFIXES):
            yield Fault(field, "is set by Sigbridge itself")
        elif name.lower() in known:
            yield Fault(field, "is there twice")
        known.add(name.lower())
        if len(value) > _LONGEST_VALUE or not _VALUE.fullmatch(value):
            yield Fault(field, f"must be at most {_LONGEST_VALUE} visible characters of ASCII, in one line")


def _fault(field: str, check: Callable[[], None]) -> Iterator[Fault]:
    try:
        check()
    except ValueError as wrong:
        yield Fault(field, str(wrong))
