"""What was held up, once its instants are known: it stands where it would have stood from the start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from drivers.contract import DeliveryStatus, StatusObserved
from held_up import AHEAD_US, BACK_US, CLOCK, NEW_US, OLD_US, STEADY_FLOW, held_up, live, read, state_with
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import KEPT_MAX
from monitor.interruption.folding import refold
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.parting import inserted
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.samples import packed
from monitor.interruption.state import PumpState
from watched import BLINATUMOMAB, Watched, minutes

FLOW, NO_FLOW, STOP = EvidenceKind.FLOW, EvidenceKind.NO_FLOW, EvidenceKind.STOP

DENIED_US = minutes(90) + NEW_US
"""Where a denial of the 90th minute is dated."""


def dated(piece: Evidence) -> Evidence:
    """Return a denial of the 90th minute with the instants that the pump's clock leaves to it."""
    oldest_us = minutes(90) - OLD_US
    return replace(piece, at_us=DENIED_US, to_us=DENIED_US, earliest_us=oldest_us, unsure_us=OLD_US + NEW_US)


def flow_run(*reports: float) -> Evidence:
    """Return a run of flow with a report at each of these minutes."""
    exact = [minutes(minute) for minute in reports]
    return Evidence(FLOW, exact[0], exact[-1], exact[0], samples=packed([(at_us, None) for at_us in exact]))


def test_a_denial_that_falls_into_a_run_of_flow_parts_it() -> None:
    run, told = flow_run(65, 80, 95, 110), held_up(NO_FLOW, 90)
    found, _ = read(state_with(run, told), live())
    assert found.evidence == (flow_run(65, 80), dated(told), flow_run(95, 110))
    assert found.fold == refold(Fold(), found.evidence, BLINATUMOMAB)
    assert found.tail_to_us == minutes(110)
    assert found.tail_samples == packed([(minutes(95), None), (minutes(110), None)])


def test_it_is_the_same_state_as_if_its_instants_had_been_known_when_it_was_heard() -> None:
    known, told = flow_run(65, 80, 95, 110), held_up(STOP, 90)
    for run in (known, replace(known, samples=b"")):
        found, _ = read(state_with(run, told), live())
        assert found.evidence == inserted((run,), dated(told), BLINATUMOMAB)
        assert len(found.evidence) == 3


def test_flow_that_falls_into_a_run_of_flow_says_nothing_new() -> None:
    run = flow_run(65, 80, 95, 110)
    state = state_with(held_up(FLOW, 90), run)
    assert len(state.evidence) == 2
    found, _ = read(state, live())
    assert found.evidence == (run,)


def test_of_two_that_are_dated_to_one_instant_the_denial_that_is_seen_comes_last() -> None:
    seen = held_up(NO_FLOW, 90)
    stop = replace(held_up(STOP, 90), at_us=minutes(120) + 1, to_us=minutes(120) + 1, unsure_us=minutes(60) + 1)
    found, _ = read(state_with(STEADY_FLOW, seen, stop), live())
    assert found.evidence == (STEADY_FLOW, dated(stop), dated(seen))


def test_what_would_come_before_all_that_is_settled_keeps_its_instants() -> None:
    told = held_up(NO_FLOW, 90)
    for settled_us, is_dated in ((DENIED_US, True), (DENIED_US + 1, False)):
        base = Fold(flow_from_us=0, last_flow_us=settled_us)
        state = replace(state_with(), base=base, evidence=(told,), fold=refold(base, (told,), BLINATUMOMAB))
        found, _ = read(replace(state, tail_to_us=told.to_us), live())
        assert found.evidence == ((dated(told) if is_dated else told),)


def test_what_was_said_on_a_live_line_or_more_than_once_keeps_its_instants() -> None:
    once = held_up(EvidenceKind.DOUBT, 90)
    run = replace(once, to_us=minutes(121))
    sharp = replace(once, unsure_us=0)
    silent = replace(once, device_us=None)
    for told in (run, sharp, silent):
        state = replace(state_with(STEADY_FLOW, told), tail_to_us=told.to_us)
        found, _ = read(state, live())
        assert found == replace(state, pump_clock=found.pump_clock)
    found, _ = read(state_with(STEADY_FLOW, once), live())
    assert found.evidence == (STEADY_FLOW, dated(once))


def test_the_parts_of_a_run_that_was_held_up_are_not_dated_by_its_first_report() -> None:
    run = replace(flow_run(60, 61, 62), unsure_us=minutes(5), device_us=minutes(62) + AHEAD_US)
    parts = inserted((run,), Evidence(STOP, minutes(61.5), minutes(61.5), minutes(61.5)), BLINATUMOMAB)
    assert parts is not None
    assert [part.device_us for part in parts] == [None, None, None]
    parts = inserted((replace(run, samples=b""),), Evidence(STOP, minutes(61), minutes(61), 0), BLINATUMOMAB)
    assert parts is not None
    assert [part.device_us for part in parts] == [None, None, None]


def test_looked_at_again_and_again_it_comes_to_rest_inside_what_was_known() -> None:
    first, _ = read(state_with(STEADY_FLOW, held_up(NO_FLOW, 90)), live())
    looks = [first]
    for minute in range(1, 5):
        at_us = BACK_US + minute * MINUTE_US
        looks.append(read(looks[-1], live(at_us), at_us)[0])
    assert looks[-1] == replace(looks[-2], pump_clock=looks[-1].pump_clock)
    was, now = first.evidence[-1], looks[-1].evidence[-1]
    assert was.earliest_us <= now.earliest_us <= minutes(90) <= now.at_us <= was.at_us


def test_dating_anew_lets_go_of_no_more_than_other_late_words_do() -> None:
    many = [
        Evidence(FLOW if minute % 2 else NO_FLOW, minutes(minute), minutes(minute), minutes(minute))
        for minute in range(1, KEPT_MAX + 1)
    ]
    kept = (*many, held_up(NO_FLOW, 90))
    fold = refold(Fold(), kept, BLINATUMOMAB)
    state = PumpState(
        enrolled_at_us=0, fold=fold, base=Fold(), evidence=kept, tail_to_us=minutes(120), pump_clock=CLOCK
    )
    found, _ = read(state, live())
    assert found.evidence == (*many, dated(kept[-1]))


def test_evidence_that_can_amend_nothing_any_more_is_let_go() -> None:
    day = minutes(24 * 60)
    old = Evidence(FLOW, -2 * day, -day, -2 * day)
    flowing = Evidence(FLOW, -day + 1, minutes(89), -day + 1)
    state = replace(state_with(), evidence=(old, flowing, held_up(FLOW, 90)), tail_to_us=minutes(60))
    found, _ = read(state, live())
    assert old not in found.evidence


def test_a_stop_that_was_heard_of_late_is_as_narrow_as_the_pumps_clock_allows() -> None:
    pump = Watched()

    def say(minute: float, delivery: str, *, age_max_minutes: float = 0, said: float | None = None) -> None:
        shown = minutes(minute if said is None else said) + AHEAD_US
        device_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=shown)
        status = StatusObserved(delivery=DeliveryStatus(delivery), device_at=device_at, age_max_s=age_max_minutes * 60)
        pump.say(minute, status)

    for minute in range(61):
        say(minute, "delivering")
    say(120, "not-delivering", age_max_minutes=60, said=90)
    assert (pump.only.off_min_us, pump.only.off_max_us) == (0, minutes(60))
    say(121, "not-delivering")
    low_us = pump.only.off_min_us
    assert minutes(121 - 90) - 10_000_000 < low_us <= minutes(121 - 90)
    assert pump.only.off_max_us == minutes(61)
    stop = pump.state.fold.stop
    assert isinstance(stop, OpenStop)
    assert stop.onset_latest_us == minutes(121) - low_us
