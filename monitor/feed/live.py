"""Shows the board on a terminal: a live picture where there is one, plain lines of what changed where there is none.

``render`` and ``changes`` only turn a frame into something to show; ``LiveView`` shows it. Whoever drives the
view decides how often: about four times a second on a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import msgspec
from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.feed import words
from monitor.feed.records import NoticeRecord, PumpSnapshot
from monitor.feed.wire import plain_text
from monitor.interruption.state import OffClass

PUMPS_SHOWN = 20
"""Most rows; the ones with the least time left."""

NOTICES_SHOWN = 10

_CLASS_WORDS = {
    OffClass.BELOW: "below the threshold",
    OffClass.POSSIBLE: "may have passed the threshold",
    OffClass.REACHED: "threshold reached",
}
_CLASS_STYLES = {OffClass.BELOW: "yellow", OffClass.POSSIBLE: "bold red", OffClass.REACHED: "bold white on red"}
_NO_STYLE = ""


class LiveFrame(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one picture shows.

    Attributes:
        now_us: Monitor time.
        pumps: In any order.
        notices: The newest last; more than ``NOTICES_SHOWN`` are cut off at the front.
        narration: What the story is telling now; empty if there is none.
        address: Where the dashboard is; empty if it is not served.
    """

    now_us: int
    pumps: tuple[PumpSnapshot, ...]
    notices: tuple[NoticeRecord, ...] = ()
    narration: str = ""
    address: str = ""


def render(frame: LiveFrame, zone: ZoneInfo) -> RenderableType:
    """Return a frame as a picture for a terminal, times in ``zone``.

    What matters most stands at the top, because a low terminal cuts the picture off at its foot.
    """
    parts: list[RenderableType] = []
    if frame.address:
        parts.append(Text(f"Dashboard: {frame.address}", style="bold"))
    if frame.narration:
        parts.append(Text(f"Story: {plain_text(frame.narration)}", style="italic"))
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0), show_edge=False)
    # Shares that let the longest words of each column stand unbroken at 80 characters.
    for title, share in (("Pump", 5), ("Off-time", 6), ("Time left, at worst", 6), ("Heard and alarms", 6)):
        table.add_column(title, overflow="fold", ratio=share)
    board = sorted(frame.pumps, key=PumpSnapshot.urgency)
    for pump in board[:PUMPS_SHOWN]:
        table.add_row(*_cells(pump, zone))
    parts.append(table)
    if len(board) > PUMPS_SHOWN:
        parts.append(Text(f"and {len(board) - PUMPS_SHOWN} more with more time left"))
    parts += _notices(frame.notices, zone)
    return Panel(Group(*parts), title=f"pumpwatch  {words.wall_time(frame.now_us, zone)}", box=box.ROUNDED)


def changes(before: LiveFrame | None, frame: LiveFrame, zone: ZoneInfo) -> list[str]:
    """Return one plain line for each thing that is new since ``before``; the mere growth of an off-time is none."""
    known = {pump.id: pump for pump in before.pumps} if before else {}
    told = {notice.id for notice in before.notices} if before else set()
    clock = words.wall_time(frame.now_us, zone)
    lines: list[str] = []
    if frame.narration and (before is None or before.narration != frame.narration):
        lines.append(f"{clock}  story: {plain_text(frame.narration)}")
    lines += [
        f"{clock}  {_line(pump, zone)}"
        for pump in sorted(frame.pumps, key=PumpSnapshot.urgency)
        if pump.id not in known or _sameness(known[pump.id]) != _sameness(pump)
    ]
    lines += [f"{clock}  {_notice_line(notice, zone)}" for notice in frame.notices if notice.id not in told]
    return lines


class LiveView:
    """Shows frames until it is closed; a context manager.

    Args:
        console: Where to; whether it is a terminal decides between the picture and plain lines.
        zone: The zone of all times.
    """

    def __init__(self, console: Console, zone: ZoneInfo) -> None:
        self._console = console
        self._zone = zone
        self._before: LiveFrame | None = None
        # Drawn when a frame is shown and never by a thread of its own: the driver's loop is the only clock.
        self._live = Live(console=console, auto_refresh=False, transient=False) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, frame: LiveFrame) -> None:
        """Show a frame: draw it, or print what has changed since the last one."""
        if self._live is not None:
            self._live.update(render(frame, self._zone), refresh=True)
        else:
            for line in changes(self._before, frame, self._zone):
                # Neither markup nor highlighting nor folding: a line is a line for whatever reads the pipe.
                self._console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
        self._before = frame


def _cells(pump: PumpSnapshot, zone: ZoneInfo) -> tuple[Text, ...]:
    view = pump.interruption
    style = _CLASS_STYLES[view.off_class] if view else ("magenta" if pump.is_silent else _NO_STYLE)
    said = pump.delivery.value if pump.delivery else "nothing said yet"
    off = "no interruption"
    if view:
        pair = words.pair(view.off_min_us, view.off_max_us, is_unbounded=view.is_unbounded).replace(", ", "\n", 1)
        off = f"{pair}\n{_CLASS_WORDS[view.off_class]}"
    alarms = [
        f"{alert.priority.value}: {alert.code}" + (f" (ack. {alert.acknowledged_by})" if alert.acknowledged_by else "")
        for alert in pump.alerts
    ]
    cells = (
        f"{pump.id}\n{pump.state()}\n{said}",
        off,
        _left(pump, zone),
        "\n".join([_heard(pump), *(alarms or ["no alarm"])]),
    )
    # Text, never markup: square brackets from a pump are shown as they are.
    return tuple(Text("\n".join(map(plain_text, cell.split("\n"))), style=style) for cell in cells)


def _left(pump: PumpSnapshot, zone: ZoneInfo) -> str:
    view = pump.interruption
    if view and view.is_unbounded:
        return "not known until the clock is set"
    left = words.time_left(pump.time_left_us())
    if view and view.threshold_met_at_us is not None:
        return f"{left}\nsince {words.wall_time(view.threshold_met_at_us, zone)}"
    if view and view.deadline_at_us is not None:
        return f"{left}\nuntil {words.wall_time(view.deadline_at_us, zone)}"
    return left


def _heard(pump: PumpSnapshot) -> str:
    if pump.last_contact_at_us is None:
        return "SILENT, never heard"
    age = words.at_most(pump.at_us - pump.last_contact_at_us)
    return f"SILENT, {age} ago" if pump.is_silent else f"{age} ago"


def _notices(notices: Sequence[NoticeRecord], zone: ZoneInfo) -> list[RenderableType]:
    """Return the newest notices, newest first: that one in full, of the others one line each."""
    if not notices:
        return [Text("No notice has gone out.", style="dim")]
    lines = [_notice_line(notice, zone) for notice in notices[: -NOTICES_SHOWN - 1 : -1]]
    older = [Text(line, no_wrap=True, overflow="ellipsis", style="dim") for line in lines[1:]]
    return [Text("Notices, newest first", style="bold"), Text(lines[0]), *older]


def _notice_line(notice: NoticeRecord, zone: ZoneInfo) -> str:
    said = plain_text(" ".join(notice.text.split()))
    when = words.wall_time(notice.at_us, zone)
    who = plain_text(f"{notice.rung} -> {notice.contact} over {notice.channel}")
    return f"notice {when} {who}: {said}"


def _sameness(pump: PumpSnapshot) -> tuple[object, ...]:
    """Return what must change before a pump is worth another line."""
    view = pump.interruption
    return (
        pump.state(),
        pump.delivery,
        pump.is_silent,
        (view.id, view.off_class, view.phase, view.merged_stops, view.is_unbounded) if view else None,
        tuple((alert.id, alert.acknowledged_by) for alert in pump.alerts),
        pump.mark is not None,
        pump.hold is not None,
    )


def _line(pump: PumpSnapshot, zone: ZoneInfo) -> str:
    view = pump.interruption
    parts = [f"{pump.id}: {pump.state()}", pump.delivery.value if pump.delivery else "nothing said yet"]
    if view:
        parts += [
            words.pair(view.off_min_us, view.off_max_us, is_unbounded=view.is_unbounded),
            _CLASS_WORDS[view.off_class],
        ]
        parts.append("time left " + _left(pump, zone).replace("\n", " "))
    parts += [f"{alert.priority.value} alarm {alert.code}" for alert in pump.alerts]
    return plain_text("; ".join(parts))
