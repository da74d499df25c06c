"""One downlink and the list of a device's downlinks, as their user reads and deletes them."""

from collections.abc import Mapping
from typing import Any

import pytest

from sigbridge.credentials import issue_key
from sigbridge.devices import set_parameter
from sigbridge.model.api_key import Right
from sigbridge.model.downlink import make_id
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import Answer, call, event
from tests.functional.played_device import DAY, HEX, HOUR, MINUTE, PlayedDevice

UNKNOWN_ID = "019aa8ee97fb00009c58313d"
OTHER = {"frm_payload": "ERITFBUWFxg="}

FUNCTIONS = {
    "queue_delete": Right.TRAFFIC_DOWN_WRITE,
    "downlink_show": Right.TRAFFIC_READ,
    "downlink_history": Right.TRAFFIC_READ,
}
of_one = pytest.mark.parametrize("function", ["queue_delete", "downlink_show"])
each_function = pytest.mark.parametrize("function", FUNCTIONS)


def refusal(answer: Answer) -> tuple[int, str, Mapping[str, Any]]:
    """How a request was refused: its status, the error's name and its attributes."""
    return answer.status, answer.error["name"], answer.error["attributes"]


def not_queued(id_: str, state: str) -> tuple[int, str, Mapping[str, Any]]:
    """How the deletion of a downlink is refused that waits no more."""
    return 409, "downlink_not_queued", {"downlink_id": id_, "state": state}


# Deleting


def test_a_queued_downlink_can_be_deleted(played: PlayedDevice) -> None:
    first, second, third = played.push({}, OTHER, {})

    answer = played.delete(second)

    assert (answer.status, answer.text) == (200, "{}")
    assert played.queue() == [first, third]
    assert (played.state(second), played.steps(second)) == ("removed", ["queued", "removed"])
    assert played.show(second)["history"][-1]["cause"] == "deleted"
    assert [played.ask(), played.ask(), played.ask()] == [HEX, HEX, None]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_deleting_takes_the_one_that_is_named(position: int, played: PlayedDevice) -> None:
    ids = played.push({}, {}, {})

    played.delete(ids[position])

    assert played.queue() == ids[:position] + ids[position + 1 :]


def test_an_id_may_be_written_in_capitals(played: PlayedDevice) -> None:
    [id_] = played.push()

    assert played.show(id_.upper())["id"] == id_
    assert played.delete(id_.upper()).status == 200


def test_a_retry_that_waits_can_be_deleted(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.acknowledge(4)

    assert played.delete(id_).status == 200

    assert (played.state(id_), played.queue()) == ("removed", [])
    assert played.steps(id_) == ["queued", "answered", "failed", "queued 2", "removed 2"]
    assert played.ask() is None


def test_a_downlink_is_deleted_once(played: PlayedDevice) -> None:
    [id_] = played.push()
    played.delete(id_)

    assert refusal(played.delete(id_)) == not_queued(id_, "removed")


def test_a_downlink_that_was_handed_out_can_not_be_deleted(played: PlayedDevice) -> None:
    [id_] = played.push()
    played.ask()

    assert refusal(played.delete(id_)) == not_queued(id_, "answered")
    assert played.ask(played.last_uplink) == HEX


@pytest.mark.parametrize(("code", "state"), [(0, "sent"), (4, "failed")])
def test_a_downlink_that_has_ended_can_not_be_deleted(code: int, state: str, played: PlayedDevice) -> None:
    [id_] = played.push()
    played.ask()
    played.acknowledge(code)

    assert refusal(played.delete(id_)) == not_queued(id_, state)


def test_a_superseded_downlink_can_not_be_deleted(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.clear()
    played.acknowledge(4)

    assert refusal(played.delete(id_)) == not_queued(id_, "superseded")


def test_a_downlink_that_was_replaced_can_not_be_deleted(played: PlayedDevice) -> None:
    [id_] = played.push()
    played.replace(OTHER)

    assert refusal(played.delete(id_)) == not_queued(id_, "removed")


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "still in the queue"])
def test_an_expired_downlink_can_not_be_deleted(*, ended: bool, played: PlayedDevice) -> None:
    id_ = played.push_expiring(MINUTE)
    played.clock.wait(MINUTE)
    if ended:
        played.deadline()

    assert refusal(played.delete(id_)) == not_queued(id_, "expired")


def test_an_answer_with_the_downlink_data_can_not_be_deleted(played: PlayedDevice) -> None:
    set_parameter("demo", played.id, "downlinkData", "deadbeefcafebabe")
    played.ask()
    [downlink] = played.listed()["downlinks"]

    assert refusal(played.delete(downlink["id"])) == not_queued(downlink["id"], "answered")


def test_deleting_leaves_the_others_and_their_retries_alone(played: PlayedDevice) -> None:
    in_flight = played.push_confirmed()
    played.ask()
    [queued] = played.push()

    played.delete(queued)
    played.acknowledge(4)

    assert played.queue() == [in_flight]


# Refusals


@of_one
def test_an_unknown_downlink_is_not_found(function: str, played: PlayedDevice) -> None:
    answer = played.call(function, path={"downlink_id": UNKNOWN_ID})

    assert refusal(answer) == (404, "downlink_not_found", {"downlink_id": UNKNOWN_ID})


@of_one
def test_a_downlink_of_another_device_is_not_found(function: str, played: PlayedDevice) -> None:
    [id_] = played.push()
    other = played.another("1A2B45")

    assert other.call(function, path={"downlink_id": id_}).status == 404
    assert played.queue() == [id_]


@each_function
def test_an_unknown_device_is_not_found(function: str, played: PlayedDevice) -> None:
    [id_] = played.push()

    answer = played.call(function, path={"device_id": "bad0", "downlink_id": id_})

    assert refusal(answer) == (404, "device_not_found", {"device_uid": "demo.bad0"})


@of_one
@pytest.mark.parametrize(
    "id_",
    ["push", "1", "", UNKNOWN_ID[1:], f"{UNKNOWN_ID}0", UNKNOWN_ID.replace("e", "g"), f"{UNKNOWN_ID}\n"],
)
def test_an_id_that_can_not_be_one_is_refused(id_: str, function: str, played: PlayedDevice) -> None:
    answer = played.call(function, path={"downlink_id": id_})

    assert (answer.status, answer.error["attributes"]["field"]) == (400, "downlink_id")


@each_function
def test_another_applications_downlinks_are_forbidden(function: str, played: PlayedDevice) -> None:
    [id_] = played.push()

    answer = played.call(function, path={"application_id": "other", "downlink_id": id_})

    assert refusal(answer) == (403, "no_application_rights", {"uid": "other"})


@each_function
def test_a_missing_right_is_named(function: str, played: PlayedDevice) -> None:
    [id_] = played.push()
    needed = FUNCTIONS[function]
    key = str(issue_key("demo", "all but one", [right for right in Right if right is not needed]).token)

    answer = call(function, event(f"{function}.json", path={"downlink_id": id_}), key)

    name = f"RIGHT_APPLICATION_{needed.name}"
    assert refusal(answer) == (403, "insufficient_application_rights", {"uid": "demo", "missing": [name]})
    assert played.queue() == [id_]


@each_function
def test_the_right_is_enough(function: str, played: PlayedDevice) -> None:
    [id_] = played.push()
    key = str(issue_key("demo", "one right", [FUNCTIONS[function]]).token)

    assert call(function, event(f"{function}.json", path={"downlink_id": id_}), key).status == 200


@each_function
def test_a_key_is_needed(function: str, invoke: Invoke) -> None:
    answer = invoke(function, event(f"{function}.json", headers={"Authorization": None}))

    assert answer.status == 401


# Showing and listing


def test_a_downlink_is_shown_with_all_it_carries(played: PlayedDevice) -> None:
    item = {
        "f_port": 15,
        "confirmed": True,
        "priority": "HIGH",
        "correlation_ids": ["order-7"],
        "confirmed_retry": {"max_attempts": 3},
        "expires_at": "2099-01-01T00:00:00.000Z",
    }
    [id_] = played.push(item)

    shown = played.show(id_)

    assert {name: shown[name] for name in item} == item
    assert (shown["frm_payload"], shown["attempt"]) == ("AQIDBAUGBwg=", 1)


def test_a_device_that_never_had_a_downlink_lists_none(played: PlayedDevice) -> None:
    answer = played.call("downlink_history")

    assert (answer.status, answer.text) == (200, "{}")


def test_downlinks_are_listed_from_the_newest_to_the_oldest_whatever_they_are(played: PlayedDevice) -> None:
    sent, failed, answered, removed = played.push({}, {}, {}, {})
    expired = played.push_expiring(HOUR)
    queued, last = played.push({}, {"confirmed": True})
    for code in (0, 4):
        played.ask()
        played.acknowledge(code)
        played.clock.wait(MINUTE)
    played.ask()
    played.delete(removed)
    played.clock.wait(HOUR)
    played.deadline()

    listed = played.listed()

    assert {downlink["id"]: downlink["state"] for downlink in listed["downlinks"]} == {
        sent: "sent",
        failed: "failed",
        answered: "answered",
        removed: "removed",
        expired: "expired",
        queued: "queued",
        last: "queued",
    }
    assert [downlink["id"] for downlink in listed["downlinks"]] == [
        last,
        queued,
        expired,
        removed,
        answered,
        failed,
        sent,
    ]
    assert "next_cursor" not in listed
    for downlink in listed["downlinks"]:
        assert downlink == played.show(downlink["id"])


def test_a_retried_downlink_is_listed_once_with_all_its_attempts(played: PlayedDevice) -> None:
    id_ = played.push_confirmed(3)
    for _ in range(3):
        played.ask()
        played.acknowledge(4)

    [downlink] = played.listed()["downlinks"]

    assert (downlink["id"], downlink["attempt"], len(downlink["history"])) == (id_, 3, 9)


def pages_of(played: PlayedDevice, **query: str) -> list[list[str]]:
    """The ids of all downlinks, page by page."""
    pages = []
    page = played.listed(**query)
    while True:
        pages.append([downlink["id"] for downlink in page.get("downlinks", [])])
        if "next_cursor" not in page:
            return pages
        page = played.listed(**query, cursor=page["next_cursor"])


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "not followed"])
@pytest.mark.parametrize(
    ("query", "sizes"),
    [
        ({}, [20, 20, 5]),
        ({"limit": "20"}, [20, 20, 5]),
        ({"limit": "9"}, [9, 9, 9, 9, 9]),
        ({"limit": "44"}, [44, 1]),
        ({"limit": "45"}, [45]),
        ({"limit": "100"}, [45]),
    ],
    ids=["20 by default", "20", "9", "44", "45", "100"],
)
def test_a_long_list_comes_in_pages(
    query: dict[str, str], sizes: list[int], *, followed: bool, played: PlayedDevice
) -> None:
    if followed:
        ids = played.push(*[{}] * 45)
        pages = pages_of(played, **query)
    else:
        with played.stream_delayed():
            ids = played.push(*[{}] * 45)
            pages = pages_of(played, **query)

    assert [len(page) for page in pages] == sizes
    assert [id_ for page in pages for id_ in page] == ids[::-1]


@pytest.mark.parametrize("limit", ["1", "3"])
def test_pages_hold_together_where_the_stream_is_behind(limit: str, played: PlayedDevice) -> None:
    ids = played.push(*[{"confirmed": True}] * 10)
    played.ask()
    played.acknowledge(4)
    with played.stream_delayed():
        for _ in range(4):
            played.ask()
            played.clock.wait(MINUTE)
        ids += played.push(*[{}] * 10)

        pages = pages_of(played, limit=limit)

        assert [id_ for page in pages for id_ in page] == ids[::-1]


def test_what_is_pushed_meanwhile_does_not_disturb_the_next_page(played: PlayedDevice) -> None:
    ids = played.push(*[{}] * 5)
    first = played.listed(limit="2")
    played.clock.wait(1)
    played.push({}, {})

    second = played.listed(limit="100", cursor=first["next_cursor"])

    assert [downlink["id"] for downlink in second["downlinks"]] == ids[2::-1]


def test_a_cursor_may_name_a_downlink_that_is_not_there(played: PlayedDevice) -> None:
    ids = played.push({}, {})
    assert played.listed(cursor=make_id(played.clock.now_ms + 1))["downlinks"][0]["id"] == ids[1]
    assert played.listed(cursor=UNKNOWN_ID) == {}


@pytest.mark.parametrize("limit", ["0", "101", "-1", "", "ten", "2.5", "1e1", " 1", "٣", "9" * 30])
def test_a_bad_limit_is_refused(limit: str, played: PlayedDevice) -> None:
    answer = played.call("downlink_history", query={"limit": limit})

    assert (answer.status, answer.error["attributes"]["field"]) == (400, "limit")


@pytest.mark.parametrize("limit", ["0000000509", "00000009999999"])
def test_a_limit_with_many_zeros_is_refused_like_any_other(limit: str, played: PlayedDevice) -> None:
    assert played.call("downlink_history", query={"limit": limit}).status == 400


@pytest.mark.parametrize("cursor", ["", "1", UNKNOWN_ID.upper(), f"{UNKNOWN_ID}0", "DOWNLINK#", "%00"])
def test_a_bad_cursor_is_refused(cursor: str, played: PlayedDevice) -> None:
    answer = played.call("downlink_history", query={"cursor": cursor})

    assert (answer.status, answer.error["attributes"]["field"]) == (400, "cursor")


# Before the stream was followed


def told(played: PlayedDevice, id_: str) -> str:
    """What is told of a downlink, by itself and in the list."""
    [in_list] = [downlink for downlink in played.listed()["downlinks"] if downlink["id"] == id_]
    assert in_list == played.show(id_)
    return str(in_list["state"])


def test_a_downlink_is_told_queued_before_the_stream_was_followed(played: PlayedDevice) -> None:
    with played.stream_delayed():
        [id_] = played.push()
        assert told(played, id_) == "queued"


def test_a_downlink_is_told_answered_before_the_stream_was_followed(played: PlayedDevice) -> None:
    [recorded] = played.push()
    with played.stream_delayed():
        [not_recorded] = played.push()
        for number, id_ in enumerate([recorded, not_recorded], start=1):
            played.ask()
            assert told(played, id_) == "answered"
            assert played.show(id_)["history"][-1]["uplink"]["seq_number"] == number
            assert refusal(played.delete(id_)) == not_queued(id_, "answered")


def test_an_answer_with_the_downlink_data_is_told_before_the_stream_was_followed(
    played: PlayedDevice,
) -> None:
    set_parameter("demo", played.id, "downlinkData", "deadbeefcafebabe")
    with played.stream_delayed():
        played.ask()
        [before] = played.listed()["downlinks"]
    [after] = played.listed()["downlinks"]

    assert (before["id"], before["state"], before["source"]) == (after["id"], "answered", "downlinkData")


@pytest.mark.parametrize("cause", ["deleted", "cleared", "replaced"])
def test_a_downlink_is_told_removed_before_the_stream_was_followed(cause: str, played: PlayedDevice) -> None:
    [id_] = played.push()
    with played.stream_delayed():
        if cause == "deleted":
            played.delete(id_)
        else:
            played.replace(*([OTHER] if cause == "replaced" else []))
        assert told(played, id_) == "removed"
        assert played.show(id_)["history"][-1]["cause"] == cause
        assert refusal(played.delete(id_)) == not_queued(id_, "removed")
    assert told(played, id_) == "removed"


def test_a_downlink_is_told_expired_once_a_claim_dropped_it(played: PlayedDevice) -> None:
    id_ = played.push_expiring(MINUTE)
    played.clock.wait(MINUTE)
    with played.stream_delayed():
        played.ask()
        assert told(played, id_) == "expired"


def test_a_retry_is_told_queued_before_the_stream_was_followed(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.clock.wait(601)
    with played.stream_delayed():
        played.deadline()
        assert told(played, id_) == "queued"
        assert played.show(id_)["attempt"] == 2


def test_a_downlink_is_told_expired_as_soon_as_its_time_is_over(played: PlayedDevice) -> None:
    id_ = played.push_expiring(MINUTE)
    played.clock.wait(MINUTE)

    assert played.queue() == []
    assert told(played, id_) == "expired"


def test_a_deleted_retry_is_told_removed_before_the_stream_was_followed(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.acknowledge(4)
    with played.stream_delayed():
        played.delete(id_)
        assert refusal(played.delete(id_)) == not_queued(id_, "removed")
        assert told(played, id_) == "removed"


def test_a_deleted_downlink_is_told_removed_although_its_time_is_over(played: PlayedDevice) -> None:
    id_ = played.push_expiring(MINUTE)
    with played.stream_delayed():
        played.delete(id_)
        played.clock.wait(MINUTE)
        assert told(played, id_) == "removed"


# Idempotency-Key


def test_a_repeated_push_gets_the_first_ids_and_queues_nothing(played: PlayedDevice) -> None:
    headers = {"Idempotency-Key": "order-7"}
    ids = played.push({}, {}, headers=headers)

    assert played.push({}, {}, headers=headers) == ids
    assert played.queue() == ids
    assert len(played.listed()["downlinks"]) == 2


def test_a_repeated_push_with_another_body_gets_the_first_ids_too(played: PlayedDevice) -> None:
    headers = {"Idempotency-Key": "order-7"}
    ids = played.push({}, headers=headers)

    assert played.push(OTHER, OTHER, headers=headers) == ids
    assert played.queue() == ids


def test_a_repeated_push_gets_the_first_ids_whatever_became_of_them(played: PlayedDevice) -> None:
    headers = {"Idempotency-Key": "order-7"}
    answered, deleted, replaced = ids = played.push({}, {}, {}, headers=headers)
    played.ask()
    played.delete(deleted)
    played.clear()

    assert played.push({}, {}, {}, headers=headers) == ids
    assert played.queue() == []
    assert [played.state(id_) for id_ in (answered, deleted, replaced)] == ["answered", "removed", "removed"]


def test_an_idempotency_key_is_free_again_after_a_day(played: PlayedDevice) -> None:
    headers = {"Idempotency-Key": "order-7"}
    first = played.push(headers=headers)

    played.clock.wait(DAY - 1)
    assert played.push(headers=headers) == first

    played.clock.wait(1)
    second = played.push(headers=headers)
    assert second != first
    assert played.push(headers=headers) == second
    assert played.queue() == [*first, *second]


def test_an_idempotency_key_is_a_devices_own(played: PlayedDevice) -> None:
    headers = {"Idempotency-Key": "order-7"}
    other = played.another("1A2B45")

    assert played.push(headers=headers) != other.push(headers=headers)
    assert (len(played.queue()), len(other.queue())) == (1, 1)


def test_different_idempotency_keys_are_different_pushes(played: PlayedDevice, stored: Stored) -> None:
    for key in ("order-7", "order-8", "Order-7"):
        played.push(headers={"Idempotency-Key": key})

    assert len(played.queue()) == 3
    assert len(stored(sk="PUSH#")) == 3
