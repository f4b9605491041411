"""Who is on duty, who stands in, and what is wrong with a ladder before anybody needs it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from monitor.escalation.hours import is_on_duty, parse_hours
from monitor.escalation.roster import Contact, Roster, people_for
from monitor.escalation.roster_check import roster_faults
from monitor.escalation.rungs import BLINATUMOMAB, AlertRule, Ladder, Rung, Unacknowledged
from monitor.escalation.turns import Call, Reason
from monitor.interruption.policy import HOUR_US, MINUTE_US

CHICAGO = ZoneInfo("America/Chicago")


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def contact(name: str, role: str = "", hours: str = "", channels: tuple[str, ...] = ("log",)) -> Contact:
    return Contact(id=name, role=role, hours=parse_hours(hours), channels=channels)


def call(rung: str, contacts: tuple[str, ...], turn: int | None = None) -> Call:
    return Call(rung=rung, due_at_us=0, contacts=contacts, turn=turn, attempt=1, reason=Reason.DETECTED)


FULL = Roster(
    tuple(
        contact(role, role)
        for role in ("patient", "home-nurse", "on-call-nurse", "charge-nurse", "oncologist", "pharmacist")
    )
)
NIGHT_US, DAY_US = us("2026-03-05T08:00"), us("2026-03-05T18:00")


@pytest.mark.parametrize(
    ("hours", "instant", "expected"),
    [
        ("08:00-20:00", "2026-03-05T07:59", False),
        ("08:00-20:00", "2026-03-05T08:00", True),
        ("08:00-20:00", "2026-03-05T20:00", False),
        ("20:00-08:00", "2026-03-05T03:00", True),
        ("20:00-08:00", "2026-03-05T12:00", False),
        ("00:00-24:00", "2026-03-05T23:59", True),
        ("mon-fri 08:00-16:00", "2026-03-06T09:00", True),
        ("mon-fri 08:00-16:00", "2026-03-07T09:00", False),
        ("fri 20:00-08:00", "2026-03-07T07:00", True),
        ("fri 20:00-08:00", "2026-03-06T07:00", False),
        ("fri-mon 08:00-16:00", "2026-03-09T09:00", True),
        ("08:00-12:00, 14:00-18:00", "2026-03-05T13:00", False),
        ("08:00-12:00, 14:00-18:00", "2026-03-05T15:00", True),
        ("", "2026-03-05T03:00", True),
    ],
)
def test_hours_are_read_off_the_wall_clock(hours: str, instant: str, *, expected: bool) -> None:
    assert is_on_duty(parse_hours(hours), datetime.fromisoformat(instant).replace(tzinfo=CHICAGO)) is expected


@pytest.mark.parametrize("hours", ["8-20", "25:00-26:00", "08:60-09:00", "08:00-08:00", "mun 08:00-20:00", "always"])
def test_hours_that_cannot_be_read_are_refused_in_one_sentence(hours: str) -> None:
    with pytest.raises(ValueError, match=hours):
        parse_hours(hours)


def test_on_the_night_of_a_clock_change_the_wall_clock_decides() -> None:
    # 02:00 standard time on 8 March 2026 is 03:00 daylight time: the nurse until 03:00 goes home then.
    roster = Roster((contact("late", "n", "20:00-03:00"), contact("early", "n", "03:00-20:00")))
    before, after = us("2026-03-08T07:59"), us("2026-03-08T08:00")
    assert [person.id for person in roster.on_duty(("n",), before, CHICAGO)] == ["late"]
    assert [person.id for person in roster.on_duty(("n",), after, CHICAGO)] == ["early"]


def test_contacts_are_called_in_turn_and_from_the_first_again() -> None:
    roster = Roster((contact("ann", "on-call-nurse"), contact("ben", "on-call-nurse"), contact("cho", "charge-nurse")))
    names = ("on-call-nurse", "charge-nurse", "ann")
    reached = [
        people_for(call("on-call-nurse", names, turn), BLINATUMOMAB, roster, DAY_US, CHICAGO)[0].id for turn in range(5)
    ]
    assert reached == ["ann", "ben", "cho", "ann", "ben"]


def test_a_rung_with_nobody_on_duty_falls_back_to_the_next_rungs_people() -> None:
    roster = Roster((contact("day", "home-nurse", "08:00-20:00"), contact("night", "on-call-nurse")))
    home = call("home-nurse", ("home-nurse",))
    assert [person.id for person in people_for(home, BLINATUMOMAB, roster, DAY_US, CHICAGO)] == ["day"]
    assert [person.id for person in people_for(home, BLINATUMOMAB, roster, NIGHT_US, CHICAGO)] == ["night"]


def test_somebody_off_duty_is_better_than_nobody() -> None:
    roster = Roster((contact("day", "home-nurse", "08:00-20:00"),))
    home, top = call("home-nurse", ("home-nurse",)), call("restart-threshold", ("oncologist",))
    assert people_for(home, BLINATUMOMAB, roster, NIGHT_US, CHICAGO) == roster.contacts
    assert people_for(top, BLINATUMOMAB, roster, NIGHT_US, CHICAGO) == roster.contacts
    assert people_for(home, BLINATUMOMAB, Roster(), NIGHT_US, CHICAGO) == ()


def sentences(ladder: Ladder, roster: Roster) -> list[str]:
    faults = roster_faults(ladder, roster, CHICAGO, 4 * HOUR_US)
    return [f"{'warning' if fault.is_warning else 'error'}: {fault.path}: {fault.sentence}" for fault in faults]


def test_the_built_in_ladder_with_every_role_filled_has_no_faults() -> None:
    assert sentences(BLINATUMOMAB, FULL) == []


def with_rung(rung: Rung) -> Ladder:
    return replace(BLINATUMOMAB, rungs=(*BLINATUMOMAB.rungs[:-1], rung))


@pytest.mark.parametrize(
    ("ladder", "roster", "expected"),
    [
        (BLINATUMOMAB, Roster((*FULL.contacts, contact("x", channels=()))), 'error: contacts[6].channels: contact "x"'),
        (
            BLINATUMOMAB,
            Roster((*FULL.contacts, contact("patient"))),
            'error: contacts[6].id: the id "patient" is taken',
        ),
        (BLINATUMOMAB, Roster(FULL.contacts[1:]), "warning: ladders.blinatumomab.rungs[0].contacts: nobody is on rung"),
        (BLINATUMOMAB, Roster(FULL.contacts[:1]), "warning: ladders.blinatumomab.rungs[1].contacts: nobody is on rung"),
        (
            BLINATUMOMAB,
            Roster((*FULL.contacts[:1], contact("n", "home-nurse", "mon-fri 08:00-16:00"), *FULL.contacts[2:])),
            "is on duty on Monday at 00:00",
        ),
        (with_rung(Rung(rung="end", contacts=("dr.x",), after_detection_us=1)), FULL, '"dr.x" is neither the id nor'),
        (with_rung(Rung(rung="end", contacts=("patient",))), FULL, "no rule by which it is ever due"),
        (
            with_rung(Rung(rung="end", contacts=("patient",), after_detection_us=5 * HOUR_US)),
            FULL,
            "is not due before the restart threshold",
        ),
        (
            with_rung(Rung(rung="end", contacts=("patient",), after_off_max_us=(HOUR_US, 5 * HOUR_US))),
            FULL,
            "an off-time of 300 min lies beyond the restart threshold",
        ),
        (
            with_rung(
                Rung(
                    rung="end",
                    contacts=("patient", "pharmacist"),
                    after_detection_us=3 * HOUR_US,
                    repeat_us=30 * MINUTE_US,
                    in_turn=True,
                )
            ),
            FULL,
            "calls the last of its 2 contacts 240 min after the stop",
        ),
        (
            with_rung(Rung(rung="end", contacts=("patient",), after_unacknowledged=Unacknowledged("typo", 1))),
            FULL,
            '"typo" is no rung below',
        ),
        (
            with_rung(Rung(rung="patient", contacts=("patient",), after_detection_us=1)),
            FULL,
            "is taken by a rung below",
        ),
        (
            with_rung(Rung(rung="end", contacts=("patient",), after_detection_us=1, repeat_us=1)),
            FULL,
            "may not repeat more often",
        ),
        (
            replace(BLINATUMOMAB, alert_rungs={"air": AlertRule(("typo",))}),
            FULL,
            "warning: ladders.blinatumomab.alerts.air",
        ),
        (
            replace(BLINATUMOMAB, rungs=BLINATUMOMAB.rungs[-1:], alert_rungs={}),
            FULL,
            "error: ladders.blinatumomab: nobody is told of a known stop",
        ),
    ],
)
def test_each_fault_is_found_and_named(ladder: Ladder, roster: Roster, expected: str) -> None:
    assert any(expected in sentence for sentence in sentences(ladder, roster)), sentences(ladder, roster)


def test_a_roster_without_anybody_is_an_error() -> None:
    assert any(fault.startswith("error") for fault in sentences(BLINATUMOMAB, Roster()))
