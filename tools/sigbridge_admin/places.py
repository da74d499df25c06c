"""Where a command works: what its options, the environment, a profile and the local stack say together."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import httpx

from sigbridge.model.token import Token
from sigbridge_admin.dead_letters import DeadLetters, webhook_dead_letters
from sigbridge_admin.failures import AdminError
from sigbridge_admin.local_stack import IS_IT_UP, local_stack
from sigbridge_admin.presentation import note
from sigbridge_admin.profile_file import Profile, read_profiles
from sigbridge_admin.stack import DEFAULT_STACK
from sigbridge_admin.table import Target, aws_target, local_target

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the API answers, and who calls it.

    Attributes:
        name: What people call it.
        base_url: Address, without a slash at its end.
        key: The caller's key.
        hint: What to try when it can't be reached.
        trust_environment: Whether the proxies of the environment are used.
    """

    name: str
    base_url: str
    key: str = field(repr=False)
    hint: str
    trust_environment: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """What was said of where to work; what is None was not said.

    Attributes:
        is_local: Whether the local stack was chosen.
        profile: Name of the profile otherwise; None for the one in use, if there is one.
        url, key: For commands with a key.
        variables: Which of these two come from the environment, and its names for them.
        stack, table, region, aws_profile: For commands with AWS credentials.
    """

    is_local: bool
    profile: str | None
    url: str | None
    key: str | None = field(repr=False)
    variables: Mapping[str, str]
    stack: str | None
    table: str | None
    region: str | None
    aws_profile: str | None


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What counts where there is neither an option nor a variable."""

    name: str
    url: str | None = None
    key: str | None = field(default=None, repr=False)


def api_place(choice: Choice) -> Place:
    """The API to call, and the key to call it with.

    Raises:
        AdminError: One of the two is missing or malformed, or there is no local stack.
    """
    defaults = _defaults(choice)
    url, key = choice.url or defaults.url, choice.key or defaults.key
    _note_what_takes_a_place(choice, defaults)
    if not url or not key:
        raise _missing(defaults.name, url, key)
    if choice.is_local and url == defaults.url:
        return Place(defaults.name, url.rstrip("/"), key.strip(), IS_IT_UP, trust_environment=False)
    name = defaults.name if defaults.name and url == defaults.url else url
    return Place(
        name, checked_address(url), checked_key(key), "is the address right? It is the stack's output ApiUrl"
    )


def table_target(choice: Choice) -> Target:
    """The table to work on, with AWS credentials.

    Raises:
        AdminError: There is none, or it can't be found out.
    """
    if choice.is_local:
        return local_target()
    _, profile = _profile(choice)
    table, stack = choice.table, choice.stack
    if table is None and stack is None:
        table, stack = profile.table, profile.stack
    return aws_target(
        table,
        stack or DEFAULT_STACK,
        choice.region or profile.region,
        choice.aws_profile or profile.aws_profile,
    )


def dead_letters(choice: Choice) -> AbstractContextManager[DeadLetters]:
    """The dead letters of webhooks, with AWS credentials.

    Raises:
        AdminError: They can't be found.
    """
    _, profile = _profile(choice)
    return webhook_dead_letters(
        choice.stack or profile.stack or DEFAULT_STACK,
        choice.region or profile.region,
        choice.aws_profile or profile.aws_profile,
    )


def checked_address(url: str) -> str:
    """Return the address of an API without a slash at its end.

    Raises:
        AdminError: It is none, or the key would not be safe with it.
    """
    try:
        address = httpx.URL(url.strip())
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        message = (
            "The URL must be as the stack's output ApiUrl: https://<id>.execute-api.<region>.amazonaws.com"
        )
        raise AdminError(message)
    if address.userinfo or address.query or address.fragment:
        message = "The URL must be an address alone; the key has its own place, SIGBRIDGE_KEY"
        raise AdminError(message)
    if address.scheme == "http" and address.host not in _THIS_MACHINE:
        message = "The URL must begin with https, or others could read the key on its way"
        raise AdminError(message)
    return str(address).rstrip("/")


def checked_key(key: str) -> str:
    """Return a key without blanks around it.

    Raises:
        AdminError: It has another form.
    """
    if Token.parse(key.strip()) is None:
        message = (
            "That is not a key of Sigbridge, which looks like sbk_<16 characters>_<52 characters>:"
            " copy it whole, or make another one with `sigbridge applications issue-key`"
        )
        raise AdminError(message)
    return key.strip()


def _defaults(choice: Choice) -> _Defaults:
    if choice.is_local:
        stack = local_stack()
        return _Defaults("the local stack", stack.base_url, stack.key)
    name, profile = _profile(choice)
    return _Defaults(f"profile '{name}'" if name else "", profile.url, profile.key)


def _profile(choice: Choice) -> tuple[str | None, Profile]:
    """Find the profile that was chosen or is in use; an empty one without a name where there is none."""
    profiles = read_profiles()
    name = choice.profile or profiles.in_use
    return name, profiles.find(name) if name else Profile()


def _note_what_takes_a_place(choice: Choice, defaults: _Defaults) -> None:
    """Say where a variable, which may have been set long ago, overrides what was chosen."""
    for what, given, default in (
        ("URL", choice.url, defaults.url),
        ("key", choice.key, defaults.key),
    ):
        variable = choice.variables.get(what)
        if variable and given and default and given != default:
            note(f"Using {variable} instead of the {what} of {defaults.name}")


def _missing(chosen: str, url: str | None, key: str | None) -> AdminError:
    lacking = [name for name, given in (("URL", url), ("key", key)) if not given]
    variables = " and ".join(f"SIGBRIDGE_{name.upper()}" for name in lacking)
    if chosen:
        what = f"{chosen[:1].upper()}{chosen[1:]} has no {' and no '.join(lacking)}"
        return AdminError(f"{what}: set {variables}, or add another profile")
    return AdminError(f"Set {variables}, choose a profile with --profile, or use --local")
