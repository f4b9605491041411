"""Where monitor time begins when the monitor starts, and whether anybody knows how long it was down.

Pure; integers in microseconds. Theory of operation. A process that starts on the boot of the one before it goes
on with its monitor time by the boot clock, whatever the wall clock says. After a reboot only the wall clock
can tell, and it is believed if it is set, not behind the last stored instant and not absurdly far ahead of
it. Else the downtime is unknown. A board without a battery clock wakes with the time at which it went to sleep,
which looks right: as long as nobody vouches for the clock, such a downtime stays pending, and grows by what
the clock is put on when somebody does.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

CLOCK_FLOOR_US = 1_760_000_000_000_000
"""No true instant of this program lies before it (October 2025): a wall clock that does is not set."""

AWAY_US_MAX = 366 * 86_400 * 1_000_000
"""A monitor that seems to have been away for longer has a wrong clock; to believe it would be for good."""

UNSAVED_US = 10 * 1_000_000
"""What was stored may be this much younger than the instant at which the monitor last said that it is alive."""

NEAR_US = 2 * 1_000_000
"""Clocks that are this close agree; a clock that was behind at start is at least ``UNSAVED_US`` behind."""


class Computer(NamedTuple):
    """What the computer says at start."""

    wall_us: int
    boot_us: int
    boot: str
    is_synchronised: bool


class Downtime(msgspec.Struct, frozen=True):
    """A downtime whose length nobody vouches for yet.

    Attributes:
        down_from_us: When the monitor was last alive.
        back_us: When it was back, in the monitor time that holds until the clock is synchronised.
        is_known: False if it counts as unbounded; True if the wall clock looked right, but nobody vouched for it.
    """

    down_from_us: int
    back_us: int
    is_known: bool


class Axis(msgspec.Struct, frozen=True):
    """Monitor time on one boot: ``ahead_us`` is monitor time less the boot clock."""

    boot: str
    ahead_us: int
    pending: Downtime | None = None


class Waking(NamedTuple):
    """Where monitor time begins, whether the downtime is known, and what nobody vouches for yet."""

    start_us: int
    is_downtime_known: bool
    pending: Downtime | None


def axis_of(stored: str | None) -> Axis | None:
    """Return the axis that an earlier process stored; None if there is none that can be read."""
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=Axis)
    except msgspec.DecodeError:
        # From another version: the wall clock must tell, as after a reboot.
        return None


def stored_axis(axis: Axis) -> str:
    """Return an axis as it is stored."""
    return msgspec.json.encode(axis).decode()


def waking(computer: Computer, last_alive_us: int | None, axis: Axis | None) -> Waking:
    """Return where monitor time begins, given what the computer says and what was stored."""
    wall_us = computer.wall_us
    if axis is not None and axis.boot and axis.boot == computer.boot:
        start_us = computer.boot_us + axis.ahead_us
        if last_alive_us is None or start_us >= last_alive_us:
            return Waking(start_us, is_downtime_known=True, pending=axis.pending)
    if last_alive_us is None:
        if wall_us >= CLOCK_FLOOR_US:
            return Waking(wall_us, is_downtime_known=True, pending=None)
        unset = Downtime(CLOCK_FLOOR_US, CLOCK_FLOOR_US, is_known=False)
        return Waking(CLOCK_FLOOR_US, is_downtime_known=False, pending=unset)
    undated = axis.pending if axis is not None and axis.pending is not None and not axis.pending.is_known else None
    down_from_us = last_alive_us if undated is None else undated.down_from_us
    if not is_believable(wall_us, last_alive_us, down_from_us):
        start_us = last_alive_us + UNSAVED_US
        return Waking(start_us, is_downtime_known=False, pending=Downtime(down_from_us, start_us, is_known=False))
    if undated is not None:
        return Waking(wall_us, is_downtime_known=True, pending=Downtime(down_from_us, wall_us, is_known=False))
    pending = None if computer.is_synchronised else Downtime(down_from_us, wall_us, is_known=True)
    return Waking(wall_us, is_downtime_known=True, pending=pending)


def is_believable(wall_us: int, after_us: int, down_from_us: int) -> bool:
    """Return whether a wall clock may be right: set, not behind ``after_us``, not absurdly far ahead.

    Monitor time that began under a clock that was not set lags by any length.
    """
    if wall_us < max(CLOCK_FLOOR_US, after_us):
        return False
    return down_from_us == CLOCK_FLOOR_US or wall_us - after_us <= AWAY_US_MAX


def lag_us(pending: Downtime, now_us: int, wall_offset_us: int, *, is_synchronised: bool) -> int | None:
    """Return by how much monitor time is to be put on, if the clock is synchronised now; else None.

    A downtime of unknown length has its bound once the wall clock has come past monitor time. One that looked
    right has it once the kernel says that somebody vouches for the clock.
    """
    wall_us = now_us + max(0, wall_offset_us)
    if not is_believable(wall_us, now_us, pending.down_from_us):
        return None
    if pending.is_known:
        is_exact = wall_offset_us < NEAR_US
        return (0 if is_exact else wall_offset_us) if is_synchronised else None
    return max(0, wall_offset_us) if wall_offset_us > -NEAR_US else None
