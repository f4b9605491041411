"""The pump obeys its arithmetic: volumes, latencies and reminders come exactly when they must."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.contract import AlarmCode, DeliveryStatus, NotDeliveringReason
from simulator.log_ring import LogKind
from simulator.pump import SimulatedPump
from simulator.setup import PumpSetup, StartsAs
from simulator.truth import FlowKind
from simulator.units import US_PER_MIN, US_PER_S, ml_of

START_US = 1_767_600_000_000_000


def make_pump(**changed: Any) -> SimulatedPump:
    return SimulatedPump(PumpSetup(**{"lead_s": 0.0, **changed}), START_US)


def after(pump: SimulatedPump, minutes: float) -> SimulatedPump:
    pump.advance(START_US + round(minutes * US_PER_MIN))
    return pump


# Asked through functions, because a type checker takes a property that was asserted once for settled.


def alarms_of(pump: SimulatedPump) -> tuple[AlarmCode, ...]:
    return pump.alarms


def delivery_of(pump: SimulatedPump) -> DeliveryStatus:
    return pump.delivery


def reason_of(pump: SimulatedPump) -> NotDeliveringReason | None:
    return pump.reason


def can_talk_of(pump: SimulatedPump) -> bool:
    return pump.can_talk


@pytest.mark.parametrize(
    ("rate_ml_per_h", "minutes"), [(10, 7.44), (5, 14.88), (2.5, 29.76), (1.8, 41.33), (0.6, 124.0)]
)
def test_the_standard_line_has_the_latencies_of_the_specification(rate_ml_per_h: float, minutes: float) -> None:
    pump = make_pump(rate_ml_per_h=rate_ml_per_h)
    pump.occlude_downstream()
    assert pump.next_event_us() == pytest.approx(START_US + minutes * US_PER_MIN, abs=US_PER_S)


def test_the_stored_volume_comes_out_as_a_bolus_on_release() -> None:
    pump = make_pump()
    pump.occlude_downstream()
    after(pump, 30).release()
    (bolus,) = pump.truth.boluses
    assert bolus.at_us == START_US + 30 * US_PER_MIN
    assert ml_of(bolus.quanta) == pytest.approx(1.24, abs=1e-6)


def test_a_release_before_the_alarm_leaves_no_trace_but_the_truth() -> None:
    pump = make_pump()
    pump.occlude_downstream()
    after(pump, 10).release()
    after(pump, 20)
    assert alarms_of(pump) == ()
    assert delivery_of(pump) is DeliveryStatus.DELIVERING
    assert pump.truth.off_us(START_US, pump.now_us) == 10 * US_PER_MIN


def test_a_released_line_does_not_start_the_pump() -> None:
    pump = make_pump()
    pump.occlude_downstream()
    after(pump, 30).release()
    assert delivery_of(pump) is DeliveryStatus.NOT_DELIVERING
    assert alarms_of(pump) == ()


def test_a_pump_that_resumes_by_itself_writes_a_start() -> None:
    pump = make_pump(resumes_by_itself=True)
    pump.occlude_downstream()
    after(pump, 30).release()
    assert delivery_of(pump) is DeliveryStatus.DELIVERING
    assert [each.kind for each in pump.log.since(0)][-1] is LogKind.DELIVERY_START


def test_running_against_a_blocked_line_alarms_again() -> None:
    pump = make_pump()
    pump.occlude_downstream()
    after(pump, 30).run()
    after(pump, 31)
    assert delivery_of(pump) is DeliveryStatus.NOT_DELIVERING
    assert pump.truth.off_us(START_US, pump.now_us) == 31 * US_PER_MIN


def test_without_an_upstream_sensor_nobody_notices_a_kink_behind_the_bag() -> None:
    pump = make_pump(has_upstream_sensor=False)
    pump.occlude_upstream()
    after(pump, 600)
    assert delivery_of(pump) is DeliveryStatus.DELIVERING
    assert pump.infused_ml(0.01) == 50.0
    assert pump.truth.off_us(START_US, pump.now_us) == 600 * US_PER_MIN


def test_the_container_ends_when_the_counter_says_so() -> None:
    pump = make_pump(bag_ml=10)
    after(pump, 90)
    assert alarms_of(pump) == (AlarmCode.RES_LOW,)
    after(pump, 120)
    assert alarms_of(pump) == (AlarmCode.RES_EMPTY,)
    assert delivery_of(pump) is DeliveryStatus.NOT_DELIVERING
    assert pump.remaining_ml(0.1) == 0
    assert LogKind.DELIVERY_COMPLETE in [each.kind for each in pump.log.since(0)]


def test_the_low_warning_comes_at_half_an_hour_or_five_millilitres() -> None:
    slow = make_pump(rate_ml_per_h=0.6, bag_ml=10)
    after(slow, 8.3 * 60)
    assert alarms_of(slow) == ()
    after(slow, 8.4 * 60)
    assert alarms_of(slow) == (AlarmCode.RES_LOW,)
    fast = make_pump(rate_ml_per_h=50, bag_ml=100)
    after(fast, 89)
    assert alarms_of(fast) == ()
    after(fast, 90)
    assert alarms_of(fast) == (AlarmCode.RES_LOW,)


def test_keep_vein_open_is_no_therapy() -> None:
    pump = make_pump(bag_ml=10, kvo_rate_ml_per_h=0.2)
    after(pump, 180)
    assert delivery_of(pump) is DeliveryStatus.KVO
    assert pump.rate_ml_per_h == 0.2
    assert set(pump.alarms) == {AlarmCode.RES_EMPTY, AlarmCode.KVO}
    assert pump.truth.segments[-1].kind is FlowKind.KVO
    assert pump.truth.off_us(START_US, pump.now_us) == 60 * US_PER_MIN


def test_a_short_filled_bag_ends_in_air_and_not_in_an_empty_container() -> None:
    pump = make_pump(bag_ml=100, overfill_ml=-90)
    after(pump, 121)
    assert alarms_of(pump) == (AlarmCode.AIR,)
    assert pump.remaining_ml(0.1) == 90


def test_a_dry_bag_without_an_air_detector_is_a_lie() -> None:
    pump = make_pump(bag_ml=100, overfill_ml=-90, has_air_detector=False)
    after(pump, 240)
    assert delivery_of(pump) is DeliveryStatus.DELIVERING
    assert pump.truth.off_us(START_US, pump.now_us) == 120 * US_PER_MIN


def test_air_that_nobody_noticed_keeps_the_flow_away_until_it_is_cleared() -> None:
    pump = make_pump(has_air_detector=False)
    after(pump, 10).let_air_in()
    after(pump, 30).clear_air()
    after(pump, 60)
    assert delivery_of(pump) is DeliveryStatus.DELIVERING
    assert pump.truth.off_us(START_US, pump.now_us) == 20 * US_PER_MIN


def test_the_battery_warns_alarms_and_goes_dark() -> None:
    pump = make_pump(battery_left_s=6 * 3600.0)
    after(pump, 119)
    assert alarms_of(pump) == ()
    after(pump, 120)
    assert alarms_of(pump) == (AlarmCode.BATT_LOW,)
    after(pump, 360)
    assert AlarmCode.BATT_EMPTY in pump.alarms
    assert reason_of(pump) is NotDeliveringReason.ALARMING
    assert can_talk_of(pump)
    after(pump, 362)
    assert not can_talk_of(pump)
    assert alarms_of(pump) == ()
    assert not pump.power_on(), "an empty battery starts nothing"
    pump.change_battery()
    assert pump.power_on()
    assert delivery_of(pump) is DeliveryStatus.NOT_DELIVERING, "switching on is not running"


def test_a_stopped_pump_reminds_every_five_minutes() -> None:
    pump = make_pump()
    after(pump, 60).stop()
    after(pump, 76)
    reminders = [each for each in pump.log.since(0) if each.code is AlarmCode.STOP_REMIND]
    assert [(each.stamp_us - START_US) / US_PER_MIN for each in reminders] == [65, 70, 75]
    assert pump.acknowledge()
    assert alarms_of(pump) == ()
    assert not pump.acknowledge()


def test_power_lost_at_once_leaves_no_log_entry() -> None:
    pump = make_pump()
    written = after(pump, 60).log.written
    pump.lose_power()
    after(pump, 70)
    assert pump.log.written == written
    assert pump.truth.off_us(START_US, pump.now_us) == 10 * US_PER_MIN
    assert reason_of(pump) is NotDeliveringReason.POWERED_OFF


def test_a_radio_fault_stops_and_silences_the_pump_until_it_is_switched_off_and_on() -> None:
    pump = make_pump()
    assert pump.break_radio()
    assert not can_talk_of(pump)
    assert delivery_of(pump) is DeliveryStatus.NOT_DELIVERING
    assert not pump.run()
    pump.power_off()
    pump.power_on()
    assert can_talk_of(pump)
    assert pump.run()


def test_a_stalled_drive_claims_to_run_and_counts_nothing() -> None:
    pump = make_pump()
    after(pump, 60).stall_drive()
    after(pump, 120)
    assert delivery_of(pump) is DeliveryStatus.DELIVERING
    assert pump.motor_turns
    assert pump.infused_ml(0.01) == 5.0
    assert pump.truth.off_us(START_US, pump.now_us) == 60 * US_PER_MIN


def test_a_disconnected_line_counts_on_and_gives_the_patient_nothing() -> None:
    pump = make_pump()
    after(pump, 60).disconnect_line()
    after(pump, 120)
    assert pump.infused_ml(0.01) == 10.0
    assert pump.truth.off_us(START_US, pump.now_us) == 60 * US_PER_MIN


def test_time_does_not_run_backwards() -> None:
    pump = after(make_pump(), 10)
    with pytest.raises(ValueError, match="cannot go back"):
        pump.advance(START_US)


@pytest.mark.parametrize("starts", list(StartsAs))
def test_the_first_state_has_lasted_when_the_story_begins(starts: StartsAs) -> None:
    pump = make_pump(starts=starts, lead_s=600.0)
    assert pump.now_us == START_US
    assert pump.is_on == (starts is not StartsAs.OFF)
    assert pump.infused_ml(0.01) == (0.83 if starts is StartsAs.RUNNING else 0)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"rate_ml_per_h": -1.0}, "rate_ml_per_h"),
        ({"rate_ml_per_h": float("nan")}, "rate_ml_per_h"),
        ({"serial": "short"}, "serial"),
        ({"infused_ml": 240.0}, "infused_ml"),
        ({"overfill_ml": -240.0}, "overfill_ml"),
        ({"battery_left_s": 1e9}, "battery_left_s"),
        ({"log_first_index": 43_264}, "log_first_index"),
    ],
)
def test_an_impossible_pump_is_refused_by_name(changed: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=f"^{word}: "):
        PumpSetup(**changed)
