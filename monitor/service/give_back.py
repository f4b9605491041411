"""Gives memory that a start needed only once back to the system, where the C library can."""

from __future__ import annotations

import ctypes
import gc


def give_back_memory() -> bool:
    """Collect garbage and let the C library return free pages; return whether it could.

    A large clinic's start reads every page of the database once. Freed, these pages stay with the process
    (glibc keeps them) and would count as much as the pumps themselves.
    """
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        # Not glibc: its allocator has habits of its own.
        return False
    return bool(trim(0))
