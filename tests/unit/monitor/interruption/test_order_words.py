"""Whom and what an order is for: the words that are taken, at both ends of what is allowed, and what is refused."""

from __future__ import annotations

import pytest

from monitor.interruption.events import Order
from monitor.interruption.order_words import (
    age_group_word,
    cycle_number,
    drug_name,
    indication_word,
    with_patient_kind,
)


@pytest.mark.parametrize(
    ("said", "name"), [("A", "A"), ("x" * 80, "x" * 80), (f"  {'x' * 80} ", "x" * 80), (" blincyto ", "blincyto")]
)
def test_a_drug_has_a_name_of_one_to_eighty_characters(said: str, name: str) -> None:
    assert drug_name(said) == name


@pytest.mark.parametrize("said", ["", "   ", "x" * 81, "a\tb", 5, None])
def test_what_is_no_name_of_a_drug_is_refused_in_words(said: object) -> None:
    with pytest.raises(ValueError, match=r"^must be a name of 1 to 80 characters$"):
        drug_name(said)


@pytest.mark.parametrize("said", ["a", "9", "mrd-positive", "a" * 64, "a-"])
def test_an_indication_is_a_word(said: str) -> None:
    assert indication_word(said) == said


NO_WORD = "^must be a word of lower-case letters, digits and hyphens, such as mrd-positive$"


@pytest.mark.parametrize("said", ["", "-a", "A", "a b", "a" * 65, "a\n", 5])
def test_what_is_no_word_is_refused_in_words(said: object) -> None:
    with pytest.raises(ValueError, match=NO_WORD):
        indication_word(said)


@pytest.mark.parametrize("said", ["infant", "Adult", "", 5])
def test_what_is_no_age_group_is_refused_in_words(said: object) -> None:
    assert [age_group_word(word) for word in ("adult", "child")] == ["adult", "child"]
    with pytest.raises(ValueError, match=r"^must be adult or child$"):
        age_group_word(said)


@pytest.mark.parametrize("said", [1, 2, 99])
def test_cycles_are_counted_from_one_to_ninety_nine(said: int) -> None:
    assert cycle_number(said) == said


@pytest.mark.parametrize("said", [0, -1, 100, True, 1.0, "1"])
def test_what_is_no_cycle_is_refused_in_words(said: object) -> None:
    with pytest.raises(ValueError, match=r"^must be a whole number from 1 to 99$"):
        cycle_number(said)


def test_all_that_is_said_is_taken_and_nothing_else_changes() -> None:
    order = Order(rate_ml_per_h=5.0, bag_hours=48, drug="a", indication="b", age_group="adult", cycle=1)
    assert with_patient_kind(order, {}) == order
    assert with_patient_kind(order, {"drug": None, "rate_ml_per_h": 9}) == order
    said = {"cycle": 2, "age_group": "child", "drug": " c ", "indication": "d"}
    changed = Order(rate_ml_per_h=5.0, bag_hours=48, drug="c", indication="d", age_group="child", cycle=2)
    assert with_patient_kind(order, said) == changed


def test_a_refusal_begins_with_its_key() -> None:
    with pytest.raises(ValueError, match=r"^order\.cycle must be a whole number from 1 to 99$"):
        with_patient_kind(Order(), {"drug": "a", "cycle": 0})
