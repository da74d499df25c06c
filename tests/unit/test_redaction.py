"""What looks like a key is found in any text, and its secret taken out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.credentials import holds_key, redact, redact_bytes
from sigbridge.model.token import Token
from tests.unit.test_token import GOOD, tokens

PUBLIC = f"sbk_{'a' * 16}_…"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (GOOD, PUBLIC),
        (f"Bearer {GOOD}", f"Bearer {PUBLIC}"),
        (f"x{GOOD},{GOOD}.", f"x{PUBLIC},{PUBLIC}."),
        (f'{{"a":"{GOOD}"}}', f'{{"a":"{PUBLIC}"}}'),
        (f"?authorization={GOOD}&x=1", f"?authorization={PUBLIC}&x=1"),
        (GOOD[:-1], PUBLIC),
        (GOOD[:22], PUBLIC),
        (GOOD + "b", PUBLIC),
        (GOOD.upper(), f"sbk_{'A' * 16}_…"),
        (GOOD.replace("_", "%5F"), PUBLIC),
        (GOOD.replace("_", "%5f", 1), PUBLIC),
        (f"sbk_{'0123456789' * 4}", "sbk_…"),
        (f"sbk_{'a' * 17}_{'b' * 52}", "sbk_…"),
    ],
)
def test_of_a_key_only_its_public_part_stays(text: str, redacted: str) -> None:
    assert holds_key(text)
    assert redact(text) == redacted
    assert redact_bytes(text.encode()) == redacted.encode()


@pytest.mark.parametrize(
    "text",
    ["", "sbk_", "sbk_demo", "SBK-1", PUBLIC, "sbk_…", GOOD[:21], "sbk" + "a" * 80, "sbk_disk_0000_temp"],
)
def test_what_tells_no_secret_stays(text: str) -> None:
    assert not holds_key(text)
    assert redact(text) == text
    assert redact_bytes(text.encode()) == text.encode()


@given(st.text(max_size=40), tokens, st.text(max_size=40))
def test_no_secret_is_left_whatever_stands_around_it(before: str, token: Token, after: str) -> None:
    redacted = redact(f"{before}{token}{after}")

    assert token.secret not in redacted
    assert not holds_key(redacted)
    assert redact(redacted) == redacted


@given(st.text(), tokens, st.text())
def test_bytes_are_redacted_as_their_text_is(before: str, token: Token, after: str) -> None:
    text = f"{before}{token}{after}"

    assert redact_bytes(text.encode()).decode() == redact(text)


@given(st.binary())
def test_any_bytes_can_be_redacted(content: bytes) -> None:
    assert redact_bytes(content) == content


@given(
    tokens,
    st.sampled_from(["", " ", '"', "'", "Bearer ", "=", ",", ":"]),
    st.sampled_from(["", " ", '"', ":", ","]),
)
def test_a_key_is_found_in_what_stands_around_it(token: Token, before: str, after: str) -> None:
    assert Token.find(f"{before}{token}{after}") == token


@pytest.mark.parametrize("text", ["", GOOD[:-1], GOOD + "b", "x" + GOOD, GOOD.upper(), GOOD + "_"])
def test_what_is_no_whole_key_is_not_found(text: str) -> None:
    assert Token.find(text) is None


def test_the_last_of_several_keys_is_found() -> None:
    other = GOOD.replace("a", "c")

    assert str(Token.find(f"{GOOD}:{other}")) == other
