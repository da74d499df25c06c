"""What of a callback is not as it should be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sigbridge.credentials import redact
from sigbridge.provisioning.callback_keys import GOOD_KEY, KeyState
from sigbridge.sigfox.rest.body_template import is_as_good, read_template, write_template
from sigbridge.sigfox.rest.callbacks import (
    CONTENT_TYPE,
    METHOD,
    Callback,
    CallbackKind,
    has_our_content_type,
)

# What a user may have taken out of a body for a reason: devices may have types of their own in Sigbridge.
_MAY_BE_LEFT_OUT = frozenset({"deviceTypeId"})


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is not as it should be; of keys it says what is wrong, never the key.

    Attributes:
        kind: Of which callback; None for the device type itself.
        callback_id: Sigfox's id of it; None where there is none.
        field: What differs.
        current: What is there.
        wanted: What should be.
    """

    kind: CallbackKind | None
    callback_id: str | None
    field: str
    current: str
    wanted: str

    @property
    def in_words(self) -> str:
        """A sentence, without what is there: bodies are long."""
        if self.kind is None:
            return f"{self.field} is {self.current}, and should be {self.wanted}"
        if self.callback_id is None:
            return f"{self.kind}: there is none"
        return f"{self.kind}: {self.field} is not as it should be"


@dataclass(frozen=True, slots=True)
class WantedCallback:
    """What a callback is to be.

    Attributes:
        kind: What it is.
        url: Where it calls.
        fields: The names in its body, each with what stands there.
    """

    kind: CallbackKind
    url: str
    fields: Mapping[str, str]

    def fields_for(self, current: Callback) -> Mapping[str, str]:
        """Return what is to stand in the body of a callback: what a user has added stays."""
        theirs = read_template(current.body)
        if theirs is None:
            return self.fields
        ours = {
            name: theirs[name] if is_as_good(theirs.get(name, ""), value) else value
            for name, value in self.fields.items()
            if name in theirs or name not in _MAY_BE_LEFT_OUT
        }
        return ours | {name: value for name, value in theirs.items() if name not in ours}


def drift_of(current: Callback, wanted: WantedCallback, key: KeyState) -> tuple[Drift, ...]:
    """Return what of a callback is not as it should be, with its secrets left out."""
    return tuple(
        Drift(wanted.kind, current.id, field, redact(is_now), should_be)
        for field, is_now, should_be in _differences(current, wanted, key)
    )


def _differences(current: Callback, wanted: WantedCallback, key: KeyState) -> Iterator[tuple[str, str, str]]:
    if not current.is_enabled:
        yield "enabled", "false", "true"
    if current.url != wanted.url:
        yield "url", current.url, wanted.url
    if current.method.upper() != METHOD:
        yield "httpMethod", current.method, METHOD
    if not current.send_sni:
        yield "sendSni", "false", "true"
    if not has_our_content_type(current):
        yield "contentType", current.content_type, CONTENT_TYPE
    fields = wanted.fields_for(current)
    if read_template(current.body) != fields:
        yield "bodyTemplate", current.body, write_template(fields)
    if key is not KeyState.GOOD:
        yield "headers.Authorization", key.value, GOOD_KEY
