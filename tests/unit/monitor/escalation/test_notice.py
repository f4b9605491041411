"""What people read: both bounds, the deadline, what to do, and nothing that could mislead or give a name away."""

from __future__ import annotations

import json
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from drivers.contract import AlarmCode
from ladder_stories import Story, at
from monitor.escalation import phrases
from monitor.escalation.notice import TEXT_MAX, TITLE_MAX, NoticeSite, Rendered, render, render_alert
from monitor.escalation.roster import ROLES, Contact
from monitor.escalation.rungs import ALERT_RUNGS, MONITOR_FAULT
from monitor.escalation.turns import Call, Reason
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.policy import MINUTE_US, SECOND_US
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Alert, OffClass

CHICAGO = ZoneInfo("America/Chicago")
SITE = NoticeSite(CHICAGO, "+1 555 0100")
CALL = Call(rung="home-nurse", due_at_us=0, contacts=(), turn=None, attempt=1, reason=Reason.DETECTED)
STOPPED = Story(stops=((at("13:30"), None),), detected_us=at("13:45")).view(at("14:15"))
SILENT = Story(stops=((at("13:00"), None),), silent_us=at("13:00")).view(at("14:00"))


def told(view: InterruptionView, role: str = "home-nurse", site: NoticeSite = SITE) -> Rendered:
    return render(view, CALL, Contact(id="n1", name="Nora Nurse", role=role), site)


def test_a_notice_has_both_bounds_deadline_with_zone_age_code_and_what_to_do() -> None:
    view = replace(
        STOPPED, off_min_us=30 * MINUTE_US, alarm_codes=("occl-down", "A.118"), last_contact_at_us=at("14:13")
    )
    assert told(view).text == (
        "Infusion interrupted for at least 30 min, at most 45 min. Below the restart threshold; "
        "deadline 12:30 CDT (17:30 UTC). Written 09:15 CDT (14:15 UTC). "
        "Pump alarm: occl-down, A.118. Last contact 2 min ago. "
        "Call the patient and have the pump's screen read to you. "
        "Meanwhile do not restart, do not change settings, do not flush; call +1 555 0100. Case K7-1."
    )


def test_silence_is_called_no_contact_and_never_stopped() -> None:
    text = told(SILENT).text
    assert text.startswith("No contact with the pump; the infusion may be off for at least 0 min, at most 60 min.")
    assert "stopped" not in text.lower()
    assert "interrupted" not in text


@pytest.mark.parametrize("role", [*ROLES, "neighbour"])
def test_at_the_threshold_nobody_is_to_restart_at_home(role: str) -> None:
    view = replace(STOPPED, off_class=OffClass.REACHED, threshold_met_at_us=at("14:00"), deadline_at_us=None)
    text = told(view, role).text
    assert "at home" in text
    assert "09:00 CDT (14:00 UTC)" in text
    if role not in {"patient", "caregiver"}:
        assert "The restart threshold has been reached" in text
        assert "Supervised restart: do not restart at home." in text


def test_a_class_that_is_only_possible_is_told_as_such() -> None:
    view = replace(STOPPED, off_class=OffClass.POSSIBLE, threshold_met_at_us=at("14:00"), deadline_at_us=None)
    assert "The restart threshold may have been reached" in told(view).text


def test_the_patient_reads_plain_words() -> None:
    text = told(STOPPED, "patient").text
    assert text.startswith("Your infusion is not running as it should: off for at least 0 min, at most 45 min.")
    assert "threshold" not in text


def test_a_late_find_says_so_and_that_flow_is_back() -> None:
    view = replace(STOPPED, found_late=True, is_max_running=False, deadline_at_us=None)
    assert told(view).text.startswith("Found late. The infusion was off for at least")


def test_a_deadline_on_another_day_carries_its_date_and_daylight_time_its_name() -> None:
    # Stop 23:10 standard time on 7 March 2026: four hours later the wall shows 04:10 daylight time.
    stop_us = 1_772_946_600 * SECOND_US
    view = replace(STOPPED, at_us=stop_us + 30 * MINUTE_US, deadline_at_us=stop_us + 240 * MINUTE_US)
    assert "deadline 8 Mar 04:10 CDT (09:10 UTC)" in told(view).text


def test_bounds_are_rounded_to_the_safe_side() -> None:
    assert phrases.bounds(119 * SECOND_US, 61 * SECOND_US) == "at least 1 min, at most 2 min"
    assert phrases.bounds(120 * MINUTE_US, 250 * MINUTE_US) == "at least 2 h 00 min, at most 4 h 10 min"


@pytest.mark.parametrize("raw", ["JANE DOE bed 4", "x" * 25, "a\nb", "<b>", "", "-", "Jané"])
def test_what_is_no_code_is_not_repeated(raw: str) -> None:
    view = replace(STOPPED, alarm_codes=("unknown-alarm", raw))
    rendered = told(view)
    assert "Pump alarm: unknown-alarm and 1 more." in rendered.text
    assert rendered.data["alarm_codes"] == ["unknown-alarm"]


@pytest.mark.parametrize(
    ("alarm_codes", "expected"),
    [
        ((), "No pump alarm known."),
        (("a", "b", "c", "d", "e"), "Pump alarm: a, b, c and 2 more."),
        (("a", "a"), "Pump alarm: a."),
        (("?!",), "Pump alarm without a known code."),
    ],
)
def test_alarm_codes_are_listed_up_to_three(alarm_codes: tuple[str, ...], expected: str) -> None:
    assert phrases.codes(alarm_codes) == expected


def test_a_zone_without_a_name_is_shown_as_its_distance_from_utc() -> None:
    assert phrases.wall_time(0, 0, ZoneInfo("Asia/Dubai")) == "04:00 UTC+04 (00:00 UTC)"
    assert phrases.wall_time(0, 0, ZoneInfo("UTC")) == "00:00 UTC"


def test_without_a_number_the_reader_is_sent_to_the_care_team() -> None:
    assert "; call your care team." in told(STOPPED, site=NoticeSite(CHICAGO)).text


@st.composite
def views(draw: st.DrawFn) -> InterruptionView:
    off_max_us = draw(st.integers(0, 40 * 24 * 60 * MINUTE_US))
    is_running = draw(st.booleans())
    met = draw(st.booleans())
    return replace(
        draw(st.sampled_from([STOPPED, SILENT])),
        id=draw(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)) + "-12345",
        off_min_us=draw(st.integers(0, off_max_us)),
        off_max_us=off_max_us,
        off_class=draw(st.sampled_from(OffClass)) if met else OffClass.BELOW,
        is_max_running=is_running,
        deadline_at_us=STOPPED.at_us + draw(st.integers(0, 10**11)) if is_running and not met else None,
        threshold_met_at_us=STOPPED.at_us - draw(st.integers(0, 10**11)) if met else None,
        last_contact_at_us=draw(st.none() | st.integers(0, STOPPED.at_us)),
        alarm_codes=tuple(draw(st.lists(st.sampled_from(AlarmCode) | st.text(max_size=30), max_size=6))),
        found_late=draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(views(), st.sampled_from([*ROLES, "other"]), st.text(max_size=40), st.sampled_from(["UTC", "Asia/Kathmandu"]))
def test_every_notice_is_one_bounded_line_with_bounds_deadline_and_what_not_to_do(
    view: InterruptionView, role: str, number: str, zone: str
) -> None:
    rendered = told(view, role, NoticeSite(ZoneInfo(zone), number))
    text = rendered.text
    assert len(text) <= TEXT_MAX
    assert len(rendered.title) <= TITLE_MAX
    assert (text + rendered.title).isprintable()
    assert re.search(r"at least (\d+ h )?\d+ min, at most (\d+ h )?\d+ min", text)
    assert "do not restart, do not change settings, do not flush; call" in text
    assert text.endswith(f"Case {view.id}.")
    deadline_us = view.deadline_at_us if view.threshold_met_at_us is None else view.threshold_met_at_us
    if deadline_us is not None:
        assert phrases.wall_time(deadline_us, view.at_us, ZoneInfo(zone)) in text
    assert "Nora" not in text + rendered.title + json.dumps(rendered.data)
    assert all(phrases.is_code(code) for code in json.loads(json.dumps(rendered.data))["alarm_codes"])


INVITES = re.compile(r"(?<!not )(?<!never )\b(restart it|start it|press|flush the|resume|push)\b", re.IGNORECASE)


@settings(max_examples=200, deadline=None)
@given(views(), st.sampled_from(ROLES))
def test_no_notice_invites_anybody_to_restart_or_flush(view: InterruptionView, role: str) -> None:
    text = told(view, role).text
    assert not INVITES.search(text)
    for match in re.finditer(r"flush", text):
        assert text[: match.start()].endswith("do not ")


@pytest.mark.parametrize("code", [*ALERT_RUNGS, AlarmCode.UNKNOWN_ALARM])
def test_every_alert_that_is_told_has_words_of_its_own(code: str) -> None:
    alert = Alert(number=3, code=code, priority=AlertPriority.HIGH, raised_at_us=at("12:00"), raw_code="E-41")
    rendered = render_alert(alert, "K7", None, CALL, Contact(id="n1", role="home-nurse"), SITE)
    assert not rendered.text.startswith("The pump reports an alert.")
    assert "Meanwhile do not restart, do not change settings, do not flush; call +1 555 0100. Case K7." in rendered.text
    assert f"Alert: {code}. The pump calls it E-41." in rendered.text
    assert len(rendered.text) <= TEXT_MAX


def test_an_unsupervised_restart_is_told_with_the_bounds_of_the_interruption() -> None:
    view = replace(STOPPED, is_max_running=False, off_class=OffClass.POSSIBLE, threshold_met_at_us=at("14:00"))
    code = OwnCode.UNSUPERVISED_RESTART
    alert = Alert(number=3, code=code, priority=AlertPriority.HIGH, raised_at_us=at("14:15"))
    rendered = render_alert(alert, "K7", view, CALL, Contact(id="o", role="oncologist"), SITE)
    assert "nobody supervised it" in rendered.text
    assert "at least 0 min, at most 45 min" in rendered.text
    assert rendered.data["interruption"] == "K7-1"


def test_a_mere_claim_of_flow_is_not_told_as_a_pump_that_runs_again() -> None:
    view = replace(STOPPED, off_class=OffClass.POSSIBLE, threshold_met_at_us=at("14:00"), deadline_at_us=None)
    code = OwnCode.UNSUPERVISED_RESTART
    alert = Alert(number=3, code=code, priority=AlertPriority.HIGH, raised_at_us=at("14:15"))
    for shown in (view, None):
        text = render_alert(alert, "K7", shown, CALL, Contact(id="o", role="oncologist"), SITE).text
        assert text.startswith(
            "By the pump's own word drug may have flowed although the restart threshold may have been passed; "
            "no supervised restart is on record. See the patient now."
        )
        assert "runs again" not in text


def test_a_counter_that_is_too_slow_is_not_told_as_one_that_stands() -> None:
    alert = Alert(number=3, code=OwnCode.VOLUME_STALL, priority=AlertPriority.HIGH, raised_at_us=at("12:00"))
    assert render_alert(alert, "K7", None, CALL, Contact(id="n1"), SITE).text.startswith(
        "The pump said that it delivers while its volume counter stood, or moved too slowly for that: "
        "nothing may have flowed, or too little. Have the line checked now."
    )


def test_an_alert_of_the_monitor_itself_needs_no_advice_about_a_pump() -> None:
    alert = Alert(number=1, code=OwnCode.STORAGE_DEGRADED, priority=AlertPriority.HIGH, raised_at_us=at("12:00"))
    text = render_alert(alert, "", None, CALL, Contact(id="n1"), SITE).text
    assert text == (
        "The monitor cannot store what it hears. Have it looked at now. Alert: storage-degraded. Call +1 555 0100."
    )


def test_a_fault_of_the_monitor_itself_says_where_and_what_to_do() -> None:
    said = "First at pump p1."
    alert = Alert(number=1, code=MONITOR_FAULT, priority=AlertPriority.HIGH, raised_at_us=at("12:00"), detail=said)
    assert render_alert(alert, "", None, CALL, Contact(id="n1"), SITE).text == (
        "The monitor itself fails at what it hears: an interruption may go unseen. "
        "Call the patient and have it looked at now. First at pump p1. Alert: monitor-fault. Call +1 555 0100."
    )


def test_when_there_is_too_much_to_say_details_give_way_and_advice_stays() -> None:
    view = replace(
        SILENT,
        id="x" * 64 + "-12345",
        found_late=True,
        off_max_us=100 * 24 * 60 * MINUTE_US,
        deadline_at_us=SILENT.at_us + 2 * 24 * 60 * MINUTE_US,
        last_contact_at_us=0,
        alarm_codes=("a" * 24, "b" * 24, "c" * 24, "d"),
    )
    text = told(view, "oncologist", NoticeSite(ZoneInfo("Asia/Kathmandu"), "1" * 40)).text
    assert len(text) <= TEXT_MAX
    assert "aaa" not in text
    assert text.endswith(f"do not flush; call {'1' * 32}. Case {view.id}.")
