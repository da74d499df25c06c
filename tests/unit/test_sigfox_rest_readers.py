"""What Sigfox's REST API says of contracts, device types and devices, read leniently."""

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device import Place, SigfoxDevice, SubscriptionToken
from sigbridge.model.sigfox_device_type import DownlinkMode, SigfoxDeviceType
from sigbridge.sigfox.rest.contracts import read_contract
from sigbridge.sigfox.rest.device_types import read_device_type
from sigbridge.sigfox.rest.devices import read_sigfox_device

NOW = 1764000000000
GOLD = {
    "id": "5d6f00000000000000000001",
    "name": "Gold",
    "bidir": True,
    "maxUplinkFrames": 140,
    "maxDownlinkFrames": 4,
    "maxTokens": 100,
    "tokensInUse": 12,
    "activationEndTime": 1830000000000,
    "options": [
        {"id": "messageHistory", "parameters": {"duration": 1}},
        {"id": "networkMetadata", "parameters": {}},
        {"id": "geolocation", "parameters": {"level": 1}},
    ],
}
READ_GOLD = Contract(
    "5d6f00000000000000000001",
    "Gold",
    allows_downlinks=True,
    daily_uplinks=140,
    daily_downlinks=4,
    history_days=30,
    has_network_metadata=True,
    has_geolocation=True,
    max_tokens=100,
    tokens_in_use=12,
    activation_ends_at=1830000000000,
)
TYPE = {
    "id": "5e74c318aa8aec41f9cc6b00",
    "name": "Trackers",
    "group": {"id": "572f00000000000000000001", "name": "Fleet"},
    "downlinkMode": 1,
    "keepAlive": 3600,
    "contracts": [{"id": GOLD["id"]}, {"id": "gone"}],
    "contract": {"id": GOLD["id"]},
}
DEVICE = {
    "id": "001A2B45",
    "name": "Boat",
    "deviceType": {"id": TYPE["id"], "name": "Trackers"},
    "group": {"id": "572f00000000000000000001"},
    "contract": {"id": GOLD["id"]},
    "pac": "0123456789ABCDEF",
    "location": {"lat": 43.456, "lng": 6.524},
    "state": 6,
    "comState": 5,
    "token": {"state": 0, "detailMessage": "Valid", "end": NOW, "freeMessages": 1, "freeMessagesSent": 9},
    "automaticRenewal": False,
    "automaticRenewalStatus": 1,
    "prototype": False,
    "activable": True,
    "lastCom": NOW,
    "lqi": 2,
    "sequenceNumber": 42,
    "creationTime": NOW,
    "activationTime": NOW,
    "unsubscriptionTime": NOW,
}
READ_DEVICE = SigfoxDevice(
    "1A2B45",
    "Boat",
    "5e74c318aa8aec41f9cc6b00",
    "572f00000000000000000001",
    "5d6f00000000000000000001",
    "0123456789ABCDEF",
    Place(Decimal("43.456"), Decimal("6.524")),
    "suspended",
    "not_seen",
    SubscriptionToken("ok", "Valid", NOW, 1, 9),
    False,
    "not_allowed",
    False,
    True,
    NOW,
    "GOOD",
    42,
    NOW,
    NOW,
    NOW,
    NOW,
    "Boat",
)


def read_type(document: dict[str, Any]) -> SigfoxDeviceType:
    return read_device_type(document, {READ_GOLD.id: READ_GOLD}, NOW)


def read_device(document: dict[str, Any]) -> SigfoxDevice:
    return read_sigfox_device(document, NOW)


def quoted(value: Any) -> Any:
    """The same with its numbers and booleans as texts, and fields that nobody knows."""
    match value:
        case dict():
            return {name: quoted(each) for name, each in value.items()} | {"addedLater": [1, {"a": None}]}
        case list():
            return [quoted(each) for each in value]
        case str() | None:
            return value
        case _:
            return json.dumps(value)


def test_what_the_description_says_is_read() -> None:
    assert read_contract(GOLD) == READ_GOLD
    assert read_type(TYPE) == SigfoxDeviceType(
        "5e74c318aa8aec41f9cc6b00",
        "Trackers",
        "572f00000000000000000001",
        DownlinkMode.CALLBACK,
        3600,
        (READ_GOLD,),
        imported_at=NOW,
    )
    assert read_device(DEVICE) == READ_DEVICE


def test_texts_for_numbers_and_unknown_fields_are_read_the_same() -> None:
    assert read_contract(quoted(GOLD)) == READ_GOLD
    assert read_type(quoted(TYPE)) == read_type(TYPE)
    assert read_device(quoted(DEVICE)) == READ_DEVICE


def test_an_id_alone_is_enough() -> None:
    assert read_contract({"id": "5d"}) == Contract("5d", "", allows_downlinks=False)
    assert read_type({"id": "5e"}) == SigfoxDeviceType("5e", imported_at=NOW)
    assert read_device({"id": "AB"}) == SigfoxDevice("AB", imported_at=NOW)


@pytest.mark.parametrize("read", [read_contract, read_type, read_device])
@pytest.mark.parametrize("document", [{}, {"id": None}, {"id": ""}, {"id": []}, {"id": True}, {"name": "x"}])
def test_what_lacks_an_id_is_refused(
    read: Callable[[dict[str, Any]], object], document: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="without an id"):
        read(document)


@pytest.mark.parametrize("device_id", ["123456789", "XYZ", "1A2B/45", "boat 7"])
def test_an_id_that_is_no_device_of_sigfox_is_refused(device_id: str) -> None:
    with pytest.raises(ValueError, match=r"no hex number|must be"):
        read_device({"id": device_id})


@pytest.mark.parametrize(
    ("field", "value", "attribute", "expected"),
    [
        # Seconds where there should be milliseconds, and none.
        ("lastCom", 1764000000, "last_com", NOW),
        ("lastCom", "1764000000000", "last_com", NOW),
        ("lastCom", 0, "last_com", None),
        ("lastCom", -1, "last_com", None),
        ("lastCom", 10**14 * 9, "last_com", None),
        ("state", 0, "state", "ok"),
        ("state", "2", "state", "off_contract"),
        ("state", 7, "state", "not_activable"),
        ("state", 8, "state", "unknown (8)"),
        ("state", -1, "state", "unknown (-1)"),
        ("state", "SUSPENDED", "state", None),
        ("state", 1.5, "state", None),
        ("comState", 4, "com_state", "na"),
        ("comState", 3.0, "com_state", "ko"),
        ("automaticRenewalStatus", 3, "automatic_renewal_status", "ended"),
        ("lqi", 3, "link_quality", "EXCELLENT"),
        ("location", {"lat": "43.456", "lng": "6.524"}, "place", READ_DEVICE.place),
        ("location", {"lat": 0, "lng": 0.0}, "place", None),
        ("location", {"lat": 91, "lng": 0}, "place", None),
        ("location", {"lat": 43.456}, "place", None),
        ("location", [43.456, 6.524], "place", None),
        ("token", {}, "token", None),
        ("token", {"state": 9}, "token", SubscriptionToken("unknown (9)")),
        ("token", "valid", "token", None),
        ("deviceType", "5e74c318aa8aec41f9cc6b00", "device_type_id", None),
        ("activable", "maybe", "is_activable", None),
        ("sequenceNumber", float("inf"), "seq_number", None),
        ("sequenceNumber", float("nan"), "seq_number", None),
        ("name", None, "name", ""),
        ("name", "\ud800", "name", "?"),
        ("name", "x" * 400, "name", "x" * 300),
    ],
)
def test_a_field_of_a_device_that_drifts(field: str, value: object, attribute: str, expected: object) -> None:
    assert getattr(read_device(DEVICE | {field: value}), attribute) == expected


@pytest.mark.parametrize(
    ("change", "attribute", "expected"),
    [
        ({"bidir": "false"}, "allows_downlinks", False),
        ({"bidir": None}, "allows_downlinks", True),
        ({"bidir": None, "maxDownlinkFrames": 0}, "allows_downlinks", False),
        ({"maxTokens": 0}, "max_tokens", None),
        ({"activationEndTime": 0}, "activation_ends_at", None),
        ({"activationEndTime": 1830000000}, "activation_ends_at", 1830000000000),
        ({"options": None}, "history_days", 3),
        ({"options": "all"}, "has_geolocation", False),
        ({"options": [None, "geolocation"]}, "has_geolocation", False),
        ({"options": [{"id": "messageHistory"}]}, "history_days", 3),
        ({"options": [{"id": "messageHistory", "parameters": {"duration": 0}}]}, "history_days", 3),
        ({"options": [{"id": "messageHistory", "parameters": {"duration": "1"}}]}, "history_days", 30),
        ({"options": [{"id": "messageHistory", "parameters": None}]}, "history_days", 3),
    ],
)
def test_a_field_of_a_contract_that_drifts(change: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(read_contract(GOLD | change), attribute) == expected


@pytest.mark.parametrize(
    ("change", "attribute", "expected"),
    [
        ({"downlinkMode": 0}, "downlink_mode", DownlinkMode.DIRECT),
        ({"downlinkMode": "2"}, "downlink_mode", DownlinkMode.NONE),
        ({"downlinkMode": 4}, "downlink_mode", None),
        ({"keepAlive": 0}, "keep_alive_seconds", None),
        ({"contracts": None}, "contracts", (READ_GOLD,)),
        ({"contracts": None, "contract": None}, "contracts", ()),
        ({"group": None}, "group_id", None),
    ],
)
def test_a_field_of_a_device_type_that_drifts(
    change: dict[str, Any], attribute: str, expected: object
) -> None:
    assert getattr(read_type(TYPE | change), attribute) == expected


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_no_junk_in_an_optional_field_is_refused(data: st.DataObject) -> None:
    for document, read in ((GOLD, read_contract), (TYPE, read_type), (DEVICE, read_device)):
        fields = sorted(document.keys() - {"id"})
        changed = data.draw(st.dictionaries(st.sampled_from(fields), junk))

        found = asdict(read({**document, **changed}))  # type: ignore[arg-type]

        assert found["id"]
        json.dumps(found, default=str).encode()
