"""The webhook against a real HTTP server on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from monitor.errors import ConfigurationError
from monitor.escalation.channel import ACCEPTED, DeliveryState, Notice
from monitor.escalation.channels.webhook import WebhookChannel, WebhookSettings, open_channel
from notice_receiver import Answer, Receiver, receiving

SECRET = "a secret of the clinic's own"
NOW_US = 1_800_000_000_123_456


def notices(count: int, text: str = "do not restart") -> list[Notice]:
    return [
        Notice(
            outbox_id=number,
            key=f"k{number}",
            channel="hook",
            rung="home-nurse",
            contact="n1",
            title="K7-1: infusion interrupted",
            text=text,
            data=b'{"off_max_s": 900.0}',
            created_at_us=NOW_US,
        )
        for number in range(count)
    ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def open_hook() -> Iterator[Callable[..., WebhookChannel]]:
    opened: list[WebhookChannel] = []

    def open_it(url: str, **more: object) -> WebhookChannel:
        settings = replace(WebhookSettings(url=url, secret="env:HOOK", allow_loopback=True), **more)
        opened.append(open_channel(settings, lambda _: SECRET, lambda: NOW_US))
        return opened[-1]

    yield open_it
    for channel in opened:
        channel.close()


OpenHook = Callable[..., WebhookChannel]


def test_notices_arrive_in_one_signed_request(receiver: Receiver, open_hook: OpenHook) -> None:
    assert open_hook(receiver.url).send_many(notices(3)) == [ACCEPTED] * 3
    [(path, headers, body)] = receiver.requests
    assert path == "/notices?from=pumpwatch"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["content-type"] == "application/json"
    assert headers["pumpwatch-timestamp"] == "1800000000"
    signed = b"1800000000." + body
    assert headers["pumpwatch-signature"] == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    sent = json.loads(body)
    assert sent["v"] == 1
    assert [one["key"] for one in sent["notices"]] == ["k0", "k1", "k2"]
    assert sent["notices"][0] == {
        "key": "k0",
        "rung": "home-nurse",
        "contact": "n1",
        "title": "K7-1: infusion interrupted",
        "text": "do not restart",
        "priority": "high",
        "created_at_us": NOW_US,
        "data": {"off_max_s": 900.0},
    }


def test_the_connection_is_kept_open(receiver: Receiver, open_hook: OpenHook) -> None:
    receiver.answers = [Answer(body=b'{"ok": true}')]
    hook = open_hook(receiver.url)
    for _ in range(5):
        assert hook.send_many(notices(1)) == [ACCEPTED]
    assert (receiver.connections, len(receiver.requests)) == (1, 5)


@pytest.mark.parametrize("status", [401, 404, 409, 429, 500, 503])
def test_an_answer_that_may_change_is_worth_another_try(receiver: Receiver, open_hook: OpenHook, status: int) -> None:
    receiver.answers = [Answer(status)]
    [delivery] = open_hook(receiver.url).send_many(notices(1))
    assert (delivery.state, delivery.can_retry) == (DeliveryState.FAILED, True)
    assert delivery.why == f"the webhook answered {status}"


@pytest.mark.parametrize(("header", "expected"), [("7", 7.0), ("99999", 300.0), ("soon", None), ("-1", None)])
def test_the_receiver_may_ask_for_time(
    receiver: Receiver, open_hook: OpenHook, header: str, expected: float | None
) -> None:
    receiver.answers = [Answer(503, {"Retry-After": header})]
    [delivery] = open_hook(receiver.url).send_many(notices(1))
    assert delivery.retry_after_s == expected


def test_one_notice_that_is_refused_does_not_take_the_others_with_it(receiver: Receiver, open_hook: OpenHook) -> None:
    receiver.choose = lambda body: Answer(422 if b'"k5"' in body else 200)
    deliveries = open_hook(receiver.url).send_many(notices(8))
    states = [delivery.state for delivery in deliveries]
    assert states == [DeliveryState.ACCEPTED] * 5 + [DeliveryState.FAILED] + [DeliveryState.ACCEPTED] * 2
    assert not deliveries[5].can_retry


def test_a_request_is_never_larger_than_its_bound(receiver: Receiver, open_hook: OpenHook) -> None:
    assert open_hook(receiver.url).send_many(notices(500, "x" * 4000)) == [ACCEPTED] * 500
    assert len(receiver.requests) > 1
    assert all(len(body) <= 1024 * 1024 for _, _, body in receiver.requests)


def test_a_redirect_is_not_followed(receiver: Receiver, open_hook: OpenHook) -> None:
    with receiving() as other:
        receiver.answers = [Answer(307, {"Location": other.url})]
        [delivery] = open_hook(receiver.url).send_many(notices(1))
        assert (delivery.state, delivery.why) == (
            DeliveryState.FAILED,
            "the webhook redirects, which is not followed",
        )
        assert other.requests == []


def test_a_long_answer_is_not_read(receiver: Receiver, open_hook: OpenHook) -> None:
    receiver.answers = [Answer(body=b"x" * 100_000), Answer()]
    hook = open_hook(receiver.url)
    assert hook.send_many(notices(1)) == [ACCEPTED]
    assert hook.send_many(notices(1)) == [ACCEPTED]
    assert receiver.connections == 2


def test_no_answer_in_time_is_unknown_and_the_next_try_may_succeed(receiver: Receiver, open_hook: OpenHook) -> None:
    receiver.answers = [Answer(hold=threading.Event()), Answer()]
    # Long enough for a busy machine to give the second answer in.
    hook = open_hook(receiver.url, answer_s_max=3.0)
    held = receiver.answers[0].hold
    [delivery] = hook.send_many(notices(1))
    assert (delivery.state, delivery.can_retry) == (DeliveryState.UNKNOWN, True)
    assert held is not None
    held.set()
    assert hook.send_many(notices(1)) == [ACCEPTED]
    assert [json.loads(body)["notices"][0]["key"] for _, _, body in receiver.requests] == ["k0", "k0"]


def test_a_connection_that_is_cut_before_the_answer_is_unknown(receiver: Receiver, open_hook: OpenHook) -> None:
    receiver.answers = [Answer(0)]
    [delivery] = open_hook(receiver.url).send_many(notices(1))
    assert delivery.state is DeliveryState.UNKNOWN


def test_nobody_listening_is_a_failure_that_names_no_address(open_hook: OpenHook) -> None:
    with receiving() as gone:
        url = gone.url
    [delivery] = open_hook(url).send_many(notices(1))
    assert (delivery.state, delivery.can_retry) == (DeliveryState.FAILED, True)
    assert "127.0.0.1" not in delivery.why


def test_a_name_that_leads_to_this_machine_is_refused_unless_allowed(receiver: Receiver) -> None:
    settings = WebhookSettings(url=f"https://hooks.example:{receiver.port}/")
    hook = open_channel(settings, lambda _: SECRET, lambda: NOW_US, lambda *_: ["127.0.0.1"])
    [delivery] = hook.send_many(notices(1))
    assert delivery.why == "the webhook's address may not be used: loopback"
    assert receiver.requests == []


def test_a_name_is_looked_up_once_for_a_connection_and_again_after_a_failure(receiver: Receiver) -> None:
    asked: list[str] = []

    def look(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    settings = WebhookSettings(url=f"http://hooks.example:{receiver.port}/", allow_loopback=True)
    hook = open_channel(settings, lambda _: SECRET, lambda: NOW_US, look)
    assert hook.send_many(notices(1)) == [ACCEPTED]
    assert hook.send_many(notices(1)) == [ACCEPTED]
    assert asked == ["hooks.example"]
    receiver.answers = [Answer(0)]
    assert hook.send_many(notices(1))[0].state is DeliveryState.UNKNOWN
    [delivery] = hook.send_many(notices(1))
    assert delivery.why == "the webhook's address may not be used: private"
    assert len(asked) == 2


def test_a_host_that_cannot_be_found_is_worth_another_try() -> None:
    def look(*_: object) -> list[str]:
        raise OSError

    hook = open_channel(WebhookSettings(url="https://hooks.example/"), lambda _: SECRET, lambda: NOW_US, look)
    assert hook.send_many(notices(2))[1].can_retry


def test_a_short_secret_is_refused_before_anything_is_sent() -> None:
    settings = WebhookSettings(url="https://hooks.example/", secret="env:HOOK")
    with pytest.raises(ConfigurationError, match="env:HOOK is shorter than 16 bytes"):
        open_channel(settings, lambda _: "short", lambda: NOW_US)


def test_without_a_secret_nothing_is_signed(receiver: Receiver, open_hook: OpenHook) -> None:
    open_hook(receiver.url, secret=None).send_many(notices(1))
    assert "pumpwatch-signature" not in receiver.requests[0][1]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    began = datetime(2020, 1, 1, tzinfo=UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=365 * 80))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "hook.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(("host", "is_right"), [("hooks.example", True), ("other.example", False)])
def test_the_certificate_must_be_that_of_the_name_although_the_connection_is_to_an_address(
    certificate: Path,
    host: str,
    is_right: bool,  # noqa: FBT001 - a column of the table
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with receiving(context) as receiver:
        settings = WebhookSettings(
            url=f"https://{host}:{receiver.port}/", allow_loopback=True, ca_file=str(certificate)
        )
        hook = open_channel(settings, lambda _: SECRET, lambda: NOW_US, lambda *_: ["127.0.0.1"])
        [delivery] = hook.send_many(notices(1))
        hook.close()
    assert (delivery == ACCEPTED) is is_right
    assert len(receiver.requests) == int(is_right)
