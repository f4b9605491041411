"""Shows whom the link trusts, who may turn it away, and that each refusal is one clear sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certificates import Authority
from drivers.errors import OptionsError
from drivers.mqtt_pump.link_errors import BrokerError
from mosquitto import Broker
from mqtt_link import Link, Sender, Settler, status

BrokerFactory = Callable[..., Broker]


def refusal(broker: Broker, **options: Any) -> BrokerError:
    link = Link(broker, **options)
    with pytest.raises(BrokerError) as raised:
        link.driver.open(None)
    with pytest.raises(BrokerError):
        link.driver.read(0)
    link.driver.close()
    return raised.value


class TlsBroker:
    """A broker that asks for certificates, and the authority that signs them."""

    def __init__(self, make_broker: BrokerFactory, folder: Path) -> None:
        self.authority = Authority(folder, "authority")
        self.stranger = Authority(folder, "stranger")
        self.broker = make_broker(
            server_certificate=self.authority.issue("broker"), client_authority=self.authority.certificate
        )
        ours = self.authority.issue("gateway-1")
        self.tls = {
            "ca": str(self.authority.certificate),
            "cert": str(ours.certificate),
            "key": str(ours.key),
        }

    def sender(self) -> Sender:
        """Return an adapter with a certificate of its own."""
        pump = self.authority.issue("pump-1")
        sender = Sender(self.broker)
        sender._client.tls_set(str(self.authority.certificate), str(pump.certificate), str(pump.key))
        return sender


@pytest.fixture
def tls_broker(make_broker: BrokerFactory, tmp_path: Path) -> TlsBroker:
    return TlsBroker(make_broker, tmp_path / "certificates")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("buffered", [True, False], ids=["buffered", "plain"])
def test_both_sides_know_each_other_by_certificate(tls_broker: TlsBroker, host: str, buffered: bool) -> None:  # noqa: FBT001 - a table
    options: dict[str, Any] = {"host": host, "tls": tls_broker.tls, "buffered": buffered}
    with Link(tls_broker.broker, **options) as link, Settler(link) as settler, tls_broker.sender() as sender:
        for number in range(1, 1001):
            # Large ones come in many TLS records, and reading and acknowledging meet on one TLS connection.
            sender.say(status(number, note="x" * 3000))
        settler.until_seqs(range(1, 1001))
        assert link.seqs == list(range(1, 1001))
        link.until_live()


def test_a_broker_that_nobody_we_trust_has_signed_is_refused(tls_broker: TlsBroker) -> None:
    error = refusal(
        tls_broker.broker, host="localhost", tls=tls_broker.tls | {"ca": str(tls_broker.stranger.certificate)}
    )
    assert error.cause == "tls"
    assert "not trusted" in str(error)


def test_the_authorities_of_the_system_do_not_vouch_for_it_either(tls_broker: TlsBroker) -> None:
    assert refusal(tls_broker.broker, host="localhost", tls=True).cause == "tls"


@pytest.mark.parametrize("signed_by_stranger", [True, False], ids=["stranger", "none"])
def test_without_the_right_certificate_of_our_own_we_are_turned_away(
    tls_broker: TlsBroker,
    signed_by_stranger: bool,  # noqa: FBT001 - a table
) -> None:
    tls = {"ca": str(tls_broker.authority.certificate)}
    if signed_by_stranger:
        wrong = tls_broker.stranger.issue("gateway-2")
        tls |= {"cert": str(wrong.certificate), "key": str(wrong.key)}
    assert refusal(tls_broker.broker, host="localhost", tls=tls).cause == "tls"


def test_plain_text_to_a_broker_that_wants_tls_is_no_answer_or_a_lost_connection(
    tls_broker: TlsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.mqtt_pump.connection.ANSWER_TURNS", 4)
    assert refusal(tls_broker.broker).cause in {"no-answer", "connection-lost"}


def test_a_certificate_that_is_not_there_is_told_before_anything_is_opened(broker: Broker, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    authority = Authority(tmp_path, "authority")
    for tls, key in (
        ({"ca": str(tmp_path / "missing.pem")}, "tls.ca"),
        ({"ca": str(nonsense)}, "tls.ca"),
        ({"ca": str(authority.certificate), "cert": str(nonsense)}, "tls.cert"),
    ):
        with pytest.raises(OptionsError) as raised:
            Link(broker, tls=tls)
        assert raised.value.faults[0].startswith(key)


def test_a_certificate_that_is_gone_later_is_a_link_error(tls_broker: TlsBroker) -> None:
    link = Link(tls_broker.broker, host="localhost", tls=tls_broker.tls)
    Path(tls_broker.tls["cert"]).unlink()
    with pytest.raises(BrokerError) as raised:
        link.driver.open(None)
    assert raised.value.cause == "tls"


def test_name_and_password_come_by_reference(make_broker: BrokerFactory) -> None:
    broker = make_broker(users={"gateway": "right", "pump": "pump"})
    secrets = {"file:/run/secrets/mqtt": "right", "env:WRONG": "wrong"}
    options: dict[str, Any] = {"username": "gateway", "password": "file:/run/secrets/mqtt", "secrets": secrets}
    with Link(broker, **options) as link, Sender(broker, username="pump", password="pump") as sender:
        sender.say_statuses([1])
        link.until_seqs([1])
    error = refusal(broker, username="gateway", password="env:WRONG", secrets=secrets)
    assert error.cause == "not-authorised"
    assert "gateway-1" in str(error)
    assert "wrong" not in str(error)
    assert refusal(broker).cause == "not-authorised"


def test_a_subscription_that_is_denied_is_a_link_error_and_not_a_silence(
    make_broker: BrokerFactory, tmp_path: Path
) -> None:
    plugins = sorted(Path("/usr/lib").rglob("mosquitto_dynamic_security.so"))
    if not plugins:
        pytest.skip("Mosquitto's plugin for dynamic security is not installed.")
    everything = dict.fromkeys(["publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"], True)
    denied = {"acltype": "subscribePattern", "topic": "pumpwatch/1/+/+/observation", "allow": False}
    rules = tmp_path / "dynamic-security.json"
    rules.write_text(
        json.dumps(
            {
                "defaultACLAccess": everything,
                "clients": [],
                "groups": [{"groupname": "everybody", "roles": [{"rolename": "deaf"}]}],
                "roles": [{"rolename": "deaf", "acls": [denied]}],
                "anonymousGroup": "everybody",
            }
        )
    )
    broker = make_broker(settings=f"plugin {plugins[0]}\nplugin_opt_config_file {rules}")
    error = refusal(broker)
    assert error.cause == "subscription-denied"
    assert "pumpwatch/1/+/+/observation" in str(error)
    with Link(broker, topic="others/{pump}/said") as link:
        link.until_live()
