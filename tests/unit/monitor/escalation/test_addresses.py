"""A webhook connects to public addresses alone, however its name is written and whatever it resolves to."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from monitor.errors import ConfigurationError
from monitor.escalation.addresses import AddressRefused, Target, pick, refusal, target_of

PRIVATE = {
    "this machine": "127.0.0.1 127.1.2.3 0.0.0.0 ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:0:0",
    "private": "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 ::10.0.0.1 ::ffff:10.1.2.3 fc00::1",
    "link": "169.254.169.254 169.254.0.1 ::ffff:169.254.169.254 fe80::1 fec0::1",
    "carriers": "100.64.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2002:a00:1::",
    "tunnels": "2001:0:4136:e378:8000:63bf:f5ff:fffe 2001:2::1 2001:10::1",
    "special": "192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.7 203.0.113.9 2001:db8::1 100::1 3fff::1 5f00::1",
    "many": "224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 ff02::1",
}
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "64:ff9b::808:808"]


@pytest.mark.parametrize("text", " ".join(PRIVATE.values()).split())
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert refusal(ipaddress.ip_address(text), allow_loopback=False) is not None


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_taken(text: str) -> None:
    assert refusal(ipaddress.ip_address(text), allow_loopback=False) is None


def test_listed_networks_are_taken_and_nothing_beside_them() -> None:
    networks = (ipaddress.ip_network("10.20.0.0/16"),)
    inside, beside = ipaddress.ip_address("10.20.3.4"), ipaddress.ip_address("10.21.3.4")
    assert refusal(inside, allow_loopback=False, networks=networks) is None
    assert refusal(ipaddress.ip_address("::ffff:10.20.3.4"), allow_loopback=False, networks=networks) is None
    assert refusal(beside, allow_loopback=False, networks=networks) == "private"


def test_a_network_that_holds_everything_does_not_open_loopback() -> None:
    networks = (ipaddress.ip_network("0.0.0.0/0"),)
    assert refusal(ipaddress.ip_address("127.0.0.1"), allow_loopback=False, networks=networks) == "loopback"


HTTPS = Target("https", "hooks.example", 443, "/")


def test_the_first_address_that_may_be_used_is_the_one_that_is_connected_to() -> None:
    assert pick(HTTPS, lambda *_: ["10.0.0.1", "8.8.8.8", "1.1.1.1"], allow_loopback=False) == "8.8.8.8"


def test_a_name_that_leads_only_inside_is_refused_with_every_reason_once() -> None:
    with pytest.raises(AddressRefused, match=r"^private; link-local$"):
        pick(HTTPS, lambda *_: ["10.0.0.1", "10.0.0.2", "169.254.169.254"], allow_loopback=False)
    with pytest.raises(AddressRefused, match=r"^no address$"):
        pick(HTTPS, lambda *_: [], allow_loopback=False)


def test_plain_http_stays_on_this_machine() -> None:
    http = Target("http", "hooks.example", 80, "/")
    assert pick(http, lambda *_: ["127.0.0.1"], allow_loopback=True) == "127.0.0.1"
    with pytest.raises(AddressRefused, match="http is for loopback alone"):
        pick(http, lambda *_: ["8.8.8.8"], allow_loopback=True)


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0"])
def test_odd_spellings_of_an_address_are_checked_by_what_they_mean(host: str) -> None:
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]
    except socket.gaierror:
        return
    with pytest.raises(AddressRefused):
        pick(Target("https", host, 443, "/"), lambda *_: found, allow_loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "ftp://hooks.example/x",
        "https://",
        "https:///x",
        "https://user:password@hooks.example/x",
        "https://hooks.example:99999/x",
        "https://hooks.example:0/x",
        "https://hooks.example/a b",
        "https://hooks.example/a\r\nHost: b",
        "https://h\u00f6oks.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://[::1",
        "https://" + "a" * 300,
        "",
    ],
)
def test_a_webhook_address_of_another_form_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        target_of(url, allow_loopback=False)
    assert "password" not in str(caught.value).replace("user or password", "")
    assert len(url) <= len("https://") or url not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example", Target("https", "hooks.example", 443, "/")),
        ("https://hooks.example:8443/a/b?c=d#e", Target("https", "hooks.example", 8443, "/a/b?c=d")),
        ("https://[2606:4700::1]/x", Target("https", "2606:4700::1", 443, "/x")),
    ],
)
def test_a_plain_https_address_is_taken_apart(url: str, expected: Target) -> None:
    assert target_of(url, allow_loopback=False) == expected
