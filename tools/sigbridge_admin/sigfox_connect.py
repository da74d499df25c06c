"""`sigbridge sigfox connect`, `types` and `drift`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge.model.sigfox_device_type import ConnectMode
from sigbridge.provisioning.connecting import StepState
from sigbridge.provisioning.plan import Act
from sigbridge_admin.api import Api, Json, read
from sigbridge_admin.api_errors import Missing
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, confirm, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.job_progress import Job
from sigbridge_admin.presentation import NONE, note, readable_moment, say, show_json, show_table
from sigbridge_admin.sigfox_connection import ask_for_credentials

commands = typer.Typer()

_EVENTS = (
    "One thing is left to do by hand, because Sigfox's API can't: to be told of breaks in the sequence and"
    " ends of contracts, make event configurations that call {base_url}/sigfox/event (docs/connect-sigfox.md)"
)
_TypeIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="TYPE_ID", help="Sigfox's ids of device types.", show_default=False),
]


class _Drift(BaseModel):
    callback: str | None = None
    field: str
    current: str
    wanted: str


class _Step(BaseModel):
    act: Act
    state: StepState
    callback: str | None = None
    address: str | None = None
    reason: str
    refusal: str | None = None


class _DeviceType(BaseModel):
    id: str
    name: str
    downlink_mode: str | None = None
    connected_as: ConnectMode | None = None
    checked_at: datetime | None = None
    drift: list[str]


class _Connected(BaseModel):
    device_type: _DeviceType
    mode: ConnectMode
    steps: list[_Step]
    obstacles: list[str]
    stopped_by: str | None = None


class _Checked(BaseModel):
    device_type: _DeviceType
    drift: list[_Drift]


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox connect",
        "sigbridge sigfox connect --all --mode uplink --dry-run",
        "sigbridge sigfox connect 5a1b2c3d4e5f60718293a4b7 --force",
    ),
)
def connect(
    context: ApiContext,
    type_ids: _TypeIds = None,
    every: Annotated[bool, typer.Option("--all", help="All device types of the group.")] = False,
    mode: Annotated[
        ConnectMode | None,
        typer.Option(
            "--mode",
            help="bidir for messages and downlinks, uplink for messages alone, advanced for messages 30 s"
            " later with what the network knows of them.",
            show_default="as it is connected, else bidir",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Do it though others' downlinks would stop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the callbacks of device types in Sigfox, or put them right.

    The first time it also imports the devices, and fetches what Sigfox could not deliver lately. Without
    credentials for Sigfox's API it asks for them first. What is right already is not touched, and nothing is
    deleted: it may be done again at any time.
    """
    api = context.api
    connection = _connection(api)
    types = _chosen(api, type_ids or [], every=every)
    plans = [_connect(api, each, mode, dry_run=True) for each in types]
    if not as_json:
        for plan in plans:
            _show_plan(read(_Connected, plan), connection["base_url"])
    if dry_run:
        if as_json:
            show_json({"device_types": plans})
        return
    _refuse_obstacles([read(_Connected, plan) for plan in plans], is_forced=force)
    outcomes = [_connect(api, each, mode, force=force) for each in types]
    is_first = any(each.connected_as is None for each in types)
    jobs = [_order(api, "import"), _order(api, "recover")] if is_first else []
    if as_json:
        show_json({"device_types": outcomes, "jobs": jobs})
        return
    done = [read(_Connected, outcome) for outcome in outcomes]
    for outcome in done:
        _show_outcome(outcome)
    for job in (read(Job, each) for each in jobs):
        say(f"Ordered: {job.what} (`sigbridge jobs show {job.id} --wait`).")
    if is_first:
        say(_EVENTS.format(base_url=connection["base_url"]))
    stopped = [outcome.stopped_by for outcome in done if outcome.stopped_by]
    if stopped:
        message = f"{stopped[0]}. What is done stays: run the same command again to go on"
        raise AdminError(message)


@commands.command("types", cls=ApiCommand, epilog=examples("sigbridge sigfox types"))
def list_types(context: ApiContext, as_json: AsJson = False) -> None:
    """List the device types of the group, and how they are connected."""
    document = context.api.get("sigfox", "device-types")
    if as_json:
        show_json(document)
        return
    types = _read_types(document)
    if not types:
        say("The group has no device types.")
        return
    _show_types(types)


@commands.command(
    cls=ApiCommand,
    epilog=examples("sigbridge sigfox drift", "sigbridge sigfox drift 5a1b2c3d4e5f60718293a4b7"),
)
def drift(context: ApiContext, type_ids: _TypeIds = None, as_json: AsJson = False) -> None:
    """Show what of connected device types is not as it was made; `connect` puts it right."""
    api = context.api
    ids = type_ids or [
        each.id for each in _read_types(api.get("sigfox", "device-types")) if each.connected_as is not None
    ]
    documents = [api.get("sigfox", "device-types", id_, "drift") for id_ in ids]
    if as_json:
        show_json({"device_types": documents})
        return
    if not documents:
        say("No device type is connected: `sigbridge sigfox connect` connects them.")
        return
    for checked in (read(_Checked, document) for document in documents):
        _show_drift(checked)


def _connection(api: Api) -> Json:
    try:
        return api.get("sigfox")
    except Missing:
        api.name_application()
        note("Sigbridge is not connected to Sigfox yet. Which API user may it use? (docs/sigfox-api.md)")
    return ask_for_credentials(api)


def _chosen(api: Api, ids: Sequence[str], *, every: bool) -> list[_DeviceType]:
    types = _read_types(api.get("sigfox", "device-types"))
    if not types:
        message = "The group has no device types: make one in Sigfox's portal"
        raise AdminError(message)
    if ids:
        known = {each.id: each for each in types}
        unknown = [id_ for id_ in ids if id_ not in known]
        if unknown:
            message = f"The group has no device type '{unknown[0]}': `sigbridge sigfox types` lists them"
            raise AdminError(message)
        return [known[id_] for id_ in ids]
    if not every and len(types) > 1:
        _show_types(types)
        confirm(api, f"Connect all {len(types)} device types?", without_asking="their ids or --all")
    return types


def _connect(
    api: Api,
    device_type: _DeviceType,
    mode: ConnectMode | None,
    *,
    dry_run: bool = False,
    force: bool = False,
) -> Json:
    wanted = mode or device_type.connected_as or ConnectMode.BIDIR
    body = {"mode": wanted, "dry_run": dry_run, "force": force}
    return api.post("sigfox", "device-types", device_type.id, "connect", body=body)


def _order(api: Api, what: str) -> Json:
    return api.post("sigfox", what, body={})


def _refuse_obstacles(plans: Iterable[_Connected], *, is_forced: bool) -> None:
    obstacles = [f"{plan.device_type.name}: {obstacle}" for plan in plans for obstacle in plan.obstacles]
    if obstacles and not is_forced:
        message = "Nothing was changed, because this would stop working; --force does it all the same"
        raise AdminError(message, obstacles)


def _read_types(document: Json) -> list[_DeviceType]:
    return [read(_DeviceType, each) for each in document["device_types"]]


def _show_types(types: Sequence[_DeviceType]) -> None:
    show_table(
        [
            {
                "id": each.id,
                "name": each.name,
                "downlinks": each.downlink_mode or NONE,
                "connected as": each.connected_as or NONE,
                "checked": NONE if each.checked_at is None else readable_moment(each.checked_at),
                "drift": "; ".join(each.drift) or NONE,
            }
            for each in types
        ],
        folding={"name", "drift"},
    )


def _show_plan(plan: _Connected, base_url: str) -> None:
    say(f"Device type {plan.device_type.name} ({plan.device_type.id}), as {plan.mode}:")
    show_table(
        [
            {
                "what": step.act.replace("_", " "),
                "callback": step.callback or NONE,
                "calls": (step.address or NONE).removeprefix(base_url),
                "why": step.reason,
            }
            for step in plan.steps
        ],
        folding={"calls", "why"},
    )
    for obstacle in plan.obstacles:
        say(f"Stops: {obstacle}.")
    say("")


def _show_outcome(outcome: _Connected) -> None:
    number = sum(step.state is StepState.DONE for step in outcome.steps)
    what = f"{number} changes" if number > 1 else "1 change" if number else "nothing to change"
    say(f"Device type {outcome.device_type.name} is connected as {outcome.mode}: {what}.")
    for step in outcome.steps:
        if step.state is StepState.REFUSED:
            say(f"Sigfox refused {step.callback}: {step.refusal}.")


def _show_drift(checked: _Checked) -> None:
    device_type = checked.device_type
    if not checked.drift:
        say(f"Device type {device_type.name} ({device_type.id}) is as it was connected.")
        return
    say(f"Device type {device_type.name} ({device_type.id}):")
    show_table(
        [
            {
                "callback": each.callback or NONE,
                "field": each.field,
                "is": each.current or NONE,
                "should be": each.wanted,
            }
            for each in checked.drift
        ],
        folding={"is", "should be"},
    )
