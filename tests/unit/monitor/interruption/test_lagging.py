"""A counter that lags a little at every report: where the sum tells, what it tells, and what is not summed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import HALF_HOUR_US, MERGE_US, THERAPY, ended, flow, group_of, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import apply, refold
from monitor.interruption.lagging import is_unbroken, lags, lags_in_sum, parted_where_it_lags
from monitor.interruption.offtime import Fold, OpenStop, Stop
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.reading import MARGIN_US, Motion, Reading
from monitor.interruption.samples import packed
from monitor.interruption.why import Why

replace = msgspec.structs.replace

LAST = read(minute(9), 1600, kept_us=minute(0), kept_ul=1000)
"""A tenth of the rate and 75 microlitres behind since it had kept up: less than a step."""

SLOW = Fold(flow_from_us=minute(-40), last_flow_us=minute(9), reading=LAST)
WHYS = (Why.COUNTER_SLOW, Why.UNKNOWN, Why.UNKNOWN, Why.COUNTER_SLOW)


def with_reading(**changes: Any) -> Fold:
    return replace(SLOW, reading=replace(LAST, **changes))


@pytest.mark.parametrize("late_us", [0, 1])
def test_a_sum_tells_by_more_than_a_step_and_what_reports_come_late(late_us: int) -> None:
    # Nine tenths of 5 mL/h are 75 microlitres a minute.
    now = flow(minute(10) + MARGIN_US + late_us, counter_ul=1650)
    assert lags(SLOW, now, THERAPY) is bool(late_us)
    kept = replace(LAST, at_us=minute(0), still_us=minute(0), counter_ul=1000)
    assert lags_in_sum(SLOW, now, THERAPY) == (kept if late_us else None)


def test_all_of_it_since_the_counter_had_kept_up_is_doubt_and_none_of_it_is_certain() -> None:
    now = flow(minute(10), to_us=minute(11), counter_ul=1637)
    stop = Stop(minute(0), None, None, minute(10), 0, 10 * MINUTE_US, WHYS)
    assert apply(SLOW, now, THERAPY) == Fold(
        flow_from_us=minute(10),
        last_flow_us=minute(11),
        group=group_of(stop),
        reading=read(minute(10), 1637),
        bridged_us=minute(10),
    )


@pytest.mark.parametrize(
    ("fold", "changes"),
    [
        (SLOW, {"rate_ul_per_h": 4999}),
        (SLOW, {"unsure_us": 1}),
        (SLOW, {"kind": EvidenceKind.DOUBT}),
        (SLOW, {"counter_ul": 1600}),
        (SLOW, {"counter_ul": 999}),
        (SLOW, {"counter_ul": None}),
        (with_reading(motion=Motion.DOUBTFUL), {}),
        (with_reading(motion=Motion.STANDING), {}),
        (with_reading(kept_ul=None), {}),
        (with_reading(rate_ul_per_h=None), {"rate_ul_per_h": None}),
        (replace(SLOW, reading=None), {}),
        (replace(SLOW, flow_from_us=minute(0) + 1), {}),
        (replace(SLOW, stop=OpenStop(minute(9))), {}),
    ],
)
def test_only_what_was_claimed_at_one_rate_and_never_denied_is_summed(fold: Fold, changes: dict[str, Any]) -> None:
    now = replace(flow(minute(10), counter_ul=1637), **changes)
    assert lags_in_sum(fold, now, THERAPY) is None


def test_flow_that_began_as_the_counter_kept_up_or_before_any_stop_is_unbroken() -> None:
    assert is_unbroken(SLOW)
    assert is_unbroken(replace(SLOW, flow_from_us=minute(0)))
    assert is_unbroken(replace(SLOW, flow_from_us=None))
    assert not is_unbroken(replace(SLOW, flow_from_us=minute(0) + 1))
    assert not is_unbroken(replace(SLOW, stop=OpenStop(minute(9))))
    assert not is_unbroken(replace(SLOW, reading=None))


def test_what_one_gap_tells_by_itself_is_dated_in_that_gap() -> None:
    now = flow(minute(14), counter_ul=1700)
    found = apply(SLOW, now, THERAPY)
    assert found.group is not None
    assert found.group.opened_us == minute(9)


def test_an_interruption_that_had_ended_goes_on_if_it_had_not_kept_up_for_long_enough_since() -> None:
    group = group_of(ended(minute(-22), minute(-20)))
    before = replace(SLOW, flow_from_us=minute(-20), done=(group,))
    now = flow(minute(10), counter_ul=1637)
    again = apply(before, now, THERAPY)
    assert again.done == ()
    assert again.group is not None
    assert (again.group.opened_us, again.group.stops) == (minute(-22), 2)
    for_long = replace(before, flow_from_us=minute(0) - MERGE_US, done=(replace(group, flow_us=minute(0) - MERGE_US),))
    apart = apply(for_long, now, THERAPY)
    assert (len(apart.done), apart.group and apart.group.opened_us) == (1, minute(0))


@pytest.mark.parametrize(
    ("counter_ul", "kept"),
    [(1674, (minute(0), 1000)), (1675, (minute(9), 1675)), (1600, (minute(0), 1000))],
    ids=["behind", "level", "stands"],
)
def test_a_counter_that_keeps_up_is_summed_from_there(counter_ul: int, kept: tuple[int, int]) -> None:
    before = replace(SLOW, last_flow_us=minute(8), reading=replace(LAST, at_us=minute(8), still_us=minute(8)))
    after = apply(before, flow(minute(9), counter_ul=counter_ul), THERAPY).reading
    assert after is not None
    assert (after.kept_us, after.kept_ul) == kept


@pytest.mark.parametrize(
    "changes",
    [{"rate_ul_per_h": 5001}, {"step_ul": 99}, {"kind": EvidenceKind.DOUBT}, {"unsure_us": 1}],
    ids=["rate", "step", "doubt", "unsure"],
)
def test_nothing_is_summed_over_another_rate_or_step_or_over_doubt(changes: dict[str, Any]) -> None:
    now = replace(flow(minute(10), counter_ul=1660), **changes)
    after = apply(SLOW, now, THERAPY).reading
    assert after is not None
    is_flow = after.motion is Motion.FLOWING
    assert (after.kept_us, after.kept_ul) == ((minute(10), 1660) if is_flow else (0, None))


def run(reports: list[tuple[int, int | None]], **changes: Any) -> Evidence:
    """Return a run of these reports, in minutes."""
    ways = [(minute(at), shown) for at, shown in reports]
    fields = {"to_us": ways[-1][0], "counter_ul": ways[0][1], "counter_to_ul": ways[-1][1], "read_to_us": ways[-1][0]}
    return flow(ways[0][0], **{**fields, "samples": packed(ways), **changes})


REPORTS: list[tuple[int, int | None]] = [(10, 1660), (11, 1720), (12, 1770), (13, 1820)]
RUN = run(REPORTS)


def test_a_run_is_parted_at_its_first_report_that_lags_behind_what_came_before_it() -> None:
    first, rest = parted_where_it_lags(SLOW, RUN, THERAPY)
    # 75 a minute were due: by the 12th minute 900, of which a step and the margin may lack.
    assert (first.at_us, first.to_us, first.counter_to_ul) == (minute(10), minute(11), 1720)
    assert rest is not None
    assert (rest.at_us, rest.to_us, rest.counter_ul, rest.counter_to_ul) == (minute(12), minute(13), 1770, 1820)
    found = refold(SLOW, (RUN,), THERAPY)
    one_by_one = refold(SLOW, tuple(flow(minute(at), counter_ul=shown) for at, shown in REPORTS), THERAPY)
    assert found == one_by_one
    assert found.group is not None
    assert found.group.listed == (Stop(minute(0), None, None, minute(12), 0, 12 * MINUTE_US, WHYS),)


@pytest.mark.parametrize(
    ("fold", "piece"),
    [
        (SLOW, run([(10, 1675), (11, 1750), (12, 1825)])),
        (SLOW, run([(10, 1660), (11, 1825), (12, 1840), (13, 1850)])),
        (SLOW, run([(10, 1660), (11, 1720), (12, 1720), (13, 1720)])),
        (SLOW, run([(10, 1660), (11, None), (12, None), (13, None)], counter_to_ul=1660)),
        (SLOW, run([(10, 1750), (11, 1760), (12, 1770)])),
        (SLOW, replace(RUN, samples=b"")),
        (replace(SLOW, stop=OpenStop(minute(9))), RUN),
    ],
    ids=["level", "it keeps up in between", "stands", "untold", "kept up", "no reports known", "stopped"],
)
def test_a_run_that_lags_nowhere_stays_whole(fold: Fold, piece: Evidence) -> None:
    assert parted_where_it_lags(fold, piece, THERAPY) == (piece, None)


def test_a_run_whose_first_report_lags_is_weighed_from_there() -> None:
    late = run([(10, 1637), (11, 1660), (12, 1690)])
    assert parted_where_it_lags(SLOW, late, THERAPY) == (late, None)


def test_a_run_leaves_the_report_since_which_it_lags_most() -> None:
    whole = run([(10, 1660), (11, 1800), (12, 1810)], kept_us=minute(11), kept_ul=1800)
    after = apply(with_reading(kept_us=minute(9), kept_ul=1600), whole, THERAPY).reading
    assert after == Reading(minute(12), minute(12), Motion.FLOWING, 1810, None, 5000, 100, minute(11), 1800)


def test_a_counter_that_was_reset_is_summed_from_its_new_beginning() -> None:
    whole = run([(10, 1660), (11, 20), (12, 80)], kept_us=minute(11), kept_ul=20)
    after = apply(SLOW, whole, THERAPY).reading
    assert after is not None
    assert (after.kept_us, after.kept_ul) == (minute(11), 20)
    unknown = apply(SLOW, replace(whole, kept_us=None, kept_ul=None), THERAPY).reading
    assert unknown is not None
    assert (unknown.kept_us, unknown.kept_ul) == (minute(12), 80)
    assert parted_where_it_lags(SLOW, whole, THERAPY) == (whole, None)


def test_a_pump_that_goes_at_seven_tenths_of_its_rate_is_told_of() -> None:
    fold = Fold()
    for at in range(121):
        counter_ul = int(at * 5000 * 0.7 / 60 / 100) * 100
        fold = apply(fold, flow(minute(at), counter_ul=counter_ul), THERAPY)
    assert fold.group is not None
    # All of it but for the last minutes, of which it is not known yet.
    assert 3 * HALF_HOUR_US < fold.group.max_us <= 4 * HALF_HOUR_US
    assert fold.group.min_us == 0


def test_a_person_who_saw_it_run_ends_nothing_that_is_summed() -> None:
    seen = apply(SLOW, told(EvidenceKind.PERSON_FLOW, minute(9)), THERAPY)
    assert lags_in_sum(seen, flow(minute(10), counter_ul=1637), THERAPY) is not None
