"""Shows how old messages count, by moving the time and letting markers and pings come back."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from drivers.mqtt_pump.backlog import LIVE_WITHIN_S, MARKER_EVERY_S, MARKER_WAIT_S, QUIET_S, Backlog


def connected(*, held_since_s: float | None, at_s: float = 1000.0) -> Backlog:
    backlog = Backlog()
    backlog.connected(at_s, held_since_s=held_since_s)
    return backlog


def test_a_new_session_is_live_at_once() -> None:
    backlog = connected(held_since_s=None)
    assert backlog.age_max_s(1000.5) == 0
    assert backlog.floor_at_s == 1000


def test_what_the_broker_held_is_as_old_as_the_last_proof_until_a_marker_comes_back() -> None:
    backlog = connected(held_since_s=400.0)
    assert backlog.is_marker_due(1000.0)
    backlog.marker_sent(b"m", 1000.2, None)
    assert backlog.age_max_s(1001.0) == 601
    assert backlog.marker_returned(b"m")
    assert backlog.age_max_s(1001.0) == 0


def test_a_short_absence_counts_too_while_nothing_is_proven() -> None:
    assert connected(held_since_s=998.0).age_max_s(1000.0) == 2


def test_a_word_that_is_not_our_marker_proves_nothing() -> None:
    backlog = connected(held_since_s=400.0)
    backlog.marker_sent(b"m", 1000.0, None)
    assert not backlog.marker_returned(b"forged")
    assert backlog.age_max_s(1000.0) == 600
    backlog.connected(1100.0, held_since_s=400.0)
    assert not backlog.marker_returned(b"m"), "a marker of an earlier connection may have been held back itself"


def test_a_line_that_stood_still_makes_messages_old_until_the_next_marker_is_back() -> None:
    backlog = connected(held_since_s=None)
    backlog.marker_sent(b"a", 1004.0, None)
    backlog.marker_returned(b"a")
    assert backlog.age_max_s(1004.0 + LIVE_WITHIN_S) == 0
    assert backlog.age_max_s(1030.0) == 26
    backlog.marker_sent(b"b", 1030.0, None)
    assert backlog.age_max_s(1030.1) > 26
    backlog.marker_returned(b"b")
    assert backlog.age_max_s(1030.2) == 0


def test_being_slow_shows_as_age_too() -> None:
    backlog = connected(held_since_s=None)
    for at_s in range(1000, 1040, 4):
        backlog.marker_sent(str(at_s).encode(), at_s, None)
    backlog.marker_returned(b"1004")
    assert backlog.age_max_s(1040.0) == 36


def test_markers_are_sent_now_and_then() -> None:
    backlog = connected(held_since_s=None)
    backlog.marker_sent(b"a", 1000.0, None)
    assert not backlog.is_marker_due(1000.0 + MARKER_EVERY_S - 0.1)
    assert backlog.is_marker_due(1000.0 + MARKER_EVERY_S)


def test_what_was_not_acknowledged_before_the_marker_left_may_come_again_and_is_older() -> None:
    backlog = connected(held_since_s=None)
    backlog.marker_sent(b"a", 1004.0, None)
    backlog.marker_returned(b"a")
    backlog.marker_sent(b"b", 1008.0, 1001.0)  # a batch read at 1001 is not yet durable
    backlog.marker_returned(b"b")
    assert backlog.proven_at_s == 1008
    assert backlog.floor_at_s == 1001
    backlog.connected(1010.0, held_since_s=backlog.floor_at_s)
    assert backlog.resent_age_max_s(1010.0) == 9


def test_a_message_that_is_sent_again_later_keeps_the_age_from_before_the_connection() -> None:
    backlog = connected(held_since_s=900.0)
    backlog.marker_sent(b"m", 1000.0, None)
    backlog.marker_returned(b"m")
    assert backlog.age_max_s(1003.0) == 0
    assert backlog.resent_age_max_s(1003.0) == 103


def test_pings_prove_nothing_while_markers_work() -> None:
    backlog = connected(held_since_s=400.0)
    backlog.ping_sent(1015.0, None)
    backlog.ping_answered(1015.1)
    assert backlog.age_max_s(1016.0) == 616


def test_without_markers_a_ping_counts_once_the_queue_was_quiet() -> None:
    backlog = connected(held_since_s=400.0)
    backlog.markers_failed(1000.0, denied=False)
    backlog.messages_came(1014.0)
    backlog.ping_sent(1015.0, None)
    backlog.ping_answered(1015.1)
    assert backlog.age_max_s(1016.0) == 616, "a message came a second ago: the queue may be full of others"
    backlog.ping_sent(1030.0, None)
    backlog.ping_answered(1014.0 + QUIET_S + 20)
    assert backlog.age_max_s(1031.0) == 0
    assert backlog.age_max_s(1040.0) == 10


def test_a_marker_that_stays_away_is_given_up_after_a_while_and_tried_again_later() -> None:
    backlog = connected(held_since_s=400.0)
    for at_s in (1000.0, 1004.0, 1008.0):
        backlog.marker_sent(str(at_s).encode(), at_s, None)
    assert not backlog.is_marker_overdue(1000.0 + MARKER_WAIT_S - 1)
    assert backlog.is_marker_overdue(1000.0 + MARKER_WAIT_S)
    backlog.markers_failed(1030.0, denied=False)
    assert not backlog.is_marker_overdue(1000.0 + MARKER_WAIT_S)
    assert not backlog.is_marker_due(1030.0)
    assert backlog.is_marker_due(1100.0)
    backlog.marker_sent(b"again", 1100.0, None)
    backlog.marker_returned(b"again")
    assert not backlog.is_waiting_for_quiet
    assert backlog.age_max_s(1100.1) == 0


def test_a_broker_that_said_no_is_not_asked_again_for_an_hour_not_even_after_a_cut() -> None:
    backlog = connected(held_since_s=None)
    backlog.marker_sent(b"m", 1000.0, None)
    backlog.markers_failed(1000.1, denied=True)
    backlog.connected(1010.0, held_since_s=1000.0)
    assert backlog.is_waiting_for_quiet
    assert not backlog.is_marker_due(1010.0)
    assert not backlog.is_marker_due(4600.0)
    assert backlog.is_marker_due(4601.0)
    backlog.marker_sent(b"n", 4601.0, None)
    backlog.marker_returned(b"n")
    backlog.connected(4610.0, held_since_s=4601.0)
    assert backlog.is_marker_due(4610.0)


class HonestBroker(RuleBasedStateMachine):
    """A broker that queues, delivers in order, repeats what was not acknowledged, and is cut at any time.

    Whatever happens, no message is older than we say.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.count = 0
        self.backlog = Backlog()
        self.backlog.connected(0.0, held_since_s=None)
        # Marker or message, and when the broker got it.
        self.queue: list[tuple[bytes | None, float]] = []
        self.resent: list[float] = []
        # When the broker got it, and our bound for it.
        self.unsettled: list[tuple[float, float]] = []
        self.acknowledged: list[tuple[float, float]] = []
        self.acknowledged_before: dict[bytes, int] = {}

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 30.0, 600.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def a_pump_speaks(self) -> None:
        self.queue.append((None, self.now_s))

    @rule()
    def a_marker_is_sent(self) -> None:
        self.count += 1
        word = str(self.count).encode()
        self.backlog.marker_sent(word, self.now_s, min((bound for _, bound in self.unsettled), default=None))
        self.acknowledged_before[word] = len(self.acknowledged)
        self.queue.append((word, self.now_s))

    @precondition(lambda self: self.resent or self.queue)
    @rule()
    def the_next_is_read(self) -> None:
        if self.resent:
            self._is_read(self.resent.pop(0), self.backlog.resent_age_max_s(self.now_s), self.backlog.resent_at_s)
            return
        word, got_at_s = self.queue.pop(0)
        if word is None:
            self._is_read(got_at_s, self.backlog.age_max_s(self.now_s), self.backlog.proven_at_s)
        elif self.backlog.marker_returned(word):
            # The broker has taken in all that was sent before this marker.
            done = self.acknowledged_before.pop(word)
            del self.acknowledged[:done]
            self.acknowledged_before = {one: count - done for one, count in self.acknowledged_before.items()}

    def _is_read(self, got_at_s: float, age_s: float, bound_at_s: float) -> None:
        assert self.now_s - got_at_s <= max(age_s, LIVE_WITHIN_S) + 1e-6
        self.unsettled.append((got_at_s, bound_at_s))

    @precondition(lambda self: self.unsettled)
    @rule(newest=st.booleans())
    def a_message_is_settled(self, newest: bool) -> None:  # noqa: FBT001 - a rule is called by name
        self.acknowledged.append(self.unsettled.pop(-1 if newest else 0))

    @rule(kept=st.booleans())
    def the_line_is_cut_and_comes_back(self, kept: bool) -> None:  # noqa: FBT001 - a rule is called by name
        # At the worst every acknowledgement that no marker has followed is lost on its way.
        read_and_not_done = [got_at_s for got_at_s, _ in self.acknowledged + self.unsettled]
        self.resent = read_and_not_done + self.resent if kept else []
        self.queue = self.queue if kept else []
        self.unsettled, self.acknowledged, self.acknowledged_before = [], [], {}
        self.backlog.connected(self.now_s, held_since_s=self.backlog.floor_at_s if kept else None)

    @invariant()
    def the_bounds_never_lie_ahead(self) -> None:
        assert self.backlog.floor_at_s <= self.backlog.proven_at_s <= self.now_s


TestHonestBroker = HonestBroker.TestCase
