"""What a step asks to be recorded or done.

Effects are facts for the journal and reasons for the ladder; they carry no instruction to a device,
because there is none. The shell stores them in the same transaction as the state.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import Order, Outcome
from monitor.interruption.state import Alert, OffClass, Phase


class _Effect(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="effect", omit_defaults=True):
    pass


def kind_of(effect: Effect) -> str:
    """Return an effect's name as the journal writes it, such as ``alert-raised``."""
    return _KINDS[type(effect)]


class EvidenceAdmitted(_Effect, frozen=True, gc=False, kw_only=True, tag="evidence-admitted"):
    """New evidence changed what is known; ``kind`` and the instant it is about, for the journal."""

    kind: str
    about_us: int
    detail: str = ""


class EvidenceDoubted(_Effect, frozen=True, gc=False, kw_only=True, tag="evidence-doubted"):
    """Something was said that may not count: wrong serial, future-dated, duplicate, before the plan."""

    why: str


class InterruptionOpened(_Effect, frozen=True, gc=False, kw_only=True, tag="interruption-opened"):
    """An interruption began, as far back as ``opened_at_us``."""

    number: int
    opened_at_us: int
    found_late: bool = False


class InterruptionAmended(_Effect, frozen=True, gc=False, kw_only=True, tag="interruption-amended"):
    """The bounds or the class of an interruption changed by evidence or time, not merely by growing."""

    number: int
    off_min_us: int
    off_max_us: int
    off_class: OffClass
    found_late: bool = False


class FlowReturned(_Effect, frozen=True, gc=False, kw_only=True, tag="flow-returned"):
    """Flow was confirmed; the interruption ends when it has lasted."""

    number: int
    off_min_us: int
    off_max_us: int


class PhaseChanged(_Effect, frozen=True, gc=False, kw_only=True, tag="phase-changed"):
    """An interruption ended, waits for review, or was closed by a clinician."""

    number: int
    phase: Phase
    ended_at_us: int | None
    off_min_us: int
    off_max_us: int
    off_class: OffClass
    outcome: Outcome | None = None
    note: str = ""
    by: str = ""


class AlertRaised(_Effect, frozen=True, gc=False, kw_only=True, tag="alert-raised"):
    """An alert condition began."""

    alert: Alert
    detail: str = ""


class AlertAcknowledged(_Effect, frozen=True, gc=False, kw_only=True, tag="alert-acknowledged"):
    """A person took note of an alert condition."""

    alert: Alert


class AlertResolved(_Effect, frozen=True, gc=False, kw_only=True, tag="alert-resolved"):
    """An alert condition ended."""

    alert: Alert


class RungAcknowledged(_Effect, frozen=True, gc=False, kw_only=True, tag="rung-acknowledged"):
    """A person acknowledged a rung (or everything, ``what`` empty) of the open interruption."""

    what: str
    by: str


class PlanChanged(_Effect, frozen=True, gc=False, kw_only=True, tag="plan-changed"):
    """A new order, or the planned therapy is complete, or a free interval begins or is over.

    Attributes:
        what: ``order``, ``order-planned``, ``order-begins``, ``free-interval``, ``flow-expected`` or ``complete``.
    """

    order: Order | None
    is_complete: bool
    by: str = ""
    what: str = ""


class PersonActed(_Effect, frozen=True, gc=False, kw_only=True, tag="person-acted"):
    """A mark, hold, report or swap, as evidence of who said what."""

    what: str
    by: str
    detail: str = ""


class Told(_Effect, frozen=True, gc=False, kw_only=True, tag="told"):
    """Something that people should know at once, beside any interruption (a hint, a clock step)."""

    code: str
    priority: AlertPriority
    detail: str


Effect = (
    EvidenceAdmitted
    | EvidenceDoubted
    | InterruptionOpened
    | InterruptionAmended
    | FlowReturned
    | PhaseChanged
    | AlertRaised
    | AlertAcknowledged
    | AlertResolved
    | RungAcknowledged
    | PlanChanged
    | PersonActed
    | Told
)

_KINDS: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in get_args(Effect)}
