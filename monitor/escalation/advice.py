"""What each reader is asked to do, and what nobody may do.

Pure. The patient's words are plain and clever in nothing: look, call, touch no settings. No sentence
invites a restart or a flush; both can be an overdose at the line (label; hazard H-44). Where a therapy must go
on, nobody is told not to start it; how, its own threshold says.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from drivers.contract import AlarmCode
from monitor.escalation.rungs import MONITOR_FAULT
from monitor.interruption.alarms import OwnCode
from monitor.interruption.policy import Therapy


class Reader(StrEnum):
    """For whom a notice is worded."""

    PATIENT = "patient"
    NURSE = "nurse"
    PAGED = "paged"
    PHYSICIAN = "physician"


class Situation(StrEnum):
    """What the notice is about."""

    STOPPED = "stopped"
    SILENT = "silent"
    THRESHOLD = "threshold"
    FLOWING = "flowing"


_READERS: dict[str, Reader] = {
    "patient": Reader.PATIENT,
    "caregiver": Reader.PATIENT,
    "home-nurse": Reader.NURSE,
    "on-call-nurse": Reader.PAGED,
    "charge-nurse": Reader.PAGED,
    "oncologist": Reader.PHYSICIAN,
    "pharmacist": Reader.PHYSICIAN,
    "on-call-physician": Reader.PHYSICIAN,
}

DO_NOT = ("restart", "change settings", "flush")
"""What nobody may do while the therapy says nothing else."""

_ADVICE: dict[tuple[Reader, Situation], str] = {
    (Reader.PATIENT, Situation.STOPPED): "Read the pump's screen to the nurse on the telephone.",
    (Reader.PATIENT, Situation.SILENT): "We cannot see your pump. Read its screen to the nurse on the telephone.",
    (Reader.PATIENT, Situation.THRESHOLD): "It must not be started again at home. Your care team decides what happens.",
    (Reader.PATIENT, Situation.FLOWING): "Your care team wants to talk to you.",
    (Reader.NURSE, Situation.STOPPED): "Call the patient and have the pump's screen read to you.",
    (Reader.NURSE, Situation.SILENT): "Call the patient and have the pump's screen read to you: it may be off.",
    (Reader.NURSE, Situation.THRESHOLD): "Supervised restart: do not restart at home.",
    (Reader.NURSE, Situation.FLOWING): "Call the patient.",
    (Reader.PAGED, Situation.STOPPED): "Take note of this page, call the patient and find out why.",
    (Reader.PAGED, Situation.SILENT): "Take note of this page and call the patient: it may be off.",
    (Reader.PAGED, Situation.THRESHOLD): "Supervised restart: do not restart at home. Take note of this page.",
    (Reader.PAGED, Situation.FLOWING): "Take note of this page and call the patient.",
    (Reader.PHYSICIAN, Situation.STOPPED): "Decide: another pump to the home, or the patient comes in.",
    (Reader.PHYSICIAN, Situation.SILENT): "Nobody knows whether it runs. Decide: a visit, or the patient comes in.",
    (Reader.PHYSICIAN, Situation.THRESHOLD): "Supervised restart: do not restart at home. Decide where and when.",
    (Reader.PHYSICIAN, Situation.FLOWING): "Decide what this means for the therapy.",
}

_GOING_ON: dict[Reader, str] = {
    Reader.PATIENT: "Your care team says what to do.",
    Reader.NURSE: "Call the patient and see that it goes on as the therapy asks.",
    Reader.PAGED: "Take note of this page, call the patient and see that it goes on as the therapy asks.",
    Reader.PHYSICIAN: "Decide how it goes on.",
}
"""At the threshold of a therapy that may be, or must be, started again at home."""

_ALERTS: dict[str, str] = {
    AlarmCode.BATT_LOW: "The pump's battery is low.",
    AlarmCode.BATT_SERVICE: "The pump's battery needs service.",
    AlarmCode.RES_LOW: "The bag is nearly empty.",
    AlarmCode.UNKNOWN_ALARM: "The pump gives an alarm that is not known here; it may have stopped.",
    OwnCode.SILENT: "The pump has never been heard: nobody knows whether it runs.",
    OwnCode.UNSUPERVISED_RESTART: "By the pump's own word drug may have flowed although the restart threshold may "
    "have been passed; no supervised restart is on record. See the patient now.",
    OwnCode.RATE_MISMATCH: "The pump's rate does not fit the order: possible overdose or underdose. "
    "Check it against the order now.",
    OwnCode.PUMP_CHANGED: "Another pump reports in place of the enrolled one. Find out which one is connected.",
    OwnCode.UNKNOWN_PUMP: "A pump that is not enrolled sends data. Find out whose it is.",
    OwnCode.CLOCK_SKEW: "The wall clock was set, or a clock cannot be trusted yet.",
    OwnCode.STORAGE_DEGRADED: "The monitor cannot store what it hears. Have it looked at now.",
    MONITOR_FAULT: "The monitor itself fails at what it hears: an interruption may go unseen. "
    "Call the patient and have it looked at now.",
    OwnCode.CLIENT_TAKEOVER: "Another program took the monitor's place on the line. Have it looked at now.",
    OwnCode.WRONG_PROFILE: "The order does not fit the therapy whose limits are watched: the deadline may be wrong. "
    "Check drug, rate and bag, and have the pump enrolled under the right therapy now.",
    OwnCode.LATE_EVIDENCE: "The pump told of something that lies too far back to be counted. Read its log.",
    OwnCode.VOLUME_STALL: "The pump said that it delivers while its volume counter stood, or moved too slowly for "
    "that: nothing may have flowed, or too little. Have the line checked now.",
    OwnCode.RUNNING_DURING_HOLD: "The pump runs although the therapy is on hold. Find out why now.",
    OwnCode.EARLY_EMPTY: "The bag is empty well before its time: too much may have been given, or it was filled short. "
    "Check the pump's volume against the bag now.",
    OwnCode.BAG_EXPIRED: "Drug will be left in the bag when its time is over: a pause does not stop that clock. "
    "It must not be used after it; have another bag made.",
    OwnCode.BOLUS_RISK: "The line was flushed, or drug was pushed into it: a bolus may have been given. "
    "See what it means for the patient.",
    OwnCode.HOLD_RULE: "The therapy is on hold.",
    OwnCode.DOSE_REVIEW: "7 days since the restart at the dose that was ordered under the hold: escalate if no "
    "recurrence, where the label has it so; prescriber decides.",
    OwnCode.COURSE_COMPLETE: "The course is complete by plan. Do not flush the line when it is taken down: what is in "
    "it would be given at once.",
    OwnCode.THIRD_PAUSE: "Third pause today: look for the cause.",
}

_LATE_RESTART = (
    "The pump runs again after an interruption that may have passed the restart threshold, and nobody supervised it. "
    "See the patient now."
)
"""Of a restart without supervision once flow is confirmed; a mere claim of flow raises the same alert."""


def reader_of(role: str, rung: str) -> Reader:
    """Return for whom to word a notice: by the contact's role, else by the rung, else as for a nurse."""
    return _READERS.get(role) or _READERS.get(rung) or Reader.NURSE


def forbids_restart(therapy: Therapy | None) -> bool:
    """Return whether nobody may start the therapy again at home."""
    return "restart" in (DO_NOT if therapy is None else therapy.do_not)


def never(therapy: Therapy | None) -> str:
    """Return what nobody may do meanwhile; it stands in every notice, followed by whom to call."""
    return _never(DO_NOT if therapy is None else therapy.do_not)


@lru_cache(maxsize=16)
def _never(deeds: tuple[str, ...]) -> str:
    return f"Meanwhile {', '.join(f'do not {deed}' for deed in deeds)}" if deeds else "Meanwhile change nothing"


def advice(reader: Reader, situation: Situation, therapy: Therapy | None = None) -> str:
    """Return what a reader is asked to do."""
    if situation is Situation.THRESHOLD and not forbids_restart(therapy):
        return _GOING_ON[reader]
    return _ADVICE[reader, situation]


def alert_sentence(code: str, *, is_flow_confirmed: bool = False) -> str:
    """Return what an alert condition means; a code without words is named as it is."""
    if code == OwnCode.UNSUPERVISED_RESTART and is_flow_confirmed:
        return _LATE_RESTART
    return _ALERTS.get(code, "The pump reports an alert.")
