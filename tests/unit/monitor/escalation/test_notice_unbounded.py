"""While a downtime of the monitor has no bound, nobody is told one, nor a beginning or a deadline that nobody knows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ladder_stories import Story, at
from monitor.escalation.explanation import explain, rule_of
from monitor.escalation.notice import TEXT_MAX, NoticeSite, render, render_alert
from monitor.escalation.roster import ROLES, Contact
from monitor.escalation.turns import Call, Reason
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.events import ClockSynchronised, MonitorRestarted
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.state import Alert, OffClass
from storybook import Tale
from watched import BLINATUMOMAB, Watched, minutes

SITE = NoticeSite(ZoneInfo("America/Chicago"), "+1 555 0100")
CALL = Call(rung="home-nurse", due_at_us=0, contacts=(), turn=None, attempt=1, reason=Reason.THRESHOLD)
NOT_KNOWN = "at least 10 min, how long at most is not known until the clock is set"
VIEW = replace(
    Story(stops=((at("10:15"), None),), detected_us=at("13:45")).view(at("14:15")),
    off_min_us=10 * MINUTE_US,
    off_class=OffClass.POSSIBLE,
    is_unbounded=True,
)


@pytest.mark.parametrize("role", [*ROLES, "neighbour"])
@pytest.mark.parametrize("is_max_running", [True, False])
def test_no_reader_is_told_a_most_or_an_instant_that_follows_from_it(role: str, *, is_max_running: bool) -> None:
    view = replace(VIEW, is_max_running=is_max_running)
    told = render(view, CALL, Contact(id="n1", role=role), SITE)
    assert NOT_KNOWN in told.text
    assert "at most 4 h" not in told.text + told.title
    assert "deadline was" not in told.text
    assert "08:15" not in told.text.replace("Written 09:15", "")
    assert "may have" in told.text
    assert "at home" in told.text
    assert len(told.text) <= TEXT_MAX
    assert told.data["is_unbounded"] is True
    assert told.data["off_max_s"] == 4 * 3600


def test_a_therapy_that_may_go_on_at_home_has_no_most_in_its_title_either() -> None:
    going_on = replace(BLINATUMOMAB, do_not=("flush",))
    title = render(VIEW, CALL, Contact(id="n1", role="home-nurse"), SITE, going_on).title
    assert title == "K7-1: restart threshold, nobody knows for how long"


def test_an_alert_beside_it_says_no_most() -> None:
    alert = Alert(number=1, code=OwnCode.CLOCK_SKEW, priority=AlertPriority.MEDIUM, raised_at_us=at("14:15"))
    text = render_alert(alert, "K7", VIEW, CALL, Contact(id="n1", role="home-nurse"), SITE).text
    assert f"Infusion off for {NOT_KNOWN}." in text
    assert "The restart threshold may have been reached." in text


def downtime() -> Watched:
    """Return a pump whose monitor was down for an unknown time, with flow confirmed since."""
    pump = Watched()
    pump.runs(300, 360)
    pump.now_us = minutes(380)
    pump.take(MonitorRestarted(at_us=minutes(380), down_from_us=minutes(360), is_downtime_known=False))
    pump.runs(381, 390)
    return pump


def explained(pump: Watched) -> str:
    return "\n".join(explain(pump.only, rule_of(pump.only, pump.policy), ZoneInfo("UTC")))


def test_the_explanation_names_no_most_and_no_beginning() -> None:
    text = explained(downtime())
    assert "off for at least 0 s, how long at most is not known until the clock is set, class possible." in text
    assert "Stop 1 of 1: how early it began is not known (the monitor was down for an unknown time)" in text
    assert "Stop 1 of 1: how long at most is not known until the clock is set." in text
    assert "Class possible: how long at most is not known until the clock is set, so it counts as if" in text
    assert "at most 4 h" not in text
    assert "02:20:00" not in text
    assert "met the threshold at" not in text


def test_the_clock_that_is_set_brings_the_most_back() -> None:
    pump = downtime()
    pump.take(ClockSynchronised(at_us=minutes(391), down_from_us=minutes(360), down_to_us=minutes(380), moved_us=0))
    assert "off for at least 0 s, at most 21 min, class below." in explained(pump)


def test_the_whole_road_from_the_restart_to_the_notice() -> None:
    tale = Tale()
    tale.runs("08:00", "10:00")
    tale.say("10:20", restart={"down_s": 600, "clock": "unknown"})
    tale.runs("10:21", "10:40")
    told = tale.play()
    texts = [notice["text"] for notice in told.result["notices"]]
    assert len(texts) > 10
    assert not [text for text in texts if "at most 4 h" in text or "deadline was" in text]
    assert told.only["class"] == "possible"
