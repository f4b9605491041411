"""Reads events as claims about flow, whatever the order in which they were heard: the oracle's first half."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.contract import AlarmObserved, LogEvent, LogEventObserved, StatusObserved
from monitor.interruption.events import Event, Marked, PumpObserved, Reported
from tests.proof.oracle import MAY_STOP, SECOND_US, STOPPING, Claim, Kind, Rules


def heard_claims(events: Iterable[Event], rules: Rules) -> list[Claim]:
    """Return the claims in order of their instants as they were made; doubted are only those a person contradicts."""
    heard = _once_each(events)
    claims: list[Claim] = []
    for event in heard:
        if isinstance(event, PumpObserved):
            claims += _of_pump(event, rules)
        elif isinstance(event, Reported):
            claims.append(Claim(event.at_us, Kind.FLOW if event.running else Kind.NO_FLOW, by_person=True))
        elif isinstance(event, Marked) and event.mark == "flow-checked":
            claims.append(Claim(event.at_us, Kind.FLOW, by_person=True))
    # Of one instant flow comes first: a stop at the same instant is the later word, and the worse one.
    claims.sort(key=lambda claim: (claim.at_us, claim.kind is not Kind.FLOW))
    _take_off_patient(claims, _off_patient(heard), rules)
    since = [
        (e.since_us, e.at_us) for e in heard if isinstance(e, Reported) and not e.running and e.since_us is not None
    ]
    _date_reports(claims, since, rules)
    once: list[Claim] = []
    for claim in claims:
        if claim not in once[-8:]:
            once.append(claim)
    return once


def _once_each(events: Iterable[Event]) -> list[Event]:
    """Leave out what a sender's own counter shows to be a repeat."""
    seen: set[tuple[str, int]] = set()
    out: list[Event] = []
    for event in events:
        if isinstance(event, PumpObserved):
            seq, boot = getattr(event.observation, "seq", None), getattr(event.observation, "boot", None)
            if seq is not None and (str(boot), seq) in seen:
                continue
            if seq is not None:
                seen.add((str(boot), seq))
        out.append(event)
    return out


def _off_patient(events: list[Event]) -> list[list[int]]:
    """Return the stretches between disconnect and reconnect; the last one may be open.

    A second disconnect finds the line off already; a reconnect alone is a stretch of no length.
    """
    out: list[list[int]] = []
    for event in events:
        if isinstance(event, Marked) and event.mark == "disconnect" and not (out and len(out[-1]) == 1):
            out.append([event.at_us])
        elif isinstance(event, Marked) and event.mark == "reconnect":
            if not out or len(out[-1]) == 2:
                out.append([event.at_us])
            out[-1].append(event.at_us)
    return out


def _of_pump(event: PumpObserved, rules: Rules) -> list[Claim]:
    observation = event.observation
    at_us = event.at_us - round(getattr(observation, "age_s", 0.0) * SECOND_US)
    if isinstance(observation, StatusObserved):
        return _of_status(at_us, observation, rules)
    if isinstance(observation, AlarmObserved) and observation.phase == "start":
        if observation.code in STOPPING:
            # The latency is filled in when the rates are known; -1 marks the place.
            back_us = -1 if observation.code == "occl-down" else 0
            return [Claim(at_us, Kind.NO_FLOW, is_stop_time=True, back_us=back_us)]
        return [Claim(at_us, Kind.DOUBT)] if observation.code in MAY_STOP else []
    if isinstance(observation, LogEventObserved):
        if observation.event is LogEvent.DELIVERY_START:
            return [Claim(at_us, Kind.FLOW, is_run_event=True)]
        return [Claim(at_us, Kind.NO_FLOW, is_stop_time=observation.event is not LogEvent.POWER_ON)]
    return []


def _of_status(at_us: int, status: StatusObserved, rules: Rules) -> list[Claim]:
    rate, volume = status.rate_ml_per_h, status.volume_delivered_ml
    if status.delivery == "transitioning":
        return []
    if status.delivery == "not-delivering":
        return [Claim(at_us, Kind.NO_FLOW, volume_ml=volume)]
    is_slow = rate is not None and rate < rules.min_rate_fraction * rules.ordered_ml_per_h
    is_kvo = status.delivery == "kvo"
    kind = Kind.DOUBT if is_kvo or is_slow else Kind.FLOW
    return [Claim(at_us, kind, volume_ml=volume, rate_ml_per_h=rate, is_kvo=is_kvo)]


def _take_off_patient(claims: list[Claim], stretches: list[list[int]], rules: Rules) -> None:
    """Put the marks among the claims, and take out what the pump claimed while the line was off (reading 13)."""
    said = list(claims)
    for index, (off_us, *ends) in enumerate(stretches):
        on_us = ends[0] if ends else None
        next_us = stretches[index + 1][0] if index + 1 < len(stretches) else None
        inside = [c for c in said if c.at_us >= off_us and (on_us is None or c.at_us < on_us)]
        void = [c for c in inside if not c.by_person and c.kind is not Kind.NO_FLOW]
        claims[:] = [c for c in claims if not any(c is other for other in void)]
        claims += [Claim(c.at_us + 1, Kind.DOUBT) for c in inside if c.by_person and c.kind is Kind.FLOW]
        if off_us != on_us:
            claims.append(Claim(off_us, Kind.NO_FLOW, is_stop_time=True, by_person=True))
        if on_us is not None:
            claims.append(Claim(on_us, Kind.NO_FLOW, by_person=True))
            kind = _after_reconnect(said, (off_us, on_us), next_us, rules)
            # Of one instant flow comes first; this comes after the line was seen off.
            claims += [] if kind is None else [Claim(on_us + 1, kind)]
        claims.sort(key=lambda claim: (claim.at_us, claim.kind is not Kind.FLOW))


def _after_reconnect(said: list[Claim], off: tuple[int, int], next_us: int | None, rules: Rules) -> Kind | None:
    """What is known of the flow from the reconnect on: None where the pump had said that it stands.

    ``off`` is when the line came off and on; ``next_us`` is when it came off again, if it did.
    """
    off_us, on_us = off
    attached = [c for c in said if c.at_us < off_us]
    before = [c for c in said if c.at_us < on_us]
    after = next((c for c in said if c.at_us > on_us and (next_us is None or c.at_us < next_us)), None)
    if not before or before[-1].kind is Kind.NO_FLOW:
        return None
    is_flow = after is not None and after.kind is Kind.FLOW and not after.is_run_event and not after.by_person
    is_near = after is not None and after.at_us - on_us <= rules.silence_max_us
    stood = "put-on-after-stop" in rules.exceptions and bool(attached) and attached[-1].kind is Kind.NO_FLOW
    return Kind.FLOW if before[-1].kind is Kind.FLOW and is_flow and is_near and not stood else Kind.DOUBT


def _date_reports(claims: list[Claim], since: list[tuple[int, int]], rules: Rules) -> None:
    for since_us, told_us in since:
        words = [c for c in claims if c.at_us < told_us]
        if "since-after-word" in rules.exceptions and words and words[-1].kind is not Kind.FLOW:
            continue
        checks = [c.at_us for c in claims if c.by_person and c.kind is Kind.FLOW and c.at_us < told_us]
        from_us = max([since_us, *checks])
        after = [c for c in claims if c.kind is Kind.FLOW and from_us < c.at_us <= told_us and not c.by_person]
        certain_us = after[-1].at_us if after else from_us
        for claim in after:
            claim.kind = Kind.DOUBT
        claims.append(
            Claim(
                certain_us,
                Kind.NO_FLOW,
                is_stop_time=True,
                by_person=True,
                back_us=certain_us - from_us,
                told_us=told_us,
            )
        )
        claims.sort(key=lambda claim: (claim.at_us, claim.kind is not Kind.FLOW))
