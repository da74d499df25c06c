"""What happens when the store fails: 503, nothing lost, and the retry succeeds."""

import json
import time
from decimal import Decimal

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from sigbridge.store.connections import client
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import FAILURES, Failure, failing, is_claim, is_key_look_up, is_message
from tests.functional.lambdas import event

DOWNLINK = {"downlinks": [{"frm_payload": "AQIDBAUGBwg="}]}
each_failure = pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())


def bidir(device: str = "153FA", seq_number: int = 7) -> dict[str, object]:
    return {"device": device, "time": int(time.time()), "data": "01", "seqNumber": seq_number, "ack": True}


@each_failure
def test_an_uplink_that_can_not_be_stored_is_503_and_its_retry_succeeds(
    failure: Failure, invoke: Invoke, stored: Stored
) -> None:
    invoke("uplink", event("uplink_numbers.json"))
    uplink = event("uplink_numbers.json", body=bidir("B4A5C9"))

    with failing(failure, is_message):
        refused = invoke("uplink", uplink)

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"
    assert refused.json["status"] is False
    assert invoke("uplink", uplink).json["accepted"] == 1
    assert len(stored(sk="MSG#")) == 2


@each_failure
def test_a_failing_key_look_up_is_503_and_not_401(failure: Failure, invoke: Invoke, stored: Stored) -> None:
    with failing(failure, is_key_look_up):
        refused = invoke("uplink", event("uplink.json"))

    assert refused.status == 503
    assert invoke("uplink", event("uplink.json")).status == 200
    assert len(stored(sk="MSG#")) == 1


@each_failure
def test_a_failure_between_message_and_claim_leaves_the_downlink_in_the_queue(
    failure: Failure, invoke: Invoke
) -> None:
    invoke("uplink", event("uplink.json", body=bidir(seq_number=6)))
    assert (
        invoke("queue_push", event("queue_push.json", path={"device_id": "153fa"}, body=DOWNLINK)).status
        == 200
    )
    asking = event("bidir_downlink.json", body=bidir())

    with failing(failure, is_claim):
        refused = invoke("bidir_downlink", asking)
    listed = invoke("queue_list", event("queue_list.json", path={"device_id": "153fa"}))

    assert refused.status == 503
    assert len(listed.json["downlinks"]) == 1
    assert invoke("bidir_downlink", asking).json == {"153FA": {"downlinkData": "0102030405060708"}}
    assert invoke("bidir_downlink", asking).json == {"153FA": {"downlinkData": "0102030405060708"}}


@each_failure
def test_one_failing_device_of_a_batch_does_not_take_the_others_answers(
    failure: Failure, invoke: Invoke
) -> None:
    for device in ("153fa", "1a2b45"):
        invoke("uplink", event("uplink.json", body=bidir(device, seq_number=6)))
        invoke("queue_push", event("queue_push.json", path={"device_id": device}, body=DOWNLINK))
    asking = event("bidir_downlink.json", body=[bidir("153FA"), bidir("1A2B45")])

    def is_claim_of_153fa(request: dict[str, dict[str, dict[str, str]]]) -> bool:
        return is_claim(request) and request["Key"]["pk"]["S"].endswith("#153FA")

    with failing(failure, is_claim_of_153fa):
        answer = invoke("bidir_downlink", asking)
    listed = invoke("queue_list", event("queue_list.json", path={"device_id": "153fa"}))

    assert answer.json == {"153FA": {"noData": True}, "1A2B45": {"downlinkData": "0102030405060708"}}
    assert len(listed.json["downlinks"]) == 1


@each_failure
@pytest.mark.parametrize("function", ["queue_push", "queue_replace"])
def test_a_failing_queue_change_is_503_and_is_sent_once(
    failure: Failure, function: str, invoke: Invoke
) -> None:
    invoke("uplink", event("uplink.json", body=bidir()))
    tries: list[str] = []

    def count(request: object) -> None:
        tries.append("once")
        return failure(request)  # type: ignore[arg-type, return-value]

    change = event(f"{function}.json", path={"device_id": "153fa"}, body=DOWNLINK)
    with failing(count, is_claim):
        refused = invoke(function, change)

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"
    assert refused.error["name"] == "store_unavailable"
    assert tries == ["once"]
    assert invoke(function, change).status == 200


def test_a_partly_stored_batch_is_503_and_its_retry_stores_the_rest(invoke: Invoke, stored: Stored) -> None:
    batch = [bidir("153FA", number) for number in range(20)]
    invoke("uplink", event("uplink.json", body=bidir(seq_number=99)))

    def is_message_15(request: dict[str, dict[str, dict[str, str]]]) -> bool:
        return is_message(request) and request["Item"]["sk"]["S"].endswith("#15")

    with failing(FAILURES["throttled"], is_message_15):
        refused = invoke("batch_uplink", event("uplink.json", body=batch))
    retried = invoke("batch_uplink", event("uplink.json", body=batch))

    assert refused.status == 503
    assert retried.json["accepted"] >= 1
    assert retried.json["accepted"] + retried.json["duplicates"] == 20
    numbers = {message["seq_number"] for message in stored(sk="MSG#")}
    assert numbers == {Decimal(99), *map(Decimal, range(20))}


@each_failure
def test_a_device_whose_registration_breaks_off_is_registered_by_the_retry(
    failure: Failure, invoke: Invoke, stored: Stored
) -> None:
    with failing(failure, lambda request: "TransactItems" in request):
        assert invoke("uplink", event("uplink.json", body=bidir())).status == 503
    assert stored("DEVICE#demo#", "DEVICE") == stored("DEVICE#demo") == []
    assert invoke("uplink", event("uplink.json", body=bidir())).status == 200
    assert [device["id"] for device in stored("DEVICE#demo#", "DEVICE")] == ["153FA"]


def test_a_message_whose_first_try_was_stored_but_not_answered_is_no_duplicate(
    invoke: Invoke, stored: Stored
) -> None:
    invoke("uplink", event("uplink.json", body=bidir(seq_number=6)))
    lost: list[str] = []

    def lose_the_first_answer(request: AWSPreparedRequest) -> AWSResponse | None:
        if not lost:
            lost.append("once")
            wanted = json.loads(request.body)
            client().put_item(TableName=wanted["TableName"], Item=wanted["Item"])
            raise ReadTimeoutError(endpoint_url=request.url)
        return None

    with failing(lose_the_first_answer, is_message):
        answer = invoke("uplink", event("uplink.json", body=bidir(seq_number=7)))

    assert (answer.json["accepted"], answer.json["duplicates"]) == (1, 0)
    assert lost == ["once"]
    assert len(stored(sk="MSG#")) == 2
