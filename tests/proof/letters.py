"""The alphabet of the exhaustive search: what the pump does and says, what people do, what befalls the monitor."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from drivers.contract import (
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LinkChanged,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from monitor.interruption.events import (
    Acknowledged,
    Closed,
    HoldChanged,
    Marked,
    MarkKind,
    MonitorRestarted,
    Outcome,
    PumpObserved,
    Reported,
)
from tests.proof.counted import Read, shown_ul, stopped, weighed
from tests.proof.pump_world import RATE_ML_PER_H, SERIAL, Mode, Move, Nature, World, acted, rank_now
from tests.proof.truth import ACT, IMPLIED, Flow, Says, now_flowing, with_blockage_told, with_word

Letter = Callable[[World, int], "Move | None"]

SAID_MAX = 2
"""How many messages a pump sends at one instant."""

DRAGS = (50, 60, 70, 80, 85)
"""At how many percent of its rate a pump may run without its noticing."""

HALT, START, OCCLUDED = "delivery-stop", "delivery-start", "occl-down"
BOOT = "b"


def _said(letter: str, world: World, now_us: int, said: Observation, nature: Nature, says: Says | None) -> Move | None:
    if world.said >= SAID_MAX:
        return None
    serial = getattr(said, "serial", None) or SERIAL
    observation = msgspec.structs.replace(said, seq=world.seq + 1, boot=BOOT, serial=serial)
    truth = world.truth
    if says is not None:
        truth = with_word(truth, now_us, rank_now(world) + 1, says)
    after = world._replace(truth=truth, last=observation, seq=world.seq + 1, said=world.said + 1)
    return Move(letter, after, PumpObserved(at_us=now_us, observation=observation), nature)


def halt(world: World, now_us: int) -> Move | None:
    """The pump is stopped with its key."""
    if world.acted or world.mode is Mode.STOPPED or now_flowing(world.truth) is Flow.BLOCKED:
        return None
    return Move("halt", acted(world, now_us, Mode.STOPPED, Flow.OFF, HALT), None, Nature.UNHEARD)


def start(world: World, now_us: int) -> Move | None:
    """The pump is started."""
    if world.acted or world.mode is Mode.RUN:
        return None
    entry = START if world.mode is Mode.STOPPED else None
    return Move("start", acted(world, now_us, Mode.RUN, Flow.FULL, entry), None, Nature.UNHEARD)


def block(world: World, now_us: int) -> Move | None:
    """The line is closed behind the pump, which has not noticed yet."""
    if world.acted or world.mode is not Mode.RUN or not world.flows:
        return None
    return Move("block", acted(world, now_us, Mode.RUN, Flow.BLOCKED), None, Nature.UNHEARD)


def occlude(world: World, now_us: int) -> Move | None:
    """The pump notices the blocked line, sounds its alarm and stops."""
    if world.acted or world.mode is not Mode.RUN or now_flowing(world.truth) is not Flow.BLOCKED:
        return None
    return Move("occlude", acted(world, now_us, Mode.STOPPED, Flow.OFF, OCCLUDED), None, Nature.UNHEARD)


def _drops_to(name: str, mode: Mode, flow: Flow, lacks: float = 0.0) -> Letter:
    def letter(world: World, now_us: int) -> Move | None:
        if world.acted or world.mode is not Mode.RUN or not world.flows:
            return None
        return Move(name, acted(world, now_us, mode, flow, lacks=lacks), None, Nature.UNHEARD)

    return letter


_LESS = {
    Mode.STOPPED: (DeliveryStatus.NOT_DELIVERING, 0.0, Says.STOP),
    Mode.KVO: (DeliveryStatus.KVO, 0.001, Says.DOUBT),
    Mode.SLOW: (DeliveryStatus.DELIVERING, 0.5, Says.DOUBT),
}
"""What a pump says that knows it does not run in full, at which share of its rate."""


def _status(name: str, *, counter: bool) -> Letter:
    def letter(world: World, now_us: int) -> Move | None:
        now = Read(now_us, rank_now(world), shown_ul(world.counter_ml)) if counter else None
        delivery, share, says = _LESS.get(world.mode, (DeliveryStatus.DELIVERING, 1.0, Says.FLOW))
        nature = Nature.READING if counter else Nature.NO_FLOW
        counted, truth, limits, is_honest = world.counted, world.truth, world.limits, world.mode is Mode.RUN
        if says is not Says.FLOW:
            counted, truth = stopped(counted, truth, now, limits)
        elif now is None:
            # It brings no counter: its word stands until a reading denies it.
            nature, says = (nature, Says.DOUBT) if counted.is_late and not is_honest else (Nature.FLOW, says)
        else:
            counted, truth, is_flow = weighed(counted, truth, now, limits, is_honest=is_honest)
            nature, says = (Nature.FLOW, says) if is_flow else (nature, Says.DOUBT)
        reading = None if now is None else now.shown_ul / 1000
        said = StatusObserved(
            delivery=delivery, rate_ml_per_h=share * limits.rate_ml_per_h, volume_delivered_ml=reading
        )
        return _said(name, world._replace(counted=counted, truth=truth), now_us, said, nature, says)

    return letter


def _log(name: str, place: int) -> Letter:
    """Return the letter that delivers one waiting entry of the pump's log, with its age."""

    def letter(world: World, now_us: int) -> Move | None:
        if place >= len(world.pending) or world.said >= SAID_MAX:
            return None
        entry = world.pending[place]
        age_s = (now_us - entry.at_us) / 1_000_000
        truth = world.truth
        if entry.kind == OCCLUDED:
            said: Observation = AlarmObserved(code=OCCLUDED, phase=AlarmPhase.START, age_s=age_s)
            truth = with_blockage_told(truth, entry.at_us)
        else:
            said = LogEventObserved(event=LogEvent(entry.kind), age_s=age_s)
        if entry.kind == HALT:
            truth = with_word(truth, entry.at_us, IMPLIED, Says.FLOW)
        truth = with_word(truth, entry.at_us, ACT, Says.FLOW if entry.kind == START else Says.STOP)
        world = world._replace(truth=truth, pending=(*world.pending[:place], *world.pending[place + 1 :]))
        return _said(f"{name}:{entry.kind}", world, now_us, said, Nature.FLOW, None)

    return letter


def dup(world: World, now_us: int) -> Move | None:
    """The line repeats the last message, as a broker does that was not acknowledged."""
    if world.last is None or world.said >= SAID_MAX:
        return None
    after = world._replace(said=world.said + 1)
    return Move("dup", after, PumpObserved(at_us=now_us, observation=world.last), Nature.DUPLICATE)


def _ignorant(name: str, said: Observation) -> Letter:
    def letter(world: World, now_us: int) -> Move | None:
        if name == "power-on" and world.mode is not Mode.STOPPED:
            return None  # A pump just switched on does not deliver.
        if isinstance(said, LinkChanged):
            return Move(name, world, PumpObserved(at_us=now_us, observation=said), Nature.IGNORANT)
        says = {"power-on": Says.STOP, "odd-alarm": Says.DOUBT}.get(name)
        return _said(name, world, now_us, said, Nature.IGNORANT, says)

    return letter


def _seen(name: str, *, running: bool, checked: bool = False, dated: bool = False) -> Letter:
    """Return the letter by which a person truthfully says what they see."""

    def letter(world: World, now_us: int) -> Move | None:
        flow = now_flowing(world.truth)
        if world.acted or world.said >= SAID_MAX:
            return None  # Two things about one instant could not be told apart.
        if (flow is not Flow.FULL) if running else (flow is not Flow.OFF or world.mode is not Mode.STOPPED):
            return None
        since_us = world.truth.spans[-1].from_us if dated else now_us
        truth = world.truth
        if dated:
            truth = with_word(truth, since_us, IMPLIED, Says.FLOW)
        says = Says.SEEN if running else Says.STOP
        truth = with_word(truth, since_us, ACT if dated else rank_now(world), says)
        event: Marked | Reported = Reported(
            at_us=now_us, running=running, by="nurse", since_us=since_us if dated else None
        )
        if checked:
            event = Marked(at_us=now_us, mark=MarkKind.FLOW_CHECKED, by="nurse")
        nature = Nature.FLOW if running or dated else Nature.NO_FLOW
        return Move(name, world._replace(truth=truth, said=world.said + 1), event, nature)

    return letter


def mark(world: World, now_us: int) -> Move | None:
    """Work at the pump is planned."""
    event = Marked(at_us=now_us, mark=MarkKind.MAINTENANCE, by="patient")
    return None if world.is_marked else Move("mark", world._replace(is_marked=True), event, Nature.HUMAN)


def hold(world: World, now_us: int) -> Move | None:
    """A clinician's hold begins."""
    event = HoldChanged(at_us=now_us, started=True, reason="planned", by="clinician")
    return None if world.is_held else Move("hold", world._replace(is_held=True), event, Nature.HUMAN)


def unhold(world: World, now_us: int) -> Move | None:
    """The hold ends."""
    event = HoldChanged(at_us=now_us, started=False, reason="planned", by="clinician")
    return Move("unhold", world._replace(is_held=False), event, Nature.HUMAN) if world.is_held else None


def ack(world: World, now_us: int) -> Move | None:
    """A person takes note of everything."""
    return Move("ack", world, Acknowledged(at_us=now_us, what="", by="nurse"), Nature.HUMAN)


def close(world: World, now_us: int) -> Move | None:
    """A clinician closes the oldest interruption that waits; ``search`` notes what that settles."""
    event = Closed(at_us=now_us, outcome=Outcome.SUPERVISED_RESTART, note="seen", by="clinician")
    return Move("close", world, event, Nature.CLOSE)


def down(world: World, now_us: int) -> Move | None:
    """The monitor dies."""
    return Move("down", world._replace(down_from_us=now_us), None, Nature.UNHEARD)


def _up(name: str, *, known: bool) -> Letter:
    def letter(world: World, now_us: int) -> Move | None:
        if world.down_from_us is None:
            return None
        event = MonitorRestarted(at_us=now_us, down_from_us=world.down_from_us, is_downtime_known=known)
        after = world._replace(down_from_us=None, is_time_lost=world.is_time_lost or not known)
        return Move(name, after, event, Nature.RESTART if known else Nature.RESTART_UNKNOWN)

    return letter


_DELIVERING = StatusObserved(
    delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=RATE_ML_PER_H, volume_delivered_ml=9000.0, serial="S2"
)

LETTERS: dict[str, Letter] = {
    "halt": halt,
    "start": start,
    "block": block,
    "occlude": occlude,
    "kvo": _drops_to("kvo", Mode.KVO, Flow.PART),
    "slow": _drops_to("slow", Mode.SLOW, Flow.SLOW),
    "stick": _drops_to("stick", Mode.STUCK, Flow.OFF),
    **{f"drag-{share}": _drops_to(f"drag-{share}", Mode.DRAGS, Flow.SLOW, 1 - share / 100) for share in DRAGS},
    "status": _status("status", counter=True),
    "bare": _status("bare", counter=False),
    "log": _log("log", 0),
    "log2": _log("log2", 1),
    "dup": dup,
    "stranger": _ignorant("stranger", _DELIVERING),
    "changing": _ignorant("changing", StatusObserved(delivery=DeliveryStatus.TRANSITIONING)),
    "link": _ignorant("link", LinkChanged(online=True, why="")),
    "alarm-end": _ignorant("alarm-end", AlarmObserved(code=OCCLUDED, phase=AlarmPhase.END)),
    "power-on": _ignorant("power-on", LogEventObserved(event=LogEvent.POWER_ON)),
    "odd-alarm": _ignorant("odd-alarm", AlarmObserved(code="unknown-alarm", phase=AlarmPhase.START, raw_code="X")),
    "see-running": _seen("see-running", running=True),
    "check": _seen("check", running=True, checked=True),
    "see-stopped": _seen("see-stopped", running=False),
    "see-since": _seen("see-since", running=False, dated=True),
    "mark": mark,
    "hold": hold,
    "unhold": unhold,
    "ack": ack,
    "close": close,
    "down": down,
    "up": _up("up", known=True),
    "up-unknown": _up("up-unknown", known=False),
}

ACTS = frozenset({"halt", "start", "block", "occlude", "kvo", "slow", "stick"} | {f"drag-{share}" for share in DRAGS})
"""What the pump does, or what is done to it."""

WHILE_DOWN = ACTS | {"up", "up-unknown"}
"""What can happen while the monitor is dead."""
