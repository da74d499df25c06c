"""Importing the device types and devices of a group of Sigfox (sigfox-rest reference, 3).

First all device types, then devices, a page a step, in the order of their ids. A page that fails is asked for
again: what was imported before stays, and nothing is called done. What Sigfox does not list is left as it is,
and counted at the end.
"""

from dataclasses import replace
from itertools import islice

from sigbridge.jobs import Job, JobKind, StepDone, order_job, unfinished_jobs
from sigbridge.model.sigfox_connection import SigfoxConnection
from sigbridge.provisioning.api_client import ApiClient, target
from sigbridge.provisioning.connection import STEP_MS, find_connection, open_client
from sigbridge.provisioning.device_types import import_device_types
from sigbridge.provisioning.errors import SigfoxUnreachable
from sigbridge.provisioning.import_place import ImportPlace
from sigbridge.provisioning.known_devices import read_all, take_over
from sigbridge.store import devices as stored_devices
from sigbridge.store import sigfox_devices

_DEVICES = "/devices/"
_PAGE = 100
_COUNTED_AT_ONCE = 1_000


def order_import(application_id: str) -> Job:
    """Have the device types and devices of an application's group imported; it begins within a minute.

    Where an import has not ended that one is returned.

    Raises:
        NotConnected: The application is not connected to Sigfox.
        TooManyJobs: It has as many jobs as it may have.
    """
    find_connection(application_id)
    for job in unfinished_jobs(application_id):
        if job.kind is JobKind.SIGFOX_IMPORT:
            return job
    return order_job(application_id, JobKind.SIGFOX_IMPORT, {})


def import_from_sigfox(job: Job) -> StepDone:
    """Do a step of an import: all device types, or a page of devices, or some of the count.

    Raises:
        SigfoxError: A page could not be read; nothing of it was imported.
    """
    place = ImportPlace.read(job.cursor)
    if place.counts:
        return _count(job, place)
    connection = find_connection(job.application_id)
    if place.connected_at != connection.connected_at:
        # One that was made anew may be to another group: nothing was asked of that yet.
        place = ImportPlace(connected_at=connection.connected_at)
    client = open_client(job.application_id, within_ms=STEP_MS)
    if place.next_page is None:
        return _import_types(job, client, connection)
    return _import_page(job, client, place, place.next_page)


def _import_types(job: Job, client: ApiClient, connection: SigfoxConnection) -> StepDone:
    group_id = connection.group_id
    imported = import_device_types(job.application_id, client, group_id)
    first_page = target(_DEVICES, {"groupIds": [group_id], "deep": True, "sort": "id", "limit": _PAGE})
    return StepDone(
        ImportPlace(first_page, connected_at=connection.connected_at).as_cursor(),
        imported.looked_at,
        imported.changed,
        row_errors=imported.row_errors,
        notes=imported.notes,
    )


def _import_page(job: Job, client: ApiClient, place: ImportPlace, path: str) -> StepDone:
    if path.partition("?")[0].rstrip("/") != _DEVICES.rstrip("/"):
        message = "Sigfox's API names something else as the next page of devices"
        raise SigfoxUnreachable(message)
    page = client.page(path)
    following = place.following(page.next)
    if page.next is not None and page.next == place.landmark:
        message = "Sigfox's API names pages in a circle"
        raise SigfoxUnreachable(message)
    found, errors = read_all(page.data)
    changed = take_over(job.application_id, found)
    return StepDone(following.as_cursor(), len(page.data), changed, row_errors=errors)


def _count(job: Job, place: ImportPlace) -> StepDone:
    """Count which of our devices Sigfox has listed since the import was ordered."""
    after = stored_devices.after(job.application_id, "", place.counted_until, _COUNTED_AT_ONCE)
    ids = [device.id for device in islice(after, _COUNTED_AT_ONCE)]
    known = sigfox_devices.find_many(job.application_id, ids)
    present = sum(device.imported_at >= job.created_at for device in known)
    place = replace(place, present=place.present + present, absent=place.absent + len(ids) - present)
    if len(ids) == _COUNTED_AT_ONCE:
        return StepDone(replace(place, counted_until=ids[-1]).as_cursor())
    return StepDone(None, notes=(_summary(place),))


def _summary(place: ImportPlace) -> str:
    total = place.present + place.absent
    if not place.absent:
        return f"Sigfox lists all of the application's devices: {total}"
    return f"Sigfox lists {place.present} of the application's {total} devices; the others are as they were"
