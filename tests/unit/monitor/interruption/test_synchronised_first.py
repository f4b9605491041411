"""Once the clock is synchronised what was heard is dated anew before anything that the time put on would bring."""

from __future__ import annotations

from monitor.interruption.effects import EvidenceDoubted
from monitor.interruption.events import ClockSynchronised, Marked, MarkKind, MonitorRestarted, Order, Ordered
from monitor.interruption.policy import Therapy
from monitor.interruption.state import OffClass
from watched import BLINATUMOMAB, Watched, minutes


def lagging(ends: float | None, therapy: Therapy = BLINATUMOMAB) -> Watched:
    """Return a pump of a monitor that came back at minute 60 of its own time, with no end or one at ``ends``."""
    pump = Watched(therapy, ordered_ml_per_h=None)
    order = Order(rate_ml_per_h=5.0, ends_at_us=None if ends is None else minutes(ends))
    pump.take(Ordered(at_us=0, order=order, by="test"))
    pump.runs(1, 60)
    pump.take(MonitorRestarted(at_us=minutes(60), down_from_us=minutes(60), is_downtime_known=False))
    return pump


def synchronise(pump: Watched, lag: float) -> None:
    """Put monitor time on by the downtime, without anything that rings in between."""
    moved_us = minutes(lag)
    event = ClockSynchronised(
        at_us=pump.now_us + moved_us, down_from_us=minutes(60), down_to_us=minutes(60) + moved_us, moved_us=moved_us
    )
    pump._step(event)


def test_a_planned_end_that_passed_meanwhile_takes_nothing_of_what_was_heard_out_of_the_clock() -> None:
    pump = lagging(ends=120)
    pump.runs(61, 100)
    synchronise(pump, 50)
    assert not any(isinstance(effect, EvidenceDoubted) for _, effect in pump.effects)
    assert pump.off() == (0, 51)
    assert pump.only.off_class is OffClass.BELOW
    assert pump.state.completed_at_us == minutes(150)


def test_an_end_that_was_dated_while_the_clock_lagged_is_as_much_later_as_all_that_was_heard() -> None:
    pump = lagging(ends=120)
    pump.runs(61, 130)
    assert pump.state.completed_at_us == minutes(120)
    synchronise(pump, 50)
    assert pump.state.completed_at_us == minutes(170)
    (past,) = pump.state.pasts
    assert past.closed_us == minutes(170)
    assert past.evidence[-1].to_us == minutes(170)


def test_a_mark_that_was_made_meanwhile_keeps_its_length() -> None:
    pump = lagging(ends=None)
    pump.runs(61, 70)
    pump.take(Marked(at_us=minutes(70), mark=MarkKind.BAG_CHANGE, by="nurse"))
    synchronise(pump, 500)
    mark = pump.state.mark
    assert mark is not None
    assert (mark.at_us, mark.window_until_us) == (minutes(570), minutes(600))
