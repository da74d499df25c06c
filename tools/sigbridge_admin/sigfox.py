"""`sigbridge sigfox`: the commands, each of which stands in a module of its kind."""

import typer

from sigbridge_admin import (
    sigfox_connect,
    sigfox_connection,
    sigfox_devices,
    sigfox_import,
    sigfox_metering,
    sigfox_recovery,
)

commands = typer.Typer(
    help="Sigfox's backend: the connection to its API, and what is done there.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
# Without a name their commands stand in this group.
commands.add_typer(sigfox_connect.commands)
commands.add_typer(sigfox_connection.commands)
commands.add_typer(sigfox_import.commands)
commands.add_typer(sigfox_devices.commands)
commands.add_typer(sigfox_metering.commands)
commands.add_typer(sigfox_recovery.commands)
