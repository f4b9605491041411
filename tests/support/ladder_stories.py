"""Plays hand-made interruptions through the ladder, for tests of who is told when.

A story is what is true of one interruption: its stops, when it was detected, its marks. The view at an
instant is worked out from that by plain arithmetic, apart from the interruption clock's own code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.escalation.ladder import acknowledge, advance
from monitor.escalation.rungs import BLINATUMOMAB, Ladder
from monitor.escalation.turns import Call, LadderState, LadderTurn
from monitor.interruption.events import MarkKind
from monitor.interruption.policy import MINUTE_US, SECOND_US
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Mark, OffClass, Phase

DAY_US = 24 * 60 * MINUTE_US
MIDNIGHT_US = 20_000 * DAY_US


def at(clock: str, day: int = 0) -> int:
    """Return the instant of ``"hh:mm"`` or ``"hh:mm:ss"`` on the story's day."""
    parts = [int(part) for part in clock.split(":")]
    seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
    return MIDNIGHT_US + day * DAY_US + seconds * SECOND_US


def clock_of(instant_us: int) -> str:
    """Return an instant of the story as ``hh:mm``, with seconds only where there are any."""
    seconds = (instant_us - MIDNIGHT_US) // SECOND_US % 86_400
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02}"


@dataclass(frozen=True, kw_only=True)
class Story:
    """What is true of one interruption.

    Attributes:
        stops: From and to of each stretch that counts into the worst case; None while it lasts.
        detected_us: When a stop was known; None while it is silence only.
        high_us: When a high-priority alarm belonged to it.
        silent_us: Last flow evidence, for a story that begins in silence.
        mark: A planned mark, in force until its window ends.
        holds: From and to of clinicians' holds.
        found_late: Whether old evidence found it.
        threshold_us: The restart threshold.
    """

    stops: tuple[tuple[int, int | None], ...]
    detected_us: int | None = None
    high_us: int | None = None
    silent_us: int | None = None
    mark: Mark | None = None
    holds: tuple[tuple[int, int | None], ...] = ()
    found_late: bool = False
    threshold_us: int = 240 * MINUTE_US

    def turning_points(self) -> list[int]:
        """Return the instants at which an event would make the processor ask the ladder."""
        points = {edge for stretch in (*self.stops, *self.holds) for edge in stretch if edge is not None}
        points |= {point for point in (self.detected_us, self.high_us) if point is not None}
        points |= set() if self.mark is None else {self.mark.at_us}
        noticed_us = self.noticed_us()
        return sorted(point for point in points | {noticed_us} if point >= noticed_us)

    def noticed_us(self) -> int:
        """Return when the monitor first knew of it."""
        known = [self.detected_us] if self.detected_us is not None else []
        return min([*known, *([self.silent_us + 15 * MINUTE_US] if self.silent_us is not None else [])])

    def view(self, now_us: int) -> InterruptionView:
        """Return the interruption as it stands at ``now_us``."""
        off_max_us = sum(
            min(now_us, now_us if end is None else end) - start for start, end in self.stops if start <= now_us
        )
        is_running = any(start <= now_us and (end is None or now_us < end) for start, end in self.stops)
        detected_us = self.detected_us if self.detected_us is not None and self.detected_us <= now_us else None
        left_us = self.threshold_us - off_max_us
        mark = self.mark if self.mark is not None and self.mark.at_us <= now_us < self.mark.window_until_us else None
        return InterruptionView(
            id="K7-1",
            pump="K7",
            number=1,
            at_us=now_us,
            opened_at_us=self.stops[0][0],
            noticed_at_us=self.noticed_us(),
            detected_at_us=detected_us,
            high_priority_at_us=self.high_us if self.high_us is not None and self.high_us <= now_us else None,
            phase=Phase.OPEN,
            ended_at_us=None,
            off_min_us=0,
            off_max_us=off_max_us,
            off_class=OffClass.POSSIBLE if left_us <= 0 else OffClass.BELOW,
            is_max_running=is_running,
            deadline_at_us=now_us + left_us if is_running and left_us > 0 else None,
            threshold_met_at_us=now_us + left_us if left_us <= 0 else None,
            silent_since_us=self.silent_us if detected_us is None else None,
            last_contact_at_us=None,
            alarm_codes=(),
            merged_stops=len([start for start, _ in self.stops if start <= now_us]),
            found_late=self.found_late,
            mark=mark,
            is_held=any(start <= now_us and (end is None or now_us < end) for start, end in self.holds),
        )


def planned(at_us: int, quiet_min: int = 20, window_min: int = 30) -> Mark:
    """Return a planned mark."""
    return Mark(
        kind=MarkKind.BAG_CHANGE,
        by="nurse",
        at_us=at_us,
        quiet_until_us=at_us + quiet_min * MINUTE_US,
        window_until_us=at_us + window_min * MINUTE_US,
    )


@dataclass
class Play:
    """A story being played: the ladder's state and every call so far."""

    story: Story
    ladder: Ladder = BLINATUMOMAB
    acknowledgements: dict[int, str] = field(default_factory=dict)
    state: LadderState | None = None
    calls: list[tuple[int, Call]] = field(default_factory=list)
    turns: list[LadderTurn] = field(default_factory=list)
    asked_us: int | None = None

    def ask(self, now_us: int) -> LadderTurn:
        """Take one turn of the ladder, then the acknowledgement of this instant and a turn after it, if any."""
        self.asked_us = now_us
        turn = self._turn(now_us)
        what = self.acknowledgements.get(now_us)
        if what is not None:
            self.state = acknowledge(turn.state, what, "N. Nurse", now_us, self.ladder)
            turn = self._turn(now_us)
        return turn

    def _turn(self, now_us: int) -> LadderTurn:
        turn = advance(self.state, self.story.view(now_us), self.ladder, now_us)
        self.state = turn.state
        self.turns.append(turn)
        self.calls += [(now_us, call) for call in turn.told]
        return turn

    def when_due(self, until_us: int) -> Play:
        """Ask at turning points, at acknowledgements and when the ladder says so; go on from the last time."""
        points = sorted({*self.story.turning_points(), *self.acknowledgements})
        now_us = points[0] if self.asked_us is None else self.asked_us
        while now_us <= until_us:
            turn = self.ask(now_us)
            coming = [point for point in points if point > now_us]
            coming += [turn.next_at_us] if turn.next_at_us is not None else []
            if not coming:
                break
            now_us = min(coming)
        return self

    def every(self, step_us: int, until_us: int) -> Play:
        """Ask at fixed steps as well as at turning points and acknowledgements."""
        points = {*self.story.turning_points(), *self.acknowledgements}
        start_us = min(points)
        for now_us in sorted(points | set(range(start_us, until_us + 1, step_us))):
            if now_us <= until_us:
                self.ask(now_us)
        return self

    def told(self, *, repeats: bool = True) -> list[tuple[str, str]]:
        """Return (when due, rung) of every call, in order."""
        return [
            (clock_of(call.due_at_us), call.rung)
            for _, call in self.calls
            if repeats or call.reason is not call.reason.REPEAT
        ]

    def times(self, rung: str) -> list[str]:
        """Return when one rung was told, repeats included."""
        return [clock_of(now_us) for now_us, call in self.calls if call.rung == rung]
