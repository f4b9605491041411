"""Plays a story through the same intake, processor, ladder and storage as the daemon, in virtual time.

Time moves from deadline to deadline and from line to line; nothing waits. The same story and the same
configuration give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from drivers.contract import Batch
from monitor.clock import ManualClock
from monitor.config.settings import Config
from monitor.errors import CommandRefused, MonitorError
from monitor.escalation.channel import Notice
from monitor.escalation.dispatcher import NoticeOutcome, NoticeState
from monitor.feed.wire import rfc3339
from monitor.interruption.alarms import OwnCode
from monitor.interruption.events import ClockSynchronised
from monitor.service.engine import Engine
from monitor.service.explained_story import explanations_of
from monitor.service.intake import BatchArrived, EventArrived, Item, NoticesReported, Rang, Reply, SiteChanged
from monitor.service.replay_result import result_of
from monitor.service.story import Acted, Observed, RefusedLine, Restarted, StoryItem, WallStepped
from monitor.service.story_roles import refusal
from monitor.storage.unit_of_work import Store

RINGS_MAX = 1_000_000
"""A story that rings more often than this between two lines is too long for its pumps, or has a fault of ours in it."""


class Replay:
    """One story under one configuration.

    Args:
        config: What holds for the pumps.
        explains: Return the explanations of its interruptions instead of the story's result.
    """

    def __init__(self, config: Config, *, explains: bool = False) -> None:
        self._config = config
        self._explains = explains
        self._rejected: list[dict[str, Any]] = []
        self._instant: list[Item] = []
        self._replies: list[Reply] = []
        self._accepted: list[NoticeOutcome] = []
        self._store: Store | None = None
        self._engine: Engine | None = None
        self._clock = ManualClock(0)
        self._undated: tuple[int, int] | None = None

    def run(self, items: Iterable[StoryItem], until_us: int | None = None) -> dict[str, Any]:
        """Return what came of the story, at its last line or at ``until_us``."""
        story = list(items)
        downs = [(item.at_us - item.down_us, item.at_us) for item in story if isinstance(item, Restarted)]
        starts = [item.at_us for item in story if item.at_us is not None]
        began_us = min([starts[0] if starts else 0, *(down for down, _ in downs)])
        self._clock.move_to(began_us)
        self._store = Store.open("sqlite://", began_us)
        try:
            self._begin()
            for item in story:
                self._play(item, downs)
            self._finish_instant()
            if until_us is not None and until_us > self._clock.now_us():
                self._advance(until_us, inclusive=True)
            return self._result()
        finally:
            self._store.close()

    def _begin(self, *, is_downtime_known: bool = True) -> None:
        if self._store is None:
            return
        self._engine = Engine(self._config, self._store, self._clock, self._offer)
        self._engine.load(is_downtime_known=is_downtime_known)
        self._settle_notices()

    @property
    def engine(self) -> Engine:
        """The engine that runs now; another one after each restart of the story."""
        if self._engine is None:
            message = "the replay has not begun"
            raise RuntimeError(message)
        return self._engine

    def _play(self, item: StoryItem, downs: Sequence[tuple[int, int]]) -> None:
        now_us = self._clock.now_us()
        if isinstance(item, RefusedLine):
            self._reject(item.at_us, item.why)
        elif item.at_us < now_us:
            self._reject(item.at_us, "the line is older than the one before it; a story is in order of at")
        elif isinstance(item, Restarted):
            self._finish_instant()
            self._restart(item)
        elif any(down_us < item.at_us < back_us for down_us, back_us in downs):
            self._reject(item.at_us, "the monitor was down at this instant and heard nothing")
        else:
            if item.at_us > now_us:
                self._finish_instant()
                self._advance(item.at_us)
            self._take(item)

    def _take(self, item: Observed | Acted | WallStepped) -> None:
        """Put one line with those of the same instant; what a person may not do is refused at its end."""
        if isinstance(item, WallStepped):
            detail = f"the wall clock stepped by {item.step_s:+g} s; no duration changes"
            self._instant.append(SiteChanged(OwnCode.CLOCK_SKEW, active=True, detail=detail))
            self._instant.extend(self._synchronised(item))
            return
        pump = self._pump(item.pump)
        if pump is None:
            self._reject(item.at_us, "the line names no pump, and not exactly one is enrolled")
        elif isinstance(item, Acted) and (why := refusal(self.engine, pump, item.make(item.at_us))) is not None:
            self._reject(item.at_us, why)
        elif isinstance(item, Acted):
            reply = Reply()
            self._replies.append(reply)
            self._instant.append(EventArrived(pump, item.make, reply))
        else:
            if pump not in self.engine.book.entries:
                self._reject(item.at_us, f"pump {pump} is not enrolled")
            self._instant.append(BatchArrived("story", Batch(items=[(pump, item.observation)])))

    def _synchronised(self, item: WallStepped) -> list[Item]:
        """Return the words that give a downtime its bound: a clock that is put on was put right.

        A story tells both ends of its downtime; monitor time does not jump in it.
        """
        if self._undated is None or item.step_s <= 0:
            return []
        (died_us, back_us), self._undated = self._undated, None
        return [
            EventArrived(
                pump,
                lambda now_us: ClockSynchronised(at_us=now_us, down_from_us=died_us, down_to_us=back_us, moved_us=0),
            )
            for pump, entry in self.engine.book.entries.items()
            if entry.state is not None and entry.state.undated is not None
        ]

    def _finish_instant(self) -> None:
        """Hand in the lines of one instant together: what is heard then comes before what is due then."""
        items, self._instant = self._instant, []
        replies, self._replies = self._replies, []
        if items:
            self._submit(*items)
        for reply in replies:
            if isinstance(reply.fault, CommandRefused):
                self._reject(None, str(reply.fault))
            elif reply.fault is not None:
                message = f"a fault of ours at {rfc3339(self._clock.now_us())}: {reply.fault!r}; please report it"
                raise MonitorError(message) from reply.fault

    def _pump(self, named: str | None) -> str | None:
        if named is not None:
            return named
        entries = self.engine.book.entries
        return next(iter(entries)) if len(entries) == 1 else None

    def _submit(self, *items: Item) -> None:
        self.engine.intake.submit(*items)
        self._settle_notices()

    def _advance(self, to_us: int, *, inclusive: bool = False) -> None:
        """Let time pass up to ``to_us``, ringing at every deadline before it (or at it, if ``inclusive``)."""
        for _ in range(RINGS_MAX):
            next_us = self.engine.processor.next_us()
            if next_us is None or next_us > to_us or (next_us == to_us and not inclusive):
                break
            if next_us > self._clock.now_us():
                self._clock.move_to(next_us)
            self._submit(Rang())
        else:
            message = f"the story has more than {RINGS_MAX} deadlines before {rfc3339(to_us)}; play a shorter one"
            raise MonitorError(message)
        if to_us > self._clock.now_us():
            self._clock.move_to(to_us)

    def _restart(self, item: Restarted) -> None:
        died_us = item.at_us - item.down_us
        if died_us < self._clock.now_us():
            self._reject(item.at_us, "the monitor cannot have died before the last line that it heard")
            died_us = self._clock.now_us()
        self._advance(died_us, inclusive=True)
        self._submit(Rang(is_housekeeping=True))
        self._clock.move_to(item.at_us)
        self._begin(is_downtime_known=item.is_clock_good)
        self._undated = None if item.is_clock_good else (died_us, item.at_us)
        self._submit(Rang())

    def _offer(self, notices: Sequence[Notice]) -> list[Notice]:
        """Take every notice at once, as a provider would that never fails."""
        self._accepted.extend(
            NoticeOutcome(outbox_id=notice.outbox_id, state=NoticeState.ACCEPTED, attempts=1) for notice in notices
        )
        return []

    def _settle_notices(self) -> None:
        if self._accepted:
            outcomes, self._accepted = self._accepted, []
            self.engine.intake.submit(NoticesReported(outcomes))

    def _reject(self, at_us: int | None, why: str) -> None:
        at = self._clock.now_us() if at_us is None else at_us
        self._rejected.append({"at": rfc3339(at), "why": why})

    def _result(self) -> dict[str, Any]:
        if self._explains:
            return explanations_of(self.engine, self._config.site, self._clock.now_us())
        return result_of(self.engine, self._rejected, self._clock.now_us())
