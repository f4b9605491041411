"""Shows, on a real broker, that no message that was held back is taken for a new one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.contract import AlarmObserved
from mosquitto import Broker
from mqtt_link import PATIENCE_S, KeptBytes, Link, MovableClock, Sender
from relay import Relay

NO_MARKERS = """
topic readwrite pumpwatch/1/+/+/observation
topic readwrite pumpwatch/1/+/+/link
"""


def test_what_the_broker_held_while_we_were_away_is_as_old_as_our_absence(broker: Broker) -> None:
    clock = MovableClock()
    began_s = clock()
    with Link(broker, clock=clock, receive_maximum=50) as link, Sender(broker) as sender:
        link.until_live()
        link.driver.close()
        link.clock.advance(600)
        sender.say_statuses(range(1, 1001))
        link.clock.advance(600)
        link.driver.open(None)
        link.until_seqs(range(1, 1001))
        assert all(1200 <= age_s <= clock() - began_s for age_s in link.ages(range(1, 1001)))
        link.until_live()
        sender.say_statuses([1001])
        link.until_seqs([1001])
        assert link.ages([1001]) == [0]


def test_the_marker_follows_everything_that_was_held_however_much_it_is(broker: Broker) -> None:
    with Link(broker, receive_maximum=10) as link, Sender(broker) as sender:
        link.until_live()
        link.driver.close()
        link.clock.advance(900)
        sender.say_statuses(range(1, 3001))
        link.driver.open(None)
        link.until_live()
        assert link.seqs == list(range(1, 3001)), "nothing that was held may come after the proof that nothing is held"
        assert min(link.ages(range(1, 3001))) >= 900


def test_the_absence_is_known_over_a_restart_of_the_monitor(broker: Broker) -> None:
    memory, clock = KeptBytes(), MovableClock()
    with Link(broker, memory=memory, clock=clock) as link:
        link.until_live()
    clock.advance(3600)
    with Sender(broker) as sender, Link(broker, memory=memory, clock=clock) as after:
        sender.say_statuses([1])
        after.until_seqs([1])
        assert 3600 <= after.ages([1])[0] < 3700 or after.ages([1]) == [0]
        after.until_live()
        after.until_broker_knows()
    with Sender(broker) as sender:
        sender.say_statuses([2])
        clock.advance(3600)
        with Link(broker, memory=memory, clock=clock) as after:
            after.until_seqs([2])
            assert 3600 <= after.ages([2])[0] < 3700


def test_without_a_memory_a_message_may_be_as_old_as_the_session(broker: Broker) -> None:
    with Link(broker, session_expiry_s=5000) as link:
        link.until_live()
    with Sender(broker) as sender:
        sender.say_statuses([1])
    with Link(broker, session_expiry_s=5000) as after:
        after.until_seqs([1])
        assert after.ages([1])[0] >= 5000


def test_a_clock_that_went_back_while_we_were_away_proves_nothing(broker: Broker) -> None:
    memory, clock = KeptBytes(), MovableClock()
    with Link(broker, memory=memory, clock=clock) as link:
        link.until_live()
    with Sender(broker) as sender:
        sender.say_statuses([1])
    clock.advance(-5000)
    with Link(broker, memory=memory, clock=clock, session_expiry_s=7000) as after:
        after.until_seqs([1])
        assert after.ages([1])[0] >= 7000


@pytest.mark.usefixtures("long_goodbye")
def test_what_was_read_long_ago_and_never_settled_comes_again_as_old_as_it_is(broker: Broker) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        link.until_live()
        sender.say_statuses([1])
        link.until_seqs([1], settle=False)
        for _ in range(5):
            link.clock.advance(100)
            link.until_live()
        link.driver.close()
        link.driver.open(None)
        link.until(lambda: link.seqs == [1, 1])
        assert link.ages([1])[1] >= 500
        sender.say_statuses([2])
        link.until_seqs([2])
    with Link(broker, memory=link.memory, clock=link.clock) as after:
        after.until_live()
        assert not after.items


def test_a_burst_after_a_line_stood_still_is_old_until_the_marker_is_back(broker: Broker) -> None:
    with Relay(broker.port) as relay, Link(broker, port=relay.port) as link, Sender(broker) as sender:
        link.until_live()
        relay.stall()
        sender.say_statuses(range(1, 21))
        assert link.step() is None
        link.clock.advance(40)
        relay.flow()
        link.until_seqs(range(1, 21))
        assert all(age_s >= 40 for age_s in link.ages(range(1, 21)))
        link.until_live()
        sender.say_statuses([21])
        link.until_seqs([21])
        assert link.ages([21]) == [0]


def test_being_slow_is_seen_as_age(broker: Broker) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        link.until_live()
        sender.say_statuses([1])
        link.clock.advance(120)  # the monitor was busy with something else
        link.until_seqs([1])
        assert link.ages([1])[0] >= 120


def test_a_quiet_line_stays_live_without_a_single_message(broker: Broker) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        for _ in range(20):
            link.clock.advance(3)
            link.step(0.02)
        sender.say_statuses([1])
        link.until_seqs([1])
        assert link.ages([1]) == [0]


def test_an_alarm_that_was_held_back_is_an_alarm_all_the_same(broker: Broker) -> None:
    with Link(broker) as link, Sender(broker) as sender:
        link.until_live()
        link.driver.close()
        link.clock.advance(60)
        sender.say(b'{"v":1,"kind":"alarm","code":"occl-down","phase":"start"}').wait_for_publish(PATIENCE_S)
        link.driver.open(None)
        link.until(lambda: bool(link.items))
        ((_, alarm),) = link.items
        assert isinstance(alarm, AlarmObserved)
        assert alarm.age_max_s >= 60


@pytest.mark.parametrize(
    ("rules", "why"),
    [(NO_MARKERS, "publish there"), (NO_MARKERS + "topic write pumpwatch/1/monitor/#\n", "none has come back")],
    ids=["may-not-publish", "may-not-read"],
)
def test_without_markers_messages_count_as_old_until_the_queue_was_quiet(
    make_broker: Callable[..., Broker], rules: str, why: str
) -> None:
    """Two ways to forget the marker topic in the broker's rules; both are told, and neither makes old flow new."""
    broker = make_broker(access_rules=rules)
    with Link(broker, keepalive_s=5) as link, Sender(broker) as sender:
        link.step()
        link.driver.close()
        link.clock.advance(300)
        sender.say_statuses([1])
        link.driver.open(None)
        link.until_seqs([1])
        assert link.ages([1])[0] >= 300
        while "no-marker" not in link.causes:
            link.clock.advance(1)
            link.step(0.05)
        assert any(why in refusal.why for refusal in link.refused)
        sender.say_statuses([2])
        link.until_seqs([2])
        assert link.ages([2])[0] >= 300, "nothing has shown yet that the queue is empty"
        link.until(lambda: link.driver._backlog.has_proof and link.driver._backlog.proven_at_s > 0)
        sender.say_statuses([3])
        link.until_seqs([3])
        assert link.ages([3])[0] < 100
        assert link.causes.count("no-marker") >= 1


def test_a_broker_that_cuts_the_line_over_a_marker_is_not_asked_again_and_again(
    make_broker: Callable[..., Broker],
) -> None:
    """Mosquitto 2.0.11 with an unlimited queue ends the connection after each publish that its rules deny."""
    broker = make_broker(access_rules=NO_MARKERS, settings="max_queued_messages 0")
    with Link(broker) as link, Sender(broker) as sender:
        link.until_lost()
        link.reopen()
        for _ in range(10):
            link.clock.advance(60)
            link.step(0.05)
        sender.say_statuses([1])
        link.until_seqs([1])
