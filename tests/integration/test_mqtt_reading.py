"""Reads from a real broker: what arrives, what is acknowledged, and what comes again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from drivers.contract import LinkChanged, StatusObserved
from drivers.mqtt_pump.link_errors import BrokerError
from mosquitto import Broker
from mqtt_link import PATIENCE_S, Deadline, KeptBytes, Link, Sender, Settler, status


def test_what_pumps_say_arrives_in_order_under_their_own_names(broker: Broker) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        sender.say_statuses(range(1, 51), "p1")
        sender.say_statuses(range(51, 101), "p2")
        link.until_seqs(range(1, 101))
        assert link.seqs == list(range(1, 101))
        assert {pump for pump, said in link.items if isinstance(said, StatusObserved) and (said.seq or 0) > 50} == {
            "p2"
        }
        assert not link.refused


def test_silence_is_none(broker: Broker) -> None:
    with Link(broker) as link:
        link.until_live()
        assert link.driver.read(0) is None
        assert link.driver.read(0.2) is None


@pytest.mark.usefixtures("long_goodbye")
def test_what_was_settled_does_not_come_again_and_what_was_not_does(broker: Broker) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        sender.say_statuses([1, 2])
        link.until_seqs([1, 2])
        sender.say_statuses([3, 4])
        link.until_seqs([3, 4], settle=False)
        sender.say_statuses([5])
    # The first link is closed; another process of the same monitor goes on.
    with Link(broker) as after:
        after.until_seqs([3, 4, 5])
        assert after.seqs == [3, 4, 5]


def test_a_crash_without_any_goodbye_loses_nothing_and_the_repeats_are_told_by_their_numbers(broker: Broker) -> None:
    link = Link(broker)
    link.driver.open(None)
    with Sender(broker) as sender:
        sender.say_statuses(range(1, 21))
        link.until_seqs(range(1, 21), settle=False)
        session = link.driver._session
        assert session is not None
        line = session._connection._paho.socket()
        assert line is not None
        line.close()  # as the system does for a process that was killed
        with Link(broker, memory=link.memory) as after:
            after.until_seqs(range(1, 21))
            assert after.seqs == link.seqs
            assert {said.boot for said in after.statuses} == {"b1"}
    link.driver.close()


def test_settling_late_or_twice_changes_nothing(broker: Broker) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        sender.say_statuses([1])
        link.until_seqs([1], settle=False)
        (early,) = link.batches
        link.driver.close()
        link.driver.settle(early)
        link.reopen()
        link.driver.settle(early)
        link.until(lambda: link.seqs == [1, 1])
        for batch in link.batches:
            link.driver.settle(batch)
            link.driver.settle(batch)


def test_a_broker_goes_on_while_older_messages_wait_for_the_commit(broker: Broker) -> None:
    with Link(broker, receive_maximum=50) as link, Sender(broker) as sender:
        said = [sender.say(status(number)) for number in range(1, 501)]
        link.until_seqs(range(1, 501))
        said[-1].wait_for_publish(PATIENCE_S)
        assert link.seqs == list(range(1, 501))


@pytest.mark.usefixtures("long_goodbye")
@pytest.mark.parametrize("buffered", [True, False], ids=["buffered", "plain"])
def test_acknowledgements_from_another_thread_keep_the_messages_coming(broker: Broker, buffered: bool) -> None:  # noqa: FBT001 - a table
    with (
        Link(broker, receive_maximum=20, buffered=buffered) as link,
        Sender(broker) as sender,
        Settler(link) as settler,
    ):
        for number in range(1, 1001):
            sender.say(status(number))
        settler.until_seqs(range(1, 1001))
        assert link.seqs == list(range(1, 1001))
    with Link(broker) as after:
        after.until_live()
        # Without the buffer the line may be reset over unread bytes, and the last acknowledgements be lost.
        assert not (buffered and after.items)


def test_a_retained_observation_is_refused_and_does_not_come_again(broker: Broker) -> None:
    with Sender(broker) as sender:
        sender.say(status(1), retain=True).wait_for_publish(PATIENCE_S)
        with Link(broker) as link:
            link.until(lambda: "retained" in link.causes)
            sender.say_statuses([2])
            link.until_seqs([2])
            assert link.seqs == [2]
            # Also one that passes live: what a bridge hands on after its own absence looks just like it.
            sender.say(status(3), retain=True)
            link.until(lambda: link.causes.count("retained") == 2)
            assert link.seqs == [2]
        sender.say(b"", retain=True).wait_for_publish(PATIENCE_S)


def test_a_last_will_is_passed_on_as_a_hint(broker: Broker) -> None:
    with Sender(broker) as sender:
        sender.say(b"online", "p2", leaf="link", retain=True).wait_for_publish(PATIENCE_S)
        with Link(broker) as link:
            link.until(lambda: bool(link.items))
            sender.say(b"offline", "p2", leaf="link", retain=True)
            link.until(lambda: len(link.items) == 2)
            hints = [(pump, hint.online) for pump, hint in link.items if isinstance(hint, LinkChanged)]
            assert hints == [("p2", True), ("p2", False)]


@pytest.mark.usefixtures("long_goodbye")
@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        (b"", "not-json"),
        (status(1, pump="p2"), "pump-mismatch"),
        (b"x" * 5000, "too-long"),
        (b"y" * 400_000, "too-long"),
    ],
    ids=["empty", "another-pump", "long", "endless"],
)
def test_a_bad_message_is_refused_once_and_disturbs_nothing(broker: Broker, payload: bytes, cause: str) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        sender.say(payload)
        sender.say_statuses([7])
        link.until_seqs([7])
        assert link.causes == [cause]
        assert link.seqs == [7]
    with Link(broker) as after:
        after.until_live()
        assert not after.items
        assert not after.refused


def test_only_the_configured_site_is_listened_to_even_in_an_old_session(broker: Broker) -> None:
    with Link(broker) as link:
        link.until_live()
    # Without our memory the old subscription stays: the other site is refused, and ours is heard twice.
    with Sender(broker) as sender, Link(broker, site="home-7") as after:
        sender.say(status(1), site="home-8").wait_for_publish(PATIENCE_S)
        sender.say_statuses([2])
        after.until(lambda: "other-site" in after.causes and 2 in after.seqs)
        assert set(after.seqs) == {2}


def test_a_subscription_of_an_earlier_configuration_is_given_up(broker: Broker) -> None:
    memory = KeptBytes()
    with Link(broker, memory=memory) as link:
        link.until_live()
    with Sender(broker) as sender, Link(broker, memory=memory, site="home-7") as after:
        sender.say(status(1), site="home-8").wait_for_publish(PATIENCE_S)
        sender.say_statuses([2])
        after.until_seqs([2])
        after.until_live()
        assert after.seqs == [2]
        assert not after.refused


def test_topics_are_a_matter_of_configuration(broker: Broker) -> None:
    options: dict[str, Any] = {"topic": "devices/{pump}/said", "link_topic": "", "marker_topic": "devices/gateway/it"}
    with Link(broker, **options) as link, Sender(broker) as sender:
        sender._client.publish("devices/p9/said", status(1), qos=1)
        link.until_seqs([1])
        assert link.items[0][0] == "p9"
        link.until_live()


def test_without_the_buffer_paho_alone_gives_the_same(broker: Broker) -> None:
    with Link(broker, buffered=False) as link, Sender(broker) as sender:
        sender.say_statuses(range(1, 101))
        link.until_seqs(range(1, 101))
        sender.say(b"nonsense")
        link.until(lambda: link.causes == ["not-json"])
        sender.say_statuses([101])
        link.until_seqs([101], settle=False)
        link.driver.close()
        with pytest.raises(BrokerError):
            link.driver.read(0)
        link.reopen()
        link.until(lambda: link.seqs[-2:] == [101, 101])
        assert link.seqs == [*range(1, 101), 101, 101]


def test_close_wakes_a_waiting_read(broker: Broker) -> None:
    with Link(broker) as link:
        link.until_live()
        outcome: list[object] = []
        reading = threading.Thread(target=lambda: outcome.append(link.driver.read(600)))
        reading.start()
        deadline = Deadline()
        while not link.driver._reading.locked():
            deadline.check("a read under way")
            reading.join(0.01)
        link.driver.close()
        reading.join(PATIENCE_S)
        assert not reading.is_alive()
    with pytest.raises(BrokerError) as raised:
        link.driver.read(0)
    assert raised.value.cause == "closed"


def test_a_closed_driver_was_never_opened(broker: Broker) -> None:
    link = Link(broker)
    link.driver.close()
    link.driver.close()
    with pytest.raises(BrokerError):
        link.driver.read(0)


def test_the_memory_is_written_seldom(broker: Broker) -> None:
    memory = KeptBytes()
    with Link(broker, memory=memory) as link, Sender(broker) as sender:
        sender.say_statuses(range(100))
        link.until_seqs(range(100))
        link.until_live()
        for _ in range(20):
            link.step(0)
        assert memory.saves == 1
        for _ in range(5):
            link.clock.advance(30)
            link.until_live()
        assert 2 <= memory.saves <= 6
