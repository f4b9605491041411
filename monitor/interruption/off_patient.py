"""When the line is off the patient, by the marks that people make: what the pump says of flow does not arrive then.

Pure. Marks are dated by the monitor as they are made, so that these stretches are known in order, and every
piece of evidence, however late, can be asked whether it is about one of them.
"""

from __future__ import annotations

import msgspec

KEPT_MAX = 16
"""How many stretches one clock keeps; evidence of instants before the oldest of them amends nothing any more."""


class OffPatient(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One stretch off the patient, from the disconnect to the reconnect.

    Attributes:
        from_us: The disconnect mark; the reconnect where that was forgotten.
        to_us: The reconnect mark; None while there is none.
    """

    from_us: int
    to_us: int | None = None


Stretches = tuple[OffPatient, ...]


def is_off_now(stretches: Stretches) -> bool:
    """Return whether the line was taken off and not put on again yet."""
    return bool(stretches) and stretches[-1].to_us is None


def is_off(stretches: Stretches, at_us: int) -> bool:
    """Return whether the line was off at an instant: with the disconnect it is, with the reconnect no longer."""
    return any(one.from_us <= at_us and (one.to_us is None or at_us < one.to_us) for one in stretches)


def was_off(stretches: Stretches, at_us: int) -> bool:
    """Return whether the line was off just before an instant."""
    return any(one.from_us < at_us and (one.to_us is None or at_us <= one.to_us) for one in stretches)


def is_off_between(stretches: Stretches, from_us: int, until_us: int) -> bool:
    """Return whether the line was off at any time between two instants."""
    return any(one.from_us < until_us and (one.to_us is None or from_us < one.to_us) for one in stretches)


def is_taken_off(stretches: Stretches, at_us: int) -> bool:
    """Return whether the line was taken off at this very instant."""
    return any(one.from_us == at_us for one in stretches)


def is_put_on(stretches: Stretches, at_us: int) -> bool:
    """Return whether the line was put on again at this very instant."""
    return any(one.to_us == at_us for one in stretches)


def taken_off(stretches: Stretches, at_us: int) -> Stretches:
    """Return the stretches after a disconnect; a second one finds the line off already."""
    return stretches if is_off_now(stretches) else (*stretches, OffPatient(at_us))[-KEPT_MAX:]


def put_back(stretches: Stretches, at_us: int) -> Stretches:
    """Return the stretches after a reconnect; without a disconnect, since when it was off nobody knows."""
    if is_off_now(stretches):
        return (*stretches[:-1], OffPatient(stretches[-1].from_us, at_us))
    return (*stretches, OffPatient(at_us, at_us))[-KEPT_MAX:]
