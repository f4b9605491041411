"""Computes what may have been interrupted by interval arithmetic over the oracle's claims; brute force checks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.interruption.events import Event
from tests.proof.oracle import Claim, Dossier, Kind, Rules
from tests.proof.oracle_trust import dossier


@dataclass
class Stop:
    """One stretch without confirmed flow.

    ``ended_us`` is None while it is open; ``flow_before_us`` is the last flow evidence heard before it;
    ``is_silence`` says that nothing but silence speaks for it; ``is_from_person`` that it begins at a person's word.
    """

    onset_us: int
    low_us: int = 0
    high_us: int = 0
    ended_us: int | None = None
    flow_before_us: int = 0
    is_silence: bool = False
    is_from_person: bool = False
    is_ended_by_person: bool = False


@dataclass
class Found:
    """One interruption as the oracle sees it."""

    stops: list[Stop] = field(default_factory=list)

    @property
    def opened_us(self) -> int:
        """Earliest onset of the first stop."""
        return self.stops[0].onset_us

    @property
    def low_us(self) -> int:
        """What is certain."""
        return sum(stop.low_us for stop in self.stops)

    @property
    def high_us(self) -> int:
        """What is possible."""
        return sum(stop.high_us for stop in self.stops)

    def off_class(self, rules: Rules) -> str:
        """Return below, possible or reached (readings 11 and the inclusive threshold)."""

        def is_met(off_us: int) -> bool:
            return off_us >= rules.threshold_us if rules.is_inclusive else off_us > rules.threshold_us

        if any(is_met(stop.low_us) for stop in self.stops):
            return "reached"
        return "possible" if is_met(self.high_us) else "below"


def judged(events: Iterable[Event], now_us: int, rules: Rules) -> list[Found]:
    """Return the interruptions that the events leave possible at an instant, in order of their onset."""
    return grouped(stops_of(dossier(events, rules), now_us, rules), rules)


def grouped(stops: list[Stop], rules: Rules) -> list[Found]:
    """Put together the stops with less than ``merge_run`` of confirmed flow between them (reading 12)."""
    found: list[Found] = []
    for stop in stops:
        last = found[-1].stops[-1] if found else None
        if last is None or last.ended_us is None or stop.flow_before_us - last.ended_us >= rules.merge_run_us:
            found.append(Found())
        found[-1].stops.append(stop)
    for each in found if "vouched" in rules.exceptions else []:
        _count_vouched(each.stops)
    return found


def _count_vouched(stops: list[Stop]) -> None:
    """Count only the longest of silences between which there is nothing but the word of persons who saw it running.

    What the pump said between a look and the next silence dates that silence itself: nothing starts anew there.
    """
    chain: list[Stop] = []
    for stop in [stop for stop in stops if stop.is_silence]:
        is_next = bool(chain) and chain[-1].is_ended_by_person and stop.is_from_person
        chain = [*chain, stop] if is_next else [stop]
        if len(chain) > 1:
            shorter, longer = sorted((chain[-2], stop), key=lambda one: one.high_us)
            longer.high_us, shorter.high_us = max(longer.high_us, shorter.high_us), 0
            stop.high_us, chain[-2].high_us = longer.high_us, 0


def stops_of(file: Dossier, now_us: int, rules: Rules) -> list[Stop]:
    """Return all stops up to an instant."""
    stops: list[Stop] = []
    if not file.claims:
        return stops
    current: Stop | None = None
    flow_us = file.claims[0].at_us
    claims = file.claims
    for index, one in enumerate(claims):
        two = claims[index + 1] if index + 1 < len(claims) else None
        is_heard = one.kind is Kind.FLOW and (one.is_distrusted or not one.is_implied)
        flow_us = one.at_us if is_heard else flow_us
        until_us = now_us if two is None else two.at_us
        span_us = until_us - one.at_us
        low_us, high_us = _between(one, two, span_us, rules)
        is_from_flow, is_to_flow = one.kind is Kind.FLOW, two is None or two.kind is Kind.FLOW
        if current is None and (high_us or not is_from_flow):
            is_silence = is_from_flow and is_to_flow
            current = Stop(one.at_us, flow_before_us=flow_us, is_silence=is_silence, is_from_person=one.by_person)
            stops.append(current)
        if current is not None:
            current.low_us += low_us
            current.high_us += high_us
            if two is not None and two.kind is Kind.FLOW:
                current.ended_us, current.is_ended_by_person = two.at_us, two.by_person
                current = None
    return stops


def _between(one: Claim, two: Claim | None, span_us: int, rules: Rules) -> tuple[int, int]:
    """Return how much of the time between two neighbouring claims (or a claim and now) is off: at least, at most."""
    is_silent = span_us > rules.silence_max_us
    if one.kind is Kind.FLOW and (two is None or two.kind is Kind.FLOW):
        return (0, span_us) if is_silent else (0, 0)
    if one.kind is Kind.NO_FLOW and two is not None and (two.kind is Kind.NO_FLOW or two.is_run_event):
        return span_us, span_us
    return 0, span_us
