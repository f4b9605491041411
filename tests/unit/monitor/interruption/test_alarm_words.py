"""What alarm codes mean, and the names under which the journal keeps what happened."""

from __future__ import annotations

import pytest

from drivers.contract import AlarmCode
from monitor.interruption.alarms import MEANINGS, OWN_PRIORITIES, AlarmMeaning, OwnCode, meaning_of
from monitor.interruption.alarms import AlertPriority as Priority
from monitor.interruption.effects import EvidenceDoubted, InterruptionOpened, Told, kind_of

TABLE = """
occl-down yes high, occl-up yes high, air yes high, flow-low may medium, set-detached yes high, set-bad yes high,
flowstop-open yes high, res-empty yes high, res-low no low, kvo may medium, batt-low no low, batt-empty yes high,
batt-service no low, mains-lost no information, stop-user yes medium, stop-remind seen medium, emerg-stop yes high,
fault yes high, key-stuck may medium, comm-module may high, prog-changed no medium, counters-reset no information,
clock-changed no information, patient-changed no medium, temp may medium, unknown-alarm may high
"""
"""The taxonomy of the specification, written apart from the program."""

ROWS = [row.split() for row in TABLE.replace("\n", " ").split(",")]


@pytest.mark.parametrize(("code", "stops", "priority"), ROWS)
def test_an_alarm_stops_delivery_and_is_urgent_as_the_taxonomy_says(code: str, stops: str, priority: str) -> None:
    meaning = meaning_of(code)
    assert (meaning.stops, meaning.priority) == (stops, priority)


def test_the_taxonomy_is_complete() -> None:
    assert set(MEANINGS) == set(AlarmCode) == {code for code, _, _ in ROWS}


@pytest.mark.parametrize("code", ["", "OCCL-DOWN", "E77", "silent"])
def test_a_code_that_is_not_listed_is_an_unknown_alarm_which_may_stop_and_is_urgent(code: str) -> None:
    assert meaning_of(code) == AlarmMeaning(MEANINGS[AlarmCode.UNKNOWN_ALARM].stops, Priority.HIGH)
    assert meaning_of(code).stops == "may"


def test_every_condition_of_our_own_has_a_priority_and_none_is_an_alarm_of_the_pump() -> None:
    assert set(OWN_PRIORITIES) == set(OwnCode)
    assert not set(OWN_PRIORITIES) & set(MEANINGS)
    assert Priority.INFORMATION not in OWN_PRIORITIES.values()


def test_the_journal_names_an_effect_by_what_happened() -> None:
    assert kind_of(Told(code="clock-skew", priority=Priority.MEDIUM, detail="")) == "told"
    assert kind_of(EvidenceDoubted(why="")) == "evidence-doubted"
    assert kind_of(InterruptionOpened(number=1, opened_at_us=0)) == "interruption-opened"
