"""Polls one Zyno pump over a serial line: sends the conversation's queries within the budget, waits, listens.

How long to wait for a reply is counted in waiting done, not on a clock: monitor time may run faster or
stand still in a test, while a pump takes its real time. When the next poll is due is monitor time.
"""

from __future__ import annotations

from drivers.contract import Batch, DriverContext
from drivers.errors import OptionsError
from drivers.serial_pump.budget import PollBudget
from drivers.serial_pump.link import AskingLink
from drivers.serial_pump.options import read_zyno
from drivers.serial_pump.protocols.zyno import Conversation
from drivers.serial_pump.protocols.zyno_asking import PollSettings
from drivers.serial_pump.protocols.zyno_frames import Check, Frame, FrameBuffer, Junk, Query
from drivers.serial_pump.protocols.zyno_replies import ReplyError
from drivers.serial_pump.refusals import Refusals

SLICE_S = 0.05
"""The longest single wait, in seconds: monitor time may have moved on meanwhile."""

SHORTEST_S = 0.001
"""What an empty look at the line counts for, in seconds, so that a caller who never waits ends a reply's time, too."""

_COUNTERS = {"infusion": "Q5", "total": "R3"}


class ZynoDriver:
    """One pump at the end of one line; keeps the contract of ``Driver``."""

    def __init__(self, context: DriverContext) -> None:
        options = read_zyno(context.options)
        if context.pump is None:
            raise OptionsError(["driver: serial-zyno serves one pump and belongs under [[pumps]]."])
        self._options = options
        self._pump = context.pump
        self._now_s = context.now_s
        self._check = Check(options.checksum)
        self._settings = PollSettings(
            poll_s=options.poll_s,
            tries=options.tries,
            drift=options.clock_drift_ppm / 1e6,
            counter=_COUNTERS[options.volume_counter],
        )
        self._link = AskingLink(options.line)
        # One budget for the life of the driver; it outlives openings, and the memory outlives the driver.
        self._budget = PollBudget(
            context.memory,
            queries_per_minute=options.queries_per_minute,
            bytes_per_minute=options.bytes_per_minute,
        )
        self._refusals = Refusals(options.line.device, context.pump)
        self._begin(None)

    def open(self, bookmark: bytes | None) -> None:
        """Open the line; nothing is sent before the first ``read``."""
        self._link.open()
        self._begin(bookmark)

    def read(self, timeout_s: float) -> Batch | None:
        """Return what the last poll brought or what was refused; None if the pump stayed silent."""
        left_s = timeout_s
        while True:
            wait_s = min(self._ask(), left_s, SLICE_S)
            data = self._link.receive(max(0.0, wait_s))
            now_s = self._now_s()
            self._listen(data, now_s)
            waited_s = max(wait_s, SHORTEST_S) if not data else len(data) * 10 / self._options.line.baud
            left_s -= waited_s
            self._pass_time(waited_s, now_s)
            batch = self._batch(now_s, is_last=left_s <= 0)
            if batch is not None or left_s <= 0 or not self._link.is_open:
                return batch

    def settle(self, batch: Batch) -> None:
        """Do nothing: the bookmark of the batch is all that a pump's log needs."""

    def close(self) -> None:
        """Close the line; a waiting ``read`` returns."""
        self._link.close()

    def _begin(self, bookmark: bytes | None) -> None:
        self._conversation = Conversation(self._settings, bookmark)
        self._frames = FrameBuffer(self._check)
        self._reply_left_s: float | None = None
        self._not_before_s: float | None = None

    def _ask(self) -> float:
        """Send the next query if it is due and the budget allows; return how long nothing else is to be done."""
        if self._reply_left_s is not None:
            return self._reply_left_s
        now_s = self._now_s()
        if self._not_before_s is not None and now_s < self._not_before_s:
            return self._not_before_s - now_s
        query = self._conversation.next_query(now_s)
        if query is None:
            due_at_s = self._conversation.due_at_s
            return 0.0 if due_at_s is None else max(0.0, due_at_s - now_s)
        return self._send(query, now_s)

    def _send(self, query: Query, now_s: float) -> float:
        wait_s = self._budget.take(len(query.frame(self._check)), now_s)
        self._not_before_s = now_s + wait_s if wait_s > 0 else None
        if wait_s > 0:
            return wait_s
        # What lies on the line was said before the question, so it is no answer to it.
        self._listen(self._link.receive(0.0), now_s)
        self._drop_half_frame()
        self._link.ask(query, self._check)
        self._conversation.sent(self._now_s())
        self._reply_left_s = self._options.reply_timeout_s
        return self._reply_left_s

    def _listen(self, data: bytes, now_s: float) -> None:
        for found in self._frames.feed(data) if data else ():
            match found:
                case Junk():
                    self._refusals.add(f"byte {found.position}", found.cause, found.why, found.raw)
                case Frame():
                    self._hear(found, now_s)

    def _hear(self, frame: Frame, now_s: float) -> None:
        position, raw = f"byte {frame.position}", frame.payload.encode("ascii")
        if self._reply_left_s is None:
            self._refusals.add(position, "unasked", "The pump spoke without being asked.", raw)
            return
        try:
            self._conversation.hear(frame.payload, now_s)
        except ReplyError as error:
            self._refusals.add(position, error.cause, error.why, raw)
        else:
            self._reply_left_s = None

    def _pass_time(self, waited_s: float, now_s: float) -> None:
        """Count the wait for a reply; when it is over, the query is repeated or given up."""
        if self._reply_left_s is None:
            return
        self._reply_left_s -= waited_s
        if self._reply_left_s <= 0:
            self._reply_left_s = None
            self._drop_half_frame()
            self._conversation.unanswered(now_s)

    def _drop_half_frame(self) -> None:
        junk = self._frames.drop_unfinished()
        if junk is not None:
            self._refusals.add(f"byte {junk.position}", junk.cause, junk.why, junk.raw)

    def _batch(self, now_s: float, *, is_last: bool) -> Batch | None:
        """Return a batch at the end of a poll, and at the end of a read if anything was refused."""
        harvest = self._conversation.harvest(now_s)
        for doubt in harvest.doubts if harvest is not None else ():
            self._refusals.add("reply", doubt.cause, doubt.why)
        if harvest is None and not (is_last and self._refusals.count):
            return None
        refused, refused_count = self._refusals.take()
        items = harvest.observations if harvest is not None else []
        return Batch(
            items=[(self._pump, observation) for observation in items],
            refused=refused,
            refused_count=refused_count,
            bookmark=harvest.bookmark if harvest is not None else None,
        )
