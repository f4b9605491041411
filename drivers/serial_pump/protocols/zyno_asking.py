"""The shape of a conversation with a pump: a generator that yields queries and is sent what was heard.

Pure. A step of the conversation reads like prose ("ask, look, ask again"), while sending, waiting and
repeating stay with whoever drives the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from drivers.serial_pump.protocols.zyno_frames import Query
from drivers.serial_pump.protocols.zyno_replies import Reply, ReplyError


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """How a pump is asked.

    Attributes:
        poll_s: Time between the starts of two polls, in seconds.
        tries: How often a query is sent before its silence is believed.
        drift: By how much the pump's clock may go wrong, as a part of one.
        counter: The query for the volume counter that is reported, Q5 or R3.
    """

    poll_s: float = 5.0
    tries: int = 3
    drift: float = 200e-6
    counter: str = "Q5"


@dataclass(frozen=True, slots=True)
class Heard:
    """One reply, and between which instants of monitor time the pump gave it."""

    reply: Reply
    asked_at_s: float
    heard_at_s: float


Asking = Generator[Query, Heard | None, Heard | None]
"""A conversation that ends with one reply, or with None where the pump fell silent."""


def ask_twice_if_strange(
    query: Query,
    *,
    is_expected: Callable[[Heard], bool],
    agrees: Callable[[Heard, Heard], bool],
    doubts: list[ReplyError],
) -> Asking:
    """Ask, and believe a strange answer only when the pump gives it again.

    The check digits are a sum: one damaged reply in 256 passes. So what would change the picture is heard twice.

    Args:
        query: What to ask.
        is_expected: Whether a reply fits what is known; then it is believed at once.
        agrees: Whether a second reply confirms the first.
        doubts: Takes the reason where the two contradict each other; the answer is None then.
    """
    first = yield query
    if first is None or is_expected(first):
        return first
    second = yield query
    if second is None or agrees(first, second):
        return second
    doubts.append(ReplyError("inconsistent", f"Two replies to {query.payload} in a row contradict each other."))
    return None


def is_same_reply(one: Heard, two: Heard) -> bool:
    """Return whether the pump said the same twice."""
    return one.reply == two.reply
