import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.budget import Row
from benchmarks.capacity.rows import capacity_rows
from benchmarks.change_costs import change_cost_rows
from benchmarks.cold_start import cold_start_rows
from benchmarks.decoding_costs import decoding_cost_rows
from benchmarks.decoding_times import decoding_time_rows
from benchmarks.growth import growth_rows
from benchmarks.handler_times import batch_time_row, handler_time_rows
from benchmarks.layer import built_stack, layer_size_row
from benchmarks.processor_times import processor_time_rows
from benchmarks.publishing_costs import publishing_cost_rows
from benchmarks.reading_costs import reading_cost_rows
from benchmarks.report import RESULTS, print_table, write_results
from benchmarks.request_costs import batch_cost_row, request_cost_rows
from benchmarks.sender_costs import sender_cost_rows
from benchmarks.workload import Workload, running_workload
from sigbridge_local.failures import LocalStackError
from sigbridge_local.places import shown

_BATCH = 100
_WIDTH = 160


def main(
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a budget is exceeded.")] = False,
) -> None:
    """Measure the budgets of the hot path, print them, write them to benchmarks/results.json."""
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    try:
        with running_workload() as workload:
            rows = measure(workload, lambda doing: console.print(f"[dim]{doing} ...[/dim]"))
    except LocalStackError as failure:
        Console(stderr=True).print(f"error: {failure}", markup=False)
        raise typer.Exit(failure.exit_code) from failure
    print_table(console, rows)
    write_results(rows)
    console.print(f"written: {shown(RESULTS)}")
    if strict and not all(row.passed for row in rows):
        raise typer.Exit(1)


def measure(workload: Workload, announce: Callable[[str], None]) -> Sequence[Row]:
    """Measure every row."""
    announce("requests and capacity units")
    rows = request_cost_rows(workload)
    devices = [workload.device() for _ in range(_BATCH)]
    rows.append(batch_cost_row(workload, devices))
    rows += change_cost_rows(workload)
    rows += decoding_cost_rows(workload)
    rows += publishing_cost_rows(workload)
    rows += reading_cost_rows(workload)
    rows += capacity_rows()
    announce("handler times")
    rows.append(batch_time_row(workload, devices))
    rows += handler_time_rows(workload)
    rows += processor_time_rows(workload)
    rows += sender_cost_rows(workload)
    announce("growth")
    rows += growth_rows(workload)
    announce("sam build")
    built = built_stack()
    announce("cold starts")
    rows += cold_start_rows(workload, built)
    rows.append(layer_size_row(built))
    announce("formatters")
    rows += decoding_time_rows()
    return rows


if __name__ == "__main__":
    typer.run(main)
