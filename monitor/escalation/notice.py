"""Renders what one contact is told, from one view of one interruption or from one alert.

Pure. Every text about an interruption carries both bounds, the deadline as local wall time with zone, the
age of the last contact, the pump's own alarm code, and what to do. It names no patient and no contact;
the case id leads whoever may know more to the page behind the login.
"""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from monitor.escalation import phrases
from monitor.escalation.advice import Reader, Situation, advice, alert_sentence, forbids_restart, never, reader_of
from monitor.escalation.roster import Contact
from monitor.escalation.therapy_words import actions_met, own_threshold, restart_words
from monitor.escalation.turns import Call
from monitor.interruption.policy import MINUTE_US, Therapy
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Alert, OffClass

TEXT_MAX = 480
"""Longest text, in characters: three concatenated short messages."""

TITLE_MAX = 80


class NoticeSite(msgspec.Struct, frozen=True):
    """Where the notice comes from.

    Attributes:
        zone: The time zone of all wall times.
        call_back_number: Whom the reader is to call.
    """

    zone: tzinfo
    call_back_number: str = ""


class Rendered(msgspec.Struct, frozen=True):
    """One notice in words, and the same for programs.

    Attributes:
        title: At most ``TITLE_MAX`` characters.
        text: At most ``TEXT_MAX`` characters, one line.
        data: JSON values only; instants as RFC 3339 in UTC, durations in seconds.
    """

    title: str
    text: str
    data: dict[str, object]


def render(
    view: InterruptionView, call: Call, contact: Contact, site: NoticeSite, therapy: Therapy | None = None
) -> Rendered:
    """Return what a contact is told of an interruption as it stands at ``view.at_us``.

    ``therapy`` says what nobody may do meanwhile; without it that is what holds for most of them.
    """
    reader, situation = reader_of(contact.role, call.rung), situation_of(view)
    found = "Found late." if view.found_late else ""
    restart = restart_words(view, reader) if situation is Situation.THRESHOLD else ""
    facts = [found, _what(view, reader, situation), _standing(view, reader, site), restart]
    facts += actions_met(view, reader)
    to_do = [advice(reader, situation, therapy), _never(site, therapy)]
    details = [
        own_threshold(view, reader),
        # A notice may wait in a telephone for hours: bounds and ages are true at one instant.
        f"Written {phrases.wall_time(view.at_us, view.at_us, site.zone)}.",
        phrases.codes(view.alarm_codes),
        phrases.age(view.last_contact_at_us, view.at_us),
    ]
    data = _facts(view, call, contact)
    if restart:
        data["restart"] = restart
    return Rendered(_title(view, situation, therapy), _fitted(facts, details, to_do, view.id), data)


def render_alert(
    alert: Alert,
    pump: str,
    view: InterruptionView | None,
    call: Call,
    contact: Contact,
    site: NoticeSite,
    therapy: Therapy | None = None,
) -> Rendered:
    """Return what a contact is told of an alert condition by itself.

    Args:
        alert: The condition.
        pump: Which pump; empty for the monitor itself.
        view: The pump's interruption as it stands, if there is one.
        call: Which rung, and why.
        contact: Who is told.
        site: Where it comes from.
        therapy: The pump's, if it is enrolled.
    """
    case, reader = pump if view is None else view.id, reader_of(contact.role, call.rung)
    is_flow_confirmed = view is not None and not view.is_max_running
    said = [alert_sentence(alert.code, is_flow_confirmed=is_flow_confirmed), alert.detail]
    details = [f"Alert: {alert.code}." if phrases.is_code(alert.code) else ""]
    if alert.raw_code is not None and phrases.is_code(alert.raw_code):
        details.append(f"The pump calls it {alert.raw_code}.")
    if view is not None:
        said += [
            f"Infusion off for {_off_time(view)}.",
            _standing(view, reader, site),
        ]
        details.append(phrases.age(view.last_contact_at_us, view.at_us))
    to_do = [_never(site, therapy) if pump else f"{phrases.call(site.call_back_number).capitalize()}."]
    facts = _address(call, contact) if view is None else _facts(view, call, contact)
    facts["pump"] = pump
    facts["alert"] = {"number": alert.number, "code": alert.code, "priority": alert.priority.value}
    facts["raised_at"] = phrases.rfc3339(alert.raised_at_us)
    title = f"{case}: {alert.code}" if phrases.is_code(alert.code) else f"{case}: alert"
    return Rendered(_one_line(title)[:TITLE_MAX], _fitted(said, details, to_do, case), facts)


def situation_of(view: InterruptionView) -> Situation:
    """Return what a notice about this view is about; the threshold comes first, then silence."""
    if view.off_class is not OffClass.BELOW or view.threshold_met_at_us is not None:
        return Situation.THRESHOLD
    if not view.is_max_running:
        return Situation.FLOWING
    if view.detected_at_us is None and view.silent_since_us is not None:
        return Situation.SILENT
    return Situation.STOPPED


def _what(view: InterruptionView, reader: Reader, situation: Situation) -> str:
    off = _off_time(view)
    if not view.is_max_running:
        return f"The infusion was off for {off}; flow is confirmed again."
    if view.detected_at_us is None and view.silent_since_us is not None:
        return f"No contact with the pump; the infusion may be off for {off}."
    if reader is Reader.PATIENT and situation is not Situation.THRESHOLD:
        return f"Your infusion is not running as it should: off for {off}."
    return f"Infusion interrupted for {off}."


def _off_time(view: InterruptionView) -> str:
    return phrases.bounds(view.off_min_us, view.off_max_us, is_unbounded=view.is_unbounded)


def _standing(view: InterruptionView, reader: Reader, site: NoticeSite) -> str:
    """Return class and deadline; the patient is told no more than when it is."""
    if view.is_unbounded or view.threshold_met_at_us is not None:
        return _met(view, reader, site)
    if view.deadline_at_us is not None:
        when = phrases.wall_time(view.deadline_at_us, view.at_us, site.zone)
        if reader is Reader.PATIENT:
            return f"Your care team's deadline is {when}."
        return f"Below the restart threshold; deadline {when}."
    if view.off_class is OffClass.BELOW:
        return "Below the restart threshold; no deadline runs."
    return "The restart threshold may have been reached."


def _met(view: InterruptionView, reader: Reader, site: NoticeSite) -> str:
    """Return that the threshold is met; when it was is as little known as how long it has been."""
    when_us = None if view.is_unbounded else view.threshold_met_at_us
    when = "" if when_us is None else phrases.wall_time(when_us, view.at_us, site.zone)
    if reader is Reader.PATIENT:
        return f"The deadline {when} has passed." if when else "Your care team's deadline may have passed."
    sure = "has been reached" if view.off_class is OffClass.REACHED else "may have been reached"
    return f"The restart threshold {sure}; deadline was {when}." if when else f"The restart threshold {sure}."


def _never(site: NoticeSite, therapy: Therapy | None) -> str:
    return f"{never(therapy)}; {phrases.call(site.call_back_number)}."


def _fitted(facts: list[str], details: list[str], to_do: list[str], case: str) -> str:
    """Return one line: facts, the details that fit, what to do last, as that is what people should remember.

    The last details are the ones that are needed most. What to do is never cut off; a fact may be.
    """
    tail = _joined([*to_do, f"Case {case}." if case else ""])
    whole = f"{_joined([*facts, *details])} {tail}"
    if len(whole) <= TEXT_MAX:
        return whole
    kept: list[str] = []
    for detail in reversed(details):
        if len(_joined([*facts, detail, *kept, tail])) <= TEXT_MAX:
            kept.insert(0, detail)
    head = _joined([*facts, *kept])
    room = TEXT_MAX - len(tail) - 1
    if len(head) > room:
        head = head[: max(room - 3, 0)] + "..."
    return f"{head} {tail}"[:TEXT_MAX]


def _joined(parts: list[str]) -> str:
    return _one_line(" ".join([part for part in parts if part]))


def _one_line(text: str) -> str:
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def _title(view: InterruptionView, situation: Situation, therapy: Therapy | None) -> str:
    most = f"at most {phrases.minutes(-(-view.off_max_us // MINUTE_US))}"
    if view.is_unbounded:
        most = "nobody knows for how long"
    at_home = "do not restart at home" if forbids_restart(therapy) else most
    words = {
        Situation.THRESHOLD: f"restart threshold, {at_home}",
        Situation.SILENT: f"no contact with the pump, {most}",
        Situation.STOPPED: f"infusion interrupted, {most}",
        Situation.FLOWING: f"infusion was interrupted, {most}",
    }
    return _one_line(f"{view.id}: {words[situation]}")[-TITLE_MAX:]


def _address(call: Call, contact: Contact) -> dict[str, object]:
    return {
        "v": 1,
        "rung": call.rung,
        "reason": call.reason.value,
        "attempt": call.attempt,
        "due_at": phrases.rfc3339(call.due_at_us),
        "contact": contact.id,
    }


def _facts(view: InterruptionView, call: Call, contact: Contact) -> dict[str, object]:
    return {
        **_address(call, contact),
        "interruption": view.id,
        "pump": view.pump,
        "at": phrases.rfc3339(view.at_us),
        "opened_at": phrases.rfc3339(view.opened_at_us),
        "off_min_s": view.off_min_us / 1_000_000,
        "off_max_s": view.off_max_us / 1_000_000,
        "is_unbounded": view.is_unbounded,
        "class": view.off_class.value,
        "is_running": not view.is_max_running,
        "deadline_at": phrases.rfc3339(view.deadline_at_us),
        "threshold_met_at": phrases.rfc3339(view.threshold_met_at_us),
        "silent_since": phrases.rfc3339(view.silent_since_us),
        "last_contact_at": phrases.rfc3339(view.last_contact_at_us),
        "alarm_codes": [code for code in view.alarm_codes if phrases.is_code(code)],
        "found_late": view.found_late,
        "merged_stops": view.merged_stops,
    }
