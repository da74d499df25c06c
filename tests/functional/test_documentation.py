"""`/openapi.json` and `/docs`: open to anybody, whole, and without anything from elsewhere."""

import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from sigbridge.devices import register_device
from tests.functional.conftest import Invoke
from tests.functional.lambdas import ROOT, Answer, call, event
from tests.functional.management import Management, management_event

LAMBDA_ANSWERS_BYTES = 6 * 1024 * 1024
ANYBODY = Management("sbk_of_nobody")
DEVICE = "/api/v3/as/applications/{application_id}/devices/{device_id}"
JSON = "application/json"
PATHS = pytest.mark.parametrize("path", ["/openapi.json", "/docs"])


def shown(path: str, **headers: str) -> Answer:
    """Reads a page without a key."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call("management", management_event("GET", path, {}, None, named), "")


def document() -> Any:
    return shown("/openapi.json").json


class Page(HTMLParser):
    """What a browser would find in a page.

    Attributes:
        loaded: Addresses that tags name.
        scripts, styles: Texts of these tags.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str | None] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.loaded += [value for name, value in attrs if name in {"src", "href", "action", "data", "srcset"}]

    def handle_data(self, data: str) -> None:
        texts = {"script": self.scripts, "style": self.styles}
        texts.get(self._open, []).append(data)

    def handle_endtag(self, _tag: str) -> None:
        self._open = ""


@PATHS
def test_anybody_may_read_it(path: str) -> None:
    assert shown(path).status == 200
    assert ANYBODY.get(path).status == 200


@PATHS
def test_it_stays_within_what_lambda_can_answer(path: str) -> None:
    assert len(json.dumps(shown(path).text).encode()) < LAMBDA_ANSWERS_BYTES


@PATHS
def test_a_query_that_means_nothing_is_refused(path: str) -> None:
    assert ANYBODY.get(path, format="yaml").status == 400


@PATHS
@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.8", "*", "deflate, *;q=0.1"]
)
def test_it_is_compressed_for_who_can_read_that(path: str, accepted: str) -> None:
    plain, compressed = shown(path), shown(path, accept_encoding=accepted)

    assert compressed.headers["Content-Encoding"] == "gzip"
    assert compressed.headers["Content-Type"] == plain.headers["Content-Type"]
    assert gzip.decompress(base64.b64decode(str(compressed.text))).decode() == plain.text
    assert len(str(compressed.text)) * 2 < len(str(plain.text))


@PATHS
@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip;q=0.0, br", "*;q=0", "x-gzip-like"])
def test_it_is_plain_for_who_can_not(path: str, accepted: str) -> None:
    answer = shown(path, accept_encoding=accepted)

    assert "Content-Encoding" not in answer.headers
    assert answer.text == shown(path).text


@PATHS
def test_it_may_be_kept_a_while(path: str) -> None:
    answer = shown(path)

    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@PATHS
@pytest.mark.parametrize("known", ["{tag}", '"other", {tag}', "{strong}", "*"])
@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_it_is_not_sent_to_who_has_it(path: str, known: str, accepted: str) -> None:
    tag = shown(path, accept_encoding="gzip").headers["ETag"]

    if_none_match = known.format(tag=tag, strong=tag.removeprefix("W/"))
    answer = shown(path, if_none_match=if_none_match, accept_encoding=accepted)

    assert (answer.status, answer.text) == (304, None)
    assert answer.headers["ETag"] == tag
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@PATHS
def test_it_is_sent_to_who_has_another(path: str) -> None:
    assert shown(path, if_none_match='W/"other"').status == 200
    assert shown("/docs").headers["ETag"] != shown("/openapi.json").headers["ETag"]


def test_the_document_is_told_as_json_and_made_once() -> None:
    first, again = shown("/openapi.json"), shown("/openapi.json")

    assert first.json["openapi"].startswith("3.1.")
    assert again.text is first.text


def test_the_page_reads_the_document_beside_it() -> None:
    answer = shown("/docs")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'url: "openapi.json"' in str(answer.text)


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = Page(str(shown("/docs").text))

    assert page.loaded == []
    assert len(page.scripts) == 2
    [style] = page.styles
    assert "@import" not in style
    addresses = re.findall(r"url\(\s*[\"']?([^\"')]*)", style)
    assert [address for address in addresses if not address.startswith("data:")] == []


def test_the_browser_is_told_to_load_nothing_from_elsewhere_and_run_nothing_else() -> None:
    answer = shown("/docs")
    directives = [words.split() for words in answer.headers["Content-Security-Policy"].split(";")]
    policy = {name: values for name, *values in directives}

    assert policy["default-src"] == ["'none'"]
    assert policy["connect-src"] == ["'self'"]
    scripts = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in Page(str(answer.text)).scripts
    ]
    assert policy["script-src"] == [f"'sha256-{digest.decode()}'" for digest in scripts]
    assert not re.search(r"https?:|\*", answer.headers["Content-Security-Policy"])


def test_no_code_that_makes_the_description_comes_with_the_function() -> None:
    script = f"""
import sys
sys.path.insert(0, {str(ROOT / "functions" / "management")!r})
import app
print(*(name for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    imported = set(done.stdout.split())

    assert "sigbridge.api.openapi.routes" in imported
    assert "openapi" not in imported
    assert not {name for name in imported if name.startswith("sigbridge.api.ingest")}


def shown_bodies(path: str) -> Iterator[tuple[str, object]]:
    """The bodies in JSON that the description shows for a path's POST."""
    for name, example in document()["paths"][path]["post"]["requestBody"]["content"][JSON][
        "examples"
    ].items():
        yield name, example["value"]


@pytest.mark.parametrize(
    ("path", "function", "file"),
    [
        ("/uplink", "uplink", "uplink.json"),
        ("/uplink/batch", "batch_uplink", "uplink.json"),
        ("/downlink", "bidir_downlink", "bidir_downlink.json"),
        ("/sigfox/{service}", "sigfox_service", "sigfox_acknowledge.json"),
    ],
)
def test_callbacks_that_are_shown_are_taken(invoke: Invoke, path: str, function: str, file: str) -> None:
    for name, body in shown_bodies(path):
        service = {"service": name.replace("_", "-")} if "{" in path else None

        assert invoke(function, event(file, body=body, path=service)).status in {200, 204}, name


@pytest.mark.parametrize("change", ["push", "replace"])
def test_downlinks_that_are_shown_are_queued(invoke: Invoke, key: str, change: str) -> None:
    assert key
    register_device("demo", "153FA")

    for name, body in shown_bodies(f"{DEVICE}/down/{change}"):
        assert invoke(f"queue_{change}", event(f"queue_{change}.json", body=body)).status == 200, name


@pytest.mark.parametrize("path", ["/v1/devices/import"])
def test_devices_that_are_shown_are_imported(management: Management, path: str) -> None:
    content = document()["paths"][path]["post"]["requestBody"]["content"]
    for media_type, described in content.items():
        for name, example in described["examples"].items():
            body = example["value"] if isinstance(example["value"], str) else json.dumps(example["value"])
            answer = management.request("POST", path, {}, body, {"content-type": media_type})

            assert answer.status == 200, name
