"""Says what each role may do: one table for the feed's door and for the people of a story.

Whoever asks says what the person wants to do and gets the least role for it; ``access.may`` compares.
"""

from __future__ import annotations

from enum import StrEnum

from monitor.interruption.events import Role


class Deed(StrEnum):
    """What people do, in the words of a story's keys."""

    MARK = "mark"
    REPORT = "report"
    HOLD = "hold"
    ORDER = "order"
    SWAP = "swap"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


NEEDED: dict[Deed, Role] = {
    Deed.MARK: Role.CAREGIVER,
    Deed.REPORT: Role.CAREGIVER,
    Deed.HOLD: Role.CLINICIAN,
    Deed.ORDER: Role.CLINICIAN,
    Deed.SWAP: Role.NURSE,
    Deed.ACKNOWLEDGE: Role.CAREGIVER,
    Deed.CLOSE: Role.CLINICIAN,
}
"""The least role for each; an acknowledgement may need more, by what it is about."""

PATIENT_RUNG = "patient"


def needed_for_rung(rung: str) -> Role:
    """Return the least role that may take note of a rung: a caregiver's is the patient's alone."""
    return Role.CAREGIVER if rung == PATIENT_RUNG else Role.NURSE


def needed_for_alert(*, can_caregiver_acknowledge: bool) -> Role:
    """Return the least role that may take note of an alert: a caregiver where nobody above the patient was told."""
    return Role.CAREGIVER if can_caregiver_acknowledge else Role.NURSE
