"""`/v1/devices/import`: many devices at once, as CSV or JSON."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.device_import import MOST_DEVICES
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.model.api_key import Right
from tests.functional.conftest import Stored
from tests.functional.lambdas import Answer, call, event
from tests.functional.management import Management
from tests.functional.many_devices import list_many
from tests.functional.store_requests import store_requests

IMPORT = "/v1/devices/import"


@pytest.fixture(autouse=True)
def _types(management: Management) -> None:
    """The device types that imports name."""
    for type_id in ("tracker", "beacon"):
        management.post("/v1/device-types", {"id": type_id})


def import_csv(management: Management, text: str, content_type: str = "text/csv") -> Answer:
    """Imports CSV."""
    return management.request("POST", IMPORT, {}, text, {"content-type": content_type})


OF_LISTS = {"created_at", "state", "since", "queue_length"}


def listed(management: Management) -> list[dict[str, Any]]:
    """The devices of the application, as they are created."""
    found: list[dict[str, Any]] = management.get("/v1/devices", limit=100).json["devices"]
    return [{name: value for name, value in device.items() if name not in OF_LISTS} for device in found]


def parameters(management: Management, device_id: str) -> dict[str, str]:
    """The parameters of a device."""
    found = management.get(f"/v1/devices/{device_id}/parameters").json["parameters"]
    return {each["key"]: each["value"] for each in found}


def faults(answer: Answer) -> list[str]:
    """The faults that an answer names."""
    assert answer.status == 400
    return [error["field"] for error in answer.json["errors"]]


PLAIN: dict[str, Any] = {"name": "", "tags": [], "active": True}
FULL = {
    "id": "1A2B3C",
    "name": "Cold store, north",
    "type": "tracker",
    "tags": [{"key": "floor", "value": "2"}, {"key": "site", "value": "Lyon"}],
    "active": False,
    "payload_encoding": "base64",
}


def test_devices_are_imported_from_csv(management: Management) -> None:
    answer = import_csv(
        management,
        "id,name,type,tags,payload_encoding,active\r\n"
        '1a-2b-3c,"Cold store, north",tracker,site=Lyon;floor=2,base64,false\r\n'
        "153FA,,,,,\r\n",
    )

    assert (answer.status, answer.json) == (200, {"created": 2, "existing": 0})
    assert listed(management) == [{"id": "153FA"} | PLAIN, FULL]


@pytest.mark.parametrize("wrapped", [True, False])
def test_devices_are_imported_from_json(management: Management, wrapped: bool) -> None:
    devices = [FULL, {"id": "153fa"}]

    answer = management.post(IMPORT, {"devices": devices} if wrapped else devices)

    assert (answer.status, answer.json) == (200, {"created": 2, "existing": 0})
    assert listed(management) == [{"id": "153FA"} | PLAIN, FULL]


def test_listed_devices_are_left_as_they_are_and_counted(management: Management) -> None:
    management.post("/v1/devices", FULL)
    register_device("demo", "153FA")

    answer = import_csv(management, "id,name\n1A2B3C,New name\n0153fa,New name\nA1,New name")

    assert answer.json == {"created": 1, "existing": 2}
    assert [device["name"] for device in listed(management)] == ["", "Cold store, north", "New name"]


def test_an_import_that_is_repeated_changes_nothing(management: Management, stored: Stored) -> None:
    management.post(IMPORT, [FULL, {"id": "A1"}])
    before = stored()

    assert management.post(IMPORT, [FULL, {"id": "A1"}]).json == {"created": 0, "existing": 2}
    assert stored("APP#") == [item for item in before if item["pk"].startswith("APP#")]


def test_imported_devices_have_a_queue(management: Management, stored: Stored) -> None:
    management.post(IMPORT, [{"id": "A1"}, {"id": "A2"}])

    assert [state["queue"] for state in stored("DEVICE#demo#", "STATE")] == [[], []]


@pytest.mark.parametrize("text", ["id\n", "id", "id,name\n\n\n", "id;name\n;\n ; \n"])
def test_an_import_of_none_is_one(management: Management, text: str) -> None:
    assert import_csv(management, text).json == {"created": 0, "existing": 0}


@pytest.mark.parametrize("body", [[], {"devices": []}])
def test_an_empty_array_is_one_too(management: Management, body: object) -> None:
    assert management.post(IMPORT, body).json == {"created": 0, "existing": 0}


SPELLINGS = {
    "semicolons": 'id;name;tags\n1A;"Café";"site=Lyon;floor=2"\n',
    "byte order mark": "\ufeffid,name,tags\n1A,Café,site=Lyon;floor=2\n",
    "everything quoted": '"id","name","tags"\r\n"1A","Café","site=Lyon;floor=2"\r\n',
    "names in another case, with spaces": " ID , Name,TAGS \n 1a , Café , site = Lyon ; floor = 2 ; \n",
    "columns in another order": "tags,id,name\nsite=Lyon;floor=2,1A,Café",
    "lone carriage returns": "id,name,tags\r1A,Café,site=Lyon;floor=2\r",
    "empty rows": "id,name,tags\n\n,,\n1A,Café,site=Lyon;floor=2\n\n",
    "empty columns at the end": "id,name,tags,,\n1A,Café,site=Lyon;floor=2,,\n",
    "active in capitals": "id,name,tags,active\n1A,Café,site=Lyon;floor=2,TRUE\n",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_csv_is_read_as_spreadsheets_write_it(management: Management, text: str) -> None:
    assert import_csv(management, text).json == {"created": 1, "existing": 0}

    tags = [{"key": "floor", "value": "2"}, {"key": "site", "value": "Lyon"}]
    assert listed(management) == [{"id": "1A", "name": "Café", "tags": tags, "active": True}]


def test_a_cell_may_hold_lines_quotes_and_separators(management: Management) -> None:
    import_csv(management, 'id,name,tags\n1A,"North\nof ""Lyon"", 2nd","a=b=c;d="\n')

    [device] = listed(management)
    assert device["name"] == 'North\nof "Lyon", 2nd'
    assert device["tags"] == [{"key": "a", "value": "b=c"}, {"key": "d", "value": ""}]


@pytest.mark.parametrize("content_type", ["text/csv; charset=utf-8", "TEXT/CSV"])
def test_the_content_type_may_have_parameters_and_any_case(management: Management, content_type: str) -> None:
    assert import_csv(management, "id\n1A", content_type).status == 200


def test_parameters_are_imported_from_columns(management: Management, stored: Stored) -> None:
    text = "id,downlinkData,param:interval,parameters\n1A,00000000ADA1B2C3,900,room=12;floor=\n2A,,,\n"

    assert import_csv(management, text).json == {"created": 2, "existing": 0}

    expected = {"downlinkData": "00000000ada1b2c3", "floor": "", "interval": "900", "room": "12"}
    assert parameters(management, "1A") == expected
    assert parameters(management, "2A") == {}
    states = {item["pk"]: item["downlink_data"] for item in stored("DEVICE#demo#", "STATE")}
    assert states == {"DEVICE#demo#1A": "00000000ada1b2c3", "DEVICE#demo#2A": ""}


def test_imported_downlink_data_answers_the_device(management: Management) -> None:
    import_csv(management, "id,downlinkdata\n1A,0102030405060708")

    asked = call("bidir_downlink", event("bidir_downlink.json", body={"device": "1A"}), management.key)

    assert asked.json == {"1A": {"downlinkData": "0102030405060708"}}


def test_imported_parameters_count_among_the_sixty_of_a_device(management: Management) -> None:
    management.post(
        IMPORT, [{"id": "1A", "parameters": [{"key": f"k{number}", "value": "1"} for number in range(60)]}]
    )

    assert management.request("PUT", "/v1/devices/1A/parameters/k60", {}, {"value": "1"}).status == 400
    assert management.request("DELETE", "/v1/devices/1A/parameters/k0").status == 204
    assert management.request("PUT", "/v1/devices/1A/parameters/k60", {}, {"value": "1"}).status == 201


def test_parameters_of_a_device_that_exists_are_left_as_they_are(management: Management) -> None:
    import_csv(management, "id,downlinkData\n1A,0102030405060708")

    assert import_csv(management, "id,downlinkData,param:b\n1A,1112131415161718,x").json["existing"] == 1
    assert parameters(management, "1A") == {"downlinkData": "0102030405060708"}


def test_a_device_that_was_deleted_is_imported_with_its_new_parameters(management: Management) -> None:
    import_csv(management, "id,downlinkData,param:a\n1A,0102030405060708,1")
    management.request("DELETE", "/v1/devices/1A")

    assert import_csv(management, "id,downlinkData\n1A,1112131415161718").json["created"] == 1
    assert parameters(management, "1A") == {"downlinkData": "1112131415161718"}


def test_tags_are_imported_from_columns(management: Management) -> None:
    import_csv(management, "id,tag:site,tags,tag.Floor\n1A,Lyon;Vaise,room=12,2\n2A,,,\n")

    tags = [
        {"key": "Floor", "value": "2"},
        {"key": "room", "value": "12"},
        {"key": "site", "value": "Lyon;Vaise"},
    ]
    assert [device["tags"] for device in listed(management)] == [tags, []]


TAGOIO_TABLES = {
    "names of fields": "id,name,serial,active,tags,network,connector,type,last_input,created_at\n"
    "62151835435d540010b768c4,Door,1a2b3c,true,site=Lyon,62336c32ab6e0d0012e06c04,62333bd36977fc001a2990c8,"
    "immutable,2026-11-20T10:00:00.000Z,2025-01-01T00:00:00.000Z\n",
    "names with spaces": "Name;Serie Number;Active;Tags;Last Input\nDoor;1A-2B-3C;TRUE;site=Lyon;\n".replace(
        "site=Lyon", '"site=Lyon"'
    ),
    "tags as JSON": 'name,serial,tags\nDoor,1A2B3C,"[{""key"":""site"",""value"":""Lyon""}]"\n',
}


@pytest.mark.parametrize("text", TAGOIO_TABLES.values(), ids=TAGOIO_TABLES.keys())
def test_a_table_of_tagoios_is_read_as_it_is(management: Management, text: str) -> None:
    assert import_csv(management, text).json["created"] == 1

    tags = [{"key": "site", "value": "Lyon"}]
    assert listed(management) == [{"id": "1A2B3C", "name": "Door", "tags": tags, "active": True}]


def test_columns_of_tagoios_that_are_not_read_are_named(management: Management) -> None:
    receipt = import_csv(
        management, "id,serial,Network,Last Input,params\n62151835435d540010b768c4,1A,x,,a=1"
    )

    assert receipt.json == {"created": 1, "existing": 0, "left_out": ["id", "Network", "Last Input"]}
    assert parameters(management, "1A") == {"a": "1"}


ALLOWED = (
    "id, network, name, type, tags, active, payload_encoding, pac, lat, lng, parameters, downlinkData,"
    " param:KEY, tag:KEY"
)
COLUMN_MESSAGES = {
    "id,nom": f'Unknown column "nom", allowed: {ALLOWED}. Did you mean "name"?',
    "id,size": f'Unknown column "size", allowed: {ALLOWED}',
    "id,downlink_data": f'Unknown column "downlink_data", allowed: {ALLOWED}. Did you mean "downlinkData"?',
    "name": 'Column "id" is missing',
    "id,ID": 'Column "ID" appears twice',
}


@pytest.mark.parametrize(("text", "message"), COLUMN_MESSAGES.items())
def test_what_is_wrong_with_a_column_is_told(management: Management, text: str, message: str) -> None:
    refused = import_csv(management, text)

    assert (refused.status, refused.json["message"]) == (400, message)


BAD_CSV: list[tuple[str, list[str]]] = [
    ("", ["header: id"]),
    ("\nid\n1A", ["header: id"]),
    ("name\nx", ["header: id"]),
    ("id,colour,name,size\n1A,,,", ["header: colour", "header: size"]),
    ("id,name,id\n1A,,", ["header: id"]),
    ("id,,name\n1A,,", ["header: "]),
    ("id,param:,tag:\n1A,5,5", ["row 1: param:", "row 1: tag:"]),
    ("id,param:interval,PARAM.interval\n1A,1,2", ["header: PARAM.interval"]),
    ("id,downlinkData,param:downlinkData\n1A,,", ["header: param:downlinkData"]),
    (
        "id,downlinkData\n1A,0102030405060708\n2A,01020304\n3A,xx",
        ["row 2: downlinkData", "row 3: downlinkData"],
    ),
    ("id,param:downlinkdata\n1A,0102030405060708", ["row 1: param:downlinkdata"]),
    ("id,param:a b\n1A,5\n2A,", ["row 1: param:a b"]),
    ("id,param:big\n1A," + "x" * 6_001, ["row 1: param:big"]),
    (
        "id,parameters\n1A,a=1;a=2\n2A,a\n3A,[5\n4A,[5]",
        ["row 1: parameters", "row 2: parameters", "row 3: parameters", "row 4: parameters[0]"],
    ),
    ("id,parameters\n1A," + ";".join(f"k{number}=1" for number in range(61)), ["row 1: parameters"]),
    ("id,tags,tag:site\n1A,site=Paris,Lyon", ["row 1: tags"]),
    ("serial,serie_number\n1A,1A", ["header: serie_number"]),
    ("serial,nom\n1A,x", ["header: nom"]),
    ("name,connector\nx,y", ["header: connector", "header: id"]),
    ('id,name\n1A,"x', ["row 1"]),
    ('id,name\n1A,x\n2A,"x"y\n', ["row 2"]),
    ('id,"na"me\n1A,x', ["header"]),
    ("id,name\n,x\n", ["row 1: id"]),
    ("id,name\n1A,x\n\na/b,x\n", ["row 3: id"]),
    ("id,name\n1A,x,y\n2A,x\n3A,x,,\n", ["row 1"]),
    ("id,type\n1A,tracker\n2A,unknown\n3A,a b", ["row 3: type", "row 2: type"]),
    ("id,name\n1A," + "x" * 101, ["row 1: name"]),
    ("id,active\n1A,yes\n2A,0\n3A,wahr", ["row 1: active", "row 2: active", "row 3: active"]),
    ("id,payload_encoding\n1A,binary", ["row 1: payload_encoding"]),
    ("id,tags\n1A,site\n2A,site=Lyon;floor", ["row 1: tags", "row 2: tags"]),
    ("id,tags\n1A,=Lyon", ["row 1: tags[0].key"]),
    ("id,tags\n1A,a=1;a=2", ["row 1: tags"]),
    ("id,name\n1A,x\n2A,x\n01a,y\n1-a,z", ["row 3: id", "row 4: id"]),
    ("id,name,type\n," + "x" * 101 + ",nö\nb b,,", ["row 1: name", "row 1: type", "row 1: id"]),
]


@pytest.mark.parametrize(("text", "named"), BAD_CSV)
def test_every_bad_row_of_csv_is_named_and_nothing_is_stored(
    management: Management, text: str, named: list[str]
) -> None:
    assert sorted(faults(import_csv(management, text))) == sorted(named)

    assert listed(management) == []


def test_what_is_wrong_with_a_row_is_told(management: Management) -> None:
    text = "id,type,active,tags\n1A,unknown,,\n1a,,maybe,\n1A,,,\n2A,,,a=b,c"

    errors = import_csv(management, text).json["errors"]

    assert {error["field"]: error["message"] for error in errors} == {
        "row 1: type": "there is no device type 'unknown'",
        "row 2: active": "must be true or false",
        "row 3: id": "is the same device as row 1",
        "row 4": "has more cells than there are columns",
    }


BAD_JSON: list[tuple[object, list[str]]] = [
    ([{"id": "1A"}, "2A", None, []], ["devices[1]", "devices[2]", "devices[3]"]),
    ([{"name": "x"}], ["devices[0].id"]),
    ([{"id": "1A"}, {"id": "2A"}, {"id": "3A", "type": "unknown"}], ["devices[2].type"]),
    ([{"id": "1A", "colour": "red", "size": 5}], ["devices[0].colour", "devices[0].size"]),
    ([{"id": "1A", "tags": [{"key": "a", "value": 5}]}], ["devices[0].tags[0].value"]),
    ([{"id": "1A", "tags": "a=b"}], ["devices[0].tags"]),
    ([{"id": "1A", "active": "true"}], ["devices[0].active"]),
    ([{"id": "1A"}, {"id": "01a"}], ["devices[1].id"]),
    ([{"id": "1A"}, {"id": ""}], ["devices[1].id"]),
    ([{"id": "1A", "parameters": [{"key": "downlinkData", "value": "01"}]}], ["devices[0].parameters[0]"]),
    ([{"id": "1A", "parameters": [{"key": "a"}]}], ["devices[0].parameters[0].value"]),
    ([{"id": "1A", "parameters": [{"key": "a", "value": 5}]}], ["devices[0].parameters[0].value"]),
]


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize(("devices", "named"), BAD_JSON)
def test_every_bad_device_of_json_is_named_and_nothing_is_stored(
    management: Management, devices: object, named: list[str], wrapped: bool
) -> None:
    assert faults(management.post(IMPORT, {"devices": devices} if wrapped else devices)) == named

    assert listed(management) == []


@pytest.mark.parametrize(
    "body", ["", "{", "5", "null", '"id"', "{}", '{"id": "1A"}', '{"devices": {}}', '{"devices": [], "x": 1}']
)
def test_a_body_that_is_no_array_is_refused(management: Management, body: str) -> None:
    refused = management.request("POST", IMPORT, {}, body, {"content-type": "application/json"})

    assert refused.status == 400
    assert refused.json["message"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/csvx"])
def test_another_content_type_is_refused(management: Management, content_type: str) -> None:
    assert import_csv(management, "id\n1A", content_type).status == 415


def test_a_nul_character_is_refused(management: Management) -> None:
    assert import_csv(management, "id,name\n1A,x\0y").status == 400


def test_a_request_has_a_thousand_devices_at_most(management: Management) -> None:
    ids = list_many(MOST_DEVICES)

    too_many = import_csv(management, "\n".join(["id", *ids, "ZZ"]))
    assert too_many.status == 400
    assert too_many.json["message"] == "There are 1001 devices; one request imports at most 1000"

    with store_requests() as requests:
        imported = import_csv(management, "\n".join(["id", *ids]))
    assert imported.json == {"created": 0, "existing": 1000}
    assert requests["BatchGetItem"] == 10
    assert requests["PutItem"] == requests["TransactWriteItems"] == 0


def test_many_are_imported_at_once(management: Management) -> None:
    ids = [f"{number:X}" for number in range(1, 101)]

    assert management.post(IMPORT, [{"id": id_} for id_ in ids]).json == {"created": 100, "existing": 0}

    assert [device["id"] for device in listed(management)] == sorted(ids)


def test_the_faults_of_an_import_stay_within_what_an_answer_can_carry(management: Management) -> None:
    devices = [{"id": "1A", "tags": [{}] * 50}] * 999

    refused = management.post(IMPORT, devices)

    assert len(refused.json["errors"]) == 100
    assert refused.json["errors"][0]["field"] == "devices[0].tags[0].key"
    assert refused.json["more_errors"] >= 999 - 100
    assert refused.text is not None
    assert len(refused.text) < 100_000


def test_a_right_is_needed(management: Management) -> None:
    reader = Management(str(issue_key("demo", "reader", [Right.DEVICES_READ]).token))

    assert reader.post(IMPORT, [{"id": "1A"}]).status == 403
    assert listed(management) == []


@given(st.text('id,;="\n\r 1A', max_size=60))
def test_no_csv_is_a_500(management: Management, text: str) -> None:
    assert import_csv(management, f"id,tags\n{text}").status in {200, 400}
