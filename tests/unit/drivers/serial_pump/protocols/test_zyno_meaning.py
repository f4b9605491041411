"""What each type of log entry means for delivery, and what the log says last."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import LogEvent, NotDeliveringReason
from drivers.serial_pump.protocols.zyno_blocks import InfusionData
from drivers.serial_pump.protocols.zyno_log import EntryType, LogEntry
from drivers.serial_pump.protocols.zyno_meaning import meaning_of
from drivers.serial_pump.protocols.zyno_run import Run, RunState, after
from zyno_pump import entry


def logged(kind: int, sub_type: int = 0, first: float = 0.0, second: float = 0.0) -> LogEntry:
    return LogEntry(0, bytes.fromhex(entry(kind, 100, sub_type, first, second)))


def told(state: RunState, *entries: LogEntry | InfusionData) -> tuple[RunState, list[str]]:
    """Return the state after the entries and what was reported, as short texts."""
    reported: list[str] = []
    for each in entries:
        state, said = after(state, each)
        reported += [said.event.value] if said.event is not None else []
        reported += [f"{alarm.code.value} {alarm.phase.value}" for alarm in said.alarms]
    return state, reported


OPEN = RunState(run=Run.OPEN)

ONE_ENTRY = {
    (1, 0): ("delivery-start", Run.OPEN),
    (2, 0): ("delivery-stop", Run.CLOSED),
    (3, 0): ("res-empty start", Run.CLOSED),
    (4, 1): ("flow-low start", Run.OPEN),
    (9, 1): ("occl-up start", Run.CLOSED),
    (9, 2): ("occl-down start", Run.CLOSED),
    (9, 3): ("occl-up start, occl-down start", Run.CLOSED),
    (9, 8): ("unknown-alarm start", Run.CLOSED),
    (9, 4): ("", Run.OPEN),
    (11, 1): ("unknown-alarm start", Run.OPEN),
    (12, 0): ("counters-reset start", Run.OPEN),
    (13, 2): ("batt-low start", Run.OPEN),
    (13, 4): ("batt-empty start", Run.OPEN),
    (13, 256): ("batt-empty start", Run.OPEN),
    (13, 512): ("batt-low start", Run.OPEN),
    (13, 128): ("batt-service start", Run.OPEN),
    (13, 32): ("", Run.OPEN),
    (13, 0): ("", Run.OPEN),
    (13, 1024): ("unknown-alarm start", Run.OPEN),
    (14, 0): ("set-detached start", Run.CLOSED),
    (16, 0): ("power-off", Run.CLOSED),
    (17, 1): ("fault start", Run.CLOSED),
    (18, 8): ("fault start", Run.CLOSED),
    (19, 1): ("fault start", Run.CLOSED),
    (19, 2): ("batt-empty start", Run.CLOSED),
    (21, 0): ("stop-remind start", Run.OPEN),
    (22, 1): ("prog-changed start", Run.OPEN),
    (24, 1): ("power-on", Run.CLOSED),
    (24, 4): ("power-on, batt-low start", Run.CLOSED),
    (24, 8): ("power-on, batt-empty start", Run.CLOSED),
    (26, 4): ("fault start", Run.CLOSED),
    (27, 4): ("fault start", Run.CLOSED),
    (28, 0): ("batt-empty start", Run.CLOSED),
    (29, 0): ("unknown-alarm start", Run.OPEN),
    (30, 0): ("batt-low start", Run.OPEN),
    (31, 1): ("batt-empty start", Run.OPEN),
    (32, 0): ("unknown-alarm start", Run.OPEN),
    (254, 0): ("unknown-alarm start", Run.OPEN),
}
"""Type and sub-type, what is reported of it, and whether a delivery that was open still is."""

SILENT = [0, 5, 6, 7, 8, 10, 15, 20, 23, 25]


@pytest.mark.parametrize(("numbers", "expected"), ONE_ENTRY.items(), ids=[f"{a}-{b}" for a, b in ONE_ENTRY])
def test_one_entry_says(numbers: tuple[int, int], expected: tuple[str, Run]) -> None:
    state, reported = told(OPEN, logged(*numbers))
    assert (", ".join(reported), state.run) == expected


@pytest.mark.parametrize("kind", SILENT)
def test_an_entry_that_is_no_event_of_delivery_says_nothing(kind: int) -> None:
    assert told(OPEN, logged(kind, 0x0100)) == (OPEN, [])


def test_every_described_type_is_in_the_table() -> None:
    assert {kind for kind, _ in ONE_ENTRY} | set(SILENT) >= set(EntryType)


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_only_a_run_entry_opens_delivery_whatever_its_bytes(raw: bytes) -> None:
    closed = RunState(run=Run.CLOSED, reason=NotDeliveringReason.ALARMING)
    state, _ = told(closed, LogEntry(0, raw))
    assert (state.run is Run.OPEN) == (raw[0] == EntryType.RUN_INFUSION)


def test_an_alarm_cleared_and_power_coming_back_open_nothing() -> None:
    state, reported = told(OPEN, logged(9, 2), logged(9, 4), logged(16), logged(24, 1))
    assert state.run is Run.CLOSED
    assert reported == ["occl-down start", "occl-down end", "power-off", "power-on"]


def test_cleared_ends_both_occlusions() -> None:
    _, reported = told(OPEN, logged(9, 1), logged(9, 2), logged(9, 4))
    assert reported[2:] == ["occl-up end", "occl-down end"]


def test_a_run_entry_ends_the_alarms_that_cannot_be_active_while_the_pump_runs() -> None:
    state, reported = told(OPEN, logged(3), logged(14), logged(30), logged(1))
    assert reported[-3:] == ["delivery-start", "res-empty end", "set-detached end"]
    assert state.alarms == ("batt-low",)


def test_a_repeated_alarm_is_told_once_and_a_momentary_one_each_time() -> None:
    _, reported = told(OPEN, logged(30), logged(30), logged(12), logged(12))
    assert reported == ["batt-low start", "counters-reset start", "counters-reset start"]


def test_a_new_battery_ends_what_an_old_one_began() -> None:
    _, reported = told(OPEN, logged(13, 2), logged(13, 4), logged(13, 64))
    assert reported == ["batt-low start", "batt-empty start", "batt-empty end", "batt-low end"]


def test_mains_lost_is_told_only_when_mains_had_been_seen() -> None:
    assert told(OPEN, logged(13, 32))[1] == []
    _, reported = told(OPEN, logged(13, 16), logged(13, 32), logged(13, 16))
    assert reported == ["mains-lost start", "mains-lost end"]


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([logged(2)], "stopped-by-user"),
        ([logged(9, 2), logged(2)], "alarming"),
        ([logged(2), logged(9, 2)], "alarming"),
        ([logged(9, 2), logged(16)], "powered-off"),
        ([logged(16), logged(24, 1)], "not-specified"),
        ([logged(2), logged(30)], "stopped-by-user"),
    ],
)
def test_the_reason_is_the_alarm_where_there_is_one(entries: list[LogEntry], reason: str) -> None:
    assert told(OPEN, *entries)[0].reason == reason


def test_the_rate_is_that_of_the_data_and_of_a_change_to_the_programme_in_force() -> None:
    state, _ = told(OPEN, InfusionData(0, 5.0), logged(22, 0x0001, 5.0, 6.5))
    assert state.rate_programmed == 6.5


@pytest.mark.parametrize("sub_type", [0x0101, 0x0201, 0x0004])
def test_a_change_of_a_limit_or_of_another_figure_leaves_the_rate(sub_type: int) -> None:
    state, _ = told(OPEN, InfusionData(0, 5.0), logged(22, sub_type, 5.0, 6.5))
    assert state.rate_programmed == 5.0


def test_a_change_whose_programme_may_not_be_in_force_makes_the_rate_unknown() -> None:
    state, _ = told(OPEN, InfusionData(0, 5.0), logged(22, 0x1001, 5.0, 6.5))
    assert state.rate_programmed is None


def test_people_read_the_pumps_own_name_and_numbers() -> None:
    (alarm,) = meaning_of(logged(9, 2)).alarms
    assert alarm.raw_code == "9/2 occlusion alarm: downstream"
    (unknown,) = meaning_of(logged(77, 5)).alarms
    assert unknown.raw_code == "77/5 unknown entry"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(EntryType)), st.integers(0, 0x3FF)), max_size=30))
def test_the_starts_and_ends_of_an_alarm_alternate(numbers: list[tuple[int, int]]) -> None:
    _, reported = told(RunState(), *(logged(*each) for each in numbers))
    momentary = ("prog-changed", "counters-reset", "stop-remind", "unknown-alarm", "delivery", "power")
    for code in {text.split()[0] for text in reported if not text.startswith(momentary)}:
        phases = [text.split()[1] for text in reported if text.startswith(code + " ")]
        assert all(one != two for one, two in pairwise(phases))
        assert phases[0] == "start" or code == "mains-lost"


def test_all_events_of_power_and_delivery_are_said() -> None:
    _, reported = told(RunState(), logged(1), logged(2), logged(16), logged(24, 1))
    said = {LogEvent.DELIVERY_START, LogEvent.DELIVERY_STOP, LogEvent.POWER_OFF, LogEvent.POWER_ON}
    assert set(reported) == {event.value for event in said}
