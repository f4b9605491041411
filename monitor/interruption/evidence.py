"""Evidence: what one observation or report says about flow, and at which instants.

One observation may say several things (a status with a reading, an alarm with a late sense of an
occlusion). What is not flow evidence, no-flow evidence or doubt is no evidence at all.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec


class EvidenceKind(IntEnum):
    """What a piece of evidence says."""

    FLOW = 1
    """The pump says it delivers therapy at an adequate rate."""
    RUN = 2
    """The pump's own run event: delivery began at this instant."""
    DOUBT = 3
    """Something flows or may flow, but not surely the therapy: KVO, under-rate, a may-stop alarm."""
    NO_FLOW = 4
    """The pump was seen not delivering at this instant."""
    STOP = 5
    """The pump's own stop or alarm event: delivery stopped at this instant, or a latency before."""
    PERSON_FLOW = 6
    """A person saw it running, or checked the flow."""
    PERSON_STOP = 7
    """A person says it has been stopped since an instant."""
    RUN_DOUBTED = 8
    """A run event inside the latency window of a later stop: it was stopped until then, and may be still."""
    SWAPPED = 9
    """Another pump serves the patient from here on; its counter starts from nothing."""
    FLOW_DOUBTED = 11
    """Flow that the pump claimed inside the latency window of a later stop."""
    COVERED = 10
    """The pump's log was read without a hole from ``earliest_us`` to ``at_us``: it kept no silence there."""

    @property
    def word(self) -> str:
        """What the journal calls it."""
        return self.name.lower().replace("_", "-")


DATED_STOPS = frozenset((EvidenceKind.STOP, EvidenceKind.PERSON_STOP))
"""What says when flow stopped, and not only that it has."""


class Evidence(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One thing known about flow.

    Attributes:
        kind: What it says.
        at_us: The instant it is about; for a stop the newest instant that fits.
        to_us: The last instant of an unbroken run of repeats; ``at_us`` if it was said once.
        earliest_us: The oldest instant that fits (for stops: latency and delays taken off).
        counter_ul: The pump's volume counter at ``at_us``, in microlitres, if it was told.
        counter_to_ul: The last reading of the counter in the run.
        moved_us: First instant of the run at which the counter had moved on from ``counter_ul``.
        step_ul: The counter's resolution, where the pump tells it.
        rate_ul_per_h: The rate in force, where known.
        unsure_us: How far the truth may lie on the other side of ``at_us``, where the message may have been
            held up: flow is dated by the oldest instant that fits and may be that much younger; what denies
            flow by the newest, and may be that much older.
        read_to_us: When ``counter_to_ul`` was read.
        still_us: When the counter was first seen at ``counter_to_ul``.
        kept_us, kept_ul: The reading of the run since which its counter lags most, if that is known.
        remaining_ul, remaining_to_ul: What is left in the bag, at the first and at the last report.
        device_us: What the pump's clock said of ``at_us``, kept where the message may have been held up.
        samples: The last single reports of the run (see ``samples``); empty if there was only one.
    """

    kind: EvidenceKind
    at_us: int
    to_us: int
    earliest_us: int
    counter_ul: int | None = None
    counter_to_ul: int | None = None
    moved_us: int | None = None
    step_ul: int | None = None
    rate_ul_per_h: int | None = None
    unsure_us: int = 0
    read_to_us: int | None = None
    still_us: int | None = None
    remaining_ul: int | None = None
    remaining_to_ul: int | None = None
    samples: bytes = b""
    device_us: int | None = None
    kept_us: int | None = None
    kept_ul: int | None = None

    @property
    def flow_by_us(self) -> int:
        """Flow was seen at this instant at the latest."""
        return self.at_us + self.unsure_us

    @property
    def stood_until_us(self) -> int:
        """The last instant at which it was surely seen not to flow."""
        return self.to_us if self.to_us > self.at_us else self.at_us - self.unsure_us
