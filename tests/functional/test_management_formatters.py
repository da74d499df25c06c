"""`/v1/formatters`: formatters in versions, and the device types that name them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sigbridge.formatters import find_formatter, registry
from sigbridge.messages import store_messages
from sigbridge.model.api_key import Right
from sigbridge.model.message import Network, ReceivedMessage, WrittenPayload
from tests.functional.conftest import Stored, used_key
from tests.functional.formatter_function import THROTTLED, FormatterFunction
from tests.functional.lambdas import Answer
from tests.functional.management import Management

pytestmark = pytest.mark.usefixtures("formatter_function")

PATH = "/v1/formatters/climate"
GRAMMAR = {"kind": "sigfox_grammar", "source": "temperature::int:16"}
OTHER = {"kind": "sigfox_grammar", "source": "temperature::int:16:little-endian"}
LPP = {"kind": "cayenne_lpp"}


def versions(management: Management) -> list[dict[str, Any]]:
    """The versions of the formatter, the newest one first."""
    listed: list[dict[str, Any]] = management.get(f"{PATH}/versions").json["versions"]
    return listed


def refused(answer: Answer) -> tuple[int, str]:
    """The status and the first fault of a refusal."""
    errors = answer.json.get("errors")
    return answer.status, f"{errors[0]['field']}: {errors[0]['message']}" if errors else answer.json[
        "message"
    ]


def test_a_formatter_is_put_and_shown(management: Management) -> None:
    created = management.put(PATH, GRAMMAR | {"name": "Climate"})

    assert created.status == 201
    [listed] = management.get("/v1/formatters").json["formatters"]
    assert created.json == listed
    assert listed["name"] == "Climate"
    version = listed["version"]
    assert (version["number"], version["kind"]) == (1, "sigfox_grammar")
    assert version["valid_from"] == "1970-01-01T00:00:00.000Z"
    assert management.get(PATH).json == listed | {"source": "temperature::int:16"}


def test_a_version_takes_the_place_of_the_newest_unless_it_says_from_when(management: Management) -> None:
    management.put(PATH, GRAMMAR)
    management.put(PATH, OTHER | {"valid_from": "2025-11-22T00:00:00Z"})
    management.put(PATH, LPP)

    assert [(each["number"], each["valid_from"][:10]) for each in versions(management)] == [
        (3, "2025-11-22"),
        (2, "2025-11-22"),
        (1, "1970-01-01"),
    ]
    assert management.get(PATH, version=1).json["source"] == "temperature::int:16"
    assert "source" not in management.get(PATH).json
    assert management.get(PATH, version=7).status == 404


def test_what_is_put_again_is_no_new_version(management: Management) -> None:
    assert management.put(PATH, GRAMMAR).status == 201
    assert management.put(PATH, GRAMMAR).status == 200
    assert management.put(PATH, GRAMMAR | {"name": "Other"}).json["name"] == "Other"

    assert len(versions(management)) == 1


def test_versions_that_are_put_at_once_are_all_kept(management: Management) -> None:
    management.put(PATH, GRAMMAR)
    bodies = [GRAMMAR | {"source": f"a::uint:{size}"} for size in (8, 16, 24, 32)]

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda body: management.put(PATH, body).status, bodies))

    done = answers.count(200)
    assert set(answers) <= {200, 503}
    assert len(find_formatter("demo", "climate").versions) == 1 + done
    assert done


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        pytest.param({"kind": "python", "source": "x"}, "kind", id="unknown kind"),
        pytest.param({"kind": "sigfox_grammar"}, "source: sigfox_grammar needs one", id="no source"),
        pytest.param({"kind": "javascript", "source": "  "}, "source: javascript needs one", id="blank"),
        pytest.param(LPP | {"source": "x"}, "source: cayenne_lpp has none", id="source of a fixed kind"),
        pytest.param({"source": "x"}, "kind: is missing", id="no kind"),
        pytest.param(
            {"kind": "javascript", "source": "//" + "x" * 65_535}, "source: must have at most", id="too large"
        ),
        pytest.param(
            {"kind": "javascript", "source": "//" + "ß" * 32_768}, "source: must have at most", id="in bytes"
        ),
        pytest.param(GRAMMAR | {"valid_from": "2100-01-01T00:00:00Z"}, "valid_from: must not", id="future"),
        pytest.param(GRAMMAR | {"valid_from": "tomorrow"}, "valid_from: must be a time", id="no time"),
        pytest.param(GRAMMAR | {"format": "x"}, "format: is not known", id="unknown field"),
        pytest.param(
            {"kind": "javascript", "source": "var a = 1;"},
            "source: declares none of the functions that are called: decodeUplink, encodeDownlink",
            id="missing function",
        ),
    ],
)
def test_what_can_not_be_a_formatter_is_refused(
    body: dict[str, Any], fault: str, management: Management, stored: Stored
) -> None:
    status, said = refused(management.put(PATH, body))

    assert status == 400
    assert fault in said
    assert stored("APP#demo", "FORMATTER#") == []


FAULTS = [
    pytest.param("sigfox_grammar", "a::uint:0", (1, 9, "a: an integer has 1 to 64 bits"), id="bits"),
    pytest.param("sigfox_grammar", "a::uint:8\n b::bool", (2, 5, "b: "), id="a bool without its bit"),
    pytest.param("sigfox_grammar", "a::uint:8 a::uint:8", (1, 11, "a: "), id="a name twice"),
    pytest.param("sigfox_grammar", "a::real:8", (1, 4, "a: "), id="an unknown type"),
    pytest.param("javascript", "function decodeUplink() {", (1, 26, "SyntaxError: "), id="no end"),
    pytest.param(
        "javascript",
        "function decodeUplink() {\n  return };\n}",
        (3, 1, "SyntaxError: "),
        id="a brace too much",
    ),
    pytest.param(
        "javascript",
        "'use strict';\nfunction decodeUplink() { return 010; }",
        (2, 34, "SyntaxError: "),
        id="strict",
    ),
]


@pytest.mark.parametrize(("kind", "source", "fault"), FAULTS)
def test_what_is_wrong_with_a_source_is_told_with_its_place(
    kind: str, source: str, fault: tuple[int, int, str], management: Management, stored: Stored
) -> None:
    answer = management.put(PATH, {"kind": kind, "source": source})

    assert answer.status == 400
    [told] = answer.json["errors"]
    line, column, message = fault
    assert (told["field"], told["line"], told["column"]) == ("source", line, column)
    assert told["message"].startswith(message)
    assert answer.json["message"] == f"line {line}, column {column}: {told['message']}"
    assert stored("APP#demo", "FORMATTER#") == []


SCRIPT = {"kind": "javascript", "source": "function decodeUplink(input) { throw 'never run'; }"}


def test_a_script_is_parsed_and_not_run(management: Management) -> None:
    assert management.put(PATH, SCRIPT).status == 201
    assert management.get(PATH).json["source"] == SCRIPT["source"]


def test_a_script_that_can_not_be_checked_is_not_stored(
    management: Management, formatter_function: FormatterFunction, stored: Stored
) -> None:
    formatter_function.answer = THROTTLED

    answer = management.put(PATH, SCRIPT)

    assert refused(answer) == (503, "The script could not be checked, try again: Rate Exceeded.")
    assert answer.headers["Retry-After"] == "5"
    assert stored("APP#demo", "FORMATTER#") == []
    assert management.put(PATH, GRAMMAR).status == 201


@pytest.mark.parametrize("field", ["uplink_formatter", "downlink_formatter"])
def test_a_type_can_not_name_a_formatter_that_is_not_there(field: str, management: Management) -> None:
    fault = (400, f"{field}: there is no formatter 'climate'")
    new = {"id": "t", field: "climate"}
    assert refused(management.post("/v1/device-types", new)) == fault
    management.put(PATH, GRAMMAR)
    management.delete(PATH)
    management.post("/v1/device-types", {"id": "t"})

    assert refused(management.patch("/v1/device-types/t", {field: "climate"})) == fault

    management.put(PATH, GRAMMAR)
    assert management.patch("/v1/device-types/t", {field: "climate"}).json[field] == "climate"


def test_a_formatter_has_a_bounded_number_of_versions(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MOST_VERSIONS", 3)
    for number in range(3):
        assert management.put(PATH, GRAMMAR | {"source": f"a::uint:{number + 1}"}).status < 300

    status, said = refused(management.put(PATH, OTHER))

    assert (status, said) == (400, "A formatter has at most 3 versions")


def test_an_application_has_a_bounded_number_of_formatters(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MOST_FORMATTERS", 3)
    for number in range(3):
        assert management.put(f"/v1/formatters/f{number}", LPP).status == 201

    assert refused(management.put(PATH, LPP))[0] == 400
    assert management.put("/v1/formatters/f1", GRAMMAR).status == 200


ANSWERING = {"kind": "javascript", "source": "function answerUplink() { return null; }"}
NOT_ANSWERING = [
    (None, "needs an `uplink_formatter`, whose script computes them"),
    (GRAMMAR, "needs a script, which formatter 'climate' is not"),
    (LPP, "needs a script, which formatter 'climate' is not"),
    (
        {"kind": "javascript", "source": "function decodeUplink() { return { data: {} }; }"},
        "needs a function answerUplink, which formatter 'climate' does not have",
    ),
]


@pytest.mark.parametrize(("formatter", "reason"), NOT_ANSWERING)
def test_a_type_computes_answers_only_by_a_script_that_does(
    formatter: dict[str, str] | None, reason: str, management: Management
) -> None:
    named = None if formatter is None else "climate"
    if formatter is not None:
        assert management.put(PATH, formatter).status == 201
    management.put("/v1/formatters/answering", ANSWERING)
    fields = {"uplink_formatter": named, "compute_answers": True}
    management.post("/v1/device-types", {"id": "plain", "uplink_formatter": named})
    management.post("/v1/device-types", {"id": "t", "uplink_formatter": "answering", "compute_answers": True})

    answers = [
        management.post("/v1/device-types", {"id": "new"} | fields),
        management.patch("/v1/device-types/plain", {"compute_answers": True}),
        management.patch("/v1/device-types/t", {"uplink_formatter": named}),
    ]

    assert [refused(answer) for answer in answers] == [(400, f"compute_answers: {reason}")] * 3
    assert management.get("/v1/device-types/new").status == 404
    assert management.get("/v1/device-types/plain").json["compute_answers"] is False
    assert management.get("/v1/device-types/t").json["uplink_formatter"] == "answering"
    both = {"uplink_formatter": "answering", "compute_answers": True}
    assert management.patch("/v1/device-types/plain", both).json["compute_answers"] is True
    neither = {"uplink_formatter": None, "compute_answers": False}
    assert management.patch("/v1/device-types/plain", neither).json["compute_answers"] is False


def test_one_that_a_type_names_is_not_deleted(management: Management, stored: Stored) -> None:
    management.put(PATH, GRAMMAR)
    management.put(PATH, OTHER)
    management.post("/v1/device-types", {"id": "t1", "uplink_formatter": "climate"})
    management.post("/v1/device-types", {"id": "t2", "downlink_formatter": "climate"})

    assert refused(management.delete(PATH)) == (409, "Formatter 'climate' is used by the device types t1, t2")

    management.patch("/v1/device-types/t1", {"uplink_formatter": None})
    management.delete("/v1/device-types/t2")
    assert management.delete(PATH).status == 204
    assert management.delete(PATH).status == management.get(PATH).status == 404
    assert [item["sk"] for item in stored("APP#demo") if "climate" in item["sk"]] == []
    assert management.put(PATH, GRAMMAR).status == 201


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(
    ("method", "right"),
    [("GET", Right.DEVICES_READ), ("PUT", Right.DEVICES_WRITE), ("DELETE", Right.DEVICES_WRITE)],
)
def test_each_act_needs_its_right(method: str, right: Right) -> None:
    allowed = Management(used_key("demo", [right]))
    others = Management(used_key("demo", set(Right) - {right}))
    body = GRAMMAR if method == "PUT" else None

    assert others.request(method, PATH, body=body).status == 403
    assert allowed.request(method, PATH, body=body).status != 403


def test_what_is_changed_shows_in_messages_at_once(management: Management) -> None:
    received = ReceivedMessage(
        "153FA", "153fa", Network.SIGFOX, time=1763770827000, payload=WrittenPayload("0100")
    )
    store_messages("demo", [received])

    def temperature() -> object:
        [message] = management.get("/v1/devices/153FA/messages").json["messages"]
        return message.get("decoded_payload", {}).get("temperature")

    assert temperature() is None
    management.put(PATH, GRAMMAR)
    management.post("/v1/device-types", {"id": "t"})
    management.patch("/v1/devices/153FA", {"type": "t"})
    assert temperature() is None
    management.patch("/v1/device-types/t", {"uplink_formatter": "climate"})
    assert temperature() == 256
    management.put(PATH, OTHER)
    assert temperature() == 1
    management.patch("/v1/device-types/t", {"uplink_formatter": None})
    management.delete(PATH)
    assert temperature() is None
