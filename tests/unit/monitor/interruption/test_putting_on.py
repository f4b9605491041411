"""Which fields of a pump's state are instants that the monitor dated, and how they are put on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args, get_type_hints

import msgspec

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.putting_on import GIVEN, LENGTHS, is_instant, put_on
from monitor.interruption.state import Bag, Course, Hold, Incident, Mark, Past

MOVED = (Course, Evidence, Fold, Hold, Incident, Mark, Past)
"""What is put on, with everything inside."""

INSTANT_WORDS = ("at_us", "from_us", "to_us", "earliest_us", "latest_us")
"""How the name of an instant usually ends."""

INSTANTS = frozenset(
    (
        "began_us",
        "bridged_us",
        "checked_us",
        "closed_us",
        "counted_us",
        "expected_us",
        "flow_us",
        "hung_us",
        "kept_us",
        "last_flow_us",
        "moved_us",
        "opened_us",
        "run_us",
        "still_us",
        "quiet_until_us",
        "window_until_us",
    )
)
"""Instants whose names end otherwise."""

PUMP_TIME = frozenset(("device_us",))
"""Instants by the pump's own clock."""


def fields(kind: type, seen: set[type]) -> Iterator[str]:
    if kind in seen or not issubclass(kind, msgspec.Struct):
        return
    seen.add(kind)
    for name, hint in get_type_hints(kind).items():
        yield name
        for inner in (hint, *get_args(hint), *(deep for each in get_args(hint) for deep in get_args(each))):
            if isinstance(inner, type):
                yield from fields(inner, seen)


def test_every_field_in_microseconds_is_known_as_an_instant_or_a_length() -> None:
    seen: set[type] = set()
    names = {name for kind in MOVED for name in fields(kind, seen) if name.endswith("_us")}
    unknown = {name for name in names - LENGTHS - GIVEN - INSTANTS - PUMP_TIME if not name.endswith(INSTANT_WORDS)}
    assert not unknown, f"say in putting_on.py whether these are lengths, or here that they are instants: {unknown}"
    assert not {name for name in names & PUMP_TIME if is_instant(name)}


def test_what_is_not_older_is_put_on_and_lengths_stay() -> None:
    stop = OpenStop(onset_earliest_us=99, onset_latest_us=100, certain_sum_us=5000)
    fold = Fold(last_flow_us=99, stop=stop, done=(Group(90, 100, 1, 4000, 5000, 4000),))
    moved = put_on(fold, 100, 7)
    assert moved.last_flow_us == 99
    assert moved.stop == OpenStop(onset_earliest_us=99, onset_latest_us=107, certain_sum_us=5000)
    assert moved.done == (Group(90, 107, 1, 4000, 5000, 4000),)
    piece = Evidence(EvidenceKind.NO_FLOW, 100, 120, 98, unsure_us=1000)
    assert put_on((piece,), 100, 7) == (Evidence(EvidenceKind.NO_FLOW, 107, 127, 98, unsure_us=1000),)
    assert put_on(None, 100, 7) is None


def test_a_microsecond_is_put_on_and_none_changes_nothing() -> None:
    fold = Fold(flow_from_us=99, last_flow_us=100, done=(Group(90, 100, 1, 4000, 5000, 4000),))
    moved = msgspec.structs.replace(fold, last_flow_us=101, done=(Group(90, 101, 1, 4000, 5000, 4000),))
    assert put_on(fold, 100, 1) == moved
    assert put_on(fold, 0, 0) == fold
    assert put_on(moved, 101, -1) == fold


def test_what_a_person_gave_and_what_is_no_instant_stay() -> None:
    hold = Hold(reason="CRS", by="doctor", at_us=100, until_us=500, told_us=300, review_at_us=400)
    moved = Hold(reason="CRS", by="doctor", at_us=107, until_us=500, told_us=300, review_at_us=407)
    assert put_on(hold, 100, 7) == moved
    bag = Bag(hung_us=100, hours=200.0, expires_us=300, off_min_us=400, off_max_us=500)
    course = Course(began_us=99, counted_us=100, free_until_us=600, expected_us=None, bag=bag)
    dated = msgspec.structs.replace(course, counted_us=107, bag=msgspec.structs.replace(bag, hung_us=107))
    assert put_on(course, 100, 7) == dated
