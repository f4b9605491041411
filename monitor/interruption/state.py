"""What the monitor knows of one pump: evidence, the folded clock, incidents, alerts, people's marks.

Small on purpose: a gateway's clinic may hold 100,000 of these. All of it is data; ``transitions.step``
is the only thing that changes it, by making a new one.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from drivers.contract import DeliveryStatus
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import MarkKind, Order
from monitor.interruption.evidence import Evidence
from monitor.interruption.offtime import Fold, Stop
from monitor.interruption.pump_clock import PumpClock


class OffClass(StrEnum):
    """Where an off-time stands against the restart threshold."""

    BELOW = "below"
    POSSIBLE = "possible"
    REACHED = "reached"


class Phase(StrEnum):
    """The life of an interruption."""

    OPEN = "open"
    AWAITING_REVIEW = "awaiting-review"
    ENDED = "ended"
    CLOSED = "closed"


class Alert(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One alert condition and its life.

    Attributes:
        number: Counted per pump.
        code: An alarm code of the pump or one of ``OwnCode``.
        priority: IEC 60601-1-8 word.
        raised_at_us: When the monitor learned of it.
        acknowledged_by: Who took note first; None while nobody has.
        acknowledged_at_us: When.
        resolved_at_us: When it ended; None while it lasts.
        raw_code: What the pump itself called it, if our word differs.
        latched: True if only a clinician's review resolves it.
        interruption: Number of the interruption it belongs to alone, if it does.
        detail: What a person is to read beside the code's own sentence; our words, never the pump's.
        began_at_us: When the pump last said that it began, where that was heard late; None where it was not.
    """

    number: int
    code: str
    priority: AlertPriority
    raised_at_us: int
    acknowledged_by: str | None = None
    acknowledged_at_us: int | None = None
    resolved_at_us: int | None = None
    raw_code: str | None = None
    latched: bool = False
    interruption: int | None = None
    detail: str = ""
    began_at_us: int | None = None


class Mark(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A planned mark in force: it delays the first rungs and nothing else.

    Attributes:
        kind: What is planned.
        by: Who said so.
        at_us: When.
        quiet_until_us: Until then the patient's rung waits.
        window_until_us: Until then the home nurse's rung waits.
    """

    kind: MarkKind
    by: str
    at_us: int
    quiet_until_us: int
    window_until_us: int


class Hold(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A clinician's hold: it stops the fault rungs, not the clock.

    Attributes:
        reason, by, at_us: Why, who and since when.
        until_us: Until when at the longest; None is open.
        ordered_at_us: When a new order was given under it: a restart is expected.
        ended_at_us: When a person ended it, or flow returned by the new order; None while it is in force.
        told_us: The length, of those that have a rule, of which clinicians were told last.
        review_at_us: After it, when the reduced dose is to be looked at again.
    """

    reason: str
    by: str
    at_us: int
    until_us: int | None
    ordered_at_us: int | None = None
    ended_at_us: int | None = None
    told_us: int = 0
    review_at_us: int | None = None


class Bag(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The bag that hangs.

    Attributes:
        hung_us: Since when; its expiry runs by the clock from here, pauses and all.
        hours: How long it lasts at the ordered rate; None if the order does not say.
        expires_us: When it must not be used any more, if the order says so; else its hours after hanging.
        off_min_us, off_max_us: The course's off-time when it was hung.
    """

    hung_us: int
    hours: float | None = None
    expires_us: int | None = None
    off_min_us: int = 0
    off_max_us: int = 0


class Course(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The course of a therapy, in what cannot be reckoned from anything else.

    Attributes:
        began_us: When flow began, or was to begin by plan.
        off_min_us, off_max_us: Off-time of its interruptions that are not kept any more.
        counted_us: Free time before this instant is in the sums above.
        free_until_us: End of the planned free interval that it is in, if it is in one.
        expected_us: Since when flow is expected again after the last free interval.
        bag: What hangs, if known.
        is_dated: True if an order began it, under flow; then no evidence dates it anew.
    """

    began_us: int
    off_min_us: int = 0
    off_max_us: int = 0
    counted_us: int = 0
    free_until_us: int | None = None
    expected_us: int | None = None
    bag: Bag | None = None
    is_dated: bool = False


class Incident(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True):
    """What stays with one interruption whatever the evidence does to its numbers.

    Attributes:
        number: Counted per pump in order of discovery; the id is ``PUMP-NUMBER``.
        opened_at_us: Earliest onset of its first stop.
        noticed_at_us: When the monitor first knew of it, by silence or otherwise.
        detected_at_us: When it first knew of a stop or doubtful flow; None while it is silence only.
        high_priority_at_us: When a high-priority alarm first belonged to it.
        phase: Its life.
        ended_at_us: When flow had lasted long enough, or when it was closed.
        flow_us: When flow was last confirmed to have returned; None while it has not.
        off_class: The class when it was last looked at, so that a change can be told.
        was_critical: True once its class was possible or reached: from then on only a clinician ends it.
        found_late: True if it was found by evidence older than ``silence_max``.
        stops, min_us, max_us, longest_min_us: The numbers once flow has returned.
        listed: Its stops one by one while it waits for review: evidence of them may be let go before.
        is_return_judged: True once it was decided whether the flow that returned was supervised.
        is_kept: True while evidence of it is kept: if the clock shows it no more, it was taken back.
    """

    number: int
    opened_at_us: int
    noticed_at_us: int
    detected_at_us: int | None = None
    high_priority_at_us: int | None = None
    phase: Phase = Phase.OPEN
    ended_at_us: int | None = None
    flow_us: int | None = None
    off_class: OffClass = OffClass.BELOW
    was_critical: bool = False
    found_late: bool = False
    stops: int = 0
    min_us: int = 0
    max_us: int = 0
    longest_min_us: int = 0
    listed: tuple[Stop, ...] = ()
    is_return_judged: bool = False
    is_kept: bool = False


class Undated(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What was known before a downtime whose length is not known, until the clock is synchronised.

    Attributes:
        doubted, doubt: The clock and the evidence that stand for the downtime meanwhile.
        base, evidence: What the clock was folded from before.
        late: What was heard since, about instants that came before the start or in the downtime: nobody knows which.
    """

    doubted: Fold
    doubt: Evidence
    base: Fold
    evidence: tuple[Evidence, ...] = ()
    late: tuple[Evidence, ...] = ()


class Past(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The clock before a planned end or pause, for what is heard late.

    Attributes:
        closed_us: When the plan closed it.
        fold, base, evidence: As in ``PumpState``, with the last evidence in its whole length.
    """

    closed_us: int
    fold: Fold
    base: Fold
    evidence: tuple[Evidence, ...] = ()


class PumpState(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True):
    """Everything that is known of one pump.

    Stored as an array, in the order of the fields: a new field comes last and has a default.

    Attributes:
        enrolled_at_us: Since when it is under watch.
        fold: The clock, folded over all evidence.
        base: The clock before the first evidence that is still kept.
        evidence: What is kept, in order; the last one may go on (see ``tail_to_us``).
        tail_to_us: How far the last evidence reaches by repetition.
        tail_samples: Its last single reports (see ``samples``).
        incidents: Interruptions that are open, wait for review, or may still be amended.
        next_number, next_alert: Counters for ids.
        alerts: Alert conditions that are not resolved.
        mark, hold: In force, or None.
        serial: The serial number that is trusted.
        strange_serial: Another one that was heard and is not confirmed.
        boot, seq, seq_window: Which message numbers were seen.
        last_contact_at_us: When anything was heard last.
        delivery, rate_ml_per_h, volume_remaining_ml, battery_percent: As last said, for people.
        order: In force, or None.
        completed_at_us: When the planned therapy was complete; no interruption is counted after it.
        link_online: The last hint about the line.
        contradicted_at_us: When a person said that nothing flows while the pump said that it delivers: from then
            on the pump's mere status is no flow evidence, until it stops, starts, or a person sees it flow.
        is_disconnected: Not set or looked at any more (see ``Fold.off_patient``); it keeps its place in the array.
        course: The course of the therapy; None before it began.
        next_order: An order that takes effect at its own start.
        last_hold: The hold that ended last, while something still depends on it.
        plan_due_us: The next instant at which plan, bag or hold change something.
        undated: What was known before a downtime of unknown length; None without one.
        pump_clock: What is known of the pump's own clock; None if it never told it.
        pasts: The clock before each of the last planned ends and pauses, oldest first, while evidence of it may come.
    """

    enrolled_at_us: int
    fold: Fold
    base: Fold
    evidence: tuple[Evidence, ...] = ()
    tail_to_us: int = 0
    tail_samples: bytes = b""
    incidents: tuple[Incident, ...] = ()
    next_number: int = 1
    next_alert: int = 1
    alerts: tuple[Alert, ...] = ()
    mark: Mark | None = None
    hold: Hold | None = None
    serial: str | None = None
    strange_serial: str | None = None
    boot: str | None = None
    seq: int = -1
    seq_window: int = 0
    last_contact_at_us: int | None = None
    delivery: DeliveryStatus | None = None
    rate_ml_per_h: float | None = None
    volume_remaining_ml: float | None = None
    battery_percent: float | None = None
    order: Order | None = None
    completed_at_us: int | None = None
    link_online: bool | None = None
    is_disconnected: bool = False
    course: Course | None = None
    next_order: Order | None = None
    last_hold: Hold | None = None
    plan_due_us: int | None = None
    undated: Undated | None = None
    pump_clock: PumpClock | None = None
    contradicted_at_us: int | None = None
    pasts: tuple[Past, ...] = ()
