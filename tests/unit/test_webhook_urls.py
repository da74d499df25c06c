"""URLs of webhooks: The Things Stack's templates."""

import pytest
import uritemplate
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, WebhookFormat
from sigbridge.webhooks.urls import VARIABLES, check_template, expand, target_url
from tests.webhook_events import webhook_of

EVENT = Event("id", "Message received", "greenhouse", "1A2B.45", "{}")


def url(base: str, path: str) -> str:
    webhook = webhook_of(WebhookFormat.TTS, MessageType.UPLINK_MESSAGE, path, base_url=base)
    return target_url(webhook, MessageType.UPLINK_MESSAGE, EVENT)


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("https://e.com", "", "https://e.com"),
        ("https://e.com/", "", "https://e.com/"),
        ("https://e.com", "up", "https://e.com/up"),
        ("https://e.com/", "up", "https://e.com/up"),
        ("https://e.com", "/up", "https://e.com/up"),
        ("https://e.com/", "/up", "https://e.com/up"),
        ("https://e.com/a/b", "/up/", "https://e.com/a/b/up/"),
        ("https://e.com/a?key=1", "up", "https://e.com/a/up?key=1"),
        ("https://e.com/a?key=1", "", "https://e.com/a?key=1"),
        ("https://e.com/a?key=1", "up{?devID}", "https://e.com/a/up?key=1&devID=1a2b.45"),
        ("https://e.com/a?key=1", "{&devID}", "https://e.com/a?key=1&devID=1a2b.45"),
        ("https://e.com/a", "?x=1{&devID}", "https://e.com/a?x=1&devID=1a2b.45"),
        ("https://e.com{/appID,devID}", "up", "https://e.com/greenhouse/1a2b.45/up"),
        ("https://e.com/{applicationID}", "{deviceID}", "https://e.com/greenhouse/1a2b.45"),
        ("https://e.com", "{.devID}{;appID}", "https://e.com/.1a2b.45;appID=greenhouse"),
        ("https://e.com", "{+devID}{#appID}", "https://e.com/1a2b.45#greenhouse"),
    ],
)
def test_a_path_is_joined_to_the_base_url_by_one_slash(base: str, path: str, expected: str) -> None:
    assert url(base, path) == expected


VARIABLE = st.tuples(st.sampled_from(VARIABLES), st.sampled_from(["", "*", ":1", ":3", ":200"])).map("".join)
EXPRESSION = st.tuples(
    st.sampled_from(["", "+", "#", ".", "/", ";", "?", "&"]), st.lists(VARIABLE, min_size=1, max_size=4)
).map(lambda parts: f"{{{parts[0]}{','.join(parts[1])}}}")
LITERAL = st.text("abcXYZ019-._~/?&=%", max_size=10)
TEMPLATE = st.lists(st.one_of(LITERAL, EXPRESSION), max_size=6).map("".join)
VALUE = st.text(st.characters(exclude_characters="%", exclude_categories=["Cs"]), max_size=12)


@given(TEMPLATE, st.fixed_dictionaries(dict.fromkeys(VARIABLES, VALUE)))
def test_templates_expand_as_the_library_does(template: str, values: dict[str, str]) -> None:
    check_template(template)

    assert expand(template, values) == uritemplate.expand(template, values)


@pytest.mark.parametrize("variable", ["devEUI", "joinEUI", "appEUI", "devAddr"])
def test_what_only_lorawan_has_is_refused_with_the_reason(variable: str) -> None:
    with pytest.raises(
        ValueError, match=f"`{variable}` is LoRaWAN's, and Sigfox devices have none; use `devID`"
    ):
        check_template(f"https://e.com/up{{?{variable}}}")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("up{?foo}", "there is no variable `foo`; choose from appID"),
        ("up/{devID", "needs its `}`"),
        ("up/devID}", "needs its `}`"),
        ("up/{{devID}}", "needs its `}`"),
        ("up/{}", "no expression"),
        ("up/{?}", "no expression"),
        ("up/{devID,}", "no expression"),
        ("up/{|devID}", "no expression"),
        ("up/{devID:0}", "no expression"),
        ("up/{dev ID}", "no expression"),
        ("up/a b", "percent-encoded"),
        ("up/ö", "percent-encoded"),
        ("up/\r\nX: y", "percent-encoded"),
        ("https://{appID}.e.com/up", "in the path and the query only"),
        ("https://e.com{appID}/up", "in the path and the query only"),
        ("{appID}://e.com/", "in the path and the query only"),
    ],
)
def test_a_template_that_makes_no_url_is_refused(template: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_template(template)


@given(st.text())
def test_any_text_is_refused_or_makes_an_ascii_url(text: str) -> None:
    try:
        check_template(text)
    except ValueError:
        return
    values = {"appID": "a", "applicationID": "a", "devID": "d", "deviceID": "d"}

    assert expand(text, values).isascii()
