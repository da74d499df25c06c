"""`sigbridge profiles`: stacks under names, instead of loose variables."""

import sys
from typing import Annotated

import typer

from sigbridge.model.token import Token
from sigbridge_admin.command import AsJson, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.places import checked_address, checked_key
from sigbridge_admin.presentation import NONE, say, show_json, show_table
from sigbridge_admin.profile_file import Profile, read_profiles, write_profiles

commands = typer.Typer(
    help="Where your stacks are and how to use them, under names: in a file that only you can read.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the profile.", show_default=False)]


@commands.command(
    epilog=examples(
        "sigbridge profiles add prod --url https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
        "sigbridge profiles add prod --url https://... --stack sigbridge-prod --region eu-west-1",
        "sigbridge profiles add staging --url https://... < key.txt",
    )
)
def add(
    name: _Name,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Address of the API: the stack's output ApiUrl.", show_default=False
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Your key. Better leave it out: it is then asked for, or read from the standard input.",
            show_default=False,
        ),
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="For `applications`: the CloudFormation stack.", show_default=False
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="For `applications`: the DynamoDB table.", show_default=False),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="For `applications`.", show_default=False)
    ] = None,
    aws_profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="For `applications`: profile of your AWS credentials.", show_default=False
        ),
    ] = None,
) -> None:
    """Add a profile. Without --key the key is asked for, and not shown."""
    profiles = read_profiles()
    if name in profiles.profiles:
        message = f"There is a profile '{name}' already: `sigbridge profiles remove {name}` makes room for it"
        raise AdminError(message)
    if not (url or stack or table or region or aws_profile):
        message = "Give --url for commands with a key; --stack, --region or --aws-profile for `applications`"
        raise AdminError(message)
    if key and not url:
        message = "Give --url too: it says where the key is good"
        raise AdminError(message)
    profiles.profiles[name] = Profile(
        url=checked_address(url) if url else None,
        key=checked_key(key or _ask_for_key()) if url else None,
        stack=stack,
        table=table,
        region=region,
        aws_profile=aws_profile,
    )
    write_profiles(profiles)
    say(
        f"Profile '{name}' added. Choose it with `sigbridge --profile {name} ...`, or for all commands with"
        f" `sigbridge profiles use {name}`."
    )


@commands.command("list", epilog=examples("sigbridge profiles list"))
def list_profiles(as_json: AsJson = False) -> None:
    """List the profiles, without the secrets of their keys."""
    profiles = read_profiles()
    rows = [
        {
            "name": name,
            "in use": "yes" if name == profiles.in_use else NONE,
            "URL": profile.url or NONE,
            "key": _id_of(profile) or NONE,
            "stack": profile.stack or NONE,
            "table": profile.table or NONE,
            "region": profile.region or NONE,
            "AWS profile": profile.aws_profile or NONE,
        }
        for name, profile in sorted(profiles.profiles.items())
    ]
    if as_json:
        facts = {
            name: profile.model_dump(exclude={"key"}, exclude_none=True) | {"key_id": _id_of(profile)}
            for name, profile in sorted(profiles.profiles.items())
        }
        show_json({"in_use": profiles.in_use, "profiles": facts})
    elif rows:
        show_table(rows, folding={"URL"})
    else:
        say("There are no profiles: `sigbridge profiles add NAME --url URL` adds one.")


@commands.command(epilog=examples("sigbridge profiles use prod", "sigbridge profiles use --none"))
def use(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Name of the profile.", show_default=False)
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Use none unless one is chosen.")] = False,
) -> None:
    """Use a profile wherever none is chosen with --profile or SIGBRIDGE_PROFILE."""
    if (name is None) != none:
        message = "Give the name of a profile, or --none"
        raise AdminError(message)
    profiles = read_profiles()
    if name is not None:
        profiles.find(name)
    profiles.in_use = name
    write_profiles(profiles)
    say("No profile is in use." if name is None else f"Profile '{name}' is in use.")


@commands.command(epilog=examples("sigbridge profiles remove prod"))
def remove(name: _Name) -> None:
    """Remove a profile from this machine. Its key stays good: `sigbridge keys revoke` ends it."""
    profiles = read_profiles()
    profiles.find(name)
    del profiles.profiles[name]
    if profiles.in_use == name:
        profiles.in_use = None
    write_profiles(profiles)
    say(f"Profile '{name}' removed. Its key stays good until `sigbridge keys revoke` ends it.")


def _ask_for_key() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Key", hide_input=True, err=True))
    return sys.stdin.readline()


def _id_of(profile: Profile) -> str | None:
    token = Token.parse(profile.key) if profile.key else None
    return None if token is None else token.id
