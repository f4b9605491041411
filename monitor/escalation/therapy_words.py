"""Says what a therapy's thresholds and its label mean for the reader of a notice.

Pure. The label's words on a restart are for physicians alone: what is given before it is theirs to decide, and a
family that reads of a dose may give it. "Label rule" stands only before what a label says.
"""

from __future__ import annotations

from monitor.escalation import phrases
from monitor.escalation.advice import Reader
from monitor.interruption.policy import MINUTE_US, Threshold
from monitor.interruption.shown import InterruptionView
from monitor.interruption.therapy_rules import Audience, Basis

SUPERVISED = "supervised restart"
"""The action that the advice at the threshold says already."""

_AUDIENCES: dict[Reader, frozenset[Audience]] = {
    Reader.PATIENT: frozenset({Audience.EVERYONE}),
    Reader.NURSE: frozenset({Audience.EVERYONE, Audience.CLINICIANS}),
    Reader.PAGED: frozenset({Audience.EVERYONE, Audience.CLINICIANS}),
    Reader.PHYSICIAN: frozenset(Audience),
}
"""Which thresholds' actions a reader is told."""


def restart_words(view: InterruptionView, reader: Reader) -> str:
    """Return what the label says of the restart of this patient, for physicians; empty for everybody else."""
    return view.restart_text if reader is Reader.PHYSICIAN else ""


def own_threshold(view: InterruptionView, reader: Reader) -> str:
    """Return the threshold's figure where it is neither a label's nor published; patients are told the deadline."""
    threshold = view.threshold
    if threshold is None or threshold.basis is not Basis.OURS or reader is Reader.PATIENT:
        return ""
    return f"Threshold here: {phrases.minutes(threshold.off_time_us // MINUTE_US)}, not a label's."


def actions_met(view: InterruptionView, reader: Reader) -> list[str]:
    """Return what the thresholds that were met mean, one sentence for each, the longest off-time last."""
    return [
        _action(threshold)
        for threshold in view.thresholds_met
        if threshold.audience in _AUDIENCES[reader] and threshold.action != SUPERVISED
    ]


def _action(threshold: Threshold) -> str:
    sign = "From" if threshold.inclusive else "Over"
    rule = "Label rule: " if threshold.basis is Basis.LABEL else ""
    action = threshold.action.removesuffix(".")
    return f"{sign} {phrases.minutes(threshold.off_time_us // MINUTE_US)}: {rule}{action}."
