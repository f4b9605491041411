"""Which alphabets are searched, how deep, in the short version of every day and in the long one of ``make prove``."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.proof.pump_world import Scale
from tests.proof.search import Found, Search

SMALL = Scale(threshold=3, silence=1, merge=2, latency=2, amend=20)
"""Everything can happen within a few letters, the threshold included."""
WIDE = Scale(threshold=8, silence=2, merge=2, latency=3, amend=20)
"""Room for several stops before the threshold."""
FORGETFUL = Scale(threshold=3, silence=1, merge=1, latency=1, amend=4)
"""What is old is settled soon, so that settling itself is searched."""


class Campaign(NamedTuple):
    """One search: its letters, its scale, and its depth in letters for every day and for the long run."""

    name: str
    alphabet: str
    scale: Scale = SMALL
    depth: int = 8
    long_depth: int = 12
    is_open: str = ""
    """Why this one is known to break, while it does."""

    def run(self, depth: int, states_max: int = 1 << 62, is_over: Callable[[], bool] = lambda: False) -> Found:
        """Search to ``depth`` letters, or until there are ``states_max`` states or the time is over."""
        return Search(self.alphabet.split(","), self.scale).run(depth, states_max, is_over)


CAMPAIGNS = (
    Campaign("stops and readings", "halt,start,status", depth=9, long_depth=18),
    Campaign("stops and their log", "halt,start,bare,log,log2", depth=7),
    Campaign("log beside readings", "halt,start,status,log", depth=7),
    Campaign("occlusions", "halt,start,block,occlude,bare,log,log2", depth=7),
    Campaign("occlusions and readings", "start,block,occlude,status,log", depth=8),
    Campaign("doubtful flow", "halt,start,kvo,slow,bare", depth=7),
    Campaign("keep-vein-open and readings", "halt,start,kvo,status,bare", depth=6),
    Campaign("a counter that stands", "halt,start,status,stick", depth=7),
    Campaign("a counter that lags", "halt,start,status,drag-50,drag-70,drag-80,drag-85", depth=7),
    Campaign("duplicates and restarts", "halt,start,bare,log,dup,down,up,up-unknown", depth=6),
    Campaign("what people see", "halt,start,bare,see-running,check,see-stopped,see-since", depth=6),
    Campaign("what people do", "halt,start,bare,mark,hold,unhold,ack,close", depth=6),
    Campaign("the ladder", "halt,start,bare,mark,hold,unhold,ack,down,up,ladder", depth=6),
    Campaign("ignorance", "halt,start,bare,stranger,changing,link,alarm-end,power-on,odd-alarm", depth=5),
    Campaign("settling", "halt,start,bare,log,check,dup", FORGETFUL, depth=7),
    Campaign("long stops", "halt,start,bare,ladder", WIDE, depth=9, long_depth=20),
    Campaign(
        "everything",
        "halt,start,block,occlude,kvo,slow,stick,drag-60,status,log,log2,dup,see-running,check,see-stopped,see-since,"
        "mark,hold,unhold,ack,close,down,up,up-unknown,stranger,changing,link,alarm-end,power-on,odd-alarm,ladder",
        depth=4,
        long_depth=7,
        is_open="keep-vein-open that nobody heard of moves no counter",
    ),
)
"""Every letter of the alphabet is in at least one; ``everything`` has them all, slow flow at one share."""
