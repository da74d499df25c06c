"""Bodies of one's own and lines of InfluxDB hold, whatever the values are."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.message import Value
from sigbridge.webhooks.formats.custom import check_body, render
from sigbridge.webhooks.formats.influxdb import field_name, line

JSON = "application/json"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
PIECE = st.sampled_from(
    ["{{a}}", "{{ a}}", "{", "}", "[", "]", '"', ":", ",", "\\", " ", "null", "1", "-", '""']
)
BODY = '{"whole": {{a}}, "list": [{{ a }},{{b.c}}], "text": "\\"<{{a}}>\\" {{b.c}}\\\\", "{{b.c}}": 1}'


@given(VALUE, VALUE)
def test_a_json_body_stays_json_and_holds_the_values(a: Any, c: Any) -> None:
    def text(value: Any) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    check_body(JSON, BODY)

    content = json.loads(render(JSON, BODY, {"a": a, "b": {"c": c}}))

    assert content["whole"] == a
    assert content["list"] == [a, c]
    assert content["text"] == f'"<{text(a)}>" {text(c)}\\'
    if text(c) not in {"whole", "list", "text"}:
        assert content[text(c)] == 1


@given(st.lists(PIECE).map("".join), VALUE)
def test_what_was_let_pass_once_is_json_with_any_value(body: str, value: Any) -> None:
    try:
        check_body("application/vnd.example+json", body)
    except ValueError:
        return

    json.loads(render(JSON, body, {"a": value}))


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/plain", "{{a}}: {{b.c}} {{missing}}.", 'say "hi": 21.5 .'),
        ("text/plain", "{{b}}", '{"c":21.5}'),
        ("text/plain", "{{list.1}} {{list.7}} {{list.x}} {{a.b}}", "2   "),
        ("text/plain", "{{ a }} {a} {{ {{}} }}", 'say "hi" {a} {{  }}'),
        ("Application/JSON; charset=utf-8", '"{{a}}"', '"say \\"hi\\""'),
        ("application/json", "{{missing}}", "null"),
        ("application/json", '"{{missing}}"', '""'),
    ],
)
def test_placeholders_stand_for_values(content_type: str, body: str, expected: str) -> None:
    event = {"a": 'say "hi"', "b": {"c": Decimal("21.5")}, "list": [1, 2]}

    check_body(content_type, body)

    assert render(content_type, body, event) == expected


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (JSON, "", "is no JSON"),
        (JSON, "{{a}}{{b}}", "is no JSON"),
        (JSON, "{ {{a}}: 1 }", "is no JSON"),
        (JSON, '{"a": -{{a}}}', "is no JSON"),
        (JSON, '{"a": "{{a}}', "is no JSON"),
        (JSON, '{"a": NaN}', "is no JSON"),
        (JSON, " " * 10_001, "at most 10,000 bytes"),
        (JSON, f"[{'{{a}},' * 201}1]", "at most 200 placeholders"),
        ("json", "{}", "content type"),
        ("text/plain\r\nX: y", "{}", "content type"),
        ("", "{}", "content type"),
    ],
)
def test_a_body_that_can_not_be_sent_is_refused(content_type: str, body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_body(content_type, body)


def test_values_are_put_in_as_far_as_there_is_room() -> None:
    body = f"[{','.join(['{{a}}'] * 200)}]"

    content = json.loads(render(JSON, body, {"a": "x" * 100_000}))

    assert [len(value or "") for value in content] == [100_000] * 4 + [0] * 196


@pytest.mark.parametrize("piece", ['"', '\\"', '"\\', "{", "{{a", "{{a}", "\\"])
def test_the_time_that_a_body_takes_grows_with_its_length_alone(piece: str) -> None:
    # With its square, this would take hours.
    render(JSON, piece * 500_000, {})


FIELDS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10),
    TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.decimals(-(10**9), 10**9, places=3),
    max_size=5,
)
TIME_MS = 1_763_770_827_123


@given(FIELDS)
def test_a_line_is_read_as_it_was_meant(fields: dict[str, Value]) -> None:
    written = line("uplink_message", {"device": "1A2B45", "application": "green house,x=1"}, fields, TIME_MS)

    tags, values, timestamp = read_line(written)

    assert tags == {"device": "1A2B45", "application": "green house,x=1"}
    expected = {field_name(name): value for name, value in fields.items()} or {"count": 1}
    assert values == {
        name: value if isinstance(value, str | bool) else float(value) for name, value in expected.items()
    }
    assert timestamp == TIME_MS * 1_000_000


def read_line(text: str) -> tuple[dict[str, str], dict[str, Any], int]:
    """Read a line as InfluxDB's reference says, character by character."""
    head, rest = cut(text, " ")
    measurement, *tags = split(head, ",")
    assert measurement == "uplink_message"
    fields: dict[str, Any] = {}
    while True:
        name, rest = cut(rest, "=")
        if rest.startswith('"'):
            value, rest = read_quoted(rest[1:])
            fields[plain(name)] = value
        else:
            end = min(at for at in (rest.find(","), rest.find(" ")) if at >= 0)
            word, rest = rest[:end], rest[end:]
            fields[plain(name)] = {"true": True, "false": False}.get(word) if word.isalpha() else float(word)
        if rest.startswith(" "):
            return dict(map(plain, cut(tag, "=")) for tag in tags), fields, int(rest[1:])  # type: ignore[misc]
        assert rest.startswith(",")
        rest = rest[1:]


def cut(text: str, separator: str) -> tuple[str, str]:
    at = 0
    while text[at] != separator:
        at += 2 if text[at] == "\\" else 1
    return text[:at], text[at + 1 :]


def split(text: str, separator: str) -> list[str]:
    parts = []
    while True:
        try:
            part, text = cut(text, separator)
        except IndexError:
            return [*parts, text]
        parts.append(part)


def read_quoted(text: str) -> tuple[str, str]:
    read, at = "", 0
    while text[at] != '"':
        at += 1 if text[at] == "\\" and text[at + 1] in '"\\' else 0
        read += text[at]
        at += 1
    return read, text[at + 1 :]


def plain(escaped: str) -> str:
    for separator in ",= ":
        escaped = escaped.replace(f"\\{separator}", separator)
    return escaped


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("temperature", "temperature"), ("time", "time_"), ("device", "device_"), ("_field", "field")),
        *(("__", "value"), ("a\\", "a_"), ("a b\nc", "a_b_c"), ("a,b=c", "a,b=c")),
    ],
)
def test_a_field_has_a_name_that_influxdb_takes(name: str, expected: str) -> None:
    assert field_name(name) == expected
