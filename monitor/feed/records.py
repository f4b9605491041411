"""What the feed shows: immutable snapshots of pumps, interruptions, alerts and notices, and stored records.

Pure. Instants and durations are integer microseconds, as in the core; ``wire`` turns them into RFC 3339
and seconds. Whoever makes these hands them over for good: nothing here is changed after it was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from drivers.contract import DeliveryStatus
from monitor.escalation.explanation import Rule
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import Order, Outcome
from monitor.interruption.plan import is_free
from monitor.interruption.policy import Policy
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Hold, Mark, Phase, PumpState

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list.

    Attributes:
        items: In the list's order.
        next: Hand it back as ``after`` for the following page; None on the last one.
    """

    items: tuple[T, ...]
    next: str | None = None


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where this monitor works: for people who read times and want to call.

    Attributes:
        id: The site's id.
        time_zone: IANA name of the zone in which local times are shown.
        call_back_number: Whom to call; empty if the configuration gives none.
        speed: How much faster than real time runs; above 1 only in a demonstration.
    """

    id: str
    time_zone: str = "UTC"
    call_back_number: str = ""
    speed: float = 1.0


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One alert condition with its id.

    Attributes:
        id: What ``acknowledge`` is asked for; see ``ids.alert_id``.
        pump: Empty for an alert of the monitor itself.
        interruption: The interruption that it belongs to, if any.
        can_caregiver_acknowledge: True if the patient's rung was told of it and no higher one.
    """

    id: str
    pump: str
    code: str
    priority: AlertPriority
    raised_at_us: int
    raw_code: str | None = None
    interruption: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at_us: int | None = None
    resolved_at_us: int | None = None
    latched: bool = False
    detail: str = ""
    can_caregiver_acknowledge: bool = False


class NoticeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one contact over one channel.

    Attributes:
        id: Its idempotency key.
        at_us: When it was queued.
        state: queued, offered, accepted, delivered or failed.
        text: What was said; no patient name is in it.
        detail: What the channel answered, where that helps a person.
    """

    id: str
    at_us: int
    rung: str
    contact: str
    channel: str
    state: str
    text: str
    pump: str = ""
    interruption: str | None = None
    detail: str = ""


class RungRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One rung that an interruption has reached.

    Attributes:
        told: Contacts to whom a notice went, in order.
        acknowledged_by: Who took note; None while nobody has.
    """

    rung: str
    due_at_us: int
    told: tuple[str, ...] = ()
    acknowledged_by: str | None = None
    acknowledged_at_us: int | None = None


class InterruptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One interruption with everything people did about it.

    Attributes:
        view: Its numbers at one instant.
        rule: By which figures it was judged; None if an older release stored it.
        rungs: Reached so far, lowest first.
        notices: Sent or to be sent, oldest first.
        outcome, note, closed_by: What a clinician recorded at the end.
    """

    view: InterruptionView
    rule: Rule | None = None
    rungs: tuple[RungRecord, ...] = ()
    notices: tuple[NoticeRecord, ...] = ()
    outcome: Outcome | None = None
    note: str = ""
    closed_by: str = ""


class PumpSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One pump at one instant.

    Attributes:
        id: The enrolled id.
        at_us: The instant this is about.
        threshold_us: The off-time that needs a supervised restart.
        is_silent: True if nothing was heard for longer than the therapy allows, or ever.
        is_link_online: The last hint about the line; None if there was none.
        last_contact_at_us: When anything was heard last.
        last_flow_at_us: The last flow evidence.
        interruption: The interruption that is open or waits for review, if any.
        alerts: Alert conditions that are not resolved.
        core: Policy and state that it was taken from, for what is reckoned only when somebody looks.
    """

    id: str
    at_us: int
    therapy: str
    threshold_us: int
    enrolled_at_us: int
    is_silent: bool
    serial: str | None = None
    is_link_online: bool | None = None
    last_contact_at_us: int | None = None
    last_flow_at_us: int | None = None
    delivery: DeliveryStatus | None = None
    rate_ml_per_h: float | None = None
    volume_remaining_ml: float | None = None
    battery_percent: float | None = None
    order: Order | None = None
    completed_at_us: int | None = None
    mark: Mark | None = None
    hold: Hold | None = None
    interruption: InterruptionView | None = None
    alerts: tuple[AlertRecord, ...] = ()
    core: tuple[Policy, PumpState] | None = None

    def time_left_us(self) -> int | None:
        """Return how long, at worst, until a supervised restart is needed; negative once it is.

        Without an interruption it is what would be left if flow had stopped right after its last
        evidence. None when therapy is complete or has never been seen to flow.
        """
        view = self.interruption
        if view is None:
            if self.completed_at_us is not None or self.last_flow_at_us is None:
                return None
            return self.last_flow_at_us + self.threshold_us - self.at_us
        due_us = view.threshold_met_at_us if view.threshold_met_at_us is not None else view.deadline_at_us
        return self.threshold_us - view.off_max_us if due_us is None else due_us - self.at_us

    def state(self) -> str:
        """Return one word for people: what this pump is to be treated as now."""
        view = self.interruption
        if view is not None and view.phase is Phase.AWAITING_REVIEW:
            return "awaiting-review"
        if self.completed_at_us is not None:
            return "complete" if self.core is None or not is_free(self.core[1]) else "free-interval"
        if self.is_silent or (view is not None and view.silent_since_us is not None):
            return "silent"
        if view is not None:
            return "interrupted" if view.is_max_running else "flow-returned"
        return "delivering" if self.last_flow_at_us is not None else "not-started"

    def urgency(self) -> tuple[float, str]:
        """Return the key that sorts a board: least time left first, then by id.

        A pump that was never heard is dated from its enrolment: unknown is not safe, so it must not
        stand below the pumps that are known to run.
        """
        left_us: float | None = self.time_left_us()
        if left_us is None:
            is_done = self.completed_at_us is not None
            left_us = float("inf") if is_done else self.enrolled_at_us + self.threshold_us - self.at_us
        return (left_us, self.id)


class FeedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One stored record of the journal, in the order in which it became durable.

    Attributes:
        cursor: Its place; positive and growing, with holes allowed.
        at_us: When the monitor learned of it.
        kind: A past participle with hyphens, such as ``interruption-opened`` or ``notices-queued``.
        pump: Whom it is about; None for the monitor itself.
        data: Its fields under the core's names (``..._us``), as JSON values.
    """

    cursor: int
    at_us: int
    kind: str
    pump: str | None = None
    data: Mapping[str, object] = {}


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """One counter of the monitor since its start, for metrics.

    Attributes:
        name: Without the prefix of the program, in the words of Prometheus (``observations``).
        text: What is counted.
        labels: Pairs of a label's name and its value; never a pump or a person.
    """

    name: str
    text: str
    value: int
    labels: tuple[tuple[str, str], ...] = ()


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One part that must work for the monitor to be ready.

    Attributes:
        name: ``storage``, ``core``, ``driver:NAME``, ``ladder`` or ``rung:NAME``.
        why: One sentence for a person, if it does not work.
    """

    name: str
    is_ok: bool
    why: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the monitor does its work."""

    at_us: int
    checks: tuple[HealthCheck, ...]

    @property
    def is_ready(self) -> bool:
        """True if every part works."""
        return all(check.is_ok for check in self.checks)
