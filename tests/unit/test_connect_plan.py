"""Plans: acting on one leaves nothing to do, and nobody else's callback is touched."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.sigfox_contract import Contract
from sigbridge.model.sigfox_device_type import ConnectMode, DownlinkMode, SigfoxDeviceType
from sigbridge.provisioning.callback_keys import KeyState
from sigbridge.provisioning.plan import Act, Found, PlanStep, make_plan
from sigbridge.sigfox.rest.callbacks import FORMS, Callback, CallbackKind, creation, read_callback, repair

BASE = "https://sigbridge.example.com/api"
URLS = [
    *(BASE + form.path for form in FORMS.values()),
    f"{BASE}/uplink?authorization=made-up",
    "http://sigbridge.example.com/api/downlink",
    "https://sigbridge.example.com/other/downlink",
    "https://elsewhere.example.com/api/downlink",
    "https://[",
    "",
]
BODIES = ["", "{device}", '{"device":"{device}","extra":{customData#x}}', '{"a":{"b":[{time},"{time}"]}}']
CODES = [(form.type, form.subtype) for form in FORMS.values()] + [(1, 1), (2, 0), (None, None)]


@st.composite
def some_callback(draw: st.DrawFn, id_: str) -> Callback:
    type_, subtype = draw(st.sampled_from(CODES))
    return Callback(
        id=id_,
        channel=draw(st.sampled_from(["URL", "URL", "URL", "BATCH_URL", "EMAIL"])),
        type=type_,
        subtype=subtype,
        is_enabled=draw(st.booleans()),
        url=draw(st.sampled_from(URLS)),
        method=draw(st.sampled_from(["POST", "GET", "post"])),
        headers={"authorization": "x"} if draw(st.booleans()) else {},
        send_sni=draw(st.booleans()),
        body=draw(st.sampled_from(BODIES)),
        content_type=draw(st.sampled_from(["application/json; charset=utf-8", "text/plain", ""])),
    )


CONTRACT = Contract("c", "Gold", allows_downlinks=True, has_network_metadata=True)


@st.composite
def some_found(draw: st.DrawFn) -> Found:
    callbacks = [draw(some_callback(str(number))) for number in range(draw(st.integers(0, 8)))]
    selected = draw(st.integers(-1, len(callbacks) - 1))
    if selected >= 0:
        callbacks[selected] = replace(callbacks[selected], is_selected=True)
    mode = draw(st.sampled_from([None, *DownlinkMode]))
    contracts = draw(st.sampled_from([(), (CONTRACT,), (CONTRACT, replace(CONTRACT, has_geolocation=True))]))
    keys = {each.id: draw(st.sampled_from(list(KeyState))) for each in callbacks}
    return Found(
        SigfoxDeviceType("t", "Type", downlink_mode=mode, contracts=contracts), tuple(callbacks), keys
    )


def act(found: Found, step: PlanStep) -> Found:
    """Gives what Sigfox has after a step."""
    callbacks = {each.id: each for each in found.callbacks}
    keys = dict(found.keys)
    device_type = found.device_type
    match step.act:
        case Act.CREATE:
            assert step.wanted is not None
            body = creation(step.wanted.kind, step.wanted.url, step.wanted.fields, "key")
            id_ = f"made {step.wanted.kind}"
            callbacks[id_] = read_callback(body | {"id": id_})
            keys[id_] = KeyState.GOOD
        case Act.REPAIR:
            assert step.wanted is not None
            assert step.current is not None
            body = repair(
                step.current, step.wanted.kind, step.wanted.url, step.wanted.fields_for(step.current), "key"
            )
            repaired = read_callback({"contentType": step.current.content_type} | body)
            id_ = step.current.id
            callbacks[id_] = replace(repaired, id=id_, is_selected=step.current.is_selected)
            keys[id_] = KeyState.GOOD
        case Act.SELECT:
            id_ = "made BIDIR" if step.current is None else step.current.id
            callbacks = {each.id: replace(each, is_selected=each.id == id_) for each in callbacks.values()}
        case Act.SET_MODE:
            device_type = replace(device_type, downlink_mode=step.downlink_mode)
        case Act.DISABLE:
            assert step.current is not None
            id_ = step.current.id
            callbacks[id_] = replace(callbacks[id_], is_enabled=False)
    return Found(device_type, tuple(callbacks.values()), keys)


@given(some_found(), st.sampled_from(ConnectMode))
def test_acting_on_a_plan_leaves_nothing_to_do(found: Found, mode: ConnectMode) -> None:
    plan = make_plan(mode, BASE, found)

    for step in plan.steps:
        found = act(found, step)

    assert make_plan(mode, BASE, found).changes == ()


@given(some_found(), st.sampled_from(ConnectMode), st.data())
def test_stopping_anywhere_and_planning_again_leaves_nothing_to_do(
    found: Found, mode: ConnectMode, data: st.DataObject
) -> None:
    steps = make_plan(mode, BASE, found).steps
    for step in steps[: data.draw(st.integers(0, len(steps)))]:
        found = act(found, step)

    for step in make_plan(mode, BASE, found).steps:
        found = act(found, step)

    assert make_plan(mode, BASE, found).changes == ()


@given(some_found(), st.sampled_from(ConnectMode))
def test_callbacks_of_others_are_left(found: Found, mode: ConnectMode) -> None:
    plan = make_plan(mode, BASE, found)
    others = {each.id for each in found.callbacks if each.kind is None or not each.calls(BASE)}

    assert not others & {step.current.id for step in plan.changes if step.current is not None}
    assert {step.current.id for step in plan.steps if step.current is not None} >= others


@given(some_found(), st.sampled_from(ConnectMode))
def test_one_callback_alone_brings_the_messages_at_once(found: Found, mode: ConnectMode) -> None:
    ours_once = dict.fromkeys(CallbackKind)
    callbacks = [
        each
        for each in found.callbacks
        if each.kind is None or not each.calls(BASE) or ours_once.pop(each.kind, 0) is None
    ]
    found = replace(found, callbacks=tuple(callbacks))
    for step in make_plan(mode, BASE, found).steps:
        found = act(found, step)

    enabled = [each.kind for each in found.callbacks if each.calls(BASE) and each.is_enabled]
    at_once = [kind for kind in enabled if kind in {CallbackKind.BIDIR, CallbackKind.UPLINK}]
    wanted = {ConnectMode.BIDIR: [CallbackKind.BIDIR], ConnectMode.UPLINK: [CallbackKind.UPLINK]}
    assert at_once == wanted.get(mode, [])
