"""Says how old a message may be that a broker has handed over.

Touches no clock: the caller passes the time. A broker may have held a message while we were away,
while the line stood still, or because we were slow. None of that shows in the message, and an old
"delivering" that is taken for a new one hides a stop. So a single bound is kept:

    proven_at_s   whatever is read from now on reached the broker at this instant or later

It moves only by proof. A marker (a random word at QoS 1 on a topic of our own) is queued by the broker
behind all that it holds for us; when the marker comes back, what follows it is younger than the
marker's own sending. As long as markers come back promptly the line is live, and messages carry age 0.

Where the broker does not hand markers back, a ping is the next best thing: it proves that the line is
alive, but not that the queue is empty, so at first it only counts after the queue was quiet.

A message may come twice: what we read and never acknowledged is sent again on the next connection.
Therefore a second, older bound is kept, ``floor_at_s``: every message that the broker may still send,
again or for the first time, reached it at this instant or later. It is what survives a restart.
"""

from __future__ import annotations

from typing import NamedTuple

MARKER_EVERY_S = 4.0
"""How often a marker is sent, in seconds; about 250 bytes on the wire each time."""

LIVE_WITHIN_S = 6.0
"""A line with proof not older than this counts as live: one marker period, one turn and a round trip."""

MARKER_WAIT_S = 30.0
"""How long a marker may stay away until pings are believed instead."""

MARKER_RETRY_S = 60.0
"""How often a marker is tried while pings are believed."""

DENIED_RETRY_S = 3600.0
"""The same where the broker has said no: some brokers cut the line at each try."""

QUIET_S = 2.0
"""How long the queue must have been quiet before a ping counts as proof that it is empty."""

MARKERS_KEPT_MAX = 16
"""How many markers may be on their way; the oldest is forgotten first, which only delays proof."""


class _Probe(NamedTuple):
    """A marker or a ping on its way."""

    sent_at_s: float
    floor_at_s: float


class Backlog:
    """The bounds of one session; all instants in seconds of monitor time.

    Attributes:
        proven_at_s: See above.
        floor_at_s: See above.
        resent_at_s: The bound of what the broker says that it sends again: the floor of the connection before.
        has_proof: Whether anything was proven on this connection; before, nothing is worth storing.
        is_waiting_for_quiet: Whether markers do not come back and pings are believed.
    """

    def __init__(self) -> None:
        self.proven_at_s = 0.0
        self.floor_at_s = 0.0
        self.has_proof = False
        self.is_waiting_for_quiet = False
        self.resent_at_s = 0.0
        self._markers: dict[bytes, _Probe] = {}
        self._ping: _Probe | None = None
        self._unanswered_since_s: float | None = None
        self._next_marker_at_s = 0.0
        self._denied_until_s: float | None = None
        self._last_message_at_s = 0.0

    def connected(self, at_s: float, *, held_since_s: float | None) -> None:
        """Begin a connection whose CONNECT was sent at ``at_s``.

        Args:
            at_s: Not later than the broker's knowledge of our subscriptions.
            held_since_s: The bound for everything that the broker kept for us; None where it kept nothing,
                because the session is new.
        """
        self.proven_at_s = at_s if held_since_s is None else min(held_since_s, at_s)
        self.floor_at_s = self.proven_at_s
        self.resent_at_s = self.proven_at_s
        self.has_proof = held_since_s is None
        self.is_waiting_for_quiet = self._denied_until_s is not None and at_s < self._denied_until_s
        self._markers.clear()
        self._ping = None
        self._unanswered_since_s = None
        self._next_marker_at_s = at_s if self._denied_until_s is None else max(at_s, self._denied_until_s)
        self._last_message_at_s = at_s

    def age_max_s(self, now_s: float) -> float:
        """Return how old a message read now may be; 0 on a live line."""
        age_s = max(now_s - self.proven_at_s, 0.0)
        return 0.0 if self.has_proof and age_s <= LIVE_WITHIN_S else age_s

    def resent_age_max_s(self, now_s: float) -> float:
        """Return how old a message read now may be if the broker says that it sends it again."""
        return max(now_s - self.resent_at_s, self.age_max_s(now_s), 0.0)

    def is_marker_due(self, now_s: float) -> bool:
        """Tell whether a marker should be sent now."""
        return now_s >= self._next_marker_at_s

    def marker_sent(self, word: bytes, now_s: float, unsettled_at_s: float | None) -> None:
        """Take note of a marker.

        Args:
            word: What will come back.
            now_s: An instant not later than its sending.
            unsettled_at_s: The oldest bound of the messages that were read and are not yet acknowledged.
        """
        while len(self._markers) >= MARKERS_KEPT_MAX:
            del self._markers[next(iter(self._markers))]
        self._markers[word] = self._probe(now_s, unsettled_at_s)
        if self._unanswered_since_s is None:
            self._unanswered_since_s = now_s
        self._next_marker_at_s = now_s + (MARKER_RETRY_S if self.is_waiting_for_quiet else MARKER_EVERY_S)

    def marker_returned(self, word: bytes) -> bool:
        """Take a marker for proof; False, and nothing else, if it is none of ours on this connection."""
        probe = self._markers.pop(word, None)
        if probe is None:
            return False
        # Those sent before it can prove nothing more.
        self._markers = {word: later for word, later in self._markers.items() if later.sent_at_s > probe.sent_at_s}
        self._unanswered_since_s = min((later.sent_at_s for later in self._markers.values()), default=None)
        if self.is_waiting_for_quiet:
            self.is_waiting_for_quiet = False
            self._denied_until_s = None
            self._next_marker_at_s = probe.sent_at_s + MARKER_EVERY_S
        self._prove(probe)
        return True

    def markers_failed(self, now_s: float, *, denied: bool) -> None:
        """Give markers up for pings: the broker has refused one, or it does not hand them back."""
        self.is_waiting_for_quiet = True
        self._next_marker_at_s = now_s + (DENIED_RETRY_S if denied else MARKER_RETRY_S)
        if denied:
            self._denied_until_s = self._next_marker_at_s

    def is_marker_overdue(self, now_s: float) -> bool:
        """Tell whether a marker has stayed away for too long, while markers are still believed in."""
        if self.is_waiting_for_quiet or self._unanswered_since_s is None:
            return False
        return now_s - self._unanswered_since_s >= MARKER_WAIT_S

    def messages_came(self, now_s: float) -> None:
        """Take note that the queue was not empty just now."""
        self._last_message_at_s = now_s

    def ping_sent(self, now_s: float, unsettled_at_s: float | None) -> None:
        """Take note of a ping; the arguments are those of ``marker_sent``."""
        self._ping = self._probe(now_s, unsettled_at_s)

    def ping_answered(self, now_s: float) -> None:
        """Take a ping for proof, where markers do not come back and the queue was seen to be empty once."""
        ping, self._ping = self._ping, None
        if ping is None or not self.is_waiting_for_quiet:
            return
        # An answer overtakes what the broker holds back, so it says nothing of a queue never seen empty.
        if self.has_proof or now_s - self._last_message_at_s >= QUIET_S:
            self._prove(ping)

    def _probe(self, now_s: float, unsettled_at_s: float | None) -> _Probe:
        """Return a probe with the floor that its answer will prove.

        The broker handles our acknowledgements and the probe in the order of their sending. Once the
        probe is answered, only what was not acknowledged before it can come again.
        """
        return _Probe(now_s, min(self.proven_at_s, now_s if unsettled_at_s is None else unsettled_at_s))

    def _prove(self, probe: _Probe) -> None:
        self.has_proof = True
        self.proven_at_s = max(self.proven_at_s, probe.sent_at_s)
        self.floor_at_s = max(self.floor_at_s, probe.floor_at_s)
