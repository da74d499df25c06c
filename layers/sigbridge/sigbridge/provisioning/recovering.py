"""Recovering what Sigfox could not deliver (sigfox-rest reference, 4).

First the callbacks that it could not deliver are read as if they had come: one list for the whole group, of
which only those are ours that call this bundle. Then the messages of device types of which there were some
are compared with those that are stored: Sigfox may have forgotten callbacks, or their bodies can't be read.
Either may be done again: what is there stays as it is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sigbridge.applications import find_application, kept_since
from sigbridge.clock import DAY_MS, now_ms
from sigbridge.devices import InactiveDevice, UnknownDevice
from sigbridge.jobs import Job, Step, StepDone
from sigbridge.messages import ReceivedMessage, store_messages
from sigbridge.messages.comparing import Comparison, compare_messages
from sigbridge.model.sigfox_connection import SigfoxConnection
from sigbridge.model.sigfox_contract import SHORT_HISTORY_DAYS
from sigbridge.provisioning.answers import Page
from sigbridge.provisioning.api_client import ApiClient, Query
from sigbridge.provisioning.connection import STEP_MS, find_connection, open_client
from sigbridge.provisioning.errors import SigfoxForbids, SigfoxNotFound
from sigbridge.provisioning.recovery_place import RecoveryPlace
from sigbridge.provisioning.replay import Recovered, Replay, Replayed
from sigbridge.sigfox.rest.messages import UnreadableMessage, read_message
from sigbridge.sigfox.rest.undelivered import read_undelivered
from sigbridge.sigfox.rest.values import moment_of, named_id
from sigbridge.store import sigfox_connections, sigfox_device_types
from sigbridge.telemetry import count

# Sigfox repeats a callback for 7 minutes before it is undelivered.
OVERLAP_MS = 600_000
_PAGE = 100
# How a report calls what is counted.
_WORDS = {
    "callbacks": "callbacks that Sigfox could not deliver",
    "foreign": "of them, callbacks of others",
    "messages": "messages stored from callbacks",
    "reports": "reports stored",
    "compared": "messages compared with Sigfox's lists",
    "filled": "gaps filled from them",
    "known": "already there",
    "conflicts": "there with another payload",
    "inactive": "of inactive devices",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True)
class _Recovery:
    """A step of a recovery.

    Attributes:
        job: Its job.
        connection: Whose callbacks and messages.
        client: Sigfox's API.
        replay: Reads a callback and stores what it says.
    """

    job: Job
    connection: SigfoxConnection
    client: ApiClient
    replay: Replay

    def go_on(self, place: RecoveryPlace) -> StepDone:
        """Do the next page."""
        if not place.callbacks_read:
            return self._callbacks(place)
        if place.types_left is None:
            return StepDone(replace(place, types_left=self._types_to_compare(place)).as_cursor())
        if place.types_left:
            return self._messages(place, next(iter(place.types_left)))
        self._move_recovered_until(place)
        return StepDone(None, notes=(*_notes(place.recovered), *self._forgotten(place)))

    def _forgotten(self, place: RecoveryPlace) -> tuple[str, ...]:
        """Tell where Sigfox does not remember all that was asked for."""
        device_types = sigfox_device_types.of_application(self.connection.application_id)
        days = min((each.history_days for each in device_types), default=SHORT_HISTORY_DAYS)
        if place.since is None or place.since >= place.until - days * DAY_MS:
            return ()
        return (f"Sigfox remembers {days} days of some device types: what was missed before is gone there",)

    def _callbacks(self, place: RecoveryPlace) -> StepDone:
        path = f"/groups/{self.connection.group_id}/callbacks-not-delivered"
        page = self._page(path, place, place.since)
        callbacks = [callback for callback in map(read_undelivered, page.data) if callback is not None]
        replayed = [self.replay(self.connection, callback) for callback in callbacks]
        for callback, result in zip(callbacks, replayed, strict=True):
            if not result.recovered.foreign:
                place = place.found(callback.device_type_id, callback.time)
        emails = len(page.data) - len(callbacks)
        others = Replayed(Recovered(callbacks=emails, foreign=emails))
        following = place.after(page.next, _earliest(page))
        following = replace(following, callbacks_read=following.is_between_lists)
        return _done(following, len(page.data), [*replayed, others])

    def _types_to_compare(self, place: RecoveryPlace) -> Mapping[str, int | None]:
        """Return device types whose messages are to be compared, each with since when.

        What was stored and is forgotten looks like what never came, and must not be told of again.
        """
        arguments = self.job.arguments
        wanted: Iterable[str] = arguments.get("device_types", ())
        if arguments.get("all_messages"):
            query: Query = {"groupIds": [self.connection.group_id], "deep": True, "limit": _PAGE}
            wanted = filter(None, map(named_id, self.client.list("/device-types/", query)))
        found = {
            type_id: place.since if first is None else first - OVERLAP_MS
            for type_id, first in place.found_since.items()
        }
        kept = kept_since(find_application(self.connection.application_id), now_ms())
        compared = found | dict.fromkeys(wanted, place.since)
        return {type_id: kept if since is None else max(since, kept) for type_id, since in compared.items()}

    def _messages(self, place: RecoveryPlace, type_id: str) -> StepDone:
        left = place.types_left or {}
        others = {other: since for other, since in left.items() if other != type_id}
        try:
            page = self._page(f"/device-types/{type_id}/messages", place, left[type_id])
        except (SigfoxNotFound, SigfoxForbids) as refusal:
            # It was deleted since, or is of a group that the API user may not see.
            following = replace(place.after(None, None), types_left=others)
            return _done(following, 0, [Replayed(Recovered(), (f"{type_id}: {refusal.message}",))])
        filled = _fill(self.connection.application_id, type_id, page.data)
        following = place.after(page.next, _earliest(page))
        if following.is_between_lists:
            following = replace(following, types_left=others)
        return _done(following, len(page.data), [filled])

    def _page(self, path: str, place: RecoveryPlace, since: int | None) -> Page:
        if place.next_page is not None:
            return self.client.page(place.next_page)
        # What comes meanwhile must not move what is on the pages.
        before = place.until if place.listed_until is None else place.listed_until
        bounds = {"before": before} if since is None else {"since": since, "before": before}
        return self.client.page(path, {**bounds, "limit": _PAGE})

    def _move_recovered_until(self, place: RecoveryPlace) -> None:
        known = self.connection.recovered_until
        # One that was ordered for a later time leaves open what was before; another one may have ended since.
        if place.since is None or (known is not None and place.since <= known <= place.until):
            sigfox_connections.note_recovered(self.connection, place.until)


def recovery_step(replay: Replay) -> Step:
    """Make a step of a recovery: a page of one of Sigfox's lists.

    Args:
        replay: Reads a callback as if it had been delivered, and stores what it says.
    """
    return partial(_step, replay)


def _step(replay: Replay, job: Job) -> StepDone:
    connection = find_connection(job.application_id)
    client = open_client(job.application_id, within_ms=STEP_MS)
    return _Recovery(job, connection, client, replay).go_on(_place(job, connection))


def _place(job: Job, connection: SigfoxConnection) -> RecoveryPlace:
    if job.cursor is not None:
        place = RecoveryPlace.read(job.cursor)
        # One that was made anew may be to another group: nothing was asked of that yet.
        if place.connected_at == connection.connected_at:
            return place
    since = job.arguments.get("since")
    if since is None and connection.recovered_until is not None:
        since = connection.recovered_until - OVERLAP_MS
    return RecoveryPlace(connection.connected_at, None if since is None else int(since), now_ms())


def _done(place: RecoveryPlace, looked_at: int, results: Sequence[Replayed]) -> StepDone:
    recovered = sum((result.recovered for result in results), Recovered())
    count("Recovered", recovered.stored)
    following = replace(place, recovered=place.recovered + recovered)
    problems = tuple(problem for result in results for problem in result.problems)
    return StepDone(following.as_cursor(), looked_at, recovered.stored, problems)


def _earliest(page: Page) -> int | None:
    """Return the first moment on a page, as far as its entries say one."""
    return min(filter(None, (moment_of(entry.get("time")) for entry in page.data)), default=None)


def _fill(application_id: str, type_id: str, entries: Sequence[Mapping[str, Any]]) -> Replayed:
    """Store those messages of a list that are missing."""
    messages: list[ReceivedMessage] = []
    problems: list[str] = []
    for entry in entries:
        try:
            messages.append(replace(read_message(entry, type_id), recovered=True))
        except UnreadableMessage as unreadable:
            problems.append(f"A message in Sigfox's list {unreadable}")
    comparisons = compare_messages(application_id, messages)
    found = Counter(comparisons)
    problems += ["The payload of a message in Sigfox's list can't be read"] * found[Comparison.UNREADABLE]
    missing = [
        message
        for message, comparison in zip(messages, comparisons, strict=True)
        if comparison is Comparison.MISSING
    ]
    stored = _store(application_id, missing)
    compared = Recovered(
        compared=len(entries), conflicts=found[Comparison.CONFLICTING], refused=len(problems)
    )
    return Replayed(compared + stored.recovered, (*problems, *stored.problems))


def _store(application_id: str, missing: Sequence[ReceivedMessage]) -> Replayed:
    if not missing:
        return Replayed(Recovered())
    try:
        receipt = store_messages(application_id, missing)
    except InactiveDevice:
        return Replayed(Recovered(inactive=len(missing)))
    except UnknownDevice as unknown:
        listed = [message for message in missing if message.device_id not in unknown.device_ids]
        refused = len(missing) - len(listed)
        rest = _store(application_id, listed)
        problems = ("The device is not known, and the application registers none",) * refused
        return Replayed(Recovered(refused=refused) + rest.recovered, (*problems, *rest.problems))
    inactive = sum(message.device_id in receipt.inactive for message in missing)
    return Replayed(Recovered(filled=receipt.accepted, known=receipt.duplicates, inactive=inactive))


def _notes(recovered: Recovered) -> tuple[str, ...]:
    """Tell what was found, a line for each kind of it."""
    counts = {words: getattr(recovered, name) for name, words in _WORDS.items()}
    return tuple(f"{words}: {count}" for words, count in counts.items() if count)
