"""Slips in limits: a built-in therapy is never loosened, and no absurd one gets through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.settings import Config
from monitor.interruption.policy import HOUR_US, MINUTE_US, Latency, Threshold
from monitor.interruption.therapy_rules import Basis, Schedule

FaultsOf = Callable[[str], list[str]]
Parse = Callable[[str], Config]
BLINATUMOMAB = '[[pumps]]\nid = "p"\n[therapies.blinatumomab]\n'
OWN = '[[pumps]]\nid = "p"\ntherapy = "own"\n[therapies.own]\nsource = "our guideline"\n'


def thresholds(config: Config, therapy: str = "blinatumomab") -> list[tuple[int, bool]]:
    return [(found.off_time_us, found.inclusive) for found in config.therapies[therapy].thresholds]


@pytest.mark.parametrize("name", ["treprostinil", "milrinone", "vancomycin", "ziconotide"])
def test_a_therapy_without_a_published_figure_is_not_built_in(faults_of: FaultsOf, name: str) -> None:
    assert "is neither built in nor configured" in faults_of(f'[[pumps]]\nid = "p"\ntherapy = "{name}"')[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('["4h"]', (4 * HOUR_US, True)),
        ('[">= 4h"]', (4 * HOUR_US, True)),
        ('["> 3h"]', (3 * HOUR_US, False)),
        ('[{ off_time = "200min", inclusive = false }]', (200 * MINUTE_US, False)),
    ],
)
def test_a_threshold_may_be_tightened(parsed: Parse, written: str, read: tuple[int, bool]) -> None:
    assert thresholds(parsed(BLINATUMOMAB + f"thresholds = {written}")) == [read]


@pytest.mark.parametrize("written", ["40h", "4h1min", "4h1ms", "> 4h", "72h"])
def test_a_threshold_is_never_loosened_and_both_numbers_are_named(faults_of: FaultsOf, written: str) -> None:
    (fault,) = faults_of(BLINATUMOMAB + f'thresholds = ["{written}"]')
    assert fault.startswith("therapies.blinatumomab.thresholds: ")
    assert written.strip("> ") in fault
    assert "later than the >= 4h of the built-in profile" in fault


@pytest.mark.parametrize("written", ["4", "240", '"4"', '"240"', "0", "-4", "nan", '"-4h"', '"0h"', '"30s"', '"73h"'])
def test_a_threshold_that_mixes_units_up_or_makes_no_sense_is_refused(faults_of: FaultsOf, written: str) -> None:
    (fault,) = faults_of(BLINATUMOMAB + f"thresholds = [{written}]")
    assert fault.startswith("therapies.blinatumomab.thresholds[0]")


def test_no_threshold_at_all_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(BLINATUMOMAB + "thresholds = []")[0].startswith("therapies.blinatumomab.thresholds: ")


def test_a_threshold_of_the_profile_may_not_be_left_out(faults_of: FaultsOf) -> None:
    (fault,) = faults_of('[[pumps]]\nid = "p"\n[therapies.foslevodopa]\nthresholds = ["> 1h"]')
    assert fault.endswith("there must be one for each of the built-in profile (> 1h, > 3h)")


def test_the_same_threshold_twice_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(BLINATUMOMAB + 'thresholds = ["3h", "> 3h"]')[0].endswith("the same off-time stands there twice")


def test_thresholds_are_put_in_order(parsed: Parse) -> None:
    found = parsed(OWN + 'thresholds = ["3h", { off_time = "1h", action = "call" }]').therapies["own"].thresholds
    assert found == (
        Threshold(HOUR_US, action="call"),
        Threshold(3 * HOUR_US, action="ask the prescriber before any restart"),
    )


def test_silence_may_be_shortened_and_never_lengthened(faults_of: FaultsOf, parsed: Parse) -> None:
    assert parsed(BLINATUMOMAB + 'silence_max = "5min"').therapies["blinatumomab"].silence_max_us == 5 * MINUTE_US
    (fault,) = faults_of(BLINATUMOMAB + 'silence_max = "20min"')
    assert fault.startswith(
        "therapies.blinatumomab.silence_max: 20min is longer than the 15min of the built-in profile"
    )


def test_a_silence_as_long_as_the_threshold_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(OWN + 'thresholds = ["30min"]\nsilence_max = "30min"')
    assert fault == "therapies.own.silence_max: 30min must be shorter than the restart threshold >= 30min"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("silence_max = 15", "silence_max"),
        ('silence_max = "1s"', "silence_max"),
        ('merge_run = "2d"', "merge_run"),
        ("min_rate_fraction = 90", "min_rate_fraction"),
        ("min_rate_fraction = 0", "min_rate_fraction"),
        ("min_rate_fraction = nan", "min_rate_fraction"),
        ("max_rate_fraction = 0.9", "max_rate_fraction"),
        ('kvo_counts = "yes"', "kvo_counts"),
        ('maintenance_quiet = "31min"', "maintenance_quiet"),
        ('maintenance_max = "1h"', "maintenance_max"),
        ('maintenance_max = "10min"\nmaintenance_quiet = "15min"', "maintenance_quiet"),
        ('source = "somebody said so"', "source"),
        ('merge_run = "10min"', "merge_run"),
        ("min_rate_fraction = 0.5", "min_rate_fraction"),
        ("max_rate_fraction = 1.5", "max_rate_fraction"),
        ("kvo_counts = true", "kvo_counts"),
        ("counter_step_ml = 0.05", "counter_step_ml"),
        ("bag_error_fraction = 0.05", "bag_error_fraction"),
        ('completion = "31min"', "completion"),
        ('amend = "12h"', "amend"),
        ('latency = { "5" = "5min" }', "latency"),
        ('latency = { "5" = "15min" }', "latency"),
        ('latency_source = "a report"', "latency_source"),
        ('schedule = { starts = "08:00", ends = "20:00" }', "schedule"),
        ('cumulative = { window = "12h" }', "cumulative"),
        ('cumulative = { window = "24h", advisory = "5h" }', "cumulative"),
        ("rates = [{ rate_ml_per_h = 50 }]", "rates"),
        ("rates = [{ rate_ml_per_h = 5 }]", "rates"),
        ('drugs = ["epoprostenol"]', "drugs"),
        ("hold_rules = []", "hold_rules"),
        ("restart_texts = []", "restart_texts"),
        ("bag_hours_max = 300", "bag_hours_max"),
        ('thresholds = [{ off_time = "3h", basis = "label" }]', "thresholds[0].basis"),
        ('thresholds = [{ off_time = "3h", fallback = true }]', "thresholds[0].fallback"),
        ('nurse_after = "60min"', "nurse_after"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(faults_of: FaultsOf, line: str, key: str) -> None:
    (fault,) = faults_of(BLINATUMOMAB + line)
    assert fault.startswith(f"therapies.blinatumomab.{key}: ")


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ('{ 1.8 = "41min" }', 'write the rate in quotes: "1.8"'),
        ('{ "0" = "41min" }', "'0' is no rate in mL/h above 0"),
        ('{ "-5" = "41min" }', "is no rate"),
        ('{ "five" = "41min" }', "is no rate"),
        ('{ "5" = 15 }', "at 5 mL/h: 15 has no unit"),
        ('{ "5" = "200h" }', "longer than 120h"),
        ('{ "5" = "15min", "5.0" = "16min" }', "stands there twice"),
        ('{ "5" = "15min", "0.6" = "8min" }', "0.6 mL/h cannot be noticed sooner than 5 mL/h"),
        ("{}", "must be a table of duration by rate"),
        ('"8min"', "must be a table of duration by rate"),
    ],
)
def test_a_latency_table_with_a_slip_is_refused(faults_of: FaultsOf, table: str, hint: str) -> None:
    (fault,) = faults_of(BLINATUMOMAB + f"latency = {table}")
    assert fault.startswith("therapies.blinatumomab.latency: ")
    assert hint in fault


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ('{ "0.6" = "100min" }', "1h40min at 0.6 mL/h is shorter than the 2h4min of the built-in profile"),
        ('{ "0.7" = "100min" }', "1h40min at 0.7 mL/h is shorter than the 2h4min of the built-in profile"),
        ('{ "0.35" = "3h" }', "3h at 0.35 mL/h is shorter than the 3h32min35s of the built-in profile"),
        ('{ "5" = "15min" }', "has no row for 0.6, 1.8, 2.5 mL/h, without which it is shorter"),
        ('{ "5" = "2h", "1.8" = "2h" }', '; write "0.6" = "2h4min" or longer, or name'),
    ],
)
def test_a_latency_that_is_too_short_is_refused_by_a_row_that_is_there_or_missing(
    faults_of: FaultsOf, table: str, hint: str
) -> None:
    (fault,) = faults_of(BLINATUMOMAB + f"latency = {table}")
    assert fault.startswith("therapies.blinatumomab.latency: ")
    assert hint in fault


def test_a_latency_table_is_kept_slowest_rate_first(parsed: Parse) -> None:
    config = parsed(BLINATUMOMAB + 'latency = { "10" = "9min", "0.6" = "2h10min" }')
    assert config.therapies["blinatumomab"].latency == (Latency(0.6, 130 * MINUTE_US), Latency(10, 9 * MINUTE_US))


@pytest.mark.parametrize(
    "line",
    [
        'merge_run = "1h"',
        "min_rate_fraction = 0.95",
        "max_rate_fraction = 1.05",
        "counter_step_ml = 0.2",
        "bag_error_fraction = 0.1",
        'completion = "10min"',
        'amend = "2d"',
        'latency = { "5" = "15min", "0.6" = "124min", "1.8" = "1h" }',
        'latency = { "5" = "5min" }\nlatency_source = "the test report of the maker, 2026"',
        'cumulative = { window = "48h", advisory = "3h" }',
        "rates = [{ rate_ml_per_h = 5, bag_hours = 48 }]",
        "volume_deficit_fraction = 0.05",
        'do_not = ["bathe"]',
    ],
)
def test_a_limit_may_be_tightened(parsed: Parse, line: str) -> None:
    assert parsed(BLINATUMOMAB + line).pumps


def test_what_nobody_may_do_is_added_to_and_never_shortened(parsed: Parse) -> None:
    config = parsed(BLINATUMOMAB + 'do_not = ["bathe"]')
    assert config.therapies["blinatumomab"].do_not == ("restart", "change settings", "flush", "bathe")


def test_a_tightened_figure_is_no_longer_its_sources(parsed: Parse) -> None:
    (same,) = parsed(BLINATUMOMAB + 'thresholds = [">= 4h"]').therapies["blinatumomab"].thresholds
    (ours,) = parsed(BLINATUMOMAB + 'thresholds = [">= 3h"]').therapies["blinatumomab"].thresholds
    assert (same.basis, ours.basis) == (Basis.LABEL, Basis.OURS)
    assert same.action == ours.action


def test_an_own_therapy_is_no_way_around_a_profile(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(OWN + 'thresholds = ["72h"]\ndrugs = ["Blincyto"]')
    assert fault.startswith(
        "therapies.own.drugs: blincyto has the built-in profile blinatumomab; use it, or tighten it"
    )


def test_a_schedule_leaves_the_therapy_its_hours(faults_of: FaultsOf, parsed: Parse) -> None:
    gel = '[site]\ntime_zone = "Europe/Berlin"\n[[pumps]]\nid = "p"\n[therapies.levodopa-gel]\nschedule = '
    found = parsed(gel + '{ starts = "06:00", ends = "22:00" }').therapies["levodopa-gel"].schedule
    assert found == Schedule(360, 1320, "Europe/Berlin")
    (fault,) = faults_of(gel + '{ starts = "08:00", ends = "22:00" }')
    assert fault.startswith("therapies.levodopa-gel.schedule: 14 hours a day are fewer than the 16")
    assert "are the same" in faults_of(gel + '{ starts = "08:00", ends = "08:00" }')[0]
    assert 'must be a time of the wall clock in quotes, from "00:00"' in faults_of(gel + "{ starts = 8, ends = 9 }")[0]


def test_a_therapy_that_is_not_built_in_needs_a_threshold_and_a_source(faults_of: FaultsOf) -> None:
    faults = faults_of('[[pumps]]\nid = "p"\n[therapies.blinatumumab]\nkvo_counts = false')
    assert [fault.partition(": ")[0] for fault in faults] == [
        "therapies.blinatumumab.thresholds",
        "therapies.blinatumumab.source",
    ]
    assert "did you mean blinatumomab?" in faults[0]


def test_windows_that_nobody_chose_are_short_where_the_threshold_is_short(parsed: Parse) -> None:
    therapy = parsed(OWN + 'thresholds = ["20min"]').therapies["own"]
    assert (therapy.silence_max_us, therapy.maintenance_quiet_us, therapy.maintenance_max_us) == (
        5 * MINUTE_US,
        5 * MINUTE_US,
        10 * MINUTE_US,
    )
