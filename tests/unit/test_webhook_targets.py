"""Which URLs a webhook may have, and which addresses are called."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.settings import Settings, using
from sigbridge.webhooks.targets import Target, TargetRefused, check_url, is_public, resolve

API = "abc123.execute-api.eu-west-1.amazonaws.com"


@pytest.fixture(autouse=True)
def operator_settings() -> Iterator[None]:
    trusted = ("localhost", "Receiver.local", "192.168.7.7", "::1")
    with using(Settings(table_name="none", api_host=API, trusted_webhook_hosts=trusted)):
        yield


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("https://hook.example", Target("https", "hook.example", 443, "/"), "hook.example"),
        ("https://Hook.Example./up", Target("https", "hook.example", 443, "/up"), "hook.example"),
        ("HTTPS://hook.example:443/up?a=b", Target("https", "hook.example", 443, "/up?a=b"), "hook.example"),
        ("https://hook.example:8443?a", Target("https", "hook.example", 8443, "/?a"), "hook.example:8443"),
        ("https://xn--mnchen-3ya.example/", Target("https", "xn--mnchen-3ya.example", 443, "/"), None),
        ("https://8.8.8.8/", Target("https", "8.8.8.8", 443, "/"), "8.8.8.8"),
        ("https://hook.example/{devID}/up", Target("https", "hook.example", 443, "/{devID}/up"), None),
        ("https://1.2.3.4.example/@me", Target("https", "1.2.3.4.example", 443, "/@me"), None),
        ("http://localhost:8080/up", Target("http", "localhost", 8080, "/up"), "localhost:8080"),
        ("http://receiver.local/", Target("http", "receiver.local", 80, "/"), "receiver.local"),
        ("https://192.168.7.7/", Target("https", "192.168.7.7", 443, "/"), None),
        ("http://[::1]:8080/", Target("http", "::1", 8080, "/"), "[::1]:8080"),
    ],
)
def test_a_url_that_may_be_called(url: str, target: Target, authority: str | None) -> None:
    assert check_url(url) == target
    assert authority in {None, target.authority}


REFUSED = """
begin with https: http://hook.example ftp://hook.example //hook.example hook.example /up javascript:alert(1)
begin with https: file:///etc/passwd gopher://hook.example http://169.254.169.254 HTTP://hook.example:443
no user and no password: https://u:p@hook.example https://u@hook.example https://@hook.example
no user and no password: https://hook.example@169.254.169.254/ https://hook.example\\@169.254.169.254/
no fragment: https://hook.example/#a https://hook.example/{#devID} https://hook.example#
a host: https:// https:///up https://:443/ https:hook.example
valid host and port: https://hook.example:a https://hook.example:65536 https://hook.example:-1
valid host and port: https://[::1 https://[hook.example]/
a port from 1: https://hook.example:0
visible ASCII: https://münchen.example https://hook。example https://hook.example/ü
this API itself: https://abc123.execute-api.eu-west-1.amazonaws.com/v1 https://own.example/up
this API itself: https://ABC123.Execute-Api.EU-West-1.amazonaws.com.:443 https://OWN.example.
a valid host name: https://{devID}.example https://hook.example{/devID} https://a\\b.example https://a%2fb.example
a valid host name: https://hook..example https://.example https://hook.example..
the whole name: https://intranet https://metadata/
a private address: https://127.0.0.1 https://127.1 https://0x7f.1 https://2130706433 https://0177.0.0.1
a private address: https://0x7f000001 https://0 https://10.1 https://169.254.169.254. https://[::] https://[::2]
a private address: https://[::ffff:127.0.0.1] https://[64:ff9b::7f00:1] https://[fe80::1]
an IPv6 address: https://[2600:1f18::7] https://[::ffff:8.8.8.8]:8443/up
"""
CASES = [
    (words, url)
    for words, _, urls in (line.partition(": ") for line in REFUSED.strip().splitlines())
    for url in urls.split()
]
CASES += [
    *(
        ("begin with https", ""),
        ("visible ASCII", "https://hook.example/a b"),
        ("visible ASCII", " https://a.example"),
    ),
    *(("visible ASCII", "https://hook.example/\r\nX: 1"), ("visible ASCII", "https://hook.example\x00")),
    *(
        ("valid host name", f"https://{'a' * 64}.example"),
        ("valid host name", f"https://{'a.' * 127}example"),
    ),
]


@pytest.mark.parametrize(("words", "url"), CASES)
def test_a_url_that_is_refused_is_told_why(words: str, url: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_url(url, "Own.example:443")


PUBLIC = [
    "8.8.8.8",
    "198.51.101.1",
    "192.88.100.1",
    "172.32.0.1",
    "2600:1f18::7",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    *("0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
    *(
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
    ),
    *(
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
    ),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:224.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1"),
    *("2001:db8::1", "2002:7f00:1::", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1"),
    *("fec0::1", "ff02::1", "ff0e::1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_called(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "10.1", "0"])
def test_odd_spellings_are_refused_by_what_they_mean(host: str) -> None:
    with pytest.raises(TargetRefused, match="private address"):
        resolve(host, 443)


def test_a_trusted_host_is_called_wherever_it_is() -> None:
    assert ip_address("127.0.0.1") in resolve("localhost", 443)
    assert [str(address) for address in resolve("192.168.7.7", 443)] == ["192.168.7.7"]
    assert [str(address) for address in resolve("::1", 443)] == ["::1"]


def test_addresses_of_ipv4_come_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", (address, 443)) for address in ("2600:1f18::7", "8.8.4.4", "8.8.8.8", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert [str(address) for address in resolve("hook.example", 443)] == ["8.8.4.4", "8.8.8.8"]


@given(st.text(max_size=60).map(lambda text: f"https://{text}") | st.text(max_size=60))
def test_no_text_is_called_that_is_no_url(text: str) -> None:
    with suppress(ValueError):
        target = check_url(text)

        assert target.host
        assert target.path.startswith(("/", "?"))
