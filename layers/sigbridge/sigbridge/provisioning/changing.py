"""Changing devices in Sigfox, as a job: each request a step of its own.

A request that begins something is never repeated blindly. That it is about to be sent is written before;
where its answer is not known, what came of it is looked up, and only what is missing is sent again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sigbridge.clock import now_ms
from sigbridge.jobs import Job, RowError, StepDone
from sigbridge.model.sigfox_change import DeviceChange, DeviceWish, SigfoxOrder, ids_of
from sigbridge.model.sigfox_device import SigfoxDevice, SigfoxDeviceState
from sigbridge.provisioning.answers import Json
from sigbridge.provisioning.api_client import ApiClient
from sigbridge.provisioning.change_place import ChangePlace, Phase
from sigbridge.provisioning.change_records import record_change
from sigbridge.provisioning.connection import STEP_MS, open_client
from sigbridge.provisioning.device_lookup import find_in_sigfox
from sigbridge.provisioning.errors import (
    SigfoxBusy,
    SigfoxConflict,
    SigfoxNotFound,
    SigfoxRefuses,
    SigfoxUnreachable,
)
from sigbridge.provisioning.registering import (
    NotRegistered,
    Whereabouts,
    register_in_sigfox,
    whereabouts_of,
    without_pac,
)
from sigbridge.sigfox.rest.device_changes import (
    BulkStatus,
    bulk_body,
    bulk_job_path,
    bulk_path,
    edit,
    read_bulk_status,
    unsubscription,
)
from sigbridge.store import job_rows

_POLLED_EACH_MS = 5_000
_LOOKED_UP_AT_ONCE = 20
# What Sigfox says of a request that it does not carry out, now or later.
_REFUSALS = (SigfoxRefuses, SigfoxConflict, SigfoxNotFound)

_UNKNOWN_RESULT = "Whether Sigfox did it is not known: its answer was lost, and it is not done twice"
_FORGOTTEN_JOB = "Whether Sigfox did it is not known: it forgot its job"


@dataclass(frozen=True, slots=True)
class _Work:
    """A step's work.

    Attributes:
        job: Of which job.
        client: Of Sigfox's API.
        order: What is to be done.
        place: How far that is.
        wishes: The devices that are concerned.
    """

    job: Job
    client: ApiClient
    order: SigfoxOrder
    place: ChangePlace
    wishes: Sequence[DeviceWish]

    def record(self, wishes: Sequence[DeviceWish]) -> None:
        """Record that devices were changed; those that were transferred to be registered are registered."""
        record_change(self.job.application_id, replace(self.order, change=self.place.change), wishes)
        if self.order.change is DeviceChange.REGISTER and self.place.change is DeviceChange.TRANSFER:
            record_change(self.job.application_id, self.order, wishes)

    def go_on(
        self,
        place: ChangePlace,
        done: Sequence[DeviceWish] = (),
        errors: Sequence[RowError] = (),
        problems: Sequence[str] = (),
        again_at: int | None = None,
    ) -> StepDone:
        """Return what was done, and where it goes on."""
        return _step_done(place, done, errors, problems, again_at)

    def finish(
        self,
        place: ChangePlace,
        done: Sequence[DeviceWish] = (),
        errors: Sequence[RowError] = (),
        problems: Sequence[str] = (),
    ) -> StepDone:
        """Return what was done where nothing is left to be done at a place."""
        return _step_done(place.following(self.job, self.order), done, errors, problems)


def _step_done(
    place: ChangePlace | None,
    done: Sequence[DeviceWish],
    errors: Sequence[RowError],
    problems: Sequence[str],
    again_at: int | None = None,
) -> StepDone:
    return StepDone(
        cursor=None if place is None else place.as_cursor(),
        looked_at=len(done) + len(errors),
        changed=len(done),
        problems=tuple(problems),
        row_errors=tuple(errors),
        again_at=again_at,
    )


def change_devices(job: Job) -> StepDone:
    """Do a step of a job that changes devices in Sigfox.

    Raises:
        SigfoxError: Sigfox's API can't be asked; what it refuses of single devices is among the row errors.
    """
    order = SigfoxOrder.read(job.arguments)
    place = ChangePlace.of(job, order)
    wishes = [DeviceWish.read(row) for row in job_rows.find(job, place.item)]
    if place.only is not None:
        concerned = set(place.only)
        wishes = [wish for wish in wishes if wish.id in concerned]
    client = open_client(job.application_id, within_ms=STEP_MS)
    return _ACTS[place.phase](_Work(job, client, order, place, wishes))


def _change_singly(work: _Work) -> StepDone:
    place = work.place
    if place.position >= len(work.wishes):
        return work.finish(place)
    wish = work.wishes[place.position]
    after = replace(place, position=place.position + 1)
    try:
        if _is_elsewhere(work, wish):
            return work.go_on(replace(after, elsewhere=(*place.elsewhere, wish.id)))
    except (NotRegistered, *_REFUSALS) as refusal:
        return work.go_on(after, errors=[RowError(wish.id, refusal.message)])
    work.record([wish])
    return work.go_on(after, done=[wish])


def _is_elsewhere(work: _Work, wish: DeviceWish) -> bool:
    """Change a device; return whether that can't be done because it has another device type."""
    match work.order:
        case SigfoxOrder(change=DeviceChange.REGISTER, device_type_id=str(type_id)):
            return register_in_sigfox(work.client, type_id, wish) is Whereabouts.ELSEWHERE
        case SigfoxOrder(change=DeviceChange.UNSUBSCRIBE, unsubscribed_at=int(at_ms)):
            work.client.put(f"/devices/{wish.id}/unsubscribe", unsubscription(at_ms))
        case _:
            work.client.put(f"/devices/{wish.id}", edit(wish))
    return False


def _send(work: _Work) -> StepDone:
    place = work.place
    if not work.wishes:
        return work.finish(place)
    if not _begin(work):
        return work.go_on(replace(place, phase=Phase.CHECK, position=0, undone=()))
    try:
        answer = _send_together(work)
    except SigfoxBusy as busy:
        return work.go_on(replace(place, attempt=place.attempt + 1), again_at=busy.again_at)
    except _REFUSALS as refusal:
        if place.change is DeviceChange.REGISTER:
            # One of them can be wrong with all of them refused: one by one, the others are taken.
            return work.go_on(replace(place, phase=Phase.SINGLY, position=0))
        return work.finish(place, errors=[RowError(wish.id, refusal.message) for wish in work.wishes])
    if not isinstance(answer.get("jobId"), str):
        message = "Sigfox's API names no job"
        raise SigfoxUnreachable(message)
    polled = replace(place, phase=Phase.POLL, sigfox_job=answer["jobId"])
    return work.go_on(polled, again_at=now_ms() + _POLLED_EACH_MS)


def _begin(work: _Work) -> bool:
    """Write that the devices are about to be sent; return whether they were certainly not sent before."""
    if work.place.change is DeviceChange.EDIT:
        return True
    return job_rows.begin(work.job, work.place.item, work.place.change.value, work.place.attempt)


def _send_together(work: _Work) -> Json:
    change = work.place.change
    body = bulk_body(replace(work.order, change=change), work.wishes)
    if change is DeviceChange.EDIT:
        return work.client.put(bulk_path(change), body)
    return work.client.post(bulk_path(change), body)


def _check(work: _Work) -> StepDone:
    place = work.place
    some = work.wishes[place.position : place.position + _LOOKED_UP_AT_ONCE]
    if not some:
        again = replace(place, phase=Phase.SEND, attempt=place.attempt + 1, only=place.undone, undone=())
        return work.go_on(again)
    if place.change is DeviceChange.RESTART:
        return work.finish(place, errors=[RowError(wish.id, _UNKNOWN_RESULT) for wish in work.wishes])
    found = {wish.id: find_in_sigfox(work.client, wish.id) for wish in some}
    done = [wish for wish in some if _is_done(work, found[wish.id])]
    rest = [wish for wish in some if wish not in done]
    elsewhere: list[DeviceWish] = []
    if place.change is DeviceChange.REGISTER:
        elsewhere = [wish for wish in rest if found[wish.id] is not None]
    undone = [wish for wish in rest if wish not in elsewhere]
    work.record(done)
    after = replace(
        place,
        position=place.position + len(some),
        undone=(*place.undone, *ids_of(undone)),
        elsewhere=(*place.elsewhere, *ids_of(elsewhere)),
    )
    return work.go_on(after, done=done)


def _is_done(work: _Work, found: SigfoxDevice | None) -> bool:
    if found is None:
        return False
    match work.place.change:
        case DeviceChange.REGISTER | DeviceChange.TRANSFER:
            return found.device_type_id == work.order.device_type_id
        case DeviceChange.SUSPEND:
            return found.state == SigfoxDeviceState.SUSPENDED
        case DeviceChange.RESUME:
            return found.state != SigfoxDeviceState.SUSPENDED
        case _:
            return found.unsubscribed_at == work.order.unsubscribed_at


def _poll(work: _Work) -> StepDone:
    place = work.place
    try:
        status = _sigfox_job(work)
    except SigfoxNotFound:
        return work.finish(place, errors=[RowError(wish.id, _FORGOTTEN_JOB) for wish in work.wishes])
    if not status.is_done:
        return work.go_on(place, again_at=now_ms() + _POLLED_EACH_MS)
    refused = _refused(work, status)
    done = [wish for wish in work.wishes if wish.id not in refused]
    problems = [error.message for error in status.errors if error.device_id not in refused]
    work.record(done)
    if place.change is DeviceChange.REGISTER and refused:
        return work.go_on(replace(place, phase=Phase.EXPLAIN, position=0), done=done, problems=problems)
    errors = [RowError(id_, message) for id_, message in refused.items()]
    return work.finish(place, done, errors, problems)


def _explain(work: _Work) -> StepDone:
    place = work.place
    refused = _refused(work, _sigfox_job(work))
    wishes = [wish for wish in work.wishes if wish.id in refused]
    some = wishes[place.position : place.position + _LOOKED_UP_AT_ONCE]
    found = {wish.id: find_in_sigfox(work.client, wish.id) for wish in some}
    where = {id_: whereabouts_of(device, work.order.device_type_id) for id_, device in found.items()}
    done = [wish for wish in some if where[wish.id] is Whereabouts.THERE]
    elsewhere = [wish.id for wish in some if where[wish.id] is Whereabouts.ELSEWHERE]
    errors = [
        RowError(wish.id, without_pac(refused[wish.id], wish))
        for wish in some
        if where[wish.id] is Whereabouts.NOWHERE
    ]
    work.record(done)
    after = replace(place, position=place.position + len(some), elsewhere=(*place.elsewhere, *elsewhere))
    if after.position < len(wishes):
        return work.go_on(after, done, errors)
    return work.finish(after, done, errors)


def _sigfox_job(work: _Work) -> BulkStatus:
    return read_bulk_status(work.client.get(bulk_job_path(work.place.change, work.place.sigfox_job or "")))


def _refused(work: _Work, status: BulkStatus) -> Mapping[str, str]:
    """Return what Sigfox says of the devices that it refused, by their ids."""
    concerned = set(ids_of(work.wishes))
    return {
        error.device_id: error.message
        for error in status.errors
        if error.device_id is not None and error.device_id in concerned
    }


_ACTS: Mapping[Phase, Callable[[_Work], StepDone]] = {
    Phase.SINGLY: _change_singly,
    Phase.SEND: _send,
    Phase.CHECK: _check,
    Phase.POLL: _poll,
    Phase.EXPLAIN: _explain,
}
