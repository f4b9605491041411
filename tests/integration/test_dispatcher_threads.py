"""The dispatcher with real threads and hand-made channels: nobody waits for another, nothing is lost in silence."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from dispatch_desk import FAILED, REFUSED, UNKNOWN, WAIT_S, Desk, FakeChannel, StuckChannel, notice
from monitor.escalation.channel import ACCEPTED, Delivery, DeliveryState, Notice
from monitor.escalation.dispatcher import Dispatcher, DispatcherSettings, NoticeOutcome, NoticeState


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    if desk.dispatcher is not None:
        desk.dispatcher.close()


def test_a_notice_that_is_taken_is_reported_once(desk: Desk) -> None:
    mail = FakeChannel()
    assert desk.open(mail=mail).offer([notice(1)]) == []
    assert desk.next() == NoticeOutcome(outbox_id=1, state=NoticeState.ACCEPTED, attempts=1)
    assert mail.sent == [["k1"]]


def test_many_notices_go_out_in_batches_and_in_order(desk: Desk) -> None:
    mail = FakeChannel(batch_max=4)
    desk.open(mail=mail).offer([notice(number) for number in range(10)])
    assert [desk.next().outbox_id for _ in range(10)] == list(range(10))
    assert [len(batch) for batch in mail.sent] == [4, 4, 2]


@pytest.mark.parametrize("first", [FAILED, UNKNOWN], ids=["failed", "unknown"])
def test_what_was_not_taken_is_tried_again_under_the_same_key(desk: Desk, first: Delivery) -> None:
    mail = FakeChannel(lambda _, attempt: first if attempt == 1 else ACCEPTED)
    desk.open(mail=mail).offer([notice(1)])
    outcome = desk.next()
    assert (outcome.state, outcome.attempts, outcome.error) == (NoticeState.OFFERED, 1, first.why)
    desk.pass_time(2.1)
    assert desk.next() == NoticeOutcome(outbox_id=1, state=NoticeState.ACCEPTED, attempts=2)
    assert mail.sent == [["k1"], ["k1"]]


def test_what_can_never_be_taken_is_given_up_without_another_try(desk: Desk) -> None:
    mail = FakeChannel(lambda *_: REFUSED)
    desk.open(mail=mail).offer([notice(1)])
    assert desk.next() == NoticeOutcome(outbox_id=1, state=NoticeState.FAILED, attempts=1, error="never")


def test_a_notice_is_tried_until_it_expires(desk: Desk) -> None:
    mail = FakeChannel(lambda *_: FAILED)
    desk.open(mail=mail).offer([notice(1, expires_at_us=desk.clock.at_us + 60_000_000)])
    assert desk.next().state is NoticeState.OFFERED
    desk.pass_time(61)
    outcome = desk.next()
    assert (outcome.state, outcome.error) == (NoticeState.FAILED, "it expired before a provider took it")
    assert mail.tries == {"k1": 1}


def test_the_provider_may_ask_for_a_longer_wait(desk: Desk) -> None:
    asked = Delivery(DeliveryState.FAILED, why="busy", retry_after_s=100.0)
    mail = FakeChannel(lambda _, attempt: asked if attempt == 1 else ACCEPTED)
    desk.open(mail=mail).offer([notice(1)])
    assert desk.next().state is NoticeState.OFFERED
    desk.pass_time(99)
    # A second notice shows that the worker has looked at the clock and left the first one alone.
    assert desk.dispatcher is not None
    desk.dispatcher.offer([notice(2)])
    assert desk.next().outbox_id == 2
    desk.pass_time(1.1)
    assert desk.next().outbox_id == 1


def test_a_channel_that_hangs_delays_no_other_channel(desk: Desk) -> None:
    stuck, mail = StuckChannel(), FakeChannel()
    dispatcher = desk.open(stuck=stuck, mail=mail)
    dispatcher.offer([notice(1, "stuck"), notice(2, "stuck")])
    assert stuck.has_begun.wait(WAIT_S)
    dispatcher.offer([notice(3)])
    assert desk.next().outbox_id == 3
    assert dispatcher.health()["stuck"].waiting == 2
    stuck.may_go.set()
    assert [desk.next().outbox_id, desk.next().outbox_id] == [1, 2]


def test_one_refused_notice_does_not_hold_up_the_others(desk: Desk) -> None:
    mail = FakeChannel(lambda sent, _: REFUSED if sent.outbox_id == 2 else ACCEPTED)
    desk.open(mail=mail).offer([notice(1), notice(2), notice(3)])
    assert [desk.next().state for _ in range(3)] == [NoticeState.ACCEPTED, NoticeState.FAILED, NoticeState.ACCEPTED]


def test_new_notices_go_before_those_that_failed(desk: Desk) -> None:
    has_begun, may_go = threading.Event(), threading.Event()

    def answer(sent: Notice, attempt: int) -> Delivery:
        if sent.outbox_id == 0:
            has_begun.set()
            may_go.wait(WAIT_S)
            return ACCEPTED
        return FAILED if sent.outbox_id == 1 and attempt == 1 else ACCEPTED

    dispatcher = desk.open(mail=FakeChannel(answer, batch_max=1))
    dispatcher.offer([notice(1)])
    assert desk.next().state is NoticeState.OFFERED
    dispatcher.offer([notice(0)])
    assert has_begun.wait(WAIT_S)
    desk.clock.at_us += 3_000_000
    dispatcher.offer([notice(2)])
    may_go.set()
    assert [desk.next().outbox_id for _ in range(3)] == [0, 2, 1]


def test_a_channel_that_raises_counts_as_unknown_and_is_tried_again(desk: Desk) -> None:
    def answer(_: Notice, attempt: int) -> Delivery:
        if attempt == 1:
            raise RuntimeError
        return ACCEPTED

    desk.open(mail=FakeChannel(answer)).offer([notice(1)])
    assert desk.next().error == "the channel failed with RuntimeError"
    desk.pass_time(2.1)
    assert desk.next().state is NoticeState.ACCEPTED


def test_a_channel_that_answers_for_too_few_counts_as_unknown(desk: Desk) -> None:
    class Forgetful(FakeChannel):
        def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
            return super().send_many(notices)[1:]

    desk.open(mail=Forgetful()).offer([notice(1), notice(2)])
    assert desk.next().error == "the channel answered for 1 of 2 notices"


def test_without_room_notices_come_back_and_nothing_waits(desk: Desk) -> None:
    stuck = StuckChannel()
    dispatcher = desk.open(DispatcherSettings(queue_max=3), stuck=stuck)
    left = dispatcher.offer([notice(number, "stuck") for number in range(5)])
    assert [one.outbox_id for one in left] == [3, 4]
    stuck.may_go.set()
    assert [desk.next().outbox_id for _ in range(3)] == [0, 1, 2]
    stuck.may_go.set()
    assert dispatcher.offer(left) == []
    assert [desk.next().outbox_id for _ in range(2)] == [3, 4]


def test_a_notice_for_a_channel_that_nobody_configured_is_reported_as_failed(desk: Desk) -> None:
    desk.open(mail=FakeChannel()).offer([notice(1, "pigeon")])
    assert desk.next() == NoticeOutcome(
        outbox_id=1, state=NoticeState.FAILED, attempts=1, error='there is no channel "pigeon"'
    )


def test_outcomes_that_could_not_be_written_down_are_reported_again(desk: Desk) -> None:
    is_full = True

    def report(outcomes: list[NoticeOutcome]) -> None:
        nonlocal is_full
        if is_full:
            is_full = False
            raise OSError
        desk.report(outcomes)

    desk.dispatcher = Dispatcher({"mail": FakeChannel(batch_max=1)}, report, desk.clock.now_us)
    desk.dispatcher.offer([notice(1), notice(2)])
    assert [desk.next().outbox_id, desk.next().outbox_id] == [1, 2]


def test_faults_of_a_channel_of_its_thread_and_of_whoever_takes_the_outcomes_are_counted(desk: Desk) -> None:
    noted: queue.Queue[tuple[str, str]] = queue.Queue(maxsize=100)
    may_report = False

    def note(at: str, fault: Exception) -> None:
        noted.put_nowait((at, type(fault).__name__))

    def broken(_notice: Notice, attempt: int) -> Delivery:
        if attempt == 1:
            raise ArithmeticError
        return ACCEPTED

    def report(outcomes: list[NoticeOutcome]) -> None:
        if not may_report:
            raise OSError
        desk.report(outcomes)

    mail = FakeChannel(broken)
    desk.dispatcher = Dispatcher({"mail": mail}, report, desk.clock.now_us, note_fault=note)
    desk.dispatcher.offer([notice(1)])
    assert noted.get(timeout=WAIT_S) == ("channel", "ArithmeticError")
    assert noted.get(timeout=WAIT_S) == ("outcomes", "OSError")
    may_report = True
    desk.pass_time(60)
    assert desk.next().outbox_id == 1
    mail.batch_max = cast("int", "many")
    desk.dispatcher.offer([notice(2)])
    assert noted.get(timeout=WAIT_S) == ("channel", "TypeError")


def test_health_says_since_when_a_channel_fails_and_when_it_is_back(desk: Desk) -> None:
    mail = FakeChannel(lambda _, attempt: FAILED if attempt == 1 else ACCEPTED)
    dispatcher = desk.open(mail=mail)
    since_us = desk.clock.at_us
    dispatcher.offer([notice(1)])
    assert desk.next().state is NoticeState.OFFERED
    health = dispatcher.health()["mail"]
    assert (health.failing_since_us, health.last_error, health.accepted) == (since_us, "not now", 0)
    desk.pass_time(2.1)
    assert desk.next().state is NoticeState.ACCEPTED
    health = dispatcher.health()["mail"]
    assert (health.failing_since_us, health.accepted) == (None, 1)


def test_reports_may_offer_new_notices(desk: Desk) -> None:
    def report(outcomes: list[NoticeOutcome]) -> None:
        desk.report(outcomes)
        if outcomes[0].outbox_id == 1 and desk.dispatcher is not None:
            desk.dispatcher.offer([notice(2)])

    desk.dispatcher = Dispatcher({"mail": FakeChannel()}, report, desk.clock.now_us)
    desk.dispatcher.offer([notice(1)])
    assert [desk.next().outbox_id, desk.next().outbox_id] == [1, 2]


def test_close_leaves_no_thread_and_keeps_the_rest_for_the_next_process(desk: Desk) -> None:
    stuck, mail = StuckChannel(), FakeChannel()
    dispatcher = desk.open(stuck=stuck, mail=mail)
    dispatcher.offer([notice(1, "stuck"), notice(2, "stuck"), notice(3)])
    assert stuck.has_begun.wait(WAIT_S)
    assert desk.next().outbox_id == 3
    stuck.may_go.set()
    dispatcher.close()
    assert stuck.is_closed
    assert mail.is_closed
    for thread in threading.enumerate():
        if thread.name.startswith("channel-"):
            thread.join(WAIT_S)
            assert not thread.is_alive()
    assert [one.outbox_id for one in dispatcher.offer([notice(4)])] == [4]
    dispatcher.close()


def test_close_does_not_wait_for_ever_for_a_channel_that_hangs(desk: Desk) -> None:
    stuck = StuckChannel()
    dispatcher = desk.open(stuck=stuck)
    dispatcher.offer([notice(1, "stuck")])
    assert stuck.has_begun.wait(WAIT_S)
    dispatcher.close(timeout_s=0.01)
    assert stuck.is_closed
    stuck.may_go.set()
    assert desk.next().outbox_id == 1
