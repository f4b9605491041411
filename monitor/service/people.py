"""Tells what a person named in a story or a command may do, from the configured contacts."""

from __future__ import annotations

from collections.abc import Callable

from monitor.config.settings import Config
from monitor.interruption.events import Role

_ROLES = {
    "viewer": Role.VIEWER,
    "patient": Role.CAREGIVER,
    "caregiver": Role.CAREGIVER,
    "nurse": Role.NURSE,
    "home-nurse": Role.NURSE,
    "on-call-nurse": Role.NURSE,
    "charge-nurse": Role.NURSE,
    "pharmacist": Role.CLINICIAN,
    "oncologist": Role.CLINICIAN,
    "on-call-physician": Role.CLINICIAN,
    "physician": Role.CLINICIAN,
    "doctor": Role.CLINICIAN,
    "clinician": Role.CLINICIAN,
    "admin": Role.ADMIN,
}


def role_of_word(word: str) -> Role | None:
    """Return what somebody with this job may do, or None if the job is not known."""
    return _ROLES.get(word.strip().lower())


def roles_of(config: Config) -> Callable[[str], Role | None]:
    """Return a function from a person's name to their role.

    The name of a contact gives its role; else the name itself may be a job ("nurse"). A contact with a job that is
    not known is a caregiver: the least that may mark a pump. Of anybody else nothing is known.
    """
    known = {contact.id: contact.role for contact in config.roster.contacts}

    def role(by: str) -> Role | None:
        return role_of_word(known.get(by, by)) or (Role.CAREGIVER if by in known else None)

    return role
