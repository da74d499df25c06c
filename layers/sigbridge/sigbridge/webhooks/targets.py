"""Which URLs webhooks may have, and which addresses may be called (forwarding reference, 6)."""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from sigbridge.errors import SigbridgeError
from sigbridge.settings import settings

type Address = IPv4Address | IPv6Address

_PORTS = {"https": 443, "http": 80}
_VISIBLE_ASCII = re.compile("[!-~]*", re.ASCII)
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)

# What `is_global` lets through: relays to IPv6 and protocols' own addresses.
_NOT_HOSTS_4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
# All IPv6 addresses that were ever handed out are of this network.
_UNICAST_6 = IPv6Network("2000::/3")
# Protocols' own with Teredo, 6to4, and documentation: the first two lead to IPv4 addresses.
_NOT_HOSTS_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))

_NOT_PUBLIC = "private address"
_ONLY_IPV6 = "only IPv6 addresses, which AWS Lambda does not reach"


class TargetRefused(SigbridgeError):
    """A host has no address that may be called; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL that may be called.

    Attributes:
        scheme: "https", or "http" for a trusted host.
        host: A name in small letters without a dot at its end, or an address without brackets.
        port: The URL's, else the scheme's.
        path: Path and query, at least "/".
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the request's header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def check_url(url: str, own_host: str = "") -> Target:
    """Return the parts of a URL that a webhook may have. Nothing is looked up: `resolve` does that.

    Args:
        url: The URL, or a template of one whose variables stand behind the host.
        own_host: A host of this API besides the one in the settings.

    Raises:
        ValueError: It is no such URL; the message is for the user.
    """
    if not _VISIBLE_ASCII.fullmatch(url):
        message = "must consist of visible ASCII characters: write others as xn-- or %-encoded"
        raise ValueError(message)
    try:
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        message = "must be a URL with a valid host and port"
        raise ValueError(message) from None
    host = _normalized(parts.hostname or "")
    if fault := _fault(parts, host, own_host):
        raise ValueError(fault)
    if "#" in url:
        message = "must have no fragment"
        raise ValueError(message)
    if not port:
        message = "must have a port from 1 to 65535"
        raise ValueError(message)
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, host, port, (parts.path or "/") + query)


def resolve(host: str, port: int) -> Sequence[Address]:
    """Look up the addresses of a host, those of IPv4 first, and check all of them.

    The system's resolver may take as long as it likes.

    Raises:
        TargetRefused: It has none that may be called, or one that must not be.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as failure:
        unknown = failure.errno == socket.EAI_NONAME
        reason = "host name is unknown" if unknown else "host name can't be looked up"
        raise TargetRefused(reason) from None
    except UnicodeError:
        reason = "host name is unknown"
        raise TargetRefused(reason) from None
    addresses = sorted(
        {ip_address(str(info[4][0])) for info in found}, key=lambda found: (found.version, found)
    )
    if is_trusted(host):
        return addresses
    if not all(is_public(address) for address in addresses):
        raise TargetRefused(_NOT_PUBLIC)
    reachable = [address for address in addresses if isinstance(address, IPv4Address)]
    if not reachable:
        raise TargetRefused(_ONLY_IPV6)
    return reachable


def is_public(address: Address) -> bool:
    """Tell whether an address is of one host of the internet, and leads to no other address."""
    if isinstance(address, IPv4Address):
        special = address.is_multicast or any(address in network for network in _NOT_HOSTS_4)
    elif (inner := address.ipv4_mapped) is not None:
        return is_public(inner)
    else:
        special = address not in _UNICAST_6 or any(address in network for network in _NOT_HOSTS_6)
    return address.is_global and not special


def is_trusted(host: str) -> bool:
    """Tell whether the operator lets webhooks call a host without TLS and wherever it is."""
    return _normalized(host) in map(_normalized, settings().trusted_webhook_hosts)


def _fault(parts: SplitResult, host: str, own_host: str) -> str | None:
    if parts.scheme != "https" and not (parts.scheme == "http" and is_trusted(host)):
        return "must begin with https://"
    if "@" in parts.netloc:
        return "must have no user and no password: give them in a header"
    if not host:
        return "must have a host"
    if host in {_host_of(own_host), _host_of(settings().api_host)}:
        return "must not lead to this API itself"
    return None if is_trusted(host) else _fault_of_host(host)


def _fault_of_host(host: str) -> str | None:
    address = _literal(host)
    if address is None:
        if not _NAME.fullmatch(host):
            return "must have a valid host name, without variables"
        # A name without a domain is of the network where it is looked up.
        return None if "." in host else "must have the whole name of a public host"
    if not is_public(address):
        return "must not have a private address"
    return None if address.version == 4 else "must not have an IPv6 address, which AWS Lambda does not reach"


def _literal(host: str) -> Address | None:
    """Read an address as the system's resolver does, which knows 127.1, 0x7f.1, 0177.0.0.1 and 2130706433."""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return None
    return ip_address(str(found[0][4][0]))


def _host_of(authority: str) -> str:
    return _normalized(urlsplit(f"//{authority}").hostname or "")


def _normalized(host: str) -> str:
    return host.lower().removesuffix(".")
