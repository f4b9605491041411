"""What doubtful flow, and marks that the line came off or was put on, do to a stop: whole clocks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import SILENCE_US, THERAPY, group_of, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.lookahead import NOTHING_AHEAD, Ahead
from monitor.interruption.off_patient import OffPatient, Stretches
from monitor.interruption.offtime import Fold, OpenStop, finished
from monitor.interruption.reading import Ran
from monitor.interruption.standing import _begun, _is_mark, _ran_hidden, doubt, no_flow
from monitor.interruption.why import Why

replace = msgspec.structs.replace
DOUBT, RUN, FLOW = EvidenceKind.DOUBT, EvidenceKind.RUN_DOUBTED, EvidenceKind.FLOW_DOUBTED
FLOWING = Fold(flow_from_us=minute(-20), last_flow_us=minute(0))


def doubted(onset_us: int, why: Why = Why.FLOW_SEEN, **changes: Any) -> OpenStop:
    """Return a stop that only flow which a later one takes back speaks for."""
    fields: dict[str, Any] = {"is_flow_claimed": True, "is_doubted": True, "is_denied": True, **changes}
    return OpenStop(onset_us, earliest_why=why, **fields)


def slowed(onset_us: int, why: Why = Why.FLOW_SEEN) -> OpenStop:
    """Return a stop that only slow flow speaks for."""
    return doubted(onset_us, why, is_slowed=True)


@pytest.mark.parametrize(
    ("fold", "at_us", "expected"),
    [
        (FLOWING, minute(1), slowed(minute(0))),
        (FLOWING, minute(-1), slowed(minute(-1))),
        (replace(FLOWING, checked_us=minute(0)), minute(1), slowed(minute(0), Why.FLOW_CHECKED)),
        (replace(FLOWING, reckoned_at_us=minute(0)), minute(1), slowed(minute(0), Why.PLAN)),
        (Fold(), minute(1), slowed(minute(1))),
    ],
)
def test_doubt_opens_a_stop_back_to_the_last_flow(fold: Fold, at_us: int, expected: OpenStop) -> None:
    assert doubt(fold, told(DOUBT, at_us), THERAPY, NOTHING_AHEAD) == replace(fold, stop=expected)


WINDOW = Ahead(windows=((minute(5), minute(40)),))


@pytest.mark.parametrize(
    ("kind", "at_us", "expected"),
    [
        (FLOW, minute(6), doubted(minute(5), Why.LATENCY)),
        (RUN, minute(6), doubted(minute(5), Why.LATENCY)),
        (DOUBT, minute(6), slowed(minute(0))),
        (FLOW, minute(5) - 1, doubted(minute(0))),
        (FLOW, minute(0) + SILENCE_US, doubted(minute(5), Why.LATENCY)),
        (FLOW, minute(0) + SILENCE_US + 1, doubted(minute(0))),
    ],
)
def test_flow_that_a_later_stop_takes_back_flowed_until_its_window_begins_unless_silence_came_first(
    kind: EvidenceKind, at_us: int, expected: OpenStop
) -> None:
    assert doubt(FLOWING, told(kind, at_us), THERAPY, WINDOW) == replace(FLOWING, stop=expected)


@pytest.mark.parametrize(("start", "onset", "why"), [(0, 0, Why.FLOW_SEEN), (0.1, 0.1, Why.LATENCY)])
def test_a_window_that_begins_no_later_than_the_last_flow_sets_nothing(start: float, onset: float, why: Why) -> None:
    window = Ahead(windows=((minute(start), minute(40)),))
    found = doubt(FLOWING, told(FLOW, minute(6)), THERAPY, window)
    assert found == replace(FLOWING, stop=doubted(minute(onset), why))


STOOD = OpenStop(minute(0), minute(1), minute(2), latest_why=Why.STOP_SAID, is_denied=True)
DOUBTED = replace(STOOD, is_flow_claimed=True, is_doubted=True)
SLOWED = replace(DOUBTED, is_slowed=True)


@pytest.mark.parametrize(
    ("stop", "kind", "expected"),
    [
        (STOOD, DOUBT, SLOWED),
        (STOOD, FLOW, DOUBTED),
        (STOOD, RUN, replace(DOUBTED, run_us=minute(5))),
        (replace(STOOD, run_us=minute(3)), RUN, replace(DOUBTED, run_us=minute(3))),
        (replace(STOOD, run_us=minute(3)), DOUBT, replace(SLOWED, run_us=minute(3))),
        (replace(STOOD, is_flow_claimed=True), RUN, DOUBTED),
        (replace(DOUBTED, is_denied=False), DOUBT, SLOWED),
        (replace(DOUBTED, is_doubted=False), DOUBT, SLOWED),
        (replace(DOUBTED, is_flow_claimed=False), DOUBT, SLOWED),
        (DOUBTED, DOUBT, SLOWED),
        (SLOWED, FLOW, SLOWED),
        (replace(SLOWED, is_denied=False), RUN, SLOWED),
        (replace(DOUBTED, is_flow_claimed=False), RUN, replace(DOUBTED, run_us=minute(5))),
    ],
)
def test_doubt_inside_a_stop_is_noted_and_only_its_first_run_event_is_dated(
    stop: OpenStop, kind: EvidenceKind, expected: OpenStop
) -> None:
    fold = replace(FLOWING, stop=stop)
    assert doubt(fold, told(kind, minute(5)), THERAPY, NOTHING_AHEAD) == replace(fold, stop=expected)


def test_doubt_that_says_nothing_new_leaves_the_clock() -> None:
    fold = replace(FLOWING, stop=SLOWED)
    assert doubt(fold, told(DOUBT, minute(5)), THERAPY, NOTHING_AHEAD) is fold
    assert doubt(fold, told(FLOW, minute(5)), THERAPY, NOTHING_AHEAD) is fold


def test_doubt_while_the_line_is_off_is_only_the_pumps_last_word() -> None:
    off = (OffPatient(minute(4), minute(6)),)
    fold = replace(FLOWING, stop=replace(STOOD, is_denied=False, put_on_at_us=minute(3)), off_patient=off)
    assert doubt(fold, told(DOUBT, minute(5)), THERAPY, NOTHING_AHEAD) == replace(
        fold, stop=replace(STOOD, is_flow_claimed=True)
    )
    assert doubt(fold, told(DOUBT, minute(6)), THERAPY, NOTHING_AHEAD) == replace(fold, stop=SLOWED)
    flowing = replace(FLOWING, off_patient=off)
    opened = doubt(flowing, told(DOUBT, minute(5)), THERAPY, NOTHING_AHEAD)
    assert opened == replace(flowing, stop=slowed(minute(0)))


OFF = (OffPatient(minute(1), minute(10)),)


def marked(at_us: int, **changes: Any) -> Evidence:
    return told(EvidenceKind.PERSON_STOP, at_us, **changes)


@pytest.mark.parametrize(
    ("evidence", "off", "expected"),
    [
        (marked(minute(1)), OFF, True),
        (marked(minute(10)), OFF, True),
        (marked(minute(5)), OFF, False),
        (marked(minute(1)), (), False),
        (marked(minute(10), earliest_us=minute(9)), OFF, False),
        (told(EvidenceKind.STOP, minute(10)), OFF, False),
    ],
)
def test_a_mark_is_a_persons_word_of_the_very_instant_the_line_came_off_or_was_put_on(
    evidence: Evidence, off: Stretches, *, expected: bool
) -> None:
    assert _is_mark(replace(FLOWING, off_patient=off), evidence) is expected


TAKEN_OFF = OpenStop(
    minute(1),
    minute(1),
    minute(1),
    earliest_why=Why.PERSON_SAID,
    latest_why=Why.PERSON_SAID,
    certain_why=Why.PERSON_SAID,
)


@pytest.mark.parametrize(("counter_ul", "blind_us"), [(None, 0), (1000, minute(2))])
def test_a_line_that_is_taken_off_is_a_stop_that_denies_nothing_the_pump_said(
    counter_ul: int | None, blind_us: int
) -> None:
    reading = None if counter_ul is None else read(minute(0), counter_ul)
    fold = replace(FLOWING, off_patient=(OffPatient(minute(1)),), reading=reading, blind_to_us=blind_us)
    stop = replace(TAKEN_OFF, put_on_ul=counter_ul)
    expected = replace(fold, stop=stop, blind_to_us=max(blind_us, minute(1)))
    assert no_flow(fold, marked(minute(1)), THERAPY, NOTHING_AHEAD) == expected


OFF_FOLD = replace(FLOWING, off_patient=OFF, stop=TAKEN_OFF)
PUT_ON = replace(TAKEN_OFF, certain_to_us=minute(10))


def test_a_line_that_is_put_on_waits_for_the_pumps_word() -> None:
    waiting = replace(PUT_ON, is_flow_claimed=True, put_on_at_us=minute(10))
    expected = replace(OFF_FOLD, stop=waiting, blind_to_us=minute(10))
    assert no_flow(OFF_FOLD, marked(minute(10)), THERAPY, NOTHING_AHEAD) == expected
    denied = replace(OFF_FOLD, stop=replace(TAKEN_OFF, is_denied=True))
    kept = replace(denied, stop=replace(PUT_ON, is_denied=True), blind_to_us=minute(10))
    assert no_flow(denied, marked(minute(10)), THERAPY, NOTHING_AHEAD) == kept


def test_doubtful_flow_before_a_mark_is_so_after_it() -> None:
    drips = replace(TAKEN_OFF, is_denied=True, is_flow_claimed=True)
    kept = replace(PUT_ON, is_denied=True, is_flow_claimed=True)
    assert no_flow(replace(OFF_FOLD, stop=drips), marked(minute(10)), THERAPY, NOTHING_AHEAD).stop == kept


@pytest.mark.parametrize(
    ("said_us", "window_us", "is_flowing"),
    [
        (minute(20), minute(15), True),
        (minute(25), minute(15), True),
        (minute(25) + 1, minute(15), False),
        (minute(20), minute(10), False),
        (minute(20), minute(21), False),
    ],
)
def test_it_flowed_from_the_reconnect_until_a_window_that_the_pump_spoke_in(
    said_us: int, window_us: int, *, is_flowing: bool
) -> None:
    waiting = replace(PUT_ON, is_flow_claimed=True, put_on_at_us=minute(10))
    fold = replace(OFF_FOLD, stop=waiting)
    found = doubt(fold, told(FLOW, said_us), THERAPY, Ahead(windows=((window_us, minute(40)),)))
    if not is_flowing:
        still = replace(waiting, is_doubted=True, is_denied=True, put_on_at_us=None)
        assert found == replace(fold, stop=still)
        return
    ended = finished(waiting, minute(10), Why.FLOW_CONFIRMED)
    assert found == replace(
        fold,
        stop=doubted(window_us),
        group=group_of(ended),
        flow_from_us=minute(10),
        last_flow_us=window_us,
    )


def test_a_line_put_on_without_having_been_taken_off_was_off_since_nobody_knows_when() -> None:
    fold = replace(FLOWING, off_patient=(OffPatient(minute(10), minute(10)),))
    stop = OpenStop(minute(0), earliest_why=Why.FLOW_SEEN)
    assert _begun(fold, marked(minute(10)), THERAPY, NOTHING_AHEAD) == stop
    said = OpenStop(minute(9), earliest_why=Why.PERSON_SAID)
    assert _begun(fold, marked(minute(9)), THERAPY, NOTHING_AHEAD) == said


def test_a_counter_that_goes_faster_than_was_known_does_not_lag_before_a_window() -> None:
    fold = replace(FLOWING, reading=read(minute(0), 9000, still_us=minute(-1)))
    faster = told(FLOW, minute(6), counter_ul=20_000, rate_ul_per_h=200_000)
    assert doubt(fold, faster, THERAPY, WINDOW).stop == doubted(minute(5), Why.LATENCY)
    leap = told(FLOW, minute(6), counter_ul=20_000, rate_ul_per_h=5000)
    assert doubt(fold, leap, THERAPY, WINDOW).stop == doubted(minute(0))


@pytest.mark.parametrize(("certain_us", "ran_most_us"), [(7, 0), (8, 3)])
def test_less_is_certain_only_where_the_motor_ran_for_longer_than_is_left(certain_us: int, ran_most_us: int) -> None:
    stop = OpenStop(0, certain_sum_us=certain_us)
    assert _ran_hidden(stop, -10, Ran(3, 5, 10, by_counter=True)) == replace(stop, ran_most_us=ran_most_us)
