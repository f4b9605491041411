"""Runs the pure polling conversation against a hand-written pump in virtual time, without a line."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.contract import LogCovered, LogEventObserved, Observation, StatusObserved
from drivers.serial_pump.protocols.zyno import Conversation, Harvest
from drivers.serial_pump.protocols.zyno_asking import PollSettings
from drivers.serial_pump.protocols.zyno_replies import ReplyError
from zyno_pump import ZynoPump, data_block, entry

REPLY_S = 0.05


@dataclass
class Talk:
    """One opening of the line; ``at_s`` is monitor time and also drives the pump's clock.

    Attributes:
        offset_s: The pump's clock is monitor time less this.
    """

    pump: ZynoPump
    at_s: float = 1_000_000.0
    offset_s: float = 999_000.0
    bookmark: bytes | None = None
    settings: PollSettings = field(default_factory=PollSettings)

    def __post_init__(self) -> None:
        self.pump.now = lambda: self.at_s - self.offset_s
        self.open()

    def open(self) -> None:
        """Open the line anew, going on after the last bookmark."""
        self.conversation = Conversation(self.settings, self.bookmark)
        self.refused: list[str] = []

    def poll(self) -> list[Observation]:
        """Run one poll to its end and return what it brought."""
        return self.harvest().observations

    def harvest(self) -> Harvest:
        """Run one poll to its end and return everything that it brought."""
        if self.conversation.due_at_s is not None:
            self.at_s = max(self.at_s, self.conversation.due_at_s)
        query = self.conversation.next_query(self.at_s)
        while query is not None:
            self.conversation.sent(self.at_s)
            self.at_s += REPLY_S
            payload = self.pump.answer(query.payload)
            self.pump.asked.append(query.payload)
            try:
                if payload is None:
                    self.conversation.unanswered(self.at_s)
                else:
                    self.conversation.hear(payload, self.at_s)
            except ReplyError as error:
                self.refused.append(error.cause)
                self.conversation.unanswered(self.at_s)
            query = self.conversation.next_query(self.at_s) if self.conversation.is_polling else None
        harvest = self.conversation.harvest(self.at_s) or Harvest([], [], None)
        self.bookmark = harvest.bookmark or self.bookmark
        return harvest

    def polls(self, count: int) -> list[Observation]:
        """Run several polls and return everything in order."""
        return [observation for _ in range(count) for observation in self.poll()]

    def wait(self, seconds: float) -> None:
        """Let time pass without asking."""
        self.at_s += seconds


def running() -> ZynoPump:
    """Return a pump that has run at 5 mL/h since second 120 of its clock."""
    pump = ZynoPump()
    pump.write(*data_block(110, 5.0), entry(1, 120))
    return pump


def events(observations: list[Observation]) -> list[str]:
    """Return the log events in order."""
    return [each.event.value for each in observations if isinstance(each, LogEventObserved)]


def covered(observations: list[Observation]) -> list[LogCovered]:
    """Return the stretches that were claimed as covered."""
    return [each for each in observations if isinstance(each, LogCovered)]


def last_status(observations: list[Observation]) -> StatusObserved:
    """Return the newest status."""
    return [each for each in observations if isinstance(each, StatusObserved)][-1]


def after_gap(talk: Talk, gap_s: float, *entries: tuple[int, float]) -> list[Observation]:
    """Leave the line for ``gap_s``, let the pump write (type, seconds ago), and poll once after opening again."""
    talk.wait(gap_s)
    talk.pump.write(*(entry(kind, int(talk.pump.now() - ago_s)) for kind, ago_s in entries))
    talk.open()
    return talk.poll()
