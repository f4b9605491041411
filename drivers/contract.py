"""What a driver is and what it may say.

Data flow: ``open`` with the bookmark of the last settled batch, then ``read`` again and again. Each
batch goes through the monitor's intake; once it is durable, ``settle`` is called with it, and only then
may the driver acknowledge its source. A driver never commands a pump: the lowest layer of each link
holds an allow-list of query frames, and nothing else can be sent.

All words are those of the IHE infusion-event profile and ISO/IEEE 11073 where they have one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

import msgspec

NotNegative = Annotated[float, msgspec.Meta(ge=0)]

PUMP_ID_PATTERN = r"\A[A-Za-z0-9._-]{1,64}\Z"
"""Pump and site ids are safe in topics, files and addresses."""

RAW_KEPT_BYTES = 256
"""How much of a refused message is kept for the record."""


class DeliveryStatus(StrEnum):
    """What the pump says of its delivery.

    Spelt as in the IHE infusion-event profile. A driver that cannot tell two of them apart reports the
    one that is worse for the patient.
    """

    DELIVERING = "delivering"
    NOT_DELIVERING = "not-delivering"
    KVO = "kvo"
    TRANSITIONING = "transitioning"


class NotDeliveringReason(StrEnum):
    """Why the pump is not delivering (IHE, "pump not delivering reason")."""

    STOPPED_BY_USER = "stopped-by-user"
    ALARMING = "alarming"
    SWITCHING_SOURCE = "switching-source"
    BETWEEN_DOSES = "between-doses"
    POWERED_OFF = "powered-off"
    NOT_SPECIFIED = "not-specified"


class AlarmCode(StrEnum):
    """The pump's alarms in our words (clinical taxonomy, table 3.2 of the specification)."""

    OCCL_DOWN = "occl-down"
    OCCL_UP = "occl-up"
    AIR = "air"
    FLOW_LOW = "flow-low"
    SET_DETACHED = "set-detached"
    SET_BAD = "set-bad"
    FLOWSTOP_OPEN = "flowstop-open"
    RES_EMPTY = "res-empty"
    RES_LOW = "res-low"
    KVO = "kvo"
    BATT_LOW = "batt-low"
    BATT_EMPTY = "batt-empty"
    BATT_SERVICE = "batt-service"
    MAINS_LOST = "mains-lost"
    STOP_USER = "stop-user"
    STOP_REMIND = "stop-remind"
    EMERG_STOP = "emerg-stop"
    FAULT = "fault"
    KEY_STUCK = "key-stuck"
    COMM_MODULE = "comm-module"
    PROG_CHANGED = "prog-changed"
    COUNTERS_RESET = "counters-reset"
    CLOCK_CHANGED = "clock-changed"
    PATIENT_CHANGED = "patient-changed"
    TEMP = "temp"
    UNKNOWN_ALARM = "unknown-alarm"


class AlarmPhase(StrEnum):
    """Whether an alarm condition began or ended (IHE alert phases)."""

    START = "start"
    END = "end"


class LogEvent(StrEnum):
    """An entry of the pump's log about delivery or power."""

    DELIVERY_START = "delivery-start"
    DELIVERY_STOP = "delivery-stop"
    DELIVERY_COMPLETE = "delivery-complete"
    POWER_ON = "power-on"
    POWER_OFF = "power-off"


class _Observation(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What all observations share.

    Attributes:
        seq: This sender's counter since ``boot``; a repeat is a duplicate, a jump is a gap.
        boot: Which start of the sender ``seq`` counts from.
        device_at: What the pump's own clock says, aware. A claim, never trusted alone.
        serial: The pump's serial number, where the line tells it.
        age_s: Seconds between the fact and this message, by the pump's own clock; 0 is "now".
        age_max_s: How much older still it may be, where a broker or a gateway may have held it. Flow is
            dated by the oldest instant that fits, a stop's certainty by the newest. 0 for a live line.
    """

    seq: int | None = None
    boot: str | None = None
    device_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    serial: str | None = None
    age_s: NotNegative = 0.0
    age_max_s: NotNegative = 0.0


class StatusObserved(_Observation, frozen=True, gc=False, kw_only=True, tag_field="kind", tag="status"):
    """The pump's state at one instant.

    Attributes:
        delivery: What the pump says it does.
        reason: Why it is not delivering, where it says so.
        rate_ml_per_h: The rate in force.
        volume_delivered_ml: The pump's counter of delivered volume; people may reset it.
        volume_resolution_ml: One step of that counter, where known.
        volume_remaining_ml: What the pump reckons is left in the container.
        battery_percent: 0 to 100.
        alarms: The alarms active now; complete if present, None if the pump does not tell.
    """

    delivery: DeliveryStatus
    reason: NotDeliveringReason | None = None
    rate_ml_per_h: NotNegative | None = None
    volume_delivered_ml: NotNegative | None = None
    volume_resolution_ml: NotNegative | None = None
    volume_remaining_ml: NotNegative | None = None
    battery_percent: NotNegative | None = None
    alarms: tuple[str, ...] | None = None


class AlarmObserved(_Observation, frozen=True, gc=False, kw_only=True, tag_field="kind", tag="alarm"):
    """An alarm condition began or ended.

    ``code`` is a value of ``AlarmCode``; what is not known is ``unknown-alarm``, with what the pump itself
    called it in ``raw_code``.
    """

    code: str
    phase: AlarmPhase
    raw_code: str | None = None


class LogEventObserved(_Observation, frozen=True, gc=False, kw_only=True, tag_field="kind", tag="event"):
    """An entry of the pump's log; may be old (``age_s``)."""

    event: LogEvent


class LogCovered(_Observation, frozen=True, gc=False, kw_only=True, tag_field="kind", tag="log-covered"):
    """The pump's log has been read without a hole over a stretch that ends now.

    What the log does not mention in that stretch, ``covered_s`` seconds by the pump's own clock, did not
    happen, as far as the pump knows.
    """

    covered_s: NotNegative


class LinkChanged(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="kind", tag="link"):
    """A hint about the line to one pump (last will, port opened). Never proof of anything."""

    online: bool
    why: str


Observation = StatusObserved | AlarmObserved | LogEventObserved | LogCovered | LinkChanged


class Refused(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One frame, line or message that was not accepted.

    Attributes:
        source: Where it came from: a device, a topic, a file.
        position: Where in that source, as text.
        cause: A short stable word for counting, e.g. ``checksum``, ``too-long``, ``not-json``.
        why: One sentence for a person.
        raw: The first ``RAW_KEPT_BYTES`` bytes.
        pump: The enrolled id, if known.
    """

    source: str
    position: str
    cause: str
    why: str
    raw: bytes = b""
    pump: str | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What one ``read`` brought.

    Attributes:
        items: Pairs of pump id and observation, in the order of arrival.
        refused: What was not accepted, or a bounded sample of it.
        refused_count: How many were refused in all.
        bookmark: Where to go on after this batch, for the next ``open``; None leaves the stored one.
        token: The driver's own handle for ``settle`` (packet ids, for example).
    """

    items: list[tuple[str, Observation]]
    refused: list[Refused] = []
    refused_count: int = 0
    bookmark: bytes | None = None
    token: Any = None


class Driver(Protocol):
    """One link to one or many pumps. All waits are bounded; ``close`` wakes a waiting ``read``."""

    def open(self, bookmark: bytes | None) -> None:
        """Open the line, going on after ``bookmark`` (None: nothing was ever settled).

        Raises:
            LinkError: The line cannot be opened now.
        """

    def read(self, timeout_s: float) -> Batch | None:
        """Return what the line brought, or None if it stayed silent.

        Silence is an answer, not an error. ``timeout_s`` is the longest wait; 0 returns at once.

        Raises:
            LinkError: The line failed. Calling ``open`` again may mend it.
        """

    def settle(self, batch: Batch) -> None:
        """Learn that ``batch`` is durable; the source may be acknowledged now.

        May be called from another thread than ``read``. A failure is no error: the source repeats.
        """

    def close(self) -> None:
        """Close the line. Harmless when repeated; no thread outlives it."""


class DriverMemory(Protocol):
    """A few hundred bytes that outlive a crash, for budgets. Durable when ``save`` returns."""

    def load(self) -> bytes | None:
        """Return what was saved last, or None."""

    def save(self, data: bytes) -> None:
        """Replace what is kept; at most 4 KiB, at most a few times a minute."""


class DriverContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver is made with.

    Attributes:
        name: The link's name in logs and messages.
        pump: The enrolled pump id where the link has a single pump, else None.
        serial: The enrolled serial number of that pump, where it is configured.
        options: The driver's own table of the configuration, as TOML gave it.
        now_s: Monitor time in seconds since 1970; never runs backwards, counts suspend.
        memory: Small durable store of this link.
        secret: Turns a reference (``file:PATH``, ``env:NAME``) into its value; raises OptionsError.
    """

    name: str
    pump: str | None
    serial: str | None
    options: Mapping[str, Any]
    now_s: Callable[[], float]
    memory: DriverMemory
    secret: Callable[[str], str]


class DriverPlugin(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry point in the group ``pumpwatch.drivers`` names.

    Attributes:
        name: The name used in configuration; must equal the entry point's name.
        summary: One line for ``pumpwatch drivers``.
        check: Returns one sentence per fault in the options, beginning with its key; opens nothing.
        create: Makes a closed driver. Imports its library only here. Raises OptionsError.
        many_pumps: True where one link serves many pumps.
        simulated: True for drivers that do not talk to a real pump.
    """

    name: str
    summary: str
    check: Callable[[Mapping[str, Any]], list[str]]
    create: Callable[[DriverContext], Driver]
    many_pumps: bool = False
    simulated: bool = False
