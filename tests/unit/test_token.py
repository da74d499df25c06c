"""The written form of a key."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.token import Token, is_key_id

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
tokens = st.builds(
    Token,
    st.text(alphabet=BASE32, min_size=16, max_size=16),
    st.text(alphabet=BASE32, min_size=52, max_size=52),
)


@given(tokens)
def test_a_token_is_read_as_it_was_written(token: Token) -> None:
    assert Token.parse(str(token)) == token


def test_random_tokens_differ_and_can_be_read() -> None:
    made = [Token.random() for _ in range(100)]

    assert [Token.parse(str(token)) for token in made] == made
    assert len({token.id for token in made}) == len({token.secret for token in made}) == 100


@given(tokens)
def test_a_token_is_proven_by_the_hash_of_its_secret_alone(token: Token) -> None:
    assert token.proves(hashlib.sha256(token.secret.encode()).hexdigest())
    assert not token.proves(hashlib.sha256(str(token).encode()).hexdigest())
    assert not token.proves("")
    assert not token.proves(token.secret)


@given(tokens)
def test_the_secret_does_not_show_when_a_token_is_printed_for_a_programmer(token: Token) -> None:
    assert token.secret not in repr(token)
    assert token.secret not in f"{[token]}"


GOOD = f"sbk_{'a' * 16}_{'b' * 52}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sbk_",
        "sbk_demo",
        GOOD[:-1],
        GOOD + "b",
        GOOD + "\n",
        " " + GOOD,
        GOOD.upper(),
        GOOD.replace("sbk", "sbx"),
        GOOD.replace("a", "1"),
        GOOD.replace("a", "é"),
        f"Bearer {GOOD}",
    ],
)
def test_what_is_no_token_is_not_read(text: str) -> None:
    assert Token.parse(text) is None


@given(st.text())
def test_any_text_can_be_tried(text: str) -> None:
    token = Token.parse(text)

    assert token is None or str(token) == text


def test_the_ending_that_people_see_is_five_characters_of_the_secret() -> None:
    token = Token.random()

    assert token.ending == str(token)[-5:] == token.secret[47:]


@given(tokens)
def test_a_token_s_id_has_the_form_of_an_id_and_the_token_itself_has_not(token: Token) -> None:
    assert is_key_id(token.id)
    assert not is_key_id(str(token))
    assert not is_key_id(token.secret)


@pytest.mark.parametrize(
    "text", ["", "a" * 15, "a" * 17, "A" * 16, "a" * 15 + "\n", "a" * 15 + "1", "é" * 16]
)
def test_another_text_is_no_id_of_a_key(text: str) -> None:
    assert not is_key_id(text)
