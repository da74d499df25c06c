"""`sigbridge sigfox import`, `device` and `contracts`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge_admin.api import Query, read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, DeviceId, examples
from sigbridge_admin.job_progress import Job, Wait, follow, show_job
from sigbridge_admin.presentation import (
    NONE,
    readable_date,
    readable_second,
    say,
    show_facts,
    show_json,
    show_table,
)

commands = typer.Typer()


class _Contract(BaseModel):
    id: str
    name: str
    allows_downlinks: bool
    daily_uplinks: int | None = None
    daily_downlinks: int | None = None
    history_days: int


class _ListedContract(_Contract):
    tokens_in_use: int
    max_tokens: int | None = None
    activation_ends_at: datetime | None = None
    takes_devices: bool


class _Location(BaseModel):
    lat: float
    lng: float


class _Token(BaseModel):
    state: str | None = None
    detail: str | None = None
    ends_at: datetime | None = None
    free_messages: int | None = None
    free_messages_sent: int | None = None


class _Device(BaseModel):
    id: str
    name: str
    device_type_id: str | None = None
    pac: str | None = None
    location: _Location | None = None
    state: str | None = None
    com_state: str | None = None
    token: _Token | None = None
    automatic_renewal: bool | None = None
    automatic_renewal_status: str | None = None
    last_com: datetime | None = None
    lqi: str | None = None
    seq_number: int | None = None
    contract: _Contract | None = None
    imported_at: datetime


@commands.command(
    "import",
    cls=ApiCommand,
    epilog=examples("sigbridge sigfox import", "sigbridge sigfox import --wait"),
)
def import_fleet(context: ApiContext, wait: Wait = False, as_json: AsJson = False) -> None:
    """Import all device types and devices of your group, as a job.

    Those that are new are listed. What you chose stays, and nothing is deleted.
    """
    job = context.api.post("sigfox", "import", body=None)
    if wait:
        job = follow(context.api, job["id"])
    show_json(job) if as_json else show_job(read(Job, job))


@commands.command(
    cls=ApiCommand,
    epilog=examples("sigbridge sigfox device 1A2B3C", "sigbridge sigfox device 1A2B3C --refresh"),
)
def device(
    context: ApiContext,
    device_id: DeviceId,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask Sigfox now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what Sigfox knows of a device: its subscription, its state, its contract."""
    query: Query = {"refresh": "true"} if refresh else {}
    document = context.api.get("devices", device_id, "sigfox", query=query)
    show_json(document) if as_json else _show_device(read(_Device, document))


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox contracts"))
def contracts(context: ApiContext, as_json: AsJson = False) -> None:
    """List the contracts of your group, and whether they take more devices."""
    document = context.api.get("sigfox", "contracts")
    if as_json:
        show_json(document)
        return
    listed = [read(_ListedContract, each) for each in document["contracts"]]
    if not listed:
        say("There are no contracts that the API user may see.")
        return
    show_table([_contract_row(contract) for contract in listed], folding={"name"})


def _contract_row(contract: _ListedContract) -> dict[str, str]:
    ends_at = contract.activation_ends_at
    return {
        "id": contract.id,
        "name": contract.name,
        "takes devices": _yes(contract.takes_devices),
        "devices": _devices(contract),
        "until": NONE if ends_at is None else readable_date(ends_at),
        "uplinks a day": _text(contract.daily_uplinks),
        "downlinks a day": _downlinks(contract),
        "history": f"{contract.history_days} days",
    }


def _devices(contract: _ListedContract) -> str:
    number, limit = contract.tokens_in_use, contract.max_tokens
    return f"{number} of {limit}" if limit else f"{number}, no limit"


def _show_device(found: _Device) -> None:
    say(f"Device {found.id} in Sigfox, {readable_second(found.imported_at)}")
    facts = dict(_facts(found))
    show_facts({name: value for name, value in facts.items() if value != NONE})


def _facts(found: _Device) -> Iterator[tuple[str, str]]:
    yield "name", found.name or NONE
    yield "type", _text(found.device_type_id)
    yield "state", _words(found.state)
    yield "heard", _words(found.com_state)
    yield "last message", NONE if found.last_com is None else readable_second(found.last_com)
    yield "sequence number", _text(found.seq_number)
    yield "link quality", _text(found.lqi)
    if found.token is not None:
        yield from _token_facts(found.token)
    renewal = [] if found.automatic_renewal is None else [_yes(found.automatic_renewal)]
    status = found.automatic_renewal_status
    yield "renewed", ", ".join([*renewal, *([] if status is None else [status])]) or NONE
    if found.contract is not None:
        yield "contract", f"{found.contract.name} ({found.contract.id})"
        yield "uplinks a day", _text(found.contract.daily_uplinks)
        yield "downlinks a day", _downlinks(found.contract)
        yield "history", f"{found.contract.history_days} days"
    place = found.location
    yield "location", NONE if place is None else f"{place.lat}, {place.lng}"
    yield "PAC", _text(found.pac)


def _token_facts(token: _Token) -> Iterator[tuple[str, str]]:
    yield "subscription", " ".join(filter(None, [token.state, token.detail and f"({token.detail})"])) or NONE
    yield "ends", NONE if token.ends_at is None else readable_second(token.ends_at)
    yield "free messages", _text(token.free_messages)
    yield "free messages sent", _text(token.free_messages_sent)


def _downlinks(contract: _Contract) -> str:
    return _text(contract.daily_downlinks) if contract.allows_downlinks else "not allowed"


def _text(value: object) -> str:
    return NONE if value is None else str(value)


def _words(code: str | None) -> str:
    return _text(code).replace("_", " ")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
