"""Whatever a request holds, its answer is no 5xx, and what all of them stored can be followed and shown."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.attack import Attack, attack
from tests.functional.hostile_input import (
    any_messages,
    as_json,
    as_url,
    bodies,
    content_encodings,
    content_types,
    documents,
    downlinks,
    items,
    known_senders,
    large_messages,
    lines,
    messages,
    names,
    odd_downlinks,
    packings,
    patterns,
    queries,
    services,
    words,
)
from tests.functional.lambdas import event

INGEST = ("uplink", "batch_uplink", "bidir_downlink")
QUEUE = ("queue_push", "queue_replace")

headers = st.fixed_dictionaries(
    {"content-type": content_types, "device": st.none() | words, "content-encoding": content_encodings}
)


@pytest.fixture
def attacked(key: str) -> Iterator[Attack]:
    """An application that anything is sent to; in the end all of it is followed, shown, and due."""
    with attack(key) as begun:
        yield begun
        begun.follow()
        begun.let_time_pass()


@pytest.mark.parametrize("function", [*INGEST, "sigfox_service"])
@given(body=bodies, sent=headers, query=queries, service=services, packing=packings)
def test_of_a_callback(
    function: str,
    body: object,
    sent: dict[str, str | None],
    query: str,
    service: str,
    packing: dict[str, Any],
    attacked: Attack,
) -> None:
    path = {"service": service}
    name = "sigfox_acknowledge.json" if function == "sigfox_service" else "uplink.json"
    attacked.send(function, event(name, body=body, headers=sent, query=query, path=path) | packing)


@pytest.mark.parametrize("function", [*INGEST, "sigfox_service"])
@given(
    body=any_messages,
    content_type=st.sampled_from(["application/json", "application/x-www-form-urlencoded"]),
    service=services,
)
def test_of_a_callback_in_json(
    function: str, body: object, content_type: str, service: str, attacked: Attack
) -> None:
    path, sent = {"service": service}, {"content-type": content_type}
    name = "sigfox_acknowledge.json" if function == "sigfox_service" else "uplink.json"
    attacked.send(function, event(name, body=as_json(body), headers=sent, path=path))


@pytest.mark.parametrize("body", [messages, items, known_senders(), large_messages(), documents])
@given(data=st.data())
def test_of_each_kind_of_message(
    body: st.SearchStrategy[object], data: st.DataObject, attacked: Attack
) -> None:
    function = data.draw(st.sampled_from(INGEST))
    attacked.send(function, event("uplink.json", body=as_json(data.draw(body))))


@pytest.mark.parametrize("function", ["batch_uplink", "bidir_downlink", "sigfox_service"])
@given(pattern=patterns, batch=lines, in_body=st.booleans(), service=services)
def test_of_a_batch(
    function: str, pattern: str, batch: str, in_body: bool, service: str, attacked: Attack
) -> None:
    query = f"authorization=sbk_demo&pattern={as_url(pattern)}"
    path = {"service": service}
    request = (
        event("batch_uplink_form.json", query=query, body=f"batch={as_url(batch)}", path=path)
        if in_body
        else event("batch_uplink.json", query=f"{query}&batch={as_url(batch)}", path=path)
    )
    attacked.send(function, request)


@pytest.mark.parametrize("function", QUEUE)
@given(
    body=st.one_of(bodies, (downlinks | odd_downlinks).map(as_json)),
    device_id=st.sampled_from(["153fa", "153fb"]) | names,
    webhook=st.booleans(),
    packing=packings,
)
def test_of_a_queue_request(
    function: str, body: object, device_id: str, webhook: bool, packing: dict[str, Any], attacked: Attack
) -> None:
    name = "queue_push.json" if webhook else "queue_push_as.json"
    attacked.send(function, event(name, body=body, path={"device_id": device_id}) | packing)


@given(pushed=odd_downlinks, asked=messages, acknowledged=messages)
def test_of_a_downlink_from_push_to_acknowledgement(
    pushed: object, asked: dict[str, Any], acknowledged: dict[str, Any], attacked: Attack
) -> None:
    attacked.send("queue_push", event("queue_push.json", body=as_json(pushed)))
    asking = {**asked, "device": "153FA", "ack": True}
    attacked.send("bidir_downlink", event("bidir_downlink.json", body=as_json(asking)))
    report = {**acknowledged, "device": "153FA", "infoCode": 0}
    attacked.send("sigfox_service", event("sigfox_acknowledge.json", body=as_json(report)))


@given(
    sent=st.dictionaries(
        st.sampled_from(["authorization", "Authorization", "content-type", "device", "accept"]),
        st.text(max_size=30),
    ),
    query=queries,
    application_id=st.sampled_from(["demo", "other"]) | names | st.text(max_size=40),
)
def test_of_headers_and_paths(
    sent: dict[str, str], query: str, application_id: str, attacked: Attack
) -> None:
    for function in INGEST:
        attacked.send(function, event("uplink.json", query=query) | {"headers": sent})
    attacked.send("sigfox_service", event("sigfox_status.json", query=query) | {"headers": sent})
    path = {"application_id": application_id}
    for function in QUEUE:
        attacked.send(function, event("queue_push.json", query=query, path=path) | {"headers": sent})
    attacked.send("device_state", event("device_state.json", path=path) | {"headers": sent})
    for file in ("storage_device.json", "storage_application.json"):
        attacked.send("device_api", event(file, query=query, path=path) | {"headers": sent})
