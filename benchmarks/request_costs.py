"""What each kind of traffic costs in requests and capacity units."""

from benchmarks.budget import Row
from benchmarks.consumption import Consumption, counted
from benchmarks.stopwatch import Action
from benchmarks.workload import APPLICATION, Workload, unused_device
from sigbridge.credentials.authentication import forget_cached_keys
from sigbridge.devices.device_cache import forget_cached_devices, forget_device

_ONE_WRITE = "one durable write"
_ONE_CHANGE = "one conditional write"


def request_cost_rows(workload: Workload) -> list[Row]:
    """Count the requests and units of warm and of first traffic."""
    return [
        *_callback_rows(workload),
        *_report_rows(workload),
        *_queue_rows(workload),
        *_first_contact_rows(workload),
    ]


def _callback_rows(workload: Workload) -> list[Row]:
    device = workload.device()
    workload.uplink(device)()
    workload.change_queue("queue_push", device, 1)()
    uplink = consumption_of(workload.uplink(device))
    bidir = consumption_of(workload.bidir(device))
    silent = consumption_of(workload.bidir(device, ack=False))
    return [
        _row("warm uplink", _ONE_WRITE, (1, 1, 0), uplink),
        _row("warm BIDIR with a downlink", "claim + message", (2, 2, 0), bidir),
        _row("warm BIDIR, ack false", _ONE_WRITE, (1, 1, 0), silent),
    ]


def _report_rows(workload: Workload) -> list[Row]:
    device = workload.device()
    workload.uplink(device)()
    acknowledge = consumption_of(workload.report("acknowledge", device))
    status = consumption_of(workload.report("status", device))
    return [
        _row("acknowledge, warm", _ONE_WRITE, (1, 1, 0), acknowledge),
        _row("status report, warm", _ONE_WRITE, (1, 1, 0), status),
    ]


def _queue_rows(workload: Workload) -> list[Row]:
    pushed = consumption_of(workload.change_queue("queue_push", workload.device(), 1))
    replaced = consumption_of(workload.change_queue("queue_replace", workload.device(), 1))
    return [
        _row("push of 1 item on an empty queue", _ONE_CHANGE, (1, 1, 0), pushed),
        _row("replace of an empty queue by 1 item", _ONE_CHANGE, (1, 1, 0), replaced),
    ]


def _first_contact_rows(workload: Workload) -> list[Row]:
    listed = consumption_of(workload.uplink(workload.device()), before=_forget)
    device = workload.device()
    second = consumption_of(workload.uplink(device), before=lambda: forget_device(APPLICATION, device))
    unlisted = consumption_of(workload.uplink(unused_device()), before=_forget)
    return [
        _row(
            "first contact of a listed device, cold caches",
            "message + key + device",
            (3, 1, 1.5),
            listed,
            "0.5 read units for the key; 2 x 0.5 for the device and its application, read in one request;"
            " the first use of a key on a day writes once more, to note the day",
        ),
        _row(
            "first contact of a second device, its application remembered",
            "message + device",
            (2, 1, 0.5),
            second,
            "0.5 read units for the device, and no item that others share",
        ),
        _row(
            "first contact of an unlisted device, cold caches",
            "as above + device + state",
            (4, 13, 1.5),
            unlisted,
            "a transaction registers the device, once in its life: by AWS's rules 2 x 2 for both items and"
            " one to list it; DynamoDB Local counts 8 + 4",
        ),
    ]


def batch_cost_row(workload: Workload, device_ids: list[str]) -> Row:
    """Count what a batch costs that has one message of each of these known devices."""
    messages = len(device_ids)
    return _row(
        f"batch of {messages} uplinks of known devices",
        "one durable write each",
        (messages, messages, 0),
        consumption_of(workload.batch(device_ids)),
    )


def consumption_of(call: Action, before: Action | None = None) -> Consumption:
    """What one call costs, after a preparation that is not counted."""
    if before is not None:
        before()
    with counted() as consumption:
        call()
    return consumption


def _forget() -> None:
    forget_cached_keys()
    forget_cached_devices()


def _row(
    name: str, limit: str, budget: tuple[float, float, float], consumed: Consumption, note: str = ""
) -> Row:
    measured = (consumed.requests, consumed.write_units, consumed.read_units)
    return Row(
        name=f"{name}: requests / write units / read units",
        limit=limit,
        budget=" / ".join(f"{value:g}" for value in budget),
        measured=str(consumed),
        passed=all(value <= allowed for value, allowed in zip(measured, budget, strict=True)),
        figures=consumed.figures(),
        note=note,
    )
