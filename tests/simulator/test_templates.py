"""The simulator's callback templates: plain text, as people write them."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigfox_simulator.services import Service
from sigfox_simulator.templates import (
    CONFIGURATIONS,
    BatchTemplate,
    Configuration,
    HttpRequest,
    Template,
    substituted,
)
from tests.simulator.fake_bundle import read_messages

KEY = "sbk_key"
VARIABLES = {
    "device": "005d0c11",
    "time": "1795316624",
    "data": "17012c",
    "seqNumber": "100",
    "ack": "true",
    "longPolling": "false",
    "rssi": "-123.10",
    "snr": "18.86",
    "lat": "45",
    "linkQuality": "2",
    "duplicates": "[]",
    "computedLocation": '{"lat":1.5,"lng":2.5}',
    "infoCode": "0",
    "infoMessage": "Acked",
    "downlinkAck": "true",
    "downlinkOverusage": "false",
    "batt": "3.05",
    "temp": "21.50",
}
configurations = pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda each: each.name)
OF_A_MESSAGE = ("device", "time", "data", "seqNumber")


def sent(request: HttpRequest) -> httpx.Request:
    return httpx.Request(
        request.method, f"https://bundle{request.target}", headers=dict(request.headers), content=request.body
    )


def filled(template: Template | BatchTemplate, path: str) -> httpx.Request:
    if isinstance(template, BatchTemplate):
        return sent(template.fill(path, [VARIABLES], KEY))
    return sent(template.fill(path, VARIABLES, KEY))


@configurations
@pytest.mark.parametrize("service", [Service.UPLINK, Service.BIDIR])
def test_every_template_tells_the_message(configuration: Configuration, service: Service) -> None:
    [message] = read_messages(filled(configuration.of_messages(service), service.path))

    assert {name: message[name] for name in OF_A_MESSAGE} == {name: VARIABLES[name] for name in OF_A_MESSAGE}
    if service is Service.BIDIR:
        assert message.get("ack") == ("true" if configuration.tells_ack else None)


@configurations
def test_every_template_shows_its_key(configuration: Configuration) -> None:
    for service in Service:
        if service in {Service.UPLINK, Service.BIDIR}:
            request = filled(configuration.of_messages(service), service.path)
        else:
            request = filled(configuration.of_service(service), service.path)
        in_query = request.url.params.get("authorization")
        assert (request.headers.get("Authorization"), in_query) in {(KEY, None), (None, KEY)}


@configurations
def test_an_acknowledgement_tells_device_time_and_code(configuration: Configuration) -> None:
    [told] = read_messages(filled(configuration.acknowledge, Service.ACKNOWLEDGE.path))

    assert (told["device"], told["time"], told["infoCode"]) == ("005d0c11", "1795316624", "0")
    assert told["downlinkAck"] == "true"


@configurations
def test_data_advanced_is_json_with_an_object_in_it(configuration: Configuration) -> None:
    request = filled(configuration.data_advanced, Service.DATA_ADVANCED.path)

    assert request.headers["Content-Type"] == "application/json"
    assert '{"lat":1.5,"lng":2.5}' in request.content.decode()
    json.loads(request.content)


def test_quotes_decide_whether_a_value_is_text_or_a_number() -> None:
    quoted, unquoted, *_ = (
        json.loads(filled(each.bidir, "/downlink").content) for each in CONFIGURATIONS[:2]
    )

    assert (quoted["time"], quoted["ack"]) == ("1795316624", "true")
    assert (unquoted["time"], unquoted["ack"]) == (1795316624, True)


def test_lines_of_a_batch_come_in_one_request() -> None:
    lines = [VARIABLES | {"seqNumber": str(number)} for number in range(5)]
    for template in (each.uplink for each in CONFIGURATIONS):
        if isinstance(template, BatchTemplate):
            messages = read_messages(sent(template.fill("/uplink/batch", lines, KEY)))
            assert [message["seqNumber"] for message in messages] == list("01234")


def test_what_there_is_no_value_for_is_null() -> None:
    assert substituted('{"rssi":{rssi},"data":"{data}"}', {"data": "00"}) == '{"rssi":null,"data":"00"}'


@given(st.text())
def test_text_without_variables_stays_as_it_is(text: str) -> None:
    assert substituted(text.replace("{", "("), {"device": "1A"}) == text.replace("{", "(")
