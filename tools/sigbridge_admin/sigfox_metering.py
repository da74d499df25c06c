"""`sigbridge sigfox coverage` and `consumption`."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge_admin.api import Query, read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, DeviceId, examples
from sigbridge_admin.presentation import NONE, say, show_facts, show_json, show_table

commands = typer.Typer()


class _Coverage(BaseModel):
    covered: bool | None = None
    margins_db: list[float]


class _Counts(BaseModel):
    last_day: int | None = None
    last_week: int | None = None
    last_month: int | None = None


class _Metrics(BaseModel):
    sigfox: _Counts
    stored: _Counts


class _Day(BaseModel):
    uplinks: int
    downlinks: int
    roaming_uplinks: int
    roaming_downlinks: int


class _Month(BaseModel):
    sigfox: list[_Day]
    stored_uplinks: int | None = None


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox coverage 48.8584 2.2945"))
def coverage(
    context: ApiContext,
    lat: Annotated[float, typer.Argument(min=-90, max=90, help="Latitude in degrees.", show_default=False)],
    lng: Annotated[
        float, typer.Argument(min=-180, max=180, help="Longitude in degrees.", show_default=False)
    ],
    radius: Annotated[
        int | None,
        typer.Option(min=0, max=100_000, help="Metres around it that are averaged.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask Sigfox how well a place is covered. Write -- before a place that begins with a minus sign."""
    query: Query = {"lat": str(lat), "lng": str(lng), "radius": radius}
    document = context.api.get("sigfox", "coverage", query=query)
    if as_json:
        show_json(document)
        return
    found = read(_Coverage, document)
    say({True: "Covered.", False: "Not covered.", None: "Sigfox does not say."}[found.covered])
    if found.margins_db:
        margins = ", ".join(f"{margin:g} dB" for margin in found.margins_db)
        say(f"Margins for the best station, the second and the third: {margins}.")


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox consumption 1A2B3C", "sigbridge sigfox consumption 1A2B3C --month 2026-10"
    ),
)
def consumption(
    context: ApiContext,
    device_id: DeviceId,
    month: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m"], metavar="YYYY-MM", help="The month, in UTC.", show_default="this month"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how many messages Sigfox counts of a device, beside those that are stored."""
    wanted = month or datetime.fromtimestamp(context.api.surroundings.now_ms() / 1000, UTC)
    query: Query = {"year": wanted.year, "month": wanted.month}
    of_month = context.api.get("devices", device_id, "sigfox", "consumption", query=query)
    until_now = context.api.get("devices", device_id, "sigfox", "metrics")
    if as_json:
        show_json({"month": of_month, "until_now": until_now})
        return
    _show_metrics(read(_Metrics, until_now))
    _show_month(f"{wanted:%Y-%m}", read(_Month, of_month))


def _show_metrics(metrics: _Metrics) -> None:
    show_table(
        [
            {
                "counted by": name,
                "last day": _number(counts.last_day),
                "last week": _number(counts.last_week),
                "last month": _number(counts.last_month),
            }
            for name, counts in (("Sigfox", metrics.sigfox), ("Sigbridge", metrics.stored))
        ]
    )


def _show_month(month: str, consumed: _Month) -> None:
    days = consumed.sigfox
    say("")
    show_facts(
        {
            "month": month,
            "uplinks": str(sum(day.uplinks for day in days)),
            "of them stored": _number(consumed.stored_uplinks),
            "downlinks": str(sum(day.downlinks for day in days)),
            "roaming": f"{sum(day.roaming_uplinks for day in days)} up,"
            f" {sum(day.roaming_downlinks for day in days)} down",
        }
    )


def _number(count: int | None) -> str:
    return NONE if count is None else str(count)
