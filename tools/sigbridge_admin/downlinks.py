"""`sigbridge downlinks`."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sigbridge_admin.api import Json, read
from sigbridge_admin.api_errors import NotAllowed
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, DeviceId, Yes, confirm, examples
from sigbridge_admin.downlink_history import (
    Downlink,
    QueuedDownlink,
    history_row,
    queued_row,
    show_downlink,
    show_until_ended,
    until_ended,
)
from sigbridge_admin.failures import AdminError
from sigbridge_admin.lists import EveryPage, PageSize, first_or_every_page, say_whether_more
from sigbridge_admin.payloads import in_base64, read_base64, read_hex, read_payloads
from sigbridge_admin.presentation import say, show_json, show_table
from sigbridge_admin.queue_api import Queue
from sigbridge_admin.times import Expiry, read_expiry

commands = typer.Typer(
    help="Downlinks of a device: 8 bytes each, queued until the device asks for one.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_DownlinkId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Id of the downlink, 24 hex digits.", show_default=False),
]
_InHex = Annotated[
    list[Any] | None,
    typer.Argument(metavar="HEX", parser=read_hex, help="8 bytes as 16 hex digits.", show_default=False),
]
_InBase64 = Annotated[
    list[Any] | None,
    typer.Option(
        "--base64",
        metavar="TEXT",
        parser=read_base64,
        help="A payload in base64 instead of hex; repeat it for several.",
        show_default=False,
    ),
]
_File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        help="A file with one payload in hex a line; - reads the standard input.",
        show_default=False,
    ),
]
_Confirmed = Annotated[
    bool, typer.Option("--confirmed", help="Try again until Sigfox says that it was sent.")
]
_Expires = Annotated[
    Expiry | None,
    typer.Option(
        "--expires",
        parser=read_expiry,
        metavar="WHEN",
        help="Until when it is of use: 2h, 3d, a date with or without a time, 2030-01-31T12:00Z (UTC).",
        show_default="never",
    ),
]


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge downlinks push 1A2B3C 0102030405060708",
        "sigbridge downlinks push 1A2B3C 0102030405060708 --confirmed --expires 2h",
        "sigbridge downlinks push 1A2B3C --base64 AQIDBAUGBwg=",
        "sigbridge downlinks push 1A2B3C --file downlinks.txt",
    ),
)
def push(
    context: ApiContext,
    device_id: DeviceId,
    payloads: _InHex = None,
    base64: _InBase64 = None,
    file: _File = None,
    confirmed: _Confirmed = False,
    expires: _Expires = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="A name for this push: under the same one it is queued once within 24 hours, however often"
            " the command runs.",
            show_default="a new one",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Queue downlinks behind those that wait. All of them are queued, or none."""
    items = _items(payloads, base64, file, confirmed=confirmed, expires=expires)
    queue = Queue(context.api, device_id)
    ids = queue.push(items, idempotency_key)
    if as_json:
        show_json({"device_id": device_id, "ids": ids})
        return
    positions = _positions(queue)
    for downlink_id in ids:
        say(f"Downlink {downlink_id} is queued{positions.get(downlink_id, '')}.")
    say(f"It goes out when device {device_id} asks: `sigbridge downlinks show {device_id} {ids[0]} --wait`")


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge downlinks replace 1A2B3C 0102030405060708",
        "sigbridge downlinks replace 1A2B3C 0102030405060708 1112131415161718 --confirmed",
    ),
)
def replace(
    context: ApiContext,
    device_id: DeviceId,
    payloads: _InHex = None,
    base64: _InBase64 = None,
    file: _File = None,
    confirmed: _Confirmed = False,
    expires: _Expires = None,
    as_json: AsJson = False,
) -> None:
    """Queue downlinks in place of all that wait."""
    items = _items(payloads, base64, file, confirmed=confirmed, expires=expires)
    ids = Queue(context.api, device_id).replace(items)
    if as_json:
        show_json({"device_id": device_id, "ids": ids})
        return
    say(f"The queue of device {device_id} is now: {', '.join(ids)}. What waited before was removed.")


@commands.command(
    "list",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge downlinks list 1A2B3C",
        "sigbridge downlinks list 1A2B3C --history",
        "sigbridge downlinks list 1A2B3C --all --json",
    ),
)
def list_downlinks(
    context: ApiContext,
    device_id: DeviceId,
    history: Annotated[
        bool, typer.Option("--history", help="What became of all downlinks, the newest first.")
    ] = False,
    limit: PageSize = 20,
    every_page: EveryPage = False,
    as_json: AsJson = False,
) -> None:
    """List the downlinks that wait, or with --history or --all what became of every one."""
    queue = Queue(context.api, device_id)
    if not (history or every_page):
        _list_waiting(queue, as_json=as_json)
        return
    document = first_or_every_page(queue.history({"limit": limit}), "downlinks", every_page=every_page)
    if as_json:
        show_json(document)
        return
    downlinks = [read(Downlink, each) for each in document["downlinks"]]
    if not downlinks:
        say(f"Device {device_id} has had no downlinks.")
        return
    show_table([history_row(downlink) for downlink in downlinks])
    say_whether_more(document)


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge downlinks show 1A2B3C --wait",
        "sigbridge downlinks show 1A2B3C 01a201c48ee90001f5d42f36",
    ),
)
def show(
    context: ApiContext,
    device_id: DeviceId,
    downlink_id: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Id of the downlink.", show_default="the one queued last"),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Go on until it was sent or has failed, or until Ctrl-C.")
    ] = False,
    every: Annotated[
        int, typer.Option(min=1, max=3600, metavar="SECONDS", help="How often to look, with --wait.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """Show a downlink and what became of it, step by step."""
    queue = Queue(context.api, device_id)
    downlink_id = downlink_id or queue.latest()
    if not wait:
        document = queue.find(downlink_id)
        show_json(document) if as_json else show_downlink(read(Downlink, document))
        return
    documents = until_ended(queue, downlink_id, partial(context.api.surroundings.sleep, every))
    if as_json:
        *_, last = documents
        show_json(last)
        return
    with suppress(KeyboardInterrupt):
        show_until_ended(documents)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge downlinks clear 1A2B3C"))
def clear(context: ApiContext, device_id: DeviceId, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove all downlinks that wait. What was handed out already is not called back."""
    queue = Queue(context.api, device_id)
    if not yes:
        confirm(context.api, f"Remove {_how_many(queue)} of device {device_id}?")
    queue.replace([])
    if as_json:
        show_json({"device_id": device_id, "cleared": True})
        return
    say(f"The queue of device {device_id} is empty.")


@commands.command(
    cls=ApiCommand, epilog=examples("sigbridge downlinks delete 1A2B3C 01a201c48ee90001f5d42f36")
)
def delete(
    context: ApiContext, device_id: DeviceId, downlink_id: _DownlinkId, as_json: AsJson = False
) -> None:
    """Remove one downlink that waits; the others keep their places."""
    Queue(context.api, device_id).delete(downlink_id)
    if as_json:
        show_json({"device_id": device_id, "id": downlink_id, "deleted": True})
        return
    say(f"Downlink {downlink_id} of device {device_id} deleted.")


def _items(
    payloads: Sequence[bytes] | None,
    base64: Sequence[bytes] | None,
    file: Path | None,
    *,
    confirmed: bool,
    expires: Expiry | None,
) -> list[Json]:
    given = [each for each in (payloads, base64, file) if each]
    if len(given) != 1:
        message = "Give the payload either as HEX, such as 0102030405060708, or with --base64, or with --file"
        raise AdminError(message)
    chosen = read_payloads(file) if file else [*(payloads or base64 or ())]
    fields: Json = {"confirmed": True} if confirmed else {}
    if expires is not None and expires.at is not None:
        fields["expires_at"] = expires.rfc3339()
    return [{"frm_payload": payload} | fields for payload in in_base64(chosen)]


def _list_waiting(queue: Queue, *, as_json: bool) -> None:
    waiting = queue.waiting()
    if as_json:
        show_json({"downlinks": waiting})
        return
    if not waiting:
        say(f"Nothing waits for device {queue.device_id}: --history shows what became of earlier downlinks.")
        return
    rows = [
        queued_row(position, read(QueuedDownlink, each)) for position, each in enumerate(waiting, start=1)
    ]
    show_table(rows)


def _positions(queue: Queue) -> Mapping[str, str]:
    """Where each downlink that waits stands, as far as the key may see it."""
    try:
        waiting = queue.waiting()
    except NotAllowed:
        return {}
    numbers = ("first", "second", "third")
    return {
        each[
            "id"
        ]: f", {numbers[position] if position < len(numbers) else f'number {position + 1}'} in the queue"
        for position, each in enumerate(waiting)
    }


def _how_many(queue: Queue) -> str:
    try:
        count = len(queue.waiting())
    except NotAllowed:
        return "all waiting downlinks"
    return "the one waiting downlink" if count == 1 else f"all {count} waiting downlinks"
