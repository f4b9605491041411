"""Shows which options of the driver mqtt are good and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.errors import OptionsError
from drivers.mqtt_pump import plugin
from drivers.mqtt_pump.options import TlsOptions, check, parse

GOOD: dict[str, Any] = {"host": "broker.example", "client_id": "gateway-1"}


def test_two_options_are_enough_and_the_rest_is_safe() -> None:
    options = parse(GOOD)
    assert options.tls == TlsOptions()
    assert options.port == 8883
    assert options.topic.text == "pumpwatch/1/{site}/{pump}/observation"
    assert options.link_topic is not None
    assert options.marker_topic == "pumpwatch/1/monitor/gateway-1/marker"
    assert options.session_expiry_s == 7 * 24 * 3600
    assert plugin.check is check
    assert plugin.many_pumps
    assert not plugin.simulated


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_plain_text_is_for_this_machine_only(host: str) -> None:
    options = parse(GOOD | {"host": host})
    assert options.tls is None
    assert options.port == 1883
    assert parse(GOOD | {"host": host, "tls": True}).port == 8883


@pytest.mark.parametrize("host", ["broker.example", "192.168.1.4", "localhost.example", "0.0.0.0"])  # noqa: S104 - an example
def test_plain_text_beyond_this_machine_is_refused(host: str) -> None:
    (fault,) = check(GOOD | {"host": host, "tls": False})
    assert fault.startswith("tls must not be false")


def test_all_faults_are_told_at_once() -> None:
    faults = check({"hots": "x", "port": 0, "tls": {"caa": "x", "key": "k"}, "password": "secret", "keepalive_s": "9s"})
    told = [fault.split(" ", 1)[0] for fault in faults]
    expected = {"hots", "host", "client_id", "port", "tls.caa", "tls.cert", "password", "username", "keepalive_s"}
    assert set(told) == expected
    assert all(fault.endswith(".") for fault in faults)
    assert "did you mean host?" in faults[0]
    with pytest.raises(OptionsError) as raised:
        parse({})
    assert raised.value.faults == check({})


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"host": "mqtt://broker.example"}, "host"),
        ({"host": ""}, "host"),
        ({"host": 7}, "host"),
        ({"port": 65_536}, "port"),
        ({"port": True}, "port"),
        ({"tls": "yes"}, "tls"),
        ({"tls": {"ca": 7}}, "tls.ca"),
        ({"client_id": "a/b"}, "client_id"),
        ({"client_id": "x" * 65}, "client_id"),
        ({"site": "home 7"}, "site"),
        ({"site": "home-7", "topic": "devices/{pump}/said"}, "site"),
        ({"username": "u", "password": "hunter2"}, "password"),
        ({"password": "env:SECRET"}, "username"),
        ({"topic": "pumps/all"}, "topic"),
        ({"topic": 7}, "topic"),
        ({"link_topic": "a/{bed}"}, "link_topic"),
        ({"link_topic": "{site}/1/x/{pump}/observation"}, "link_topic"),
        ({"marker_topic": "pumpwatch/1/a/b/observation"}, "marker_topic"),
        ({"marker_topic": "pumpwatch/1/a/b/link"}, "marker_topic"),
        ({"marker_topic": "a/#"}, "marker_topic"),
        ({"marker_topic": ""}, "marker_topic"),
        ({"keepalive_s": 4}, "keepalive_s"),
        ({"session_expiry_s": 0}, "session_expiry_s"),
        ({"receive_maximum": 1_000_000}, "receive_maximum"),
        ({"receive_maximum": 50.5}, "receive_maximum"),
    ],
)
def test_each_fault_begins_with_its_key(changed: dict[str, Any], key: str) -> None:
    (fault,) = check(GOOD | changed)
    assert fault.startswith(f"{key} ")


def test_every_option_can_be_set() -> None:
    options = parse(
        {
            "host": "broker.example",
            "port": 9000,
            "tls": {"ca": "ca.pem", "cert": "us.pem", "key": "us.key"},
            "username": "gateway",
            "password": "file:/run/secrets/mqtt",
            "client_id": "gateway-1",
            "topic": "devices/{pump}/{site}/said",
            "link_topic": "",
            "site": "home-7",
            "keepalive_s": 30,
            "session_expiry_s": 3600,
            "receive_maximum": 100,
            "marker_topic": "devices/monitor/marker",
        }
    )
    assert options.tls == TlsOptions("ca.pem", "us.pem", "us.key")
    assert options.link_topic is None
    assert (options.port, options.keepalive_s, options.receive_maximum) == (9000, 30, 100)


def test_what_is_subscribed_to_follows_from_the_options() -> None:
    assert parse(GOOD | {"site": "home-7"}).subscriptions == [
        "pumpwatch/1/home-7/+/observation",
        "pumpwatch/1/monitor/gateway-1/marker",
        "pumpwatch/1/home-7/+/link",
    ]
    assert len(parse(GOOD | {"link_topic": ""}).subscriptions) == 2
