"""Formatters and their sources, remembered between requests: what a version says never changes."""

from collections.abc import Collection

from cachetools import LRUCache, TTLCache

from sigbridge.formatters.kind import PayloadCodec
from sigbridge.formatters.kinds import KINDS
from sigbridge.model.formatter import Formatter, FormatterVersion
from sigbridge.store import formatters as stored

_KNOWN_FOR_SECONDS = 60
_FORMATTERS = 1_000
# Of those that are scripts 64 kB at most each.
_SOURCES = 100
_CODECS = 100

_formatters: TTLCache[tuple[str, str], Formatter | None] = TTLCache(_FORMATTERS, _KNOWN_FOR_SECONDS)
_sources: LRUCache[str, str] = LRUCache(_SOURCES)
_codecs: LRUCache[str, PayloadCodec] = LRUCache(_CODECS)


def formatters_named(application_id: str, formatter_ids: Collection[str]) -> dict[str, Formatter]:
    """Return those of these formatters that there are, at most a minute old.

    Raises:
        StoreUnavailable: They can't be read.
    """
    missing = [id_ for id_ in sorted(formatter_ids) if (application_id, id_) not in _formatters]
    found = read_anew(application_id, missing)
    known = {id_: _formatters.get((application_id, id_)) or found.get(id_) for id_ in formatter_ids}
    return {id_: formatter for id_, formatter in known.items() if formatter is not None}


def read_anew(application_id: str, formatter_ids: Collection[str]) -> dict[str, Formatter]:
    """Return those of these formatters that there are, as they are about now, and remember them.

    Raises:
        StoreUnavailable: They can't be read.
    """
    found = stored.find_many(application_id, sorted(formatter_ids))
    for id_ in formatter_ids:
        _formatters[application_id, id_] = found.get(id_)
    return found


def source_of(application_id: str, formatter_id: str, version: FormatterVersion) -> str | None:
    """Return the source of a version; None where the formatter was deleted meanwhile.

    Raises:
        StoreUnavailable: It can't be read.
    """
    source = _sources.get(version.digest)
    if source is None:
        source = stored.source_of(application_id, formatter_id, version)
        if source is not None:
            _sources[version.digest] = source
    return source


def codec_of(version: FormatterVersion, source: str) -> PayloadCodec:
    """Return what reads payloads by a version of a kind that needs no process of its own.

    Raises:
        InvalidSource: The source can't be used by this version of Sigbridge.
    """
    codec = _codecs.get(version.digest)
    if codec is None:
        codec = _codecs[version.digest] = KINDS[version.kind](source)
    return codec


def forget_cached_formatters() -> None:
    """Make the next look-up of every formatter read the store."""
    _formatters.clear()
