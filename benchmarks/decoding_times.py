"""Processor time of reading payloads, by kind: `python -m benchmarks.decoding_times`."""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from time import process_time_ns

from rich.console import Console

from benchmarks.budget import Row
from benchmarks.report import print_table
from benchmarks.stopwatch import Action
from sigbridge.formatters.kinds import KINDS
from sigbridge.formatters.values import read_values
from sigbridge_local.places import ROOT

_ROUNDS = 40
_DECODES = 500
_BATCHES = 10
_BATCH = 100
_BATCH_ROUNDS = 5
_STRUCT = """
mode::uint:8 kg::int:32:little-endian inside::uint:16:little-endian outside::uint:16:little-endian
battery::uint:16:little-endian extra::uint:8
"""
_TRACKER = """
type:0:uint:4::3 moving:0:bool:4 latitude:1:int:32:little-endian:/10000000
longitude:5:int:32:little-endian:/10000000 heading::uint:8:*2 speed::uint:8 battery::uint:8:*25/1000
"""
_PINS = """
temperature::float:32 battery::uint:8
d8::bool:7 d7::bool:6 d6::bool:5 d5::bool:4 d4::bool:3 d3::bool:2 d2::bool:1 d1::bool:0
"""
# By kind, sources and payloads as devices in use send them.
_PAYLOADS = {
    "sigfox_grammar": [
        (_STRUCT, "07d007000003000400050006"),
        (_TRACKER, "10b67dcc0006efda3d9816c2"),
        (_PINS, "41ac00005a81"),
    ],
    "cayenne_lpp": [("", "0167001002680f037405dc"), ("", "0d8807fd87ff410c00086a")],
}


def decoding_time_rows() -> list[Row]:
    """Time each kind: decoding a payload, and what comes before and after it."""
    return [*(row for kind in _PAYLOADS for row in _rows_of(kind)), _script_row()]


def _rows_of(kind: str) -> Sequence[Row]:
    formatters = [(KINDS[kind](source), bytes.fromhex(payload)) for source, payload in _PAYLOADS[kind]]
    results = [formatter.decode_uplink(payload).data for formatter, payload in formatters]

    def decode() -> None:
        for formatter, payload in formatters:
            formatter.decode_uplink(payload)

    def make_variables() -> None:
        for result in results:
            read_values(result)

    def read_sources() -> None:
        for source, _ in _PAYLOADS[kind]:
            KINDS[kind](source)

    return [
        _row(f"{kind}: {name}", _microseconds(action) / len(formatters), budget)
        for name, action, budget in (
            ("decoding a payload", decode, 20),
            ("making variables of its values", make_variables, 150),
            ("reading a source", read_sources, 150),
        )
    ]


def _script_row() -> Row:
    """Time scripts in their own process, that of the function around it included, without its start."""
    batches = _least_process_ms(_BATCHES + 1) - _least_process_ms(1)
    milliseconds = batches / _BATCHES / _BATCH
    budget = 1.0
    return Row(
        name=f"javascript: decoding a payload, {_BATCH} in a batch",
        limit="",
        budget=f"≤ {budget:g} ms",
        measured=f"{milliseconds:.2f} ms",
        passed=milliseconds <= budget,
        figures={"milliseconds": round(milliseconds, 3)},
        note="CPU time of the formatter's function and its processes, without their start, with the library's"
        f" scripts; the fastest of {_BATCH_ROUNDS} runs of {_BATCHES} batches",
    )


def _least_process_ms(batches: int) -> float:
    return min(_process_ms(batches) for _ in range(_BATCH_ROUNDS))


def _process_ms(batches: int) -> float:
    path = os.pathsep.join([str(ROOT / "functions" / "formatter"), str(ROOT)])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.script_batches", str(batches), str(_BATCH)],
        env=os.environ | {"PYTHONPATH": path},
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _row(name: str, microseconds: float, budget: float) -> Row:
    return Row(
        name=name,
        limit="",
        budget=f"≤ {budget} µs",
        measured=f"{microseconds:.1f} µs",
        passed=microseconds <= budget,
        figures={"microseconds": round(microseconds, 2)},
        note=f"CPU time, the fastest of {_ROUNDS} rounds of {_DECODES}",
    )


def _microseconds(action: Action) -> float:
    rounds: list[int] = []
    for _ in range(_ROUNDS):
        start = process_time_ns()
        for _ in range(_DECODES):
            action()
        rounds.append(process_time_ns() - start)
    return min(rounds) / _DECODES / 1000


if __name__ == "__main__":
    print_table(Console(file=sys.stdout, highlight=False, width=120), decoding_time_rows())
