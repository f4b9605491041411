"""One poll of a Zyno pump, from "who are you" to a status, as a generator of queries.

Pure. The serial number comes first, each time: cables are swapped between two polls. Then the clock, the
log's indices, the log's new entries, and last the motor and the volume counter. Where the pump falls
silent, the poll ends and what was found by then is all there is.
"""

from __future__ import annotations

from collections.abc import Generator

from drivers.contract import DeliveryStatus, StatusObserved
from drivers.serial_pump.protocols.zyno_asking import Asking, Heard, PollSettings, ask_twice_if_strange, is_same_reply
from drivers.serial_pump.protocols.zyno_bookmark import Bookmark
from drivers.serial_pump.protocols.zyno_findings import Findings
from drivers.serial_pump.protocols.zyno_flow import FlowWatch
from drivers.serial_pump.protocols.zyno_frames import RING_ENTRIES, Query
from drivers.serial_pump.protocols.zyno_history import SURE_ENTRIES, History, Progress
from drivers.serial_pump.protocols.zyno_replies import (
    Clock,
    Indices,
    ReplyError,
    Sensors,
    Serial,
    Text,
    Volume,
)
from drivers.serial_pump.protocols.zyno_run import Run
from drivers.serial_pump.protocols.zyno_time import ClockReading

POLLS_LEFT_OUT = 12
"""For so many polls a pump is not asked again what it did not answer, if it can be done without."""

RATE_MAX_ML_PER_H = 500.0
"""No pump of the family is faster; a counter that says so is read again."""

_CLOCK_AGREES_S = 3
_INDICES_AGREE = 2
_VOLUME_SLACK_ML = 0.5
_RATE_UNITS = frozenset(("ML/HR", "ML/H"))


class Poll:
    """Everything that is known of the pump at the end of the line, and how to learn more."""

    def __init__(self, settings: PollSettings, bookmark: Bookmark | None) -> None:
        self.findings = Findings(settings.drift)
        self.doubts: list[ReplyError] = []
        self.history: History | None = None
        self.is_behind = False
        self._settings = settings
        self._bookmark = bookmark
        self._flow = FlowWatch()
        self._left_out: dict[str, int] = {}
        self._volume: tuple[float, float] | None = None
        self._rate_of_unit: float | None = None
        self._is_ml_per_h = False
        self._is_jump_told = False

    def run(self) -> Generator[Query, Heard | None, None]:
        """Ask for everything once."""
        self.is_behind = False
        history = yield from self._identify()
        if history is None:
            return
        clock = yield from self._read_clock(history)
        if clock is None:
            return
        indices = yield from self._read_indices(history)
        if indices is None:
            return
        progress = yield from history.follow(clock, indices[0])
        if progress is Progress.SILENT:
            return
        self.is_behind = progress is Progress.BEHIND
        signs = yield from self._read_signs()
        if signs is None:
            return
        rate_ml_per_h = yield from self._rate(history)
        last_heard = signs[1] or signs[0] or indices[1]
        self._conclude(history, signs, rate_ml_per_h, (indices[1].asked_at_s, last_heard.heard_at_s))

    def _identify(self) -> Generator[Query, Heard | None, History | None]:
        """Return the history of the pump that answers; a serial number that is new here is heard twice."""
        known = self.history.serial if self.history is not None else self._bookmark.serial if self._bookmark else None
        heard = yield from ask_twice_if_strange(
            Query("RN"),
            is_expected=lambda heard: isinstance(heard.reply, Serial) and heard.reply.serial == known,
            agrees=is_same_reply,
            doubts=self.doubts,
        )
        if heard is None or not isinstance(heard.reply, Serial):
            return None
        serial = heard.reply.serial
        if self.history is None or self.history.serial != serial:
            self.history = History(serial, self._settings, self.findings, self.doubts)
            if self._bookmark is not None and self._bookmark.serial == serial:
                self.history.restore(self._bookmark)
            # Whatever was seen of another pump says nothing of this one.
            self._bookmark, self._volume, self._rate_of_unit = None, None, None
            self._flow, self._left_out = FlowWatch(), {}
        return self.history

    def _read_clock(self, history: History) -> Generator[Query, Heard | None, ClockReading | None]:
        def is_expected(heard: Heard) -> bool:
            return isinstance(heard.reply, Clock) and history.is_expected(heard.reply.time, heard.heard_at_s)

        def agrees(one: Heard, two: Heard) -> bool:
            if not isinstance(one.reply, Clock) or not isinstance(two.reply, Clock):
                return False
            passed_s = two.reply.time.seconds - one.reply.time.seconds
            is_same_form = one.reply.time.form is two.reply.time.form
            return is_same_form and 0 <= passed_s <= two.heard_at_s - one.asked_at_s + _CLOCK_AGREES_S

        heard = yield from ask_twice_if_strange(Query("RC"), is_expected=is_expected, agrees=agrees, doubts=self.doubts)
        if heard is None or not isinstance(heard.reply, Clock):
            return None
        clock = ClockReading(heard.reply.time, heard.asked_at_s, heard.heard_at_s)
        is_jump = not is_expected(heard)
        if is_jump and not self._is_jump_told:
            self.findings.add_clock_changed(history.serial, clock, history.newer_than_s(clock))
        self._is_jump_told = is_jump
        return clock

    def _read_indices(self, history: History) -> Generator[Query, Heard | None, tuple[Indices, Heard] | None]:
        def is_expected(heard: Heard) -> bool:
            reply, head = heard.reply, history.head
            return (
                isinstance(reply, Indices) and head is not None and (reply.head - head) % RING_ENTRIES <= SURE_ENTRIES
            )

        def agrees(one: Heard, two: Heard) -> bool:
            if not isinstance(one.reply, Indices) or not isinstance(two.reply, Indices):
                return False
            return (two.reply.head - one.reply.head) % RING_ENTRIES <= _INDICES_AGREE

        heard = yield from ask_twice_if_strange(Query("RI"), is_expected=is_expected, agrees=agrees, doubts=self.doubts)
        return (heard.reply, heard) if heard is not None and isinstance(heard.reply, Indices) else None

    def _read_signs(self) -> Generator[Query, Heard | None, tuple[Heard | None, Heard | None] | None]:
        """Return the replies about motor and counter, each None if there is none; None if the pump fell silent."""
        asked = [each for each in ("S9", self._settings.counter) if self._left_out.get(each, 0) == 0]
        self._left_out = {each: polls - 1 for each, polls in self._left_out.items() if polls > 1}
        doubts = len(self.doubts)
        sensors = (yield Query("S9")) if "S9" in asked else None
        volume = (yield from self._read_volume()) if self._settings.counter in asked else None
        if asked and sensors is None and volume is None and (yield Query("RN")) is None:
            return None
        # What a pump does not answer while it answers the rest, it is spared for a while.
        silent = {"S9": sensors, self._settings.counter: volume if len(self.doubts) == doubts else asked}
        self._left_out |= {each: POLLS_LEFT_OUT for each in asked if silent[each] is None}
        return sensors, volume

    def _read_volume(self) -> Asking:
        def is_expected(heard: Heard) -> bool:
            if not isinstance(heard.reply, Volume) or self._volume is None:
                return True
            before_ml, at_s = self._volume
            most_ml = _VOLUME_SLACK_ML + RATE_MAX_ML_PER_H * max(0.0, heard.heard_at_s - at_s) / 3600
            return before_ml <= heard.reply.volume_ml <= before_ml + most_ml

        def agrees(one: Heard, two: Heard) -> bool:
            if not isinstance(one.reply, Volume) or not isinstance(two.reply, Volume):
                return is_same_reply(one, two)
            return 0 <= two.reply.volume_ml - one.reply.volume_ml <= _VOLUME_SLACK_ML

        return ask_twice_if_strange(
            Query(self._settings.counter), is_expected=is_expected, agrees=agrees, doubts=self.doubts
        )

    def _rate(self, history: History) -> Generator[Query, Heard | None, float | None]:
        """Return the rate in force in millilitres per hour; None unless the log tells it and the pump its unit."""
        rate = history.state.rate_programmed
        if rate is None:
            return None
        if self._rate_of_unit != rate:
            heard = yield Query("Q4")
            unit = heard.reply.text if heard is not None and isinstance(heard.reply, Text) else ""
            self._rate_of_unit = rate
            self._is_ml_per_h = unit.upper().replace(" ", "") in _RATE_UNITS
        # The log keeps four-byte floats, which hold six decimal digits.
        return float(f"{rate:.6g}") if self._is_ml_per_h else None

    def _conclude(
        self,
        history: History,
        signs: tuple[Heard | None, Heard | None],
        rate_ml_per_h: float | None,
        asked_between_s: tuple[float, float],
    ) -> None:
        """Weigh what was heard and add the status."""
        now_s = asked_between_s[1]
        sensors, volume = signs
        motor = sensors.reply.motor_turns if sensors is not None and isinstance(sensors.reply, Sensors) else None
        counter = volume.reply if volume is not None and isinstance(volume.reply, Volume) else None
        volume_ml = counter.volume_ml if counter is not None else None
        resolution_ml = counter.resolution_ml if counter is not None else None
        if volume_ml is not None:
            self._volume = (volume_ml, now_s)
        self._flow.look(history.state.run, motor_turns=motor, volume_ml=volume_ml, now_s=now_s)
        delivery = self._flow.delivery(rate_ml_per_h, resolution_ml or 0.0, now_s)
        # With entries still to be read, the log may have changed its mind.
        if self.is_behind:
            delivery = DeliveryStatus.TRANSITIONING
        status = StatusObserved(
            delivery=delivery,
            reason=history.state.reason if delivery is DeliveryStatus.NOT_DELIVERING else None,
            rate_ml_per_h=rate_ml_per_h if history.state.run is Run.OPEN and not self.is_behind else None,
            volume_delivered_ml=volume_ml,
            volume_resolution_ml=resolution_ml,
            serial=history.serial,
        )
        self.findings.add_status(status, *asked_between_s)
