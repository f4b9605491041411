"""Decides which network addresses a webhook may connect to, and looks them up.

A webhook's address comes from a file that people edit, and names lead anywhere: to the metadata service of
a cloud, to the router, to the database. So a name is looked up once, each answer is checked, and the
connection is made to the very address that was checked (a name that answers differently the second
time gains nothing). Whatever is not public is refused unless it is listed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec

from monitor.errors import ConfigurationError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LookUp = Callable[[str, int], Sequence[str]]

HOST_MAX = 253
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
# Older Pythons take some of these for public ones (IANA special-purpose registries).
_SPECIAL: tuple[Network, ...] = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("2001::/23"),
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("3fff::/20"),
)


class AddressRefused(Exception):  # noqa: N818 - named for what happened, like the monitor's other errors
    """A name leads to no address that may be used; the text says why, without the name."""


class Target(msgspec.Struct, frozen=True):
    """Where a webhook goes, taken apart.

    Attributes:
        scheme: ``https``, or ``http`` for loopback.
        host: A name or an address, as written.
        port: 1 to 65535.
        path: Path and query, at least "/".
    """

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str, *, allow_loopback: bool) -> Target:
    """Take a webhook's address apart.

    Raises:
        ConfigurationError: It is not a plain https address (or, for loopback, http). The text does not
            repeat it: there may be a secret in its path.
    """
    fault = "a webhook's address must be of the form https://HOST/PATH"
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError([f"{fault}, in plain characters"])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError([fault]) from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or len(parts.hostname) > HOST_MAX or port == 0:
        raise ConfigurationError([fault])
    if parts.scheme == "http" and not allow_loopback:
        raise ConfigurationError([f"{fault}; http is for loopback alone, and only with allow_loopback"])
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError([f"{fault}, without user or password"])
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order of the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def pick(target: Target, look: LookUp, *, allow_loopback: bool, networks: Sequence[Network] = ()) -> str:
    """Return the first address of a target that may be connected to.

    Args:
        target: Where to.
        look: Finds the addresses of a host.
        allow_loopback: Whether this machine itself may be the target.
        networks: Networks that are allowed although they are not public.

    Raises:
        AddressRefused: There is none.
        OSError: The host was not found.
    """
    reasons = []
    for text in look(target.host, target.port):
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            reasons.append("no address")
            continue
        reason = refusal(address, allow_loopback=allow_loopback, networks=networks)
        if reason is None and target.scheme == "http" and not address.is_loopback:
            reason = "not loopback, and http is for loopback alone"
        if reason is None:
            return str(address)
        reasons.append(reason)
    raise AddressRefused("; ".join(dict.fromkeys(reasons)) or "no address")


def refusal(address: Address, *, allow_loopback: bool, networks: Sequence[Network] = ()) -> str | None:
    """Return why an address may not be used, or None if it may.

    An IPv6 address that carries an IPv4 address is judged by both.
    """
    inner = _carried(address)
    if inner is not None:
        return refusal(inner, allow_loopback=allow_loopback, networks=networks)
    if address.is_loopback:
        return None if allow_loopback else "loopback"
    if any(address in network for network in networks if network.version == address.version):
        return None
    return _kind_that_is_not_public(address)


def _kind_that_is_not_public(address: Address) -> str | None:
    if address.is_link_local:
        return "link-local"
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        return "not one host's"
    is_special = any(address in network for network in _SPECIAL if network.version == address.version)
    is_odd = isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST
    return "private" if is_special or is_odd or not address.is_global else None


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo is not None else None)
