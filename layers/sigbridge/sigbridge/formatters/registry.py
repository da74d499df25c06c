"""The payload formatters of an application, in versions that never change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sigbridge.applications import find_application
from sigbridge.clock import now_ms
from sigbridge.errors import Fault, InUse, InvalidInput, NotFound, StoreUnavailable
from sigbridge.formatters.sources import check_source, digest_of
from sigbridge.model.formatter import (
    MOST_VERSIONS,
    Formatter,
    FormatterKind,
    FormatterVersion,
)
from sigbridge.store import formatters as stored
from sigbridge.store.formatters import FormatterChanged

# The Things Stack has no such limit; a page of all formatters is read at once.
MOST_FORMATTERS = 100
_ATTEMPTS = 5


class UnknownFormatter(NotFound):
    """The application has no formatter of that id."""


class UnknownVersion(NotFound):
    """The formatter has no version of that number."""


class FormatterInUse(InUse):
    """Device types name the formatter; nothing was deleted."""


class TooManyFormatters(InvalidInput):
    """The application has as many formatters as it may have, or the formatter as many versions."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a formatter is to be.

    Attributes:
        kind: How it is written.
        source: A format, a script, or nothing for a kind that needs none.
        name: Display name; None for the name that it has, or its id.
        valid_from: Time of the first messages that this is for, epoch ms; None for those that the newest
            version is for, which it takes the place of, and of a new formatter for all.
    """

    kind: FormatterKind
    source: str
    name: str | None = None
    valid_from: int | None = None


@dataclass(frozen=True, slots=True)
class PutFormatter:
    """A formatter that was put.

    Attributes:
        formatter: The formatter.
        is_new: Whether there was none of that id.
    """

    formatter: Formatter
    is_new: bool


def list_formatters(application_id: str) -> list[Formatter]:
    """Read all formatters of an application, in the order of their ids."""
    return stored.of_application(application_id)


def find_formatter(application_id: str, formatter_id: str) -> Formatter:
    """Read a formatter.

    Raises:
        UnknownFormatter: There is none of that id.
    """
    found = stored.find(application_id, formatter_id)
    if found is None:
        message = f"There is no formatter '{formatter_id}'"
        raise UnknownFormatter(message)
    return found


def find_source(application_id: str, formatter_id: str, version: FormatterVersion) -> str:
    """Read the source of a version.

    Raises:
        UnknownVersion: The formatter was deleted meanwhile.
    """
    source = stored.source_of(application_id, formatter_id, version)
    if source is None:
        message = f"Formatter '{formatter_id}' has no version {version.number}"
        raise UnknownVersion(message)
    return source


def version_of(formatter: Formatter, number: int) -> FormatterVersion:
    """Return the version of a number.

    Raises:
        UnknownVersion: There is none.
    """
    version = formatter.version(number)
    if version is None:
        message = f"Formatter '{formatter.id}' has no version {number}"
        raise UnknownVersion(message)
    return version


def put_formatter(application_id: str, formatter_id: str, new: NewVersion) -> PutFormatter:
    """Make a formatter, or give it a new version; what it says already is not repeated.

    Args:
        application_id, formatter_id: The formatter.
        new: What it is to be.

    Raises:
        InvalidInput: The source can't be used, or it is to be valid from a moment to come.
        SourceUnchecked: Whether the source can be used could not be found out.
        TooManyFormatters: The application has 100 others, or the formatter 200 versions.
        StoreUnavailable: Somebody else changes it again and again.
    """
    if new.valid_from is not None and new.valid_from > now_ms():
        raise InvalidInput.of([Fault("valid_from", "must not be in the future")])
    check_source(application_id, new.kind, new.source)
    for _ in range(_ATTEMPTS):
        before = stored.find(application_id, formatter_id)
        wanted = _first(application_id, formatter_id, new) if before is None else _next(before, new)
        if wanted == before:
            return PutFormatter(wanted, is_new=False)
        try:
            if before is None:
                stored.add(application_id, wanted, new.source)
            elif len(wanted.versions) == len(before.versions):
                stored.rename(application_id, wanted)
            else:
                stored.add_version(application_id, wanted, new.source)
        except FormatterChanged:
            continue
        return PutFormatter(wanted, is_new=before is None)
    raise StoreUnavailable


def _first(application_id: str, formatter_id: str, new: NewVersion) -> Formatter:
    if len(stored.of_application(application_id)) >= MOST_FORMATTERS:
        message = f"An application has at most {MOST_FORMATTERS} formatters"
        raise TooManyFormatters(message)
    version = FormatterVersion(
        1, new.kind, digest_of(new.kind, new.source), valid_from=new.valid_from or 0, created_at=now_ms()
    )
    return Formatter(formatter_id, new.name or formatter_id, (version,))


def _next(before: Formatter, new: NewVersion) -> Formatter:
    renamed = replace(before, name=new.name or before.name)
    newest = before.newest
    version = FormatterVersion(
        number=newest.number + 1,
        kind=new.kind,
        digest=digest_of(new.kind, new.source),
        valid_from=newest.valid_from if new.valid_from is None else new.valid_from,
        created_at=max(now_ms(), newest.created_at + 1),
    )
    if (version.digest, version.valid_from) == (newest.digest, newest.valid_from):
        return renamed
    if len(before.versions) >= MOST_VERSIONS:
        message = f"A formatter has at most {MOST_VERSIONS} versions"
        raise TooManyFormatters(message)
    return replace(renamed, versions=(*before.versions, version))


def delete_formatter(application_id: str, formatter_id: str) -> None:
    """Delete a formatter with all its versions. Messages keep what was decoded.

    Raises:
        UnknownApplication: The application was deleted.
        UnknownFormatter: There is none of that id.
        FormatterInUse: Device types name it.
        StoreUnavailable: Somebody else changes it.
    """
    users = types_with(application_id, formatter_id)
    if users:
        message = f"Formatter '{formatter_id}' is used by the device types {', '.join(users)}"
        raise FormatterInUse(message)
    formatter = find_formatter(application_id, formatter_id)
    try:
        stored.remove(application_id, formatter)
    except FormatterChanged as changed:
        raise StoreUnavailable from changed


def types_with(application_id: str, formatter_id: str) -> Sequence[str]:
    """Return the ids of the device types that name a formatter, in their order."""
    types = find_application(application_id).device_types
    return [id_ for id_ in sorted(types) if formatter_id in types[id_].formatters]
