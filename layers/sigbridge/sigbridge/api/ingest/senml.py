"""SenML packs (RFC 8428), as KPN Things posts them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

SENML_DEVICE = re.compile(r"urn:dev:[^:]+:[^:]+:?")

_VALUES = ("v", "vs", "vb", "vd")
# Neither the sum nor the plain spelling of a later time means anything.
_LATEST = 10**12


def read_senml(records: Sequence[object]) -> list[dict[str, object]] | None:
    """Read the SenML pack of one device into TagoIO's items.

    Returns:
        Items `bn` (the device) and `bt` (the time), then one for each record, with its unit and its
        own time; None where the array is anything else.
    """
    pack = [record for record in records if isinstance(record, dict)]
    if not pack or len(pack) < len(records):
        return None
    device = pack[0].get("bn")
    if not isinstance(device, str) or not SENML_DEVICE.fullmatch(device):
        return None
    if any(record.get("bn", device) != device for record in pack):
        return None
    items: list[dict[str, object]] = [{"variable": "bn", "value": device}]
    base = _seconds(pack[0].get("bt"))
    if base is not None:
        items.append({"variable": "bt", "value": f"{base:f}"})
    return items + list(_items(pack, base))


def _items(pack: Sequence[Mapping[str, object]], base: Decimal | None) -> Iterator[dict[str, object]]:
    for record in pack:
        if not isinstance(record.get("n"), str):
            continue
        value = next((record[name] for name in _VALUES if name in record), None)
        item: dict[str, object] = {"variable": record["n"], "value": value}
        if "u" in record:
            item["unit"] = record["u"]
        offset = _seconds(record.get("t"))
        if base is not None:
            item["time"] = f"{base + (offset or 0):f}"
        yield item


def _seconds(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    seconds = Decimal(str(value))
    return seconds if seconds.is_finite() and abs(seconds) < _LATEST else None
