"""`sigbridge parameters`."""

from datetime import datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge_admin.api import Query, read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, DeviceId, examples
from sigbridge_admin.presentation import readable_moment, say, show_json, show_table

commands = typer.Typer(
    help="Configuration parameters of a device, as TagoIO has them. One of them has a meaning here:"
    " downlinkData is what the device gets every time it asks while its queue is empty.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_Key = Annotated[
    str, typer.Argument(metavar="KEY", help="Its name, such as downlinkData.", show_default=False)
]


class _Parameter(BaseModel):
    key: str
    value: str
    sent: bool
    updated_at: datetime


@commands.command(
    "list",
    cls=ApiCommand,
    epilog=examples("sigbridge parameters list 1A2B3C", "sigbridge parameters list 1A2B3C --unsent"),
)
def list_parameters(
    context: ApiContext,
    device_id: DeviceId,
    sent: Annotated[
        bool | None,
        typer.Option("--sent/--unsent", help="Only those that are marked so.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the parameters of a device. There are at most 60."""
    query: Query = {"sent": None if sent is None else str(sent).lower()}
    document = context.api.get("devices", device_id, "parameters", query=query)
    if as_json:
        show_json(document)
        return
    parameters = [read(_Parameter, each) for each in document["parameters"]]
    if not parameters:
        say(f"Device {device_id} has no {'' if sent is None else 'such '}parameters.")
        return
    show_table([_row(each) for each in parameters], folding={"value"})


@commands.command(
    "set",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge parameters set 1A2B3C downlinkData 0102030405060708",
        "sigbridge parameters set 1A2B3C interval 900 --sent",
    ),
)
def set_(
    context: ApiContext,
    device_id: DeviceId,
    key: _Key,
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE", help="Text; of downlinkData 8 bytes, 16 hex digits.", show_default=False
        ),
    ],
    sent: Annotated[
        bool,
        typer.Option("--sent", help="Mark it as sent: a flag for you and your programs alone."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Set a parameter of a device, or change it. It stays until it is changed or deleted."""
    body = {"value": value, "sent": sent}
    document = context.api.put("devices", device_id, "parameters", key, body=body)
    if as_json:
        show_json(document)
        return
    parameter = read(_Parameter, document)
    if parameter.key == "downlinkData":
        say(f"Device {device_id} gets {parameter.value} whenever its queue is empty.")
    else:
        say(f"{parameter.key} of device {device_id} is {parameter.value}")


@commands.command(cls=ApiCommand, epilog=examples("sigbridge parameters delete 1A2B3C downlinkData"))
def delete(context: ApiContext, device_id: DeviceId, key: _Key, as_json: AsJson = False) -> None:
    """Delete a parameter of a device."""
    context.api.delete("devices", device_id, "parameters", key)
    if as_json:
        show_json({"device_id": device_id, "key": key, "deleted": True})
        return
    say(f"{key} of device {device_id} deleted.")


def _row(parameter: _Parameter) -> dict[str, str]:
    return {
        "key": parameter.key,
        "value": parameter.value,
        "sent": "yes" if parameter.sent else "no",
        "changed": readable_moment(parameter.updated_at),
    }
