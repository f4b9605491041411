"""Apprise's own JSON service against a real HTTP server on loopback, and the channels that need no network."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from monitor.errors import ConfigurationError
from monitor.escalation.channel import ACCEPTED, DeliveryState, Notice
from monitor.escalation.channels import open_channels
from monitor.escalation.channels.console import ConsoleSettings, open_channel
from monitor.escalation.channels.webhook import WebhookSettings
from monitor.interruption.alarms import AlertPriority
from notice_receiver import Answer, Receiver, receiving

PASSWORD = "do-not-tell-9Qx"
NOTICE = Notice(
    outbox_id=1,
    key="k1",
    channel="env:MAIL",
    rung="patient",
    contact="p",
    title="K7-1: no contact <b>",
    text="at least 0 min, at most 15 min \\n & *so* on",
    priority=AlertPriority.HIGH,
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def secret_of(receiver: Receiver) -> str:
    return f"json://user:{PASSWORD}@127.0.0.1:{receiver.port}/notices"


def test_a_notice_arrives_as_it_was_written(receiver: Receiver) -> None:
    channel = open_channels(["env:MAIL"], {}, lambda _: secret_of(receiver), lambda: 0)["env:MAIL"]
    assert channel.send_many([NOTICE]) == [ACCEPTED]
    [(path, _, body)] = receiver.requests
    sent = json.loads(body)
    assert path.rstrip("/") == "/notices"
    assert (sent["title"], sent["message"], sent["type"]) == (NOTICE.title, NOTICE.text, "failure")
    channel.close()


@pytest.mark.parametrize("status", [403, 500])
def test_a_service_that_refuses_is_tried_again_and_its_address_is_in_no_text(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [Answer(status)]
    channel = open_channels(["env:MAIL"], {}, lambda _: secret_of(receiver), lambda: 0)["env:MAIL"]
    with caplog.at_level(logging.WARNING):
        [delivery] = channel.send_many([NOTICE])
    assert (delivery.state, delivery.can_retry) == (DeliveryState.FAILED, True)
    assert PASSWORD not in delivery.why + caplog.text
    assert PASSWORD not in repr(channel)


def test_a_service_that_cannot_be_reached_is_tried_again() -> None:
    with receiving() as gone:
        address = secret_of(gone)
    channel = open_channels(["env:MAIL"], {}, lambda _: address, lambda: 0)["env:MAIL"]
    [delivery] = channel.send_many([NOTICE])
    assert delivery.can_retry


def test_all_faults_of_all_channels_come_at_once_and_hold_no_secret() -> None:
    hooks = {"plain": WebhookSettings(url=f"http://hooks.example/{PASSWORD}")}
    with pytest.raises(ConfigurationError) as caught:
        open_channels(["env:MAIL", "webhook:plain", "webhook:gone"], hooks, lambda _: f"pigeon {PASSWORD}", lambda: 0)
    words = [fault.split('"')[1] for fault in caught.value.faults]
    assert words == ["env:MAIL", "webhook:plain", "webhook:gone"]
    assert PASSWORD not in str(caught.value)


def test_the_log_is_always_there_and_writes_a_line_for_each_notice() -> None:
    with capture_logs() as lines:
        assert open_channels([], {}, str, lambda: 0)["log"].send_many([NOTICE, NOTICE]) == [ACCEPTED] * 2
    assert [line["text"] for line in lines] == [NOTICE.text] * 2


def test_the_console_hands_lines_to_whoever_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    channels = open_channels(["console"], {}, str, lambda: 0, lines.append)
    assert channels["console"].send_many([NOTICE]) == [ACCEPTED]
    assert lines == [f"[patient -> p] {NOTICE.text}"]
    assert open_channel(ConsoleSettings()).send_many([NOTICE]) == [ACCEPTED]
    assert capsys.readouterr().out == f"{lines[0]}\n"


def test_a_console_that_is_gone_is_a_failure_and_no_exception() -> None:
    def write(_: str) -> None:
        raise BrokenPipeError

    [delivery] = open_channel(ConsoleSettings(write)).send_many([NOTICE])
    assert delivery.state is DeliveryState.FAILED
