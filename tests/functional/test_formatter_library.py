"""The formatters of real devices that the command line brings along."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sigbridge.formatters.kinds import KINDS
from sigbridge.formatters.values import read_values
from sigbridge.model.formatter import FORMATTER_ID, LARGEST_SOURCE_BYTES, FormatterKind
from sigbridge_admin.formatter_library import (
    LibraryFormatter,
    Sample,
    UnknownExample,
    find_example,
    library,
)
from tests.functional.formatter_calls import invoke, script

UPLINKS = [
    pytest.param(formatter, sample, id=f"{formatter.id} {sample.payload}")
    for formatter in library()
    for sample in formatter.uplinks
]
DOWNLINKS = [
    pytest.param(formatter, sample, id=f"{formatter.id} {sample.payload}")
    for formatter in library()
    for sample in formatter.downlinks
]
type Call = tuple[str, str, str]


@pytest.fixture(scope="module")
def outcomes() -> dict[Call, dict[str, Any]]:
    """What the function makes of every payload, by formatter, function and payload."""
    scripts = [each for each in library() if each.kind is FormatterKind.JAVASCRIPT]
    calls: dict[Call, dict[str, Any]] = {}
    for each in scripts:
        for sample in each.uplinks:
            calls[each.id, "decodeUplink", sample.payload] = {"bytes": list(bytes.fromhex(sample.payload))}
        for sample in each.downlinks:
            calls[each.id, "encodeDownlink", sample.payload] = {"data": sample.data}
            calls[each.id, "decodeDownlink", sample.payload] = {"bytes": list(bytes.fromhex(sample.payload))}
    results = invoke(
        [script(each.source, each.id) for each in scripts],
        [
            {"script": id_, "function": function, "input": given}
            for (id_, function, _), given in calls.items()
        ],
    )
    return dict(zip(calls, results, strict=True))


@pytest.mark.parametrize(("formatter", "sample"), UPLINKS)
def test_an_example_reads_its_device(
    formatter: LibraryFormatter, sample: Sample, outcomes: dict[Call, dict[str, Any]]
) -> None:
    if formatter.kind is FormatterKind.JAVASCRIPT:
        outcome = outcomes[formatter.id, "decodeUplink", sample.payload]
        assert outcome.get("error") is None
        assert (outcome["data"], outcome["errors"]) == (sample.data, [])
    else:
        found = KINDS[formatter.kind](formatter.source).decode_uplink(bytes.fromhex(sample.payload))
        assert json.loads(json.dumps(found.data, default=float)) == sample.data
        assert (found.warnings, found.errors) == ((), ())


@pytest.mark.parametrize(("formatter", "sample"), DOWNLINKS)
def test_an_example_encodes_and_reads_what_its_device_is_sent(
    formatter: LibraryFormatter, sample: Sample, outcomes: dict[Call, dict[str, Any]]
) -> None:
    encoded = outcomes[formatter.id, "encodeDownlink", sample.payload]
    decoded = outcomes[formatter.id, "decodeDownlink", sample.payload]

    assert encoded["data"] == {"bytes": list(bytes.fromhex(sample.payload))}
    assert len(encoded["data"]["bytes"]) == 8
    assert decoded["data"] == sample.data


@pytest.mark.parametrize(("formatter", "sample"), UPLINKS)
def test_what_an_example_reads_becomes_variables(formatter: LibraryFormatter, sample: Sample) -> None:
    values = read_values(json.loads(json.dumps(sample.data), parse_float=Decimal))

    assert values.variables
    assert values.warnings == ()
    # A user sees `temperature 21.5 °C`.
    if formatter.kind is FormatterKind.JAVASCRIPT:
        of_temperature = [each.variable for each in values.variables if "temperature" in each.variable.name]
        assert all(variable.unit == "°C" for variable in of_temperature if "config" not in variable.name)


@pytest.mark.parametrize("formatter", library(), ids=lambda formatter: formatter.id)
def test_an_example_says_what_it_is_for(formatter: LibraryFormatter) -> None:
    assert re.fullmatch(FORMATTER_ID, formatter.id)
    assert formatter.name
    assert formatter.maker
    assert formatter.facts
    assert formatter.uplinks
    assert len(formatter.source.encode()) <= LARGEST_SOURCE_BYTES
    assert formatter.downlinks or "encodeDownlink" not in formatter.source


def test_no_device_comes_twice() -> None:
    names = [(formatter.maker, formatter.name) for formatter in library()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("example_id", "data", "errors"),
    [
        ("sensit-v3", {"temperatureUpper": 55}, ["temperatureUpper must be from -9 to 54"]),
        ("sensit-v3", {"period": "often"}, ["period must be from 0 to 3"]),
        ("sensit-v3", {"door": 3}, ["door must be from 0 to 2"]),
        ("sensit-v2", {"lightUpper": 673}, ["lightUpper must be from 0 to 672"]),
        ("sennet-pulse", {"interval_min": 9}, ["interval_min must be from 10 to 59"]),
        ("sennet-pulse", {"type": 3}, ["type must be 1 or 2"]),
    ],
)
def test_an_example_refuses_what_its_device_does_not_take(
    example_id: str, data: dict[str, Any], errors: list[str]
) -> None:
    source = script(find_example(example_id).source, example_id)
    call = {"script": example_id, "function": "encodeDownlink", "input": {"data": data}}

    [outcome] = invoke([source], [call])

    assert outcome["errors"] == errors


@pytest.mark.parametrize(
    "example_id", [each.id for each in library() if each.kind is FormatterKind.JAVASCRIPT]
)
@pytest.mark.parametrize("payload", ["", "ff", "ff" * 13])
def test_an_example_ends_well_on_any_payload(example_id: str, payload: str) -> None:
    source = script(find_example(example_id).source, example_id)
    given = {"bytes": list(bytes.fromhex(payload))}

    [outcome] = invoke([source], [{"script": example_id, "function": "decodeUplink", "input": given}])

    assert "error" not in outcome
    assert outcome["data"] or outcome["errors"]


def test_an_example_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownExample, match=r"no example 'sensit': choose from .*sensit-v2, sensit-v3"):
        find_example("sensit")


def test_the_documentation_lists_every_device() -> None:
    page = Path(__file__).parents[2] / "docs" / "formatters.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]

    assert [
        f"| `{each.id}` | {each.maker}: {each.name} | {each.kind} | {'yes' if each.downlinks else '-'} |"
        for each in library()
    ] == rows[-len(library()) :]
