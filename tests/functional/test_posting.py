"""An attempt to call a webhook: what endpoints answer, and what they can't do."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.settings import Settings, using
from sigbridge.webhooks import posting
from sigbridge.webhooks.posting import Outcome, post
from sigbridge.webhooks.targets import Address
from tests.functional import played_network
from tests.functional import receiver as receivers
from tests.functional.played_device import Clock
from tests.functional.played_network import PlayedNetwork
from tests.functional.receiver import (
    Behaviour,
    Receiver,
    answer,
    running_receiver,
    self_signed,
    served_with,
)

receiver = receivers.receiver
trusted_authority = receivers.trusted_authority
network = played_network.network

SHORT_S = 0.2
PUBLIC = "198.51.101.7"


@pytest.fixture(autouse=True)
def trusted_hosts() -> Iterator[None]:
    with using(Settings(table_name="none", trusted_webhook_hosts=("localhost", "127.0.0.1"))):
        yield


def test_an_endpoint_gets_what_was_sent(receiver: Receiver) -> None:
    outcome = post(f"{receiver.url}/up?device=153FA", {"X-Key": "k", "Content-Type": "text/plain"}, b"hello")

    assert outcome == Outcome(200, "status 200")
    assert outcome.is_success
    [got] = receiver.received
    assert (got.path, got.body) == ("/up?device=153FA", b"hello")
    assert got.headers["host"] == f"localhost:{receiver.port}"
    assert got.headers["content-length"] == "5"
    assert (got.headers["x-key"], got.headers["content-type"]) == ("k", "text/plain")


def test_a_url_without_a_path_calls_the_root(receiver: Receiver) -> None:
    post(f"{receiver.url}?a=b", {}, b"")

    assert [got.path for got in receiver.received] == ["/?a=b"]


def test_a_trusted_host_is_called_in_clear() -> None:
    with running_receiver(in_clear=True) as receiver:
        assert post(receiver.url, {}, b"{}").is_success


def test_headers_that_say_where_a_request_goes_and_ends_are_not_taken(receiver: Receiver) -> None:
    forged = {
        "host": "evil.example",
        "Transfer-Encoding": "chunked",
        "content-length": "1",
        "CONNECTION": "keep-alive",
    }

    assert post(receiver.url, forged, b"whole").is_success
    [got] = receiver.received
    assert got.headers["host"] == f"localhost:{receiver.port}"
    assert got.headers["connection"] == "close"
    assert "transfer-encoding" not in got.headers
    assert got.body == b"whole"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Key": "secret\r\nX-Other: 1"},
        {"X-Key": "secret\nX-Other: 1"},
        {"X-Key": "secret\r"},
        {"X-Key\r\nX-Other": "1"},
        {"X-Key: 1\nX-Other": "1"},
        {"X Key": "1"},
        {"": "1"},
        {"X-Key": "secret\x00"},
        {"X-Key": "secret €"},
        {"X-Kéy": "1"},
    ],
)
def test_a_header_that_is_none_is_not_sent_and_not_shown(receiver: Receiver, headers: dict[str, str]) -> None:
    outcome = post(receiver.url, headers, b"{}")

    assert outcome == Outcome(None, "a header has characters that HTTP does not allow")
    assert receiver.received == []


def test_no_proxy_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert post(receiver.url, {}, b"{}").is_success


def test_a_body_over_1_mib_is_not_sent(receiver: Receiver) -> None:
    assert post(receiver.url, {}, b"a" * 1_048_576).is_success
    assert post(receiver.url, {}, b"a" * 1_048_577) == Outcome(None, "body is larger than 1 MiB")


STATUSES: list[tuple[Behaviour, Outcome]] = [
    (answer(201), Outcome(201, "status 201")),
    (answer(204, body=b""), Outcome(204, "status 204")),
    (receivers.redirect(), Outcome(302, "redirect (302) is not followed")),
    (answer(301, {"Location": "/elsewhere"}), Outcome(301, "redirect (301) is not followed")),
    (answer(304, body=b""), Outcome(304, "redirect (304) is not followed")),
    (answer(307, {"Location": "/elsewhere"}), Outcome(307, "redirect (307) is not followed")),
    (answer(400), Outcome(400, "status 400")),
    (answer(410), Outcome(410, "status 410")),
    (answer(429, {"Retry-After": "120"}), Outcome(429, "status 429", 120)),
    (answer(500), Outcome(500, "status 500")),
    (answer(503, {"Retry-After": "5"}), Outcome(503, "status 503", 5)),
    (answer(200, {"Retry-After": "5"}), Outcome(200, "status 200")),
    (answer(500, body=b"a password" * 20_000), Outcome(500, "status 500")),
    (answer(200, body=b"a" * 200_000), Outcome(200, "status 200")),
    (receivers.send_endless_body, Outcome(200, "status 200")),
    (receivers.drip_body, Outcome(200, "status 200")),
    (receivers.close, Outcome(None, "connection was closed before an answer")),
    (receivers.reset, Outcome(None, "connection was closed before an answer")),
    (receivers.send_garbage, Outcome(None, "answer is not HTTP, or its head is too large")),
    (receivers.send_endless_head, Outcome(None, "answer is not HTTP, or its head is too large")),
]


@pytest.mark.parametrize(("behaviour", "outcome"), STATUSES)
def test_what_an_endpoint_answers(receiver: Receiver, behaviour: Behaviour, outcome: Outcome) -> None:
    receiver.behaviour = behaviour

    assert post(receiver.url, {}, b"{}", deadline_s=3) == outcome
    assert len(receiver.received) == 1, "redirects are not followed"


@pytest.mark.usefixtures("trusted_authority")
@pytest.mark.parametrize("behaviour", [receivers.stay_silent, receivers.drip_head, receivers.drip_continues])
@pytest.mark.parametrize("in_clear", [False, True])
def test_one_deadline_covers_all_however_slowly_it_comes(behaviour: Behaviour, in_clear: bool) -> None:
    with running_receiver(in_clear=in_clear) as receiver:
        receiver.behaviour = behaviour
        outcome = post(receiver.url, {}, b"{}", deadline_s=SHORT_S)

        assert outcome == Outcome(None, "no answer within 0.2 s", timed_out=True)
        receiver.behaviour = answer(200)
        assert post(receiver.url, {}, b"{}").is_success


def attempts_under_way() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "run" in thread.name]


@pytest.mark.parametrize("behaviour", [receivers.stay_silent, receivers.drip_head, receivers.drip_body])
def test_nothing_of_an_attempt_goes_on_behind_its_deadline(receiver: Receiver, behaviour: Behaviour) -> None:
    receiver.behaviour = behaviour
    post(receiver.url, {}, b"{}", deadline_s=SHORT_S)

    for thread in attempts_under_way():
        thread.join(5)
    assert attempts_under_way() == []


def test_an_endpoint_that_never_shakes_hands_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = post(f"https://localhost:{silent.getsockname()[1]}", {}, b"{}", deadline_s=SHORT_S)

    assert outcome == Outcome(None, "no answer within 0.2 s", timed_out=True)


def test_a_resolver_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def getaddrinfo(*_: object, **more: object) -> list[object]:
        if not more.get("flags"):
            answered.wait()
        raise socket.gaierror(socket.EAI_NONAME, "message of the system")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        outcome = post("https://localhost", {}, b"{}", deadline_s=SHORT_S)
    finally:
        answered.set()

    assert outcome == Outcome(None, "no answer within 0.2 s", timed_out=True)


@pytest.mark.usefixtures("trusted_authority")
def test_an_endpoint_that_reads_nothing_is_left() -> None:
    with running_receiver() as receiver:
        receiver.RequestHandlerClass = Unreading
        outcome = post(receiver.url, {}, b"a" * 1_048_576, deadline_s=SHORT_S)

    assert outcome == Outcome(None, "no answer within 0.2 s", timed_out=True)


class Unreading(receivers.ReceiverHandler):
    def handle(self) -> None:
        self.server.stopping.wait()


def test_who_refuses_before_having_read_is_heard() -> None:
    with running_receiver(in_clear=True) as receiver:
        receiver.RequestHandlerClass = Refusing
        outcome = post(receiver.url, {}, b"a" * 1_048_576)

    assert outcome.reason in {"status 413", "connection was closed before an answer"}


class Refusing(receivers.ReceiverHandler):
    def handle(self) -> None:
        self.connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.usefixtures("trusted_authority")
@pytest.mark.parametrize(
    ("context", "reason"),
    [
        (lambda: served_with(("localhost",), (-9, -1)), "certificate has expired"),
        (lambda: served_with(("localhost",), (1, 9)), "certificate is not valid yet"),
        (lambda: served_with(("other.example",)), "certificate is for another name"),
        (lambda: served_with(("127.0.0.1",)), "certificate is for another name"),
        (self_signed, "certificate is self-signed"),
    ],
)
def test_a_wrong_certificate_is_refused(context: Callable[[], ssl.SSLContext], reason: str) -> None:
    with running_receiver(context()) as receiver:
        assert post(receiver.url, {"X-Key": "secret"}, b"{}") == Outcome(None, reason)
        assert receiver.received == []


def test_an_authority_that_is_not_known_is_refused() -> None:
    posting.tls_context.cache_clear()
    with running_receiver() as receiver:
        assert post(receiver.url, {}, b"{}").reason == (
            "certificate is of an unknown authority, or its chain is incomplete"
        )


@pytest.mark.usefixtures("trusted_authority")
def test_an_address_has_a_certificate_of_its_own() -> None:
    with running_receiver(served_with(("127.0.0.1",))) as receiver:
        assert post(f"https://127.0.0.1:{receiver.port}", {}, b"{}").is_success


def test_what_is_older_than_tls_1_2_is_refused() -> None:
    assert posting.tls_context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_an_endpoint_without_tls_is_refused() -> None:
    with running_receiver(in_clear=True) as receiver:
        outcome = post(f"https://localhost:{receiver.port}", {"X-Key": "secret"}, b"{}")

    assert outcome == Outcome(None, "endpoint does not speak TLS")


def test_a_port_where_nobody_listens_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert post(f"http://localhost:{port}", {}, b"{}") == Outcome(None, "connection refused")


# Names that change: what was checked is what is called.


def test_the_address_that_was_checked_is_the_one_that_is_called(
    network: PlayedNetwork, receiver: Receiver
) -> None:
    network.answers = [[PUBLIC], ["127.0.0.1"]]

    assert post("https://hook.example/up", {}, b"{}").is_success
    assert network.asked == ["hook.example"]
    assert network.connected == [PUBLIC]
    assert [got.headers["host"] for got in receiver.received] == ["hook.example"]


@pytest.mark.parametrize("private", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:10.0.0.1"])
def test_a_name_that_becomes_private_is_not_called_any_more(network: PlayedNetwork, private: str) -> None:
    network.answers = [[PUBLIC], [private]]

    assert post("https://hook.example", {}, b"{}").is_success
    assert post("https://hook.example", {}, b"{}") == Outcome(None, "private address")
    assert network.connected == [PUBLIC]


def test_one_private_address_among_public_ones_is_enough(network: PlayedNetwork) -> None:
    network.answers = [[PUBLIC, "10.0.0.1"]]

    assert post("https://hook.example", {}, b"{}") == Outcome(None, "private address")
    assert network.connected == []


def test_a_name_with_ipv6_addresses_alone_is_out_of_reach(network: PlayedNetwork) -> None:
    network.answers = [["2600:1f18::7"]]

    assert post("https://hook.example", {}, b"{}") == Outcome(
        None, "only IPv6 addresses, which AWS Lambda does not reach"
    )


def test_the_next_address_is_tried(network: PlayedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    network.answers = [["198.51.101.8", "2600:1f18::7", PUBLIC]]
    connect = network.connect

    def refusing(address: Address, port: int, timeout_s: float) -> socket.socket:
        connection = connect(address, port, timeout_s)
        if str(address) == PUBLIC:
            connection.close()
            raise ConnectionRefusedError
        return connection

    monkeypatch.setattr(posting, "connect", refusing)

    assert post("https://hook.example", {}, b"{}").is_success
    assert network.connected == [PUBLIC, "198.51.101.8"]


def test_the_certificate_is_of_the_name_and_not_of_the_address(network: PlayedNetwork) -> None:
    network.answers = [[PUBLIC]]

    assert post("https://other.example", {}, b"{}") == Outcome(None, "certificate is for another name")


def test_a_name_that_nobody_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **more: object) -> list[object]:
        raise socket.gaierror(
            socket.EAI_NONAME if more.get("flags") else codes.pop(0), "message of the system"
        )

    codes = [socket.EAI_NONAME, socket.EAI_AGAIN]
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    assert post("https://no.example", {}, b"{}") == Outcome(None, "host name is unknown")
    assert post("https://no.example", {}, b"{}") == Outcome(None, "host name can't be looked up")


@pytest.mark.parametrize(
    "url",
    [
        *("http://169.254.169.254/", "https://169.254.169.254/", "https://[::1]/", "https://2130706433/"),
        *(
            "ftp://hook.example/",
            "https://user:word@hook.example/",
            "https://api.example/",
            "https://own.example/",
        ),
    ],
)
def test_a_url_that_was_changed_since_is_checked_again(url: str) -> None:
    with using(Settings(table_name="none", api_host="api.example")):
        outcome = post(url, {}, b"{}", own_host="own.example")

    assert outcome.status is None
    assert outcome.reason.startswith("URL must ")


NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("3601", 3600),
        ("9" * 5000, 3600),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=90), usegmt=True), 3600),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
        ("Mon, 99 May 2026", None),
        ("\xb2", None),
    ],
)
def test_how_long_an_endpoint_asks_to_wait(
    receiver: Receiver, clock: Clock, text: str, seconds: int | None
) -> None:
    clock.now_ms = int(NOW.timestamp() * 1000)
    receiver.behaviour = answer(429, {"Retry-After": text})

    assert post(receiver.url, {}, b"{}").retry_after_s == seconds


@given(st.text(max_size=60))
def test_no_wish_to_wait_does_harm(text: str) -> None:
    seconds = posting._retry_after_s(text)

    assert seconds is None or 0 <= seconds <= 3600
