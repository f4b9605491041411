"""The built-in profiles say what is published, name where, and claim a label only where a label speaks."""

from __future__ import annotations

from pathlib import Path

import pytest

import monitor.config
from monitor.config.therapies import BUILT_IN, profile_of
from monitor.errors import ConfigurationError
from monitor.interruption.events import Order
from monitor.interruption.order_check import drugs_of, misfit
from monitor.interruption.policy import (
    HOUR_US,
    MINUTE_US,
    SILENT_HOLD,
    SILENT_RESTART,
    Latency,
    hold_days,
    hold_text,
    restart_text,
    restart_threshold,
    thresholds_in_force,
)
from monitor.interruption.therapy_rules import Basis

US = BUILT_IN["blinatumomab"].therapy
EU = BUILT_IN["blinatumomab-eu"].therapy
FILES = sorted(Path(monitor.config.__file__).with_name("profiles").glob("*.toml"))


def patient(indication: str | None = None, age_group: str | None = None, cycle: int | None = None) -> Order:
    return Order(rate_ml_per_h=5, indication=indication, age_group=age_group, cycle=cycle)


def test_every_file_is_a_profile_and_the_default_comes_first() -> None:
    assert sorted(BUILT_IN) == sorted(file.stem for file in FILES)
    assert next(iter(BUILT_IN)) == "blinatumomab"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_profile_names_source_version_and_drugs(name: str) -> None:
    therapy = BUILT_IN[name].therapy
    assert therapy.source
    assert therapy.version
    assert therapy.drugs == tuple(drug.casefold() for drug in therapy.drugs)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_figure_says_in_a_comment_whose_it_is(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    for key in (
        "thresholds = ",
        "[latency]",
        "nurse_after",
        "schedule_hours_min",
        "volume_deficit_fraction",
        "rates = ",
    ):
        for place in [place for place, line in enumerate(lines) if line.startswith(key)]:
            before = [line for line in lines[max(0, place - 6) : place] if line.startswith("# ")]
            said = any(
                word in line for line in before for word in ("Label", "Published", "Ours", "ours", "manual", "label")
            )
            assert said, f"{file.name}:{place + 1}: whose figure?"


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("blinatumomab", [(4 * HOUR_US, True, Basis.LABEL)]),
        ("blinatumomab-eu", [(4 * HOUR_US, True, Basis.OURS)]),
        ("foslevodopa", [(HOUR_US, False, Basis.LABEL), (3 * HOUR_US, False, Basis.LABEL)]),
        ("insulin", [(2 * HOUR_US, True, Basis.PUBLISHED)]),
        ("parenteral-nutrition", [(HOUR_US, True, Basis.PUBLISHED)]),
        ("baclofen", [(HOUR_US, True, Basis.OURS)]),
        ("epoprostenol", [(3 * MINUTE_US, True, Basis.OURS)]),
        ("levodopa-gel", [(2 * HOUR_US, True, Basis.OURS)]),
        ("fluorouracil", [(HOUR_US, True, Basis.OURS)]),
    ],
)
def test_the_figures_are_the_published_ones(name: str, figures: list[tuple[int, bool, Basis]]) -> None:
    found = BUILT_IN[name].therapy.thresholds
    assert [(one.off_time_us, one.inclusive, one.basis) for one in found] == figures


def test_the_latency_of_a_line_is_the_arithmetic_of_its_rates() -> None:
    minutes = {0.6: 124, 1.8: 41, 2.5: 30, 5.0: 15, 10.0: 8}
    assert US.latency == tuple(Latency(rate, late * MINUTE_US) for rate, late in minutes.items())


def test_a_tenth_of_the_dose_is_a_tenth_of_the_bags_hours() -> None:
    fluorouracil = BUILT_IN["fluorouracil"].therapy
    found = restart_threshold(fluorouracil, Order(bag_hours=46))
    assert (found.off_time_us, found.inclusive) == (46 * HOUR_US // 10, False)
    assert not found.is_met(found.off_time_us)
    assert found.is_met(found.off_time_us + 1)
    assert thresholds_in_force(fluorouracil, Order(bag_hours=46)) == (found,)


@pytest.mark.parametrize("order", [None, Order(rate_ml_per_h=2)])
def test_without_a_bag_the_hour_holds_in_its_place(order: Order | None) -> None:
    fluorouracil = BUILT_IN["fluorouracil"].therapy
    assert thresholds_in_force(fluorouracil, order) == fluorouracil.thresholds


DEXAMETHASONE = "Label rule for this indication: dexamethasone"


@pytest.mark.parametrize(
    ("indication", "age_group", "cycle", "begins", "is_named"),
    [
        ("relapsed-refractory", "adult", 1, f"{DEXAMETHASONE} 20 mg 1 h before restart", True),
        ("relapsed-refractory", "adult", 4, f"{DEXAMETHASONE} 20 mg 1 h before restart", True),
        ("relapsed-refractory", "adult", None, f"{DEXAMETHASONE} 20 mg 1 h before restart", True),
        ("relapsed-refractory", "child", 1, f"{DEXAMETHASONE} 5 mg/m2, at most 20 mg", True),
        ("relapsed-refractory", "child", 2, "Dexamethasone is named for cycle 1 only", False),
        ("mrd-positive", "adult", 1, "Prednisone 100 mg or equivalent", False),
        ("mrd-positive", "child", 1, f"{DEXAMETHASONE} 5 mg/m2, at most 20 mg", True),
        ("mrd-positive", "child", 2, "Dexamethasone is named for cycle 1 only", False),
        ("consolidation", "adult", 1, "Dexamethasone 20 mg is named", False),
        ("consolidation", "child", 1, f"{DEXAMETHASONE} 5 mg/m2, at most 20 mg", True),
        ("consolidation", "child", 2, "Dexamethasone is named for cycle 1 only", False),
    ],
)
def test_the_restart_text_is_the_row_of_the_label(
    indication: str, age_group: str, cycle: int | None, begins: str, *, is_named: bool
) -> None:
    text = restart_text(US, patient(indication, age_group, cycle))
    assert text.startswith(begins)
    assert ("Label rule" in text) is is_named
    assert (SILENT_RESTART in text) is not is_named


@pytest.mark.parametrize("indication", ["relapsed-refractory", "mrd-positive", "consolidation"])
@pytest.mark.parametrize("age_group", ["adult", "child"])
@pytest.mark.parametrize("cycle", [1, 2, None])
def test_the_european_text_names_no_restart(indication: str, age_group: str, cycle: int | None) -> None:
    text = restart_text(EU, patient(indication, age_group, cycle))
    assert text.endswith(f"; {SILENT_RESTART}.")
    assert "Label rule" not in text


@pytest.mark.parametrize(
    ("order", "missing"),
    [
        (None, "indication and age group and cycle"),
        (patient(), "indication and age group and cycle"),
        (patient("mrd-positive", None, 1), "age group"),
        (patient("mrd-positive", "child"), "cycle"),
    ],
)
def test_an_order_that_does_not_say_enough_leaves_it_to_the_prescriber(order: Order | None, missing: str) -> None:
    text = restart_text(US, order)
    assert f"depends on {missing}, which the order does not say; prescriber decides" in text


def test_a_therapy_without_restart_rules_says_nothing_of_them() -> None:
    assert restart_text(BUILT_IN["foslevodopa"].therapy, patient()) == ""
    assert "Label rule" not in restart_text(US, patient("something-else", "adult", 1))


@pytest.mark.parametrize(
    ("reason", "days", "words"),
    [
        ("adverse-reaction", 5, "same cycle"),
        ("Adverse reaction", 7, "same cycle"),
        ("CRS grade 3", 7.01, "new cycle by label"),
        ("adverse-reaction", 8, "new cycle by label"),
        ("neurologic grade 3", 2, "at least 3 days"),
        ("neurotoxicity, grade 3", 8, "stop for good if it takes more than 7 days"),
        ("other grade 3", 15, "stop for good after more than 14 days"),
        ("CRS grade 4", 1, "Label rule: stop for good"),
    ],
)
def test_a_hold_after_an_adverse_reaction_has_the_day_rules(reason: str, days: float, words: str) -> None:
    text = hold_text(US, reason, days)
    assert words in text
    assert not ("same cycle" in text and "new cycle" in text)


@pytest.mark.parametrize("reason", ["pump or supply", "", "pump fault after CRS", "crsx", "surgery"])
@pytest.mark.parametrize("days", [1, 8, 20])
def test_for_any_other_reason_the_label_is_silent(reason: str, days: float) -> None:
    text = hold_text(US, reason, days)
    assert text.lower() == f"{SILENT_HOLD}."
    assert "cycle" not in text


def test_what_is_published_and_no_label_says_so() -> None:
    assert "Published, not the label: stop for good after more than 14 days" in hold_text(US, "other grade 3", 15)
    assert "Label rule" not in hold_text(EU, "adverse reaction", 8)


def test_the_lengths_at_which_the_words_change_are_told() -> None:
    assert hold_days(US, "adverse reaction") == (7,)
    assert hold_days(US, "neurologic grade 3") == (3, 7)
    assert hold_days(US, "other grade 3") == (7, 14)
    assert hold_days(US, "pump") == ()


def test_a_drug_leads_to_its_profile_and_to_no_other() -> None:
    owners: dict[str, set[str]] = {}
    for name, profile in BUILT_IN.items():
        for drug in drugs_of(profile.therapy):
            owners.setdefault(drug, set()).add(name.removesuffix("-eu"))
    assert {drug: names for drug, names in owners.items() if len(names) > 1} == {}


def test_the_european_bags_are_not_those_of_the_american_text() -> None:
    assert misfit(EU, Order(rate_ml_per_h=3.3, bag_hours=72)) is None
    assert misfit(EU, Order(rate_ml_per_h=0.6)) is not None
    assert misfit(US, Order(rate_ml_per_h=0.6, bag_hours=168)) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("source = ", "is faulty"),
        ('soruce = "x"', "is faulty"),
        ('source = "x"', "does not say thresholds, version, drugs"),
    ],
)
def test_a_faulty_profile_is_told_by_its_name(text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        profile_of("made-up", text)


def test_nobody_is_told_not_to_go_on_with_what_must_not_stop() -> None:
    assert "restart" not in BUILT_IN["epoprostenol"].therapy.do_not
    assert all("flush" in BUILT_IN[name].therapy.do_not for name in ("blinatumomab", "blinatumomab-eu", "epoprostenol"))
