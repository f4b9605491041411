"""Pumps with one interruption each, one for every kind of evidence that can set an instant of a stop."""

from __future__ import annotations

from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.events import FreeInterval, Marked, MarkKind, MonitorRestarted, Order, Ordered, Reported
from watched import Watched, minutes


def bag(pump: Watched, minute: float, delivery: str, remaining_ml: float) -> None:
    rate = 5.0 if delivery == "delivering" else 0.0
    shown = StatusObserved(delivery=DeliveryStatus(delivery), rate_ml_per_h=rate, volume_remaining_ml=remaining_ml)
    pump.say(minute, shown)


def seen_running(pump: Watched, minute: float) -> None:
    pump.take(Marked(at_us=minutes(minute), mark=MarkKind.FLOW_CHECKED, by="nurse"))


def silent() -> Watched:
    pump = Watched()
    pump.runs(0, 60)
    pump.wait(200)
    return pump


def stopped_by_key() -> Watched:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60.5, "delivery-stop")
    pump.stands(61, 65)
    pump.event(66, "delivery-start")
    pump.status(66)
    return pump


def occluded() -> Watched:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(61, "occl-down")
    return pump


def occluded_after_a_check() -> Watched:
    pump = Watched()
    pump.runs(0, 60)
    seen_running(pump, 60.5)
    pump.alarm(61, "occl-down")
    return pump


def occluded_at_the_beginning() -> Watched:
    pump = Watched()
    pump.runs(0, 5)
    pump.alarm(6, "occl-down")
    return pump


def reported() -> Watched:
    pump = Watched()
    pump.runs(0, 50)
    pump.take(Reported(at_us=minutes(62), running=False, by="nurse", since_us=minutes(60)))
    pump.wait(70)
    pump.take(Reported(at_us=minutes(70), running=True, by="nurse"))
    return pump


def seen_standing() -> Watched:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(61, 70)
    pump.status(70)
    return pump


def counted_onset() -> Watched:
    pump = Watched()
    pump.runs(0, 60, counter=100)
    pump.status(240, "not-delivering", rate_ml_per_h=0, counter=110)
    return pump


def bagged_onset() -> Watched:
    pump = Watched()
    for minute in range(0, 61, 5):
        bag(pump, minute, "delivering", 100 - minute * 5 / 60)
    bag(pump, 240, "not-delivering", 90)
    return pump


def counted_return() -> Watched:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(61, "not-delivering", rate_ml_per_h=0, counter=15)
    pump.status(181, counter=20)
    return pump


def bagged_return() -> Watched:
    pump = Watched()
    for minute in range(0, 61, 5):
        bag(pump, minute, "delivering", 100 - minute * 5 / 60)
    bag(pump, 61, "not-delivering", 95)
    bag(pump, 181, "delivering", 90)
    return pump


def counted_gap() -> Watched:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(240, counter=25)
    return pump


def bagged_gap() -> Watched:
    pump = Watched()
    for minute in range(0, 61, 5):
        bag(pump, minute, "delivering", 100 - minute * 5 / 60)
    bag(pump, 240, "delivering", 85)
    return pump


def stalled() -> Watched:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    for minute in range(61, 70):
        pump.status(minute, counter=15)
    return pump


def slow() -> Watched:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    for minute in range(61, 80):
        pump.status(minute, counter=15 + round((minute - 60) * 0.7 * 5 / 60, 1))
    return pump


def down_for_unknown_time() -> Watched:
    pump = Watched()
    pump.runs(0, 300)
    pump.take(MonitorRestarted(at_us=minutes(301), down_from_us=minutes(300), is_downtime_known=False))
    return pump


def stopped_at_the_planned_end() -> Watched:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5.0, ends_at_us=minutes(90)), by="clinician"))
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.wait(100)
    return pump


def awaited_after_a_free_interval() -> Watched:
    pump = Watched(ordered_ml_per_h=None)
    free = (FreeInterval(minutes(60), minutes(120)),)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5.0, free=free), by="clinician"))
    pump.runs(0, 60)
    pump.wait(200)
    return pump
