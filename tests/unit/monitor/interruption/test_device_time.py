"""Messages that were held up, dated anew by a pump's clock that has proved steady."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from drivers.contract import DeliveryStatus, LinkChanged, StatusObserved
from held_up import AHEAD_US, BACK_US, CLOCK, NEW_US, OLD_US, STEADY_FLOW, held_up, live, read, state_with
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.device_time import READ_EACH_US, device_us_of, is_clock_due
from monitor.interruption.effects import Told
from monitor.interruption.evidence import EvidenceKind
from monitor.interruption.folding import refold
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import MINUTE_US, SECOND_US
from monitor.interruption.pump_clock import PumpClock, heard
from watched import BLINATUMOMAB, minutes


def test_what_a_pumps_clock_said_is_exact_to_the_microsecond_in_any_zone() -> None:
    said = datetime(2026, 11, 22, 12, 0, 0, 123_457, tzinfo=UTC)
    expected_us = 1_795_348_800_123_457
    for zone in (UTC, timezone(timedelta(hours=-7))):
        observation = StatusObserved(delivery=DeliveryStatus.KVO, device_at=said.astimezone(zone))
        found_us = device_us_of(observation)
        assert found_us == expected_us
        assert isinstance(found_us, int)
    assert device_us_of(StatusObserved(delivery=DeliveryStatus.KVO)) is None
    assert device_us_of(LinkChanged(online=True, why="")) is None


def test_a_clock_is_looked_at_once_a_minute_and_at_once_where_nothing_is_known_of_it() -> None:
    state = state_with()
    assert not is_clock_due(state, CLOCK.at_us + READ_EACH_US - 1)
    assert is_clock_due(state, CLOCK.at_us + READ_EACH_US)
    assert is_clock_due(replace(state, pump_clock=None), 0)
    assert is_clock_due(replace(state, pump_clock=PumpClock(at_us=minutes(60))), minutes(60))


def test_where_there_is_nothing_to_read_nothing_is_read() -> None:
    state = state_with()
    for said in (LinkChanged(online=True, why=""), StatusObserved(delivery=DeliveryStatus.KVO)):
        assert read(state, said) == (state, [])
    early_us = CLOCK.at_us + READ_EACH_US - 1
    assert read(state, live(early_us), early_us) == (state, [])


def test_a_live_message_is_a_reading_and_one_that_was_held_up_is_none() -> None:
    state = state_with()
    after = PumpClock(AHEAD_US - 10_000, AHEAD_US + 732_000, BACK_US, 0, 62, 2)
    assert read(state, live()) == (replace(state, pump_clock=after), [])
    moment = heard(CLOCK, BACK_US + AHEAD_US, BACK_US - 4_500_000, BACK_US).clock
    assert read(state, live(age_max_s=4.5)) == (replace(state, pump_clock=moment), [])
    assert read(state, live(age_max_s=5.1)) == (state, [])
    bare = replace(state, pump_clock=None)
    assert read(bare, live(age_max_s=5.1)) == (replace(bare, pump_clock=PumpClock()), [])


@pytest.mark.parametrize(("set_us", "told_s"), [(minutes(1), 60), (-minutes(1), -60), (minutes(60), 3600)])
def test_a_clock_that_was_set_by_a_minute_is_told_and_by_less_is_not(set_us: int, told_s: int) -> None:
    state = state_with()
    middle_us = AHEAD_US - 2_500_500
    found, effects = read(state, live(ahead_us=middle_us + set_us))
    assert found.pump_clock is not None
    assert (found.pump_clock.count, found.pump_clock.steps) == (1, 3)
    detail = f"the pump's clock was set by {told_s:+} s; no duration changes"
    assert effects == [Told(code=OwnCode.CLOCK_SKEW, priority=AlertPriority.MEDIUM, detail=detail)]
    less_us = set_us - SECOND_US if set_us > 0 else set_us + SECOND_US
    found, effects = read(state, live(ahead_us=middle_us + less_us))
    assert found.pump_clock is not None
    assert found.pump_clock.steps == 3
    assert (effects == []) is (abs(less_us) < MINUTE_US)


def test_flow_that_was_held_up_is_dated_from_its_oldest_instant() -> None:
    for kind in (EvidenceKind.FLOW, EvidenceKind.RUN):
        state = state_with(STEADY_FLOW, held_up(kind, 90))
        found, _ = read(state, live())
        at_us = minutes(90) - OLD_US
        dated = replace(held_up(kind, 90), at_us=at_us, to_us=at_us, earliest_us=at_us, unsure_us=OLD_US + NEW_US)
        assert found.evidence == (STEADY_FLOW, dated)
        assert found.tail_to_us == at_us
        assert found.fold == refold(Fold(), (STEADY_FLOW, dated), BLINATUMOMAB)


def test_what_denies_flow_is_dated_from_its_newest_instant_and_its_latency_goes_with_it() -> None:
    for kind in (EvidenceKind.NO_FLOW, EvidenceKind.DOUBT, EvidenceKind.STOP):
        told = held_up(kind, 90, earliest_us=minutes(45))
        state = state_with(STEADY_FLOW, told)
        found, _ = read(state, live())
        at_us = minutes(90) + NEW_US
        dated = replace(told, at_us=at_us, to_us=at_us, earliest_us=minutes(75) - OLD_US, unsure_us=OLD_US + NEW_US)
        assert found.evidence == (STEADY_FLOW, dated)
        assert found == replace(
            state,
            pump_clock=found.pump_clock,
            fold=refold(Fold(), (STEADY_FLOW, dated), BLINATUMOMAB),
            evidence=(STEADY_FLOW, dated),
            tail_to_us=at_us,
        )


def test_what_was_heard_out_of_order_stands_in_the_pumps_order_afterwards() -> None:
    later, earlier = held_up(EvidenceKind.STOP, 90), replace(held_up(EvidenceKind.STOP, 80), at_us=minutes(120) + 1)
    earlier = replace(earlier, to_us=earlier.at_us)
    found, _ = read(state_with(STEADY_FLOW, later, earlier), live())
    assert [piece.device_us for piece in found.evidence] == [
        None,
        minutes(80) + AHEAD_US,
        minutes(90) + AHEAD_US,
    ]
    assert found.tail_to_us == minutes(90) + NEW_US
