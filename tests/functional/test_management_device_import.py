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
from tests.functional.lambdas import Answer
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


def listed(management: Management) -> list[dict[str, Any]]:
    """The devices of the application, as they are created."""
    found: list[dict[str, Any]] = management.get("/v1/devices", limit=100).json["devices"]
    return [
        {name: value for name, value in device.items() if name not in {"created_at", "state"}}
        for device in found
    ]


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


BAD_CSV: list[tuple[str, list[str]]] = [
    ("", ["header: id"]),
    ("\nid\n1A", ["header: id"]),
    ("name\nx", ["header: id"]),
    ("id,colour,name,size\n1A,,,", ["header: colour", "header: size"]),
    ("id,name,id\n1A,,", ["header: id"]),
    ("id,,name\n1A,,", ["header: "]),
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
