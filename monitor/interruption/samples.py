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
_UNTOLD = 0xFFFF
"""The report told no counter: what comes after it is told from the one before."""
_UNKNOWN = 0xFFFE
"""The counter was told, and moved by what does not fit: what it was before is not known."""
_LIMIT = KEPT * _WIDTH

Sample = tuple[int, int | None]
"""When it was reported, in microseconds, and the counter in microlitres, where known."""


def added(samples: bytes, apart_us: int, moved_ul: int | None) -> bytes:
    """Return the run with one more report, ``apart_us`` after the last one.

    ``moved_ul`` is by how much the counter moved since it was last told; None if this report does not tell it.
    """
    if not 0 <= apart_us <= _LONGEST_US:
        return b""
    moved = _UNTOLD if moved_ul is None else moved_ul if 0 <= moved_ul < _UNKNOWN else _UNKNOWN
    return (samples + apart_us.to_bytes(5) + moved.to_bytes(2))[-_LIMIT:]


def unpacked(samples: bytes, last: Sample) -> list[Sample]:
    """Return the reports of a run, oldest first, ``last`` included: its instant, and the counter as last told.

    Whether the oldest one told its counter is not kept; it is taken to have done so if all others did.
    """
    at_us, counter_ul = last
    found: list[Sample] = []
    is_told = True
    for end in range(len(samples), 0, -_WIDTH):
        moved = int.from_bytes(samples[end - 2 : end])
        found.append((at_us, None if moved == _UNTOLD else counter_ul))
        at_us -= int.from_bytes(samples[end - _WIDTH : end - 2])
        if moved == _UNTOLD:
            is_told = False
        elif counter_ul is not None:
            counter_ul = None if moved == _UNKNOWN else counter_ul - moved
    found.append((at_us, counter_ul if is_told else None))
    found.reverse()
    return found


def packed(reports: list[Sample]) -> bytes:
    """Return the ways between reports in order."""
    ways = b""
    known_ul = reports[0][1]
    for (before_us, _), (at_us, counter_ul) in pairwise(reports):
        moved_ul = None
        if counter_ul is not None:
            moved_ul = -1 if known_ul is None else counter_ul - known_ul
            known_ul = counter_ul
        ways = added(ways, at_us - before_us, moved_ul)
    return ways
