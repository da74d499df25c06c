"""What became of downlinks, for people: `sigbridge downlinks list` and `show`."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from pydantic import BaseModel

from sigbridge_admin.api import Json, read
from sigbridge_admin.api_errors import ApiUnavailable
from sigbridge_admin.payloads import in_hex
from sigbridge_admin.presentation import NONE, note, readable_moment, readable_second, say, show_facts
from sigbridge_admin.queue_api import Queue

_STEP_WIDTH = len("unacknowledged")
# What a downlink never leaves again, but for a late acknowledgement.
_ENDED = frozenset({"sent", "failed", "expired", "removed", "superseded"})


class _Uplink(BaseModel):
    time: datetime
    seq_number: int | None = None


class _Step(BaseModel):
    state: str
    attempt: int
    at: datetime
    uplink: _Uplink | None = None
    reason: str | None = None
    cause: str | None = None
    info_message: str | None = None


class QueuedDownlink(BaseModel):
    """A downlink that waits, as the API lists it."""

    id: str
    frm_payload: str
    confirmed: bool = False
    expires_at: datetime | None = None


class Downlink(QueuedDownlink):
    """A downlink with what became of it."""

    state: str
    attempt: int
    outcome: str | None = None
    source: str | None = None
    queued_at: datetime | None = None
    history: list[_Step]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is awaited."""
        return self.state in _ENDED or self.outcome is not None

    @property
    def state_in_words(self) -> str:
        """Its state, and what is to be known of it besides."""
        if self.outcome:
            return f"{self.state}: {self.outcome}"
        reasons = [step.reason or step.cause for step in self.history if step.state == self.state]
        return f"{self.state} ({reasons[-1]})" if reasons and reasons[-1] else self.state


def queued_row(position: int, downlink: QueuedDownlink) -> dict[str, str]:
    """Write a row of the list of those that wait."""
    return {
        "": str(position),
        "id": downlink.id,
        "payload": in_hex(downlink.frm_payload),
        "confirmed": "yes" if downlink.confirmed else NONE,
        "expires": NONE if downlink.expires_at is None else readable_moment(downlink.expires_at),
    }


def history_row(downlink: Downlink) -> dict[str, str]:
    """Write a row of the list of all."""
    last = downlink.history[-1] if downlink.history else None
    return {
        "id": downlink.id,
        "payload": in_hex(downlink.frm_payload),
        "queued (UTC)": NONE if downlink.queued_at is None else readable_second(downlink.queued_at),
        "state": downlink.state_in_words,
        "since (UTC)": NONE if last is None else readable_second(last.at),
        "attempt": str(downlink.attempt) if downlink.attempt > 1 else NONE,
        "from": downlink.source or NONE,
    }


def show_downlink(downlink: Downlink) -> None:
    """Print a downlink and its history."""
    facts = {
        "id": downlink.id,
        "payload": in_hex(downlink.frm_payload),
        "state": downlink.state_in_words,
        "confirmed": "yes" if downlink.confirmed else "no",
    }
    if downlink.expires_at:
        facts["expires"] = readable_moment(downlink.expires_at)
    if downlink.source:
        facts["from"] = downlink.source
    show_facts(facts)
    say(f"\n{'time (UTC)':<19}  {'step':<{_STEP_WIDTH}}  attempt")
    _show_steps(downlink.history)


def until_ended(queue: Queue, downlink_id: str, look_again: Callable[[], object]) -> Iterator[Json]:
    """Yield a downlink as it is now, and each time it is looked at again, until it has ended."""
    document = queue.find(downlink_id)
    yield document
    while not read(Downlink, document).has_ended:
        look_again()
        try:
            document = queue.find(downlink_id)
        except ApiUnavailable as failure:
            note(f"{failure}; looking again")
            continue
        yield document


def show_until_ended(documents: Iterator[Json]) -> None:
    """Print a downlink, then each step that follows."""
    downlink = read(Downlink, next(documents))
    show_downlink(downlink)
    shown = len(downlink.history)
    for document in documents:
        downlink = read(Downlink, document)
        _show_steps(downlink.history[shown:])
        shown = len(downlink.history)
    say(f"\nIt has ended: {downlink.state_in_words}.")


def _show_steps(steps: Sequence[_Step]) -> None:
    for step in steps:
        line = f"{readable_second(step.at)}  {step.state:<{_STEP_WIDTH}}  {step.attempt:<7}  {_details(step)}"
        say(line.rstrip())


def _details(step: _Step) -> str:
    details = [step.reason or step.cause or "", step.info_message or ""]
    if step.uplink and step.uplink.seq_number is not None:
        details.append(f"to uplink {step.uplink.seq_number}")
    return ", ".join(filter(None, details)).replace("_", " ")
