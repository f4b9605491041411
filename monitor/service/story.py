"""Reads a story: JSON lines of what pumps said, what people did and what befell the monitor.

A line that cannot be read is refused with its number and the cause; the story goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from drivers.contract import Observation
from drivers.observation_json import PayloadError, decode_observation
from monitor.feed.permits import Deed
from monitor.interruption.events import (
    Acknowledged,
    Closed,
    Event,
    HoldChanged,
    Marked,
    MarkKind,
    Ordered,
    Outcome,
    Reported,
    Role,
    Swapped,
)
from monitor.interruption.free_time import DAY_US
from monitor.interruption.policy import MINUTE_US
from monitor.service.story_orders import read_instant, read_order
from monitor.service.story_roles import RoleOf, role_in

DOWN_S_MAX = 366 * 86_400
"""The longest time, in seconds, for which a story may leave the monitor dead."""

GAP_DAYS_MAX = 92
"""The longest time, in days, in which a story may tell nothing; longer than any planned free interval."""

GAP_US_MAX = GAP_DAYS_MAX * DAY_US

MARK_MINUTES_MAX = 24 * 60
"""The longest window of a mark, in minutes."""

LINE_MAX_BYTES = 4096
"""Longest line of a story, as for an observation on the wire."""


class Observed(msgspec.Struct, frozen=True):
    """A pump said something."""

    at_us: int
    pump: str | None
    observation: Observation


class Acted(msgspec.Struct, frozen=True):
    """A person did something; ``make`` is given the instant."""

    at_us: int
    pump: str | None
    make: Callable[[int], Event]


class Restarted(msgspec.Struct, frozen=True):
    """The monitor died ``down_us`` before and is back now."""

    at_us: int
    down_us: int
    is_clock_good: bool


class WallStepped(msgspec.Struct, frozen=True):
    """The gateway's wall clock jumped."""

    at_us: int
    step_s: float


class RefusedLine(msgspec.Struct, frozen=True):
    """A line that is not accepted; ``at_us`` is None where it names no instant."""

    at_us: int | None
    why: str


PlayedItem = Observed | Acted | Restarted | WallStepped
StoryItem = PlayedItem | RefusedLine


class _Line(msgspec.Struct):
    at: str
    pump: str | None = None
    kind: str | None = None
    by: str = ""
    role: str | None = None
    mark: str | None = None
    minutes: float | None = None
    report: str | None = None
    since: str | None = None
    hold: str | None = None
    reason: str = ""
    until: str | None = None
    order: dict[str, Any] | None = None
    swap: dict[str, Any] | None = None
    acknowledge: str | None = None
    close: str | None = None
    note: str = ""
    restart: dict[str, Any] | None = None
    wall_step_s: float | None = None


_decoder = msgspec.json.Decoder(_Line)


class _Refusal(Exception):  # noqa: N818 - a way out of nested reading, never leaves this file
    pass


def read_story(lines: Iterable[bytes], source: str, role_of: RoleOf) -> Iterator[StoryItem]:
    """Yield what each line says, in order; blank lines are skipped.

    Args:
        lines: Of the file, with or without line ends.
        source: The file's name, for refusals.
        role_of: What a person named in ``by`` may do, where the line names no role, and what a job may.
    """
    last_us: int | None = None
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line:
            continue
        try:
            item = _item(line, role_of)
            _refuse_far_off(item, last_us)
            last_us = item.at_us if last_us is None else max(last_us, item.at_us)
            yield item
        except (_Refusal, PayloadError) as fault:
            why = getattr(fault, "why", None) or str(fault)
            yield RefusedLine(_instant_of(line), f"{source} line {number}: {why}")


def begins_us(item: PlayedItem) -> int:
    """Return when what a line tells began: a restart begins with the monitor's death."""
    return item.at_us - item.down_us if isinstance(item, Restarted) else item.at_us


def _refuse_far_off(item: PlayedItem, last_us: int | None) -> None:
    """Refuse a line so long after all before it that it can only be a slip, and would take for ever to come to."""
    if last_us is not None and begins_us(item) - last_us > GAP_US_MAX:
        message = f"at lies more than {GAP_DAYS_MAX} days after the line before it"
        raise _Refusal(message)


def instant_us(text: str, name: str) -> int:
    """Return an RFC 3339 instant with offset in microseconds since 1970 UTC."""
    try:
        return read_instant(text, name)
    except ValueError as fault:
        raise _Refusal(str(fault)) from None


def _instant_of(line: bytes) -> int | None:
    try:
        return instant_us(_decoder.decode(line).at, "at")
    except (msgspec.MsgspecError, _Refusal, UnicodeDecodeError):
        return None


def _item(line: bytes, role_of: RoleOf) -> PlayedItem:
    if len(line) > LINE_MAX_BYTES:
        message = f"the line is longer than {LINE_MAX_BYTES} bytes"
        raise _Refusal(message)
    try:
        seen = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise _Refusal(str(fault)) from None
    at_us = instant_us(seen.at, "at")
    if seen.kind is not None:
        pump, observation = decode_observation(line)
        return Observed(at_us, pump, observation)
    if seen.restart is not None:
        return _restart(at_us, seen.restart)
    if seen.wall_step_s is not None:
        return WallStepped(at_us, seen.wall_step_s)
    return Acted(at_us, seen.pump, _maker(seen, role_of))


def _restart(at_us: int, said: dict[str, Any]) -> Restarted:
    down_s, clock = said.get("down_s"), said.get("clock", "good")
    if not isinstance(down_s, int | float) or isinstance(down_s, bool) or not 0 <= down_s <= DOWN_S_MAX:
        message = f"restart.down_s must be a number of seconds from 0 to {DOWN_S_MAX}"
        raise _Refusal(message)
    if clock not in ("good", "unknown"):
        message = f"restart.clock must be good or unknown, not {clock!r}"
        raise _Refusal(message)
    return Restarted(at_us, int(down_s * 1_000_000), clock == "good")


def _maker(seen: _Line, role_of: RoleOf) -> Callable[[int], Event]:
    for deed, make in _MAKERS.items():
        if getattr(seen, deed.value) is not None:
            try:
                return make(seen, role_in(deed, seen.by, seen.role, role_of))
            except ValueError as fault:
                raise _Refusal(str(fault)) from None
    known = ", ".join((*_MAKERS, "restart", "wall_step_s"))
    message = f"the line is no observation (kind) and none of: {known}"
    raise _Refusal(message)


def _word(enum: Any, text: str, name: str) -> Any:  # noqa: ANN401 - a member of whichever enumeration was given
    try:
        return enum(text)
    except ValueError:
        message = f"{name} must be one of {', '.join(str(member) for member in enum)}, not {text[:40]!r}"
        raise _Refusal(message) from None


def _mark(seen: _Line, role: Role) -> Callable[[int], Event]:
    mark = _word(MarkKind, seen.mark or "", "mark")
    if seen.minutes is not None and not 0 <= seen.minutes <= MARK_MINUTES_MAX:
        message = f"minutes must be a number from 0 to {MARK_MINUTES_MAX}"
        raise _Refusal(message)
    quiet_us = None if seen.minutes is None else int(seen.minutes * MINUTE_US)
    return lambda at_us: Marked(at_us=at_us, mark=mark, by=seen.by, role=role, quiet_us=quiet_us, note=seen.note)


def _report(seen: _Line, _: Role) -> Callable[[int], Event]:
    if seen.report not in ("running", "stopped"):
        message = f"report must be running or stopped, not {seen.report!r}"
        raise _Refusal(message)
    since_us = None if seen.since is None else instant_us(seen.since, "since")
    running = seen.report == "running"
    return lambda at_us: Reported(at_us=at_us, running=running, by=seen.by, since_us=since_us)


def _hold(seen: _Line, _: Role) -> Callable[[int], Event]:
    if seen.hold not in ("start", "end"):
        message = f"hold must be start or end, not {seen.hold!r}"
        raise _Refusal(message)
    until_us = None if seen.until is None else instant_us(seen.until, "until")
    started = seen.hold == "start"
    return lambda at_us: HoldChanged(at_us=at_us, started=started, reason=seen.reason, by=seen.by, until_us=until_us)


def _order(seen: _Line, _: Role) -> Callable[[int], Event]:
    try:
        order = read_order(seen.order or {})
    except ValueError as fault:
        raise _Refusal(str(fault)) from None
    return lambda at_us: Ordered(at_us=at_us, order=order, by=seen.by)


def _swap(seen: _Line, _: Role) -> Callable[[int], Event]:
    serial = (seen.swap or {}).get("serial")
    if not isinstance(serial, str) or not serial:
        message = "swap.serial must be the new pump's serial number"
        raise _Refusal(message)
    return lambda at_us: Swapped(at_us=at_us, serial=serial, by=seen.by)


def _acknowledge(seen: _Line, role: Role) -> Callable[[int], Event]:
    what = seen.acknowledge or ""
    return lambda at_us: Acknowledged(at_us=at_us, what=what, by=seen.by, role=role)


def _close(seen: _Line, role: Role) -> Callable[[int], Event]:
    outcome = _word(Outcome, seen.close or "", "close")
    return lambda at_us: Closed(at_us=at_us, outcome=outcome, note=seen.note, by=seen.by, role=role)


_MAKERS: dict[Deed, Callable[[_Line, Role], Callable[[int], Event]]] = {
    Deed.MARK: _mark,
    Deed.REPORT: _report,
    Deed.HOLD: _hold,
    Deed.ORDER: _order,
    Deed.SWAP: _swap,
    Deed.ACKNOWLEDGE: _acknowledge,
    Deed.CLOSE: _close,
}
