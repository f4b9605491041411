"""The last single reports of a run of repeats, packed: so that late evidence can part the run exactly.

Each entry is the way from one report to the next: five bytes of microseconds, two of microlitres. Read
backwards from the last report, whose instant and counter are known, they give the reports before it.
"""

from __future__ import annotations

from itertools import pairwise

KEPT = 32
"""How many ways back one run keeps; what is older is known by its first report alone."""

_WIDTH = 7
_LONGEST_US = (1 << 40) - 1
_UNKNOWN = 0xFFFF
_LIMIT = KEPT * _WIDTH

Sample = tuple[int, int | None]
"""When it was reported, in microseconds, and the counter in microlitres, where known."""


def added(samples: bytes, apart_us: int, moved_ul: int | None) -> bytes:
    """Return the run with one more report, ``apart_us`` after the last one."""
    if not 0 <= apart_us <= _LONGEST_US:
        return b""
    moved = moved_ul if moved_ul is not None and 0 <= moved_ul < _UNKNOWN else _UNKNOWN
    return (samples + apart_us.to_bytes(5) + moved.to_bytes(2))[-_LIMIT:]


def unpacked(samples: bytes, last: Sample) -> list[Sample]:
    """Return the reports of a run, oldest first, ``last`` included."""
    at_us, counter_ul = last
    found: list[Sample] = [last]
    for end in range(len(samples), 0, -_WIDTH):
        at_us -= int.from_bytes(samples[end - _WIDTH : end - 2])
        moved = int.from_bytes(samples[end - 2 : end])
        counter_ul = None if counter_ul is None or moved == _UNKNOWN else counter_ul - moved
        found.append((at_us, counter_ul))
    found.reverse()
    return found


def packed(reports: list[Sample]) -> bytes:
    """Return the ways between reports in order."""
    ways = b""
    for (before_us, before_ul), (at_us, counter_ul) in pairwise(reports):
        moved_ul = None if before_ul is None or counter_ul is None else counter_ul - before_ul
        ways = added(ways, at_us - before_us, moved_ul)
    return ways
