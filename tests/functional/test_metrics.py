"""Metrics cost by the hour in which they have data: there are few, and routine traffic writes none."""

import re

from sigbridge_local.places import ROOT, TEMPLATE
from tests.functional.conftest import Counted, Invoke
from tests.functional.lambdas import event
from tests.functional.played_device import PlayedDevice

A, B = {"frm_payload": "AQIDBAUGBwg="}, {"frm_payload": "ERITFBUWFxg="}


def test_routine_traffic_writes_no_metric(played: PlayedDevice, invoke: Invoke, counted: Counted) -> None:
    for _ in range(2):
        assert invoke("uplink", event("uplink.json")).status == 200
        for service in ("data_advanced", "status"):
            assert invoke("sigfox_service", event(f"sigfox_{service}.json")).status == 200
    played.push(A)
    played.replace(B)
    played.ask()
    played.acknowledge(0)
    played.push(A)
    played.clear()
    played.deadline()

    assert counted() == {}


def test_a_downlink_that_failed_is_counted(played: PlayedDevice, counted: Counted) -> None:
    played.push(A)
    played.ask()

    played.acknowledge(1)

    assert counted() == {"DownlinksFailed": 1}


def metrics_written() -> set[str]:
    """Every metric of the code, and of the filters on the access log."""
    code = "\n".join(path.read_text() for path in (ROOT / "layers/sigbridge/sigbridge").rglob("*.py"))
    counters = " ".join(re.findall(r"\bCounter\((.+)\)$", code, re.M))
    return (
        set(re.findall(r'\b(?:count|measure_seconds)\("(\w+)"', code))
        | set(re.findall(r"\b([A-Z]\w+)=", counters))
        | set(re.findall(r"MetricNamespace: Sigbridge\s+MetricName: (\w+)", TEMPLATE.read_text()))
    )


def test_the_metrics_are_ten_at_most_and_documented() -> None:
    operations = (ROOT / "docs/operations.md").read_text()
    section = operations.split("\n## Metrics\n")[1].split("\n## ")[0]
    table = section.split("| metric | counts |\n|---|---|\n")[1].split("\n\n")[0]

    assert metrics_written() == set(re.findall(r"^\| `(\w+)` \|", table, re.M))
    # Ten are free. Who is behind has a million devices, who recovers had an outage: both pay for the hours in
    # which they have data.
    assert len(metrics_written() - {"OverdueSeconds", "Recovered"}) <= 10
