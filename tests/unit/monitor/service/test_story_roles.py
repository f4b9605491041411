"""What a person may not do over the feed no person of a story may do: it is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.feed.permits import NEEDED, Deed
from storybook import Tale, Told


def occluded(**line: Any) -> Told:
    """Return what came of an occlusion at 02:10, with one more line at 02:26, when the home nurse was told."""
    tale = Tale()
    tale.runs("01:00", "02:05")
    tale.alarm("02:10", "occl-down")
    tale.stands("02:11", "03:00")
    tale.say("02:26", **line)
    return tale.play(until="03:00")


def whys(told: Told) -> list[str]:
    return [one["why"] for one in told.result["rejected"]]


def took_note(told: Told) -> list[str]:
    """Return who took note of anything."""
    return [alert["acknowledged_by"] for alert in told.result["alerts"] if alert["acknowledged_by"]]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            {"acknowledge": "home-nurse", "by": "A", "role": "viewer"},
            "acknowledge needs the role caregiver; A is viewer",
        ),
        (
            {"acknowledge": "home-nurse", "by": "A", "role": "caregiver"},
            "the rung home-nurse needs the role nurse; A is caregiver",
        ),
        (
            {"acknowledge": "occl-down", "by": "A", "role": "caregiver"},
            "the alert occl-down needs the role nurse; A is caregiver",
        ),
        (
            {"acknowledge": "home-nurse", "by": "patient"},
            "the rung home-nurse needs the role nurse; patient is caregiver",
        ),
        (
            {"acknowledge": "home-nurse", "by": "A", "role": "janitor"},
            "role must be one of viewer, caregiver, nurse, clinician, admin, not 'janitor'",
        ),
        ({"acknowledge": "home-nurse", "by": ""}, "by must say who it was"),
        ({"acknowledge": "home-nurse"}, "by must say who it was"),
        (
            {"acknowledge": "nonsense", "by": "A", "role": "nurse"},
            "'nonsense' is neither a rung of the ladder nor the code of an alert",
        ),
        (
            {"acknowledge": "", "by": "A", "role": "nurse"},
            "'' is neither a rung of the ladder nor the code of an alert",
        ),
        (
            {"hold": "start", "reason": "fever", "by": "A", "role": "patient"},
            "hold needs the role clinician; A is caregiver",
        ),
        (
            {"hold": "start", "reason": "fever", "by": "home-nurse"},
            "hold needs the role clinician; home-nurse is nurse",
        ),
        ({"order": {"rate_ml_per_h": 9}, "by": "A", "role": "nurse"}, "order needs the role clinician; A is nurse"),
        ({"swap": {"serial": "S2"}, "by": "patient"}, "swap needs the role nurse; patient is caregiver"),
        ({"mark": "bag-change", "by": "A", "role": "viewer"}, "mark needs the role caregiver; A is viewer"),
        ({"report": "running", "by": "A", "role": "viewer"}, "report needs the role caregiver; A is viewer"),
        (
            {"close": "other", "note": "seen", "by": "A", "role": "nurse"},
            "close needs the role clinician; A is nurse",
        ),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_what_a_role_may_not_do_is_refused_and_changes_nothing(line: dict[str, Any], why: str) -> None:
    told, without = occluded(**line), occluded(v=1, kind="status", delivery="not-delivering", rate_ml_per_h=0)
    (said,) = whys(told)
    assert said.removeprefix("story line 26: ").endswith(why)
    assert took_note(told) == []
    for part in ("interruptions", "alerts"):
        assert told.result[part] == without.result[part]


@pytest.mark.parametrize(
    "line",
    [
        {"acknowledge": "home-nurse", "by": "A", "role": "nurse"},
        {"acknowledge": "home-nurse", "by": "charge-nurse"},
        {"acknowledge": "occl-down", "by": "doctor"},
        {"acknowledge": "patient", "by": "A", "role": "caregiver"},
        {"hold": "start", "reason": "fever", "by": "A", "role": "oncologist"},
        {"order": {"rate_ml_per_h": 5.0}, "by": "A", "role": "clinician"},
        {"swap": {"serial": "S2"}, "by": "A", "role": "nurse"},
        {"mark": "bag-change", "by": "patient"},
        {"report": "stopped", "by": "patient"},
    ],
    ids=lambda line: "-".join(map(str, line.values())),
)
def test_what_a_role_may_do_is_done(line: dict[str, Any]) -> None:
    assert whys(occluded(**line)) == []


@pytest.mark.parametrize(
    "line",
    [
        {"acknowledge": "home-nurse", "by": "Dr. Sol"},
        {"hold": "start", "reason": "fever", "by": "Dr. Sol"},
        {"order": {"rate_ml_per_h": 5.0}, "by": "Dr. Sol"},
        {"swap": {"serial": "S2"}, "by": "courier"},
    ],
    ids=lambda line: "-".join(map(str, line.values())),
)
def test_of_a_person_about_whom_nothing_is_known_the_story_is_believed(line: dict[str, Any]) -> None:
    assert whys(occluded(**line)) == []


def test_a_caregiver_takes_note_of_what_only_the_patients_rung_was_told() -> None:
    tale = Tale()
    tale.runs("01:00", "02:00")
    tale.alarm("01:30", "batt-low")
    tale.say("01:40", acknowledge="batt-low", by="Ana", role="caregiver")
    told = tale.play()
    assert whys(told) == []
    assert took_note(told) == ["Ana"]


def test_every_deed_of_a_story_has_a_least_role() -> None:
    assert set(NEEDED) == set(Deed)
