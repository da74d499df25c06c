"""Callbacks that Sigfox could not deliver, read and stored as if they had come.

Nobody waits for an answer any more: nothing is claimed for a device (I7).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from sigbridge.api.http.request import Request
from sigbridge.api.ingest.reader import Received, read_batch, read_bidir, read_service, read_uplinks
from sigbridge.api.ingest.responses import CallbackReceipt
from sigbridge.api.ingest.services import addressed_service
from sigbridge.api.ingest.storing import store_received
from sigbridge.credentials import find_key, redact
from sigbridge.devices import InactiveDevice
from sigbridge.errors import SigbridgeError, Unavailable
from sigbridge.messages import MessageReceipt, Network
from sigbridge.model.sigfox_connection import SigfoxConnection
from sigbridge.provisioning.replay import Recovered, Replayed
from sigbridge.sigfox.rest.undelivered import UndeliveredCallback, is_below
from sigbridge.telemetry.excerpts import excerpt

_READERS = {"uplink": read_uplinks, "uplink/batch": read_batch, "downlink": read_bidir}
_SERVICES = "sigfox"
_FOREIGN = Replayed(Recovered(callbacks=1, foreign=1))


def replay_callback(connection: SigfoxConnection, callback: UndeliveredCallback) -> Replayed:
    """Store what a callback says, with the mark that it was recovered; one of others is left.

    Args:
        connection: Whose callbacks they are, and where ours lead.
        callback: The callback.

    Raises:
        Unavailable: Not all of it is durable; replaying it again does no harm.
    """
    route = _route(connection.base_url, callback.url)
    # All applications of a stack are called at the same host.
    key = None if callback.key_id is None else find_key(callback.key_id)
    if route is None or (key is not None and key.application_id != connection.application_id):
        return _FOREIGN
    try:
        received = _read(route, callback, "" if key is None else key.additional_parameter)
        receipt = store_received(connection.application_id, received)
    except Unavailable:
        raise
    except InactiveDevice:
        return Replayed(Recovered(callbacks=1, inactive=1))
    except SigbridgeError as refusal:
        return Replayed(Recovered(callbacks=1, refused=1), (excerpt(refusal.message),))
    return _replayed(receipt)


def _route(base_url: str, url: str) -> str | None:
    """Return the path of a route of ours that takes callbacks; None where a URL leads elsewhere."""
    if not is_below(base_url, url):
        return None
    route = urlsplit(url).path.removeprefix(urlsplit(base_url).path).strip("/")
    room, _, service = route.partition("/")
    is_service = room == _SERVICES and service and "/" not in service
    return route if route in _READERS or is_service else None


def _read(route: str, callback: UndeliveredCallback, field_mapping: str) -> Received:
    request = _request(route, callback)
    read = _READERS.get(route) or partial(read_service, addressed=addressed_service(request))
    return _marked(read(request, additional_parameter=field_mapping), callback.time)


def _request(route: str, callback: UndeliveredCallback) -> Request:
    headers: Mapping[str, str | None] = {
        "content-type": callback.content_type,
        "device": callback.device_header,
    }
    return Request(
        id="recovered",
        path={"service": redact(route.rpartition("/")[2])},
        headers={name: redact(value) for name, value in headers.items() if value},
        authorization="",
        query_string=callback.query,
        raw_body=callback.body,
        is_base64=False,
        raw_path=f"/{route}",
    )


def _marked(received: Received, time: int | None) -> Received:
    """Mark everything; what says no time is of Sigfox's, since it can't be of now."""
    return replace(
        received,
        messages={
            index: replace(message, recovered=True, time=time if message.time is None else message.time)
            for index, message in received.messages.items()
        },
        reports={
            index: replace(report, recovered=True, time=time if report.time is None else report.time)
            for index, report in received.reports.items()
        },
    )


def _replayed(receipt: CallbackReceipt) -> Replayed:
    messages, reports = receipt.messages, receipt.reports
    recovered = Recovered(
        callbacks=1,
        refused=len(receipt.refused),
        inactive=len(messages.inactive),
        messages=messages.accepted,
        reports=reports.accepted,
        known=messages.duplicates + reports.duplicates,
        conflicts=sum(map(_conflicts, messages.messages)),
    )
    return Replayed(recovered, tuple(excerpt(fault.message) for fault in receipt.refused))


def _conflicts(receipt: MessageReceipt) -> bool:
    """Return whether a message was there with another payload."""
    written, stored = receipt.message.payload, receipt.stored.payload
    if receipt.message.network is not Network.SIGFOX or written is None or not written.text or not stored:
        return False
    return receipt.stored.payload != written.text.strip().lower()
