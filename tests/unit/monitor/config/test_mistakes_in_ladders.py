"""Slips in a clinic's own ladder, and what stands in for what it leaves out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.settings import Config
from monitor.escalation.rungs import PlannedDelay, Rung
from monitor.interruption.policy import MINUTE_US

FaultsOf = Callable[[str], list[str]]
Parse = Callable[[str], Config]
PUMP = '[[pumps]]\nid = "p"\n'
RUNG = '[[ladders.blinatumomab.rungs]]\nrung = "{0}"\ncontacts = ["{1}"]\n'
FIRST = PUMP + RUNG.format("nurse", "home-nurse") + 'after_detection = "5min"\n'
LAST = RUNG.format("physician", "oncologist") + 'after_off_max = ["90min", "4h"]\nrepeat = "5min"\n'
LADDER = FIRST + LAST


def test_a_ladder_is_read_as_it_is_written(parsed: Parse) -> None:
    nurse, physician = parsed(LADDER).ladders["blinatumomab"].rungs
    assert nurse == Rung(
        rung="nurse",
        contacts=("home-nurse",),
        after_detection_us=5 * MINUTE_US,
        planned_delay=PlannedDelay.QUIET,
    )
    assert physician.after_off_max_us == (90 * MINUTE_US, 240 * MINUTE_US)
    assert physician.repeat_us == 5 * MINUTE_US


def test_a_worst_case_counts_in_silence_too_unless_the_file_says_otherwise(parsed: Parse) -> None:
    _, physician = parsed(LADDER).ladders["blinatumomab"].rungs
    assert physician.after_off_max_silence_us == physician.after_off_max_us
    _, physician = parsed(LADDER + 'after_off_max_silence = "3h"').ladders["blinatumomab"].rungs
    assert physician.after_off_max_silence_us == (180 * MINUTE_US,)


def test_a_ladder_of_an_unknown_therapy_is_refused_with_the_nearest_one(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(LADDER.replace("blinatumomab", "blinatumumab"))
    assert fault == "ladders.blinatumumab: blinatumumab is no therapy; did you mean blinatumomab?"


def test_a_ladder_without_rungs_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + "[ladders.blinatumomab]\nrungs = []")[0].startswith("ladders.blinatumomab.rungs: ")


def test_a_rung_without_a_rule_is_refused_because_it_is_never_due(faults_of: FaultsOf) -> None:
    assert "nurse is never due" in faults_of(PUMP + RUNG.format("nurse", "home-nurse"))[0]


def test_the_same_rung_twice_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(FIRST + RUNG.format("nurse", "home-nurse") + 'after_detection = "9min"')
    assert fault == "ladders.blinatumomab.rungs[1].rung: nurse stands there twice"


def test_a_contact_that_is_nobody_is_refused_with_the_nearest_one(faults_of: FaultsOf) -> None:
    contact = '[[contacts]]\nid = "anna"\nrole = "home-nurse"\n'
    (fault,) = faults_of(LADDER.replace('"oncologist"', '"ana"') + contact)
    assert fault == "ladders.blinatumomab.rungs[1].contacts[0]: ana is no contact and no role; did you mean anna?"


def test_without_contacts_a_rung_may_call_anybody(parsed: Parse) -> None:
    config = parsed(LADDER.replace('"oncologist"', '"dr-brown"'))
    assert config.roster.named(["dr-brown"])


def test_a_rung_that_waits_for_one_above_it_is_refused(faults_of: FaultsOf) -> None:
    waits = 'after_unacknowledged = { rung = "physician", after = "5min" }\n'
    (fault,) = faults_of(FIRST + waits + LAST)
    assert fault.startswith(
        "ladders.blinatumomab.rungs[0].after_unacknowledged.rung: physician is no rung before nurse"
    )


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("after_detection = 5", "after_detection"),
        ('after_detection = "-5min"', "after_detection"),
        ('after_detection = "30d"', "after_detection"),
        ('after_silence = "0s"', "after_silence"),
        ("after_off_max = 90", "after_off_max[0]"),
        ('after_off_max = "90"', "after_off_max[0]"),
        ('after_off_max = ["90min", "4"]', "after_off_max[1]"),
        ("after_off_max = []", "after_off_max"),
        ('high_priority_after = "2d"', "high_priority_after"),
        ('repeat = "1s"', "repeat"),
        ('repeat = "2h"', "repeat"),
        ("tries = 0", "tries"),
        ("tries = 1.5", "tries"),
        ("in_turn = 1", "in_turn"),
        ('planned_delay = "ever"', "planned_delay"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(faults_of: FaultsOf, line: str, key: str) -> None:
    text = PUMP + RUNG.format("nurse", "home-nurse") + "at_threshold = true\n" + line
    (fault,) = faults_of(text)
    assert fault.startswith(f"ladders.blinatumomab.rungs[0].{key}: ")


def test_a_ladder_on_which_nobody_stands_is_refused(faults_of: FaultsOf) -> None:
    text = PUMP + '[[ladders.blinatumomab.rungs]]\nrung = "nurse"\ncontacts = []\nafter_detection = "5min"\n'
    assert any('nobody is on rung "nurse": nobody stands above it either' in fault for fault in faults_of(text))


def test_a_ladder_that_tells_nobody_before_the_threshold_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(PUMP + RUNG.format("nurse", "home-nurse") + "at_threshold = true")
    assert fault == "ladders.blinatumomab: nobody is told of a known stop before the restart threshold"


def test_an_alert_code_that_does_not_exist_is_refused_with_the_nearest_one(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(LADDER + '[ladders.blinatumomab.alerts.rate-mismach]\nrungs = ["nurse"]')
    assert fault == "ladders.blinatumomab.alerts.rate-mismach: is no alert code; did you mean rate-mismatch?"


def test_an_alert_for_a_rung_that_does_not_exist_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(LADDER + '[ladders.blinatumomab.alerts.rate-mismatch]\nrungs = ["nurses"]')
    assert fault.endswith("nurses is no rung; did you mean nurse?")


@pytest.mark.parametrize("code", ["rate-mismatch", "air", "unsupervised-restart", "monitor-fault"])
def test_a_high_priority_alert_that_nobody_is_told_of_is_refused(faults_of: FaultsOf, code: str) -> None:
    (fault,) = faults_of(LADDER + f"[ladders.blinatumomab.alerts.{code}]\nrungs = []")
    assert fault.endswith(f"{code} has high priority; somebody must be told of it")


def test_alerts_of_rungs_that_an_own_ladder_does_not_have_go_to_its_ends(parsed: Parse) -> None:
    rules = parsed(LADDER).ladders["blinatumomab"].alert_rungs
    assert rules["batt-low"].rungs == ("nurse",)
    assert rules["rate-mismatch"].rungs == ("physician",)
    assert rules["pump-changed"].rungs == ("nurse", "physician")
