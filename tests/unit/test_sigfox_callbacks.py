"""Callbacks as Sigfox's API has them: read whatever it leaves out, sent as its description says."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.sigfox.rest.body_template import is_as_good, read_template, write_template
from sigbridge.sigfox.rest.callbacks import FORMS, Callback, CallbackKind, creation, read_callback, repair

MANUAL = (Path(__file__).parents[2] / "docs" / "connect-sigfox.md").read_text()
HOST = "https://sigbridge.example.com"


@pytest.mark.parametrize("kind", CallbackKind)
def test_the_manual_tells_to_paste_what_the_api_is_sent(kind: CallbackKind) -> None:
    form = FORMS[kind]
    body = creation(kind, HOST + form.path, form.fields, "sbk_made_up")["bodyTemplate"]

    assert f"### {kind}, to `{form.path}`\n" in MANUAL
    _, _, section = MANUAL.partition(f"### {kind}, to `{form.path}`\n")
    assert section.partition("```json\n")[2].partition("\n```")[0] == body


def test_the_manual_names_the_routes() -> None:
    for kind, form in FORMS.items():
        row = next(line for line in MANUAL.splitlines() if line.startswith("|") and str(kind) in line)
        assert f"`{form.path}`" in row


@pytest.mark.parametrize(
    ("entry", "callback"),
    [
        ({}, Callback("", "", None, None, is_enabled=False)),
        (
            {"id": "1", "channel": "EMAIL", "callbackType": 0, "callbackSubtype": 2, "enabled": True},
            Callback("1", "EMAIL", 0, 2, is_enabled=True),
        ),
        (
            {"id": 7, "channel": "URL", "callbackType": "1", "callbackSubtype": "4", "enabled": "true"},
            Callback("7", "URL", 1, 4, is_enabled=True),
        ),
        (
            {"callbackType": "new", "headers": ["a"], "url": None, "news": {"a": 1}, "sendSni": "false"},
            Callback("", "", None, None, is_enabled=False),
        ),
    ],
)
def test_callbacks_are_read_whatever_is_left_out(entry: dict[str, object], callback: Callback) -> None:
    assert read_callback(entry) == callback


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        (f"{HOST}/downlink", True),
        ("https://SIGBRIDGE.example.com:443/downlink?a=1", True),
        ("http://sigbridge.example.com/x", True),
        ("https://sigbridge.example.com.elsewhere.example/downlink", False),
        ("https://sigbridge.example.com@elsewhere.example/downlink", False),
        ("https://sigbridge.example.com:8443/downlink", False),
        ("https://sigbridge.example.com", False),
        ("https://[::1/downlink", False),
        ("https://sigbridge.example.com:port/downlink", False),
        ("", False),
    ],
)
def test_what_calls_this_api_is_told_by_host_and_path(url: str, is_ours: bool) -> None:
    assert Callback("1", "URL", 0, 3, is_enabled=True, url=url).calls(HOST) is is_ours


def test_an_address_shows_no_secret() -> None:
    callback = Callback("1", "URL", 0, 3, is_enabled=True, url="https://ada:made-up@x.example/a?key=made-up")

    assert callback.address == "https://x.example/a"
    assert "made-up" not in repr(read_callback({"headers": {"Authorization": "made-up"}}))


def test_requests_hold_what_the_description_knows() -> None:
    form = FORMS[CallbackKind.BIDIR]
    made = creation(CallbackKind.BIDIR, HOST + form.path, form.fields, "sbk_made_up")
    mended = repair(
        read_callback(made | {"id": "1"}), CallbackKind.BIDIR, HOST + form.path, form.fields, None
    )

    assert made.keys() - mended.keys() == {"headers", "contentType"}
    assert made | mended == made
    assert made.keys() == {
        *("channel", "callbackType", "callbackSubtype", "enabled", "url", "httpMethod"),
        *("headers", "sendSni", "bodyTemplate", "contentType"),
    }
    assert json.loads(json.dumps(made))["bodyTemplate"] == made["bodyTemplate"]


def test_an_error_callback_keeps_its_subtype() -> None:
    current = Callback("1", "URL", 2, 0, is_enabled=True)
    mended = repair(current, CallbackKind.ERROR, HOST, FORMS[CallbackKind.ERROR].fields, None)

    assert mended["callbackSubtype"] == 0


@pytest.mark.parametrize(
    ("current", "wanted", "is_good"),
    [
        ('"{time}"', "{time}", True),
        ("{device}", '"{device}"', False),
        ('"{duplicates}"', "{duplicates}", False),
        ('"{other}"', "{time}", False),
        ("", "{time}", False),
    ],
)
def test_numbers_may_stand_in_quotes_and_json_may_not(current: str, wanted: str, is_good: bool) -> None:
    assert is_as_good(current, wanted) is is_good


@pytest.mark.parametrize("text", ["", "{device}", '["{device}"]', '{"a":{b}', "null"])
def test_what_is_no_json_object_is_no_template(text: str) -> None:
    assert read_template(text) is None


_NAMES = st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=8)
_VARIABLES = st.from_regex(r"[A-Za-z][A-Za-z0-9#]{0,8}", fullmatch=True).map(lambda name: f"{{{name}}}")
_VALUES = st.one_of(
    _VARIABLES,
    _VARIABLES.map(json.dumps),
    st.integers().map(str),
    _NAMES.map(lambda t: json.dumps(t, ensure_ascii=False)),
)


@given(st.dictionaries(_NAMES, _VALUES))
def test_a_template_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    assert read_template(write_template(fields)) == fields
