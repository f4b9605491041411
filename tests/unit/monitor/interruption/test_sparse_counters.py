"""A counter that is told only now and then is not lost where late evidence parts the run that told it."""

from __future__ import annotations

import pytest

from monitor.interruption.samples import Sample, packed, unpacked
from watched import Watched


def test_reports_without_a_counter_lose_none_before_them() -> None:
    reports: list[Sample] = [(0, None), (10, 100), (20, None), (30, None), (40, 130), (50, None)]
    assert unpacked(packed(reports), (50, 130)) == reports
    assert unpacked(packed(reports[1:]), (50, 130)) == [(10, None), *reports[2:]], "of the oldest it is not kept"


def heard(*, is_late: bool) -> tuple[Watched, list[tuple[float, float]]]:
    """Return a pump that claims flow from minute 107.5 on, with a counter told every 25 minutes that stands."""
    pump = Watched()
    said: list[tuple[float, str, float | None]] = []
    for at in range(0, 146, 5):
        counter = 8.8 if at > 106 else round(at / 12 - 0.04, 1)
        said.append((at, "status", counter if at % 25 == 0 else None))
    delay = 33.25 if is_late else 0
    said += [(106.5 + delay, "delivery-stop", None), (107.5 + delay, "delivery-start", None)]
    shown = []
    for heard_at, what, told in sorted(said, key=lambda word: word[0]):
        if what == "status":
            pump.status(heard_at, counter=told)
        else:
            pump.event(heard_at, what, age_s=delay * 60)
        shown.append(pump.off() if pump.shown else (0, 0))
    return pump, shown


def test_a_late_stop_and_start_say_what_they_would_have_said_in_time() -> None:
    late, in_time = heard(is_late=True)[0], heard(is_late=False)[0]
    assert late.off() == in_time.off() == (1, 18.5)


@pytest.mark.parametrize("is_late", [True, False])
def test_a_late_stop_never_makes_less_of_what_the_counter_denied(*, is_late: bool) -> None:
    _, shown = heard(is_late=is_late)
    assert shown[-1][1] >= 18.5
