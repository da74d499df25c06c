"""What is known of a device while many note at once, on engines that many callers can reach."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from sigbridge.devices import register_device
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.status import ObservationKind, Status, record_report, status_of
from sigbridge.store.table import query_prefix

MS = 1763770827000
ROUNDS = 4


def status(at: int, **facts: object) -> StoredReport:
    """A kept report of that moment."""
    return StoredReport(Service.STATUS, f"{at}#0", "153FA", "153FA", at, True, at, facts)


def test_16_reports_noted_at_once_leave_the_newest_of_each_kind(key: str) -> None:
    assert key
    register_device("demo", "153FA")
    reports = [
        status(MS + number, batt=Decimal(number)) if number % 2 else status(MS + number, temp=number, batt=0)
        for number in range(16)
    ]

    def note(report: StoredReport) -> None:
        record_report("demo", "153FA", report)

    for _ in range(ROUNDS):
        with ThreadPoolExecutor(len(reports)) as threads:
            list(threads.map(note, reports))

        condition = status_of("demo", "153FA", MS)
        battery, temperature = (
            condition.known[ObservationKind.BATTERY],
            condition.known[ObservationKind.TEMPERATURE],
        )
        assert (battery.at, battery.facts["volts"]) == (MS + 15, 15)
        assert (temperature.at, temperature.facts["celsius"]) == (MS + 14, 14)
        assert condition.state is Status.OK
    assert len(list(query_prefix("DEVICE#demo#153FA", "CONDITION"))) == 1


def test_of_two_reports_of_one_moment_the_same_stands_in_either_order(key: str) -> None:
    assert key
    volts = []
    for device_id, order in (("A1", (2, 3)), ("A2", (3, 2))):
        register_device("demo", device_id)
        for each in order:
            record_report("demo", device_id, status(MS, batt=each, temp=each))
        known = status_of("demo", device_id, MS).known
        volts.append(
            (
                known[ObservationKind.BATTERY].facts["volts"],
                known[ObservationKind.TEMPERATURE].facts["celsius"],
            )
        )

    assert volts[0] == volts[1]
