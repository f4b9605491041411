"""A long life with many interruptions: what is kept stays bounded, and the past is not found again."""

from __future__ import annotations

from monitor.interruption.effects import InterruptionOpened, PhaseChanged
from monitor.interruption.events import Closed, Outcome
from monitor.interruption.state import Phase
from watched import Watched, minutes


def openings(pump: Watched) -> int:
    return sum(isinstance(effect, InterruptionOpened) for _, effect in pump.effects)


def endings(pump: Watched) -> int:
    return sum(isinstance(effect, PhaseChanged) and effect.phase is Phase.ENDED for _, effect in pump.effects)


def test_a_short_stop_every_day_is_one_interruption_each_and_no_more() -> None:
    pump = Watched()
    minute = 1
    for _ in range(75):
        for later in range(0, 1200, 14):
            pump.status(minute + later)
        minute += 1200
        pump.status(minute, "not-delivering")
        minute += 10
    assert openings(pump) == 75
    assert endings(pump) == 74
    assert len(pump.state.fold.done) <= 64
    assert len(pump.state.incidents) <= 100


def test_silence_after_silence_is_one_interruption_each_and_no_more() -> None:
    pump = Watched()
    minute = 1
    for _ in range(80):
        pump.runs(minute, minute + 1)
        minute += 40
        pump.runs(minute, minute + 31)
        minute += 31
    assert openings(pump) == 80
    assert len(pump.state.fold.done) <= 64


def test_a_late_find_among_much_that_is_kept_is_not_lost() -> None:
    pump = Watched()
    minute = 1
    for _ in range(29):
        pump.runs(minute, minute + 1)
        minute += 17
        pump.runs(minute, minute + 31)
        minute += 31
    assert len(pump.shown) == 29
    shown = {view.number for view in pump.shown}
    for back in range(70, 110):
        pump.event(minute, "delivery-stop", age_s=back * 60 - 10)
    assert shown <= {view.number for view in pump.shown}


def test_what_a_clinician_closed_is_not_found_again() -> None:
    pump = Watched()
    pump.runs(1, 2)
    pump.stands(3, 300)
    pump.runs(300, 340)
    minute = 340
    for _ in range(40):
        pump.status(minute, "kvo")
        pump.status(minute + 1)
        minute += 2
    number = next(view.number for view in pump.shown if view.phase is Phase.AWAITING_REVIEW)
    review = Closed(at_us=minutes(minute), outcome=Outcome.OTHER, note="seen", by="d", number=number)
    pump.take(review)
    before = openings(pump)
    pump.event(minute, "delivery-stop", age_s=90)
    assert openings(pump) == before
    assert all(view.opened_at_us > minutes(300) for view in pump.shown)
