"""What one message needs of memory stays near its size, however its fields are nested and named."""

import json
import tracemalloc
from contextlib import suppress

import pytest

from sigbridge.api.http.request import Request
from sigbridge.api.ingest import documents, read_uplinks
from sigbridge.api.ingest.documents import MAX_MESSAGE_BYTES
from sigbridge.errors import InvalidInput

MOST_BYTES = 60_000_000
LONG = "n" * 80_000
ROOM = MAX_MESSAGE_BYTES - len(LONG) - 1_000


def filled(leaf: str) -> str:
    """As many leaves as there is room for beside the long name, in the form of an array."""
    return "[" + ",".join([leaf] * (ROOM // (len(leaf) + 1))) + "]"


def under_a_long_name(leaf: str) -> str:
    return f'{{"device": "1A2B45", "{LONG}": {filled(leaf)}}}'


def items(**parts: str) -> str:
    named = ", ".join(f'"{name}": {text}' for name, text in parts.items())
    return f'[{{"variable": "device", "value": "1A2B45"}}, {{"variable": "v", {named}}}]'


MESSAGES = {
    "numbers": under_a_long_name("1"),
    "constants": under_a_long_name("NaN"),
    "numbers that can't be kept": under_a_long_name("1e999"),
    "texts that can't be kept": under_a_long_name('"\\ud800"'),
    "places that are none": under_a_long_name('{"gps":{"lat":99,"lng":1}}'),
    "metadata": items(value="1", metadata=f'{{"{LONG}": {filled("1")}}}'),
    "metadata that can't be kept": items(value="1", metadata=f'{{"{LONG}": {filled("NaN")}}}'),
    "values of an item": items(value=f'{{"{LONG}": {filled("1")}}}'),
    "a fact": f'{{"device": "1A2B45", "duplicates": [{{"{LONG}": {filled("1")}}}]}}',
}


def request(body: str) -> Request:
    return Request("id", {}, {"content-type": "application/json"}, "", "", body, is_base64=False)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_read_in_little_memory(name: str) -> None:
    received = request(MESSAGES[name])
    tracemalloc.start()
    with suppress(InvalidInput):
        read_uplinks(received)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(MESSAGES[name]) < MAX_MESSAGE_BYTES
    assert most < MOST_BYTES


def test_fields_that_a_thousand_messages_share_are_prepared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    monkeypatch.setattr(documents, "plain", lambda name: prepared.append(name) or name)
    entries = [{"variable": f"v{number}", "group": f"{number}"} for number in range(50)]
    body = [{"variable": "device", "value": "1A2B45", "group": "first"}, *entries]

    assert len(read_uplinks(request(json.dumps(body))).messages) == 51
    assert len(prepared) == len(body)
