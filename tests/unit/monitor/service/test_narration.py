"""What whoever watches a story reads of an off-time is rounded to the safe side: the least down, the most up."""

from __future__ import annotations

from fake_feed import view
from monitor.feed.records import FeedRecord, InterruptionRecord, RungRecord
from monitor.interruption.policy import MINUTE_US, SECOND_US
from monitor.service.narration import narrate, summed_up

JUST_BELOW_US = 260 * MINUTE_US - 2 * SECOND_US


def test_the_summary_claims_no_second_that_is_not_certain() -> None:
    one = view("p", off_min_us=JUST_BELOW_US, off_max_us=JUST_BELOW_US)
    record = InterruptionRecord(view=one, rungs=(RungRecord(rung="patient", due_at_us=0),))
    assert summed_up(record) == "p-1: from 11:15, at least 4 h 19 min, at most 4 h 20 min, below, open; told: patient"


def test_an_interruption_of_which_nobody_was_told_says_so() -> None:
    record = InterruptionRecord(view=view("p"))
    assert summed_up(record).endswith("at least 30 min, at most 45 min, below, open; nobody had to be told")


def test_a_return_of_flow_tells_both_bounds() -> None:
    data = {"off_min_us": JUST_BELOW_US, "off_max_us": JUST_BELOW_US}
    said = narrate(FeedRecord(cursor=1, at_us=0, kind="flow-returned", data=data))
    assert said == "Flow is confirmed again after at least 4 h 19 min, at most 4 h 20 min."


def test_a_return_of_flow_without_figures_is_told_without_them() -> None:
    assert narrate(FeedRecord(cursor=1, at_us=0, kind="flow-returned")) == "Flow is confirmed again."
