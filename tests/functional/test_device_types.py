"""Device types at work: who sets a device's type, and what the type does to its traffic; inactive devices."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from sigbridge.devices import delete_parameter, register_device, set_parameter
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.device_id import normalize_device_id
from sigbridge.store import devices as stored_devices
from sigbridge.store.rows import Deletion, Key
from sigbridge.store.table import delete
from tests.functional.conftest import Counted, Invoke, Stored
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import HEX, MINUTE, PAYLOAD, PlayedDevice
from tests.functional.store_requests import store_requests

SECONDS = 1763770827
FIRST, SECOND = "5e74c318aa8aec41f9cc6b00", "628fd74fb3cabb6565ae8100"
OF_TYPE, OWN = "deadbeefcafebabe", "0011223344556677"

type Say = Callable[..., Answer]


@pytest.fixture
def say(invoke: Invoke) -> Say:
    """Device 153FA, or another one, sends a message, with the device type that Sigfox names, if any."""
    sent = iter(range(1000))

    def say(told: object = None, device: str = "153FA", **content: object) -> Answer:
        body = {"device": device, "time": SECONDS + next(sent), "data": "00", **content}
        return invoke("uplink", event("uplink.json", body=body | ({"deviceTypeId": told} if told else {})))

    return say


def lines(*messages: str) -> dict[str, Any]:
    """A batch callback: `device;data;deviceTypeId` of each message."""
    pattern = "device;data;deviceTypeId;time"
    batch = "\n".join(f"{message};{SECONDS + number}" for number, message in enumerate(messages))
    query = f"authorization=sbk_demo&pattern={quote(pattern)}&batch={quote(batch)}"
    return event("batch_uplink.json", query=query)


def type_of(management: Management, device_id: str = "153FA") -> str | None:
    """The type that a device is shown with."""
    told: str | None = management.get(f"/v1/devices/{device_id}").json.get("type")
    return told


# --- Who sets the type of a device ---------------------------------------------------------------------


def test_the_first_uplink_registers_a_device_with_the_type_that_sigfox_names(
    say: Say, management: Management
) -> None:
    assert say(FIRST).status == 200

    assert type_of(management) == FIRST


def test_a_device_without_a_named_type_has_none(say: Say, management: Management) -> None:
    say()

    assert type_of(management) is None


def test_another_type_that_sigfox_names_later_takes_its_place(say: Say, management: Management) -> None:
    for told in (FIRST, SECOND):
        say(told)
        assert type_of(management) == told
    say()
    assert type_of(management) == SECOND


def test_a_device_that_was_listed_before_gets_the_type_that_sigfox_names(
    say: Say, management: Management
) -> None:
    register_device("demo", "153FA")

    say(FIRST)

    assert type_of(management) == FIRST


def test_the_users_choice_stays_until_sigfox_names_another_type(say: Say, management: Management) -> None:
    management.post("/v1/device-types", {"id": "mine"})
    say(FIRST)
    management.patch("/v1/devices/153FA", {"type": "mine"})

    for _ in range(2):
        say(FIRST)
        assert type_of(management) == "mine"
        forget_cached_devices()

    say(SECOND)
    assert type_of(management) == SECOND


def test_the_users_choice_of_no_type_stays_too(say: Say, management: Management) -> None:
    say(FIRST)
    management.patch("/v1/devices/153FA", {"type": None})

    say(FIRST)

    assert type_of(management) is None


def test_the_users_choice_stays_where_a_function_does_not_know_of_it_yet(
    say: Say, management: Management
) -> None:
    say()
    # Elsewhere, so that this process remembers the device as it was:
    stored_devices.tell_type("demo", "153FA", FIRST)
    stored_devices.change("demo", "153FA", {"type": "mine"})

    say(FIRST)

    assert type_of(management) == "mine"


@pytest.mark.parametrize("told", ["a b", "é", "x" * 65, "a#b", "", "null", "N/A"])
def test_what_is_no_type_is_not_taken_for_one(told: str, say: Say, management: Management) -> None:
    assert say(told).status == 200

    assert type_of(management) is None


def test_naming_the_same_type_again_costs_nothing(say: Say) -> None:
    say(FIRST)

    with store_requests() as requests:
        say(FIRST)

    assert requests == {"PutItem": 1}


def test_naming_another_type_costs_one_write(say: Say) -> None:
    say(FIRST)

    with store_requests() as requests:
        say(SECOND)

    assert requests == {"PutItem": 1, "UpdateItem": 1}


def test_each_device_of_a_batch_gets_the_type_that_its_line_names(
    invoke: Invoke, management: Management
) -> None:
    register_device("demo", "A1")

    answer = invoke("batch_uplink", lines(f"A1;00;{FIRST}", f"A2;00;{SECOND}", "A3;00;"))

    assert answer.json["accepted"] == 3
    assert [type_of(management, id_) for id_ in ("A1", "A2", "A3")] == [FIRST, SECOND, None]


def test_a_device_that_is_not_let_in_is_given_no_type(
    say: Say, management: Management, stored: Stored
) -> None:
    management.patch("/v1/application", {"unknown_devices": "reject"})

    assert say(FIRST).status == 404

    assert stored("DEVICE#demo#", "DEVICE") == []


@pytest.mark.parametrize(("unknown_devices", "status"), [("register", 200), ("reject", 404)])
def test_a_device_that_was_deleted_a_moment_ago_is_as_unknown_as_any(
    say: Say, management: Management, unknown_devices: str, status: int
) -> None:
    management.patch("/v1/application", {"unknown_devices": unknown_devices})
    register_device("demo", "153FA")
    forget_cached_devices()
    say(FIRST)
    delete(Deletion(Key("DEVICE#demo#153FA", "DEVICE")))

    assert say(SECOND).status == status

    assert management.get("/v1/devices/153FA").status == status


# --- What the type does --------------------------------------------------------------------------------


@pytest.fixture
def typed(management: Management) -> Callable[..., None]:
    """Gives the device 153FA, or another one, a type that says these things."""

    def typed(device_id: str = "153FA", **says: object) -> None:
        created = management.post("/v1/device-types", {"id": f"type-of-{device_id}", **says})
        assert created.status == 201
        register_device("demo", normalize_device_id(device_id))
        changed = management.patch(f"/v1/devices/{device_id}", {"type": f"type-of-{device_id}"})
        assert changed.status == 200
        forget_cached_devices()

    return typed


type Typed = Callable[..., None]


def test_a_device_that_has_nothing_else_gets_the_downlink_data_of_its_type(
    played: PlayedDevice, typed: Typed
) -> None:
    typed(downlink_data=OF_TYPE)

    assert [played.ask(), played.ask()] == [OF_TYPE, OF_TYPE]


def test_the_queue_comes_before_the_downlink_data_of_the_type(played: PlayedDevice, typed: Typed) -> None:
    typed(downlink_data=OF_TYPE)
    played.push()

    assert [played.ask(), played.ask()] == [HEX, OF_TYPE]


def test_the_devices_own_downlink_data_wins(played: PlayedDevice, typed: Typed) -> None:
    typed(downlink_data=OF_TYPE)
    set_parameter("demo", played.id, "downlinkData", OWN)
    assert played.ask() == OWN

    delete_parameter("demo", played.id, "downlinkData")

    assert played.ask() == OF_TYPE


def test_i2_a_repeated_callback_gets_the_same_though_the_type_says_something_else_now(
    played: PlayedDevice, typed: Typed, management: Management
) -> None:
    typed(downlink_data=OF_TYPE)
    played.ask()
    management.patch("/v1/device-types/type-of-153FA", {"downlink_data": OWN})
    forget_cached_devices()

    assert played.ask(played.last_uplink) == OF_TYPE
    assert played.ask() == OWN


def test_a_device_of_another_type_or_of_none_gets_nothing(
    played: PlayedDevice, typed: Typed, management: Management
) -> None:
    typed(downlink_data=OF_TYPE)
    assert played.another("1A2B45").ask() is None

    management.delete("/v1/device-types/type-of-153FA")
    forget_cached_devices()

    assert played.ask() is None


def test_the_type_that_the_callback_itself_names_answers_it(
    played: PlayedDevice, management: Management
) -> None:
    management.post("/v1/device-types", {"id": FIRST, "downlink_data": OF_TYPE})
    forget_cached_devices()

    assert played.ask({**played.uplink(), "deviceTypeId": FIRST}) == OF_TYPE


def test_the_downlink_data_of_a_type_costs_nothing(played: PlayedDevice, typed: Typed) -> None:
    typed(downlink_data=OF_TYPE)
    played.ask()

    with played.stream_delayed(), store_requests() as requests:
        played.ask()

    assert (requests["PutItem"], requests["UpdateItem"]) == (1, 1)
    assert requests["BatchGetItem"] == requests["Query"] == requests["GetItem"] == 0


def ask_often(played: PlayedDevice, times: int) -> list[str | None]:
    """The device asks so often, a minute apart."""
    answers = []
    for _ in range(times):
        played.clock.wait(MINUTE)
        answers.append(played.ask())
    return answers


def test_the_quota_of_a_type_is_enforced_of_its_devices_alone(played: PlayedDevice, typed: Typed) -> None:
    typed(daily_downlinks=1, downlink_quota="enforce")
    other = played.another("1A2B45")
    for each in (played, other):
        each.push({}, {})

    assert ask_often(played, 2) == [HEX, None]
    assert ask_often(other, 2) == [HEX, HEX]


def test_a_type_may_only_report_where_the_application_enforces(
    played: PlayedDevice, typed: Typed, management: Management, counted: Counted
) -> None:
    management.patch("/v1/application", {"daily_downlinks": 1, "downlink_quota": "enforce"})
    typed(daily_downlinks=2, downlink_quota="report")
    played.push({}, {}, {})

    assert ask_often(played, 3) == [HEX, HEX, HEX]

    assert counted()["DownlinksOverQuota"] == 1
    shown = management.get("/v1/devices/153FA").json
    assert (shown["quota"], shown["state"]) == ({"limit": 2, "used": 3}, "over_quota")


def test_a_type_that_says_nothing_leaves_the_quota_to_the_application(
    played: PlayedDevice, typed: Typed, management: Management
) -> None:
    management.patch("/v1/application", {"daily_downlinks": 1, "downlink_quota": "enforce"})
    typed()
    played.push({}, {})

    assert ask_often(played, 2) == [HEX, None]


def test_a_quota_of_none_is_a_quota(played: PlayedDevice, typed: Typed) -> None:
    typed(daily_downlinks=0, downlink_quota="enforce")
    played.push()

    assert ask_often(played, 1) == [None]


@pytest.mark.parametrize(
    ("of_application", "of_type", "of_device", "payload"),
    [
        ("hex", None, None, "0011aa"),
        ("hex", "base64", None, "ABGq"),
        ("base64", "hex", None, "0011aa"),
        ("base64", None, None, "ABGq"),
        ("hex", "base64", "hex", "0011aa"),
        ("hex", "hex", "base64", "ABGq"),
    ],
)
def test_a_generic_payload_is_written_as_device_type_or_application_say(
    management: Management,
    typed: Typed,
    invoke: Invoke,
    stored: Stored,
    of_application: str,
    of_type: str | None,
    of_device: str | None,
    payload: str,
) -> None:
    management.patch("/v1/application", {"payload_encoding": of_application})
    typed("AABB01CC02", payload_encoding=of_type)
    management.patch("/v1/devices/AABB01CC02", {"payload_encoding": of_device})

    body = {"serial": "AABB01CC02", "payload": payload}
    assert invoke("uplink", event("uplink_generic.json", body=body)).status == 200

    [message] = stored(sk="MSG#")
    assert message["payload"] == "0011aa"


BYTES: dict[str, object] = {"decoded_payload": {"bytes": [1, 2, 3]}}
SHORT: dict[str, tuple[dict[str, object], str]] = {
    "decoded_payload": (BYTES, "0102030000000000"),
    "frm_payload": ({"frm_payload": "AQID"}, "0102030000000000"),
    "The Things Stack's own example": ({"frm_payload": "vu8=", "f_port": 15}, "beef000000000000"),
    "both": ({"frm_payload": "vu8", "decoded_payload": {"led": "on"}}, "beef000000000000"),
}


@pytest.mark.parametrize("function", ["queue_push", "queue_replace"])
@pytest.mark.parametrize(("item", "sent"), SHORT.values(), ids=SHORT)
def test_a_short_payload_is_filled_up_where_the_type_says_so(
    function: str, item: dict[str, object], sent: str, played: PlayedDevice, typed: Typed
) -> None:
    typed(pad_downlinks=True)

    assert played.call(function, body={"downlinks": [item]}).status == 200

    [listed] = played.call("queue_list").json["downlinks"]
    assert base64.b64decode(listed["frm_payload"]).hex() == sent
    assert listed.get("decoded_payload") == item.get("decoded_payload")
    assert played.ask() == sent


@pytest.mark.parametrize("says", [{}, {"pad_downlinks": False}])
@pytest.mark.parametrize("function", ["queue_push", "queue_replace"])
@pytest.mark.parametrize("item", [item for item, _ in SHORT.values()], ids=SHORT)
def test_a_short_payload_is_refused_otherwise_with_how_to_switch_that_on(
    function: str, item: dict[str, object], says: dict[str, object], played: PlayedDevice, typed: Typed
) -> None:
    typed(**says)

    refused = played.call(function, body={"downlinks": [item]})

    assert refused.status == 400
    assert refused.error["name"] == "application_downlink_too_short"
    assert "a device type with `pad_downlinks` appends zeros" in refused.json["message"]


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"frm_payload": ""}, "no_payload"),
        ({"frm_payload": "AQIDBAUGBwgJ"}, "application_downlink_too_long"),
        ({"decoded_payload": {"bytes": [0] * 9}}, "application_downlink_too_long"),
        ({"decoded_payload": {"bytes": [1, 256]}}, "validation"),
        ({"decoded_payload": {}}, "no_payload"),
    ],
)
def test_nothing_else_is_filled_up(
    item: dict[str, object], name: str, played: PlayedDevice, typed: Typed
) -> None:
    typed(pad_downlinks=True)

    refused = played.call("queue_push", body={"downlinks": [{"frm_payload": PAYLOAD}, item]})

    assert refused.status == 400
    error = refused.error
    assert name in {error["name"], error.get("cause", {}).get("name")}
    assert played.queue() == []


def test_an_ordinary_push_does_not_look_the_type_up(played: PlayedDevice, typed: Typed) -> None:
    typed(pad_downlinks=True)

    with played.stream_delayed(), store_requests() as requests:
        played.push({}, {"decoded_payload": {"bytes": [0] * 8}, "frm_payload": None})

    assert requests["UpdateItem"] == 1
    assert requests["BatchGetItem"] == 0


def test_short_payloads_look_the_type_up_once(invoke: Invoke, management: Management) -> None:
    assert management
    forget_cached_devices()

    with store_requests() as requests:
        answer = invoke("queue_push", event("queue_push.json", body={"downlinks": [BYTES] * 20}))

    assert answer.status == 400
    assert requests["BatchGetItem"] == 1


def test_a_short_payload_for_an_unknown_device_is_too_short(invoke: Invoke) -> None:
    refused = invoke("queue_push", event("queue_push.json", body={"downlinks": [BYTES]}))

    assert refused.status == 400
    assert refused.error["name"] == "application_downlink_too_short"


# --- Inactive devices ----------------------------------------------------------------------------------


@pytest.fixture
def switch(management: Management) -> Callable[[str, bool], None]:
    """Makes a device active or not, and lets the minute pass in which functions may not know of it."""

    def switch(device_id: str, active: bool) -> None:
        assert management.patch(f"/v1/devices/{device_id}", {"active": active}).status == 200
        forget_cached_devices()

    return switch


type Switch = Callable[[str, bool], None]


@pytest.fixture
def inactive(application: object, switch: Switch) -> str:
    """Device 153FA, which is not active."""
    assert application
    register_device("demo", "153FA")
    switch("153FA", False)
    return "153FA"


@pytest.mark.parametrize("function", ["uplink", "bidir_downlink"])
def test_the_uplink_of_an_inactive_device_is_refused_and_not_stored(
    function: str, inactive: str, invoke: Invoke, stored: Stored
) -> None:
    body = {"device": "153fa", "time": SECONDS, "data": "00"}

    refused = invoke(function, event(f"{function}.json", body=body))

    assert refused.status == 403
    assert refused.json == {"status": False, "message": f"Device {inactive} is not active"}
    assert stored(sk="MSG#") == []


def test_an_inactive_device_is_answered_nothing_and_its_queue_stays(
    played: PlayedDevice, switch: Switch, invoke: Invoke, typed: Typed
) -> None:
    typed(downlink_data=OF_TYPE)
    waiting = played.push()
    switch(played.id, False)

    assert invoke("bidir_downlink", event("bidir_downlink.json", body=played.uplink())).status == 403
    assert played.queue() == waiting

    switch(played.id, True)
    assert played.ask() == HEX


def test_of_a_batch_the_active_devices_are_stored_and_the_inactive_ones_named(
    inactive: str, invoke: Invoke, stored: Stored
) -> None:
    answer = invoke("batch_uplink", lines("A1;01;", "153fa;02;", "A2;03;", "153FA;04;"))

    assert answer.status == 200
    assert answer.json["accepted"] == 2
    assert answer.json["inactive"] == [inactive]
    assert {message["pk"] for message in stored(sk="MSG#")} == {"DEVICE#demo#A1", "DEVICE#demo#A2"}


def test_an_array_of_uplinks_is_treated_like_a_batch(inactive: str, invoke: Invoke, stored: Stored) -> None:
    body = [{"device": id_, "time": SECONDS, "data": "00"} for id_ in ("A1", inactive)]

    answer = invoke("uplink", event("uplink.json", body=body))

    assert (answer.status, answer.json["inactive"]) == (200, [inactive])
    assert {message["pk"] for message in stored(sk="MSG#")} == {"DEVICE#demo#A1"}


def test_a_batch_of_inactive_devices_alone_is_refused(
    inactive: str, switch: Switch, invoke: Invoke, stored: Stored
) -> None:
    register_device("demo", "A1")
    switch("A1", False)

    refused = invoke("batch_uplink", lines("A1;00;", f"{inactive};00;"))

    assert refused.status == 403
    assert stored(sk="MSG#") == []


def test_of_a_bidir_batch_the_active_devices_get_their_answers(
    played: PlayedDevice, switch: Switch, invoke: Invoke
) -> None:
    other = played.another("1A2B45")
    for each in (played, other):
        each.push()
    switch(played.id, False)

    body = [played.uplink(), other.uplink()]
    answer = invoke("bidir_downlink", event("bidir_downlink.json", body=body))

    assert (answer.status, answer.json) == (200, {"1A2B45": {"downlinkData": HEX}})


def test_a_device_that_is_switched_on_again_is_heard(say: Say, inactive: str, switch: Switch) -> None:
    assert say().status == 403

    switch(inactive, True)

    assert say().status == 200


def test_an_inactive_device_can_still_be_read_and_given_downlinks(
    inactive: str, management: Management, invoke: Invoke
) -> None:
    assert management.get(f"/v1/devices/{inactive}").json["active"] is False
    assert invoke("queue_push", event("queue_push.json")).status == 200
