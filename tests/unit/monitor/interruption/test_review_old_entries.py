"""Old entries: what lies before all that is kept amends nothing any more, and claims nothing."""

from __future__ import annotations

from monitor.interruption.events import Closed, Order, Ordered, Outcome
from monitor.interruption.state import Bag, Course
from monitor.interruption.transitions import enrolled
from watched import Watched, minutes


def test_what_happened_before_the_planned_start_is_no_stop_of_the_therapy() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5.0, starts_at_us=minutes(600)), by="x"))
    pump.wait(605)
    pump.event(605, "delivery-stop", age_s=7200)
    pump.status(606, "not-delivering", rate_ml_per_h=0)
    pump.status(610, "not-delivering", rate_ml_per_h=0)
    assert pump.off() == (4, 10)


def test_an_old_entry_found_after_a_review_claims_nothing_before_it() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 320)
    pump.take(Closed(at_us=minutes(320), outcome=Outcome.OTHER, note="seen", by="d"))
    pump.event(321, "delivery-stop", age_s=300 * 60)
    pump.event(321, "delivery-start", age_s=250 * 60)
    pump.status(322, "not-delivering")
    pump.status(330, "not-delivering")
    assert pump.off() == (8, 10)


def test_an_old_run_entry_from_before_all_that_is_kept_ends_nothing() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.event(60, "delivery-stop")
    minute = 61
    for _ in range(40):
        pump.status(minute, "kvo")
        pump.status(minute + 1, "not-delivering")
        minute += 2
    before = pump.off()
    for back in range(minute - 62, minute - 50):
        pump.event(minute, "delivery-start", age_s=back * 60)
    low, high = pump.off()
    assert high >= before[1]
    assert low <= before[0] + 1


def test_an_entry_from_long_before_the_pump_came_under_watch_begins_no_therapy() -> None:
    pump = Watched()
    pump.state, pump.now_us = enrolled(minutes(3000)), minutes(3000)
    pump.event(3005, "delivery-start", age_s=(1440 + 5) * 60 + 1)
    assert pump.state.fold.last_flow_us is None
    pump.event(3006, "delivery-start", age_s=(1440 + 6) * 60)
    assert pump.state.course == Course(
        began_us=minutes(3000 - 1440), counted_us=minutes(3000 - 1440), bag=Bag(hung_us=minutes(3000 - 1440))
    )
